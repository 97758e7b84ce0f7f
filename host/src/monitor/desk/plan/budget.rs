//! What may be asked of a platform, counted in HTTP requests: pure arithmetic, times in, yes or no out.
//!
//! A call costs one request before it is made; what it made beyond that is charged when it has ended, and what it did
//! not use is given back. There are two accounts of the same rate. All requests are charged to the common one, those for
//! streams to one of their own, too, and a question for streams may be asked when *either* allows it. So checks that
//! have overdrawn the common account (a batch that needed thirty requests) pay for it by waiting themselves, and a room
//! that has just gone live is asked about at once. In the long run the rate holds in any case.

use std::time::Duration;

use crate::config::Rate;

/// Less than this is rounding.
const DUST: f64 = 1e-6;

/// For what a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Purse {
    /// Streams of a live room.
    Streams,
    /// Everything else.
    Common,
}

/// The accounts.
#[derive(Debug)]
pub(super) struct Budget {
    per_second: f64,
    common: f64,
    streams: f64,
    /// When the accounts were last filled up.
    filled: Duration,
    /// Requests taken for calls, or charged for after them, that were not given back.
    paid: u64,
    /// Requests made.
    made: u64,
    /// What the picker's counter showed last.
    shown: u64,
}

impl Budget {
    /// Full accounts; `shown` is what the picker's counter of requests shows now.
    pub(super) fn new(rate: Rate, now: Duration, shown: u64) -> Budget {
        let per_second = per_second(rate);
        let full = per_second.max(1.0);
        Budget { per_second, common: full, streams: full, filled: now, paid: 0, made: 0, shown }
    }

    /// Another rate from now on. What is owed stays owed.
    pub(super) fn retune(&mut self, rate: Rate, now: Duration) {
        self.fill(now);
        self.per_second = per_second(rate);
        self.fill(now);
    }

    /// How many requests the picker has made since the desk was opened.
    pub(super) fn made(&self) -> u64 {
        self.made
    }

    /// What one second gives, and at least one request: without that nothing could ever be asked.
    fn full(&self) -> f64 {
        self.per_second.max(1.0)
    }

    fn fill(&mut self, now: Duration) {
        let gained = self.per_second * now.saturating_sub(self.filled).as_secs_f64();
        self.filled = self.filled.max(now);
        self.common = (self.common + gained).min(self.full());
        self.streams = (self.streams + gained).min(self.full());
    }

    /// From when on a call may be made; a time that has come means now.
    pub(super) fn when(&mut self, purse: Purse, now: Duration) -> Duration {
        self.fill(now);
        let best = match purse {
            Purse::Common => self.common,
            Purse::Streams => self.common.max(self.streams),
        };
        let missing = 1.0 - best;
        if missing < DUST {
            return now;
        }
        // Rounded up to the timer's grain: waking too early would only mean to wait again.
        let pause = Duration::try_from_secs_f64(missing / self.per_second).unwrap_or(Duration::MAX);
        now.saturating_add(pause).saturating_add(Duration::from_millis(1))
    }

    /// Pays for a call that is being made.
    pub(super) fn pay(&mut self, purse: Purse) {
        self.paid = self.paid.saturating_add(1);
        self.charge(purse, 1.0);
    }

    /// A call has ended, `under_way` others have not; `shown` is what the picker's counter shows. Calls run at once, so
    /// what one of them made is not known to the request; the sum is, and settles with the last of them.
    pub(super) fn settle(&mut self, purse: Purse, shown: u64, under_way: u64) {
        // Another build of the picker may count from nought again.
        let made = shown.checked_sub(self.shown).unwrap_or(shown);
        self.shown = shown;
        self.made = self.made.saturating_add(made);
        let surplus = self.paid.saturating_sub(self.made).saturating_sub(under_way);
        let owed = self.made.saturating_sub(self.paid);
        self.paid = self.paid.saturating_add(owed).saturating_sub(surplus);
        self.charge(purse, number(owed) - number(surplus));
    }

    fn charge(&mut self, purse: Purse, requests: f64) {
        let full = self.full();
        self.common = (self.common - requests).min(full);
        if purse == Purse::Streams {
            self.streams = (self.streams - requests).min(full);
        }
    }
}

fn per_second(rate: Rate) -> f64 {
    f64::from(rate.count.max(1)) / rate.per.as_secs_f64().max(0.001)
}

fn number(requests: u64) -> f64 {
    f64::from(u32::try_from(requests).unwrap_or(u32::MAX))
}
