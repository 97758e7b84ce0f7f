//! The tables, and how an older file becomes a newer one: one step a version, never changed once it is out.

use rusqlite::{Connection, TransactionBehavior};

/// Step `n` leads from `user_version` n to n + 1.
const STEPS: [&str; 1] = ["
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
"];

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
