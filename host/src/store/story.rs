//! Each room's story: what was asked, answered and decided, line by line, for the person who looks why a room is not
//! recorded.
//!
//! Telling it costs its teller nothing: it never waits, and what says the same as before is counted.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, Row, TransactionBehavior, params};
use uuid::Uuid;

use super::sessions::{ms, time};
use super::{Store, StoreError};
use crate::model::{RoomKey, shown_id};

/// Lines kept of a room.
const KEPT: u32 = 200;

/// Seconds: a line that repeats itself is written at most this often.
const COUNTED: u32 = 60;

/// Lines that repeat themselves are written together, so many or after so many seconds: each write by itself would be a
/// third of what it costs to watch thousands of dark rooms.
const GATHERED: (usize, u32) = (64, 10);

/// Bytes of a line's detail.
const DETAIL: usize = 1 << 10;

/// Rooms whose last lines are remembered for counting. More than that tell each line anew.
const REMEMBERED: usize = 25_000;

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
    rooms: HashMap<Arc<RoomKey>, Vec<Line>>,
    /// Lines that have repeated themselves for long enough to be written, by room and subject.
    due: Vec<(Arc<RoomKey>, &'static str)>,
    /// When the first of them was: the second.
    due_since: u32,
}

/// A row that is not read back: there are some of it for each of thousands of rooms.
struct Line {
    id: Uuid,
    what: &'static str,
    detail: Box<str>,
    /// Milliseconds since 1970, as the database has them.
    at: i64,
    last_at: i64,
    count: u32,
    /// The second in which it was last handed to the database, as `Clock::passed` has it; none while it has not been.
    written: Option<u32>,
    is_news: bool,
    is_due: bool,
}

/// What is handed to the database.
struct News {
    room: Arc<RoomKey>,
    id: Uuid,
    at: i64,
    last_at: i64,
    count: u32,
    what: &'static str,
    detail: Box<str>,
    /// The database has no line of this id yet.
    is_first: bool,
}

impl Line {
    fn new(what: &'static str, detail: &str, now: SystemTime) -> Line {
        let (at, last_at, count) = (ms(now), ms(now), 1);
        let (id, detail, written) = (Uuid::now_v7(), detail.into(), None);
        Line { id, what, detail, at, last_at, count, written, is_news: true, is_due: false }
    }

    fn news(&self, room: &Arc<RoomKey>) -> News {
        let Line { id, what, at, last_at, count, .. } = *self;
        let (room, detail, is_first) = (Arc::clone(room), self.detail.clone(), self.written.is_none());
        News { room, id, at, last_at, count, what, detail, is_first }
    }
}

/// Whole seconds, which is exact enough for what is counted by the minute.
fn second(passed: Duration) -> u32 {
    u32::try_from(passed.as_secs()).unwrap_or(u32::MAX)
}

impl Pad {
    /// Takes a line in; gives back what is to be written now.
    fn tell(&mut self, room: &Arc<RoomKey>, what: &'static str, detail: &str, at: (SystemTime, u32)) -> Vec<News> {
        let (now, passed) = at;
        if self.rooms.len() >= REMEMBERED {
            self.rooms.clear();
        }
        let lines = self.rooms.entry(Arc::clone(room)).or_default();
        let mut news = Vec::new();
        match lines.iter_mut().find(|line| line.what == what) {
            Some(line) if *line.detail == *detail => {
                line.count = line.count.saturating_add(1);
                (line.last_at, line.is_news) = (ms(now), true);
                let is_old = line.written.is_none_or(|written| passed.saturating_sub(written) >= COUNTED);
                if is_old && !std::mem::replace(&mut line.is_due, true) {
                    self.due_since = if self.due.is_empty() { passed } else { self.due_since };
                    self.due.push((Arc::clone(room), what));
                }
            }
            Some(line) => {
                let before = std::mem::replace(line, Line::new(what, detail, now));
                news.extend(before.is_news.then(|| before.news(room)));
                news.push(line.news(room));
            }
            None => {
                let line = Line::new(what, detail, now);
                news.push(line.news(room));
                // Few subjects a room: no place is kept for more.
                lines.reserve_exact(1);
                lines.push(line);
            }
        }
        let (most, longest) = GATHERED;
        if !news.is_empty() || self.due.len() >= most || passed.saturating_sub(self.due_since) >= longest {
            self.gather(&mut news);
        }
        news
    }

    /// Adds what is due.
    fn gather(&mut self, news: &mut Vec<News>) {
        for (room, what) in std::mem::take(&mut self.due) {
            let lines = self.rooms.get_mut(&room).into_iter().flatten();
            for line in lines.filter(|line| line.is_due && line.what == what) {
                line.is_due = false;
                news.push(line.news(&room));
            }
        }
    }

    /// The database has, or will have, this line.
    fn handed_over(&mut self, room: &RoomKey, id: Uuid, passed: u32) {
        let lines = self.rooms.get_mut(room).into_iter().flatten();
        for line in lines.filter(|line| line.id == id) {
            (line.written, line.is_news) = (Some(passed), false);
        }
    }

    /// All that was counted and not yet written.
    fn rest(&mut self) -> Vec<News> {
        let mut rest = Vec::new();
        for (room, lines) in &mut self.rooms {
            for line in lines {
                if std::mem::take(&mut line.is_news) {
                    rest.push(line.news(room));
                }
            }
        }
        rest
    }
}

impl Store {
    /// Adds a line to a room's story: `what` is one word (`check`, `wait`, `candidate`, …), `detail` what there is to
    /// say of it, without secrets. Never waits: when the database has too much to do, the line is lost.
    pub fn story(&self, room: &Arc<RoomKey>, what: &'static str, detail: &str) {
        let (now, passed) = (self.0.clock.now(), second(self.0.clock.passed()));
        let detail = detail.get(..detail.floor_char_boundary(DETAIL)).unwrap_or_default();
        let mut pad = self.0.pad.lock().unwrap_or_else(PoisonError::into_inner);
        let news = pad.tell(room, what, detail, (now, passed));
        if news.is_empty() {
            return;
        }
        let told: Vec<_> = news.iter().map(|news| (Arc::clone(&news.room), news.id)).collect();
        let order = self.0.orders.try_send(Box::new(move |file| {
            if let Err(error) = file.run(|connection| write(connection, &news).map(Ok)) {
                tracing::debug!(%error, "cannot note a room's story");
            }
        }));
        if order.is_ok() {
            told.iter().for_each(|(room, id)| pad.handed_over(room, *id, passed));
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
    for News { room, id, at, last_at, count, what, detail, is_first } in news {
        let (platform, room) = (&room.platform, room.shown_id());
        let sql = "INSERT INTO story (id, platform, room, at, last_at, count, what, detail)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                   ON CONFLICT (id) DO UPDATE SET last_at = excluded.last_at, count = excluded.count";
        let id = id.to_string();
        change.prepare_cached(sql)?.execute(params![id, platform, room, at, last_at, count, what, detail])?;
        if !is_first {
            continue;
        }
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
