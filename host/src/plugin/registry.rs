//! All plugins there are: which files count, what became of each, who takes a URL.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tracing::warn;

use super::anatomy::Kind;
use super::builds::Builds;
use super::cache::Cache;
use super::engine::{AbortOnDrop, Guests};
use super::error::LoadError;
use super::grants;
use super::listing::Listing;
use super::loader::Loader;
use super::notifier::{NoNotifier, Notifier};
use super::pick::{self, Choice, PickError};
use super::picker::Picker;
use super::scan;
use super::slot::Slot;
use crate::clock::Clock;
use crate::config::Config;
use crate::event;
use crate::http::Http;
use crate::store::{DataDir, Store};

mod adopt;
mod entry;
mod making;
mod memory;
mod news;
mod renew;
mod still;
mod tell;

use entry::{Chosen, Entry, EntryFate, Loaded, Loading, counts, listings, loaded};
use memory::Memory;
pub use news::roll_back;
pub(super) use still::Look;

/// How long calls under way may go on when the host stops.
const LAST_CALLS: Duration = Duration::from_secs(2);

/// What plugins are loaded with.
#[derive(Clone)]
pub struct Means {
    /// The user's wishes.
    pub config: Arc<Config>,
    /// Where compiled plugins, grants and good builds are.
    pub data: Arc<DataDir>,
    /// The guarded client.
    pub http: Http,
    /// The database.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// Who is told of loaded and refused plugins.
    pub events: event::Sink,
}

/// All plugins. Cheap to clone; clones name the same ones.
///
/// Its calls end with it: [`Registry::shut_down`] waits for them.
#[derive(Clone)]
pub struct Registry {
    shared: Arc<Shared>,
    /// The load of what lay there at the start; ends with the last clone.
    _loading: Arc<AbortOnDrop<()>>,
}

/// What loads, holds and replaces plugins.
struct Shared {
    guests: Arc<Guests>,
    loader: Arc<Loader>,
    means: Means,
    /// The wishes of now, for what is loaded from now on.
    config: RwLock<Arc<Config>>,
    dirs: Vec<PathBuf>,
    shelf: RwLock<Vec<Entry>>,
    unread: RwLock<Vec<(PathBuf, String)>>,
    /// Plugins whose files are gone: whoever holds on to one is answered, and meets it again when it comes back.
    removed: Mutex<BTreeMap<String, Arc<Slot>>>,
    /// What of `plugins.lock` is known.
    noted: Arc<grants::Known>,
    /// Whether somebody has begun to look whether the directories change.
    is_watched: AtomicBool,
    /// Held by whoever looks at the directories.
    memory: tokio::sync::Mutex<Memory>,
    /// Woken when a probation or a compile has ended.
    wake: Arc<Notify>,
    /// How often the plugins that there are, or what is known of them, have changed.
    changes: watch::Sender<u64>,
}

impl Registry {
    /// Finds what lies in the directories, the first one first, and begins to load it. Whoever needs a plugin waits for
    /// that one alone: what was compiled before is there at once, the others come as they are compiled, small ones before
    /// big ones. What cannot be loaded is listed with the reason.
    ///
    /// # Errors
    /// The engine or its threads cannot be started.
    pub async fn load(dirs: &[PathBuf], means: Means) -> anyhow::Result<Registry> {
        Registry::load_on(Arc::new(Guests::start()?), dirs, means).await
    }

    async fn load_on(guests: Arc<Guests>, dirs: &[PathBuf], means: Means) -> anyhow::Result<Registry> {
        let cache = match &*means.data {
            DataDir::Kept(dir) => Cache::open(&dir.join("compiled")),
            DataDir::Read(dir) => Cache::look(&dir.join("compiled")),
            DataDir::Nowhere => Cache::Nowhere,
        };
        let (dirs, data) = (dirs.to_owned(), means.data.path().map(Path::to_owned));
        let scanned = tokio::task::spawn_blocking(move || {
            (grants::Known::now(data.as_deref()), scan::stamps(&dirs), scan::scan(&dirs), dirs)
        });
        let (noted, stamps, (fates, unread), dirs) = scanned.await?;
        let shared = Arc::new(Shared {
            loader: Arc::new(Loader::new(Arc::clone(&guests), cache.clone())?),
            config: RwLock::new(Arc::clone(&means.config)),
            shelf: RwLock::default(),
            unread: RwLock::new(unread.into_iter().map(|(dir, error)| (dir, error.to_string())).collect()),
            removed: Mutex::default(),
            noted: Arc::new(noted),
            is_watched: AtomicBool::new(false),
            memory: tokio::sync::Mutex::new(Memory::after(stamps)),
            wake: Arc::default(),
            changes: watch::Sender::new(0),
            guests,
            means,
            dirs,
        });
        let (mut entries, mut loads) = (Vec::new(), Vec::new());
        for fate in fates {
            let bytes = fate.bytes();
            let (entry, load) = shared.entry(fate);
            entries.push(entry);
            loads.extend(load.map(|load| (bytes, load)));
        }
        shared.put(entries);
        loads.sort_by_key(|(bytes, _)| *bytes);
        let loads: Vec<_> = loads.into_iter().map(|(_, load)| load).collect();
        let starting = Arc::clone(&shared);
        let loading = AbortOnDrop(tokio::spawn(async move {
            futures_util::future::join_all(loads).await;
            starting.guests.compiler.have_started();
            // After the load: what is in use was used last. Nobody waits for it, and it tells its own faults.
            drop(tokio::task::spawn_blocking(move || cache.trim()).await);
        }));
        Ok(Registry { shared, _loading: Arc::new(loading) })
    }

