//! What a desk asks next, and when: pure. Questions, answers and the time go in, calls come out.
//!
//! Knows questions by their tickets and rooms by their ids alone. The rules are told in `docs/architecture.md`,
//! "One desk".

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::{Due, Terms};

mod budget;
mod choice;
mod rest;

use budget::Budget;
pub(super) use budget::Purse;
use rest::{Rest, Rests};

/// Names one question.
pub(super) type Ticket = u64;

/// Calls under way at once: the picker bears twice as many, so that somebody else may still ask it.
const CALLS: usize = 4;
/// Of these, calls that are not for streams: one is always left for a room that is live.
const OTHERS: usize = 3;
/// How long a first check waits for others to come along: rooms of one file are taken up within this.
const GATHER: Duration = Duration::from_millis(100);
/// Rooms whose answer fails alone, remembered so that the others need not be asked in halves again. More than that are
/// no exception but a broken picker.
const MOST_APART: usize = 1_000;
/// Unreadable answers about so many rooms, none readable between, are the plugin's fault.
const UNREADABLE: usize = 3;
/// Calls about several rooms, no answer of which was readable, after which it is no single room's fault: one bad room
/// among many fails two in a row, two bad ones three.
const MOST_UNREAD: u32 = 4;
/// How much of each new value goes into the measured lateness: it follows within some ten calls.
const FOLLOWS: f64 = 0.1;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// A room's id.
    Resolve,
    /// Ways to receive.
    Streams,
    /// Is it live?
    Check(Due),
}

/// What a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Resolve,
    Streams,
    Check,
}

/// A call that is to be made now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) kind: Kind,
    /// Tickets and rooms, in the order in which they are asked; more than one in a check alone.
    pub(super) rooms: Vec<(Ticket, String)>,
    started: Duration,
    /// A part of a call that failed, and when it did.
    part_of: Option<Duration>,
}

impl Call {
    pub(super) fn purse(&self) -> Purse {
        if self.kind == Kind::Streams { Purse::Streams } else { Purse::Common }
    }
}

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Make it, and tell [`Plan::ended`].
    Call(Call),
    /// Tell the asker that the platform rests, and for how long.
    Refuse(Ticket, Duration),
    /// Nothing before this time; none = nothing before somebody asks or answers.
    Wait(Option<Duration>),
}

/// One room's answer, boiled down to what matters for the next calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The platform's word, understood.
    Good,
    /// The platform wants rest.
    Limited(Option<Duration>, String),
    /// The platform's word, not understood.
    Unreadable,
    /// Nothing of the platform.
    Lost,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// An answer about each room, in their order.
    Answers(Vec<Heard>),
    /// The call took too long.
    Late,
    /// The guest failed: a trap, a limit, a wrong number of answers.
    Fault,
    /// The host could not make it.
    NotMade,
}

/// What people are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// The platform rests for so long, and why.
    Rests(Duration, String),
    /// It answers again.
    AnswersAgain,
    /// The picker does not understand its platform any more.
    NeedsUpdate,
}

/// What follows from the end of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct After {
    /// Whether the askers are answered; else their questions are asked again in parts.
    pub(super) answer: bool,
    pub(super) news: Vec<News>,
}

#[derive(Debug)]
struct Waiting {
    ask: Ask,
    room: String,
    since: Duration,
}

/// Half of a call that failed.
#[derive(Debug)]
struct Part {
    rooms: Vec<(Ticket, String)>,
    failed: Duration,
}

/// The machine.
#[derive(Debug)]
pub(super) struct Plan {
    terms: Terms,
    waiting: BTreeMap<Ticket, Waiting>,
    parts: VecDeque<Part>,
    budget: Budget,
    rests: Rests,
    /// Calls under way: for streams, others.
    streams: usize,
    others: usize,
    calls: u64,
    /// By how much of the interval the next regular call is moved, -1 to 1.
    swing: f64,
    /// Rooms that are asked alone.
    apart: BTreeSet<String>,
    /// Rooms whose answers were not understood since the last that was.
    unreadable: BTreeSet<String>,
    /// Calls about several rooms since the last readable answer, of which nothing was understood.
    unread: u32,
    /// When a call last gave a good answer.
    good: Option<Duration>,
    late_s: f64,
}

impl Plan {
    /// Nothing is asked yet; `shown` is what the picker's counter of requests shows.
    pub(super) fn new(terms: Terms, now: Duration, shown: u64) -> Plan {
        Plan {
            budget: Budget::new(terms.rate, now, shown),
            terms,
            waiting: BTreeMap::new(),
            parts: VecDeque::new(),
            rests: Rests::default(),
            streams: 0,
            others: 0,
            calls: 0,
            swing: 0.0,
            apart: BTreeSet::new(),
            unreadable: BTreeSet::new(),
            unread: 0,
            good: None,
            late_s: 0.0,
        }
    }

    /// Other terms from now on.
    pub(super) fn retune(&mut self, terms: Terms, now: Duration) {
        self.budget.retune(terms.rate, now);
        self.terms = terms;
    }

    /// A new question.
    pub(super) fn ask(&mut self, ticket: Ticket, ask: Ask, room: String, now: Duration) {
        self.waiting.insert(ticket, Waiting { ask, room, since: now });
    }

