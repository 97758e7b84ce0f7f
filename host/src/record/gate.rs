//! Whether an output folder takes recordings: by what is left on its volume. Nothing is ever deleted.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::disk::Space;

#[cfg(test)]
mod tests;

/// Files that must be possible for a new one to begin: it, its sidecar, their names while they are replaced, and some
/// that begin in the same seconds. What runs needs next to none, so they close nothing.
const LEAST_INODES: u64 = 32;

/// A shut gate opens at its watermark and so much of it: else what goes and comes at the mark itself is a string of
/// alerts.
const MARGIN: u64 = 8;

/// What may be done in a folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// All.
    #[default]
    Open,
    /// No file may begin; what runs goes on.
    Shut,
    /// What runs is to be finished.
    Closing,
}

/// What is to be told when a gate has turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It was open.
    Low,
    /// It is open again.
    Ok,
}

/// The watermark of one folder: what was seen last decides. Pure.
#[derive(Debug)]
pub struct Watermark {
    min_free: u64,
    level: Level,
}

impl Watermark {
    /// Shut below so many bytes; 0 is never for want of bytes.
    pub fn new(min_free: u64) -> Self {
        Watermark { min_free, level: Level::Open }
    }

    /// What may be done, as of the last look.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Takes what is left on the volume; says when that is news.
    pub fn look(&mut self, space: &Space) -> Option<Turn> {
        let was_open = self.level == Level::Open;
        let margin = if was_open { 0 } else { self.min_free / MARGIN };
        self.level = if space.free_bytes < self.min_free / 2 {
            Level::Closing
        } else if space.free_bytes < self.min_free.saturating_add(margin) || is_short_of_inodes(space) {
            Level::Shut
        } else {
            Level::Open
        };
        match (was_open, self.level == Level::Open) {
            (true, false) => Some(Turn::Low),
            (false, true) => Some(Turn::Ok),
            _ => None,
        }
    }

    /// Why it is shut, for people.
    pub fn why(&self, folder: &Path, space: &Space) -> String {
        let folder = folder.display();
        if space.free_bytes >= self.min_free && is_short_of_inodes(space) {
            let left = space.free_inodes.unwrap_or_default();
            return format!("`{folder}` has space but only {left} inodes left, one a file");
        }
        format!("`{folder}` has {} free, `min_free` is {}", amount(space.free_bytes), amount(self.min_free))
    }
}

fn is_short_of_inodes(space: &Space) -> bool {
    space.free_inodes.is_some_and(|free| free < LEAST_INODES)
}

/// Bytes, for people.
pub(super) fn amount(bytes: u64) -> String {
    match bytes {
        0..1_048_576 => format!("{} KiB", bytes >> 10),
        1_048_576..1_073_741_824 => format!("{} MiB", bytes >> 20),
        _ => format!("{}.{:02} GiB", bytes >> 30, ((bytes >> 20) & 1_023) * 100 / 1_024),
    }
}

/// The gates of all output folders; one that nobody has looked at is open. Cheap to clone; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Gates(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    seen: Mutex<Seen>,
    /// Rung when one opens that was not.
    bell: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Seen {
    levels: HashMap<PathBuf, (Level, String)>,
    /// How often a folder's path was found to lead elsewhere.
    turns: HashMap<PathBuf, u64>,
}

impl Gates {
    /// A folder's path leads elsewhere: whoever has it open must open it anew.
    pub fn turn(&self, folder: &Path) {
        *self.seen().turns.entry(folder.to_owned()).or_default() += 1;
    }

    /// How often it did.
    pub fn turns(&self, folder: &Path) -> u64 {
        self.seen().turns.get(folder).copied().unwrap_or_default()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets a folder's gate. `why` is for people.
    pub fn set(&self, folder: &Path, level: Level, why: String) {
        let before = self.seen().levels.insert(folder.to_owned(), (level, why));
        if level == Level::Open && before.is_some_and(|(before, _)| before != Level::Open) {
            self.0.bell.notify_waiters();
        }
    }

    /// Forgets all that was seen.
    pub fn open_all(&self) {
        self.seen().levels.clear();
        self.0.bell.notify_waiters();
    }

    /// Ends when the next one opens: for whoever had to wait for room, in whichever folder.
    pub fn opening(&self) -> impl Future<Output = ()> + Send + use<> {
        Arc::clone(&self.0.bell).notified_owned()
    }

    /// Why no file may begin in the folder; none when one may.
    pub fn shut(&self, folder: &Path) -> Option<String> {
        self.at(folder, |level| level != Level::Open)
    }

    /// Why the files that grow in the folder are to be finished; none when they may go on.
    pub fn closing(&self, folder: &Path) -> Option<String> {
        self.at(folder, |level| level == Level::Closing)
    }

    fn at(&self, folder: &Path, is: impl FnOnce(Level) -> bool) -> Option<String> {
        let seen = self.seen();
        seen.levels.get(folder).filter(|(level, _)| is(*level)).map(|(_, why)| why.clone())
    }
}
