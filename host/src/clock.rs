//! The only room that asks the time. Everything else is handed a [`Clock`], so a test can turn its hands.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval_at};

/// Tells the time of day (for names and records) and the time passed (for every duration and deadline).
///
/// Cheap to clone. Clones of a [`Clock::manual`] share their hands.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual { start: SystemTime, hands: Arc<watch::Sender<Duration>> },
}

impl Clock {
    /// The machine's own clocks.
    pub fn system() -> Self {
        Clock(Source::System)
    }

    /// A clock for tests: it stands at `start` until [`Clock::advance`] moves it.
    pub fn manual(start: SystemTime) -> Self {
        Clock(Source::Manual { start, hands: Arc::default() })
    }

    /// The time of day. It may jump; never subtract two of them to get a duration.
    pub fn now(&self) -> SystemTime {
        match &self.0 {
            Source::System => SystemTime::now(),
            Source::Manual { start, .. } => *start + self.passed(),
        }
    }

    /// Time since the program's first question, from the monotonic clock: never goes back.
    pub fn passed(&self) -> Duration {
        match &self.0 {
            Source::System => {
                static START: OnceLock<Instant> = OnceLock::new();
                START.get_or_init(Instant::now).elapsed()
            }
            Source::Manual { hands, .. } => *hands.borrow(),
        }
    }

    /// How long the machine has slept since the program's first question: [`Clock::passed`] stands still meanwhile, and so
    /// do all timers (`CLOCK_MONOTONIC` and `CLOCK_BOOTTIME`, clock_gettime(2)). That of a manual clock never sleeps.
    pub fn slept(&self) -> Duration {
        static BEFORE: OnceLock<Duration> = OnceLock::new();
        if matches!(self.0, Source::Manual { .. }) {
            return Duration::ZERO;
        }
        let since_boot = Duration::try_from(clock_gettime(ClockId::Boottime)).unwrap_or_default();
        let ahead = since_boot.saturating_sub(self.passed());
        ahead.saturating_sub(*BEFORE.get_or_init(|| ahead))
    }

    /// Moves a manual clock's hands. The system's clock does not obey: there it does nothing.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual { hands, .. } = &self.0 {
            hands.send_modify(|passed| *passed = passed.saturating_add(by));
        }
    }

    /// Whole seconds since the Unix epoch; 0 for a clock that stands before it.
    pub fn unix_seconds(&self) -> u64 {
        self.now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    /// Waits until so much time has passed, as [`Clock::passed`] tells it: on a manual clock until its hands are there.
    pub async fn sleep_until(&self, passed: Duration) {
        match &self.0 {
            Source::System => tokio::time::sleep(passed.saturating_sub(self.passed())).await,
            Source::Manual { hands, .. } => {
                // The sender is ours: it cannot be gone.
                let _ = hands.subscribe().wait_for(|now| *now >= passed).await;
            }
        }
    }

    /// Ticks of the runtime's timer. All who ask get theirs at the same moments, or whole phases apart, and are woken
    /// together. A tick that was missed is left out.
    pub fn ticks(&self, every: Duration, phase: Duration) -> Interval {
        let into = self.passed().as_nanos() % phase.as_nanos().max(1);
        let first = phase.saturating_sub(Duration::from_nanos(u64::try_from(into).unwrap_or_default()));
        let mut ticks = interval_at(tokio::time::Instant::now() + first, every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        ticks
    }

    /// Waits on the runtime's timer.
    pub async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// RFC 3339 in the local zone with milliseconds, as every record and answer of the host writes times.
pub fn rfc3339(time: SystemTime) -> String {
    match jiff::Zoned::try_from(time) {
        Ok(zoned) => zoned.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string(),
        // Before year -9999 or after 9999: no file system gives such a time.
        Err(_) => String::from("1970-01-01T00:00:00.000+00:00"),
    }
}

/// The moment that [`rfc3339`] wrote; none for anything else.
pub fn from_rfc3339(text: &str) -> Option<SystemTime> {
    text.parse::<jiff::Timestamp>().ok().map(SystemTime::from)
}

/// The local time to the second, for people: `2026-03-29 03:14:07`.
pub fn local(time: SystemTime) -> String {
    match jiff::Zoned::try_from(time) {
        Ok(zoned) => zoned.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        // As above.
        Err(_) => String::from("1970-01-01 00:00:00"),
    }
}

/// Seconds since the Unix epoch to the time of day.
pub fn from_unix(seconds: u32) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::from(seconds))
}
