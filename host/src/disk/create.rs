//! How a file comes into being: folder, free stem, sidecar, `.part`, lock, head. Blocking.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{self, AtFlags, OFlags};
use rustix::io::Errno;

use super::beneath::{self, Beneath, sync_folder};
use super::fault::{DiskError, DiskFault};
use super::open::{Open, Opening};
use super::output::NewFile;
use super::root::{Space, space};

/// How many names are tried: more files of one stem are a mistake in the template.
pub(super) const TRIES: u32 = 999;

/// The ending of a file that grows.
pub(super) const PART: &str = "part";
/// The extension of sidecars.
pub(super) const SIDECAR: &str = "json";

const NEW: OFlags = OFlags::CREATE.union(OFlags::EXCL).union(OFlags::RDWR);

/// Makes what the caller of [`super::Root::create`] asked for.
pub(super) fn create(beneath: &Beneath, top: &Path, new: &NewFile) -> Result<Open, DiskError> {
    let name = new.folder.join(format!("{}.{}", new.stem, new.ext)).display().to_string();
    let folder =
        beneath.make_folder(&new.folder).map_err(|error| refused("make the folder of", &name, beneath.top(), error))?;
    let names = beneath::list(&folder).map_err(|error| DiskError::new("read the folder of", &name, error))?;
    for number in 1..=TRIES {
        let stem = numbered(&new.stem, number);
        if is_taken(&names, &stem) {
            continue;
        }
        let file = match start(&folder, &stem, new) {
            Ok(Some(file)) => file,
            Ok(None) => continue,
            Err(error) => return Err(refused("make", &name, &folder, error)),
        };
        let name = new.folder.join(format!("{stem}.{}", new.ext)).display().to_string();
        let bytes = u64::try_from(new.head.len()).unwrap_or(u64::MAX);
        let (path, ext) = (top.join(&new.folder), new.ext.clone());
        let (hash, open_name) = (new.hash.clone(), name.clone());
        return Open::new(Opening { file, folder, path, name: open_name, stem, ext, bytes, hash })
            .map_err(|error| DiskError::new("make", &name, error));
    }
    Err(DiskError::plain("make", &name, DiskFault::Taken))
}

/// `STEM`, `STEM (2)`, `STEM (3)`…
pub(super) fn numbered(stem: &str, number: u32) -> String {
    if number < 2 { stem.to_owned() } else { format!("{stem} ({number})") }
}

/// Whether any of the names is a file of this stem: the stem, a dot, and what looks like one or two extensions.
pub(super) fn is_taken(names: &[(String, fs::FileType)], stem: &str) -> bool {
    let extension =
        |text: &str| (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let of_stem = |name: &str| {
        let Some(rest) = name.strip_prefix(stem) else { return false };
        let Some(rest) = rest.strip_prefix('.') else { return rest.is_empty() };
        rest.split('.').count() <= 3 && rest.split('.').all(extension)
    };
    names.iter().any(|(name, _)| of_stem(name))
}

/// Sidecar, file, lock and head; none when the stem was taken in this moment. Leaves nothing behind on an error.
fn start(folder: &OwnedFd, stem: &str, new: &NewFile) -> Result<Option<File>, std::io::Error> {
    let sidecar_name = format!("{stem}.{SIDECAR}");
    let part_name = format!("{stem}.{}.{PART}", new.ext);
    let Some(mut sidecar) = make(folder, &sidecar_name)? else { return Ok(None) };
    let made = fill(&mut sidecar, &new.sidecar).and_then(|()| make(folder, &part_name));
    let mut file = match made {
        Ok(Some(file)) => file,
        other => {
            remove(folder, &sidecar_name);
            return other;
        }
    };
    let done = match lock(&file) {
        Ok(Lock::Busy) => {
            // Somebody salvages the file in the moment of its birth: it and its sidecar are his to remove.
            return Ok(None);
        }
        Ok(Lock::Held | Lock::Unknown) => fill(&mut file, &new.head).and_then(|()| Ok(sync_folder(folder).map(drop)?)),
        Err(error) => Err(error),
    };
    if let Err(error) = done {
        remove(folder, &part_name);
        remove(folder, &sidecar_name);
        return Err(error);
    }
    // A salvager may have removed the pair between our open and our lock.
    let there = fs::fstat(&file).is_ok_and(|stat| stat.st_nlink > 0);
    Ok(there.then_some(file))
}

fn make(folder: &OwnedFd, name: &str) -> Result<Option<File>, std::io::Error> {
    match beneath::file(folder, name, NEW) {
        Ok(file) => Ok(Some(file)),
        Err(Errno::EXIST) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn fill(file: &mut File, content: &[u8]) -> Result<(), std::io::Error> {
    file.write_all(content)?;
    Ok(fs::fdatasync(&*file)?)
}

/// Removes what this process made; whether that works changes nothing.
pub(super) fn remove(folder: impl AsFd, name: &str) {
    let _ = fs::unlinkat(folder, name, AtFlags::empty());
}

/// How a try to lock went.
pub(super) enum Lock {
    /// Ours, until the file is closed.
    Held,
    /// Another open file has it.
    Busy,
    /// The file system knows no locks.
    Unknown,
}

/// Tries to lock the file for this process alone.
pub(super) fn lock(file: &File) -> Result<Lock, std::io::Error> {
    match file.try_lock() {
        Ok(()) => Ok(Lock::Held),
        Err(TryLockError::WouldBlock) => Ok(Lock::Busy),
        Err(TryLockError::Error(error)) => match Errno::from_io_error(&error) {
            Some(Errno::NOTSUP | Errno::NOLCK | Errno::NOSYS | Errno::INVAL) => Ok(Lock::Unknown),
            _ => Err(error),
        },
    }
}

/// Inodes that a file and its sidecar need; the sidecar is gone again when the file could not be made.
const INODES: u64 = 2;

/// ENOSPC means two things; the volume knows which.
fn refused(doing: &'static str, name: &str, folder: impl AsFd, error: impl Into<std::io::Error>) -> DiskError {
    let mut error = DiskError::new(doing, name, error);
    let few = |space: Space| space.free_inodes.is_some_and(|free| free < INODES) && space.free_bytes > 0;
    if error.fault == DiskFault::Full && space(folder, name).is_ok_and(few) {
        error.fault = DiskFault::Inodes;
    }
    error
}