    /// Nobody wants to know any more. False where a call about it is under way: that goes on.
    pub(super) fn withdraw(&mut self, ticket: Ticket) -> bool {
        if self.waiting.remove(&ticket).is_some() {
            return true;
        }
        let before = self.waiting();
        for part in &mut self.parts {
            part.rooms.retain(|(other, _)| *other != ticket);
        }
        self.parts.retain(|part| !part.rooms.is_empty());
        self.waiting() < before
    }

    /// How many questions wait for a call.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len() + self.parts.iter().map(|part| part.rooms.len()).sum::<usize>()
    }

    /// The time between two regular checks of a room as it really is.
    pub(super) fn interval(&self) -> Duration {
        let late = Duration::try_from_secs_f64(self.late_s).unwrap_or_default();
        // A little lateness is how timers and calls are; it would only make the table flicker.
        let counts = late > self.terms.interval / 20;
        self.terms.interval + if counts { late } else { Duration::ZERO }
    }

    /// The rest that is kept now.
    pub(super) fn rest(&self) -> Option<&Rest> {
        self.rests.last()
    }

    /// Calls made so far.
    pub(super) fn calls(&self) -> u64 {
        self.calls
    }

    /// Requests that these calls made, as far as they have ended.
    pub(super) fn requests(&self) -> u64 {
        self.budget.made()
    }

    /// A call has ended; `shown` is what the picker's counter of requests shows now.
    pub(super) fn ended(&mut self, call: Call, came: Came, shown: u64, now: Duration) -> After {
        match call.kind {
            Kind::Streams => self.streams = self.streams.saturating_sub(1),
            Kind::Resolve | Kind::Check => self.others = self.others.saturating_sub(1),
        }
        let under_way = u64::try_from(self.streams + self.others).unwrap_or(u64::MAX);
        self.budget.settle(call.purse(), shown, under_way);
        match came {
            Came::Answers(heard) if self.is_spoiled(&call, &heard) => {
                self.halve(call.rooms, now);
                After { answer: false, news: Vec::new() }
            }
            Came::Answers(heard) => After { answer: true, news: self.heard(&call, &heard, now) },
            Came::NotMade => After { answer: true, news: Vec::new() },
            Came::Late | Came::Fault => {
                // Where nothing answers any more it is no single room's fault, and halves would only wait as long.
                let all_late = came == Came::Late
                    && call.part_of.is_some_and(|failed| self.good.is_none_or(|good| good <= failed));
                let answer = call.rooms.len() <= 1 || all_late;
                if !answer {
                    self.halve(call.rooms, now);
                } else if let ([(_, room)], Kind::Check) = (call.rooms.as_slice(), call.kind)
                    && self.apart.len() < MOST_APART
                {
                    self.apart.insert(room.clone());
                }
                After { answer, news: Vec::new() }
            }
        }
    }

    /// Whether one room may have spoiled the answer about all: then they are asked again in parts.
    fn is_spoiled(&mut self, call: &Call, heard: &[Heard]) -> bool {
        let is_unread = call.rooms.len() > 1 && heard.iter().all(|heard| *heard == Heard::Unreadable);
        self.unread = self.unread.saturating_add(u32::from(is_unread));
        is_unread && self.unread < MOST_UNREAD
    }

    fn halve(&mut self, mut rooms: Vec<(Ticket, String)>, now: Duration) {
        let second = rooms.split_off(rooms.len() / 2);
        self.parts.push_back(Part { rooms, failed: now });
        self.parts.push_back(Part { rooms: second, failed: now });
    }

    fn heard(&mut self, call: &Call, heard: &[Heard], now: Duration) -> Vec<News> {
        let mut news = Vec::new();
        let mut spoils_others = false;
        for (_, room) in &call.rooms {
            spoils_others |= self.apart.remove(room);
        }
        if let ([(_, room)], [Heard::Unreadable]) = (call.rooms.as_slice(), heard)
            && (spoils_others || call.part_of.is_some())
            && self.unread < MOST_UNREAD
            && self.apart.len() < MOST_APART
        {
            self.apart.insert(room.clone());
        }
        let mut complaints = heard.iter().filter_map(|heard| match heard {
            Heard::Limited(asked, why) => Some((*asked, why)),
            _ => None,
        });
        let is_good = heard.contains(&Heard::Good);
        if is_good {
            self.good = Some(now);
            self.unread = 0;
            self.unreadable.clear();
        }
        if let Some((asked, why)) = complaints.next() {
            let longest = complaints.fold(asked, |longest, (asked, _)| longest.max(asked));
            if let Some(pause) = self.rests.complaint(call.started, now, self.terms.interval, longest, why) {
                news.push(News::Rests(pause, why.clone()));
            }
        } else if (is_good || heard.contains(&Heard::Unreadable)) && self.rests.answered(call.started, now) {
            news.push(News::AnswersAgain);
        }
        if !is_good && self.unreadable.len() < UNREADABLE {
            let rooms = call.rooms.iter().zip(heard).filter(|(_, heard)| **heard == Heard::Unreadable);
            self.unreadable.extend(rooms.map(|((_, room), _)| room.clone()).take(UNREADABLE));
            if self.unreadable.len() >= UNREADABLE {
                news.push(News::NeedsUpdate);
            }
        }
        news
    }
}

#[cfg(test)]
mod tests;
