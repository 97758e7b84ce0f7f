//! One room as a pure state machine: facts and the time go in, orders come out.
//!
//! Knows no plugin, no socket, no file and no clock; the times it is handed are from a monotonic clock. The rules are
//! told in `docs/architecture.md`, "One room".

use std::time::Duration;

use super::pace;
use crate::model::{Broadcast, EndReason, Refusal};

mod by_media;
mod picker;
mod replay;
mod same;
mod unknown;
mod words;

use same::another;
pub use words::{Fact, Kept, Leave, NO_PLUGIN, Offer, Order, Outcome, Rules, Trouble, Verdict};

/// A reception that lasted so long shows that the way works: the next try is made at once. A sender that breaks off
/// again and again is then asked every two seconds at most, and loses no more than its own breaks.
const WORKS: Duration = Duration::from_secs(2);
/// What is offered but not wished for is asked for again after this long.
const NOTHING_USABLE: Duration = Duration::from_secs(90);

/// The end of a room whose last media could not be written; 74 is the exit code of the disk.
const DISK: Outcome = Outcome::GaveUp(74);

#[derive(Debug)]
struct Session {
    broadcast: Broadcast,
    media: bool,
    /// Definite darkness so far: how much, and since when without an "I don't know" between.
    dark: Option<(Duration, Option<Duration>)>,
    /// Since when checks were answered by a wall alone, and no media came.
    walled: Option<Duration>,
    /// By media alone: when media last came.
    last_media: Duration,
    /// By media alone: the server closed without a fault.
    ended_clean: bool,
    /// Left open by an earlier run, and nothing has been heard of the room since: how long nobody watched it, and since
    /// when we do.
    kept: Option<(Duration, Duration)>,
}

impl Session {
    /// One of which nothing has come yet.
    fn new(broadcast: Broadcast, now: Duration) -> Session {
        let (dark, walled, kept) = (None, None, None);
        Session { broadcast, media: false, dark, walled, last_media: now, ended_clean: false, kept }
    }

    /// It is dark now: how long it has been so by what was heard.
    fn darken(&mut self, now: Duration) -> Duration {
        let (mut total, since) = self.dark.unwrap_or_default();
        total += since.map_or(Duration::ZERO, |since| now.saturating_sub(since));
        self.dark = Some((total, Some(now)));
        total
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Check,
    Streams,
}

/// The machine.
#[derive(Debug)]
pub struct Room {
    rules: Rules,
    // In places of their own, as most rooms are dark most of the time.
    session: Option<Box<Session>>,
    /// What a check last said of the broadcast, for a session that begins with its media.
    guess: Option<Box<Broadcast>>,
    receiving: bool,
    asking: bool,
    next: Next,
    failures: u32,
    /// Until then streams are not asked for: only a person can mend what they are behind.
    walled_until: Duration,
    stopping: Option<Leave>,
    /// What came last could not be written.
    disk_full: bool,
    done: bool,
}

impl Room {
    /// A room of which nothing is known but, perhaps, the session that an earlier run left open.
    pub fn new(rules: Rules, kept: Option<Kept>, now: Duration) -> Self {
        let session = kept.map(|Kept { broadcast, unwatched }| Session {
            media: true,
            kept: Some((unwatched, now)),
            ..Session::new(broadcast, now)
        });
        Room {
            rules,
            session: session.map(Box::new),
            guess: None,
            receiving: false,
            asking: false,
            next: Next::Check,
            failures: 0,
            walled_until: Duration::ZERO,
            stopping: None,
            disk_full: false,
            done: false,
        }
    }

    /// Whether a session is open; not yet where it was left open by an earlier run and nothing was heard since.
    pub fn on_air(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.kept.is_none())
    }

    /// Other rules, from the next fact on.
    pub fn change_rules(&mut self, rules: Rules) {
        self.rules = rules;
    }

    /// Takes a fact in and puts orders out, in the order they are to be carried out.
    pub fn hear(&mut self, fact: Fact, now: Duration, orders: &mut Vec<Order>) {
        if self.done {
            return;
        }
        match fact {
            Fact::Woken if self.is_let_go() => self.let_go(orders),
            Fact::Woken => self.woken(orders),
            Fact::Replaced => self.replaced(now, orders),
            Fact::Checked(verdict) => {
                self.asking = false;
                if self.stopping.is_none() {
                    self.checked(verdict, now, orders);
                }
            }
            Fact::Offered(offer) => {
                self.asking = false;
                if self.stopping.is_none() {
                    self.offered(offer, now, orders);
                }
            }
            Fact::Media => self.media(now, orders),
            Fact::Ended { reason, lasted } => {
                self.receiving = false;
                if lasted.is_some() {
                    self.media(now, orders);
                }
                self.ended(reason, lasted, now, orders);
            }
            Fact::CheckNow => {
                self.walled_until = Duration::ZERO;
                // Streams that are asked for next tell the same and more.
                let next = if self.receiving { Next::Check } else { self.next };
                self.ask(next, orders);
            }
            Fact::Stop(leave) => {
                self.stopping = Some(leave);
                if !self.receiving {
                    self.stopped(leave, orders);
                }
            }
        }
    }

