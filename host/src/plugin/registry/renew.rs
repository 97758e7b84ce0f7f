//! The directories again: what has changed in them becomes what answers, one file after the other, and nothing that
//! runs notices more than that.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::Shared;
use super::entry::{Entry, EntryFate};
use super::memory::{Memory, is_settled};
use super::still::{self, Look};
use crate::plugin::error::LoadError;
use crate::plugin::grants;
use crate::plugin::imports::Network;
use crate::plugin::loader::Compiled;
use crate::plugin::scan::{self, Fate, Found, Stamps};
use crate::plugin::slot::Slot;
use crate::plugin::version::Version;

impl Shared {
    /// Looks at the directories, and takes what has changed and is left alone. Gives back when a file is to be looked at
    /// again, of [`crate::clock::Clock::passed`].
    pub(super) async fn renew(&self, look: Look) -> Option<Duration> {
        let mut memory = self.memory.lock().await;
        let dirs = self.dirs.clone();
        let lock = self.means.data.path().map(grants::file);
        let sought = lock.clone();
        let stamped = tokio::task::spawn_blocking(move || {
            let mut stamps = scan::stamps(&dirs);
            stamps.extend(sought.map(|lock| (lock.clone(), scan::stamp(&lock))));
            (stamps, dirs)
        });
        let Ok((stamps, dirs)) = stamped.await else { return memory.due() };
        let before = self.shelf();
        memory.know(&before);
        // What the program has noted itself is no reason to read everything again.
        memory.stamps.extend(lock.clone().map(|lock| (lock, self.noted.stamp())));
        let is_given_up = memory.give_up_changed(&stamps);
        let in_making = memory.in_making(&before);
        let changed = memory.compare(&stamps, in_making, &look, self.means.clock.passed());
        self.tell_endless(&changed.endless);
        let is_due = memory.due().is_some_and(|at| at <= self.means.clock.passed());
        let next = |memory: &Memory| memory.due().into_iter().chain(changed.until).min();
        let is_owed = memory.owes && changed.restless.is_empty();
        if !look.all && !is_due && !changed.is_new && !is_owed && !is_given_up {
            return next(&memory);
        }
        let (restless, are) = (changed.restless.clone(), stamps.clone());
        let scanned = tokio::task::spawn_blocking(move || scan::scan_but(&dirs, &restless, &are)).await;
        let Ok((fates, unread)) = scanned else { return next(&memory) };
        let mut restless = changed.restless.clone();
        let sight = Sight { are: &stamps, before: &before, restless: &restless };
        let fates = self.make(fates, sight, look.patience, &mut memory).await;
        restless.extend(memory.coming());
        let sight = Sight { are: &stamps, before: &before, restless: &restless };
        let fates: Vec<Fate> = fates.into_iter().map(|fate| sight.behind_restless(fate)).collect();
        memory.stamps = still::read(&memory.stamps, stamps, &restless);
        self.noted.note(lock.and_then(|lock| *memory.stamps.get(&lock)?));
        let mut entries: Vec<Entry> = Vec::new();
        for fate in fates {
            entries.extend(self.take(fate, &before, &mut memory).await);
        }
        // What is not read yet is what it was.
        let is_kept =
            |entry: &&Entry| entry.slot().is_none() && !entry.is_compiling() && restless.contains(&entry.file);
        entries.extend(before.iter().filter(is_kept).cloned());
        let unread: Vec<(PathBuf, String)> = unread.into_iter().map(|(dir, error)| (dir, error.to_string())).collect();
        self.tell_unread(&unread);
        memory.owes = self.keep_or_remove(&before, &mut entries, &unread, &restless);
        entries.extend(memory.shown());
        let is_there = |file: &PathBuf| entries.iter().any(|entry| entry.file == *file);
        memory.tried.retain(|file, _| is_there(file));
        let has_changed = outline(&before) != outline(&entries);
        self.put(entries);
        *self.unread.write().unwrap_or_else(PoisonError::into_inner) = unread;
        if has_changed {
            self.changes.send_modify(|count| *count += 1);
            let cache = self.loader.cache.clone();
            // Builds come for months. Nobody waits for it, and it tells its own faults.
            drop(tokio::task::spawn_blocking(move || cache.trim()));
        }
        next(&memory)
    }

