//! Builds that are being compiled while what answers goes on answering. A file is taken when its code is there; until then
//! it counts as if it had not changed, and other files are taken beside it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use super::Shared;
use super::adopt::table;
use super::entry::{Entry, EntryFate};
use super::memory::{Memory, is_settled};
use super::renew::{Sight, slot_of};
use crate::plugin::engine::AbortOnDrop;
use crate::plugin::loader::{Compiled, gave_up};
use crate::plugin::scan::{self, Fate, Found, Stamp, Stamps};
use crate::plugin::settings::Settings;

/// A file whose code is being made, or was made and waits to be taken.
pub(super) struct Making {
    /// What the file looked like when it was read.
    stamp: Option<Stamp>,
    sha256: String,
    /// What is shown of it meanwhile.
    entry: Entry,
    code: Code,
    _task: AbortOnDrop<()>,
}

enum Code {
    Coming(oneshot::Receiver<Compiled>),
    Here(Compiled),
}

impl Making {
    fn is_here(&mut self) -> bool {
        if let Code::Coming(coming) = &mut self.code {
            self.code = match coming.try_recv() {
                Ok(compiled) => Code::Here(compiled),
                Err(TryRecvError::Closed) => Code::Here(Err(gave_up())),
                Err(TryRecvError::Empty) => return false,
            };
        }
        true
    }

    async fn here(&mut self) {
        if let Code::Coming(coming) = &mut self.code {
            self.code = Code::Here(coming.await.unwrap_or_else(|_| Err(gave_up())));
        }
    }
}

impl Memory {
    /// Gives up what is made of files that are others by now. Whether there were any.
    pub(super) fn give_up_changed(&mut self, are: &Stamps) -> bool {
        let before = self.makings.len();
        self.makings.retain(|file, making| are.get(file).copied().flatten() == making.stamp);
        self.makings.len() < before
    }

    /// Files whose code is not there yet: those of the start, and those that came later.
    pub(super) fn in_making(&mut self, entries: &[Entry]) -> BTreeSet<PathBuf> {
        let of_start = entries.iter().filter(|entry| entry.is_loading()).map(|entry| entry.file.clone());
        of_start.chain(self.coming()).collect()
    }

    /// Files that came later, and whose code is not there yet.
    pub(super) fn coming(&mut self) -> Vec<PathBuf> {
        let coming = self.makings.iter_mut().filter_map(|(file, making)| (!making.is_here()).then(|| file.clone()));
        coming.collect()
    }

    /// Whether the file's code is there and waits to be taken.
    pub(super) fn is_made(&self, file: &Path) -> bool {
        self.makings.get(file).is_some_and(|making| matches!(making.code, Code::Here(_)))
    }

    /// What is shown of what is coming.
    pub(super) fn shown(&mut self) -> Vec<Entry> {
        let coming = self.makings.values_mut().filter_map(|making| (!making.is_here()).then(|| making.entry.clone()));
        coming.collect()
    }

    /// Takes the code of a file that was read, where it is there.
    pub(super) fn code_of(&mut self, found: &Found) -> Option<Compiled> {
        let making = self.makings.remove(&found.file)?;
        match making.code {
            Code::Here(compiled) if Some(&making.sha256) == found.sha256.as_ref() => Some(compiled),
            _ => None,
        }
    }
}

impl Shared {
    /// Begins to compile what was found and is new, and waits for it so long. Gives back what is to be done with the files
    /// as if those that take longer were not there.
    pub(super) async fn make(
        &self,
        fates: Vec<Fate>,
        sight: Sight<'_>,
        patience: Duration,
        memory: &mut Memory,
    ) -> Vec<Fate> {
        let mut begun = BTreeSet::new();
        for fate in &fates {
            let Fate::Load(found) = fate else { continue };
            let is_same = |making: &Making| Some(&making.sha256) == found.sha256.as_ref();
            if memory.makings.get(&found.file).is_some_and(is_same) || !self.is_to_be_made(found, &sight, memory) {
                continue;
            }
            if let Some(making) = self.begin_making(found, sight.are.get(&found.file).copied().flatten()) {
                memory.makings.insert(found.file.clone(), making);
                begun.insert(found.file.clone());
            }
        }
        let begun = memory.makings.iter_mut().filter(|(file, _)| begun.contains(*file));
        let here = futures_util::future::join_all(begun.map(|(_, making)| making.here()));
        // What is not there by then is looked at again when it is.
        let _ = tokio::time::timeout(patience, here).await;
        let coming = memory.coming();
        if coming.is_empty() {
            return fates;
        }
        scan::rank(fates.into_iter().map(Fate::found).filter(|found| !coming.contains(&found.file)).collect())
    }

    /// Whether it is worth compiling: it may answer, and would, and is not known to be refused.
    fn is_to_be_made(&self, found: &Found, sight: &Sight<'_>, memory: &Memory) -> bool {
        let (Ok((_, anatomy)), Some(sha256)) = (&found.read, &found.sha256) else { return false };
        let manifest = &anatomy.manifest;
        let removed = || self.removed.lock().unwrap_or_else(PoisonError::into_inner).get(&manifest.name).cloned();
        let running = slot_of(sight.before, &manifest.name).or_else(removed);
        let answers = running.as_ref().is_some_and(|slot| slot.current().anatomy.sha256 == *sha256);
        if answers || sight.holder(found).is_some() || is_settled(memory, found, running.as_ref()) {
            return false;
        }
        let table = table(&self.config(), &manifest.name);
        Settings::of(manifest, &[&table.settings]).is_ok()
            && self.may_answer(&self.track(&manifest.name), sha256).is_ok()
            && self.approve(anatomy).is_ok()
    }

    fn begin_making(&self, found: &Found, stamp: Option<Stamp>) -> Option<Making> {
        let (wasm, anatomy) = found.read.as_ref().ok()?;
        let (wasm, anatomy, sha256) = (Arc::clone(wasm), anatomy.clone(), anatomy.sha256.clone());
        let (tell, coming) = oneshot::channel();
        let (loader, wake) = (Arc::clone(&self.loader), Arc::clone(&self.wake));
        let task = tokio::spawn(async move {
            let compiled = loader.compile(&anatomy, wasm).await;
            // Whoever began it may have given it up.
            let _ = tell.send(compiled);
            wake.notify_one();
        });
        let entry = Entry::of(found, EntryFate::Compiling);
        Some(Making { stamp, sha256, entry, code: Code::Coming(coming), _task: AbortOnDrop(task) })
    }
}
