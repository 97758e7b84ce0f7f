//! Which files have been left alone long enough to be read: half of the old one and half of the new one may well parse.
//! Pure: what the files look like, and what time it is, goes in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use crate::plugin::scan::{Stamp, Stamps};

/// A writer that keeps a file open and writes nothing for so long is not waited for any more. One that died has closed it;
/// but whoever cuts a file by its name looks like a writer, too, and has nothing to close.
const WRITER: Duration = Duration::from_secs(60);

/// After this long somebody wants to know why his file is not taken.
const ENDLESS: Duration = Duration::from_secs(30);

/// How the directories are looked at.
#[derive(Debug, Default)]
pub(in crate::plugin) struct Look {
    /// Files that seem unchanged are read, too.
    pub(in crate::plugin) all: bool,
    /// How long a file must have looked the same before it is read.
    pub(in crate::plugin) settle: Duration,
    /// Files that somebody has begun to write and not closed.
    pub(in crate::plugin) written: BTreeSet<PathBuf>,
    /// How long what is new may take to be compiled before the look goes on without it.
    pub(in crate::plugin) patience: Duration,
}

/// Files that are not as they were when they were last read.
#[derive(Debug, Default)]
pub(super) struct Still(BTreeMap<PathBuf, Sight>);

#[derive(Debug)]
struct Sight {
    /// What it looks like; none where it is not there.
    is: Option<Option<Stamp>>,
    /// Since when it looks so.
    since: Duration,
    /// Since when it is not as it was.
    restless_since: Duration,
    /// Whether it was told that it is not left alone.
    is_told: bool,
}

/// What has changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changed {
    /// Whether there is something new that can be read.
    pub(super) is_new: bool,
    /// Files that are not left alone.
    pub(super) restless: BTreeSet<PathBuf>,
    /// When the first one of those may be read.
    pub(super) until: Option<Duration>,
    /// Those of them that have not been left alone for long, each once.
    pub(super) endless: Vec<PathBuf>,
}

impl Still {
    /// Compares the files as they are with what was last read.
    pub(super) fn compare(&mut self, read: &Stamps, are: &Stamps, look: &Look, now: Duration) -> Changed {
        let before = std::mem::take(&mut self.0);
        let mut changed = Changed::default();
        for file in read.keys().chain(are.keys()) {
            let is = are.get(file).copied();
            if is == read.get(file).copied() || self.0.contains_key(file) {
                continue;
            }
            let mut sight = Sight { is, since: now, restless_since: now, is_told: false };
            if let Some(before) = before.get(file) {
                (sight.restless_since, sight.is_told) = (before.restless_since, before.is_told);
                if before.is == is {
                    sight.since = before.since;
                }
            }
            let pause = if look.written.contains(file) { WRITER } else { look.settle };
            let until = sight.since.saturating_add(pause);
            if now < until {
                changed.restless.insert(file.clone());
                changed.until = Some(changed.until.map_or(until, |other| other.min(until)));
                if !sight.is_told && now >= sight.restless_since.saturating_add(ENDLESS) {
                    sight.is_told = true;
                    changed.endless.push(file.clone());
                }
            } else {
                changed.is_new = true;
            }
            self.0.insert(file.clone(), sight);
        }
        changed
    }
}

/// What is read now; a file that is not left alone stays to be read.
pub(super) fn read(before: &Stamps, mut now: Stamps, restless: &BTreeSet<PathBuf>) -> Stamps {
    for file in restless {
        match before.get(file) {
            Some(stamp) => drop(now.insert(file.clone(), *stamp)),
            None => drop(now.remove(file)),
        }
    }
    now
}

#[cfg(test)]
mod tests;