    /// What is to be found for one file: the plugin that answers for it, and where that is another build, why.
    async fn take(&self, fate: Fate, before: &[Entry], memory: &mut Memory) -> Vec<Entry> {
        let found = match fate {
            Fate::Shadowed(found, first) => {
                memory.tried.remove(&found.file);
                return vec![Entry::of(&found, EntryFate::Shadowed(first))];
            }
            Fate::Load(found) => found,
        };
        let (file, sha256, code) = (found.file.clone(), found.sha256.clone(), memory.code_of(&found));
        let refused = Entry::of(&found, EntryFate::Refused(Arc::new(LoadError::Incomplete)));
        let name = found.manifest.as_ref().map(|manifest| manifest.name.clone());
        let removed = || self.removed.lock().unwrap_or_else(PoisonError::into_inner).remove(name.as_deref()?);
        let running = name.as_deref().and_then(|name| slot_of(before, name)).or_else(removed);
        let (active, outcome) = match (name, running) {
            (None, _) => (None, Err(Arc::new(found.read.err().unwrap_or(LoadError::Incomplete)))),
            (Some(_), running) if is_settled(memory, &found, running.as_ref()) => {
                let error = memory.tried.get(&file).map(|tried| Arc::clone(&tried.error));
                let active = running.map(|slot| Entry::active(slot, file.clone()));
                return active.into_iter().chain(error.map(|error| refusal(&refused, error))).collect();
            }
            (Some(name), Some(slot)) => {
                let outcome = self.replace(&name, &slot, found, code).await.map_err(Arc::new);
                (Some(slot), outcome)
            }
            (Some(_), None) => match self.first(found, memory.told(&file, sha256.as_deref()).as_deref(), code).await {
                (Ok(slot), None) => (Some(slot), Ok(())),
                // It was told with the load.
                (Ok(slot), Some(error)) => {
                    memory.tell(&file, sha256, &error);
                    return vec![Entry::active(slot, file), refusal(&refused, error)];
                }
                (Err(error), _) => {
                    memory.tell(&file, sha256, &error);
                    return vec![refusal(&refused, error)];
                }
            },
        };
        // A file without a name that lies where a plugin's file lay is that plugin's next build.
        let kept = active.clone().map(|slot| slot.current().description.clone());
        let kept = kept.or_else(|| Some(Arc::clone(&at(before, &file)?.slot()?.current().description)));
        let mut entries: Vec<Entry> = active.map(|slot| Entry::active(slot, file.clone())).into_iter().collect();
        match outcome {
            Ok(()) => drop(memory.tried.remove(&file)),
            Err(error) => {
                if memory.fail(&file, sha256, &error, self.means.clock.passed()) {
                    self.tell_refused(&refused.description, &error, kept.as_deref());
                }
                entries.push(refusal(&refused, error));
            }
        }
        entries
    }

    /// Lets what the file holds answer in place of the build that does, unless that is what the file holds.
    async fn replace(
        &self,
        name: &str,
        slot: &Arc<Slot>,
        found: Found,
        code: Option<Compiled>,
    ) -> Result<(), LoadError> {
        let running = slot.current();
        let sha256 = found.sha256.clone().unwrap_or_default();
        let track = self.track(name);
        let pinned = track.pinned_over(&sha256).map(str::to_owned);
        if let Some(to) = pinned.filter(|to| *to != running.anatomy.sha256) {
            match self.load_kept(name, &to, &made(&running)).await {
                Ok(version) => {
                    let old = slot.put(version);
                    self.note_running(&slot.current()).await;
                    self.tell_rolled_back(&old, &slot.current(), "by hand");
                }
                Err(error) => tracing::warn!(plugin = name, %error, "cannot go back to an earlier build"),
            }
        }
        if sha256 == running.anatomy.sha256 && track.pinned_over(&sha256).is_none() {
            return Ok(());
        }
        self.may_answer(&track, &sha256)?;
        let version = self.load_found(found, &made(&running), code).await?;
        let old = if track.is_good(&sha256) { slot.put(version) } else { slot.swap(version) };
        let new = slot.current();
        self.note_running(&new).await;
        self.tell_replaced(&old, &new);
        Ok(())
    }

