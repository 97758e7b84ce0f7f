//! What `run` and `record` hold open alike while rooms are watched: opened in one order, closed in the other. Knows
//! neither which rooms are wanted nor when they are left.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::{error, warn};

use crate::app::House;
use crate::app::lookout::Lookout;
use crate::app::owner::Owner;
use crate::app::rooms::{Heir, Kept, Rooms};
use crate::app::salvage::Salvage;
use crate::app::space::Guard;
use crate::app::targets::targets;
use crate::config::Config;
use crate::disk::{Disk, Known, trial};
use crate::event::{Event, Kind};
use crate::machine::descriptors;
use crate::machine::memory::memory;
use crate::monitor::ledger::Ledger;
use crate::monitor::room::Leave;
use crate::plugin::Watcher;
use crate::record::{Gates, Hands, Means};

/// How long a volume may take for its last writes. They were waited for before, so only one that hangs needs it.
const LAST_WRITES: Duration = Duration::from_secs(5);

/// How long a start waits for plugins. What was compiled before is there at once; what is compiled now may take minutes, and
/// is waited for by its own rooms alone.
const PLUGINS: Duration = Duration::from_secs(1);

/// How often sessions of dead processes are looked through for those that no room takes up.
pub(super) const SWEEP: Duration = Duration::from_secs(1);

/// The rooms that are watched, and all that they need beside the house.
pub(super) struct Household {
    pub(super) rooms: Rooms,
    pub(super) ledger: Ledger,
    pub(super) salvage: Salvage,
    /// Takes plugins that change.
    pub(super) plugins: Watcher,
    guard: Guard,
    lookout: Lookout,
    ledger_task: JoinHandle<()>,
    hands: Hands,
    // Its lock vouches for the sessions as long as they run.
    _owner: Owner,
}

impl Household {
    /// Opens the folders and takes up what dead processes left; no room is watched yet.
    ///
    /// # Errors
    /// None of the output folders can be made or written to; what is told is why the first one cannot.
    pub(super) async fn open(house: House, owner: Owner, heir: Heir) -> anyhow::Result<Household> {
        let known = Known::noted_in(house.data.kept()?);
        let hands = hands(&house, &known).await?;
        match heir {
            // From here on its rooms and targets come and go without a pause, those of plugins that come later, too.
            Heir::Run => drop(tokio::time::timeout(PLUGINS, house.registry.settled()).await),
            Heir::Record => {
                for notify in &house.config.notify {
                    house.registry.ready(&notify.plugin).await;
                }
            }
        }
        let plugins = Watcher::start(house.registry.clone());
        let folders = house.config.output.folders();
        let kept = Kept::read(&house.store, house.data.kept()?, heir, folders.clone()).await;
        let hash = house.config.output.hash;
        let salvage = Salvage::start(folders.clone(), hash, hands.clone(), house.store.clone());
        let min_free = house.config.output.min_free.0;
        let guard = Guard::start(folders, min_free, known, salvage.again(), &hands).await;
        let lookout = Lookout::start(hands.clone());
        let all = targets(&house.config, &house.registry);
        let House { store, clock, events, .. } = &house;
        let (ledger, ledger_task) = Ledger::open(all, store.clone(), clock.clone(), events.clone());
        // Nobody has opened another one before.
        let _ = house.ledger.set(ledger.clone());
        let name = Arc::from(owner.name());
        let rooms = Rooms::new(house, hands.clone(), ledger.clone(), name, kept, guard.volumes());
        Ok(Household { rooms, ledger, salvage, plugins, guard, lookout, ledger_task, hands, _owner: owner })
    }

    /// Changes each time that the machine has slept.
    pub(super) fn woken(&self) -> watch::Receiver<()> {
        self.lookout.woken()
    }

    /// The config was changed: files that begin go to its folders.
    pub(super) fn turn_to(&mut self, config: &Config) {
        let folders = config.output.folders();
        let again = self.salvage.again();
        folders.iter().for_each(|folder| again.look(folder));
        self.guard.turn_to(folders, config.output.min_free.0, &self.hands);
    }

    /// Leaves all rooms, and begins to mend nothing more.
    pub(super) fn leave(&self, leave: Leave) {
        self.salvage.stop();
        self.rooms.leave_all(leave);
    }

    /// Ends what [`Household::open`] began. All rooms have been left before.
    pub(super) async fn close(self) {
        self.ledger.close().await;
        if let Err(error) = self.ledger_task.await {
            error!(%error, "the task that keeps the notices died");
        }
        self.rooms.close().await;
        self.plugins.close().await;
        self.guard.close().await;
        // It ends with the stop, or when all is mended: what died yesterday is made whole by this run.
        self.salvage.ended().await;
        self.lookout.close().await;
        if !self.hands.disk.shut_down(LAST_WRITES).await {
            warn!("a volume does not answer: what it was handed last may not be on it");
        }
    }
}

/// The folders are opened and tried, so that it is known before anything is asked when none of them can be used.
async fn hands(house: &House, known: &Known) -> anyhow::Result<Hands> {
    let output = &house.config.output;
    if !output.remux.is_empty() {
        warn!("`[output] remux` is known and not done yet: it changes nothing");
    }
    descriptors::keep_reserve();
    let left = memory().map_or(u64::MAX, |memory| memory.left);
    let disk = Disk::new(output.sync.each()).in_memory_of(left);
    let (http, clock, events) = (house.http.clone(), house.clock.clone(), house.events.clone());
    let hands = Hands { http, disk, clock, events, gates: Gates::default(), means: Means::default() };
    let (folders, mut first) = (output.folders(), None::<(PathBuf, anyhow::Error)>);
    // A disk may have to wake up, and a server may be gone for good: the only one is waited for.
    let patience = if folders.len() > 1 { output.patience.0 } else { Duration::MAX };
    for folder in folders {
        match tokio::time::timeout(patience, may_serve(&hands.disk, known, &folder)).await {
            Ok(Ok(())) => {
                if let Some((refuses, why)) = first {
                    tell_refused(&hands, &refuses, &folder, &why);
                }
                return Ok(hands);
            }
            Ok(Err(error)) => _ = first.get_or_insert((folder, error)),
            Err(_) => _ = first.get_or_insert((folder, anyhow::anyhow!("it does not answer in {patience:?}"))),
        }
    }
    // There is always the first one.
    first.map_or(Ok(hands), |(_, error)| Err(error))
}

/// Whether files may begin in the folder, as far as a start can tell.
async fn may_serve(disk: &Disk, known: &Known, folder: &Path) -> anyhow::Result<()> {
    if known.recognise(folder).await.is_err() {
        // Its volume is away, and nothing is made there. Whoever looks at the volumes tells it, and looks again.
        return Ok(());
    }
    disk.root(folder).await?;
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || trial(&folder)).await??;
    Ok(())
}

fn tell_refused(hands: &Hands, refuses: &Path, serves: &Path, why: &anyhow::Error) {
    let (why, serves) = (format!("{why:#}"), serves.display().to_string());
    let hint = "`lyrebird doctor` tells what works there; each recording tries it anew";
    tracing::error!(folder = %refuses.display(), why, serves, hint, "the output folder cannot be used, another one serves");
    let data = json!({ "folder": refuses, "reason": why });
    hands.events.send(Event::now(&hands.clock, Kind::DiskLow, None, None, data));
}
