//! Events, kept for a while; and what of them belongs to a session for ever: its segments and gaps.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};
use serde_json::Value;

use super::sessions::{ms, time};
use super::{Store, StoreError};
use crate::clock::from_rfc3339;
use crate::event::{Event, Kind};
use crate::model::shown_id;

/// How long an event is kept.
const KEPT: Duration = Duration::from_secs(90 * 24 * 3_600);

/// How many are kept at most: some 200 MB. Only rooms whose streams are mended every second come that far.
const MOST: u32 = 500_000;

/// Files that are asked for because nobody noted their end: those of the last run are among them.
const UNFINISHED: u32 = 10_000;

/// How often the old ones are swept out.
const SWEEP: Duration = Duration::from_secs(3_600);

/// An event as the history has it.
#[derive(Clone, Debug, PartialEq)]
pub struct PastEvent {
    /// When it happened.
    pub at: SystemTime,
    /// The name of its kind.
    pub kind: String,
    /// The session concerned.
    pub session: Option<String>,
    /// Its facts.
    pub data: Value,
}

impl Store {
    /// Notes events, all or none. The same one twice is noted once.
    ///
    /// # Errors
    /// The database does not work.
    pub async fn note_events(&self, events: Vec<Event>) -> Result<(), StoreError> {
        let (now, sweeps) = (ms(self.0.clock.now()), self.is_time_to_sweep());
        self.ask(move |file| {
            file.run(|connection| {
                let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                for event in &events {
                    note(&change, event, now)?;
                }
                if sweeps {
                    sweep(&change, now)?;
                }
                change.commit().map(Ok)
            })
        })
        .await
    }

    /// The last events of a room, at most `limit`, oldest first; repairs are left out, which are many and lose nothing.
    /// Ids are compared as they are shown. With a plugin's `NAME@VERSION` also those of that plugin which concern all
    /// its rooms.
    ///
    /// # Errors
    /// The database does not work.
    pub async fn events_of(
        &self,
        platform: &str,
        room: &str,
        plugin: Option<&str>,
        limit: u32,
    ) -> Result<Vec<PastEvent>, StoreError> {
        let (platform, room) = (platform.to_owned(), shown_id(room));
        let label = plugin.unwrap_or_default().to_owned();
        self.ask(move |file| {
            file.run(|connection| {
                let name = label.split('@').next().unwrap_or_default();
                let sql = "SELECT at, time, type, session, data FROM event
                           WHERE (platform = ?1 AND room = ?2 AND type <> 'repair')
                             OR (?3 <> '' AND room IS NULL
                               AND type IN ('check_failed', 'plugin_refused', 'plugin_replaced', 'plugin_rolled_back',
                                            'plugin_removed')
                               AND data ->> '$.plugin' IN (?3, ?4))
                           ORDER BY id DESC LIMIT ?5";
                let values = params![platform, room, label, name, limit];
                let rows = connection.prepare_cached(sql)?.query_map(values, past)?.collect::<Result<Vec<_>, _>>();
                rows.map(|mut rows| {
                    rows.reverse();
                    Ok(rows)
                })
            })
        })
        .await
    }

    /// Files that were noted as growing before a moment, and as nothing since: each with its session, the latest first.
    /// Most of them were thrown away, as they held no media.
    ///
    /// # Errors
    /// The database does not work.
    pub async fn segments_unfinished(&self, before: SystemTime) -> Result<Vec<(String, PathBuf)>, StoreError> {
        self.ask(move |file| {
            file.run(|connection| {
                let sql = "SELECT session, file FROM segment WHERE state = 'recording' AND opened_at < ?1
                           ORDER BY opened_at DESC LIMIT ?2";
                let segment = |row: &Row<'_>| Ok((row.get("session")?, PathBuf::from(row.get::<_, String>("file")?)));
                let mut rows = connection.prepare_cached(sql)?;
                rows.query_map(params![ms(before), UNFINISHED], segment)?.collect::<Result<_, _>>().map(Ok)
            })
        })
        .await
    }

    /// With the first events of a run, and then once in a while.
    fn is_time_to_sweep(&self) -> bool {
        let turn = self.0.clock.passed().as_secs() / SWEEP.as_secs() + 1;
        self.0.swept.swap(turn, Ordering::Relaxed) != turn
    }
}

