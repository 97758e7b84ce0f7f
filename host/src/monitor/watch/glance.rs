//! What the door sees of a room.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::record::Progress;

/// How many files the door may list; a recorder that runs for months must not remember them all.
pub const LAST_FILES: usize = 1_000;

/// What the door sees of a room. Cheap to clone; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Glance(Arc<Mutex<Seen>>);

/// The state behind a [`Glance`].
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// One word: waiting, live, recording, closing, done.
    pub state: &'static str,
    /// What the last check said, in a few words.
    pub verdict: String,
    /// The streamer, once known.
    pub streamer: String,
    /// The title, once known.
    pub title: String,
    /// Since when the session runs.
    pub since: Option<SystemTime>,
    /// What is received, or was last: quality, transport, codec, CDN.
    pub candidate: String,
    /// The reception's progress, while and after there was one.
    pub progress: Option<Arc<Progress>>,
    /// How many files are whole.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The last of them, at most [`LAST_FILES`].
    pub last_files: Vec<PathBuf>,
}

impl Glance {
    /// A copy of what is to be seen.
    pub fn look(&self) -> Seen {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Nobody watches the room, or not yet: a word for its state, and why.
    pub fn is_idle(&self, word: &'static str, why: &str) {
        self.change(|seen| {
            seen.state = word;
            why.clone_into(&mut seen.verdict);
        });
    }

    /// Changes what is to be seen.
    pub(in crate::monitor) fn change(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
