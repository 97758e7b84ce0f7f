//! From a file to the build that answers: approved, loaded, and where it cannot be, the last good build in its place.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, PoisonError};

use tracing::{info, warn};

use super::Shared;
use crate::config::{self, Config};
use crate::plugin::access;
use crate::plugin::anatomy::{self, Anatomy};
use crate::plugin::error::LoadError;
use crate::plugin::grants::{self, Decision, Grants};
use crate::plugin::imports::{Facts, Line, LogGate, Network, Shelf};
use crate::plugin::limits::Limits;
use crate::plugin::listing::Description;
use crate::plugin::loader::{Candidate, Compiled};
use crate::plugin::probation::Health;
use crate::plugin::scan::Found;
use crate::plugin::settings::Settings;
use crate::plugin::slot::Slot;
use crate::plugin::track::{Build, Track};
use crate::plugin::version::Version;
use crate::store::DataDir;

/// The slot, or why there is none; and why the file in place was not taken, where another build answers for it.
pub(super) type First = (Result<Arc<Slot>, Arc<LoadError>>, Option<Arc<LoadError>>);

impl Shared {
    /// The wishes of now.
    pub(super) fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Gives a plugin what the config says now, which has changed while it was loaded.
    pub(super) fn dress(&self, slot: &Slot) {
        let name = slot.current().anatomy.manifest.name.clone();
        if let Err(reason) = slot.dress(|version| version.dressed(&table(&self.config(), &name))) {
            warn!(plugin = name, reason, "the plugin keeps its old settings");
        }
    }

    /// Loads the first build of a name: the file's, whose code may be there already, else the last good one. Tells what
    /// came of it, unless that is the fault that was told before.
    pub(super) async fn first(&self, found: Found, told: Option<&LoadError>, code: Option<Compiled>) -> First {
        let description = Arc::new(found.description());
        let name = description.name.clone();
        let sha256 = found.sha256.clone().unwrap_or_default();
        let track = self.track(&name);
        let refusal = match self.may_answer(&track, &sha256) {
            Ok(()) => match self.load_found(found, &Arc::default(), code).await {
                Ok(version) => {
                    self.tell_loaded(&description);
                    return (Ok(self.begin(&track, version).await), None);
                }
                Err(error) => error,
            },
            Err(error) => error,
        };
        let refusal = Arc::new(refusal);
        let is_news = told.is_none_or(|told| told.to_string() != refusal.to_string());
        let pinned = track.pinned_over(&sha256).map(str::to_owned);
        let good = track.others(&[&sha256]).into_iter().map(|build| build.sha256);
        for sha256 in pinned.into_iter().chain(good) {
            match self.load_kept(&name, &sha256, &Arc::default()).await {
                Ok(version) => {
                    let kept = Arc::clone(&version.description);
                    if is_news {
                        self.tell_refused(&description, &refusal, Some(&kept));
                    }
                    let slot = self.slot_of(self.with_rooms(version).await, None, true);
                    self.note_running(&slot.current()).await;
                    return (Ok(slot), Some(refusal));
                }
                Err(error) => warn!(plugin = name, sha256, %error, "an earlier build cannot answer either"),
            }
        }
        if is_news {
            self.tell_refused(&description, &refusal, None);
        }
        (Err(refusal), None)
    }

    /// Begins with a build that was loaded: on probation, where it never passed one.
    async fn begin(&self, track: &Track, version: Version) -> Arc<Slot> {
        let (name, sha256) = (version.anatomy.manifest.name.clone(), version.anatomy.sha256.clone());
        let is_proven = track.is_good(&sha256);
        let last_good = track.others(&[&sha256]).into_iter().next().filter(|_| !is_proven);
        let before = match last_good {
            // Where it cannot be loaded there is nothing to go back to, and nothing else is lost.
            Some(build) => match self.load_kept(&name, &build.sha256, &Arc::default()).await {
                Ok(before) => Some(self.with_rooms(before).await),
                Err(_) => None,
            },
            None => None,
        };
        let slot = self.slot_of(self.with_rooms(version).await, before, is_proven);
        self.note_running(&slot.current()).await;
        slot
    }

    fn slot_of(&self, now: (Version, Health), before: Option<(Version, Health)>, is_proven: bool) -> Arc<Slot> {
        let (guests, clock) = (Arc::clone(&self.guests), self.means.clock.clone());
        Arc::new(Slot::new(now, before, is_proven, guests, clock, Arc::clone(&self.wake)))
    }

