//! One file of the plugins directories: what is known of it at once, and the load that shows what becomes of it.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

use super::Shared;
use crate::plugin::anatomy::Kind;
use crate::plugin::error::LoadError;
use crate::plugin::listing::{Description, Listing, State};
use crate::plugin::manifest::Manifest;
use crate::plugin::pick::Unusable;
use crate::plugin::scan::{Fate, Found};
use crate::plugin::slot::Slot;

/// One file, or the plugin that answers for it.
#[derive(Clone)]
pub(super) struct Entry {
    /// Of the file; what is known of the build that answers is in its version.
    pub(super) description: Arc<Description>,
    pub(super) manifest: Option<Arc<Manifest>>,
    /// The file in the plugins directory.
    pub(super) file: PathBuf,
    pub(super) fate: EntryFate,
}

#[derive(Clone)]
pub(super) enum EntryFate {
    Load(Loading),
    /// It is being compiled. Another build of the same name may answer meanwhile.
    Compiling,
    /// It is not taken. Another build of the same name may answer.
    Refused(Arc<LoadError>),
    Shadowed(PathBuf),
}

pub(super) type Loaded = Result<Arc<Slot>, Arc<LoadError>>;

/// What came of a load; none while it goes on.
pub(super) type Loading = watch::Receiver<Option<Loaded>>;

/// A plugin as it may be chosen: its name, its manifest, and its load or why it cannot be asked.
pub(super) type Choosable = (String, Arc<Manifest>, Result<Chosen, Unusable>);

/// A plugin by its manifest, and its load.
pub(super) type Chosen = (Arc<Manifest>, Loading);

impl Entry {
    pub(super) fn of(found: &Found, fate: EntryFate) -> Entry {
        Entry {
            description: Arc::new(found.description()),
            manifest: found.manifest.clone(),
            file: found.file.clone(),
            fate,
        }
    }

    /// A plugin that is loaded.
    pub(super) fn active(slot: Arc<Slot>, file: PathBuf) -> Entry {
        let version = slot.current();
        let manifest = Some(Arc::clone(&version.anatomy.manifest));
        let fate = EntryFate::Load(watch::Sender::new(Some(Ok(slot))).subscribe());
        Entry { description: Arc::clone(&version.description), manifest, file, fate }
    }

    /// Its load; none where there is none.
    pub(super) fn load(&self) -> Option<Loading> {
        match &self.fate {
            EntryFate::Load(fate) => Some(fate.clone()),
            EntryFate::Compiling | EntryFate::Refused(_) | EntryFate::Shadowed(_) => None,
        }
    }

    /// What became of it, as far as that is known.
    pub(super) fn so_far(&self) -> Option<Loaded> {
        match &self.fate {
            EntryFate::Load(fate) => fate.borrow().clone(),
            EntryFate::Refused(error) => Some(Err(Arc::clone(error))),
            EntryFate::Compiling | EntryFate::Shadowed(_) => None,
        }
    }

    /// Whether it was there at the start, and nobody knows yet what becomes of it.
    pub(super) fn is_loading(&self) -> bool {
        matches!(&self.fate, EntryFate::Load(fate) if fate.borrow().is_none())
    }

    pub(super) fn is_compiling(&self) -> bool {
        matches!(self.fate, EntryFate::Compiling)
    }

    pub(super) fn is_refused(&self) -> bool {
        self.so_far().is_some_and(|so_far| so_far.is_err())
    }

    /// The slot, where it is loaded.
    pub(super) fn slot(&self) -> Option<Arc<Slot>> {
        self.so_far()?.ok()
    }

    pub(super) fn choosable(&self) -> Option<Choosable> {
        let manifest = self.manifest.clone()?;
        let is_picker_by_file = self.description.kinds.iter().any(|kind| kind == Kind::Picker.word());
        let is_picker = |kinds: &[Kind]| kinds.contains(&Kind::Picker);
        let (manifest, picker) = match (self.so_far(), self.load()) {
            (Some(Err(error)), _) => (manifest, Err(Unusable::Refused(error.told()))),
            (Some(Ok(slot)), Some(load)) => {
                let version = slot.current();
                let manifest = Arc::clone(&version.anatomy.manifest);
                match is_picker(&version.anatomy.kinds) {
                    true => (Arc::clone(&manifest), Ok((manifest, load))),
                    false => (manifest, Err(Unusable::NotAPicker)),
                }
            }
            (None, load) if load.is_some() || self.is_compiling() => {
                let picker = match load.filter(|_| is_picker_by_file) {
                    Some(load) => Ok((Arc::clone(&manifest), load)),
                    None if is_picker_by_file => Err(Unusable::NotYet(manifest.platform.clone())),
                    None => Err(Unusable::NotAPicker),
                };
                (manifest, picker)
            }
            (_, _) => return None,
        };
        Some((manifest.name.clone(), manifest, picker))
    }
}

