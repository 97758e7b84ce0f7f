//! What is known of rooms: their sessions, and the story of one, put together from what earlier and running programs
//! have noted.
//!
//! Looks only: nothing is made or changed, whether a `run` works or not.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::owner::{self, Alive};
use crate::clock::{Clock, from_unix, rfc3339};
use crate::model::{redact_input, redact_url, shown_id};
use crate::store::{Filter, HistoryRow, KnownRoom, SessionRow, Store, StoreError};

mod find;
mod lines;
mod now;

pub use lines::Line;
pub use now::Now;

/// What a room's story says when it is watched again that was paused or stopped.
pub(super) const WATCHED_AGAIN: &str = "watched again";

/// Events that are looked at for a story: more than fit between the lines that are kept of a room.
const EVENTS: u32 = 1_000;

/// What the user calls a room in his config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnName {
    /// The name.
    pub name: String,
    /// URL or id, as he wrote it.
    pub url: String,
}

/// The past, as the data directory has it.
pub struct Past {
    store: Store,
    own: Vec<OwnName>,
    data: PathBuf,
    clock: Clock,
}

/// The story of one room.
#[derive(Clone, Debug)]
pub struct RoomStory {
    /// Its platform.
    pub platform: String,
    /// Its id as it may be shown.
    pub room: String,
    /// What the user wrote for it, as it may be shown.
    pub url: Option<String>,
    /// The streamer's last known name.
    pub streamer: Option<String>,
    /// `NAME@VERSION` of the picker that was last asked.
    pub picker: Option<String>,
    /// What happened, oldest first.
    pub lines: Vec<Line>,
    /// Its last session.
    pub session: Option<HistoryRow>,
    /// What it does now, as far as can be told.
    pub now: Now,
    /// Who watches rooms with this data directory, the `run` first.
    pub alive: Vec<Alive>,
}

/// Why nothing can be told.
#[derive(Debug)]
pub enum PastError {
    /// Nothing is known of such a room; names of rooms that are called similarly.
    Unknown(String, Vec<String>),
    /// It may be several rooms: their names.
    Several(String, Vec<String>),
    /// The database does not work.
    Store(StoreError),
}

impl fmt::Display for PastError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PastError::Unknown(word, near) if near.is_empty() => write!(
                out,
                "nothing is known of a room `{}`\nhint: a room is known from its first check on; `--data` names the \
                 data directory, `config check` tells whether a picker takes its URL",
                redact_input(word)
            ),
            PastError::Unknown(word, near) => {
                write!(out, "nothing is known of a room `{}`\nhint: did you mean {}?", redact_input(word), list(near))
            }
            PastError::Several(word, rooms) => {
                write!(out, "`{}` may be {} rooms\nhint: {}", redact_input(word), rooms.len(), list(rooms))
            }
            PastError::Store(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for PastError {}

impl From<StoreError> for PastError {
    fn from(error: StoreError) -> Self {
        PastError::Store(error)
    }
}

/// Names that are listed in a hint.
const LISTED: usize = 5;

fn list(names: &[String]) -> String {
    let mut listed: Vec<String> = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    if names.len() > LISTED {
        listed.push(String::from("…"));
    }
    listed.join(", ")
}

impl Past {
    /// Looks into a data directory, which need not be there.
    pub fn open(data: &Path) -> Past {
        Past { store: Store::read_only(data), own: Vec::new(), data: data.to_owned(), clock: Clock::system() }
    }

    /// The same, where rooms may also be called by these names.
    pub fn with_names(self, own: Vec<OwnName>) -> Past {
        Past { own, ..self }
    }

    /// The last sessions, at most `limit`, oldest first: of all rooms, or of those that a word means.
    ///
    /// # Errors
    /// No room is meant, or the database does not work.
    pub async fn history(&self, word: Option<&str>, limit: u32) -> Result<Vec<HistoryRow>, PastError> {
        let filter = match word {
            None => Filter::All,
            Some(word) => Filter::Rooms(self.meant(word).await?.iter().flat_map(ids).collect()),
        };
        let mut rows = self.store.history(filter, limit).await?;
        rows.reverse();
        rows.iter_mut().for_each(|row| show(&mut row.broadcast));
        Ok(rows)
    }

    /// The story of the one room that a word means.
    ///
    /// # Errors
    /// None is meant, or several, or the database does not work.
    pub async fn why(&self, word: &str) -> Result<RoomStory, PastError> {
        let mut meant = self.meant(word).await?;
        let room = match meant.pop() {
            Some(room) if meant.is_empty() => room,
            last => {
                let names = meant.iter().chain(&last).map(find::Room::name).collect();
                return Err(PastError::Several(word.to_owned(), names));
            }
        };
        let KnownRoom { platform, room: id, inputs, streamers, .. } = &room.known;
        let mut told = self.store.stories(platform, id).await?;
        for alias in &room.aliases {
            told.extend(self.store.stories(platform, alias).await?);
        }
        told.sort_by_key(|row| row.last_at);
        let picker = told.iter().rfind(|row| row.what == "picker").map(|row| row.detail.clone());
        let events = self.store.events_of(platform, id, picker.as_deref(), EVENTS).await?;
        let mut rows = self.store.history(Filter::Rooms(ids(&room).collect()), 1).await?;
        rows.iter_mut().for_each(|row| show(&mut row.broadcast));
        let session = rows.pop();
        let notices = match &session {
            Some(session) => self.store.notices_of(&session.session).await?,
            None => Vec::new(),
        };
        let lines = lines::together(told, events, notices);
        let mut open = self.store.sessions_open().await?.into_iter();
        let open = open.rfind(|row| row.platform == *platform && shown_id(&row.room) == *id);
        let alive = owner::alive(&self.data);
        let left = |row: &SessionRow| owner::is_dead(&self.data, &row.owner);
        let now = now::now(&now::Facts {
            now: self.clock.now(),
            is_anybody_alive: !alive.is_empty(),
            open: open.as_ref().map(|row| (row.started_at, row.seen_at, left(row))),
            lines: &lines,
        });
        Ok(RoomStory {
            platform: platform.clone(),
            room: id.clone(),
            url: inputs.first().map(|input| redact_input(input)),
            streamer: streamers.first().cloned(),
            picker,
            lines,
            session,
            now,
            alive,
        })
    }

    async fn meant(&self, word: &str) -> Result<Vec<find::Room>, PastError> {
        let rooms = find::gather(self.store.rooms_known().await?, &self.own);
        find::find(word, rooms).map_err(|near| PastError::Unknown(word.to_owned(), near))
    }
}

/// Platform and canonical id of the room's sessions.
fn ids(room: &find::Room) -> impl Iterator<Item = (String, String)> + '_ {
    room.known.ids.iter().map(|id| (room.known.platform.clone(), id.clone()))
}

/// A broadcast as it may be shown: no signed URL, times as everywhere.
fn show(broadcast: &mut Value) {
    let Some(facts) = broadcast.as_object_mut() else { return };
    for name in ["room_url", "cover_url"] {
        if let Some(Value::String(url)) = facts.get_mut(name).filter(|url| url.as_str() != Some("")) {
            *url = redact_url(url);
        }
    }
    if let Some(at) = facts.get_mut("started_at") {
        let unix = at.as_u64().and_then(|unix| u32::try_from(unix).ok());
        *at = unix.map_or(Value::Null, |unix| Value::String(rfc3339(from_unix(unix))));
    }
    for pair in facts.get_mut("extra").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(Value::String(value)) = pair.get_mut(1) {
            *value = shown_id(value);
        }
    }
}

#[cfg(test)]
mod tests;
