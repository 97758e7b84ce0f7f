//! One room's task: carries out what the pure [`Room`] orders, and tells it what came of it.
//!
//! The only place where a plugin's answers and a recording meet. Owns the question, the reception and the recording
//! that are under way; all of them end before it returns.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::desk::{Desk, Due};
use super::room::{Fact, Order, Outcome, Room, Rules};
use crate::event::new_id;
use crate::model::{self, Broadcast, Candidate, RoomKey};
use crate::record::{Access, Hands, Plan, Preference, Progress, Reception, Recording, Tried};

mod ask;
mod session;

use ask::Answer;
pub(crate) use ask::trouble;

/// All that a room's task needs.
pub struct Watch {
    /// Who asks the picker for it.
    pub desk: Desk,
    /// The room as the picker knows it.
    pub room: model::Room,
    /// Its name in logs, events and files.
    pub key: RoomKey,
    /// What does not change.
    pub rules: Rules,
    /// Which candidates the user prefers.
    pub preference: Preference,
    /// How to record.
    pub plan: Plan,
    /// What to record with.
    pub hands: Hands,
    /// What media requests may carry, and where they may go.
    pub access: Access,
    /// Where the door looks.
    pub glance: Glance,
}

/// How many files the door may list; a recorder that runs for months must not remember them all.
pub const LAST_FILES: usize = 1_000;

/// What the door sees of a room. Cheap to clone; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Glance(Arc<Mutex<Seen>>);

/// The state behind a [`Glance`].
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// One word: waiting, live, recording, closing, done.
    pub state: &'static str,
    /// The streamer, once known.
    pub streamer: String,
    /// The title, once known.
    pub title: String,
    /// The reception's progress, while and after there was one.
    pub progress: Option<Arc<Progress>>,
    /// How many files are whole.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The last of them, at most [`LAST_FILES`].
    pub last_files: Vec<PathBuf>,
}

