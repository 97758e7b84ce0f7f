//! Whether what is heard is the broadcast that is known.

use crate::model::Broadcast;

/// Whether the two are the same broadcast: by id, else by start; none where nothing names them both.
pub(super) fn compare(known: &Broadcast, heard: &Broadcast) -> Option<bool> {
    match (&known.id, &heard.id) {
        (Some(known), Some(heard)) => Some(known == heard),
        _ => known.started_at.zip(heard.started_at).map(|(known, heard)| known == heard),
    }
}

pub(super) fn another(known: &Broadcast, heard: &Broadcast) -> bool {
    compare(known, heard) == Some(false)
}
