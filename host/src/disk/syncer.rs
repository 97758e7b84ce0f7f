//! The second thread of a volume: it does what may wait for the device, and makes growing files survive a power cut.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::kind::is_local;
use super::open::Open;
use super::volume::Chore;
use crate::clock::Clock;

/// From so many files on, one sync of the whole volume costs less than one each: a hundred take up to 1.2 s.
const MANY: usize = 32;

/// A round that memory asks for begins no sooner than so long after the last one.
const LEAST_PAUSE: Duration = Duration::from_secs(1);

/// The files of one volume that grow.
#[derive(Debug, Default)]
pub(super) struct Growing {
    files: Mutex<Vec<Weak<Open>>>,
    /// A round is wanted before its time.
    hurry: AtomicBool,
}

impl Growing {
    /// One more, until its last holder has dropped it.
    pub(super) fn add(&self, file: &Arc<Open>) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(file));
    }

    /// Asks for a round before its time; whether nobody had.
    pub(super) fn hurry(&self) -> bool {
        !self.hurry.swap(true, Ordering::AcqRel)
    }

    pub(super) fn is_hurried(&self) -> bool {
        self.hurry.load(Ordering::Acquire)
    }

    /// A round begins: those with bytes that a power cut would take. Who asked for it need not ask again until now, or the
    /// syncer would be woken by every batch of a file that fills the memory.
    pub(super) fn unsynced(&self) -> Vec<Weak<Open>> {
        self.hurry.store(false, Ordering::Release);
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.retain(|file| file.strong_count() > 0);
        files.iter().filter(|file| file.upgrade().is_some_and(|file| file.is_unsynced())).cloned().collect()
    }
}

/// What is synced at once.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due<T> {
    /// One file.
    One(T),
    /// All of a round, by one sync of their volume.
    All(Vec<T>),
}

/// When which file is synced: all that need it in one round, so that thirty files are not thirty timers. Pure.
#[derive(Debug)]
pub(super) struct Rounds<T> {
    every: Duration,
    /// When the last round began.
    last: Duration,
    next: Duration,
    waiting: VecDeque<T>,
}

impl<T> Rounds<T> {
    pub(super) fn new(every: Duration, now: Duration) -> Self {
        Rounds { every, last: now, next: now.saturating_add(every), waiting: VecDeque::new() }
    }

    /// How long nothing is due.
    pub(super) fn wait(&self, now: Duration) -> Duration {
        if self.waiting.is_empty() { self.next.saturating_sub(now) } else { Duration::ZERO }
    }

    /// Memory is short: the next round begins as soon as it may.
    pub(super) fn hurry(&mut self) {
        self.next = self.next.min(self.last.saturating_add(LEAST_PAUSE));
    }

    /// What is due now: one file at a time, so that other work comes in between, or where there are many all of them.
    /// `unsynced` is asked when a round begins. A round that takes longer than the interval is gone through before the
    /// next one begins.
    pub(super) fn due(&mut self, now: Duration, unsynced: impl FnOnce() -> Vec<T>) -> Option<Due<T>> {
        if self.waiting.is_empty() && now >= self.next {
            (self.last, self.next) = (now, now.saturating_add(self.every));
            let unsynced = unsynced();
            if unsynced.len() >= MANY {
                return Some(Due::All(unsynced));
            }
            self.waiting = unsynced.into();
        }
        self.waiting.pop_front().map(Due::One)
    }

    /// The sync of all of them failed: each is synced by itself, to learn whose bytes are lost.
    pub(super) fn one_by_one(&mut self, files: Vec<T>) {
        self.waiting = files.into();
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
        if growing.is_hurried() {
            rounds.hurry();
        }
        match rounds.due(clock.passed(), || growing.unsynced()) {
            None => {}
            Some(Due::One(file)) => {
                if let Some(file) = file.upgrade() {
                    file.sync_growing();
                }
            }
            Some(Due::All(files)) if sync_all(&files) => {}
            Some(Due::All(files)) => rounds.one_by_one(files),
        }
    }
}

/// Syncs the files of one volume at once; false where that is not to be had, and no file is safer for it.
fn sync_all(files: &[Weak<Open>]) -> bool {
    let files: Vec<Arc<Open>> = files.iter().filter_map(Weak::upgrade).collect();
    // Across a network it would wait for whatever others have written there.
    let Some(first) = files.first().filter(|first| is_local(first.file())) else { return false };
    let begun: Vec<(&Arc<Open>, u64)> =
        files.iter().filter_map(|file| Some((file, file.before_sync().ok()?))).collect();
    let synced = first.ask().is_ok() && rustix::fs::syncfs(first.file()).is_ok();
    for (file, bytes) in begun {
        if synced { file.synced(bytes) } else { file.not_synced() }
    }
    synced
}
