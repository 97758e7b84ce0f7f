//! The SQLite file as somebody sees it who must not change it: not the file, not what lies beside it.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

use super::{file, schema};

/// A connection for one question. Where there is no file, or one without stories, an empty one in memory answers.
///
/// A reader opens anew for every question: what lies beside the file changes while others work.
pub(super) fn open(place: &Path) -> rusqlite::Result<Connection> {
    if !place.is_file() {
        return file::in_memory();
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let mut wal = place.as_os_str().to_owned();
    wal.push("-wal");
    let connection = match uri(place).filter(|_| !Path::new(&wal).exists()) {
        // Nobody writes. Without this word SQLite would make a log and an index of it beside the file.
        Some(uri) => Connection::open_with_flags(uri, flags)?,
        None => Connection::open_with_flags(place, flags)?,
    };
    connection.busy_timeout(file::BUSY)?;
    if schema::is_readable(&connection)? { Ok(connection) } else { file::in_memory() }
}

/// What plugins keep in the file, in memory. What cannot be read is not there: a plugin can ask for all of it again.
pub(super) fn copy(place: &Path) -> rusqlite::Result<Connection> {
    let copy = file::in_memory()?;
    let copied = open(place).and_then(|from| {
        for (read, write) in [
            ("SELECT plugin, key, value, expires FROM kv", "INSERT INTO kv VALUES (?1, ?2, ?3, ?4)"),
            ("SELECT plugin, input, id FROM resolved", "INSERT INTO resolved VALUES (?1, ?2, ?3)"),
        ] {
            let (mut read, mut write) = (from.prepare(read)?, copy.prepare(write)?);
            let columns = write.parameter_count();
            let mut rows = read.query([])?;
            while let Some(row) = rows.next()? {
                let values = (0..columns).map(|column| row.get::<_, Value>(column)).collect::<Result<Vec<_>, _>>()?;
                write.execute(rusqlite::params_from_iter(values))?;
            }
        }
        Ok(())
    });
    if let Err(error) = copied {
        tracing::debug!(error = %error, "the database cannot be read, plugins begin without their store");
    }
    Ok(copy)
}

fn uri(file: &Path) -> Option<String> {
    let mut uri = url::Url::from_file_path(std::path::absolute(file).ok()?).ok()?;
    uri.set_query(Some("immutable=1"));
    Some(uri.into())
}