impl Glance {
    /// A copy of what is to be seen.
    pub fn look(&self) -> Seen {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What is under way.
struct Hand {
    watch: Watch,
    question: Option<Pending<Answer>>,
    /// The next check, put on the desk before the room orders it so that the desk can gather; and when it is due.
    ahead: Option<(Duration, Pending<Answer>)>,
    /// Its answer, for the order that is about to come.
    answered: Option<Answer>,
    reception: Option<Pending<(Recording, Reception)>>,
    recording: Option<Recording>,
    chosen: Option<Candidate>,
    tried: Tried,
    progress: Arc<Progress>,
    end_reception: watch::Sender<bool>,
    /// A reception that is under way sees what changes.
    broadcast: watch::Sender<Broadcast>,
    session: String,
    /// When the reception that is under way began.
    received_since: Duration,
    wake_at: Option<Duration>,
    /// When the room last heard a fact: its orders count from there.
    heard_at: Duration,
    /// The last failures told, of questions and of receptions, so that the same one is told once.
    told_answer: Option<String>,
    told_reception: Option<String>,
    /// Whether it was told in this session that a wished quality is not offered.
    told_quality: bool,
}

/// Watches and records the room until it is done or `stop` turns true.
pub async fn watch(watch: Watch, stop: watch::Receiver<bool>) -> Outcome {
    Hand::new(watch).run(stop).await
}

impl Hand {
    fn new(watch: Watch) -> Self {
        Hand {
            watch,
            question: None,
            ahead: None,
            answered: None,
            reception: None,
            recording: None,
            chosen: None,
            tried: Tried::default(),
            progress: Arc::default(),
            end_reception: watch::Sender::new(false),
            broadcast: watch::Sender::default(),
            session: new_id(),
            received_since: Duration::ZERO,
            wake_at: None,
            heard_at: Duration::ZERO,
            told_answer: None,
            told_reception: None,
            told_quality: false,
        }
    }

    async fn run(mut self, mut stop: watch::Receiver<bool>) -> Outcome {
        let mut room = Room::new(self.watch.rules);
        let mut orders = Vec::new();
        let mut fact = Fact::Woken;
        let mut stopping = false;
        loop {
            self.heard_at = self.now();
            room.hear(fact, self.heard_at, &mut orders);
            for order in orders.drain(..) {
                if let Some(outcome) = self.carry_out(order, room.will_check()).await {
                    self.watch.glance.change(|seen| seen.state = "done");
                    return outcome;
                }
            }
            self.answered = None;
            fact = self.next_fact(&mut stop, &mut stopping, room.on_air()).await;
        }
    }

    fn now(&self) -> Duration {
        self.watch.hands.clock.passed()
    }

    async fn next_fact(&mut self, stop: &mut watch::Receiver<bool>, stopping: &mut bool, on_air: bool) -> Fact {
        let pause = self.wake_at.map(|at| at.saturating_sub(self.now()));
        let progress = Arc::clone(&self.progress);
        let receiving = self.reception.is_some();
        tokio::select! {
            // A sender that is gone is a house that is gone: the same as a stop.
            _ = stop.wait_for(|stop| *stop), if !*stopping => {
                *stopping = true;
                // A stop that nobody receives means that the reception has just ended.
                let _ = self.end_reception.send(true);
                Fact::Stop
            }
            answer = wait_for(&mut self.question) => {
                self.question = None;
                self.heard(answer)
            }
            answer = ahead(&mut self.ahead) => {
                self.ahead = None;
                self.answered = Some(answer);
                Fact::Woken
            }
            (recording, reception) = wait_for(&mut self.reception) => {
                self.reception = None;
                self.recording = Some(recording);
                self.ended(reception)
            }
            () = progress.began(), if receiving && !on_air => Fact::Media,
            () = tokio::time::sleep(pause.unwrap_or_default()), if pause.is_some() => {
                self.wake_at = None;
                Fact::Woken
            }
        }
    }

    async fn carry_out(&mut self, order: Order, will_check: bool) -> Option<Outcome> {
        match order {
            Order::Check => self.check(),
            Order::AskStreams => self.ask_streams(),
            Order::Receive => self.receive(),
            Order::OpenSession(broadcast) => self.open(broadcast),
            Order::Update(broadcast) => self.know(broadcast),
            Order::EndReception => {
                // A reception that has just ended needs no word.
                let _ = self.end_reception.send(true);
            }
            Order::CloseSession(why) => self.close(why).await,
            Order::WakeAt(at) => self.wake_at(at, will_check),
            Order::Done(outcome) => return Some(outcome),
        }
        None
    }

    /// A check at the regular time, and any while media comes, is put on the desk at once. Another is to be as soon as
    /// the room says.
    fn wake_at(&mut self, at: Duration, will_check: bool) {
        self.ahead = None;
        self.wake_at = Some(at);
        let is_regular = at.saturating_sub(self.heard_at) == self.watch.rules.interval;
        if will_check && self.question.is_none() && (is_regular || self.reception.is_some()) {
            self.wake_at = None;
            self.ahead = Some((at, self.ask_check(Due::At(at))));
        }
    }

    /// Another question comes first: the check that was put on the desk is withdrawn, its time stays.
    fn withdraw(&mut self) {
        if let Some((at, _)) = self.ahead.take() {
            self.wake_at = Some(at);
        }
    }
}

/// Waits for what is under way; for ever where nothing is.
async fn wait_for<T>(pending: &mut Option<Pending<T>>) -> T {
    match pending {
        Some(pending) => pending.await,
        None => std::future::pending().await,
    }
}

/// Waits for the check that was put on the desk ahead; for ever where none was.
async fn ahead(pending: &mut Option<(Duration, Pending<Answer>)>) -> Answer {
    match pending {
        Some((_, pending)) => pending.await,
        None => std::future::pending().await,
    }
}