    /// The build, and which rooms it could read in an earlier run.
    async fn with_rooms(&self, version: Version) -> (Version, Health) {
        let Some(builds) = self.builds() else { return (version, Health::default()) };
        let (name, sha256) = (version.anatomy.manifest.name.clone(), version.anatomy.sha256.clone());
        let now = self.means.clock.now();
        let rooms = tokio::task::spawn_blocking(move || builds.rooms(&name, &sha256, now)).await;
        // Who cannot be asked knows of none.
        (version, Health::remembered(rooms.unwrap_or_default()))
    }

    /// Notes for the next run which rooms the good builds can read.
    pub(super) async fn note_rooms(&self) {
        let (DataDir::Kept(_), Some(builds)) = (&*self.means.data, self.builds()) else { return };
        let proven: Vec<_> = self.slots().iter().filter_map(|slot| slot.proven()).collect();
        let note = move || {
            proven.iter().try_for_each(|(version, rooms)| {
                let anatomy = &version.anatomy;
                builds.note_rooms(&anatomy.manifest.name, &anatomy.sha256, rooms)
            })
        };
        let noted = tokio::task::spawn_blocking(note).await;
        if let Err(error) = noted.map_err(std::io::Error::other).flatten() {
            tracing::debug!(%error, "cannot note which rooms plugins can read");
        }
    }

    /// Whether the bytes of this hash may answer, by what is remembered of them.
    pub(super) fn may_answer(&self, track: &Track, sha256: &str) -> Result<(), LoadError> {
        if track.pinned_over(sha256).is_some() {
            let why = String::from("rolled back by hand, until the file is another one");
            return Err(LoadError::Quarantined(why));
        }
        track.failed(sha256).map_or(Ok(()), |why| Err(LoadError::Quarantined(why.to_owned())))
    }

    /// Loads what a file holds, whose code may be there already. `made` counts the plugin's requests, whichever build makes
    /// them.
    pub(super) async fn load_found(
        &self,
        found: Found,
        made: &Arc<AtomicU64>,
        code: Option<Compiled>,
    ) -> Result<Version, LoadError> {
        let description = found.description();
        let (wasm, anatomy) = found.read?;
        self.approve(&anatomy)?;
        let candidate = Candidate { code, ..self.candidate(Arc::clone(&wasm), anatomy, description, made)? };
        let version = self.loader.load(candidate).await?;
        self.keep(&version, wasm).await;
        Ok(version)
    }

    /// Loads a build that was kept. What it asks for it was granted once, and never loses.
    pub(super) async fn load_kept(
        &self,
        name: &str,
        sha256: &str,
        made: &Arc<AtomicU64>,
    ) -> Result<Version, LoadError> {
        let Some(builds) = self.builds() else { return Err(LoadError::Incomplete) };
        let file = builds.file(name, sha256);
        let (of, hash) = (name.to_owned(), sha256.to_owned());
        let read = tokio::task::spawn_blocking(move || builds.read(&of, &hash)).await;
        let wasm: Arc<[u8]> = read.map_err(|error| LoadError::Io(std::io::Error::other(error)))??.into();
        let (_, anatomy) = anatomy::read(&wasm);
        let anatomy = anatomy?;
        let manifest = Arc::clone(&anatomy.manifest);
        let description = Description::of(&file, Some(sha256.to_owned()), Some(&manifest), Some(&anatomy));
        let candidate = self.candidate(wasm, anatomy, description, made)?;
        self.loader.load(candidate).await
    }

    fn candidate(
        &self,
        wasm: Arc<[u8]>,
        anatomy: Anatomy,
        description: Description,
        made: &Arc<AtomicU64>,
    ) -> Result<Candidate, LoadError> {
        let manifest = Arc::clone(&anatomy.manifest);
        let table = table(&self.config(), &manifest.name);
        let settings = Settings::of(&manifest, &[&table.settings]).map_err(LoadError::Settings)?;
        let base = access::base(&manifest.name, &table).map_err(LoadError::Settings)?;
        let grant = access::grant(&manifest, &settings, &base).map_err(LoadError::Settings)?;
        let limits = Limits::of(&table.limits, anatomy.instances);
        let line = Line {
            http: self.means.http.clone(),
            grant: Arc::new(grant),
            main: tokio::runtime::Handle::current(),
            made: Arc::clone(made),
            timeout: limits.longest(),
        };
        let facts = Facts {
            plugin: manifest.name.as_str().into(),
            settings: Arc::new(settings),
            limits,
            network: Network::Open(line),
            shelf: Shelf::Kept(self.means.store.clone()),
            log: Arc::new(LogGate::new(self.means.clock.clone())),
            posts: None,
        };
        let description = Arc::new(description);
        Ok(Candidate { wasm, code: None, anatomy, description, facts, table, overrides: base.overrides })
    }

