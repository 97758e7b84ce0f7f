//! One file of the plugins directories: what is known of it at once, and the load that shows what becomes of it.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde_json::json;
use tokio::sync::watch;
use tracing::{info, warn};

use super::Means;
use crate::clock::Clock;
use crate::event;
use crate::event::Event;
use crate::plugin::access;
use crate::plugin::anatomy::{Anatomy, Kind};
use crate::plugin::error::LoadError;
use crate::plugin::grants::{self, Decision, Grants};
use crate::plugin::imports::{Facts, Line, LogGate, Network, Shelf};
use crate::plugin::limits::Limits;
use crate::plugin::listing::Description;
use crate::plugin::loader::{Candidate, Loader};
use crate::plugin::manifest::Manifest;
use crate::plugin::scan::{Fate, Found};
use crate::plugin::settings::Settings;
use crate::plugin::slot::Slot;
use crate::store::DataDir;

/// One file.
pub(super) struct Entry {
    pub(super) description: Description,
    pub(super) manifest: Option<Arc<Manifest>>,
    pub(super) fate: EntryFate,
}

pub(super) enum EntryFate {
    Load(Loading),
    Shadowed(PathBuf),
}

pub(super) type Loaded = Result<Arc<Slot>, Arc<LoadError>>;

/// What came of a load; none while it goes on.
pub(super) type Loading = watch::Receiver<Option<Loaded>>;

impl Entry {
    /// Its load; none where it is shadowed.
    pub(super) fn load(&self) -> Option<&Loading> {
        match &self.fate {
            EntryFate::Load(fate) => Some(fate),
            EntryFate::Shadowed(_) => None,
        }
    }

    pub(super) fn is(&self, kind: Kind) -> bool {
        self.description.kinds.contains(&kind.word())
    }
}

/// A file's entry, and the load that fills it in; none where there is nothing to wait for.
pub(super) fn entry(
    loader: &Arc<Loader>,
    means: &Means<'_>,
    fate: Fate,
) -> (Entry, Option<impl Future<Output = ()> + Send + 'static + use<>>) {
    let (found, first) = match fate {
        Fate::Load(found) => (found, None),
        Fate::Shadowed(found, first) => (found, Some(first)),
    };
    let Found { file, sha256, manifest, read, .. } = found;
    let anatomy = read.as_ref().ok().map(|(_, anatomy)| anatomy);
    let description = Description::of(&file, sha256, manifest.as_deref(), anatomy);
    if let Some(first) = first {
        return (Entry { description, manifest, fate: EntryFate::Shadowed(first) }, None);
    }
    let (teller, told) = (Teller::of(means, &description), watch::Sender::new(None));
    let fate = EntryFate::Load(told.subscribe());
    let entry = Entry { description, manifest, fate };
    match read.and_then(|(wasm, anatomy)| candidate(means, wasm, anatomy)) {
        Err(error) => {
            teller.tell(Some(&error));
            told.send_replace(Some(Err(Arc::new(error))));
            (entry, None)
        }
        Ok(candidate) => {
            let loader = Arc::clone(loader);
            let load = async move {
                let loaded = loader.load(candidate).await;
                teller.tell(loaded.as_ref().err());
                let slot = loaded.map(|version| Arc::new(Slot::new(version, Arc::clone(&loader.guests))));
                told.send_replace(Some(slot.map_err(Arc::new)));
            };
            (entry, Some(load))
        }
    }
}

fn candidate(means: &Means<'_>, wasm: Vec<u8>, anatomy: Anatomy) -> Result<Candidate, LoadError> {
    let manifest = Arc::clone(&anatomy.manifest);
    let table = means.config.plugin.get(&manifest.name).cloned().unwrap_or_default();
    approve(means, &anatomy)?;
    let settings = Settings::of(&manifest, &[&table.settings]).map_err(LoadError::Settings)?;
    let base = access::base(&manifest.name, &table).map_err(LoadError::Settings)?;
    let grant = access::grant(&manifest, &settings, &base).map_err(LoadError::Settings)?;
    let limits = Limits::of(&table.limits, anatomy.instances);
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
    Ok(Candidate { wasm, anatomy, facts, table, overrides: base.overrides })
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

/// Tells what came of a load.
struct Teller {
    events: event::Sink,
    clock: Clock,
    data: serde_json::Map<String, serde_json::Value>,
}

impl Teller {
    fn of(means: &Means<'_>, description: &Description) -> Teller {
        let Description { name, version, sha256, file, .. } = description;
        let facts = [
            ("plugin", json!(name)),
            ("version", json!(version)),
            ("sha256", json!(sha256)),
            ("file", json!(file.display().to_string())),
        ];
        let data = facts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        Teller { events: means.events.clone(), clock: means.clock.clone(), data }
    }

    fn tell(mut self, error: Option<&LoadError>) {
        let kind = match error {
            Some(error) => {
                self.data.insert(String::from("kind"), json!(error.kind()));
                self.data.insert(String::from("reason"), json!(error.to_string()));
                event::Kind::PluginRefused
            }
            None => event::Kind::PluginLoaded,
        };
        self.events.send(Event::now(&self.clock, kind, None, None, self.data.into()));
    }
}

/// Waits for the end of a load.
pub(super) async fn loaded(fate: &Loading) -> Loaded {
    let ended = fate.clone().wait_for(Option::is_some).await.ok().and_then(|ended| ended.clone());
    // Only who panics, or is stopped, leaves without a word.
    ended.unwrap_or_else(|| Err(Arc::new(LoadError::Compile(String::from("the host gave it up")))))
}
