//! What was recorded, session by session, as people and scripts read it.

use rusqlite::types::ToSql;
use rusqlite::{Connection, Row};
use serde::Serialize;
use serde_json::Value;

use super::sessions::time;
use super::{Store, StoreError};
use crate::clock::rfc3339;
use crate::model::shown_id;

/// Which sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All of them.
    All,
    /// Those of some rooms: platform and canonical id of each.
    Rooms(Vec<(String, String)>),
}

/// One session. Its JSON is a promise to scripts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HistoryRow {
    /// Its id.
    pub session: String,
    /// The platform.
    pub platform: String,
    /// The room's id as it may be shown.
    pub room: String,
    /// What was last known of the broadcast.
    pub broadcast: Value,
    /// RFC 3339.
    pub started_at: String,
    /// RFC 3339; none while it is not over.
    pub ended_at: Option<String>,
    /// Why it was over.
    pub why: Option<String>,
    /// Its files, in the order in which they were opened.
    pub segments: Vec<PastSegment>,
    /// What is missing.
    pub gaps: Vec<PastGap>,
    /// Who was told.
    pub notices: Vec<PastNotice>,
}

/// One file of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PastSegment {
    /// Its name, with the folder.
    pub file: String,
    /// Its size; 0 while it grows.
    pub bytes: i64,
    /// Media time in it; 0 while it grows.
    pub duration_ms: i64,
    /// `recording`, `complete` or `recovered`.
    pub state: String,
}

/// Media time that is missing from a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PastGap {
    /// Why.
    pub cause: String,
    /// Where, in its segment.
    pub at_ms: i64,
    /// How much.
    pub lost_ms: i64,
}

/// One notice of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PastNotice {
    /// The target's name.
    pub target: String,
    /// RFC 3339; none where it was not told, or nobody knows.
    pub announced_at: Option<String>,
    /// RFC 3339; none where it stands, or there was nothing to take back.
    pub retracted_at: Option<String>,
    /// Where it stands, in one word.
    pub state: String,
}

impl Store {
    /// The last sessions, at most `limit`, latest first.
    ///
    /// # Errors
    /// The database does not work.
    pub async fn history(&self, filter: Filter, limit: u32) -> Result<Vec<HistoryRow>, StoreError> {
        self.ask(move |file| {
            file.run(|connection| {
                // One moment for all the questions: others write meanwhile.
                let moment = connection.transaction()?;
                let mut sessions = sessions(&moment, &filter, limit)?;
                for session in &mut sessions {
                    fill(&moment, session)?;
                }
                Ok(Ok(sessions))
            })
        })
        .await
    }
}

fn sessions(connection: &Connection, filter: &Filter, limit: u32) -> rusqlite::Result<Vec<HistoryRow>> {
    let (rooms, wanted) = match filter {
        Filter::All => (String::new(), "?1 = ''"),
        Filter::Rooms(rooms) => (
            serde_json::json!(rooms).to_string(),
            "(platform, room) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))",
        ),
    };
    let sql = format!("SELECT * FROM session WHERE {wanted} ORDER BY started_at DESC, id DESC LIMIT ?2");
    let values: [&dyn ToSql; 2] = [&rooms, &limit];
    connection.prepare_cached(&sql)?.query_map(values, session)?.collect()
}

fn session(row: &Row<'_>) -> rusqlite::Result<HistoryRow> {
    let (room, broadcast): (String, String) = (row.get("room")?, row.get("broadcast")?);
    Ok(HistoryRow {
        session: row.get("id")?,
        platform: row.get("platform")?,
        room: shown_id(&room),
        broadcast: serde_json::from_str(&broadcast).unwrap_or_default(),
        started_at: rfc3339(time(row.get("started_at")?)),
        ended_at: moment(row, "ended_at")?,
        why: row.get("why")?,
        segments: Vec::new(),
        gaps: Vec::new(),
        notices: Vec::new(),
    })
}

fn fill(connection: &Connection, session: &mut HistoryRow) -> rusqlite::Result<()> {
    // A file that ended without media was thrown away: nobody can look for it.
    let sql = "SELECT * FROM segment WHERE session = ?1 AND NOT (?2 AND state = 'recording' AND bytes = 0)
               ORDER BY opened_at, file";
    let segment = |row: &Row<'_>| {
        let (bytes, duration_ms) = (row.get("bytes")?, row.get("duration_ms")?);
        Ok(PastSegment { file: row.get("file")?, bytes, duration_ms, state: row.get("state")? })
    };
    let key: [&dyn ToSql; 2] = [&session.session, &session.ended_at.is_some()];
    session.segments = connection.prepare_cached(sql)?.query_map(key, segment)?.collect::<Result<_, _>>()?;
    let gap = |row: &Row<'_>| {
        Ok(PastGap { cause: row.get("cause")?, at_ms: row.get("at_ms")?, lost_ms: row.get("lost_ms")? })
    };
    let sql = "SELECT * FROM gap WHERE session = ?1 ORDER BY id";
    session.gaps = connection.prepare_cached(sql)?.query_map([&session.session], gap)?.collect::<Result<_, _>>()?;
    let notice = |row: &Row<'_>| {
        let (announced_at, retracted_at) = (moment(row, "announced_at")?, moment(row, "retracted_at")?);
        Ok(PastNotice { target: row.get("target")?, announced_at, retracted_at, state: row.get("state")? })
    };
    let sql = "SELECT * FROM notice WHERE session = ?1 ORDER BY target";
    session.notices =
        connection.prepare_cached(sql)?.query_map([&session.session], notice)?.collect::<Result<_, _>>()?;
    Ok(())
}

fn moment(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<String>> {
    row.get::<_, Option<i64>>(column).map(|at| at.map(|at| rfc3339(time(at))))
}

#[cfg(test)]
mod tests;
