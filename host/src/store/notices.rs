//! Notices: what was announced to whom, so that it is taken back in the end.
//!
//! Each change is on the disk when the answer comes, power cut or not: an announcement that nobody remembers would stand
//! for ever.

use std::time::SystemTime;

use rusqlite::{Connection, Row, params};

use super::sessions::{ms, time};
use super::{Store, StoreError};

/// One session's notice to one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeRow {
    /// The session.
    pub session: String,
    /// The target's name.
    pub target: String,
    /// The notifier's.
    pub plugin: String,
    /// What is told, in the ledger's own words. No secret is in it.
    pub event: String,
    /// Where the notice stands: `wanted`, `calling`, `doubt`, `told`, `retracted`, `done`, `cancelled`, `unknown`,
    /// `gave-up`.
    pub state: String,
    /// What the notifier returned.
    pub receipt: Option<String>,
    /// When it was first wanted.
    pub wanted_at: SystemTime,
    /// Since when nobody knows whether it was told.
    pub doubted_at: Option<SystemTime>,
    /// When it was told.
    pub announced_at: Option<SystemTime>,
    /// Since when its session is over.
    pub over_at: Option<SystemTime>,
    /// When it was taken back.
    pub retracted_at: Option<SystemTime>,
}

/// A session about which somebody may still have to be told, or told otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owing {
    /// Its id.
    pub session: String,
    /// Its owner; none where its own row was lost.
    pub owner: Option<String>,
    /// Whether it is over.
    pub is_over: bool,
}

impl Store {
    /// Notes a notice as it is now. It is on the disk when this returns.
    ///
    /// # Errors
    /// The database does not work.
    pub async fn note_notice(&self, notice: &NoticeRow) -> Result<(), StoreError> {
        let row = notice.clone();
        self.ask(move |file| {
            file.run(|connection| {
                connection.pragma_update(None, "synchronous", "FULL")?;
                let written = write(connection, &row);
                connection.pragma_update(None, "synchronous", "NORMAL")?;
                written.map(Ok)
            })
        })
        .await
    }

    /// All notices of a session.
    ///
    /// # Errors
    /// The database does not work.
    pub async fn notices_of(&self, session: &str) -> Result<Vec<NoticeRow>, StoreError> {
        let session = session.to_owned();
        self.ask(move |file| {
            file.run(|connection| {
                let sql = "SELECT * FROM notice WHERE session = ?1 ORDER BY target";
                connection.prepare_cached(sql)?.query_map([&session], read)?.collect::<Result<_, _>>().map(Ok)
            })
        })
        .await
    }

    /// Sessions with a notice that is not settled, oldest first.
    ///
    /// # Errors
    /// The database does not work.
    pub async fn owing(&self) -> Result<Vec<Owing>, StoreError> {
        self.ask(move |file| {
            file.run(|connection| {
                let sql = "SELECT DISTINCT notice.session, session.owner, session.ended_at IS NOT NULL
                             OR MAX(notice.over_at) OVER (PARTITION BY notice.session) IS NOT NULL
                           FROM notice LEFT JOIN session ON session.id = notice.session
                           WHERE notice.state IN ('wanted', 'calling', 'doubt')
                             OR (notice.state = 'told' AND notice.receipt IS NOT NULL)
                           ORDER BY notice.session";
                let owing =
                    |row: &Row<'_>| Ok(Owing { session: row.get(0)?, owner: row.get(1)?, is_over: row.get(2)? });
                connection.prepare_cached(sql)?.query_map([], owing)?.collect::<Result<_, _>>().map(Ok)
            })
        })
        .await
    }
}

fn write(connection: &Connection, row: &NoticeRow) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO notice (session, target, plugin, event, state, receipt, wanted_at, doubted_at,
                 announced_at, over_at, retracted_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    connection.prepare_cached(sql)?.execute(params![
        row.session,
        row.target,
        row.plugin,
        row.event,
        row.state,
        row.receipt,
        ms(row.wanted_at),
        row.doubted_at.map(ms),
        row.announced_at.map(ms),
        row.over_at.map(ms),
        row.retracted_at.map(ms)
    ])?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<NoticeRow> {
    let maybe = |name: &str| row.get::<_, Option<i64>>(name).map(|at| at.map(time));
    Ok(NoticeRow {
        session: row.get("session")?,
        target: row.get("target")?,
        plugin: row.get("plugin")?,
        event: row.get("event")?,
        state: row.get("state")?,
        receipt: row.get("receipt")?,
        wanted_at: time(row.get("wanted_at")?),
        doubted_at: maybe("doubted_at")?,
        announced_at: maybe("announced_at")?,
        over_at: maybe("over_at")?,
        retracted_at: maybe("retracted_at")?,
    })
}