fn past(row: &Row<'_>) -> rusqlite::Result<PastEvent> {
    let (data, told): (String, String) = (row.get("data")?, row.get("time")?);
    Ok(PastEvent {
        // It may have waited for others to be noted with.
        at: from_rfc3339(&told).unwrap_or(time(row.get("at")?)),
        kind: row.get("type")?,
        session: row.get("session")?,
        data: serde_json::from_str(&data).unwrap_or_default(),
    })
}

fn note(change: &Transaction<'_>, event: &Event, now: i64) -> rusqlite::Result<()> {
    let sql = "INSERT OR IGNORE INTO event (id, at, time, type, platform, room, session, data)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let Event { id, time, kind, platform, room, session, data } = event;
    let row = params![id, now, time, kind.word(), platform, room, session, data.to_string()];
    let is_new = change.prepare_cached(sql)?.execute(row)? > 0;
    let Some(session) = session.as_deref().filter(|_| is_new) else { return Ok(()) };
    match kind {
        Kind::SegmentOpened => {
            place(change, session, data)?;
            segment(change, session, data, now)
        }
        Kind::SegmentClosed => segment(change, session, data, now),
        Kind::Gap => gap(change, id, session, data),
        _ => Ok(()),
    }
}

fn segment(change: &Transaction<'_>, session: &str, data: &Value, now: i64) -> rusqlite::Result<()> {
    let sql =
        "INSERT INTO segment (session, file, bytes, duration_ms, state, opened_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (session, file) DO UPDATE SET bytes = excluded.bytes, duration_ms = excluded.duration_ms,
                 state = excluded.state WHERE excluded.state <> 'recording' OR state = 'recording'";
    let (state, file) = (text(data, "state").unwrap_or("recording"), text(data, "file").unwrap_or_default());
    // What nobody could finish is told with the name that it has until somebody does.
    let file = file.strip_suffix(".part").unwrap_or(file);
    let row = params![session, file, number(data, "bytes"), number(data, "duration_ms"), state, now];
    change.prepare_cached(sql)?.execute(row).map(drop)
}

/// Where the session's files lie and which was the last: the next run goes on with the next number.
fn place(change: &Connection, session: &str, data: &Value) -> rusqlite::Result<()> {
    let sql = "UPDATE session SET folder = ?2, stem = ?3, number = MAX(number, ?4) WHERE id = ?1";
    let row = params![session, text(data, "folder"), text(data, "stem"), number(data, "number")];
    change.prepare_cached(sql)?.execute(row).map(drop)
}

/// The same for files that were opened before anybody knew of their session.
pub(super) fn places_known(connection: &Connection, session: &str) -> rusqlite::Result<()> {
    let sql = "SELECT data FROM event WHERE type = 'segment_opened' AND session = ?1
                 AND at >= (SELECT MIN(opened_at) FROM segment WHERE session = ?1) ORDER BY id";
    let mut known = connection.prepare_cached(sql)?;
    let told: Vec<String> = known.query_map([session], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for data in told {
        place(connection, session, &serde_json::from_str(&data).unwrap_or_default())?;
    }
    Ok(())
}

fn gap(change: &Transaction<'_>, id: &str, session: &str, data: &Value) -> rusqlite::Result<()> {
    let sql = "INSERT OR IGNORE INTO gap (id, session, cause, at_ms, lost_ms, file) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let (cause, file) = (text(data, "cause").unwrap_or("unknown"), text(data, "file"));
    let row = params![id, session, cause, number(data, "at_ms"), number(data, "lost_ms"), file];
    change.prepare_cached(sql)?.execute(row).map(drop)
}

fn text<'a>(data: &'a Value, name: &str) -> Option<&'a str> {
    data.get(name).and_then(Value::as_str)
}

fn number(data: &Value, name: &str) -> i64 {
    data.get(name).and_then(Value::as_i64).unwrap_or_default()
}

fn sweep(change: &Transaction<'_>, now: i64) -> rusqlite::Result<()> {
    let oldest = now.saturating_sub(i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX));
    change.execute("DELETE FROM event WHERE at < ?1", [oldest])?;
    let sql = "DELETE FROM event WHERE id <= (SELECT id FROM event ORDER BY id DESC LIMIT 1 OFFSET ?1)";
    change.execute(sql, [MOST]).map(drop)
}