    fn woken(&mut self, orders: &mut Vec<Order>) {
        if self.asking || self.stopping.is_some() {
            return;
        }
        self.asking = true;
        orders.push(match self.next {
            Next::Streams if !self.receiving => Order::AskStreams,
            _ => Order::Check,
        });
    }

    fn ask(&mut self, next: Next, orders: &mut Vec<Order>) {
        self.next = next;
        self.woken(orders);
    }

    fn wait(&mut self, next: Next, pause: Duration, now: Duration, orders: &mut Vec<Order>) {
        self.next = next;
        orders.push(Order::WakeAt(now + pause));
    }

    /// The regular look, in one call with other rooms.
    fn look_again(&mut self, now: Duration, orders: &mut Vec<Order>) {
        self.next = Next::Check;
        orders.push(Order::LookAt(now + self.rules.interval));
    }

    fn checked(&mut self, verdict: Verdict, now: Duration, orders: &mut Vec<Order>) {
        if let (Some(session), false) = (&mut self.session, matches!(verdict, Verdict::Trouble(_))) {
            session.walled = None;
        }
        match verdict {
            Verdict::Live(broadcast) => self.live(broadcast, now, orders),
            Verdict::Replay(broadcast) => self.replay(broadcast, now, orders),
            Verdict::Dark => self.dark(None, now, orders),
            Verdict::Upcoming(starts_in) => self.dark(starts_in, now, orders),
            Verdict::Trouble(trouble) => self.unchecked(trouble, now, orders),
        }
    }

    fn live(&mut self, broadcast: Broadcast, now: Duration, orders: &mut Vec<Order>) {
        if self.receiving {
            return self.look_on(broadcast, now, orders);
        }
        self.recognise(broadcast, now, orders);
        if self.done {
            return;
        }
        match &mut self.session {
            Some(session) => session.dark = None,
            None if self.rules.by_media => {}
            None => self.open(now, orders),
        }
        self.ask_streams(now, orders);
    }

    /// Watched on for its title, and for a new broadcast that the same connection goes on with.
    fn look_on(&mut self, broadcast: Broadcast, now: Duration, orders: &mut Vec<Order>) {
        match &mut self.session {
            Some(session) if another(&session.broadcast, &broadcast) => orders.push(Order::EndReception),
            Some(session) if session.broadcast != broadcast => {
                session.broadcast = broadcast.clone();
                orders.push(Order::Update(broadcast));
            }
            Some(_) => {}
            None if self.rules.by_media => return,
            None => self.guess = Some(Box::new(broadcast)),
        }
        self.look_again(now, orders);
    }

    /// The session of another broadcast is over, and one that an earlier run left open goes on.
    fn recognise(&mut self, broadcast: Broadcast, now: Duration, orders: &mut Vec<Order>) {
        if self.session.as_ref().is_some_and(|session| self.is_another(session, &broadcast, now)) {
            self.close("another broadcast", orders);
        }
        if let Some(session) = &mut self.session
            && session.kept.take().is_some()
        {
            session.broadcast = broadcast.clone();
            orders.push(Order::TakeUp(broadcast.clone()));
        }
        self.guess = Some(Box::new(broadcast));
    }

    fn ask_streams(&mut self, now: Duration, orders: &mut Vec<Order>) {
        match now < self.walled_until {
            true => self.look_again(now, orders),
            false => self.ask(Next::Streams, orders),
        }
    }

    fn open(&mut self, now: Duration, orders: &mut Vec<Order>) {
        // Pauses that grew while the room was dark say nothing about its streams.
        (self.failures, self.walled_until) = (0, Duration::ZERO);
        let broadcast = self.guess.as_deref().cloned().unwrap_or_default();
        orders.push(Order::OpenSession(broadcast.clone()));
        self.session = Some(Box::new(Session::new(broadcast, now)));
    }

    /// A definite dark verdict: the only thing that lets the grace run.
    fn dark(&mut self, starts_in: Option<Duration>, now: Duration, orders: &mut Vec<Order>) {
        if self.receiving {
            // Media that flows is a better witness than a page that says "offline".
            return self.look_again(now, orders);
        }
        self.failures = 0;
        let mut pause = self.rules.interval;
        if self.session.as_ref().is_some_and(|session| session.kept.is_some()) {
            self.close("offline", orders);
            if self.done {
                return;
            }
        }
        if let Some(session) = &mut self.session {
            let total = session.darken(now);
            if total >= self.rules.grace {
                self.close("offline", orders);
                if self.done {
                    return;
                }
            } else {
                pause = pause.min(self.rules.grace - total);
            }
        } else if let Some(starts_in) = starts_in {
            pause = pace::before_start(starts_in, pause);
        }
        match pause == self.rules.interval {
            true => self.look_again(now, orders),
            false => self.wait(Next::Check, pause, now, orders),
        }
    }

