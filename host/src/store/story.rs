//! Each room's story: what was asked, answered and decided, line by line, for the person who looks why a room is not
//! recorded.
//!
//! Telling it costs its teller nothing: it never waits, and what says the same as before is counted.

use std::collections::HashMap;
use std::sync::PoisonError;
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, Row, TransactionBehavior, params};

use super::sessions::{ms, time};
use super::{Store, StoreError};
use crate::event::new_id;
use crate::model::{RoomKey, shown_id};

/// Lines kept of a room.
const KEPT: u32 = 200;

/// A line that repeats itself is written at most this often.
const COUNTED: Duration = Duration::from_secs(60);

/// Bytes of a line's detail.
const DETAIL: usize = 1 << 10;

/// Lines that are remembered for counting. More rooms than that tell each line anew.
const REMEMBERED: usize = 50_000;

/// One line of a room's story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryRow {
    /// When it was first so.
    pub at: SystemTime,
    /// When it was last so.
    pub last_at: SystemTime,
    /// How often.
    pub count: u64,
    /// What it is about: one word.
    pub what: String,
    /// What there is to say.
    pub detail: String,
}

/// The last line of each room and subject.
#[derive(Default)]
pub(super) struct Pad {
    lines: HashMap<(RoomKey, String), Line>,
}

#[derive(Clone)]
struct Line {
    id: String,
    row: StoryRow,
    /// When it was last handed to the database, as `Clock::passed` has it; none while it has not been.
    written: Option<Duration>,
    is_news: bool,
}

/// What is handed to the database.
type News = (RoomKey, String, StoryRow);

impl Pad {
    /// Takes a line in; gives back what is to be written now.
    fn tell(&mut self, room: &RoomKey, what: &str, detail: &str, now: SystemTime, passed: Duration) -> Vec<News> {
        if self.lines.len() >= REMEMBERED {
            self.lines.clear();
        }
        let key = (room.clone(), what.to_owned());
        let mut news = Vec::new();
        match self.lines.get_mut(&key).filter(|line| line.row.detail == detail) {
            Some(line) => {
                line.row.count = line.row.count.saturating_add(1);
                line.row.last_at = now;
                line.is_news = true;
                if line.written.is_some_and(|written| passed.saturating_sub(written) < COUNTED) {
                    return news;
                }
            }
            None => {
                let row =
                    StoryRow { at: now, last_at: now, count: 1, what: what.to_owned(), detail: detail.to_owned() };
                let line = Line { id: new_id(), row, written: None, is_news: true };
                let before = self.lines.insert(key.clone(), line);
                news.extend(before.filter(|before| before.is_news).map(|before| (room.clone(), before.id, before.row)));
            }
        }
        news.extend(self.lines.get(&key).map(|line| (room.clone(), line.id.clone(), line.row.clone())));
        news
    }

    /// The database has, or will have, the last line of this room and subject.
    fn handed_over(&mut self, room: &RoomKey, what: &str, passed: Duration) {
        if let Some(line) = self.lines.get_mut(&(room.clone(), what.to_owned())) {
            (line.written, line.is_news) = (Some(passed), false);
        }
    }

    /// All that was counted and not yet written.
    fn rest(&mut self) -> Vec<News> {
        let mut rest = Vec::new();
        for ((room, _), line) in &mut self.lines {
            if std::mem::take(&mut line.is_news) {
                rest.push((room.clone(), line.id.clone(), line.row.clone()));
            }
        }
        rest
    }
}

impl Store {
    /// Adds a line to a room's story: `what` is one word (`check`, `wait`, `candidate`, …), `detail` what there is to
    /// say of it, without secrets. Never waits: when the database has too much to do, the line is lost.
    pub fn story(&self, room: &RoomKey, what: &str, detail: &str) {
        let (now, passed) = (self.0.clock.now(), self.0.clock.passed());
        let detail = detail.get(..detail.floor_char_boundary(DETAIL)).unwrap_or_default();
        let mut pad = self.0.pad.lock().unwrap_or_else(PoisonError::into_inner);
        let news = pad.tell(room, what, detail, now, passed);
        if news.is_empty() {
            return;
        }
        let order = self.0.orders.try_send(Box::new(move |file| {
            if let Err(error) = file.run(|connection| write(connection, &news).map(Ok)) {
                tracing::debug!(%error, "cannot note a room's story");
            }
        }));
        if order.is_ok() {
            pad.handed_over(room, what, passed);
        }
    }

    /// A room's story by platform and id, in the order in which it happened. Ids are compared as they are shown.
    ///
    /// # Errors
    /// The database does not work.
    pub async fn stories(&self, platform: &str, room: &str) -> Result<Vec<StoryRow>, StoreError> {
        let (platform, room) = (platform.to_owned(), shown_id(room));
        self.ask(move |file| {
            file.run(|connection| {
                let sql = "SELECT * FROM story WHERE platform = ?1 AND room = ?2 ORDER BY last_at, id";
                connection.prepare_cached(sql)?.query_map([&platform, &room], read)?.collect::<Result<_, _>>().map(Ok)
            })
        })
        .await
    }

    /// Writes what was only counted.
    pub(super) async fn finish_stories(&self) {
        let rest = self.0.pad.lock().unwrap_or_else(PoisonError::into_inner).rest();
        if rest.is_empty() {
            return;
        }
        if let Err(error) = self.ask(move |file| file.run(|connection| write(connection, &rest).map(Ok))).await {
            tracing::debug!(%error, "cannot note the rooms' stories");
        }
    }
}

fn write(connection: &mut Connection, news: &[News]) -> rusqlite::Result<()> {
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (room, id, row) in news {
        let (platform, room) = (&room.platform, room.shown_id());
        let sql = "INSERT INTO story (id, platform, room, at, last_at, count, what, detail)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                   ON CONFLICT (id) DO UPDATE SET last_at = excluded.last_at, count = excluded.count";
        let (at, last_at, count) = (ms(row.at), ms(row.last_at), i64::try_from(row.count).unwrap_or(i64::MAX));
        change.prepare_cached(sql)?.execute(params![id, platform, room, at, last_at, count, row.what, row.detail])?;
        let sql = "DELETE FROM story WHERE platform = ?1 AND room = ?2 AND id IN (
                     SELECT id FROM story WHERE platform = ?1 AND room = ?2 ORDER BY last_at DESC, id DESC
                     LIMIT -1 OFFSET ?3)";
        change.prepare_cached(sql)?.execute(params![platform, room, KEPT])?;
    }
    change.commit()
}

fn read(row: &Row<'_>) -> rusqlite::Result<StoryRow> {
    Ok(StoryRow {
        at: time(row.get("at")?),
        last_at: time(row.get("last_at")?),
        count: u64::try_from(row.get::<_, i64>("count")?).unwrap_or_default(),
        what: row.get("what")?,
        detail: row.get("detail")?,
    })
}

#[cfg(test)]
mod tests;
