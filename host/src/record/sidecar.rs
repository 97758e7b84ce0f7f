//! The sidecar: one JSON document a segment that says whose it is, what was mended in it and what is missing.
//!
//! Its fields are promises to users. Pure: `disk` writes it.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::clock::rfc3339;
use crate::disk::Owner;
use crate::model::{Broadcast, Candidate, RoomKey, redact_url};

#[cfg(test)]
mod tests;

/// Gaps and receptions that are told one by one; further ones are only counted. A day of one fault a minute fits.
const LISTED: usize = 1_500;

/// What a file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It grows.
    #[default]
    Recording,
    /// It is whole.
    Complete,
    /// It was found unfinished, and mended.
    Recovered,
}

impl State {
    /// The word for JSON.
    pub fn word(self) -> &'static str {
        match self {
            State::Recording => "recording",
            State::Complete => "complete",
            State::Recovered => "recovered",
        }
    }
}

/// All repairs of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repairs {
    /// The engine's name for it.
    pub kind: String,
    /// How many: tags where it is about tags.
    pub count: u64,
    /// Media time of the first, in the segment.
    pub first_ms: u64,
    /// Media time of the last.
    pub last_ms: u64,
    /// Where the first was, in the bytes received.
    pub offset: u64,
}

/// Media time that is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// `connection`, `stall`, `jump`, `damage`, `queue`, `disk`, `restart`.
    pub cause: String,
    /// Media time in the segment at which it is missing.
    pub at_ms: u64,
    /// How much; none where nobody can know.
    pub lost_ms: Option<u64>,
    /// Where, in the bytes received.
    pub offset: u64,
}

/// One connection that gave media to the segment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceptionNote {
    /// RFC 3339.
    pub started_at: String,
    /// RFC 3339; none while it lasts.
    pub ended_at: Option<String>,
    /// The word of its end.
    pub reason: Option<String>,
}

/// The document.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Sidecar {
    /// What the file is.
    pub state: State,
    /// Of the room.
    pub platform: String,
    /// The room's canonical id as it may be shown.
    pub room: String,
    /// UUIDv7 of the session.
    pub session: String,
    /// Facts about the broadcast.
    pub broadcast: Value,
    /// The candidate that the segment began with, redacted.
    pub candidate: Value,
    /// `NAME@VERSION` of the picker.
    pub plugin: String,
    /// This program's version.
    pub host_version: String,
    /// Who writes the file.
    pub owner: Option<Owner>,
    /// RFC 3339: when the segment began.
    pub started_at: String,
    /// Media time of the first tag.
    pub first_ms: Option<u64>,
    /// Media time of the last tag.
    pub last_ms: Option<u64>,
    /// Length of the file.
    pub bytes: u64,
    /// BLAKE3 of the bytes behind the metadata tag, in hex; none while it grows, and where nobody wanted one.
    pub blake3: Option<String>,
    /// Summed by kind.
    pub repairs: Vec<Repairs>,
    /// In order.
    pub gaps: Vec<Gap>,
    /// In order.
    pub receptions: Vec<ReceptionNote>,
    /// Why the segment ended; none while it grows.
    pub end: Option<String>,
    /// Gaps and receptions beyond what is listed.
    #[serde(skip_serializing_if = "is_zero")]
    pub unlisted: u64,
    /// What another version has written there.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What a segment's sidecar begins with.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// Whose media it is.
    pub room: &'a RoomKey,
    /// UUIDv7.
    pub session: &'a str,
    /// As the picker told it.
    pub broadcast: &'a Broadcast,
    /// What is received.
    pub candidate: &'a Candidate,
    /// `NAME@VERSION`.
    pub plugin: &'a str,
    /// This program's version.
    pub host_version: &'a str,
    /// When the segment begins.
    pub started_at: SystemTime,
}

