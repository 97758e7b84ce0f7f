//! The SQLite file as somebody sees it who must not change it: not the file, not what lies beside it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::schema;

/// A connection for one question. Where there is no file, or one without stories, an empty one in memory answers.
///
/// A reader opens anew for every question: what lies beside the file changes while others work.
pub(super) fn open(file: &Path) -> rusqlite::Result<Connection> {
    if !file.is_file() {
        return nothing();
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let mut wal = file.as_os_str().to_owned();
    wal.push("-wal");
    let connection = match uri(file).filter(|_| !Path::new(&wal).exists()) {
        // Nobody writes. Without this word SQLite would make a log and an index of it beside the file.
        Some(uri) => Connection::open_with_flags(uri, flags)?,
        None => Connection::open_with_flags(file, flags)?,
    };
    connection.busy_timeout(super::file::BUSY)?;
    if schema::is_readable(&connection)? { Ok(connection) } else { nothing() }
}

fn nothing() -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    schema::prepare(&mut connection)?;
    Ok(connection)
}

fn uri(file: &Path) -> Option<String> {
    let mut uri = url::Url::from_file_path(std::path::absolute(file).ok()?).ok()?;
    uri.set_query(Some("immutable=1"));
    Some(uri.into())
}
