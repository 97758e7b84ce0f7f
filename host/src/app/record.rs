//! `record`: rooms from the command line, watched and recorded until each is done or somebody stops them.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tracing::{debug, warn};

use crate::app::House;
use crate::app::entry::{self, Entry};
use crate::config::{Config, Output};
use crate::disk::{Disk, trial};
use crate::http::host::HostPort;
use crate::model::{Pair, RoomKey, redact_url};
use crate::monitor::desk::{Desk, Terms};
use crate::monitor::room::{Outcome, Rules};
use crate::monitor::watch::{Glance, Watch, trouble};
use crate::monitor::{pace, room, watch as monitor_watch};
use crate::plugin::{Live, Manifest, Picker};
use crate::record::{Access, Hands, Outcome as Salvage, Plan, Preference, salvage};

/// How long a volume may take for its last writes. They were waited for before, so only one that hangs needs it.
const LAST_WRITES: Duration = Duration::from_secs(5);

/// What the user wants recorded.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// URLs or ids, as he wrote them.
    pub urls: Vec<String>,
    /// The picker by his word.
    pub plugin: Option<String>,
    /// Options for the picker.
    pub options: Vec<Pair>,
    /// Headers for the rooms' own hosts.
    pub headers: Vec<Pair>,
    /// The folder.
    pub output: PathBuf,
    /// The template of names.
    pub name: String,
    /// Quality keys, best first.
    pub qualities: Vec<String>,
    /// Each room is done after its first session with media.
    pub once: bool,
    /// Media time of a room after which it is done.
    pub max_duration: Option<Duration>,
    /// Bytes of a room after which it is done.
    pub max_bytes: Option<u64>,
}

/// Rooms with their pickers, and the folder that they are recorded to.
pub struct Recorder {
    house: House,
    wanted: Wanted,
    hands: Hands,
    rooms: Vec<(String, Desk)>,
    /// One a picker, with its task.
    desks: BTreeMap<String, (Desk, JoinHandle<()>)>,
    glances: Vec<(String, Glance)>,
    recovered: Recovered,
}

/// Files of recorders that died, made whole by this one; known when it has ended. Cheap to clone; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Recovered(Arc<Mutex<Vec<PathBuf>>>);

impl Recovered {
    /// Their names.
    pub fn files(&self) -> Vec<PathBuf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Rooms that are being recorded, by key: nobody records a room twice.
type Taken = Arc<Mutex<HashSet<RoomKey>>>;

impl Recorder {
    /// Opens the folder.
    ///
    /// # Errors
    /// A folder that cannot be made or written to.
    pub async fn open(house: House, wanted: Wanted, rooms: Vec<(String, Picker)>) -> anyhow::Result<Recorder> {
        let (output, usual) = (&house.config.output, Output::default());
        let later = [
            ("remux", !output.remux.is_empty()),
            ("fallback", !output.fallback.is_empty()),
            ("split.title", output.split.title),
            ("sync", output.sync != usual.sync),
            ("min_free", output.min_free != usual.min_free),
        ];
        for (key, set) in later {
            if set {
                warn!("`[output] {key}` is known and not done yet: it changes nothing");
            }
        }
        let disk = Disk::new();
        let hands = Hands { http: house.http.clone(), disk, clock: house.clock.clone(), events: house.events.clone() };
        // Opened and tried here so that a folder that cannot be used is known before anything is asked.
        hands.disk.root(&wanted.output).await?;
        let folder = wanted.output.clone();
        tokio::task::spawn_blocking(move || trial(&folder)).await??;
        let glances = rooms.iter().map(|(url, _)| (redact_url(url), Glance::default())).collect();
        let mut desks = BTreeMap::new();
        let at_desk = |(url, picker): (String, Picker)| {
            let (desk, _) = desks.entry(picker.manifest().name.clone()).or_insert_with(|| {
                let terms = terms(&house.config, &picker.manifest());
                Desk::open(picker, terms, house.clock.clone(), house.events.clone())
            });
            (url, desk.clone())
        };
        let rooms = rooms.into_iter().map(at_desk).collect();
        Ok(Recorder { house, wanted, hands, rooms, desks, glances, recovered: Recovered::default() })
    }

    /// What a door may look at while the rooms are recorded.
    pub fn glances(&self) -> Vec<(String, Glance)> {
        self.glances.clone()
    }

    /// What this run makes whole.
    pub fn recovered(&self) -> Recovered {
        self.recovered.clone()
    }

    /// Records until every room is done, or until `stop` turns true and every file is closed. One outcome a room, in
    /// the order in which they were done.
    pub async fn run(mut self, stop: watch::Receiver<bool>) -> Vec<Outcome> {
        let desks = std::mem::take(&mut self.desks);
        let taken = Taken::default();
        let mut tasks = JoinSet::new();
        let recorder = Arc::new(self);
        let salvaging = tokio::spawn(Arc::clone(&recorder).salvage(stop.clone()));
        for index in 0..recorder.rooms.len() {
            let (recorder, taken, stop) = (Arc::clone(&recorder), Arc::clone(&taken), stop.clone());
            tasks.spawn(async move { recorder.room(index, &taken, stop).await });
        }
        let mut outcomes = Vec::new();
        while let Some(result) = tasks.join_next().await {
            match result {
                Ok(Some(outcome)) => outcomes.push(outcome),
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(%error, "a room's task died");
                    outcomes.push(Outcome::GaveUp(1));
                }
            }
        }
        // It ends with the stop, or when all is mended: what died yesterday is made whole by this run.
        if let Err(error) = salvaging.await {
            tracing::error!(%error, "the task that mends unfinished files died");
        }
        for (name, (desk, task)) in desks {
            desk.close();
            if let Err(error) = task.await {
                tracing::error!(plugin = name, %error, "a desk's task died");
            }
        }
        let disk = recorder.hands.disk.clone();
        drop(recorder);
        if !disk.shut_down(LAST_WRITES).await {
            warn!("a volume does not answer: what it was handed last may not be on it");
        }
        outcomes
    }

