//! All plugins there are: which files count, what became of each, who takes a URL.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tracing::warn;

use super::anatomy::Kind;
use super::cache::Cache;
use super::engine::{AbortOnDrop, Guests};
use super::error::LoadError;
use super::grants;
use super::listing::{Listing, State};
use super::loader::Loader;
use super::notifier::Notifier;
use super::pick::{self, Choice, PickError, Unusable};
use super::picker::Picker;
use super::scan;
use super::slot::Slot;
use crate::clock::Clock;
use crate::config::Config;
use crate::event;
use crate::http::Http;
use crate::store::{DataDir, Store};

mod entry;

use entry::{Entry, EntryFate, Loaded, Loading, entry, loaded};

/// How long calls under way may go on when the host stops.
const LAST_CALLS: Duration = Duration::from_secs(2);

/// What plugins are loaded with. All of it is taken at the load; a changed config is a new load.
pub struct Means<'a> {
    /// The user's wishes.
    pub config: &'a Config,
    /// Where compiled plugins and grants are.
    pub data: &'a DataDir,
    /// The guarded client.
    pub http: Http,
    /// The database.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// Who is told of loaded and refused plugins.
    pub events: event::Sink,
}

/// All plugins. Its calls end with it: [`Registry::shut_down`] waits for them.
pub struct Registry {
    guests: Arc<Guests>,
    entries: Vec<Entry>,
    unread: Vec<(PathBuf, String)>,
    /// Ends with it.
    _loading: AbortOnDrop<()>,
}

impl Registry {
    /// Finds what lies in the directories, the first one first, and begins to load it. Whoever needs a plugin waits for
    /// that one alone: what was compiled before is there at once, the others are compiled one after the other. What
    /// cannot be loaded is listed with the reason.
    ///
    /// # Errors
    /// The engine or its threads cannot be started.
    pub async fn load(dirs: &[PathBuf], means: &Means<'_>) -> anyhow::Result<Registry> {
        Registry::load_on(Arc::new(Guests::start()?), dirs, means).await
    }

    async fn load_on(guests: Arc<Guests>, dirs: &[PathBuf], means: &Means<'_>) -> anyhow::Result<Registry> {
        let cache = match means.data {
            DataDir::Kept(dir) => Cache::open(&dir.join("compiled")),
            DataDir::Read(dir) => Cache::look(&dir.join("compiled")),
            DataDir::Nowhere => Cache::Nowhere,
        };
        let dirs = dirs.to_owned();
        let (trimmed, scanned) = (cache.clone(), tokio::task::spawn_blocking(move || scan::scan(&dirs)));
        let (fates, unread) = scanned.await?;
        let loader = Arc::new(Loader::new(Arc::clone(&guests), cache)?);
        let (mut entries, mut loads) = (Vec::new(), Vec::new());
        for fate in fates {
            let (entry, load) = entry(&loader, means, fate);
            entries.push(entry);
            loads.extend(load);
        }
        let starting = Arc::clone(&guests);
        let loading = AbortOnDrop(tokio::spawn(async move {
            futures_util::future::join_all(loads).await;
            starting.have_started();
            // After the load: what is in use was used last. Nobody waits for it, and it tells its own faults.
            drop(tokio::task::spawn_blocking(move || trimmed.trim()).await);
        }));
        let unread = unread.into_iter().map(|(dir, error)| (dir, error.to_string())).collect();
        Ok(Registry { guests, entries, unread, _loading: loading })
    }

    /// Every file, by name; of one name the one that counts first. Waits until all are loaded.
    pub async fn list(&self) -> Vec<Listing> {
        let mut list = Vec::new();
        for entry in &self.entries {
            list.push(listing(entry).await);
        }
        list.sort_by(|a, b| {
            let rank = |listing: &Listing| (listing.description.name.clone(), listing.state == State::Shadowed);
            rank(a).cmp(&rank(b))
        });
        list
    }

    /// The names of all plugins, also of those that were not loaded.
    pub fn names(&self) -> Vec<String> {
        self.entries.iter().map(|entry| entry.description.name.clone()).collect()
    }

    /// Directories that could not be read, and why: for whoever opens the registry to tell.
    pub fn unread(&self) -> &[(PathBuf, String)] {
        &self.unread
    }

    /// The picker that takes what a person wrote; with `by_name`, the one of that name. Waits until that one is loaded.
    ///
    /// # Errors
    /// There is none, two take it equally well, or the one that is meant was not loaded.
    pub async fn pick(&self, input: &str, by_name: Option<&str>) -> Result<Picker, PickError> {
        let (name, load) = self.choose(input, by_name)?;
        picker(name, loaded(load).await)
    }

    /// The same for whoever cannot wait, and has waited before for all of them: what is not loaded yet is an error.
    ///
    /// # Errors
    /// As those of [`Registry::pick`].
    pub fn pick_now(&self, input: &str, by_name: Option<&str>) -> Result<Picker, PickError> {
        let (name, load) = self.choose(input, by_name)?;
        let so_far = load.borrow().clone();
        picker(name, so_far.unwrap_or_else(not_yet))
    }

