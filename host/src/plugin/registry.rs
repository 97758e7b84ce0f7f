//! All plugins there are: which files count, what became of each, who takes a URL.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use serde_json::json;
use tracing::{info, warn};

use super::access;
use super::anatomy::{Anatomy, Kind};
use super::cache::Cache;
use super::engine::Guests;
use super::error::LoadError;
use super::grants::{self, Decision, Grants};
use super::imports::{Facts, Line, LogGate, Network, Shelf};
use super::limits::Limits;
use super::listing::{Description, Listing, State};
use super::loader::{Candidate, Loader};
use super::manifest::Manifest;
use super::notifier::Notifier;
use super::pick::{self, Choice, PickError, Unusable};
use super::picker::Picker;
use super::scan::{self, Fate, Found};
use super::settings::Settings;
use super::slot::Slot;
use crate::clock::Clock;
use crate::config::Config;
use crate::event::{self, Event};
use crate::http::Http;
use crate::store::{DataDir, Store};

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
}

/// One file.
struct Entry {
    description: Description,
    manifest: Option<Arc<Manifest>>,
    fate: EntryFate,
}

enum EntryFate {
    Active(Arc<Slot>),
    Failed(LoadError),
    Shadowed(PathBuf),
}

impl Registry {
    /// Loads what lies in the directories, the first one first. What cannot be loaded is listed with the reason; the
    /// others are there.
    ///
    /// # Errors
    /// The engine or its threads cannot be started.
    pub async fn load(dirs: &[PathBuf], means: &Means<'_>) -> anyhow::Result<Registry> {
        let guests = Arc::new(Guests::start()?);
        let cache = match means.data {
            DataDir::Kept(dir) => Cache::open(&dir.join("compiled")),
            DataDir::Read(dir) => Cache::look(&dir.join("compiled")),
            DataDir::Nowhere => Cache::Nowhere,
        };
        let dirs = dirs.to_owned();
        let (trimmed, scanned) = (cache.clone(), tokio::task::spawn_blocking(move || scan::scan(&dirs)));
        let (fates, unread) = scanned.await?;
        let loader = Loader::new(Arc::clone(&guests), cache)?;
        let mut entries = Vec::new();
        for fate in fates {
            entries.push(entry(&loader, means, fate).await);
        }
        // After the load: what is in use was used last.
        tokio::task::spawn_blocking(move || trimmed.trim()).await?;
        let unread: Vec<_> = unread.into_iter().map(|(dir, error)| (dir, error.to_string())).collect();
        for (dir, error) in &unread {
            warn!(dir = %dir.display(), error, "cannot read a plugins directory");
        }
        Ok(Registry { guests, entries, unread })
    }

