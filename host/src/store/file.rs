//! The SQLite file, as its own thread sees it: opened when needed, put aside when broken.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};

use super::{MAX_PLUGIN, StoreError, reader, schema};
use crate::clock::Clock;

const NAME: &str = "lyrebird.db";

/// How long another program may hold the file.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// How often a file is tried that another program is just making.
const TRIES: u32 = 50;

/// How long one of these tries waits for a lock, and the longest pause between two: all of them together take no
/// longer than [`BUSY`].
const STEP: Duration = Duration::from_millis(50);

/// Pages of the file that SQLite keeps.
const CACHE_KIB: i32 = 256;

/// Pause before a file that cannot be opened is tried again.
const AGAIN: Duration = Duration::from_secs(30);

/// What may be done to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Everything: it is made, brought up to date, put aside.
    Full,
    /// It is looked at.
    Read,
    /// A copy in memory of what plugins keep, for as long as it is open: changed at will, and never written.
    Copy,
    /// There is none: an empty one in memory.
    Nothing,
}

pub(super) struct File {
    dir: PathBuf,
    access: Access,
    clock: Clock,
    open: Option<Connection>,
    /// Why it is not open, and when that was.
    trouble: Option<(String, Duration)>,
}

impl File {
    pub(super) fn new(dir: &Path, clock: Clock, access: Access) -> File {
        File { dir: dir.to_owned(), access, clock, open: None, trouble: None }
    }

    /// Opens the file ahead of the first question, and throws out what is over.
    pub(super) fn wake(&mut self) {
        if self.access == Access::Read {
            return;
        }
        let now = self.now();
        let cleaned = self.run(|connection| {
            connection.execute("DELETE FROM kv WHERE expires <= ?1", [now])?;
            Ok(Ok(()))
        });
        if let Err(error) = cleaned {
            tracing::warn!(error = %error, "the database does not work; recordings go on without it");
        }
    }

    pub(super) fn close(&mut self) {
        self.open = None;
    }

