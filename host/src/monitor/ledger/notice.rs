//! One notice: what one target is told of one session, from the wish to the last word. Pure: facts and the time go in,
//! an order comes out.
//!
//! It holds the product's promise that nobody is told twice of the same thing, and that what was told is taken back. What
//! may have been told and is not known to have been is looked for, never told again.

use std::time::Duration;

/// How long announcing, looking for an announcement, and taking one back are tried.
pub(super) const PATIENCE: Duration = Duration::from_secs(24 * 3_600);

/// The first pause after a failure; each further one is twice as long.
const FIRST: Duration = Duration::from_secs(1);

/// No pause grows beyond: so that an outage of hours is over for us soon after it is for the service.
const LONGEST: Duration = Duration::from_secs(600);

/// Pause before what may have been told is looked for: the service may not be done with it.
const SETTLES: Duration = Duration::from_secs(5);

/// Pause where only a person can help: a login, a permission, a setting.
const WALL: Duration = Duration::from_secs(1_800);

/// The time, since the Unix epoch; within a run it never goes back.
pub(super) type Moment = Duration;

/// Where a notice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nobody was told.
    Wanted,
    /// The announcement is under way, or was when the program died.
    Calling,
    /// Nobody knows whether it was told.
    Doubt,
    /// It was told; with a receipt it can be taken back.
    Told,
    /// It was told and taken back.
    Retracted,
    /// It was told without a receipt, and the session is over.
    Done,
    /// The session was over, or the target gone, before it was told.
    Cancelled,
    /// Whether it was told could not be found out.
    Unknown,
    /// What was tried for a day did not succeed.
    GaveUp,
}

const STATES: [(State, &str); 9] = [
    (State::Wanted, "wanted"),
    (State::Calling, "calling"),
    (State::Doubt, "doubt"),
    (State::Told, "told"),
    (State::Retracted, "retracted"),
    (State::Done, "done"),
    (State::Cancelled, "cancelled"),
    (State::Unknown, "unknown"),
    (State::GaveUp, "gave-up"),
];

impl State {
    /// The word that the database keeps.
    pub(super) fn word(self) -> &'static str {
        STATES.iter().find(|(state, _)| *state == self).map_or("unknown", |(_, word)| word)
    }

    /// The state of that word. One that a newer program knows is left alone, as one that nobody can do anything about.
    pub(super) fn of(word: &str) -> State {
        STATES.iter().find(|(_, known)| *known == word).map_or(State::Unknown, |(state, _)| *state)
    }
}

/// Why a call to a notifier failed, as far as it matters for the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It passes.
    Passing,
    /// The service wants to be left alone, for so long where it says so.
    Rest(Option<Duration>),
    /// Only a person can help.
    Wall,
}

impl Trouble {
    /// The pause after so many failures in a row.
    pub(super) fn pause(self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(16);
        let growing = FIRST.saturating_mul(1 << doublings).min(LONGEST);
        match self {
            Trouble::Passing => growing,
            Trouble::Rest(asked) => growing.max(asked.unwrap_or_default()),
            Trouble::Wall => WALL,
        }
    }
}

/// What a notice hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    /// Time has passed, and no call is under way.
    Woken,
    /// The announcement begins.
    Begun,
    /// It was told; with the receipt, where there is one.
    Announced(Option<String>),
    /// It was not told.
    Refused(Trouble),
    /// It may have been told.
    Doubted,
    /// An announcement was looked for: its receipt, where there is one.
    Found(Option<String>),
    /// Looking for it failed.
    NotLooked(Trouble),
    /// It was taken back.
    TakenBack,
    /// It still stands.
    Stands(Trouble),
    /// The session is over.
    Over,
    /// The target is no longer wanted.
    Dropped,
    /// The target was given anew: what failed may succeed now.
    Renewed,
}

/// What is to be done about a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Nothing until the next fact.
    Rest,
    /// Nothing until then.
    Wait(Moment),
    /// Announce: first [`Fact::Begun`], noted, then the call.
    Announce,
    /// Look for the announcement.
    Find,
    /// Take it back.
    Retract(String),
}

/// What a person has to be told of a notice, because nothing will happen any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// It may have been told; if so, it stands.
    Unknown,
    /// It was not told.
    NeverTold,
    /// It was told and stands.
    StillStands,
}

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) state: State,
    pub(super) receipt: Option<String>,
    pub(super) wanted_at: Moment,
    pub(super) doubted_at: Option<Moment>,
    pub(super) announced_at: Option<Moment>,
    pub(super) over_at: Option<Moment>,
    pub(super) retracted_at: Option<Moment>,
    /// Failures in a row of what is tried now, in this run.
    pub(super) failures: u32,
    /// When it may be tried again.
    pub(super) due: Moment,
}

impl Notice {
    /// One that is wanted from now on.
    pub(super) fn new(now: Moment) -> Notice {
        Notice {
            state: State::Wanted,
            receipt: None,
            wanted_at: now,
            doubted_at: None,
            announced_at: None,
            over_at: None,
            retracted_at: None,
            failures: 0,
            due: now,
        }
    }

