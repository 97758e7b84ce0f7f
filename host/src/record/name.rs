//! Where a recording's files lie and what they are called: the user's template, made safe for every common file system.
//!
//! Pure: facts go in, folder and stem come out. What is in use already is the disk's business.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value, filters, value::Object};

use crate::config::DEFAULT_NAME;
use crate::model::{Broadcast, Candidate, RoomKey};

mod safe;
#[cfg(test)]
mod tests;

/// How `start` prints without a filter.
const START: &str = "%Y-%m-%d %H.%M.%S";

/// A place below the output folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Folders, each a safe name; may be empty.
    pub folder: PathBuf,
    /// The name without extension and without the number of a cut.
    pub stem: String,
}

impl Name {
    /// The stem of the recording's n-th segment: `STEM`, `STEM_2`, `STEM_3`…
    pub fn segment(&self, number: u32) -> String {
        if number < 2 { self.stem.clone() } else { format!("{}_{number}", self.stem) }
    }

    /// For people.
    pub fn path(&self) -> PathBuf {
        self.folder.join(Path::new(&self.stem))
    }
}

/// What a template may speak of.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// `platform`, `room`; `streamer` too where nobody tells a name.
    pub room: &'a RoomKey,
    /// `streamer`, `title`, `category`, `broadcast`.
    pub broadcast: &'a Broadcast,
    /// `quality`, `codec`, `cdn`, `transport`.
    pub candidate: &'a Candidate,
    /// `session`.
    pub session: &'a str,
    /// `start`: for the filter `date('%Y-%m-%d')`, in the local zone.
    pub start: SystemTime,
}

/// The name by the template. With a broken template it is the default's, and the second value says what is wrong.
pub fn name(template: &str, facts: &Facts<'_>) -> (Name, Option<String>) {
    match render(template, facts) {
        Ok(rendered) => (split(&rendered, facts), None),
        Err(error) => {
            let rendered = render(DEFAULT_NAME, facts).unwrap_or_default();
            (split(&rendered, facts), Some(explain(template, &error)))
        }
    }
}

/// Checks a template against facts of every kind.
///
/// # Errors
/// What is wrong with it, for people.
pub fn check_template(template: &str) -> Result<(), String> {
    let room = RoomKey { platform: String::from("platform"), id: String::from("room") };
    let candidate = Candidate {
        url: String::new(),
        transport: crate::model::Transport::Flv,
        codec: None,
        quality: Default::default(),
        cdn: None,
        headers: Vec::new(),
        expires_at: None,
        extra: Vec::new(),
    };
    // Words everywhere: a template that only some titles do not fit is not broken.
    let words = || String::from("some words of text");
    let broadcast = Broadcast {
        id: Some(words()),
        streamer: words(),
        title: words(),
        category: Some(words()),
        ..Broadcast::default()
    };
    let facts =
        Facts { room: &room, broadcast: &broadcast, candidate: &candidate, session: "", start: SystemTime::UNIX_EPOCH };
    render(template, &facts).map(drop).map_err(|error| explain(template, &error))
}

fn explain(template: &str, error: &minijinja::Error) -> String {
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    format!("the template of names `{template}` is broken ({}{detail})", error.kind())
}

/// The path as the template gives it; only the template itself can put a `/` into it.
fn render(template: &str, facts: &Facts<'_>) -> Result<String, minijinja::Error> {
    let mut environment = Environment::empty();
    // A misspelled name would be an empty one in every file's name, for ever.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_filter("date", date);
    // Of minijinja's own those that make sense in a name.
    environment.add_filter("lower", filters::lower);
    environment.add_filter("upper", filters::upper);
    environment.add_filter("title", filters::title);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("replace", filters::replace);
    environment.add_filter("default", filters::default);
    environment.add_filter("length", filters::length);
    environment.render_str(template, values(facts))
}

fn values(facts: &Facts<'_>) -> Value {
    let Facts { room, broadcast, candidate, session, start } = *facts;
    let text = |text: &str| Value::from(safe::value(text));
    let room_id = room.shown_id();
    let streamer = Some(broadcast.streamer.trim()).filter(|name| !name.is_empty()).unwrap_or(&room_id);
    let quality = Some(candidate.quality.label.trim()).filter(|label| !label.is_empty());
    Value::from_pairs([
        ("platform", text(&room.platform)),
        ("room", text(&room_id)),
        ("streamer", text(streamer)),
        ("title", text(&broadcast.title)),
        ("category", text(broadcast.category.as_deref().unwrap_or_default())),
        ("broadcast", text(broadcast.id.as_deref().unwrap_or_default())),
        ("quality", text(quality.unwrap_or(&candidate.quality.key))),
        ("codec", text(candidate.codec.as_ref().map_or("", |codec| codec.word()))),
        ("transport", text(candidate.transport.word())),
        ("cdn", text(candidate.cdn.as_deref().unwrap_or_default())),
        ("session", text(session)),
        ("start", Value::from_object(Start(start))),
    ])
}

/// A moment that templates print.
#[derive(Debug)]
struct Start(SystemTime);

impl Start {
    fn format(&self, format: &str) -> Result<String, jiff::Error> {
        jiff::fmt::strtime::format(format, &jiff::Zoned::try_from(self.0)?)
    }
}

impl Object for Start {
    fn render(self: &std::sync::Arc<Self>, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.format(START).unwrap_or_default())
    }
}

/// The filter `date`: strftime's directives, local zone.
fn date(value: &Value, format: &str) -> Result<String, minijinja::Error> {
    let wrong = |detail: String| minijinja::Error::new(ErrorKind::InvalidOperation, detail);
    let Some(start) = value.downcast_object_ref::<Start>() else {
        return Err(wrong(String::from("`date` takes `start` alone")));
    };
    if let Some(letter) = unknown_directive(format) {
        return Err(wrong(format!("`{format}` is no format of a date, there is no `%{letter}`")));
    }
    // A value like any other: a format with a `/` would make folders, as a template with one does.
    start.format(format).map_err(|error| wrong(format!("`{format}` is no format of a date, {error}")))
}

/// A directive that strftime(3) does not have, but for fractions of a second: the formatter knows letters of its own,
/// which say something else than whoever has misspelt one would think.
fn unknown_directive(format: &str) -> Option<char> {
    const KNOWN: &str = "aAbBcCdDeFfgGhHIjklmMnNpPrRsStTuUVwWxXyYzZ%";
    let mut letters = format.chars();
    while letters.by_ref().any(|letter| letter == '%') {
        // Flags, a width, the point before a fraction, the colon of a zone's offset.
        let letter = letters.by_ref().find(|letter| !"-_^#.:".contains(*letter) && !letter.is_ascii_digit());
        if let Some(letter) = letter.filter(|letter| !KNOWN.contains(*letter)) {
            return Some(letter);
        }
    }
    None
}

/// Folders and stem of a rendered path; empty parts are left out.
fn split(rendered: &str, facts: &Facts<'_>) -> Name {
    let mut parts: Vec<String> = rendered.split('/').map(safe::component).filter(|part| !part.is_empty()).collect();
    // What ends in `/` has no name of its own.
    let stem = if rendered.trim_end().ends_with('/') { None } else { parts.pop() };
    let stem = stem.map(|stem| safe::cut(&stem, safe::STEM_BYTES)).filter(|stem| !stem.is_empty());
    let folder = parts.iter().map(|part| safe::cut(part, safe::COMPONENT_BYTES)).collect();
    Name {
        folder,
        stem: stem.unwrap_or_else(|| Start(facts.start).format(START).unwrap_or_else(|_| String::from("recording"))),
    }
}
