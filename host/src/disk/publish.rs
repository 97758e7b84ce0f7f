//! How a file gets its final name: never over another one, and never before its bytes are safe. Blocking.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use rustix::fs::{self, AtFlags, OFlags, RenameFlags};
use rustix::io::{Errno, Result};

use super::beneath::{self, is_name, sync_folder};
use super::create::{PART, SIDECAR, TRIES, is_taken, numbered, remove};
use super::fault::{DiskError, DiskFault};
use super::open::Open;

/// Renames the file from `STEM.EXT.part` to `STEM.EXT`, or to the next free stem when that name was taken meanwhile.
/// The sidecar comes first: a crash in between leaves a `.part` that is salvaged, never a whole file that is called
/// unfinished.
pub(super) fn publish(open: &Open, sidecar: Option<&[u8]>) -> std::result::Result<PathBuf, DiskError> {
    let refused = |error: Errno| DiskError::new("give its name to", open.name(), error);
    open.ask().map_err(|error| DiskError::new("give its name to", open.name(), error))?;
    if let Some(json) = sidecar {
        replace_sidecar(open, json)?;
    }
    let folder = open.folder();
    let mut stem = open.stem();
    let part = format!("{stem}.{}.{PART}", open.ext());
    let base = stem.clone();
    let mut number = 1;
    let name = loop {
        let name = format!("{stem}.{}", open.ext());
        match rename_new(folder, &part, &name) {
            Ok(()) => break name,
            Err(Errno::EXIST) => *stem = move_sidecar(folder, &stem, &base, &mut number, open.name())?,
            Err(error) => return Err(refused(error)),
        }
    };
    if sidecar.is_none() {
        remove(folder, &format!("{stem}.{SIDECAR}"));
    }
    sync_folder(folder).map_err(refused)?;
    Ok(open.path().join(name))
}

/// Moves the sidecar to the next free stem, which reserves it.
fn move_sidecar(
    folder: &OwnedFd,
    stem: &str,
    base: &str,
    number: &mut u32,
    name: &str,
) -> std::result::Result<String, DiskError> {
    let refused = |error: Errno| DiskError::new("give its name to", name, error);
    let names = beneath::list(folder).map_err(refused)?;
    while *number < TRIES {
        *number += 1;
        let next = numbered(base, *number);
        if is_taken(&names, &next) {
            continue;
        }
        match rename_new(folder, &format!("{stem}.{SIDECAR}"), &format!("{next}.{SIDECAR}")) {
            // Somebody removed the sidecar: the file is worth more.
            Ok(()) | Err(Errno::NOENT) => return Ok(next),
            Err(Errno::EXIST) => {}
            Err(error) => return Err(refused(error)),
        }
    }
    Err(DiskError::plain("give its name to", name, DiskFault::Taken))
}

/// Replaces the sidecar: a new file, synced, renamed over the old one. On a full volume it is written in place, as long
/// as it needs no block that is not there already: half a sidecar would be none.
pub(super) fn replace_sidecar(open: &Open, json: &[u8]) -> std::result::Result<(), DiskError> {
    let stem = open.stem().clone();
    let name = format!("{stem}.{SIDECAR}");
    // The stem is reserved, so this name is ours as well.
    let fresh = format!("{name}.tmp");
    let write = |name: &str| -> std::io::Result<File> {
        let mut file = beneath::file(open.folder(), name, OFlags::CREATE | OFlags::WRONLY)?;
        file.write_all(json)?;
        file.set_len(u64::try_from(json.len()).unwrap_or(u64::MAX))?;
        Ok(file)
    };
    let written = match write(&fresh) {
        // A sync that fails says that the volume takes nothing: there the old one is left as it is.
        Ok(file) => fs::fdatasync(&file).and_then(|()| fs::renameat(open.folder(), &*fresh, open.folder(), &*name)),
        Err(error) if error.kind() == std::io::ErrorKind::StorageFull && has_room(open.folder(), &name, json.len()) => {
            remove(open.folder(), &fresh);
            let written = write(&name).and_then(|file| Ok(fs::fdatasync(&file)?));
            return written.map_err(|error| DiskError::new("write the sidecar of", open.name(), error));
        }
        Err(error) => {
            remove(open.folder(), &fresh);
            return Err(DiskError::new("write the sidecar of", open.name(), error));
        }
    };
    written.map_err(|error| {
        remove(open.folder(), &fresh);
        DiskError::new("write the sidecar of", open.name(), error)
    })
}

/// Whether a file has the blocks for so many bytes.
pub(super) fn has_room(folder: &OwnedFd, name: &str, bytes: usize) -> bool {
    /// What `stat` counts in, whatever the file system's own are.
    const BLOCK: u64 = 512;
    let stat = fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW);
    let blocks = stat.ok().and_then(|stat| u64::try_from(stat.st_blocks).ok()).unwrap_or(0);
    u64::try_from(bytes).is_ok_and(|bytes| bytes <= blocks.saturating_mul(BLOCK))
}

/// Renames, unless the new name exists: then `EXIST`.
pub(super) fn rename_new(folder: &OwnedFd, from: &str, to: &str) -> Result<()> {
    if !is_name(from) || !is_name(to) {
        return Err(Errno::XDEV);
    }
    match fs::renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => link_new(folder, from, to),
        other => other,
    }
}

/// For file systems that cannot rename so (NFS, some FUSE): a link fails where the name exists.
pub(super) fn link_new(folder: &OwnedFd, from: &str, to: &str) -> Result<()> {
    match fs::linkat(folder, from, folder, to, AtFlags::empty()) {
        Ok(()) => fs::unlinkat(folder, from, AtFlags::empty()),
        Err(Errno::PERM | Errno::NOTSUP | Errno::NOSYS | Errno::MLINK) => reserve_new(folder, from, to),
        Err(error) => Err(error),
    }
}

/// For file systems without links (exFAT, SMB): the name is reserved by an empty file, and renamed over.
pub(super) fn reserve_new(folder: &OwnedFd, from: &str, to: &str) -> Result<()> {
    beneath::file(folder, to, OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY)?;
    fs::renameat(folder, from, folder, to).inspect_err(|_| remove(folder, to))
}