impl Slot {
    /// The build that answers, then those that were replaced and have calls under way.
    pub(super) fn listings(&self) -> Vec<Listing> {
        let listing = |version: &crate::plugin::version::Version, state, reason: Option<String>| Listing {
            description: (*version.description).clone(),
            state,
            reason,
        };
        let builds = self.builds();
        let mut list: Vec<Listing> =
            builds.iter().take(1).map(|version| listing(version, State::Active, None)).collect();
        for version in builds.iter().skip(1).filter(|version| version.leases.held() > 0) {
            let reason = format!("replaced, calls under way: {}", version.leases.held());
            list.push(listing(version, State::Draining, Some(reason)));
        }
        list
    }
}

impl Shared {
    /// A file's entry, and the load that fills it in; none where there is nothing to wait for. Whoever needs the plugin and
    /// does not wait for it hears of the end by [`Shared::changes`].
    pub(super) fn entry(
        self: &Arc<Shared>,
        fate: Fate,
    ) -> (Entry, Option<impl Future<Output = ()> + Send + 'static + use<>>) {
        let found = match fate {
            Fate::Shadowed(found, first) => return (Entry::of(&found, EntryFate::Shadowed(first)), None),
            Fate::Load(found) => found,
        };
        let told = watch::Sender::new(None);
        let mut entry = Entry::of(&found, EntryFate::Load(told.subscribe()));
        if found.manifest.is_none() {
            let error = Arc::new(found.read.err().unwrap_or(LoadError::Incomplete));
            self.tell_refused(&entry.description, &error, None);
            entry.fate = EntryFate::Refused(error);
            return (entry, None);
        }
        let (shared, refused) = (Arc::clone(self), entry.clone());
        let load = async move {
            let began_with = shared.config();
            let (outcome, file_refused) = shared.first(found, None, None).await;
            if let (Ok(_), Some(error)) = (&outcome, file_refused) {
                // Whoever looks at the directories puts other entries in the place of those that he saw.
                let _nobody_looks = shared.memory.lock().await;
                shared.add_refused(Entry { fate: EntryFate::Refused(error), ..refused });
            }
            let slot = outcome.as_ref().ok().cloned();
            told.send_replace(Some(outcome));
            if let Some(slot) = slot.filter(|_| !Arc::ptr_eq(&began_with, &shared.config())) {
                shared.dress(&slot);
            }
            shared.changes.send_modify(|count| *count += 1);
        };
        (entry, Some(load))
    }
}

/// Waits for the end of a load.
pub(super) async fn loaded(fate: &Loading) -> Loaded {
    let ended = fate.clone().wait_for(Option::is_some).await.ok().and_then(|ended| ended.clone());
    // Only who panics, or is stopped, leaves without a word.
    ended.unwrap_or_else(|| Err(Arc::new(LoadError::Compile(String::from("the host gave it up")))))
}

/// A file that was not taken, or not yet, is passed over where an older build of the same name answers.
pub(super) fn counts(entry: &Entry, all: &[Entry]) -> bool {
    let answers = |other: &Entry| {
        other.description.name == entry.description.name && other.so_far().is_some_and(|so_far| so_far.is_ok())
    };
    !(entry.is_refused() || entry.is_compiling()) || !all.iter().any(answers)
}

/// What is shown of a build that is not there yet.
const COMPILING: &str = "it answers as soon as it is compiled";

/// What is shown of an entry: the build that answers and older ones that still have calls under way, or why none does.
pub(super) fn listings(entry: &Entry) -> Vec<Listing> {
    let refused = |error: &LoadError| (State::of(error), Some(error.told()));
    let compiling = || (State::Compiling, Some(String::from(COMPILING)));
    let (state, reason) = match &entry.fate {
        EntryFate::Load(_) => match entry.so_far() {
            Some(Ok(slot)) => return slot.listings(),
            Some(Err(error)) => refused(&error),
            None => compiling(),
        },
        EntryFate::Compiling => compiling(),
        EntryFate::Refused(error) => refused(error),
        EntryFate::Shadowed(first) => (State::Shadowed, Some(format!("`{}` comes first", first.display()))),
    };
    vec![Listing { description: (*entry.description).clone(), state, reason }]
}
