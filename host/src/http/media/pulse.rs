//! Notices that a body has stopped, or all but stopped. Asks no clock: it counts what came between ticks of a timer,
//! which costs nothing while bytes flow.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Sleep, sleep};

/// Ticks of a stall limit: silence is noticed between the limit and an eighth more.
const TICKS: usize = 8;

/// A process that was frozen, or a machine that slept, finds its timers due before it hears what waits in its sockets.
/// So the body has this last chance: a timer that is set now fires only after the sockets were asked.
const LAST_LOOK: Duration = Duration::from_millis(50);

/// Bytes a second that any stream has: FLV with nothing but silent AAC needs four times as much.
const LEAST_RATE: u64 = 256;

/// The pulse of one body.
pub(super) struct Pulse {
    tick: Duration,
    /// Bytes of the last ticks, a ring of twice the stall limit.
    past: [u64; TICKS * 2],
    at: usize,
    /// Ticks since the start, as long as they matter.
    age: usize,
    quiet: usize,
    since_tick: u64,
    /// It is dead unless the last look finds something.
    is_dying: bool,
    timer: Pin<Box<Sleep>>,
}

impl Pulse {
    pub(super) fn new(stall: Duration) -> Pulse {
        // Never 0: the timer would spin.
        let tick = (stall / 8).max(Duration::from_millis(1));
        let timer = Box::pin(sleep(tick));
        Pulse { tick, past: [0; TICKS * 2], at: 0, age: 0, quiet: 0, since_tick: 0, is_dying: false, timer }
    }

    /// Bytes have come.
    pub(super) fn beat(&mut self, bytes: usize) {
        self.since_tick = self.since_tick.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// Waits until the body must be called dead. Time in which nobody waits here counts as one tick at most: who is
    /// busy writing does not let the sender stall.
    pub(super) async fn stopped(&mut self) {
        loop {
            self.timer.as_mut().await;
            if std::mem::take(&mut self.is_dying) {
                if self.is_dead() {
                    return;
                }
            } else {
                self.count();
                self.is_dying = self.is_dead();
            }
            self.timer.set(sleep(if self.is_dying { LAST_LOOK } else { self.tick }));
        }
    }

    /// A tick is over.
    fn count(&mut self) {
        let bytes = std::mem::take(&mut self.since_tick);
        self.quiet = if bytes == 0 { self.quiet + 1 } else { 0 };
        self.age = (self.age + 1).min(self.past.len());
        if let Some(slot) = self.past.get_mut(self.at) {
            *slot = bytes;
        }
        self.at = (self.at + 1) % self.past.len();
    }

    /// By the ticks, and what has come since the last one.
    fn is_dead(&self) -> bool {
        let full = self.age == self.past.len();
        let bytes = self.past.iter().sum::<u64>().saturating_add(self.since_tick);
        self.quiet >= TICKS && self.since_tick == 0 || full && bytes < self.least()
    }

    fn least(&self) -> u64 {
        let window_ms = u64::try_from(self.tick.as_millis()).unwrap_or(u64::MAX).saturating_mul(16);
        LEAST_RATE.saturating_mul(window_ms) / 1000
    }
}

#[cfg(test)]
mod tests;