    /// Every file, by name; of one name the build that answers first. Waits until all are loaded.
    pub async fn list(&self) -> Vec<Listing> {
        self.settled().await;
        self.list_now()
    }

    /// The same for whoever cannot wait: what is not loaded yet is shown as that.
    pub fn list_now(&self) -> Vec<Listing> {
        let mut list: Vec<Listing> = self.shared.shelf().iter().flat_map(listings).collect();
        list.sort_by(|a, b| {
            let rank = |listing: &Listing| (listing.description.name.clone(), listing.state.rank());
            rank(a).cmp(&rank(b))
        });
        list
    }

    /// The names of all plugins, also of those that were not loaded.
    pub fn names(&self) -> Vec<String> {
        self.shared.shelf().iter().map(|entry| entry.description.name.clone()).collect()
    }

    /// Whether there is a plugin of that name that answers.
    pub fn has(&self, name: &str) -> bool {
        self.shared.slot(name).is_some()
    }

    /// Directories that could not be read, and why: for whoever opens the registry to tell.
    pub fn unread(&self) -> Vec<(PathBuf, String)> {
        self.shared.unread.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts up when a plugin has come, gone or been replaced, or is being compiled.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }

    /// The picker that takes what a person wrote; with `by_name`, the one of that name. Waits until that one is loaded.
    ///
    /// # Errors
    /// There is none, two take it equally well, or the one that is meant was not loaded.
    pub async fn pick(&self, input: &str, by_name: Option<&str>) -> Result<Picker, PickError> {
        let (manifest, load) = self.choose(input, by_name)?;
        picker(&manifest.name, loaded(&load).await)
    }

    /// The same for whoever cannot wait: that it is not loaded yet is an error, and no other picker takes its place.
    ///
    /// # Errors
    /// As those of [`Registry::pick`].
    pub fn pick_now(&self, input: &str, by_name: Option<&str>) -> Result<Picker, PickError> {
        let (manifest, load) = self.choose(input, by_name)?;
        let so_far = load.borrow().clone();
        match so_far {
            Some(loaded) => picker(&manifest.name, loaded),
            None => Err(PickError::NotYet { name: manifest.name.clone(), platform: manifest.platform.clone() }),
        }
    }

    fn choose(&self, input: &str, by_name: Option<&str>) -> Result<Chosen, PickError> {
        let shelf = self.shared.shelf();
        let plugins: Vec<_> = shelf.iter().filter(|entry| counts(entry, &shelf)).filter_map(Entry::choosable).collect();
        let choices = plugins
            .iter()
            .map(|(name, manifest, picker)| Choice { name, rooms: &manifest.rooms, picker: picker.clone() })
            .collect();
        match by_name {
            Some(name) => pick::by_name(name, choices),
            None => pick::by_place(input, choices),
        }
    }

    /// The notifier of that name.
    ///
    /// # Errors
    /// There is none, it was not loaded, or not yet.
    pub fn notifier(&self, name: &str) -> Result<Notifier, NoNotifier> {
        let shelf = self.shared.shelf();
        let mut named = shelf.iter().filter(|entry| entry.description.name == name && counts(entry, &shelf));
        let Some(entry) = named.find(|entry| !matches!(entry.fate, EntryFate::Shadowed(_))) else {
            return Err(NoNotifier::None(format!("there is no plugin `{name}`")));
        };
        match entry.so_far() {
            None => Err(NoNotifier::NotYet),
            Some(Ok(slot)) if slot.current().anatomy.kinds.contains(&Kind::Notifier) => Ok(Notifier::new(slot)),
            Some(Ok(_)) => Err(NoNotifier::None(format!("plugin `{name}` is no notifier"))),
            Some(Err(error)) => Err(NoNotifier::None(format!("plugin `{name}` was not loaded: {}", error.told()))),
        }
    }