    fn choose(&self, input: &str, by_name: Option<&str>) -> Result<(&str, &Loading), PickError> {
        let choices = self.entries.iter().filter_map(choice).collect();
        match by_name {
            Some(name) => pick::by_name(name, choices),
            None => pick::by_place(input, choices),
        }
    }

    /// The notifier of that name; one that is not loaded yet is an error.
    ///
    /// # Errors
    /// There is none, or it was not loaded: one sentence for people.
    pub fn notifier(&self, name: &str) -> Result<Notifier, String> {
        let Some((entry, load)) = self.named(name) else { return Err(format!("there is no plugin `{name}`")) };
        let so_far = load.borrow().clone();
        match so_far.unwrap_or_else(not_yet) {
            Ok(slot) if entry.is(Kind::Notifier) => Ok(Notifier::new(slot)),
            Ok(_) => Err(format!("plugin `{name}` is no notifier")),
            Err(error) => Err(format!("plugin `{name}` was not loaded: {error}")),
        }
    }

    /// Waits until the plugin of that name, if there is one, is loaded or refused.
    pub async fn ready(&self, name: &str) {
        if let Some((_, load)) = self.named(name) {
            // What came of it is asked for by whoever needs it.
            let _ = loaded(load).await;
        }
    }

    /// Waits until every plugin is loaded or refused.
    pub async fn settled(&self) {
        for load in self.entries.iter().filter_map(Entry::load) {
            // As above.
            let _ = loaded(load).await;
        }
    }

    fn named(&self, name: &str) -> Option<(&Entry, &Loading)> {
        let named = self.entries.iter().filter(|entry| entry.description.name == name);
        named.filter_map(|entry| Some((entry, entry.load()?))).next()
    }

    /// Begins no more calls, lets those under way end, for two seconds at most, then stops the guests' threads.
    pub async fn shut_down(self) {
        self.guests.calls.close();
        let versions: Vec<_> = self.slots().map(|slot| slot.current()).collect();
        let drained = async {
            for version in &versions {
                version.leases.drained().await;
            }
        };
        if tokio::time::timeout(LAST_CALLS, drained).await.is_err() {
            let held: usize = versions.iter().map(|version| version.leases.held()).sum();
            warn!(calls = held, "plugins did not answer in time, their calls are dropped");
        }
    }

    /// The place of the plugin of that name, where it is loaded.
    pub(super) fn slot(&self, name: &str) -> Option<Arc<Slot>> {
        self.slots().find(|slot| slot.current().anatomy.manifest.name == name)
    }

    /// Those that are loaded by now.
    fn slots(&self) -> impl Iterator<Item = Arc<Slot>> {
        self.entries.iter().filter_map(|entry| entry.load()?.borrow().as_ref()?.as_ref().ok().cloned())
    }
}

fn picker(name: &str, loaded: Loaded) -> Result<Picker, PickError> {
    let unusable = |error: Arc<LoadError>| PickError::Unusable { name: name.to_owned(), reason: error.to_string() };
    loaded.map(Picker::new).map_err(unusable)
}

fn not_yet() -> Loaded {
    Err(Arc::new(LoadError::Compile(String::from("it is still being loaded"))))
}

/// A plugin as it may be chosen: by its manifest, before it is loaded.
fn choice(entry: &Entry) -> Option<Choice<'_, (&str, &Loading)>> {
    let fate = entry.load()?;
    let refused = fate.borrow().as_ref().and_then(|loaded| loaded.as_ref().err().map(ToString::to_string));
    let picker = match refused {
        Some(reason) => Err(Unusable::Refused(reason)),
        None if entry.is(Kind::Picker) => Ok((entry.description.name.as_str(), fate)),
        None => Err(Unusable::NotAPicker),
    };
    let rooms = entry.manifest.as_ref().map_or(&[][..], |manifest| &manifest.rooms);
    Some(Choice { name: &entry.description.name, rooms, picker })
}

async fn listing(entry: &Entry) -> Listing {
    let (state, reason) = match &entry.fate {
        EntryFate::Load(fate) => match loaded(fate).await {
            Ok(_) => (State::Active, None),
            Err(error) => (State::of(&error), Some(error.to_string())),
        },
        EntryFate::Shadowed(first) => (State::Shadowed, Some(format!("`{}` comes first", first.display()))),
    };
    Listing { description: entry.description.clone(), state, reason }
}

/// Grants a file what it asks for, also beyond what was granted before. Gives back what that is, as people read it.
///
/// # Errors
/// The file is no plugin, or the grant cannot be noted.
pub fn approve_file(data_dir: &Path, file: &Path) -> anyhow::Result<Vec<String>> {
    let wasm = scan::bytes(file)?;
    let (_, anatomy) = super::anatomy::read(&wasm);
    let anatomy = anatomy?;
    let decided = grants::change(data_dir, |grants| grants.decide(&anatomy, crate::config::Approve::All))?;
    decided?;
    Ok(anatomy.manifest.asks())
}

#[cfg(test)]
mod tests;