    /// Plugins whose files are not there any more: kept, where nobody can know; else told, and asked no more. Whether one is
    /// kept because it may just be coming under another name.
    fn keep_or_remove(
        &self,
        before: &[Entry],
        next: &mut Vec<Entry>,
        unread: &[(PathBuf, String)],
        restless: &BTreeSet<PathBuf>,
    ) -> bool {
        let mut owes = false;
        for old in before {
            let Some(slot) = old.slot() else { continue };
            let version = slot.current();
            let name = &version.anatomy.manifest.name;
            if slot_of(next, name).is_some() {
                continue;
            }
            let is_unread = unread.iter().any(|(dir, _)| old.file.parent() == Some(dir));
            let has_another_name = |entry: &Entry| entry.file == old.file && entry.manifest.is_some();
            // A link that leads nowhere is a file that cannot be read at the moment.
            let is_there = old.file.symlink_metadata().is_ok();
            if is_unread || is_there && !next.iter().any(has_another_name) {
                next.push(old.clone());
            } else if !restless.is_empty() {
                owes = true;
                next.push(old.clone());
            } else {
                self.tell_removed(&version);
                let mut removed = self.removed.lock().unwrap_or_else(PoisonError::into_inner);
                // What nobody holds on to needs no place: it is loaded anew when it comes back.
                removed.retain(|_, slot| Arc::strong_count(slot) > 1);
                removed.insert(name.clone(), slot);
            }
        }
        owes
    }
}

/// What the next requests of a plugin are added to.
fn made(version: &Version) -> Arc<AtomicU64> {
    match &version.facts.network {
        Network::Open(line) => Arc::clone(&line.made),
        _ => Arc::default(),
    }
}

fn refusal(refused: &Entry, error: Arc<LoadError>) -> Entry {
    Entry { fate: EntryFate::Refused(error), ..refused.clone() }
}

/// The plugin of that name, where it is loaded.
pub(super) fn slot_of(entries: &[Entry], name: &str) -> Option<Arc<Slot>> {
    entries.iter().filter_map(Entry::slot).find(|slot| slot.current().anatomy.manifest.name == name)
}

/// The plugin whose file this is.
fn at<'a>(entries: &'a [Entry], file: &Path) -> Option<&'a Entry> {
    entries.iter().find(|entry| entry.file == file && entry.slot().is_some())
}

/// What one look has found.
#[derive(Clone, Copy)]
pub(super) struct Sight<'a> {
    /// The files as they are.
    pub(super) are: &'a Stamps,
    /// The plugins that there were.
    pub(super) before: &'a [Entry],
    /// Files that are not read at the moment.
    pub(super) restless: &'a BTreeSet<PathBuf>,
}

impl Sight<'_> {
    /// Another file that holds the place of this one, and is not read at the moment.
    pub(super) fn holder(&self, found: &Found) -> Option<PathBuf> {
        let name = &found.manifest.as_ref()?.name;
        let holds = |entry: &&Entry| {
            let answers = || entry.slot().is_some_and(|slot| slot.current().anatomy.manifest.name == *name);
            let loads = || entry.is_loading() && entry.description.name == *name;
            entry.file != found.file && self.restless.contains(&entry.file) && (answers() || loads())
        };
        self.before.iter().find(holds).map(|entry| entry.file.clone())
    }

    /// A file whose place is held so stays behind the other one.
    fn behind_restless(&self, fate: Fate) -> Fate {
        match fate {
            Fate::Load(found) => match self.holder(&found) {
                Some(first) => Fate::Shadowed(found, first),
                None => Fate::Load(found),
            },
            shadowed @ Fate::Shadowed(..) => shadowed,
        }
    }
}

/// What whoever watches rooms has to know of the plugins there are.
fn outline(entries: &[Entry]) -> Vec<(String, Option<String>)> {
    let of = |entry: &Entry| {
        if entry.is_compiling() {
            return Some((entry.description.name.clone(), None));
        }
        let slot = entry.slot()?;
        let version = slot.current();
        Some((version.anatomy.manifest.name.clone(), Some(version.anatomy.sha256.clone())))
    };
    let mut all: Vec<_> = entries.iter().filter_map(of).collect();
    all.sort();
    all
}
