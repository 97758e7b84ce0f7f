//! One room's task: carries out what the pure [`Room`] orders, and tells it what came of it.
//!
//! The only place where a plugin's answers and a recording meet. Owns the question, the reception and the recording
//! that are under way; all of them end before it returns.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use super::desk::{Desk, Due};
use super::ledger::Ledger;
use super::room::{Fact, Kept, Order, Outcome, Room, Rules};
use crate::model::{self, Broadcast, Candidate, Pair, RoomKey};
use crate::record::{Hands, Plan, Preference, Progress, Reception, Recording, Tidings, Tried};
use crate::store::{SessionRow, Store};

mod ask;
mod glance;
mod reins;
mod session;
mod ties;
mod told;

pub(crate) use ask::trouble;
use ask::{Answer, InLoop};
pub use glance::{Glance, LAST_FILES, Seen};
use reins::Word;
pub use reins::{Command, Led, Reins, reins};
use ties::Ties;
pub(crate) use told::Told;

/// How often a session's row is told that the session goes on: how long it was unwatched is counted from there.
const SEEN: Duration = Duration::from_secs(10);

/// All that a room's task needs.
pub struct Watch {
    /// Whom to ask.
    pub desk: Desk,
    /// The room as the picker knows it.
    pub room: Arc<model::Room>,
    /// Its name in logs, events and files.
    pub key: Arc<RoomKey>,
    /// What it stands on.
    pub footing: Arc<Footing>,
    /// Headers for the room's own host.
    pub user_headers: Vec<Pair>,
    /// The session that an earlier run left open, and when its last byte was written.
    pub kept: Option<Box<(SessionRow, SystemTime)>>,
    /// Where the door looks.
    pub glance: Glance,
}

/// What all rooms stand on.
pub struct Footing {
    /// What to record with.
    pub hands: Hands,
    /// Who announces sessions, and takes the notices back.
    pub ledger: Ledger,
    /// Where sessions outlive the program.
    pub store: Store,
    /// Name of the lock file that sessions refer to.
    pub owner: Arc<str>,
}

/// What the user wants of a room.
#[derive(Clone, Debug, PartialEq)]
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

/// Something that is under way. In a place of its own: a task keeps room for all that it may ever do at once, and a
/// dark room does next to nothing of it.
pub type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What is under way.
struct Hand {
    watch: Watch,
    wishes: Arc<Wishes>,
    ties: Ties,
    /// A question that must be answered now.
    question: Option<Pending<Answer>>,
    /// The regular look, which the desk has time for.
    look: Option<Pending<Answer>>,
    // What a dark room has none of is in a place of its own, as most rooms are dark most of the time.
    reception: Option<Box<UnderWay>>,
    recording: Option<Box<Recording>>,
    chosen: Option<Box<Candidate>>,
    /// What was heard of the broadcast last.
    broadcast: Option<Box<Broadcast>>,
    /// Why the reception that was ordered last was not begun.
    crowded: Option<Box<str>>,
    /// Ends when what the room had to wait for is there again: the machine's means, or room on a disk.
    back: Option<Pending<()>>,
    tried: Tried,
    /// Its id; none was needed yet where it is empty.
    session: Box<str>,
    session_since: SystemTime,
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
    told_picker: Box<str>,
}

/// A reception that is under way.
struct UnderWay {
    end: Pending<(Box<Recording>, Reception)>,
    since: Duration,
    progress: Arc<Progress>,
    stop: watch::Sender<bool>,
    /// It sees what changes.
    tidings: watch::Sender<Tidings>,
}

/// What comes of a reception.
enum Came {
    Media,
    End(Box<Recording>, Reception),
}

/// What a timer is set for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Alarm {
    /// What the room ordered.
    Wake,
    /// The session's row is told that the session goes on.
    Seen,
}

/// Watches and records the room until it is done or told to leave.
pub fn watch(watch: Watch, led: Led) -> Pending<Outcome> {
    Box::pin(Box::new(Hand::new(watch, &led)).run(led))
}

impl Hand {
    fn new(watch: Watch, led: &Led) -> Self {
        let now = watch.footing.hands.clock.now();
        let kept = watch.kept.as_ref().map(|kept| (kept.0.id.as_str().into(), kept.0.started_at));
        let (session, session_since) = kept.unwrap_or_else(|| (Box::default(), now));
        Hand {
            ties: Ties::new(&watch),
            wishes: led.wishes(),
            question: None,
            look: None,
            reception: None,
            recording: None,
            chosen: None,
            broadcast: None,
            crowded: None,
            back: None,
            tried: Tried::default(),
            session,
            session_since,
            wake_at: None,
            seen_at: Duration::ZERO,
            told_answer: Told::default(),
            told_reception: Told::default(),
            told_quality: false,
            in_loop: InLoop::No,
            told_login: false,
            told_picker: Box::default(),
            watch,
        }
    }

