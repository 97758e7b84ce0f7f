//! The rooms that are watched at this moment, for `run` and `record` alike: added, changed, led and left one by one.
//!
//! Each has a task of its own; one desk a picker asks for all of them. Knows no config file and no command line: who
//! asks for a room says what is wanted of it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::{self, JoinSet};

use crate::app::House;
use crate::app::space::Volumes;
use crate::config::Config;
use crate::model::{Alike, Pair, RoomKey};
use crate::monitor::desk::{Desk, Terms};
use crate::monitor::ledger::Ledger;
use crate::monitor::room::{Leave, Outcome, Rules};
use crate::monitor::watch::{Command, Footing, Reins, Wishes, reins};
use crate::plugin::{Live, Manifest, Picker};
use crate::record::{Hands, Plan, Preference};

mod board;
mod enter;
mod kept;
mod life;

use board::Peek;
pub use board::{Board, PickerView, RoomId, RoomView};
pub use kept::{Heir, Kept};
use life::Life;

/// Rooms of a start that ask the database at once: it answers one after the other, and each that waits takes memory.
const TURNS: usize = 64;

/// How long a desk may take to end: its calls under way are given up.
const DESK_END: Duration = Duration::from_secs(2);

/// What is wanted of one room.
#[derive(Clone, Debug, Default)]
pub struct RoomPlan {
    /// URL or id, as the user wrote it.
    pub url: String,
    /// The user's own name for it.
    pub name: Option<String>,
    /// Options for the picker.
    pub options: Vec<Pair>,
    /// Headers for the room's own host.
    pub headers: Vec<Pair>,
    /// Which candidates are preferred.
    pub preference: Preference,
    /// Who is told; none = everybody.
    pub targets: Option<Vec<String>>,
    /// Whether old material in a loop is recorded.
    pub replay: bool,
    /// The room is done after its first session with media.
    pub once: bool,
    /// Media time after which it is done.
    pub max_duration: Option<Duration>,
    /// Bytes after which it is done.
    pub max_size: Option<u64>,
}

impl RoomPlan {
    fn taste(&self) -> Taste {
        Taste {
            preference: self.preference.clone(),
            targets: self.targets.clone(),
            replay: self.replay,
            once: self.once,
            max_duration: self.max_duration,
            max_size: self.max_size,
        }
    }
}

/// What of a plan becomes wishes, whatever the room.
#[derive(Debug, PartialEq)]
struct Taste {
    preference: Preference,
    targets: Option<Vec<String>>,
    replay: bool,
    once: bool,
    max_duration: Option<Duration>,
    max_size: Option<u64>,
}

impl Taste {
    fn wishes(&self, last: bool, config: &Config, manifest: &Manifest) -> Wishes {
        Wishes {
            rules: Rules {
                by_media: manifest.live == Live::ByMedia,
                once: self.once,
                last,
                interval: interval(config, manifest),
                grace: config.check.grace.0,
            },
            replay: self.replay,
            preference: self.preference.clone(),
            plan: Plan {
                max_duration: self.max_duration,
                max_size: self.max_size,
                ..Plan::new(&config.output, config.http.stall.0, manifest.label())
            },
            targets: self.targets.clone(),
        }
    }
}

/// `[plugin.NAME] interval`, else the larger one of the manifest's and the config's.
fn interval(config: &Config, manifest: &Manifest) -> Duration {
    let own = config.plugin.get(&manifest.name).and_then(|own| own.interval);
    own.map_or_else(|| config.check.interval.0.max(manifest.interval), |own| own.0)
}

fn terms(config: &Config, manifest: &Manifest) -> Terms {
    Terms {
        interval: interval(config, manifest),
        jitter: config.check.jitter,
        batch: manifest.batch,
        rate: config.check.rate,
    }
}

/// What all rooms share.
struct Ground {
    house: House,
    footing: Arc<Footing>,
    kept: Kept,
    /// Rooms that may ask the database at once what it remembers of them.
    turns: Arc<Semaphore>,
    /// By key: nobody records a room twice.
    taken: Mutex<HashSet<Arc<RoomKey>>>,
}

struct Member {
    taste: Arc<Taste>,
    /// Its picker is gone, or another one's now: the room is done as soon as it is dark.
    last: bool,
    picker: Picker,
    reins: Reins,
    /// Whether it was told at any time that it loses its picker.
    was_let_go: bool,
}

