//! A platform's rest: how long it is left alone once it has asked for that. Pure.

use std::time::Duration;

/// The first rest where rooms are looked at more often than that.
const SHORTEST: Duration = Duration::from_secs(1);
/// The longest rest of our own making. What the platform itself asks for may be longer.
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// The longest rest that a platform gets by asking: a picker that misreads a date must not silence it for ever.
const LONGEST_ASKED: Duration = Duration::from_secs(24 * 60 * 60);
/// How long after its last complaint a platform may be asked for streams all the same, unless it named a longer time.
const PROBE: Duration = Duration::from_secs(60);

/// The rest that is being kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Rest {
    /// Until when.
    pub(in super::super) until: Duration,
    /// What the platform said.
    pub(in super::super) why: String,
    /// Until when the platform itself wants to be left alone: nothing at all is asked before that.
    asked_until: Duration,
}

/// The rest of now, and what it depends on.
#[derive(Debug, Default)]
pub(super) struct Rests {
    kept: Option<Rest>,
    /// The last rest was over, and no call since has shown that the platform bears us again.
    probing: bool,
    /// How long the last rest of our own was; none after a good answer.
    step: Option<Duration>,
    /// When the platform last complained.
    complained: Option<Duration>,
    /// When a call was last made in a rest.
    probed: Option<Duration>,
    /// When the last rest was over.
    over: Duration,
}

impl Rests {
    /// The rest that is being kept now; one whose time has come is over.
    pub(super) fn kept(&mut self, now: Duration) -> Option<&Rest> {
        if self.kept.as_ref().is_some_and(|rest| rest.until <= now) {
            self.kept = None;
            self.probing = true;
            self.over = now;
        }
        self.kept.as_ref()
    }

    /// The same, without the look at the time.
    pub(super) fn last(&self) -> Option<&Rest> {
        self.kept.as_ref()
    }

    /// Whether calls are made one by one, until one shows that the platform bears us again.
    pub(super) fn is_probing(&self) -> bool {
        self.probing
    }

    /// When the last rest was over.
    pub(super) fn over(&self) -> Duration {
        self.over
    }

    /// Whether a call for streams may be made in the rest: a broken recording is worth one question a minute, once
    /// the time is over that the platform itself may have named.
    pub(super) fn may_probe(&self, now: Duration) -> bool {
        let since = self.complained.max(self.probed);
        let forbidden = self.kept.as_ref().is_some_and(|rest| now < rest.asked_until);
        !forbidden && since.is_none_or(|since| now.saturating_sub(since) >= PROBE)
    }

    /// A call for streams is made in the rest.
    pub(super) fn probed(&mut self, now: Duration) {
        self.probed = Some(now);
    }

    /// The platform asked for rest in a call that was begun at `started`. Says how long it gets, where that is news.
    pub(super) fn complaint(
        &mut self,
        started: Duration,
        now: Duration,
        interval: Duration,
        asked: Option<Duration>,
        why: &str,
    ) -> Option<Duration> {
        let asked = asked.map(|asked| asked.min(LONGEST_ASKED));
        let is_news = self.is_news(started);
        if is_news {
            let longest = LONGEST.max(interval);
            let first = interval.max(SHORTEST);
            self.step = Some(self.step.map_or(first, |step| step.saturating_mul(2)).min(longest));
        }
        self.complained = Some(now);
        let least = if is_news { self.step } else { None };
        let pause = asked.max(least).unwrap_or_default();
        let until = now.saturating_add(pause);
        let asked_until = now.saturating_add(asked.unwrap_or_default());
        match &mut self.kept {
            Some(rest) => {
                rest.until = rest.until.max(until);
                rest.asked_until = rest.asked_until.max(asked_until);
            }
            None => self.kept = Some(Rest { until, why: why.to_owned(), asked_until }),
        }
        is_news.then_some(pause)
    }

    /// The platform answered in a call that was begun at `started`. True where that ends a rest, or the doubt after one.
    pub(super) fn answered(&mut self, started: Duration, now: Duration) -> bool {
        if !self.is_news(started) {
            return false;
        }
        self.step = None;
        let was_kept = self.kept.take().is_some();
        if was_kept {
            self.over = now;
        }
        std::mem::take(&mut self.probing) || was_kept
    }

    /// Calls that were under way when the platform complained say nothing about how it bears us now.
    fn is_news(&self, started: Duration) -> bool {
        self.complained.is_none_or(|at| started > at)
    }
}
