//! `record`: rooms from the command line, watched and recorded until each is done or somebody stops them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::warn;

use crate::app::House;
use crate::app::owner::Owner;
use crate::app::rooms::{Board, Heir, Kept, RoomPlan, Rooms};
use crate::app::salvage::{Recovered, Salvage};
use crate::app::space::Guard;
use crate::app::targets::targets;
use crate::disk::{Disk, trial};
use crate::monitor::ledger::Ledger;
use crate::monitor::room::{Leave, Outcome};
use crate::plugin::Picker;
use crate::record::{Gates, Hands};

/// How long a volume may take for its last writes. They were waited for before, so only one that hangs needs it.
pub(super) const LAST_WRITES: Duration = Duration::from_secs(5);

/// How long the end waits for notices to be taken back; what still stands then is the next start's affair.
const LAST_NOTICES: Duration = Duration::from_secs(30);

/// How often sessions of dead processes are looked through for those that no room takes up.
pub(super) const SWEEP: Duration = Duration::from_secs(1);

/// Rooms with their pickers, and the folder that they are recorded to.
pub struct Recorder {
    hands: Hands,
    rooms: Rooms,
    ledger: Ledger,
    ledger_task: JoinHandle<()>,
    salvage: Salvage,
    guard: Guard,
    // Its lock vouches for the sessions as long as they run.
    _owner: Owner,
}

impl Recorder {
    /// Opens the folder of the config and begins to watch the rooms.
    ///
    /// # Errors
    /// A folder that cannot be made or written to.
    pub async fn open(house: House, rooms: Vec<(RoomPlan, Picker)>) -> anyhow::Result<Recorder> {
        let hands = hands(&house).await?;
        let owner = Owner::record(house.data.kept()?);
        let roots = roots(&house);
        let kept = Kept::read(&house.store, house.data.kept()?, Heir::Record, roots.clone()).await;
        let guard = Guard::start(roots.clone(), house.config.output.min_free.0, &hands).await;
        let salvage = Salvage::start(roots, hands.clone());
        let House { store, clock, events, .. } = &house;
        for notify in &house.config.notify {
            house.registry.ready(&notify.plugin).await;
        }
        let all = targets(&house.config, &house.registry);
        let (ledger, ledger_task) = Ledger::open(all, store.clone(), clock.clone(), events.clone());
        // Nobody has opened another one before.
        let _ = house.ledger.set(ledger.clone());
        let mut watched =
            Rooms::new(house, hands.clone(), ledger.clone(), Arc::from(owner.name()), kept, guard.volumes());
        for (plan, picker) in rooms {
            watched.add(plan, picker);
        }
        Ok(Recorder { hands, rooms: watched, ledger, ledger_task, salvage, guard, _owner: owner })
    }

    /// What a door may look at while the rooms are recorded, and afterwards.
    pub fn board(&self) -> Board {
        self.rooms.board()
    }

    /// What this run makes whole.
    pub fn recovered(&self) -> Recovered {
        self.salvage.recovered()
    }

    /// Records until every room is done, or until `stop` turns true and every file is closed. One outcome a room, in
    /// the order in which they were done.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        let mut sweep = tokio::time::interval(SWEEP);
        let mut stopping = false;
        loop {
            tokio::select! {
                ended = self.rooms.next_end() => match ended {
                    Some((_, outcome)) => outcomes.extend(outcome),
                    None => break,
                },
                _ = sweep.tick() => self.rooms.end_unclaimed().await,
                _ = stop.wait_for(|stop| *stop), if !stopping => {
                    stopping = true;
                    self.salvage.stop();
                    self.rooms.leave_all(Leave::Over);
                }
            }
        }
        self.rooms.end_unclaimed().await;
        let owed = self.ledger.settle(LAST_NOTICES).await;
        if owed > 0 {
            warn!(notices = owed, "notices still stand, the next start takes them back");
        }
        self.ledger.close().await;
        close_ledger(self.ledger_task).await;
        self.rooms.close().await;
        // It ends with the stop, or when all is mended: what died yesterday is made whole by this run.
        self.salvage.ended().await;
        self.guard.close().await;
        close_disk(&self.hands.disk).await;
        outcomes
    }
}

/// The folder is opened and tried, so that one that cannot be used is known before anything is asked.
pub(super) async fn hands(house: &House) -> anyhow::Result<Hands> {
    let output = &house.config.output;
    if !output.remux.is_empty() {
        warn!("`[output] remux` is known and not done yet: it changes nothing");
    }
    let (http, clock, events) = (house.http.clone(), house.clock.clone(), house.events.clone());
    let hands = Hands { http, disk: Disk::new(output.sync.0), clock, events, gates: Gates::default() };
    hands.disk.root(&output.dir).await?;
    let folder = output.dir.clone();
    tokio::task::spawn_blocking(move || trial(&folder)).await??;
    Ok(hands)
}

/// All folders that files may lie in.
pub(super) fn roots(house: &House) -> Vec<std::path::PathBuf> {
    house.config.output.folders()
}

pub(super) async fn close_ledger(task: JoinHandle<()>) {
    if let Err(error) = task.await {
        tracing::error!(%error, "the task that keeps the notices died");
    }
}

pub(super) async fn close_disk(disk: &Disk) {
    if !disk.clone().shut_down(LAST_WRITES).await {
        warn!("a volume does not answer: what it was handed last may not be on it");
    }
}