impl Member {
    fn wishes(&self, config: &Config) -> Wishes {
        self.taste.wishes(self.last, config, &self.picker.manifest())
    }
}

/// All of them.
pub struct Rooms {
    ground: Arc<Ground>,
    config: Arc<Config>,
    tastes: Alike<Taste>,
    wishes: Alike<Wishes>,
    members: BTreeMap<RoomId, Member>,
    /// Rooms whose pickers are not there yet, as the user wrote them.
    expected: BTreeMap<RoomId, String>,
    next: u64,
    tasks: JoinSet<Option<Outcome>>,
    /// Whose each task is.
    living: HashMap<task::Id, RoomId>,
    board: Board,
    desk_tasks: JoinSet<()>,
}

impl Rooms {
    /// None yet.
    pub fn new(house: House, hands: Hands, ledger: Ledger, owner: Arc<str>, kept: Kept, volumes: Volumes) -> Rooms {
        let config = Arc::clone(&house.config);
        let (members, expected, board) = (BTreeMap::new(), BTreeMap::new(), Board::new(volumes, &hands));
        let footing = Arc::new(Footing { hands, ledger, store: house.store.clone(), owner });
        let ground =
            Arc::new(Ground { house, footing, kept, turns: Arc::new(Semaphore::new(TURNS)), taken: Mutex::default() });
        let (tasks, living, desk_tasks) = (JoinSet::new(), HashMap::new(), JoinSet::new());
        let (tastes, wishes) = (Alike::default(), Alike::default());
        Rooms { ground, config, tastes, wishes, members, expected, next: 0, tasks, living, board, desk_tasks }
    }

    /// What a door may look at, now and later.
    pub fn board(&self) -> Board {
        self.board.clone()
    }

    /// Watches one more.
    pub fn add(&mut self, plan: RoomPlan, picker: Picker) -> RoomId {
        let id = self.new_id();
        let desk = self.desk(&picker);
        let (taste, last) = (self.tastes.share(plan.taste()), false);
        let (reins, led) = reins(self.wishes.share(taste.wishes(last, &self.config, &picker.manifest())));
        let peek = Peek::new(&plan, Some(picker.clone()));
        peek.glance().is_idle("waiting", "");
        self.ground.kept.entering(&plan.url);
        let ground = Arc::clone(&self.ground);
        let life = Life { ground, plan, picker: picker.clone(), desk, led, peek: peek.clone() };
        self.board.put(id, peek);
        let task = self.tasks.spawn(life.live());
        self.living.insert(task.id(), id);
        self.members.insert(id, Member { taste, last, picker, reins, was_let_go: false });
        id
    }

    /// Shows one whose picker is not there yet, with the reason. The session that it may have left open waits for it.
    pub fn show_expected(&mut self, plan: &RoomPlan, reason: &str) -> RoomId {
        let id = self.show_idle(plan, "waiting", reason);
        self.ground.kept.entering(&plan.url);
        self.expected.insert(id, plan.url.clone());
        id
    }

    /// Shows one that is not watched, with a word and a reason why not.
    pub fn show_idle(&mut self, plan: &RoomPlan, word: &'static str, reason: &str) -> RoomId {
        let id = self.new_id();
        let peek = Peek::new(plan, None);
        peek.glance().is_idle(word, reason);
        self.board.put(id, peek);
        id
    }

    fn new_id(&mut self) -> RoomId {
        self.next += 1;
        RoomId::new(self.next)
    }

    /// Other wishes for a room, without disturbing what it records.
    pub fn change(&mut self, id: RoomId, plan: RoomPlan) {
        if let Some(member) = self.members.get_mut(&id) {
            member.taste = self.tastes.share(plan.taste());
            member.reins.wish(self.wishes.share(member.wishes(&self.config)));
            self.board.rename(id, plan.name);
        }
    }

    /// Another config for all of them.
    pub fn reconfigure(&mut self, config: Arc<Config>) {
        self.config = config;
        for member in self.members.values() {
            member.reins.wish(self.wishes.share(member.wishes(&self.config)));
        }
        for desk in self.board.desks() {
            desk.retune(terms(&self.config, &desk.picker().manifest()));
        }
    }

    /// Pickers have come, gone or been replaced; `keeps` says of a room, and of its picker by name, whether that one goes
    /// on to be asked. What failed is asked again at once; a room that loses its picker is done when it is dark.
    pub fn plugins_changed(&mut self, keeps: impl Fn(RoomId, &str) -> bool) {
        for (id, member) in &mut self.members {
            member.last = !keeps(*id, &member.picker.manifest().name);
            member.was_let_go |= member.last;
            // One that has as many words waiting looks at the room anyway.
            let _ = member.reins.say(Command::Replaced);
        }
        self.reconfigure(Arc::clone(&self.config));
    }

