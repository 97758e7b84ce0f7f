//! What people are told, in words: the user's template, or a line of our own for each kind of event.

use minijinja::{Environment, UndefinedBehavior, Value, filters};
use serde_json::Value as Json;

use crate::clock::{from_unix, rfc3339};
use crate::event::Kind;
use crate::model::{Broadcast, RoomKey};

/// Bytes of a message. Services take some thousand characters; a line that is longer says nothing more.
const MOST: usize = 2_000;

/// What a message may speak of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    /// `kind`.
    pub(super) kind: Kind,
    /// `platform` and `room`, where there is one.
    pub(super) room: Option<&'a RoomKey>,
    /// `session`, where there is one.
    pub(super) session: Option<&'a str>,
    /// `streamer`, `title`, `room_url`, `category`, `started_at`.
    pub(super) broadcast: &'a Broadcast,
    /// Further names: the event's own facts.
    pub(super) data: &'a Json,
}

/// The message by the template. With a broken one it is our own line, and the second value says what is wrong.
pub(super) fn text(template: Option<&str>, facts: &Facts<'_>) -> (String, Option<String>) {
    let Some(template) = template else { return (bounded(usual(facts)), None) };
    match render(template, facts) {
        Ok(text) if text.trim().is_empty() => (bounded(usual(facts)), None),
        Ok(text) => (bounded(text), None),
        Err(error) => {
            let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
            let wrong = format!("the template `{template}` is broken ({}{detail})", error.kind());
            (bounded(usual(facts)), Some(wrong))
        }
    }
}

fn render(template: &str, facts: &Facts<'_>) -> Result<String, minijinja::Error> {
    let mut environment = Environment::empty();
    // A misspelled name would be a hole in every message.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
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
    let Facts { kind, room, session, broadcast, data } = *facts;
    let own = data.as_object().into_iter().flatten();
    let mut values: Vec<(String, Value)> = own.map(|(name, value)| (name.clone(), value_of(value))).collect();
    let text = |text: &str| Value::from(text.to_owned());
    // The last one of a name counts: what is common to all events is what its name says.
    let common = [
        ("kind", text(kind.word())),
        ("platform", text(room.map_or("", |room| &room.platform))),
        ("room", Value::from(room.map(RoomKey::shown_id).unwrap_or_default())),
        ("session", text(session.unwrap_or_default())),
        ("streamer", Value::from(streamer(facts))),
        ("title", text(&broadcast.title)),
        ("room_url", text(&broadcast.room_url)),
        ("category", text(broadcast.category.as_deref().unwrap_or_default())),
        ("started_at", Value::from(broadcast.started_at.map(from_unix).map(rfc3339).unwrap_or_default())),
    ];
    values.extend(common.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Value::from_pairs(values)
}

fn value_of(fact: &Json) -> Value {
    match fact {
        Json::Bool(truth) => Value::from(*truth),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::from(whole),
            None => Value::from(number.as_f64().unwrap_or_default()),
        },
        other => Value::from(shown(other)),
    }
}

/// The streamer, or the room where nobody tells a name.
fn streamer(facts: &Facts<'_>) -> String {
    match facts.broadcast.streamer.trim() {
        "" => facts.room.map(ToString::to_string).unwrap_or_default(),
        name => name.to_owned(),
    }
}

/// Our own line.
fn usual(facts: &Facts<'_>) -> String {
    let fact = |name: &str| facts.data.get(name).map(shown).unwrap_or_default();
    let who = match streamer(facts) {
        who if who.is_empty() => fact("target"),
        who => who,
    };
    let (title, url) = (facts.broadcast.title.trim(), facts.broadcast.room_url.as_str());
    let text = match facts.kind {
        Kind::SessionStarted if title.is_empty() => format!("{who} is live {url}"),
        Kind::SessionStarted => format!("{who} is live: {title} {url}"),
        Kind::SessionEnded => format!("{who} is no longer live"),
        Kind::ReceptionStarted => format!("{who}: media comes"),
        Kind::ReceptionEnded => format!("{who}: the connection ended: {}", fact("reason")),
        Kind::SegmentOpened => format!("{who}: new file {}", fact("file")),
        Kind::SegmentClosed => format!("{who}: file {} {}", fact("file"), fact("state")),
        Kind::Gap => format!("{who}: {} ms are missing: {}", fact("lost_ms"), fact("cause")),
        Kind::Repair => format!("{who}: mended {} × {}", fact("count"), fact("kind")),
        Kind::CheckFailed => format!("{who}: no answer: {}", fact("message")),
        Kind::PluginLoaded => format!("plugin {} {} is ready", fact("plugin"), fact("version")),
        Kind::PluginRefused => format!("plugin {} was not taken: {}", fact("plugin"), fact("reason")),
        Kind::PluginReplaced => format!("plugin {} {} answers now", fact("plugin"), fact("version")),
        Kind::PluginRolledBack => format!("plugin {} was rolled back: {}", fact("plugin"), fact("reason")),
        Kind::PluginRemoved => format!("plugin {} was removed", fact("plugin")),
        Kind::DiskLow => format!("the disk is almost full {}", fact("folder")),
        Kind::DiskOk => format!("the disk has room again {}", fact("folder")),
        Kind::MachineLow => format!("nothing new is recorded: {}", fact("reason")),
        Kind::MachineOk => String::from("new recordings begin again"),
        Kind::LoginExpired => format!("{who}: the login is no longer accepted {}", fact("message")),
    };
    // One line, whatever the facts bring along.
    text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches(':').to_owned()
}

/// A fact as people read it, and as notifiers get it.
pub(super) fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

fn bounded(mut text: String) -> String {
    if text.len() > MOST {
        text.truncate(text.floor_char_boundary(MOST));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests;
