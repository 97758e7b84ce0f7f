//! `why` at the door: a room's story for the person at 3 a.m.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::args::{Global, Why};
use super::config::own_names;
use super::exit::{Exit, Failed, WithExit};
use super::history::time;
use super::{needed_data_dir, output};
use crate::app::owner::Alive;
use crate::app::past::{Line, Now, Past, RoomStory};
use crate::clock::{local, rfc3339};

/// Lines that are told where nobody says how many: they fit on a screen or two.
const LINES: usize = 60;

pub(super) async fn why(global: &Global, args: Why) -> Result<Exit, Failed> {
    let past = Past::open(&needed_data_dir(global)?).with_names(own_names(global, args.config)?);
    let story = past.why(&args.room).await.exit(Exit::Failed)?;
    let most = args.limit.map_or(LINES, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    match args.json {
        true => output::json(&document(&story, most))?,
        false => tell(&story, most).iter().map(|line| output::safe(line)).for_each(output::line),
    }
    Ok(Exit::Done)
}

fn last(lines: &[Line], most: usize) -> &[Line] {
    lines.get(lines.len().saturating_sub(most)..).unwrap_or_default()
}

fn tell(story: &RoomStory, most: usize) -> Vec<String> {
    let shown = last(&story.lines, most);
    let facts = [
        story.streamer.clone().filter(|streamer| !streamer.is_empty()),
        story.url.clone(),
        story.picker.as_ref().map(|picker| format!("asked by {picker}")),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    let mut told = vec![format!("{}:{}  {}", story.platform, story.room, facts.join(", ")).trim_end().to_owned()];
    told.extend(session(story));
    let left_out = story.lines.len().saturating_sub(shown.len());
    if left_out > 0 {
        told.push(format!("… {left_out} lines before these: `--limit N` shows more"));
    }
    told.extend(shown.iter().map(line));
    told.push(format!("now: {}", now(story)));
    told
}

/// The last session in one line.
fn session(story: &RoomStory) -> Option<String> {
    let session = story.session.as_ref()?;
    let (began, files, gaps) = (time(&session.started_at), session.segments.len(), session.gaps.len());
    let end = match (&session.ended_at, &session.why) {
        (Some(ended), why) => format!("to {} ({})", time(ended), why.as_deref().unwrap_or("over")),
        (None, _) => String::from("not over"),
    };
    let notices: Vec<String> = session.notices.iter().map(|one| format!(", {}: {}", one.target, one.state)).collect();
    let told = notices.concat();
    Some(format!("last session: {began} {end}, files: {files}, gaps: {gaps}{told} [{}]", session.session))
}

fn line(line: &Line) -> String {
    let times = if line.count > 1 { format!(" (×{}, first {})", line.count, local(line.at)) } else { String::new() };
    // Nothing may look like a second line.
    let text = line.text.replace('\n', ", ");
    format!("{}  {:9}  {text}{times}", local(line.last_at), line.what)
}

fn now(story: &RoomStory) -> String {
    let last = |line: &Option<Line>| match line {
        Some(line) => format!("{}: {} ({})", line.what, line.text.replace('\n', ", "), local(line.last_at)),
        None => String::from("nothing told yet"),
    };
    let until = |until: &Option<SystemTime>, or: &str| match until {
        Some(until) => format!("the next try is at {}", local(*until)),
        None => or.to_owned(),
    };
    let what = match &story.now {
        Now::Unwatched(None) => String::from("nobody watches it"),
        Now::Unwatched(Some((since, seen))) => format!(
            "nobody watches it; its session of {} was left open, last seen {}: the next `run` takes it up, or ends it",
            local(*since),
            local(*seen)
        ),
        Now::TakingUp(since, seen) => format!(
            "nothing was heard yet since a program went away that recorded it; its session of {}, last seen {}, goes \
             on or ends with the next answer",
            local(*since),
            local(*seen)
        ),
        Now::Recording(since, from) => format!("recording {from} since {}", local(*since)),
        Now::OnAir { since, last: line, until: at } => format!(
            "on air since {}, {}; {}; {}",
            local(*since),
            match line {
                Some(line) if line.what == "candidate" => "media was asked for",
                _ => "no media comes",
            },
            last(line),
            until(at, "it is tried again")
        ),
        Now::Waiting { last: line, until: at } => {
            format!("not recording; {}; {}", last(line), until(at, "the next check comes at its regular time"))
        }
        Now::Paused(since, why) => format!("nobody watches it: {why} since {}", local(*since)),
        Now::Silent(Some(since)) => format!(
            "nothing was told of it since {}: either it is not among the rooms that are watched, or its platform rests",
            local(*since)
        ),
        Now::Silent(None) => String::from("nothing was told of it yet"),
    };
    format!("{what}; {}", alive(&story.alive))
}

fn alive(alive: &[Alive]) -> String {
    let name = |one: &Alive| {
        let pid = one.pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default();
        format!("`{}`{pid}", if one.is_run { "run" } else { "record" })
    };
    match alive {
        [] => String::from("neither `run` nor `record` is alive"),
        [one] => format!("{} is alive", name(one)),
        many => format!("{} are alive", many.iter().map(name).collect::<Vec<_>>().join(", ")),
    }
}

fn document(story: &RoomStory, most: usize) -> Value {
    let line = |line: &Line| {
        json!({
            "first_at": rfc3339(line.at), "last_at": rfc3339(line.last_at), "count": line.count, "what": line.what,
            "text": line.text,
        })
    };
    let alive = |one: &Alive| json!({ "command": if one.is_run { "run" } else { "record" }, "pid": one.pid });
    json!({
        "platform": story.platform, "room": story.room, "url": story.url, "streamer": story.streamer,
        "plugin": story.picker, "lines": last(&story.lines, most).iter().map(line).collect::<Vec<_>>(),
        "session": story.session, "now": { "state": story.now.word(), "text": now(story) },
        "alive": story.alive.iter().map(alive).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests;
