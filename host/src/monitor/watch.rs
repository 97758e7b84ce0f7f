//! One room's task: carries out what the pure [`Room`] orders, and tells it what came of it.
//!
//! The only place where a plugin's answers and a recording meet. Owns the question, the reception and the recording
//! that are under way; all of them end before it returns.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, watch};

use super::desk::{Desk, Due};
use super::ledger::Ledger;
use super::room::{Fact, Kept, Leave, Order, Outcome, Room, Rules};
use crate::event::new_id;
use crate::model::{self, Candidate, RoomKey};
use crate::record::{Access, Hands, Plan, Preference, Progress, Reception, Recording, Tidings, Tried};
use crate::store::{SessionRow, Store};

mod ask;
mod glance;
mod session;
mod ties;
mod told;

pub(crate) use ask::trouble;
use ask::{Answer, InLoop};
pub use glance::{Glance, LAST_FILES, Seen};
use ties::Ties;
pub(crate) use told::Told;

/// How often a session's row is told that the session goes on: how long it was unwatched is counted from there.
const SEEN: Duration = Duration::from_secs(10);

/// All that a room's task needs.
pub struct Watch {
    /// Whom to ask.
    pub desk: Desk,
    /// The room as the picker knows it.
    pub room: model::Room,
    /// Its name in logs, events and files.
    pub key: RoomKey,
    /// What the user wants of it; may change while it is watched.
    pub wishes: watch::Receiver<Arc<Wishes>>,
    /// What to record with.
    pub hands: Hands,
    /// What media requests may carry, and where they may go.
    pub access: Access,
    /// Who announces its sessions, and takes the notices back.
    pub ledger: Ledger,
    /// Where its sessions outlive the program.
    pub store: Store,
    /// Name of the lock file that its sessions refer to.
    pub owner: Arc<str>,
    /// The session that an earlier run left open, and when its last byte was written.
    pub kept: Option<(SessionRow, SystemTime)>,
    /// Where the door looks.
    pub glance: Glance,
}

/// What the user wants of a room.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// When to look, and when a session is over.
    pub rules: Rules,
    /// Whether old material in a loop is recorded.
    pub replay: bool,
    /// Which candidates are preferred.
    pub preference: Preference,
    /// How to record; for the next recording.
    pub plan: Plan,
    /// Who is told; none = everybody.
    pub targets: Option<Vec<String>>,
}

impl Wishes {
    /// Whether these may lead to something at once that the ones before had put off.
    fn are_looked_at_now(&self, before: &Wishes) -> bool {
        let sooner = self.rules.interval < before.rules.interval || self.rules.grace < before.rules.grace;
        let is_let_go = self.rules.last && !before.rules.last;
        sooner || is_let_go || self.preference != before.preference || self.replay != before.replay
    }
}

/// What may be said to a room that is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Look now.
    Check,
    /// Begin another segment.
    Cut,
    /// Another build of the picker answers.
    Replaced,
}

/// How a room is led.
pub struct Reins {
    /// Some = leave the room. A sender that is gone means: as if the program were stopped.
    pub leave: watch::Receiver<Option<Leave>>,
    /// What a person says, or the house.
    pub commands: mpsc::Receiver<Command>,
}

type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What is under way.
struct Hand {
    watch: Watch,
    wishes: Arc<Wishes>,
    ties: Ties,
    /// A question that must be answered now.
    question: Option<Pending<Answer>>,
    /// The regular look, which the desk has time for.
    look: Option<Pending<Answer>>,
    reception: Option<Pending<(Box<Recording>, Reception)>>,
    /// In a place of its own, as most rooms are dark most of the time.
    recording: Option<Box<Recording>>,
    chosen: Option<Candidate>,
    /// Why the reception that was ordered last was not begun.
    crowded: Option<String>,
    tried: Tried,
    progress: Arc<Progress>,
    end_reception: watch::Sender<bool>,
    /// A reception that is under way sees what changes.
    tidings: watch::Sender<Tidings>,
    session: String,
    session_since: SystemTime,
    /// When the reception that is under way began.
    received_since: Duration,
    wake_at: Option<Duration>,
    /// When the session's row is told next that it goes on.
    seen_at: Duration,
    /// The last failures told, of questions and of receptions, so that the same one is told once.
    told_answer: Told,
    told_reception: Told,
    /// Whether it was told in this session that a wished quality is not offered.
    told_quality: bool,
    in_loop: InLoop,
    /// Whether it was told that the platform accepts the user's login no longer.
    told_login: bool,
    /// The build of the picker that was last named in the room's story.
    told_picker: String,
}

/// Watches and records the room until it is done or told to leave.
pub async fn watch(watch: Watch, reins: Reins) -> Outcome {
    // In a place of its own: a task moves what it is given about, and keeps room for each of the places.
    Box::new(Hand::new(watch)).run(reins).await
}

impl Hand {
    fn new(watch: Watch) -> Self {
        let wishes = Arc::clone(&watch.wishes.borrow());
        let now = watch.hands.clock.now();
        let kept = watch.kept.as_ref().map(|(row, _)| (row.id.clone(), row.started_at));
        let (session, session_since) = kept.unwrap_or_else(|| (new_id(), now));
        Hand {
            ties: Ties::new(&watch),
            wishes,
            question: None,
            look: None,
            reception: None,
            recording: None,
            chosen: None,
            crowded: None,
            tried: Tried::default(),
            progress: Arc::default(),
            end_reception: watch::Sender::new(false),
            tidings: watch::Sender::default(),
            session,
            session_since,
            received_since: Duration::ZERO,
            wake_at: None,
            seen_at: Duration::ZERO,
            told_answer: Told::default(),
            told_reception: Told::default(),
            told_quality: false,
            in_loop: InLoop::No,
            told_login: false,
            told_picker: String::new(),
            watch,
        }
    }