    /// Waits until the plugin of that name, if there is one, is loaded or refused.
    pub async fn ready(&self, name: &str) {
        let loads: Vec<Loading> = {
            let shelf = self.shared.shelf();
            shelf.iter().filter(|entry| entry.description.name == name).filter_map(Entry::load).collect()
        };
        for load in loads {
            // What came of it is asked for by whoever needs it.
            let _ = loaded(&load).await;
        }
    }

    /// Waits until every plugin is loaded or refused.
    pub async fn settled(&self) {
        let loads: Vec<Loading> = self.shared.shelf().iter().filter_map(Entry::load).collect();
        for load in loads {
            // As above.
            let _ = loaded(&load).await;
        }
    }

    /// Begins no more calls, lets those under way end, for two seconds at most.
    pub async fn shut_down(&self) {
        self.shared.guests.calls.close();
        self.shared.note_rooms().await;
        let versions: Vec<_> = self.shared.slots().iter().flat_map(|slot| slot.builds()).collect();
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

    /// Where plugins are looked for.
    pub(super) fn dirs(&self) -> &[PathBuf] {
        &self.shared.dirs
    }

    pub(super) fn clock(&self) -> Clock {
        self.shared.means.clock.clone()
    }

    /// As the watcher wants it.
    pub(super) async fn renew(&self, look: Look) -> Option<Duration> {
        self.shared.is_watched.store(true, Ordering::Relaxed);
        self.shared.renew(look).await
    }

    /// Waits until a probation or a compile has ended.
    pub(super) async fn ruled(&self) {
        self.shared.wake.notified().await;
    }

    /// Notes what the next run has to know of the builds that answer.
    pub(super) async fn note_rooms(&self) {
        self.shared.note_rooms().await;
    }

    /// Notes and tells what probations have ended with. Whether a build was rolled back.
    pub(super) async fn settle(&self) -> bool {
        self.shared.settle().await
    }

    /// Gives a plugin what `[plugin.NAME]` says now. Calls under way end with what they began with; one that is not loaded
    /// yet has it when it is.
    ///
    /// # Errors
    /// The plugin is not loaded, or cannot be set so: one sentence for people. Nothing has changed then.
    pub fn reconfigure(&self, name: &str, config: &Arc<Config>) -> Result<(), String> {
        *self.shared.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(config);
        let shelf = self.shared.shelf();
        let is_coming = |entry: &Entry| entry.description.name == name && (entry.is_loading() || entry.is_compiling());
        match self.shared.slot(name) {
            Some(slot) => slot.dress(|version| version.dressed(&adopt::table(config, name))),
            None if shelf.iter().any(is_coming) => Ok(()),
            None => Err(format!("plugin `{name}` is not loaded")),
        }
    }
}

impl Shared {
    fn shelf(&self) -> Vec<Entry> {
        self.shelf.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts other entries in the place of all.
    fn put(&self, entries: Vec<Entry>) {
        *self.shelf.write().unwrap_or_else(PoisonError::into_inner) = entries;
    }

    /// Adds an entry, in the place of others about the same file that tell why it was not taken.
    fn add_refused(&self, refused: Entry) {
        let mut shelf = self.shelf.write().unwrap_or_else(PoisonError::into_inner);
        shelf.retain(|entry| !(matches!(entry.fate, EntryFate::Refused(_)) && entry.file == refused.file));
        shelf.push(refused);
    }

    /// The place of the plugin of that name, where it is loaded.
    fn slot(&self, name: &str) -> Option<Arc<Slot>> {
        self.slots().into_iter().find(|slot| slot.current().anatomy.manifest.name == name)
    }

    /// Those that are loaded by now.
    fn slots(&self) -> Vec<Arc<Slot>> {
        self.shelf().iter().filter_map(|entry| entry.so_far()?.ok()).collect()
    }

    fn builds(&self) -> Option<Builds> {
        self.means.data.path().map(Builds::of)
    }
}

fn picker(name: &str, loaded: Loaded) -> Result<Picker, PickError> {
    let unusable = |error: Arc<LoadError>| PickError::Unusable { name: name.to_owned(), reason: error.told() };
    loaded.map(Picker::new).map_err(unusable)
}

/// Grants a file what it asks for, also beyond what was granted before, and lets it be tried again where it failed. Gives
/// back what it asks for, as people read it.
///
/// # Errors
/// The file is no plugin, or the grant cannot be noted.
pub fn approve_file(data_dir: &Path, file: &Path) -> anyhow::Result<Vec<String>> {
    let wasm = scan::bytes(file)?;
    let (_, anatomy) = super::anatomy::read(&wasm);
    let anatomy = anatomy?;
    let decided = grants::change(data_dir, |grants| {
        let decided = grants.decide(&anatomy, crate::config::Approve::All);
        if let Some(track) = grants.track_mut(&anatomy.manifest.name) {
            track.forgive(&anatomy.sha256);
        }
        decided
    })?;
    decided?;
    Ok(anatomy.manifest.asks())
}

#[cfg(test)]
mod tests;
