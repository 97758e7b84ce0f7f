//! The tables, and how an older file becomes a newer one: one step a version, never changed once it is out.

use rusqlite::{Connection, TransactionBehavior};

/// Step `n` leads from `user_version` n to n + 1.
const STEPS: [&str; 2] = [KEY_VALUES, STORIES];

const KEY_VALUES: &str = "
    CREATE TABLE kv (
        plugin  TEXT NOT NULL,
        key     TEXT NOT NULL,
        value   BLOB NOT NULL,
        expires INTEGER,            -- seconds since the Unix epoch; NULL = never
        PRIMARY KEY (plugin, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE resolved (
        plugin TEXT NOT NULL,
        input  TEXT NOT NULL,
        id     TEXT NOT NULL,
        PRIMARY KEY (plugin, input)
    ) STRICT, WITHOUT ROWID;
";

/// Times are milliseconds since the Unix epoch. Nothing refers to a session's row by a foreign key: a segment that was
/// made whole, or a notice that is owed, counts also where that row was lost.
const STORIES: &str = "
    CREATE TABLE session (
        id         TEXT PRIMARY KEY,
        platform   TEXT NOT NULL,
        room       TEXT NOT NULL,   -- the canonical id
        input      TEXT NOT NULL,   -- what the user wrote
        broadcast  TEXT NOT NULL,   -- JSON
        owner      TEXT NOT NULL,   -- name of the lock file of the program that records it
        started_at INTEGER NOT NULL,
        seen_at    INTEGER NOT NULL,
        ended_at   INTEGER,         -- NULL = it is not over
        why        TEXT,
        folder     TEXT,            -- of its files, below the output folder
        stem       TEXT,
        number     INTEGER NOT NULL -- of its last segment; 0 = none yet
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX session_by_start ON session (started_at);
    CREATE INDEX session_open ON session (started_at) WHERE ended_at IS NULL;
    CREATE TABLE segment (
        session     TEXT NOT NULL,
        file        TEXT NOT NULL,
        bytes       INTEGER NOT NULL,
        duration_ms INTEGER NOT NULL,
        state       TEXT NOT NULL,
        opened_at   INTEGER NOT NULL,
        PRIMARY KEY (session, file)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE gap (
        id      TEXT PRIMARY KEY,   -- the event's
        session TEXT NOT NULL,
        cause   TEXT NOT NULL,
        at_ms   INTEGER NOT NULL,
        lost_ms INTEGER NOT NULL,
        file    TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX gap_by_session ON gap (session);
    CREATE TABLE notice (
        session      TEXT NOT NULL,
        target       TEXT NOT NULL,
        plugin       TEXT NOT NULL,
        event        TEXT NOT NULL, -- JSON, as the notifier gets it
        state        TEXT NOT NULL,
        receipt      TEXT,
        wanted_at    INTEGER NOT NULL,
        doubted_at   INTEGER,
        announced_at INTEGER,
        over_at      INTEGER,
        retracted_at INTEGER,
        PRIMARY KEY (session, target)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX notice_owed ON notice (session)
        WHERE state IN ('wanted', 'calling', 'doubt') OR (state = 'told' AND receipt IS NOT NULL);
    CREATE TABLE event (
        id       TEXT PRIMARY KEY,  -- UUIDv7: in the order of time
        at       INTEGER NOT NULL,
        time     TEXT NOT NULL,
        type     TEXT NOT NULL,
        platform TEXT,
        room     TEXT,
        session  TEXT,
        data     TEXT NOT NULL      -- JSON
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX event_by_age ON event (at);
    CREATE TABLE story (
        id       TEXT PRIMARY KEY,  -- UUIDv7
        platform TEXT NOT NULL,
        room     TEXT NOT NULL,
        at       INTEGER NOT NULL,
        last_at  INTEGER NOT NULL,
        count    INTEGER NOT NULL,
        what     TEXT NOT NULL,
        detail   TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX story_by_room ON story (platform, room, last_at);
";

/// The first version whose tables a reader asks for.
const READABLE: u32 = 2;

/// Whether a file has all that a reader asks for.
pub(super) fn is_readable(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0)).map(|version| version >= READABLE)
}

/// Brings a file up to date. One that a newer program has made is used as it is: its tables only grow.
pub(super) fn prepare(connection: &mut Connection) -> rusqlite::Result<()> {
    let version = |connection: &Connection| connection.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0));
    let newest = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    if version(connection)? >= newest {
        return Ok(());
    }
    // Two programs may start at once: the second one waits here and finds the work done.
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let from = usize::try_from(version(&change)?).unwrap_or(usize::MAX);
    for step in STEPS.iter().skip(from) {
        change.execute_batch(step)?;
    }
    change.pragma_update(None, "user_version", newest.max(version(&change)?))?;
    change.commit()
}
