//! The clocks and the random numbers of one call, the same each time that it is played.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wasmtime_wasi::{Deterministic, HostMonotonicClock, HostWallClock, WasiCtxBuilder};

/// Random bytes before they come again: far more than a plugin draws.
const RANDOM_BYTES: usize = 64 << 10;

/// How far the monotonic clock goes on with each look at it. It cannot stand: who waits by it would wait for ever.
const STEP: Duration = Duration::from_millis(1);

/// The moment and the seed of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Still {
    /// Since the Unix epoch. The wall clock stands there.
    pub(in super::super) wall: Duration,
    pub(in super::super) seed: u64,
}

impl Still {
    /// Stops WASI's clocks, and makes its random numbers the seed's.
    pub(in super::super) fn dress(&self, wasi: &mut WasiCtxBuilder) {
        wasi.wall_clock(*self).monotonic_clock(Steps::default());
        wasi.secure_random(self.random("secure")).insecure_random(self.random("insecure"));
        wasi.insecure_random_seed(u128::from(self.seed));
    }

    fn random(&self, which: &str) -> Deterministic {
        let mut bytes = vec![0; RANDOM_BYTES];
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.seed.to_le_bytes()).update(which.as_bytes());
        hasher.finalize_xof().fill(&mut bytes);
        Deterministic::new(bytes)
    }
}

impl HostWallClock for Still {
    fn resolution(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn now(&self) -> Duration {
        self.wall
    }
}

/// A clock that goes on by being looked at.
#[derive(Default)]
struct Steps(AtomicU64);

impl HostMonotonicClock for Steps {
    fn resolution(&self) -> u64 {
        u64::try_from(STEP.as_nanos()).unwrap_or(u64::MAX)
    }

    fn now(&self) -> u64 {
        self.0.fetch_add(self.resolution(), Ordering::SeqCst)
    }
}