    pub(super) fn kv_get(&mut self, plugin: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let now = self.now();
        self.run(|connection| {
            // The time stays out of it: SQLite plans a query anew for each value that something is compared with.
            let sql = "SELECT value, expires FROM kv WHERE plugin = ?1 AND key = ?2";
            let read = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?));
            let found = connection.prepare_cached(sql)?.query_row([plugin, key], read).optional()?;
            let kept = found.filter(|(_, expires)| expires.is_none_or(|expires| expires > now));
            Ok(Ok(kept.map(|(value, _)| value)))
        })
    }

    pub(super) fn kv_set(
        &mut self,
        plugin: &str,
        key: &str,
        value: &[u8],
        ttl: Option<Duration>,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let expires = ttl.map(|ttl| now.saturating_add(i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX)));
        self.run(|connection| {
            let change = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            change
                .prepare_cached("DELETE FROM kv WHERE plugin = ?1 AND expires <= ?2")?
                .execute(params![plugin, now])?;
            let sql = "SELECT COALESCE(SUM(octet_length(key) + octet_length(value)), 0) FROM kv
                       WHERE plugin = ?1 AND key <> ?2";
            let used: i64 = change.prepare_cached(sql)?.query_row(params![plugin, key], |row| row.get(0))?;
            let used = usize::try_from(used).unwrap_or(usize::MAX);
            if used.saturating_add(key.len()).saturating_add(value.len()) > MAX_PLUGIN {
                return Ok(Err(StoreError::Quota));
            }
            change
                .prepare_cached("INSERT OR REPLACE INTO kv (plugin, key, value, expires) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![plugin, key, value, expires])?;
            change.commit().map(Ok)
        })
    }

    pub(super) fn kv_delete(&mut self, plugin: &str, key: &str) -> Result<(), StoreError> {
        self.run(|connection| {
            let sql = "DELETE FROM kv WHERE plugin = ?1 AND key = ?2";
            connection.prepare_cached(sql)?.execute([plugin, key]).map(|_| Ok(()))
        })
    }

    pub(super) fn resolved(&mut self, plugin: &str, input: &str) -> Result<Option<String>, StoreError> {
        self.run(|connection| {
            let sql = "SELECT id FROM resolved WHERE plugin = ?1 AND input = ?2";
            connection.prepare_cached(sql)?.query_row([plugin, input], |row| row.get(0)).optional().map(Ok)
        })
    }

    pub(super) fn note_resolved(&mut self, plugin: &str, input: &str, id: &str) -> Result<(), StoreError> {
        self.run(|connection| {
            let sql = "INSERT OR REPLACE INTO resolved (plugin, input, id) VALUES (?1, ?2, ?3)";
            connection.prepare_cached(sql)?.execute([plugin, input, id]).map(|_| Ok(()))
        })
    }

    /// Runs one piece of work; when the file turns out to be broken, once more on a new one.
    pub(super) fn run<T>(
        &mut self,
        work: impl Fn(&mut Connection) -> rusqlite::Result<Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        match self.attempt(&work) {
            Ok(answer) => answer,
            Err(error) if is_broken(&error) && self.access == Access::Full => {
                self.put_aside(&error)?;
                self.attempt(&work).unwrap_or_else(|error| Err(failed(&error)))
            }
            Err(error) => Err(failed(&error)),
        }
    }

    fn attempt<T>(
        &mut self,
        work: impl Fn(&mut Connection) -> rusqlite::Result<Result<T, StoreError>>,
    ) -> rusqlite::Result<Result<T, StoreError>> {
        if self.access == Access::Read {
            return work(&mut reader::open(&self.dir.join(NAME))?);
        }
        if self.open.is_none() {
            if let Some((why, when)) = &self.trouble
                && self.clock.passed().saturating_sub(*when) < AGAIN
            {
                return Ok(Err(StoreError::Io(why.clone())));
            }
            let opened = match self.access {
                Access::Nothing => in_memory().map_err(Unopened::Sql),
                Access::Copy => reader::copy(&self.dir.join(NAME)).map_err(Unopened::Sql),
                Access::Full | Access::Read => patiently(|| open(&self.dir)),
            };
            match opened {
                Ok(connection) => self.open = Some(connection),
                Err(Unopened::Sql(error)) if is_broken(&error) => return Err(error),
                Err(unopened) => {
                    let why = format!("cannot open `{}`: {unopened}", self.dir.join(NAME).display());
                    self.trouble = Some((why.clone(), self.clock.passed()));
                    return Ok(Err(StoreError::Io(why)));
                }
            }
            self.trouble = None;
        }
        match &mut self.open {
            Some(connection) => work(connection),
            None => Ok(Err(StoreError::Io(String::from("the database is not open")))),
        }
    }

    /// Renames a broken file, so that a new one can be made and nothing is thrown away.
    fn put_aside(&mut self, error: &rusqlite::Error) -> Result<(), StoreError> {
        self.open = None;
        let aside = format!("{NAME}.broken-{}", self.now());
        tracing::warn!(error = %error, kept_as = %aside, "the database is broken, making a new one");
        for tail in ["", "-wal", "-shm"] {
            let renamed =
                std::fs::rename(self.dir.join(format!("{NAME}{tail}")), self.dir.join(format!("{aside}{tail}")));
            if let Err(error) = renamed
                && error.kind() != std::io::ErrorKind::NotFound
            {
                return Err(StoreError::Io(format!("cannot put the broken database aside: {error}")));
            }
        }
        Ok(())
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    fn now(&self) -> i64 {
        i64::try_from(self.clock.unix_seconds()).unwrap_or(i64::MAX)
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
enum Unopened {
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    #[error("cannot make the directory: {0}")]
    Dir(std::io::Error),
}

/// Tries until nobody else has the file. SQLite's own waiting does not cover the passage to WAL: of two programs that
/// have both begun to read an old file, the second one to write is refused at once, as waiting could be for ever.
fn patiently<T>(open: impl Fn() -> Result<T, Unopened>) -> Result<T, Unopened> {
    let mut pause = Duration::from_millis(1);
    for _ in 1..TRIES {
        match open() {
            Err(Unopened::Sql(error)) if is_busy(&error) => std::thread::sleep(pause),
            done => return done,
        }
        pause = (pause * 2).min(STEP);
    }
    open()
}

pub(super) fn in_memory() -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    schema::prepare(&mut connection)?;
    Ok(connection)
}

fn open(dir: &Path) -> Result<Connection, Unopened> {
    std::fs::create_dir_all(dir).map_err(Unopened::Dir)?;
    let mut connection = Connection::open(dir.join(NAME))?;
    connection.busy_timeout(STEP)?;
    // WAL: readers and the writer of several programs do not wait for each other. With it NORMAL survives a kill whole,
    // and a power cut without the last answers: all of them can be asked for again.
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // In KiB. The kernel has the whole file in its memory; a copy of ours would grow with the rooms.
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    schema::prepare(&mut connection)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

fn is_broken(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
}

fn failed(error: &rusqlite::Error) -> StoreError {
    StoreError::Io(format!("the database does not work: {error}"))
}