    /// Leaves a room; [`Rooms::next_end`] tells when it has been left.
    pub fn leave(&self, id: RoomId, leave: Leave) {
        if let Some(member) = self.members.get(&id) {
            member.reins.leave(leave);
        }
    }

    /// Leaves all of them.
    pub fn leave_all(&self, leave: Leave) {
        self.members.keys().for_each(|id| self.leave(*id, leave));
    }

    /// Passes a person's word on. False when the room has too many of them waiting, or is gone.
    pub fn command(&self, id: RoomId, command: Command) -> bool {
        self.members.get(&id).is_some_and(|member| member.reins.say(command))
    }

    /// Looks at all of them now, whatever they wait for.
    pub fn look_again(&self) {
        for member in self.members.values() {
            // One that has as many words waiting looks anyway.
            let _ = member.reins.say(Command::Check);
        }
    }

    /// Waits until a room has been left or is done: which one, and how it ended; none of the outcome where it was the
    /// same room as another. None when there are no rooms.
    pub async fn next_end(&mut self) -> Option<(RoomId, Option<Outcome>)> {
        let (task, outcome) = match self.tasks.join_next_with_id().await? {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(%error, "a room's task died");
                (error.id(), Some(Outcome::GaveUp(1)))
            }
        };
        // Noted when the task began.
        Some((self.living.remove(&task)?, outcome))
    }

    /// Ends what dead processes left open and no room takes up: notices are taken back.
    pub async fn end_unclaimed(&self) {
        let ids = self.ground.kept.unclaimed();
        if ids.is_empty() {
            return;
        }
        let (store, now) = (&self.ground.house.store, self.ground.house.clock.now());
        for id in &ids {
            tracing::info!(session = id, "a session that an earlier run left open is over");
            if let Err(error) = store.session_over(id, "abandoned", now).await {
                tracing::debug!(session = id, %error, "cannot note that a session is over");
            }
        }
        self.ground.footing.ledger.adopt(ids);
    }

    /// The name of the picker that is asked about a room, and whether the room was told at any time that it loses it.
    pub fn picker(&self, id: RoomId) -> Option<(String, bool)> {
        let member = self.members.get(&id)?;
        Some((member.picker.manifest().name.clone(), member.was_let_go))
    }

    /// Whether a session of the room runs.
    pub fn is_on_air(&self, id: RoomId) -> bool {
        self.board.is_on_air(id)
    }

    /// Its name, once the picker has told its id.
    pub fn key(&self, id: RoomId) -> Option<RoomKey> {
        self.board.key(id)
    }

    /// Another name of the user's own for a room that is shown.
    pub fn rename(&self, id: RoomId, name: Option<String>) {
        self.board.rename(id, name);
    }

    /// Nobody watches a room any more that has been left; it stays to be seen, with a word and a reason.
    pub fn retire(&mut self, id: RoomId, word: &'static str, reason: &str) {
        self.members.remove(&id);
        self.board.retire(id, word, reason);
    }

    /// Forgets a room that has ended, or was only shown.
    pub fn remove(&mut self, id: RoomId) {
        if let Some(url) = self.expected.remove(&id) {
            self.ground.kept.entered(&url);
        }
        self.members.remove(&id);
        self.board.remove(id);
    }

    /// Ends the desks. All rooms have been left before.
    pub async fn close(mut self) {
        self.board.close_desks();
        let ended = async { while self.desk_tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(DESK_END, ended).await.is_err() {
            tracing::warn!("a picker's desk does not end, its calls are dropped");
        }
    }

    fn desk(&mut self, picker: &Picker) -> Desk {
        let manifest = picker.manifest();
        if let Some(desk) = self.board.desk(&manifest.name) {
            return desk;
        }
        let House { clock, events, .. } = &self.ground.house;
        let terms = terms(&self.config, &manifest);
        let (desk, task) = Desk::open(picker.clone(), terms, clock.clone(), events.clone());
        self.desk_tasks.spawn(async move {
            if let Err(error) = task.await {
                tracing::error!(%error, "a picker's desk died");
            }
        });
        self.board.put_desk(&manifest.name, desk.clone());
        desk
    }
}