    /// Every file, by name; of one name the one that counts first.
    pub fn list(&self) -> Vec<Listing> {
        let mut list: Vec<Listing> = self.entries.iter().map(listing).collect();
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

    /// Directories that could not be read, and why.
    pub fn unread(&self) -> &[(PathBuf, String)] {
        &self.unread
    }

    /// The picker that takes what a person wrote; with `by_name`, the one of that name.
    ///
    /// # Errors
    /// There is none, two take it equally well, or the one that is meant was not loaded.
    pub fn pick(&self, input: &str, by_name: Option<&str>) -> Result<Picker, PickError> {
        let choices = self.entries.iter().filter_map(choice).collect();
        match by_name {
            Some(name) => pick::by_name(name, choices),
            None => pick::by_place(input, choices),
        }
    }

    /// The notifier of that name.
    ///
    /// # Errors
    /// There is none, or it was not loaded: one sentence for people.
    pub fn notifier(&self, name: &str) -> Result<Notifier, String> {
        let named = |entry: &&Entry| entry.description.name == name && !matches!(entry.fate, EntryFate::Shadowed(_));
        let Some(entry) = self.entries.iter().find(named) else { return Err(format!("there is no plugin `{name}`")) };
        match &entry.fate {
            EntryFate::Active(slot) if is(slot, Kind::Notifier) => Ok(Notifier::new(Arc::clone(slot))),
            EntryFate::Failed(error) => Err(format!("plugin `{name}` was not loaded: {error}")),
            _ => Err(format!("plugin `{name}` is no notifier")),
        }
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
    pub(super) fn slot(&self, name: &str) -> Option<&Arc<Slot>> {
        self.slots().find(|slot| slot.current().anatomy.manifest.name == name)
    }

    fn slots(&self) -> impl Iterator<Item = &Arc<Slot>> {
        self.entries.iter().filter_map(|entry| match &entry.fate {
            EntryFate::Active(slot) => Some(slot),
            _ => None,
        })
    }
}

fn is(slot: &Slot, kind: Kind) -> bool {
    slot.current().anatomy.kinds.contains(&kind)
}

fn choice(entry: &Entry) -> Option<Choice<'_, Picker>> {
    let picker = match &entry.fate {
        EntryFate::Shadowed(_) => return None,
        EntryFate::Active(slot) if is(slot, Kind::Picker) => Ok(Picker::new(Arc::clone(slot))),
        EntryFate::Active(_) => Err(Unusable::NotAPicker),
        EntryFate::Failed(error) => Err(Unusable::Refused(error.to_string())),
    };
    let rooms = entry.manifest.as_ref().map_or(&[][..], |manifest| &manifest.rooms);
    Some(Choice { name: &entry.description.name, rooms, picker })
}

fn listing(entry: &Entry) -> Listing {
    let (state, reason) = match &entry.fate {
        EntryFate::Active(_) => (State::Active, None),
        EntryFate::Failed(error) => (State::of(error), Some(error.to_string())),
        EntryFate::Shadowed(first) => (State::Shadowed, Some(format!("`{}` comes first", first.display()))),
    };
    Listing { description: entry.description.clone(), state, reason }
}

async fn entry(loader: &Loader, means: &Means<'_>, fate: Fate) -> Entry {
    let (found, first) = match fate {
        Fate::Load(found) => (found, None),
        Fate::Shadowed(found, first) => (found, Some(first)),
    };
    let Found { file, sha256, manifest, read, .. } = found;
    let anatomy = read.as_ref().ok().map(|(_, anatomy)| anatomy);
    let description = Description::of(&file, sha256, manifest.as_deref(), anatomy);
    let fate = match first {
        Some(first) => EntryFate::Shadowed(first),
        None => {
            let loaded = match read {
                Ok((wasm, anatomy)) => load(loader, means, wasm, anatomy).await,
                Err(error) => Err(error),
            };
            tell(means, &description, loaded.as_ref().err());
            loaded.map_or_else(EntryFate::Failed, EntryFate::Active)
        }
    };
    Entry { description, manifest, fate }
}

async fn load(loader: &Loader, means: &Means<'_>, wasm: Vec<u8>, anatomy: Anatomy) -> Result<Arc<Slot>, LoadError> {
    let manifest = Arc::clone(&anatomy.manifest);
    let table = means.config.plugin.get(&manifest.name).cloned().unwrap_or_default();
    approve(means, &anatomy)?;
    let settings = Settings::of(&manifest, &[&table.settings]).map_err(LoadError::Settings)?;
    let base = access::base(&manifest.name, &table).map_err(LoadError::Settings)?;
    let grant = access::grant(&manifest, &settings, &base).map_err(LoadError::Settings)?;
    let limits = Limits::of(&table.limits);
    let line = Line {
        http: means.http.clone(),
        grant: Arc::new(grant),
        main: tokio::runtime::Handle::current(),
        made: Arc::new(AtomicU64::new(0)),
        timeout: limits.longest(),
    };
    let facts = Facts {
        plugin: manifest.name.as_str().into(),
        settings: Arc::new(settings),
        limits,
        network: Network::Open(line),
        shelf: Shelf::Kept(means.store.clone()),
        log: Arc::new(LogGate::new(means.clock.clone())),
        posts: None,
    };
    let candidate = Candidate { wasm, anatomy, facts, table, overrides: base.overrides };
    let version = loader.load(candidate).await?;
    Ok(Arc::new(Slot::new(version, Arc::clone(&loader.guests))))
}

/// What the plugin asks for, against what it has been granted.
fn approve(means: &Means<'_>, anatomy: &Anatomy) -> Result<(), LoadError> {
    let decide = |grants: &mut Grants| grants.decide(anatomy, means.config.plugins.approve);
    let dir = match means.data {
        DataDir::Kept(dir) => dir,
        // What is decided here is decided again, and told, by the command that notes it.
        DataDir::Read(dir) => return decide(&mut Grants::read(dir)).map(drop),
        DataDir::Nowhere => return decide(&mut Grants::default()).map(drop),
    };
    let decided = grants::change(dir, decide).unwrap_or_else(|error| {
        // A data directory that cannot be written to must not keep rooms from being recorded.
        warn!(%error, "cannot note what a plugin was granted");
        decide(&mut Grants::read(dir))
    });
    if let Decision::New(granted) = decided? {
        info!(plugin = anatomy.manifest.label(), granted = granted.join(", "), "plugin gets what it asks for");
    }
    Ok(())
}

fn tell(means: &Means<'_>, description: &Description, error: Option<&LoadError>) {
    let (name, file) = (&description.name, description.file.display().to_string());
    let mut data =
        json!({ "plugin": name, "version": description.version, "sha256": description.sha256, "file": file });
    let kind = match (error, data.as_object_mut()) {
        (Some(error), Some(data)) => {
            data.insert(String::from("kind"), json!(error.kind()));
            data.insert(String::from("reason"), json!(error.to_string()));
            event::Kind::PluginRefused
        }
        _ => event::Kind::PluginLoaded,
    };
    means.events.send(Event::now(&means.clock, kind, None, None, data));
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
