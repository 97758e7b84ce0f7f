//! Sessions, with the owner that vouches for each: what a program that died left open, the next one takes up or ends.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, Row, params};

use super::events::places_known;
use super::{Store, StoreError};
use crate::model::Broadcast;

/// A session, as the database keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// UUIDv7.
    pub id: String,
    /// The platform.
    pub platform: String,
    /// The room's canonical id, as the picker gave it: not for people.
    pub room: String,
    /// What the user wrote.
    pub input: String,
    /// What was last known of the broadcast.
    pub broadcast: Broadcast,
    /// Name of the lock file of the program that records it: who can have that lock knows that the owner is dead.
    pub owner: String,
    /// When it began.
    pub started_at: SystemTime,
    /// When its owner last said that it goes on.
    pub seen_at: SystemTime,
    /// When it was over; none while it is not.
    pub ended_at: Option<SystemTime>,
    /// Why it was over.
    pub why: Option<String>,
    /// Folder of its files, below the output folder.
    pub folder: Option<String>,
    /// Their name without extension and number.
    pub stem: Option<String>,
    /// Number of its last segment; 0 where it has none yet.
    pub number: u32,
}

const COLUMNS: &str =
    "id, platform, room, input, broadcast, owner, started_at, seen_at, ended_at, why, folder, stem, number";

impl Store {
    /// Notes a session that has begun; again when what is known of it has changed. One that is over stays as it is, and
    /// of its files the last counts, whoever told it first.
    ///
    /// # Errors
    /// The database does not work.
    pub async fn session_opened(&self, session: &SessionRow) -> Result<(), StoreError> {
        let row = session.clone();
        let broadcast = json(&row.broadcast)?;
        self.ask(move |file| {
            file.run(|connection| {
                let sql = format!(
                    "INSERT INTO session ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
                     ON CONFLICT (id) DO UPDATE SET input = excluded.input, broadcast = excluded.broadcast,
                       owner = excluded.owner, seen_at = excluded.seen_at,
                       folder = CASE WHEN number > excluded.number THEN folder ELSE excluded.folder END,
                       stem = CASE WHEN number > excluded.number THEN stem ELSE excluded.stem END,
                       number = MAX(number, excluded.number)
                     WHERE ended_at IS NULL"
                );
                let (started, seen, ended) = (ms(row.started_at), ms(row.seen_at), row.ended_at.map(ms));
                connection.prepare_cached(&sql)?.execute(params![
                    row.id,
                    row.platform,
                    row.room,
                    row.input,
                    broadcast,
                    row.owner,
                    started,
                    seen,
                    ended,
                    row.why,
                    row.folder,
                    row.stem,
                    row.number
                ])?;
                // Sessions and their files are told on two ways: a file may have been the faster.
                places_known(connection, &row.id).map(Ok)
            })
        })
        .await
    }

    /// Notes that a session goes on: how long it may have been dark is counted from here.
    ///
    /// # Errors
    /// The database does not work.
    pub async fn session_seen(&self, id: &str, at: SystemTime) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.ask(move |file| {
            file.run(|connection| {
                let sql = "UPDATE session SET seen_at = ?2 WHERE id = ?1 AND ended_at IS NULL";
                connection.prepare_cached(sql)?.execute(params![id, ms(at)]).map(|_| Ok(()))
            })
        })
        .await
    }

    /// Notes that a session is over. It is never opened again; what was noted first counts.
    ///
    /// # Errors
    /// The database does not work.
    pub async fn session_over(&self, id: &str, why: &str, at: SystemTime) -> Result<(), StoreError> {
        let (id, why) = (id.to_owned(), why.to_owned());
        self.ask(move |file| {
            file.run(|connection| {
                let sql = "UPDATE session SET ended_at = ?3, why = ?2, seen_at = MAX(seen_at, ?3)
                           WHERE id = ?1 AND ended_at IS NULL";
                connection.prepare_cached(sql)?.execute(params![id, why, ms(at)]).map(|_| Ok(()))
            })
        })
        .await
    }

    /// Sessions that are not over, whoever owns them, oldest first.
    ///
    /// # Errors
    /// The database does not work.
    pub async fn sessions_open(&self) -> Result<Vec<SessionRow>, StoreError> {
        self.ask(move |file| file.run(|connection| open(connection).map(Ok))).await
    }
}

fn open(connection: &Connection) -> rusqlite::Result<Vec<SessionRow>> {
    let sql = format!("SELECT {COLUMNS} FROM session WHERE ended_at IS NULL ORDER BY started_at, id");
    connection.prepare_cached(&sql)?.query_map([], read)?.collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<SessionRow> {
    let broadcast: String = row.get("broadcast")?;
    Ok(SessionRow {
        id: row.get("id")?,
        platform: row.get("platform")?,
        room: row.get("room")?,
        input: row.get("input")?,
        broadcast: serde_json::from_str(&broadcast).unwrap_or_default(),
        owner: row.get("owner")?,
        started_at: time(row.get("started_at")?),
        seen_at: time(row.get("seen_at")?),
        ended_at: row.get::<_, Option<i64>>("ended_at")?.map(time),
        why: row.get("why")?,
        folder: row.get("folder")?,
        stem: row.get("stem")?,
        number: row.get("number")?,
    })
}

/// A value that the database keeps as text.
pub(super) fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Io(format!("cannot be written as JSON: {error}")))
}

/// Milliseconds since the Unix epoch; 0 for what was before.
pub(super) fn ms(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The moment of so many milliseconds since the Unix epoch.
pub(super) fn time(ms: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(ms).unwrap_or_default())
}