    /// One that an earlier run has left, after its fields were set: a call that was under way then is in doubt.
    pub(super) fn taken_up(mut self, now: Moment) -> Notice {
        if self.state == State::Calling {
            self.doubt(now);
        }
        self.due = now;
        self
    }

    /// Takes a fact in.
    pub(super) fn hear(&mut self, fact: Fact, now: Moment) -> Option<Report> {
        let passes = matches!(fact, Fact::Woken | Fact::Refused(_) | Fact::NotLooked(_) | Fact::Stands(_));
        match (self.state, fact) {
            (_, Fact::Over) => self.over_at = self.over_at.or(Some(now)),
            (State::Wanted, Fact::Begun) => self.state = State::Calling,
            (State::Wanted, Fact::Dropped) => self.state = State::Cancelled,
            (State::Calling, Fact::Announced(receipt)) => self.told(receipt, now),
            (State::Calling | State::Wanted, Fact::Refused(trouble)) => {
                self.state = State::Wanted;
                self.failed(trouble, now);
            }
            (State::Calling, Fact::Doubted) => {
                self.doubt(now);
                self.due = now.saturating_add(SETTLES);
            }
            (State::Doubt, Fact::Found(Some(receipt))) => self.told(Some(receipt), now),
            (State::Doubt, Fact::Found(None)) => {
                self.state = State::Unknown;
                return Some(Report::Unknown);
            }
            (State::Doubt, Fact::NotLooked(trouble)) | (State::Told, Fact::Stands(trouble)) => {
                self.failed(trouble, now);
            }
            (State::Told, Fact::TakenBack) => {
                self.state = State::Retracted;
                self.retracted_at = Some(now);
            }
            (_, Fact::Renewed) => self.begin_anew(now),
            _ => {}
        }
        match (self.state, self.over_at) {
            (State::Wanted, Some(_)) => self.state = State::Cancelled,
            (State::Told, Some(_)) if self.receipt.is_none() => self.state = State::Done,
            _ => {}
        }
        // Only these come when no call is under way: its answer is to be heard, however late.
        if passes { self.give_up(now) } else { None }
    }

    /// What is to be done now. Only for a notice whose last call has been heard of.
    pub(super) fn order(&self, now: Moment) -> Order {
        let order = match (self.state, &self.receipt) {
            (State::Wanted, _) => Order::Announce,
            (State::Doubt, _) => Order::Find,
            (State::Told, Some(receipt)) if self.over_at.is_some() => Order::Retract(receipt.clone()),
            _ => return Order::Rest,
        };
        if now >= self.due {
            return order;
        }
        Order::Wait(self.deadline().map_or(self.due, |deadline| self.due.min(deadline)))
    }

    /// Whether nothing will happen to it any more.
    pub(super) fn is_settled(&self) -> bool {
        match self.state {
            State::Wanted | State::Calling | State::Doubt | State::Told => false,
            State::Retracted | State::Done | State::Cancelled | State::Unknown | State::GaveUp => true,
        }
    }

    /// Whether something is still to be done about it, as things are now.
    pub(super) fn is_owed(&self) -> bool {
        !self.is_settled() && (self.state != State::Told || self.over_at.is_some())
    }

    /// Whether a database that has the other one has this one.
    pub(super) fn is_kept_by(&self, saved: &Notice) -> bool {
        let tried = |notice: &Notice| Notice { failures: 0, due: Moment::ZERO, receipt: None, ..*notice };
        tried(self) == tried(saved) && self.receipt == saved.receipt
    }

    fn told(&mut self, receipt: Option<String>, now: Moment) {
        self.state = State::Told;
        self.receipt = receipt;
        self.announced_at = Some(now);
        self.begin_anew(now);
    }

    fn doubt(&mut self, now: Moment) {
        self.state = State::Doubt;
        self.doubted_at = Some(now);
        self.begin_anew(now);
    }

    fn begin_anew(&mut self, now: Moment) {
        (self.failures, self.due) = (0, now);
    }

    fn failed(&mut self, trouble: Trouble, now: Moment) {
        self.failures = self.failures.saturating_add(1);
        self.due = now.saturating_add(trouble.pause(self.failures));
    }

    /// When what is tried now is given up.
    fn deadline(&self) -> Option<Moment> {
        let since = match self.state {
            State::Wanted => Some(self.wanted_at),
            State::Doubt => self.doubted_at,
            State::Told => self.over_at,
            _ => None,
        };
        since.map(|since| since.saturating_add(PATIENCE))
    }

    /// What follows from the time alone.
    fn give_up(&mut self, now: Moment) -> Option<Report> {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return None;
        }
        match self.state {
            State::Wanted => {
                self.state = State::GaveUp;
                Some(Report::NeverTold)
            }
            // Whoever was switched off for days tries once all the same.
            State::Doubt if self.failures > 0 => {
                self.state = State::Unknown;
                Some(Report::Unknown)
            }
            State::Told if self.failures > 0 => {
                self.state = State::GaveUp;
                Some(Report::StillStands)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
