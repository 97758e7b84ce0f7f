//! Files of the program's own that are whole whenever somebody sees them: written beside their name, synced, renamed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Who may open a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    /// Whom the process's mask lets.
    Usual,
    /// The user alone.
    User,
}

/// Puts a file in place, also of one that is there. The folder has to be there; where it fails nothing has changed.
/// Blocks.
///
/// # Errors
/// The system's, with the path.
pub(super) fn replace(file: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    with_draft(file, bytes, readers, |draft| fs::rename(draft, file))
}

/// The same where nobody has such a file yet: one that is there stays, for somebody may have it mapped.
///
/// # Errors
/// As those of [`replace`].
pub(super) fn add(file: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    with_draft(file, bytes, readers, |draft| match fs::hard_link(draft, file) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // Not every file system links; a rename over a file that another process made just now swaps the name alone.
        Err(_) => fs::rename(draft, file),
        Ok(()) => Ok(()),
    })
}

fn with_draft(
    file: &Path,
    bytes: &[u8],
    readers: Readers,
    publish: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<()> {
    // A name that begins with a dot is looked at by nobody, whatever the folder is for.
    let draft = file.with_file_name(format!(".{}.tmp", crate::event::new_id()));
    let written = write(&draft, bytes, readers).map_err(|error| told(&draft, &error));
    let published = written.and_then(|()| publish(&draft).map_err(|error| told(file, &error)));
    // It is gone by now where it was renamed; else the first error counts.
    let _ = fs::remove_file(&draft);
    published
}

fn write(draft: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let mode = match readers {
        Readers::Usual => 0o666,
        Readers::User => 0o600,
    };
    let mut file = File::options().write(true).create_new(true).mode(mode).open(draft)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn told(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests;