impl Sidecar {
    /// The document of a segment that begins.
    pub fn new(origin: &Origin<'_>) -> Self {
        let Origin { room, session, broadcast, candidate, plugin, host_version, started_at } = *origin;
        Sidecar {
            platform: room.platform.clone(),
            room: room.shown_id(),
            session: session.to_owned(),
            broadcast: described(broadcast),
            candidate: redacted(candidate),
            plugin: plugin.to_owned(),
            host_version: host_version.to_owned(),
            owner: Some(Owner::me()),
            started_at: rfc3339(started_at),
            ..Sidecar::default()
        }
    }

    /// Counts a repair that is about so many tags.
    pub fn repair(&mut self, kind: &str, count: u64, at_ms: u64, offset: u64) {
        if let Some(known) = self.repairs.iter_mut().find(|known| known.kind == kind) {
            known.count += count;
            known.last_ms = at_ms;
            return;
        }
        let (first_ms, last_ms) = (at_ms, at_ms);
        self.repairs.push(Repairs { kind: kind.to_owned(), count, first_ms, last_ms, offset });
    }

    /// Notes a gap.
    pub fn gap(&mut self, gap: Gap) {
        if self.gaps.len() < LISTED {
            self.gaps.push(gap);
        } else {
            self.unlisted += 1;
        }
    }

    /// Forgets what is missing from a time on: it is noted in another file's.
    pub fn forget_gaps_from(&mut self, at_ms: u64) {
        self.gaps.retain(|gap| gap.at_ms < at_ms);
    }

    /// Notes that more is missing at the end: with the gap that is there already, if its cause is the same.
    pub fn lost_at_end(&mut self, more: &Gap) {
        match self.gaps.last_mut().filter(|last| last.at_ms == more.at_ms && last.cause == more.cause) {
            Some(last) => last.lost_ms = Some(last.lost_ms.unwrap_or(0).saturating_add(more.lost_ms.unwrap_or(0))),
            None => self.gap(more.clone()),
        }
    }

    /// Notes a connection's beginning.
    pub fn reception_started(&mut self, at: SystemTime) {
        if self.receptions.len() < LISTED {
            self.receptions.push(ReceptionNote { started_at: rfc3339(at), ended_at: None, reason: None });
        } else {
            self.unlisted += 1;
        }
    }

    /// Notes its end, or that it goes on in another segment: the word says why. False where none was under way.
    pub fn reception_ended(&mut self, at: SystemTime, word: &str) -> bool {
        let Some(last) = self.receptions.last_mut().filter(|last| last.ended_at.is_none()) else { return false };
        last.ended_at = Some(rfc3339(at));
        last.reason = Some(word.to_owned());
        true
    }

    /// As it stands in the file.
    pub fn to_json(&self) -> Vec<u8> {
        // Nothing in it can fail to be JSON; a file without facts would still be better than none.
        let mut json = serde_json::to_vec_pretty(self).unwrap_or_else(|_| b"{}".to_vec());
        json.push(b'\n');
        json
    }

    /// Reads a document; what is missing gets its default. None if it is no sidecar of ours.
    pub fn from_json(content: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(content).ok()?;
        let is_ours = value.get("state").is_some() && value.get("session").is_some();
        is_ours.then(|| serde_json::from_value(value).ok())?
    }
}

/// The candidate without what may be secret: its headers, and what the URL's query says.
fn redacted(candidate: &Candidate) -> Value {
    json!({
        "url": redact_url(&candidate.url),
        "transport": candidate.transport.word(),
        "codec": candidate.codec.as_ref().map(|codec| codec.word()),
        "quality": candidate.quality,
        "cdn": candidate.cdn,
        "expires_at": candidate.expires_at,
    })
}

/// The broadcast; its URLs may be signed, and a picker may have only the media URL to name the room by.
fn described(broadcast: &Broadcast) -> Value {
    let mut broadcast = broadcast.clone();
    if !broadcast.room_url.is_empty() {
        broadcast.room_url = redact_url(&broadcast.room_url);
    }
    broadcast.cover_url = broadcast.cover_url.filter(|url| !url.is_empty()).map(|url| redact_url(&url));
    serde_json::to_value(broadcast).unwrap_or(Value::Null)
}
