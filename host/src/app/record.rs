//! `record`: rooms from the command line, watched and recorded until each is done or somebody stops them.

use std::time::Duration;

use tokio::sync::watch;
use tracing::warn;

use crate::app::House;
use crate::app::household::{Household, SWEEP};
use crate::app::owner::Owner;
use crate::app::rooms::{Board, Heir, RoomPlan};
use crate::app::salvage::Recovered;
use crate::monitor::room::{Leave, Outcome};
use crate::plugin::{Picker, Registry};

/// How long the end waits for notices to be taken back; what still stands then is the next start's affair.
const LAST_NOTICES: Duration = Duration::from_secs(30);

/// Rooms with their pickers, and the folder that they are recorded to.
pub struct Recorder {
    household: Household,
    registry: Registry,
}

impl Recorder {
    /// Opens the folder of the config and begins to watch the rooms.
    ///
    /// # Errors
    /// A folder that cannot be made or written to.
    pub async fn open(house: House, rooms: Vec<(RoomPlan, Picker)>) -> anyhow::Result<Recorder> {
        let owner = Owner::record(house.data.kept()?);
        let registry = house.registry.clone();
        let mut household = Household::open(house, owner, Heir::Record).await?;
        for (plan, picker) in rooms {
            household.rooms.add(plan, picker);
        }
        Ok(Recorder { household, registry })
    }

    /// What a door may look at while the rooms are recorded, and afterwards.
    pub fn board(&self) -> Board {
        self.household.rooms.board()
    }

    /// What this run makes whole.
    pub fn recovered(&self) -> Recovered {
        self.household.salvage.recovered()
    }

    /// Records until every room is done, or until `stop` turns true and every file is closed. One outcome a room, in
    /// the order in which they were done.
    pub async fn run(self, mut stop: watch::Receiver<bool>) -> Vec<Outcome> {
        let mut household = self.household;
        let mut outcomes = Vec::new();
        let mut sweep = tokio::time::interval(SWEEP);
        let mut stopping = false;
        let mut plugins = self.registry.changes();
        let mut woken = household.woken();
        loop {
            tokio::select! {
                ended = household.rooms.next_end() => match ended {
                    Some((_, outcome)) => outcomes.extend(outcome),
                    None => break,
                },
                Ok(()) = plugins.changed() => household.rooms.plugins_changed(|_, name| self.registry.has(name)),
                Ok(()) = woken.changed() => household.rooms.look_again(),
                _ = sweep.tick() => household.rooms.end_unclaimed().await,
                _ = stop.wait_for(|stop| *stop), if !stopping => {
                    stopping = true;
                    household.leave(Leave::Over);
                }
            }
        }
        household.rooms.end_unclaimed().await;
        let owed = household.ledger.settle(LAST_NOTICES).await;
        if owed > 0 {
            warn!(notices = owed, "notices still stand, the next start takes them back");
        }
        household.close().await;
        outcomes
    }
}
