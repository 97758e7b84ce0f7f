//! `run`: every room of the config, day and night, as the config and people at the terminal want them now.
//!
//! Start-up and a changed config go the same way: a diff between what is wanted and what runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use tracing::{error, info, warn};

use crate::app::House;
use crate::app::household::{Household, SWEEP};
use crate::app::owner::Owner;
use crate::app::rooms::{Board, Heir, RoomId, RoomPlan};
use crate::app::targets::targets;
use crate::config::{self, RoomWish, Snapshot, Watch};
use crate::model::redact_input;
use crate::monitor::room::{Leave, Outcome};
use crate::plugin::Running;
use crate::record::Preference;

mod begin;
mod find;
mod order;
mod plugins;

pub use order::{Asked, Order};

/// The rooms of a config, watched.
pub struct Runner {
    house: House,
    household: Household,
    wanted: Vec<Wanted>,
    /// Rooms that are being left, and what is to be watched in their place when they have been.
    leaving: BTreeMap<RoomId, Leaving>,
    snapshot: Snapshot,
    files: Watch,
    plugins: watch::Receiver<u64>,
}

/// A room that is being left.
#[derive(Clone, Debug)]
struct Leaving {
    url: String,
    next: Option<Wanted>,
}

/// A room of the config, and what became of it.
#[derive(Clone, Debug)]
struct Wanted {
    wish: Arc<RoomWish>,
    /// Where it stands on the board.
    id: Option<RoomId>,
    state: State,
    /// What was told of pickers that would take it and do not, so that it is told once.
    told: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Watched,
    /// The config pauses it.
    Paused,
    /// A person has stopped it: that outlasts reloads.
    Stopped,
    /// Its picker is being compiled.
    Expected,
    /// No picker takes it, or the one that did is gone.
    NoPicker,
    /// It has come to its end.
    Ended,
    /// It is the same room as another, which is watched.
    Twin,
}

impl Runner {
    /// Opens the folders, takes up what an earlier run kept, and begins to watch the rooms.
    ///
    /// # Errors
    /// A folder that cannot be made or written to.
    pub async fn open(house: House, owner: Owner, snapshot: Snapshot) -> anyhow::Result<Runner> {
        let household = Household::open(house.clone(), owner, Heir::Run).await?;
        // What comes from here on is heard of.
        let plugins = house.registry.changes();
        household.ledger.set_targets(targets(&snapshot.config, &house.registry));
        let files = Watch::start(&snapshot, house.clock.clone());
        let wishes: Vec<Arc<RoomWish>> = snapshot.rooms.iter().map(|(wish, _)| Arc::clone(wish)).collect();
        let (wanted, leaving) = (Vec::new(), BTreeMap::new());
        let mut runner = Runner { house, household, wanted, leaving, snapshot, files, plugins };
        wishes.into_iter().for_each(|wish| runner.want(wish));
        runner.tell_count();
        Ok(runner)
    }

    /// What a door may look at.
    pub fn board(&self) -> Board {
        self.household.rooms.board()
    }

