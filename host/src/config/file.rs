//! Files that the user names: only what is a file is read, and nothing that could keep its reader waiting.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// Opens a file to read. Looks at it first: opening a FIFO would wait for whoever writes to it, maybe for ever. One that
/// takes the file's place in between waits for nobody either, and is found to be none.
///
/// # Errors
/// It cannot be opened, or is a folder, a FIFO or a device.
pub fn open_file(path: &Path) -> io::Result<File> {
    is_file(&std::fs::metadata(path)?)?;
    let file = File::options().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path)?;
    is_file(&file.metadata()?)?;
    Ok(file)
}

fn is_file(facts: &std::fs::Metadata) -> io::Result<()> {
    let kind = facts.file_type();
    match kind.is_file() {
        true => Ok(()),
        false if kind.is_dir() => Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder")),
        false => Err(io::Error::other("it is no file but a pipe or a device")),
    }
}

/// The text of a file that [`open_file`] opens.
///
/// # Errors
/// It cannot be opened or read, or is not UTF-8.
pub(super) fn text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    open_file(path)?.read_to_string(&mut text)?;
    Ok(text)
}

/// The same for bytes of any kind.
pub(super) fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_file(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}
