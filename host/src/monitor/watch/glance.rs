//! What the door sees of a room.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::record::Progress;

/// How many files the door may list; a recorder that runs for months must not remember them all.
pub const LAST_FILES: usize = 1_000;

/// What the door sees of a room. Cheap to clone; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Glance(Arc<Mutex<Shown>>);

/// As it is kept: thousands of rooms have never been live, and show no more than what the last check said.
#[derive(Debug, Default)]
struct Shown {
    state: &'static str,
    verdict: Box<str>,
    /// All of it, once there is more.
    more: Option<Box<Seen>>,
}

impl Shown {
    fn seen(&self) -> Seen {
        let dark = || Seen { state: self.state, verdict: self.verdict.to_string(), ..Seen::default() };
        self.more.as_deref().cloned().unwrap_or_else(dark)
    }

    fn keep(&mut self, seen: Seen) {
        if seen.has_more() {
            self.more = Some(Box::new(seen));
        } else {
            *self = Shown { state: seen.state, verdict: seen.verdict.into(), more: None };
        }
    }
}

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

impl Seen {
    /// Whether there is more to be seen than the state and the verdict.
    fn has_more(&self) -> bool {
        let Seen { state: _, verdict: _, streamer, title, since, candidate, progress, files, bytes, last_files } = self;
        let is_silent = streamer.is_empty() && title.is_empty() && candidate.is_empty();
        !is_silent || since.is_some() || progress.is_some() || *files > 0 || *bytes > 0 || !last_files.is_empty()
    }
}

impl Glance {
    /// A copy of what is to be seen.
    pub fn look(&self) -> Seen {
        self.shown().seen()
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
        let mut shown = self.shown();
        let mut seen = shown.more.take().map_or_else(|| shown.seen(), |seen| *seen);
        change(&mut seen);
        shown.keep(seen);
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_is_kept_whether_it_is_little_or_much() {
        let glance = Glance::default();
        glance.is_idle("waiting", "offline");
        let seen = glance.look();
        assert_eq!((seen.state, seen.verdict.as_str(), seen.files), ("waiting", "offline", 0));
        glance.change(|seen| (seen.state, seen.files) = ("closing", 1));
        glance.change(|seen| seen.bytes += 7);
        glance.is_idle("done", "");
        let seen = glance.clone().look();
        assert_eq!((seen.state, seen.verdict.as_str(), seen.files, seen.bytes), ("done", "", 1, 7));
        glance.change(|seen| *seen = Seen { state: "waiting", ..Seen::default() });
        assert_eq!((glance.look().state, glance.look().files), ("waiting", 0));
    }
}
