//! Fans facts out: to the log (at `debug`: whoever saw a fact has told people of it already), to the targets that want
//! to know, and to the database, many at a time. None of them holds up the others.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tracing::{debug, warn};

use crate::clock::Clock;
use crate::event::Event;
use crate::monitor::ledger::Ledger;
use crate::store::{Store, StoreError};

/// Events that are written at once.
const BATCH: usize = 200;

/// How long an event waits for others to be written with. What a session's history keeps for ever does not wait: a kill
/// would lose it.
const GATHERED: Duration = Duration::from_millis(500);

/// Events that wait for a slow database; then the oldest are lost to history.
const MOST: usize = 4_000;

/// Who is told.
pub(super) struct Hearers {
    /// Keeps events.
    pub(super) store: Store,
    /// Tells targets, once somebody has opened it.
    pub(super) ledger: Arc<OnceLock<Ledger>>,
    /// Says when events have waited long enough.
    pub(super) clock: Clock,
}

/// Tells every event until the last sender is gone.
pub(super) async fn tell(mut queue: Receiver<Event>, hearers: Hearers) {
    let Hearers { store, ledger, clock } = hearers;
    let mut page =
        Page { store, clock: clock.clone(), waiting: Vec::new(), due_at: None, writing: None, is_told: false };
    loop {
        let due = page.due();
        tokio::select! {
            event = queue.recv() => {
                let Some(event) = event else { break };
                log(&event);
                if let Some(ledger) = ledger.get() {
                    ledger.tell(&event);
                }
                page.take(event);
            }
            written = page.written() => page.heard(written),
            () = clock.sleep_until(due.unwrap_or_default()), if due.is_some() => page.write(),
        }
    }
    while page.writing.is_some() || !page.waiting.is_empty() {
        page.write();
        let written = page.written().await;
        page.heard(written);
    }
}

fn log(event: &Event) {
    let Event { id, kind, platform, room, session, data, .. } = event;
    let (platform, room) = (platform.as_deref().unwrap_or_default(), room.as_deref().unwrap_or_default());
    debug!(event = kind.word(), platform, room, session = session.as_deref().unwrap_or_default(), %data, id, "event");
}

type Writing = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

/// Events on their way to the database.
struct Page {
    store: Store,
    clock: Clock,
    waiting: Vec<Event>,
    /// When they are to be written, as `Clock::passed` has it.
    due_at: Option<Duration>,
    writing: Option<Writing>,
    /// Whether a person knows that the database does not work.
    is_told: bool,
}

impl Page {
    fn take(&mut self, event: Event) {
        if self.waiting.len() >= MOST {
            self.waiting.drain(..BATCH);
            debug!(events = BATCH, "the database is slow: events are lost to history");
        }
        let waits = if event.kind.is_history() { Duration::ZERO } else { GATHERED };
        let due_at = self.clock.passed().saturating_add(waits);
        self.due_at = Some(self.due_at.map_or(due_at, |earlier| earlier.min(due_at)));
        self.waiting.push(event);
        if self.waiting.len() >= BATCH {
            self.write();
        }
    }

    /// When what waits is to be written; none while something is being written.
    fn due(&self) -> Option<Duration> {
        self.due_at.filter(|_| self.writing.is_none())
    }

    fn write(&mut self) {
        if self.writing.is_some() || self.waiting.is_empty() {
            return;
        }
        let events: Vec<Event> = self.waiting.drain(..self.waiting.len().min(BATCH)).collect();
        self.due_at = (!self.waiting.is_empty()).then(|| self.clock.passed());
        let store = self.store.clone();
        self.writing = Some(Box::pin(async move { store.note_events(events).await }));
    }

    /// Waits for what is being written; for ever where nothing is.
    async fn written(&mut self) -> Result<(), StoreError> {
        match &mut self.writing {
            Some(writing) => writing.await,
            None => std::future::pending().await,
        }
    }

    fn heard(&mut self, written: Result<(), StoreError>) {
        self.writing = None;
        match written {
            Ok(()) => self.is_told = false,
            Err(reason) if self.is_told => debug!(%reason, "events are lost to history"),
            Err(reason) => {
                warn!(%reason, "events are lost to history; recordings go on");
                self.is_told = true;
            }
        }
    }
}

#[cfg(test)]
mod tests;