    /// Makes whole what a recorder that died left in the folder. Beside the rooms, which must not wait for it: a file
    /// that somebody writes is locked. An interrupted mending is done again by the next start.
    async fn salvage(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let Hands { disk, clock, events, .. } = &self.hands;
        let mut salvaged = Vec::new();
        let mended = tokio::select! {
            mended = salvage(&self.wanted.output, disk, clock, events, &mut salvaged) => mended,
            _ = stop.wait_for(|stop| *stop) => Ok(()),
        };
        let whole = salvaged.into_iter().filter(|one| one.outcome == Salvage::Recovered).map(|one| one.file);
        self.recovered.0.lock().unwrap_or_else(PoisonError::into_inner).extend(whole);
        if let Err(error) = mended {
            let folder = self.wanted.output.display();
            warn!(%folder, error = format!("{error:#}"), "cannot look for unfinished files");
        }
    }

    async fn room(&self, index: usize, taken: &Taken, mut stop: watch::Receiver<bool>) -> Option<Outcome> {
        let (url, desk) = self.rooms.get(index)?;
        let (_, glance) = self.glances.get(index)?;
        let entry = match self.enter(desk, url, &mut stop).await {
            Ok(entry) => entry,
            Err(outcome) => return Some(outcome),
        };
        if !taken.lock().unwrap_or_else(PoisonError::into_inner).insert(entry.key.clone()) {
            warn!(url = redact_url(url), room = %entry.key, "the same room again: it is recorded once");
            return None;
        }
        let watch = self.watch(entry, desk.clone(), glance.clone());
        Some(monitor_watch::watch(watch, stop).await)
    }

    /// Asks for the room's id until there is an answer: a platform that cannot be reached at the start may be later.
    async fn enter(&self, desk: &Desk, url: &str, stop: &mut watch::Receiver<bool>) -> Result<Entry, Outcome> {
        let mut failures = 0u32;
        let mut told = String::new();
        loop {
            let answer = tokio::select! {
                answer = self.house.enter(desk.picker(), url, &self.wanted.options, desk.resolve(url)) => answer,
                _ = stop.wait_for(|stop| *stop) => return Err(Outcome::Stopped),
            };
            let error = match answer {
                Ok(entry) => return Ok(entry),
                Err(error) => error,
            };
            let text = error.to_string();
            if entry::is_permanent(&error) {
                tracing::error!(url = redact_url(url), reason = text, "no such room");
                return Err(Outcome::GaveUp(1));
            }
            failures = failures.saturating_add(1);
            let pause = match trouble(&error) {
                room::Trouble::Wall => pace::WALL,
                room::Trouble::RateLimited(asked) => pace::backing_off(failures, asked),
                _ => pace::growing(failures + 1),
            };
            if told == text {
                debug!(reason = text, "still no answer");
            } else {
                warn!(url = redact_url(url), reason = text, "the room cannot be resolved, trying again");
                told = text;
            }
            tokio::select! {
                () = self.house.clock.sleep(pause) => {}
                _ = stop.wait_for(|stop| *stop) => return Err(Outcome::Stopped),
            }
        }
    }

    fn watch(&self, entry: Entry, desk: Desk, glance: Glance) -> Watch {
        let Entry { picker, room, key } = entry;
        let config = &self.house.config;
        let manifest = picker.manifest();
        let interval = terms(config, &manifest).interval;
        let access = Access {
            user_headers: self.wanted.headers.clone(),
            room_host: HostPort::from_url(&room.input),
            overrides: picker.overrides(),
        };
        let preference = Preference { qualities: self.wanted.qualities.clone(), ..Preference::default() };
        let rules = Rules {
            by_media: manifest.live == Live::ByMedia,
            once: self.wanted.once,
            interval,
            grace: config.check.grace.0,
        };
        let plan = Plan {
            root: self.wanted.output.clone(),
            name: self.wanted.name.clone(),
            max_duration: self.wanted.max_duration,
            max_size: self.wanted.max_bytes,
            ..Plan::new(&config.output, config.http.stall.0, manifest.label())
        };
        let hands = self.hands.clone();
        Watch { desk, room, key, rules, preference, plan, hands, access, glance }
    }
}

/// How a picker is to be asked: the manifest's interval and `[check]`'s, the larger wins, unless `[plugin.NAME]` says
/// otherwise.
fn terms(config: &Config, manifest: &Manifest) -> Terms {
    let own = config.plugin.get(&manifest.name).and_then(|own| own.interval);
    let interval = own.map_or_else(|| config.check.interval.0.max(manifest.interval), |own| own.0);
    Terms { interval, jitter: config.check.jitter, batch: manifest.batch, rate: config.check.rate }
}