    async fn run(mut self: Box<Self>, mut reins: Reins) -> Outcome {
        let kept = self.watch.kept.as_ref().map(|(row, last)| Kept {
            broadcast: row.broadcast.clone(),
            // A clock that was set back since says nothing: then it has just been watched.
            unwatched: self.watch.hands.clock.now().duration_since(*last).unwrap_or_default(),
        });
        let mut room = Room::new(self.wishes.rules, kept, self.now());
        let mut orders = Vec::new();
        let mut fact = Some(Fact::Woken);
        let mut leaving = false;
        loop {
            if let Some(fact) = fact {
                room.hear(fact, self.now(), &mut orders);
            }
            for order in orders.drain(..) {
                if let Some(outcome) = self.carry_out(order).await {
                    self.watch.glance.change(|seen| seen.state = "done");
                    self.ties.finish().await;
                    return outcome;
                }
            }
            fact = self.next_fact(&mut reins, &mut leaving, room.on_air()).await;
            room.change_rules(self.wishes.rules);
        }
    }

    fn now(&self) -> Duration {
        self.watch.hands.clock.passed()
    }

    /// What comes next; none where it is nothing that the room decides about.
    async fn next_fact(&mut self, reins: &mut Reins, leaving: &mut bool, on_air: bool) -> Option<Fact> {
        if let Some(why) = self.crowded.take() {
            return Some(self.not_begun(why));
        }
        let now = self.now();
        let pause = self.wake_at.map(|at| at.saturating_sub(now));
        let until_seen = self.seen_at.saturating_sub(now);
        let progress = Arc::clone(&self.progress);
        let receiving = self.reception.is_some();
        tokio::select! {
            left = told_to_leave(&mut reins.leave), if !*leaving => {
                *leaving = true;
                // A stop that nobody receives means that the reception has just ended.
                let _ = self.end_reception.send(true);
                Some(Fact::Stop(left))
            }
            Some(command) = reins.commands.recv() => self.obey(command),
            () = changed(&mut self.watch.wishes) => {
                let wishes = Arc::clone(&self.watch.wishes.borrow_and_update());
                let before = std::mem::replace(&mut self.wishes, wishes);
                // What waits was ordered by the old wishes, and may wait for long. Of media that flows there is nothing
                // to ask where it alone shows that a room is live.
                let has_reason = !(receiving && self.wishes.rules.by_media);
                (has_reason && self.wishes.are_looked_at_now(&before)).then_some(Fact::Woken)
            }
            answer = wait_for(&mut self.question) => {
                self.question = None;
                Some(self.heard(answer))
            }
            answer = wait_for(&mut self.look) => {
                self.look = None;
                Some(self.heard(answer))
            }
            (recording, reception) = wait_for(&mut self.reception) => {
                self.reception = None;
                self.recording = Some(recording);
                Some(self.ended(reception))
            }
            () = progress.began(), if receiving && !on_air => Some(Fact::Media),
            () = tokio::time::sleep(pause.unwrap_or_default()), if pause.is_some() => {
                self.wake_at = None;
                Some(Fact::Woken)
            }
            () = tokio::time::sleep(until_seen), if on_air => {
                self.seen_at = self.now() + SEEN;
                self.ties.seen(&self.session, self.watch.hands.clock.now());
                None
            }
        }
    }

    fn obey(&mut self, command: Command) -> Option<Fact> {
        match command {
            Command::Check => Some(Fact::CheckNow),
            Command::Replaced => Some(Fact::Replaced),
            Command::Cut => {
                self.cut(lyrebird_flv::Ask::Command);
                None
            }
        }
    }

    async fn carry_out(&mut self, order: Order) -> Option<Outcome> {
        match order {
            Order::Check => {
                self.later(None);
                self.question = Some(self.check(Due::Now));
            }
            Order::AskStreams => {
                self.later(None);
                self.question = Some(self.ask_streams());
            }
            Order::Receive => self.receive(),
            Order::OpenSession(broadcast) => self.open(broadcast),
            Order::TakeUp(broadcast) => self.take_up(broadcast),
            Order::Update(broadcast) => self.update(broadcast),
            Order::EndReception => {
                // A reception that has just ended needs no word.
                let _ = self.end_reception.send(true);
            }
            Order::CloseSession(why) => self.close(why).await,
            Order::KeepSession => self.keep().await,
            Order::LookAt(at) => {
                self.later(None);
                self.look = Some(self.check(Due::At(at)));
            }
            Order::WakeAt(at) => {
                let pause = at.saturating_sub(self.now());
                self.ties.note("wait", &format!("{} s", pause.as_secs_f64().ceil()));
                self.later(Some(at));
            }
            Order::Done(outcome) => return Some(outcome),
        }
        None
    }

    /// What was ordered for later is ordered anew.
    fn later(&mut self, wake_at: Option<Duration>) {
        self.wake_at = wake_at;
        self.look = None;
    }
}

/// Waits for what is under way; for ever where nothing is.
async fn wait_for<T>(pending: &mut Option<Pending<T>>) -> T {
    match pending {
        Some(pending) => pending.await,
        None => std::future::pending().await,
    }
}

/// Waits for the word to leave. A sender that is gone is a house that is gone: nobody is left to decide that the session
/// is over.
async fn told_to_leave(leave: &mut watch::Receiver<Option<Leave>>) -> Leave {
    match leave.wait_for(Option::is_some).await {
        Ok(leave) => leave.unwrap_or(Leave::Keep),
        Err(_) => Leave::Keep,
    }
}

/// Waits for other wishes; for ever where nobody can have any.
async fn changed(wishes: &mut watch::Receiver<Arc<Wishes>>) {
    if wishes.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}