    async fn run(mut self: Box<Self>, mut led: Led) -> Outcome {
        let kept = self.watch.kept.as_deref().map(|(row, last)| Kept {
            broadcast: row.broadcast.clone(),
            // A clock that was set back since says nothing: then it has just been watched.
            unwatched: self.hands().clock.now().duration_since(*last).unwrap_or_default(),
        });
        let mut room = Room::new(self.wishes.rules, kept, self.now());
        // What follows from a fact has a place of its own, which a room that waits does without.
        let mut outcome = Box::pin(self.hear(&mut room, Some(Fact::Woken))).await;
        loop {
            if let Some(outcome) = outcome {
                return outcome;
            }
            let fact = self.next_fact(&mut led, room.on_air()).await;
            outcome = Box::pin(self.hear(&mut room, fact)).await;
        }
    }

    /// Tells the room a fact, and carries out what it orders; its outcome, once it is done.
    async fn hear(&mut self, room: &mut Room, fact: Option<Fact>) -> Option<Outcome> {
        room.change_rules(self.wishes.rules);
        let mut orders = Vec::new();
        if let Some(fact) = fact {
            room.hear(fact, self.now(), &mut orders);
        }
        for order in orders {
            if let Some(outcome) = self.carry_out(order).await {
                self.watch.glance.change(|seen| seen.state = "done");
                self.ties.finish().await;
                return Some(outcome);
            }
        }
        None
    }

    fn hands(&self) -> &Hands {
        &self.watch.footing.hands
    }

    fn now(&self) -> Duration {
        self.hands().clock.passed()
    }

    /// What comes next; none where it is nothing that the room decides about.
    async fn next_fact(&mut self, led: &mut Led, on_air: bool) -> Option<Fact> {
        if let Some(why) = self.crowded.take() {
            return Some(self.not_begun(why.into()));
        }
        let wake = self.wake_at.map(|at| (at, Alarm::Wake));
        let seen = on_air.then_some((self.seen_at, Alarm::Seen));
        let alarm = wake.into_iter().chain(seen).min();
        let pause = alarm.map(|(at, _)| at.saturating_sub(self.now()));
        tokio::select! {
            word = led.next() => self.told(word),
            answer = wait_for(&mut self.question) => {
                self.question = None;
                Some(self.heard(answer))
            }
            answer = wait_for(&mut self.look) => {
                self.look = None;
                Some(self.heard(answer))
            }
            came = comes(&mut self.reception, !on_air) => Some(match came {
                Came::Media => Fact::Media,
                Came::End(recording, reception) => {
                    self.recording = Some(recording);
                    self.ended(reception)
                }
            }),
            () = wait_for(&mut self.back) => {
                (self.back, self.wake_at) = (None, None);
                Some(Fact::Woken)
            }
            () = pass(pause) => match alarm? {
                (_, Alarm::Wake) => {
                    self.wake_at = None;
                    Some(Fact::Woken)
                }
                (_, Alarm::Seen) => {
                    self.seen_at = self.now() + SEEN;
                    self.ties.seen(&self.session, self.hands().clock.now());
                    None
                }
            }
        }
    }

    fn told(&mut self, word: Word) -> Option<Fact> {
        match word {
            Word::Leave(leave) => {
                self.end_reception();
                Some(Fact::Stop(leave))
            }
            Word::Command(command) => self.obey(command),
            Word::Wishes(wishes) => {
                let before = std::mem::replace(&mut self.wishes, wishes);
                // What waits was ordered by the old wishes, and may wait for long. Of media that flows there is nothing
                // to ask where it alone shows that a room is live.
                let has_reason = !(self.reception.is_some() && self.wishes.rules.by_media);
                (has_reason && self.wishes.are_looked_at_now(&before)).then_some(Fact::Woken)
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
            Order::EndReception => self.end_reception(),
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
        // What waits for something is asked about again at one time or the other, and not at both.
        self.back = self.back.take().filter(|_| wake_at.is_some());
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

/// Waits for what comes of a reception: its end or, where that is `awaited`, its first media. For ever where there is
/// none.
async fn comes(reception: &mut Option<Box<UnderWay>>, awaited: bool) -> Came {
    let Some(reception) = reception else { return std::future::pending().await };
    Box::pin(async {
        tokio::select! {
            (recording, reception) = &mut reception.end => Came::End(recording, reception),
            () = reception.progress.began(), if awaited => Came::Media,
        }
    })
    .await
}

/// Waits for so long; for ever where nothing is to come.
async fn pass(pause: Option<Duration>) {
    match pause {
        Some(pause) => Box::pin(tokio::time::sleep(pause)).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