    fn offered(&mut self, offer: Offer, now: Duration, orders: &mut Vec<Order>) {
        match offer {
            Offer::Way | Offer::LastWay => {
                self.receiving = true;
                orders.push(Order::Receive);
                if !self.rules.by_media {
                    self.look_again(now, orders);
                }
            }
            Offer::Nothing | Offer::NothingUsable if self.is_bare_replay() => self.look_again(now, orders),
            Offer::Nothing => {
                self.failures = self.failures.saturating_add(1);
                if let Some(session) = &mut self.session {
                    session.dark.get_or_insert((Duration::ZERO, Some(now)));
                }
                self.wait(Next::Check, pace::growing(self.failures), now, orders);
            }
            Offer::NothingUsable => self.wait(Next::Streams, NOTHING_USABLE, now, orders),
            Offer::Trouble(trouble) => self.trouble(self.for_media(), trouble, now, orders),
        }
    }

    fn media(&mut self, now: Duration, orders: &mut Vec<Order>) {
        if self.session.is_none() {
            self.open(now, orders);
        }
        if let Some(session) = &mut self.session {
            session.media = true;
            (session.dark, session.walled) = (None, None);
            session.last_media = now;
            session.ended_clean = false;
        }
    }

    fn ended(&mut self, reason: EndReason, lasted: Option<Duration>, now: Duration, orders: &mut Vec<Order>) {
        self.disk_full = matches!(reason, EndReason::DiskFull(_)) || self.disk_full && lasted.is_none();
        if let Some(leave) = self.stopping {
            return self.stopped(leave, orders);
        }
        self.failures = if lasted.is_some_and(|lasted| lasted >= WORKS) { 0 } else { self.failures };
        self.failures = self.failures.saturating_add(1);
        match reason {
            EndReason::Limit => self.leave("limit", Outcome::Recorded, orders),
            // Without media it is the file that the session has already, served once more.
            EndReason::Finished if self.rules.by_media && (lasted.is_some() || self.session.is_some()) => {
                self.leave("finished", Outcome::Recorded, orders);
            }
            EndReason::DiskFull(_) => {
                self.wait(self.for_media(), pace::on_full_disk(self.failures), now, orders);
            }
            EndReason::Crowded(_) => {
                self.wait(self.for_media(), pace::in_crowd(self.failures), now, orders);
            }
            EndReason::Refused(Refusal::Unsupported(_)) if self.rules.by_media => {
                self.leave("unsupported", Outcome::GaveUp(1), orders);
            }
            reason if self.rules.by_media => self.ended_by_media(&reason, now, orders),
            // `Stopped` without a stop is the answer to `Order::EndReception`.
            EndReason::Looping | EndReason::Stopped => self.ask_after_pause(Next::Check, now, orders),
            EndReason::Refused(Refusal::Status(429, after)) => {
                let asked = after.map(|seconds| Duration::from_secs(seconds.into()));
                self.wait(self.for_media(), pace::backing_off(self.failures, asked), now, orders);
            }
            _ => self.ask_after_pause(self.for_media(), now, orders),
        }
    }

    fn ask_after_pause(&mut self, next: Next, now: Duration, orders: &mut Vec<Order>) {
        match pace::growing(self.failures) {
            Duration::ZERO => self.ask(next, orders),
            pause => self.wait(next, pause, now, orders),
        }
    }

    fn close(&mut self, why: &'static str, orders: &mut Vec<Order>) {
        let Some(session) = self.session.take() else { return };
        orders.push(Order::CloseSession(why));
        self.failures = 0;
        if (session.media && self.rules.once) || self.rules.last {
            self.done = true;
            orders.push(Order::Done(if self.disk_full { DISK } else { Outcome::Recorded }));
        }
    }

    fn stopped(&mut self, leave: Leave, orders: &mut Vec<Order>) {
        if leave == Leave::Keep && self.session.take().is_some() {
            orders.push(Order::KeepSession);
        }
        self.leave("stopped", if self.disk_full { DISK } else { Outcome::Stopped }, orders);
    }

    fn leave(&mut self, why: &'static str, outcome: Outcome, orders: &mut Vec<Order>) {
        if self.session.take().is_some() {
            orders.push(Order::CloseSession(why));
        }
        self.done = true;
        orders.push(Order::Done(outcome));
    }
}

#[cfg(test)]
mod tests;