    /// Until `stop` turns true, or a person says `quit`: then files are whole, and sessions kept for the next start.
    /// `reload` reads the config again (SIGHUP).
    pub async fn run(
        mut self,
        mut stop: watch::Receiver<bool>,
        mut asked: mpsc::Receiver<Asked>,
        mut reload: mpsc::Receiver<()>,
    ) {
        let mut sweep = tokio::time::interval(SWEEP);
        let mut woken = self.household.woken();
        let mut running = Running::default();
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                Some(()) = reload.recv() => {
                    self.files.ask();
                    self.household.plugins.ask();
                }
                Ok(()) = self.plugins.changed() => self.plugins_changed(),
                Ok(()) = woken.changed() => self.household.rooms.look_again(),
                Some(Asked { order, reply }) = asked.recv() => match order {
                    Order::Quit => break,
                    order => {
                        let said = self.obey(order);
                        // Whoever asked may have gone.
                        let _: Result<(), _> = oneshot::Sender::send(reply, said);
                    }
                },
                Some((id, outcome)) = self.household.rooms.next_end() => self.ended(id, outcome),
                Some(read) = self.files.next() => self.heard(read),
                _ = sweep.tick() => {
                    self.household.rooms.end_unclaimed().await;
                    if let Ok(data) = self.house.data.kept() {
                        running.tell(&self.house.registry, data).await;
                    }
                }
            }
        }
        self.close().await;
    }

    async fn close(mut self) {
        info!("stopping: finishing the files; sessions are kept for the next start");
        self.household.leave(Leave::Keep);
        // Every room has ended when none is left.
        while self.household.rooms.next_end().await.is_some() {}
        self.files.close().await;
        self.household.close().await;
    }

    /// A config that was changed: what has become of the wishes is done about each.
    fn heard(&mut self, read: Result<Snapshot, config::ConfigError>) {
        let new = match read {
            Ok(new) => new,
            Err(broken) => {
                error!(
                    reason = broken.to_string().replace('\n', ", "),
                    "the changed config is broken, the old one stays in force"
                );
                return;
            }
        };
        let diff = config::diff(&self.snapshot, &new);
        if diff.is_empty() {
            info!("the config was read again, nothing has changed");
            self.snapshot = new;
            return;
        }
        for line in diff.to_string().lines() {
            info!(change = line, "the config was changed");
        }
        for key in &diff.needs_restart {
            warn!(key, "a restart is needed for this change");
        }
        self.snapshot = new;
        let config = Arc::clone(&self.snapshot.config);
        for name in &diff.plugins_changed {
            match self.house.registry.reconfigure(name, &config) {
                Ok(()) => info!(plugin = name, "the plugin has its new settings"),
                Err(why) => error!(plugin = name, reason = why, "the plugin keeps its old settings"),
            }
        }
        if diff.targets_changed || !diff.plugins_changed.is_empty() {
            self.household.ledger.set_targets(targets(&config, &self.house.registry));
        }
        if diff.output_changed {
            self.household.turn_to(&config);
        }
        if diff.output_changed || diff.check_changed {
            self.household.rooms.reconfigure(config);
        }
        diff.rooms_removed.iter().for_each(|wish| self.unwant(wish));
        diff.rooms_changed.into_iter().for_each(|wish| self.rewant(wish));
        diff.rooms_added.into_iter().for_each(|wish| self.want(wish));
        self.tell_count();
    }

    /// A room is wanted that was not.
    fn want(&mut self, wish: Arc<RoomWish>) {
        let mut wanted = Wanted { wish, id: None, state: State::Watched, told: None };
        match self.leaving.values_mut().find(|leaving| leaving.url == wanted.wish.url) {
            // It is being left: when it has been, it is watched anew.
            Some(leaving) => leaving.next = Some(wanted),
            None => {
                self.begin(&mut wanted);
                self.wanted.push(wanted);
            }
        }
    }

    /// A room is wanted no longer: its files are closed, its notices taken back.
    fn unwant(&mut self, wish: &RoomWish) {
        let Some(at) = self.wanted.iter().position(|wanted| wanted.wish.url == wish.url) else {
            // It is being left already, and was to begin anew.
            let leaving = self.leaving.values_mut().filter(|leaving| leaving.url == wish.url);
            return leaving.for_each(|leaving| leaving.next = None);
        };
        let wanted = self.wanted.remove(at);
        let Some(id) = wanted.id else { return };
        if wanted.state == State::Watched {
            self.household.rooms.leave(id, Leave::Over);
            self.leaving.insert(id, Leaving { url: wanted.wish.url.clone(), next: None });
        } else {
            self.household.rooms.remove(id);
        }
    }

    /// Something else is wanted of a room.
    fn rewant(&mut self, wish: Arc<RoomWish>) {
        let Some(at) = self.wanted.iter().position(|wanted| wanted.wish.url == wish.url) else {
            let mut next = self.leaving.values_mut().filter_map(|leaving| leaving.next.as_mut());
            return match next.find(|next| next.wish.url == wish.url && next.state == State::Stopped) {
                // A person's word outlasts a changed config, also while the room is being left.
                Some(stopped) => stopped.wish = wish,
                None => self.want(wish),
            };
        };
        let Some(wanted) = self.wanted.get_mut(at) else { return };
        let before = std::mem::replace(&mut wanted.wish, wish.clone());
        match (wanted.state, wish.enabled) {
            // The picker is asked with other words: the room is another one.
            (State::Watched, true) if before.options != wish.options => {
                self.unwant(&wish);
                self.want(wish);
            }
            (State::Watched, true) => {
                if let Some(id) = wanted.id {
                    self.household.rooms.change(id, plan(&wish).0);
                }
            }
            (State::Watched, false) => {
                self.unwant(&wish);
                self.want(wish);
            }
            (State::Stopped, _) => {
                if let Some(id) = wanted.id {
                    self.household.rooms.rename(id, wish.name.clone());
                }
            }
            (State::Paused | State::Expected | State::Ended | State::NoPicker | State::Twin, _) => {
                let mut wanted = self.wanted.remove(at);
                self.begin(&mut wanted);
                self.wanted.insert(at, wanted);
            }
        }
    }

    fn ended(&mut self, id: RoomId, outcome: Option<Outcome>) {
        if let Some(left) = self.leaving.remove(&id) {
            let is_stopped = left.next.as_ref().is_some_and(|next| next.state == State::Stopped);
            match left.next {
                None => self.household.rooms.remove(id),
                Some(mut next) => {
                    next.id = Some(id);
                    if is_stopped {
                        self.note(&next.wish, self.household.rooms.key(id), "stopped by a person");
                        self.household.rooms.retire(id, "stopped", "by a person");
                    } else {
                        self.begin(&mut next);
                    }
                    self.wanted.push(next);
                }
            }
            // Who stops a room means all that is written of it.
            if !is_stopped {
                self.begin_twins();
            }
            return;
        }
        if outcome.is_some_and(|outcome| self.has_lost_its_picker(id, outcome)) {
            return;
        }
        if let Some(wanted) = self.wanted.iter_mut().find(|wanted| wanted.id == Some(id)) {
            wanted.state = if outcome.is_none() { State::Twin } else { State::Ended };
            let url = redact_input(&wanted.wish.url);
            match outcome {
                // Whoever saw that it is the same room has told.
                None => {}
                Some(Outcome::GaveUp(_)) => {
                    warn!(url, "the room is given up: `start` or a changed config tries it again")
                }
                _ => info!(url, "the room is done"),
            }
        }
    }

    /// A room was left: what was written of the same room in another way may be watched now.
    fn begin_twins(&mut self) {
        let mut all = std::mem::take(&mut self.wanted);
        for twin in all.iter_mut().filter(|wanted| wanted.state == State::Twin) {
            self.begin(twin);
        }
        self.wanted = all;
    }

    fn tell_count(&self) {
        let count = |state: State| self.wanted.iter().filter(|wanted| wanted.state == state).count();
        let (rooms, waiting) = (count(State::Watched), count(State::Expected));
        let paused = self.wanted.len() - rooms - waiting;
        match waiting {
            0 => info!(rooms, paused, "watching"),
            waiting => info!(rooms, paused, waiting, "watching; some rooms wait for pickers that are being compiled"),
        }
    }
}

/// What is wanted of the room; the second value says which of its options cannot be read.
fn plan(wish: &RoomWish) -> (RoomPlan, Result<(), String>) {
    let (options, read) = match wish.pairs() {
        Ok(options) => (options, Ok(())),
        Err(error) => (Vec::new(), Err(error.to_string())),
    };
    let preference = Preference {
        qualities: wish.quality.clone(),
        least: wish.min_quality.clone(),
        codecs: wish.codec.clone(),
        transports: wish.transport.clone(),
    };
    let plan = RoomPlan {
        url: wish.url.clone(),
        name: wish.name.clone(),
        options,
        preference,
        targets: wish.notify.clone(),
        replay: wish.replay,
        ..RoomPlan::default()
    };
    (plan, read)
}