    /// What the plugin asks for, against what it has been granted.
    pub(super) fn approve(&self, anatomy: &Anatomy) -> Result<(), LoadError> {
        let wish = self.config().plugins.approve;
        let decide = |grants: &mut Grants| grants.decide(anatomy, wish);
        let dir = match &*self.means.data {
            DataDir::Kept(dir) => dir,
            // What is decided here is decided again, and told, by the command that notes it.
            DataDir::Read(dir) => return decide(&mut Grants::read(dir)).map(drop),
            DataDir::Nowhere => return decide(&mut Grants::default()).map(drop),
        };
        let decided = grants::change_known(dir, &self.noted, decide).unwrap_or_else(|error| {
            // A data directory that cannot be written to must not keep rooms from being recorded.
            warn!(%error, "cannot note what a plugin was granted");
            decide(&mut Grants::read(dir))
        });
        if let Decision::New(granted) = decided? {
            info!(plugin = anatomy.manifest.label(), granted = granted.join(", "), "plugin gets what it asks for");
        }
        Ok(())
    }

    /// What is remembered of a plugin's builds.
    pub(super) fn track(&self, name: &str) -> Track {
        self.means.data.path().map(|dir| Grants::read(dir).track(name)).unwrap_or_default()
    }

    /// Keeps the bytes of a build that may turn out to be good.
    async fn keep(&self, version: &Version, wasm: Arc<[u8]>) {
        let (DataDir::Kept(_), Some(builds)) = (&*self.means.data, self.builds()) else { return };
        let (name, sha256) = (version.anatomy.manifest.name.clone(), version.anatomy.sha256.clone());
        let kept = tokio::task::spawn_blocking(move || builds.keep(&name, &sha256, &wasm)).await;
        if let Err(error) = kept.map_err(std::io::Error::other).flatten() {
            let plugin = version.anatomy.manifest.label();
            warn!(plugin, %error, "a build cannot be kept: after a restart nobody can go back to it");
        }
    }

    /// Notes which build answers, and removes those that nobody will go back to.
    pub(super) async fn note_running(&self, version: &Arc<Version>) {
        let build = version.build();
        self.note(&version.anatomy.manifest.name, move |grants, name| grants.note_running(name, build)).await;
    }

    /// Notes something of a plugin in `plugins.lock`, and prunes its builds by it.
    pub(super) async fn note(&self, name: &str, note: impl FnOnce(&mut Grants, &str) + Send + 'static) {
        let (DataDir::Kept(dir), Some(builds)) = (&*self.means.data, self.builds()) else { return };
        let (dir, name, known) = (dir.clone(), name.to_owned(), Arc::clone(&self.noted));
        let noted = tokio::task::spawn_blocking(move || {
            let kept = grants::change_known(&dir, &known, |grants| {
                note(grants, &name);
                let running = grants.running(&name).map(|build| build.sha256);
                let track = grants.track(&name);
                let pinned = track.pinned.map(|pin| pin.to);
                track.good.into_iter().map(|build| build.sha256).chain(running).chain(pinned).collect::<Vec<_>>()
            })?;
            match builds.prune(&name, &kept) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
                pruned => pruned,
            }
        });
        if let Err(error) = noted.await.map_err(std::io::Error::other).flatten() {
            warn!(%error, "cannot note what has become of a plugin");
        }
    }
}

/// `[plugin.NAME]`.
pub(super) fn table(config: &Config, name: &str) -> config::Plugin {
    config.plugin.get(name).cloned().unwrap_or_default()
}

impl Version {
    /// What is noted of it.
    pub(super) fn build(&self) -> Build {
        Build { version: self.anatomy.manifest.version.to_string(), sha256: self.anatomy.sha256.clone() }
    }
}
