//! What the ledger is told and has not looked at: nobody who tells it something waits.
//!
//! Bounded by what rooms can do while the clerk, who waits for nothing, is not looking; events of other kinds have a
//! bound of their own.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use super::{OnAir, Place};
use crate::event::{Event, Kind};
use crate::model::{Broadcast, RoomKey};

/// Events that may wait.
const EVENTS: usize = 1_000;

/// One thing to hear.
pub(super) enum Word {
    OnAir(Box<OnAir>),
    Update(String, Box<Broadcast>),
    Over(String),
    Event(Box<Event>),
    Room(RoomKey, Option<Vec<String>>),
    Places(Vec<Place>),
    /// Answered when nothing is owed.
    Settle(oneshot::Sender<()>),
    /// Answered when the task has ended.
    Close(Option<oneshot::Sender<()>>),
    /// Answered when there is nothing to do at this moment.
    #[cfg(test)]
    Quiet(oneshot::Sender<()>),
}

#[derive(Default)]
pub(super) struct Inbox {
    waiting: Mutex<Waiting>,
    news: Notify,
    owed: AtomicUsize,
}

#[derive(Default)]
struct Waiting {
    words: Vec<Word>,
    events: usize,
    dropped: u64,
    /// Kinds that some target wants; the others need not come in.
    wanted: HashSet<Kind>,
    is_closed: bool,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn send(&self, word: Word) {
        let mut waiting = self.lock();
        // Whoever waits for an answer learns by its absence that nobody is here any more.
        if waiting.is_closed {
            return;
        }
        match (word, waiting.words.last_mut()) {
            (Word::Update(session, news), Some(Word::Update(last, old))) if *last == session => *old = news,
            (Word::Places(places), _) => {
                waiting.wanted = places.iter().flat_map(|place| place.on.iter().copied()).collect();
                waiting.words.push(Word::Places(places));
            }
            (word, _) => waiting.words.push(word),
        }
        drop(waiting);
        self.news.notify_one();
    }

    pub(super) fn tell(&self, event: &Event) {
        let mut waiting = self.lock();
        if waiting.is_closed || event.kind == Kind::SessionStarted || !waiting.wanted.contains(&event.kind) {
            return;
        }
        if waiting.events >= EVENTS {
            waiting.dropped = waiting.dropped.saturating_add(1);
            return;
        }
        waiting.events += 1;
        waiting.words.push(Word::Event(Box::new(event.clone())));
        drop(waiting);
        self.news.notify_one();
    }

    /// All that was said since the last time, and how many events were dropped.
    pub(super) fn take(&self) -> (Vec<Word>, u64) {
        let mut waiting = self.lock();
        waiting.events = 0;
        (std::mem::take(&mut waiting.words), std::mem::take(&mut waiting.dropped))
    }

    /// Until something is said.
    pub(super) async fn news(&self) {
        self.news.notified().await;
    }

    /// Nothing is taken in any more; what waits is dropped.
    pub(super) fn close(&self) {
        let mut waiting = self.lock();
        waiting.is_closed = true;
        waiting.words.clear();
    }

    pub(super) fn set_owed(&self, owed: usize) {
        self.owed.store(owed, Ordering::SeqCst);
    }

    pub(super) fn owed(&self) -> usize {
        self.owed.load(Ordering::SeqCst)
    }
}
