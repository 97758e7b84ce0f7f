//! What is remembered of the plugins directories from one look at them to the next.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::entry::Entry;
use super::making::Making;
use super::still::{self, Changed, Look, Still};
use crate::plugin::error::LoadError;
use crate::plugin::scan::{Found, Stamps};
use crate::plugin::slot::Slot;

/// A file that cannot be read may be in the middle of being written: it is looked at again after these pauses, then its
/// fault is told.
const AGAIN: [Duration; 4] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// What was found when the directories were last looked at.
#[derive(Default)]
pub(super) struct Memory {
    /// What was read looked so.
    pub(super) stamps: Stamps,
    pub(super) still: Still,
    pub(super) tried: BTreeMap<PathBuf, Tried>,
    /// Files whose code is not there yet, or was not taken yet.
    pub(super) makings: BTreeMap<PathBuf, Making>,
    /// Whether a plugin is kept that may be gone, until everything is left alone.
    pub(super) owes: bool,
}

/// A file that was not taken.
pub(super) struct Tried {
    pub(super) sha256: Option<String>,
    /// How often the same bytes were tried.
    pub(super) times: usize,
    pub(super) error: Arc<LoadError>,
    /// When it is tried again; none when its fault is told.
    pub(super) again_at: Option<Duration>,
}

impl Tried {
    /// One whose fault was told.
    fn told(sha256: Option<String>, error: &Arc<LoadError>) -> Tried {
        Tried { sha256, times: AGAIN.len(), error: Arc::clone(error), again_at: None }
    }
}

impl Memory {
    /// The directories as they were when what answers now was loaded from them.
    pub(super) fn after(stamps: Stamps) -> Memory {
        Memory { stamps, ..Memory::default() }
    }

    /// When a file is to be looked at again.
    pub(super) fn due(&self) -> Option<Duration> {
        self.tried.values().filter_map(|tried| tried.again_at).min()
    }

    /// What was refused of the files that were there at the start was told by whoever loaded them.
    pub(super) fn know(&mut self, entries: &[Entry]) {
        for entry in entries {
            if let Some(Err(error)) = entry.so_far() {
                let told = || Tried::told(entry.description.sha256.clone(), &error);
                self.tried.entry(entry.file.clone()).or_insert_with(told);
            }
        }
    }

    /// What has changed since it was last read. What waits to be tried again waits until it is left alone; files whose code
    /// is not there yet count as restless, and as left alone when it is.
    pub(super) fn compare(
        &mut self,
        stamps: &Stamps,
        in_making: BTreeSet<PathBuf>,
        look: &Look,
        now: Duration,
    ) -> Changed {
        let seen = still::read(&self.stamps, stamps.clone(), &in_making);
        let mut changed = self.still.compare(&self.stamps, &seen, look, now);
        let made: Vec<PathBuf> = changed.restless.iter().filter(|file| self.is_made(file)).cloned().collect();
        for file in made {
            changed.is_new |= changed.restless.remove(&file);
        }
        let waiting = self.tried.iter_mut().filter(|(file, _)| changed.restless.contains(*file));
        for (again_at, until) in waiting.filter_map(|(_, tried)| tried.again_at.as_mut().zip(changed.until)) {
            *again_at = (*again_at).max(until);
        }
        changed.restless.extend(in_making);
        changed
    }

    /// The fault of these bytes that was told last.
    pub(super) fn told(&self, file: &Path, sha256: Option<&str>) -> Option<Arc<LoadError>> {
        let tried = self.tried.get(file).filter(|tried| tried.sha256.as_deref() == sha256)?;
        Some(Arc::clone(&tried.error))
    }

    /// Notes a fault that was told.
    pub(super) fn tell(&mut self, file: &Path, sha256: Option<String>, error: &Arc<LoadError>) {
        self.tried.insert(file.to_owned(), Tried::told(sha256, error));
    }

    /// Notes a fault. Whether it is to be told now.
    pub(super) fn fail(&mut self, file: &Path, sha256: Option<String>, error: &Arc<LoadError>, now: Duration) -> bool {
        let before = self.tried.get(file).filter(|tried| tried.sha256 == sha256);
        let was_told = before.is_some_and(|tried| tried.again_at.is_none() && tried.error.kind() == error.kind());
        let times = before.map_or(0, |tried| tried.times);
        let pause = AGAIN.get(times).filter(|_| error.may_pass());
        let again_at = pause.map(|pause| now.saturating_add(*pause)).filter(|_| !was_told);
        self.tried.insert(file.to_owned(), Tried { sha256, times: times + 1, error: Arc::clone(error), again_at });
        again_at.is_none() && !was_told
    }
}

/// Whether everything is known of these bytes: they were refused for good, and nothing that could change that has.
pub(super) fn is_settled(memory: &Memory, found: &Found, running: Option<&Arc<Slot>>) -> bool {
    let Some(tried) = memory.tried.get(&found.file) else { return false };
    let may_change =
        matches!(*tried.error, LoadError::NeedsApproval { .. } | LoadError::Quarantined(_) | LoadError::Settings(_));
    let answers = running.is_some_and(|slot| found.sha256.as_deref() == Some(&*slot.current().anatomy.sha256));
    tried.sha256 == found.sha256 && tried.again_at.is_none() && !may_change && !answers
}
