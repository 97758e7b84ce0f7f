//! The only room that asks the time. Everything else is handed a [`Clock`], so a test can turn its hands.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Tells the time of day (for names and records) and the time passed (for every duration and deadline).
///
/// Cheap to clone. Clones of a [`Clock::manual`] share their hands.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual { start: SystemTime, passed_ms: Arc<AtomicU64> },
}

impl Clock {
    /// The machine's own clocks.
    pub fn system() -> Self {
        Clock(Source::System)
    }

    /// A clock for tests: it stands at `start` until [`Clock::advance`] moves it.
    pub fn manual(start: SystemTime) -> Self {
        Clock(Source::Manual { start, passed_ms: Arc::default() })
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
            Source::Manual { passed_ms, .. } => Duration::from_millis(passed_ms.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock's hands. The system's clock does not obey: there it does nothing.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual { passed_ms, .. } = &self.0 {
            passed_ms.fetch_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
        }
    }

    /// Whole seconds since the Unix epoch; 0 for a clock that stands before it.
    pub fn unix_seconds(&self) -> u64 {
        self.now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
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

/// Seconds since the Unix epoch to the time of day.
pub fn from_unix(seconds: u32) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::from(seconds))
}
