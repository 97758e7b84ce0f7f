//! Whether what is heard is the broadcast that is known.

use std::time::Duration;

use super::{Room, Session};
use crate::model::Broadcast;

impl Room {
    /// Whether the room is live with another broadcast than the session's.
    pub(super) fn is_another(&self, session: &Session, heard: &Broadcast, now: Duration) -> bool {
        match (compare(&session.broadcast, heard), session.kept) {
            (Some(same), _) => !same,
            // Nothing names the broadcast: then what was dark for less than the grace is the same.
            (None, Some((unwatched, since))) => unwatched + now.saturating_sub(since) >= self.rules.grace,
            (None, None) => false,
        }
    }
}

/// Whether the two are the same broadcast: by id, else by start; none where nothing names them both.
fn compare(known: &Broadcast, heard: &Broadcast) -> Option<bool> {
    match (&known.id, &heard.id) {
        (Some(known), Some(heard)) => Some(known == heard),
        _ => known.started_at.zip(heard.started_at).map(|(known, heard)| known == heard),
    }
}

pub(super) fn another(known: &Broadcast, heard: &Broadcast) -> bool {
    compare(known, heard) == Some(false)
}
