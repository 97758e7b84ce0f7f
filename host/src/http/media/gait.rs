//! When a body's socket rests and when it wakes its reader. Pure.

use std::time::Duration;

/// Ticks without haste before the socket rests: a second.
const CALM: u8 = 5;

/// So much in one tick is haste: 20 Mbit/s. What a server sends on top of the stream's own pace comes faster.
const HASTE_BYTES: u64 = 512 << 10;

/// A limit on silence that is shorter could take the time between two looks for it.
const LEAST_STALL: Duration = Duration::from_secs(1);

/// The gait of one body.
#[derive(Debug, Default)]
pub(super) struct Gait {
    rests: bool,
    calm: u8,
    /// It never rests.
    must_run: bool,
}

impl Gait {
    /// Of a body that may be silent for so long.
    pub(super) fn new(stall: Duration) -> Gait {
        Gait { must_run: stall < LEAST_STALL, ..Gait::default() }
    }

    /// Whether it rests.
    pub(super) fn rests(&self) -> bool {
        self.rests
    }

    /// From now on it never rests.
    pub(super) fn run(&mut self) {
        self.must_run = true;
    }

    /// A tick has passed that brought so much.
    pub(super) fn tick(&mut self, bytes: u64) {
        self.calm = if bytes > HASTE_BYTES { 0 } else { self.calm.saturating_add(1) };
        self.rests = self.calm >= CALM && !self.must_run;
    }
}

#[cfg(test)]
mod tests;
