//! The second thread of a volume: it does what may wait for the device, and makes growing files survive a power cut.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::open::Open;
use super::volume::Chore;
use crate::clock::Clock;

/// The files of one volume that grow.
#[derive(Debug, Default)]
pub(super) struct Growing(Mutex<Vec<Weak<Open>>>);

impl Growing {
    /// One more, until its last holder has dropped it.
    pub(super) fn add(&self, file: &Arc<Open>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(file));
    }

    /// Those with bytes that a power cut would take.
    fn unsynced(&self) -> Vec<Weak<Open>> {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        files.retain(|file| file.strong_count() > 0);
        files.iter().filter(|file| file.upgrade().is_some_and(|file| file.is_unsynced())).cloned().collect()
    }
}

/// When which file is synced: all that need it in one round, so that thirty files are not thirty timers. Pure.
#[derive(Debug)]
pub(super) struct Rounds<T> {
    every: Duration,
    next: Duration,
    waiting: VecDeque<T>,
}

impl<T> Rounds<T> {
    pub(super) fn new(every: Duration, now: Duration) -> Self {
        Rounds { every, next: now.saturating_add(every), waiting: VecDeque::new() }
    }

    /// How long nothing is due.
    pub(super) fn wait(&self, now: Duration) -> Duration {
        if self.waiting.is_empty() { self.next.saturating_sub(now) } else { Duration::ZERO }
    }

    /// What is due now, one at a time, so that other work comes in between. `unsynced` is asked when a round begins. A
    /// round that takes longer than the interval is gone through before the next one begins.
    pub(super) fn due(&mut self, now: Duration, unsynced: impl FnOnce() -> Vec<T>) -> Option<T> {
        if self.waiting.is_empty() && now >= self.next {
            self.next = now.saturating_add(self.every);
            self.waiting = unsynced().into();
        }
        self.waiting.pop_front()
    }
}

/// The thread: each chore as it comes, and a round of syncs each `every`, until nobody can send chores any more.
pub(super) fn tend(chores: &Receiver<Chore>, growing: &Growing, every: Duration) {
    let clock = Clock::system();
    let mut rounds = Rounds::new(every, clock.passed());
    loop {
        match chores.recv_timeout(rounds.wait(clock.passed())) {
            Ok(chore) => chore(),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let due = rounds.due(clock.passed(), || growing.unsynced());
        if let Some(file) = due.and_then(|file| file.upgrade()) {
            file.sync_growing();
        }
    }
}
