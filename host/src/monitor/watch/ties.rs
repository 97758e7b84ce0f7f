//! A session's ties to what outlives the program: its row in the database, the notices, the room's story.
//!
//! The room never waits for the database: what is to be written is written in order, beside it.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::task::JoinHandle;

use super::{Footing, Watch};
use crate::model::{Broadcast, Room, RoomKey, redact_input};
use crate::monitor::ledger::OnAir;
use crate::store::{SessionRow, StoreError};

/// How long a room that is left waits for the database.
const LAST_WRITES: Duration = Duration::from_secs(5);

pub(super) struct Ties {
    footing: Arc<Footing>,
    key: Arc<RoomKey>,
    room: Arc<Room>,
    /// The write that was ordered last: the next one begins when it is done.
    last: Option<JoinHandle<()>>,
}

impl Ties {
    pub(super) fn new(watch: &Watch) -> Ties {
        Ties {
            footing: Arc::clone(&watch.footing),
            key: Arc::clone(&watch.key),
            room: Arc::clone(&watch.room),
            last: None,
        }
    }

    /// A session begins, or goes on after a restart.
    pub(super) fn open(&mut self, session: &OpenSession<'_>) {
        let OpenSession { id, broadcast, since, now, targets, kept } = session;
        let row = SessionRow {
            id: (*id).to_owned(),
            platform: self.key.platform.clone(),
            room: self.key.kept_id(),
            input: redact_input(&self.room.input),
            broadcast: (*broadcast).clone(),
            owner: self.footing.owner.to_string(),
            started_at: *since,
            seen_at: *now,
            ended_at: None,
            why: None,
            folder: kept.and_then(|kept| kept.folder.clone()),
            stem: kept.and_then(|kept| kept.stem.clone()),
            number: kept.map_or(0, |kept| kept.number),
        };
        let on_air = OnAir {
            session: (*id).to_owned(),
            key: RoomKey::clone(&self.key),
            room: Room::clone(&self.room),
            broadcast: (*broadcast).clone(),
            since: *since,
            targets: targets.map(<[String]>::to_vec),
            taken_up: kept.is_some(),
        };
        let (store, ledger) = (self.footing.store.clone(), self.footing.ledger.clone());
        self.write(async move {
            let noted = store.session_opened(&row).await;
            // Not before: a notice whose session nobody knows would be given up by the next start, and the broadcast,
            // as a new session, be announced once more.
            ledger.on_air(on_air);
            noted
        });
    }

    /// Another title, category or cover.
    pub(super) fn update(&mut self, id: &str, broadcast: &Broadcast) {
        self.footing.ledger.update(id, broadcast.clone());
    }

    /// The session goes on.
    pub(super) fn seen(&mut self, id: &str, at: SystemTime) {
        let (store, id) = (self.footing.store.clone(), id.to_owned());
        self.write(async move { store.session_seen(&id, at).await });
    }

    /// It is over: its notices are taken back.
    pub(super) fn over(&mut self, id: &str, why: &'static str, at: SystemTime) {
        self.footing.ledger.over(id);
        let (store, id) = (self.footing.store.clone(), id.to_owned());
        self.write(async move { store.session_over(&id, why, at).await });
    }

    /// A line of the room's story.
    pub(super) fn note(&self, what: &'static str, detail: &str) {
        self.footing.store.story(&self.key, what, detail);
    }

    /// Waits for what is still being written.
    pub(super) async fn finish(&mut self) {
        if let Some(last) = self.last.take()
            && tokio::time::timeout(LAST_WRITES, last).await.is_err()
        {
            tracing::warn!(room = %self.key, "the database does not answer: the session may be told anew at the next start");
        }
    }

    fn write(&mut self, work: impl Future<Output = Result<(), StoreError>> + Send + 'static) {
        let before = self.last.take();
        let key = Arc::clone(&self.key);
        self.last = Some(tokio::spawn(async move {
            if let Some(before) = before {
                // One that died has told why.
                let _ = before.await;
            }
            if let Err(error) = work.await {
                tracing::debug!(room = %key, %error, "cannot note the session");
            }
        }));
    }
}

/// What is known of a session that opens.
pub(super) struct OpenSession<'a> {
    pub(super) id: &'a str,
    pub(super) broadcast: &'a Broadcast,
    pub(super) since: SystemTime,
    pub(super) now: SystemTime,
    pub(super) targets: Option<&'a [String]>,
    /// Its row, where an earlier run left it open.
    pub(super) kept: Option<&'a SessionRow>,
}
