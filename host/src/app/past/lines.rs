//! What happened to a room in one order: its story, its events, its notices.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::event::Kind;
use crate::store::{NoticeRow, PastEvent, StoryRow};

/// One line of a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When it was first so.
    pub at: SystemTime,
    /// When it was last so.
    pub last_at: SystemTime,
    /// How often.
    pub count: u64,
    /// What it is about: one word.
    pub what: String,
    /// What there is to say. A stranger's words may be in it.
    pub text: String,
}

impl Line {
    fn once(at: SystemTime, what: &str, text: String) -> Line {
        Line { at, last_at: at, count: 1, what: what.to_owned(), text }
    }

    /// The candidate of a reception that begins.
    pub(super) fn media_from(&self) -> Option<&str> {
        self.text.strip_prefix(MEDIA).filter(|_| self.what == "reception")
    }

    /// How long the room was to wait from here on.
    pub(super) fn pause(&self) -> Option<Duration> {
        let seconds = self.text.strip_suffix(" s").filter(|_| self.what == "wait")?;
        seconds.parse().ok().map(Duration::from_secs)
    }
}

const MEDIA: &str = "media comes: ";

/// All lines, by when they were last so. What says the same as the line before it is counted.
pub(super) fn together(told: Vec<StoryRow>, events: Vec<PastEvent>, notices: Vec<NoticeRow>) -> Vec<Line> {
    let told = told.into_iter().map(|StoryRow { at, last_at, count, what, detail }| {
        let text = detail;
        Line { at, last_at, count, what, text }
    });
    let mut lines: Vec<Line> = told.collect();
    lines.extend(events.iter().filter_map(event));
    lines.extend(notices.iter().flat_map(notice));
    lines.sort_by_key(|line| line.last_at);
    let mut counted: Vec<Line> = Vec::new();
    for line in lines {
        match counted.last_mut().filter(|last| last.what == line.what && last.text == line.text) {
            Some(last) => (last.count, last.last_at) = (last.count.saturating_add(line.count), line.last_at),
            None => counted.push(line),
        }
    }
    counted
}

/// None for what the story tells itself.
fn event(event: &PastEvent) -> Option<Line> {
    let fact = |name: &str| text(event.data.get(name));
    let seconds =
        |name: &str| event.data.get(name).and_then(Value::as_u64).map(|ms| format!("{} s", ms.div_ceil(1_000)));
    let lost = || seconds("lost_ms").unwrap_or_else(|| String::from("an unknown time"));
    let (what, text) = match Kind::of(&event.kind) {
        Some(Kind::SessionStarted | Kind::SessionEnded | Kind::ReceptionEnded | Kind::Repair) => return None,
        Some(Kind::CheckFailed) if event.data.get("plugin").is_none() => return None,
        Some(Kind::CheckFailed) => ("plugin", format!("{}: {}", fact("plugin"), fact("message"))),
        Some(Kind::ReceptionStarted) => ("reception", format!("{MEDIA}{}", fact("candidate"))),
        Some(Kind::SegmentOpened) => ("file", format!("new: {}", fact("file"))),
        Some(Kind::SegmentClosed) => {
            // As `history` and the line of the reception count it: what is lost is rounded up, what is there is not.
            let length = event.data.get("duration_ms").and_then(Value::as_u64).map_or(0, |ms| ms / 1_000);
            ("file", format!("{}: {} ({length} s of media, {})", fact("state"), fact("file"), fact("end")))
        }
        Some(Kind::Gap) => ("gap", format!("{} of media missing: {}", lost(), fact("cause"))),
        Some(Kind::DiskLow) => ("disk", format!("cannot be written to: {}", fact("reason"))),
        Some(Kind::DiskOk) if event.data.get("lost_ms").is_none() => {
            ("disk", format!("has room again: {}", fact("folder")))
        }
        Some(Kind::DiskOk) => ("disk", format!("takes writes again, {} of media were lost", lost())),
        Some(Kind::MachineLow) => ("machine", format!("nothing new is recorded: {}", fact("reason"))),
        Some(Kind::MachineOk) => ("machine", String::from("there is room for new recordings again")),
        Some(Kind::LoginExpired) => ("login", fact("message")),
        Some(Kind::PluginLoaded) => ("plugin", format!("{} {} is ready", fact("plugin"), fact("version"))),
        Some(Kind::PluginRefused) => ("plugin", format!("{} was not taken: {}", fact("plugin"), fact("reason"))),
        Some(Kind::PluginReplaced) => ("plugin", format!("{} {} answers now", fact("plugin"), fact("version"))),
        Some(Kind::PluginRolledBack) => {
            ("plugin", format!("{} was rolled back to {}: {}", fact("plugin"), fact("version"), fact("reason")))
        }
        Some(Kind::PluginRemoved) => ("plugin", format!("{} was removed, nothing new is asked", fact("plugin"))),
        // A newer program has written it.
        None => ("event", format!("{} {}", event.kind, event.data)),
    };
    Some(Line::once(event.at, what, text))
}

fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

fn notice(notice: &NoticeRow) -> Vec<Line> {
    let NoticeRow { target, state, wanted_at, doubted_at, announced_at, retracted_at, .. } = notice;
    let line = |at: SystemTime, what: &str| Line::once(at, "notice", format!("{target}: {what}"));
    let mut lines: Vec<Line> = announced_at.iter().map(|at| line(*at, "told")).collect();
    lines.extend(retracted_at.iter().map(|at| line(*at, "taken back")));
    let open = match state.as_str() {
        "wanted" => Some("to be told"),
        "calling" => Some("being told"),
        "doubt" => Some("perhaps told, nobody knows"),
        "unknown" => Some("perhaps told, nobody will know"),
        "gave-up" => Some("given up"),
        "cancelled" => Some("was over before it was told"),
        _ => None,
    };
    lines.extend(open.map(|open| line(doubted_at.unwrap_or(*wanted_at), open)));
    lines
}
