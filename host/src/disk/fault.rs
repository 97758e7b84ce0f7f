//! What a volume can answer instead of doing what it was asked, in words that a person can act on.

use std::io;
use std::sync::Arc;

use rustix::io::Errno;

/// The kind of a fault: what the caller must tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskFault {
    /// No space is left (ENOSPC).
    Full,
    /// There is space, but no inode for one more file (ENOSPC with no inode free).
    Inodes,
    /// The user's or group's quota is used up (EDQUOT).
    Quota,
    /// The device failed (EIO).
    Io,
    /// The volume takes no writes (EROFS).
    ReadOnly,
    /// A name is longer than the file system takes (ENAMETOOLONG).
    NameTooLong,
    /// The file is larger than the file system or the user's limit takes (EFBIG).
    FileTooLarge,
    /// Permission is missing (EACCES, EPERM).
    Denied,
    /// The path leaves the output folder, or a symbolic link stands in its way.
    Outside,
    /// The folder or file is gone: deleted, moved, or its volume was unmounted.
    Gone,
    /// The process or the machine has no file descriptor left (EMFILE, ENFILE).
    Descriptors,
    /// No free name was found.
    Taken,
    /// A file of this very name is there.
    Exists,
    /// The volume does not answer.
    Stuck,
    /// Anything else; the cause says it.
    Other,
}

impl DiskFault {
    /// What the error of the system means.
    pub fn of(error: &io::Error) -> Self {
        let Some(errno) = Errno::from_io_error(error) else { return DiskFault::Other };
        match errno {
            Errno::NOSPC => DiskFault::Full,
            Errno::DQUOT => DiskFault::Quota,
            Errno::IO => DiskFault::Io,
            Errno::ROFS => DiskFault::ReadOnly,
            Errno::NAMETOOLONG => DiskFault::NameTooLong,
            Errno::FBIG => DiskFault::FileTooLarge,
            Errno::ACCESS | Errno::PERM => DiskFault::Denied,
            Errno::XDEV | Errno::LOOP | Errno::NOTDIR => DiskFault::Outside,
            Errno::NOENT | Errno::STALE | Errno::NODEV | Errno::NXIO => DiskFault::Gone,
            Errno::MFILE | Errno::NFILE => DiskFault::Descriptors,
            _ => DiskFault::Other,
        }
    }

    /// What it means, for people.
    pub fn words(self) -> &'static str {
        match self {
            DiskFault::Full => "no space is left on the volume",
            DiskFault::Inodes => "the volume has space but no inode left for another file",
            DiskFault::Quota => "the disk quota is used up",
            DiskFault::Io => "the device failed",
            DiskFault::ReadOnly => "the volume is read-only",
            DiskFault::NameTooLong => "the name is too long for this file system",
            DiskFault::FileTooLarge => "the file is larger than this file system or the user's limit takes",
            DiskFault::Denied => "permission is missing",
            DiskFault::Outside => "the path leaves the output folder, or leads through a symbolic link or a file",
            DiskFault::Gone => "it is gone: deleted, moved, or its volume was unmounted",
            DiskFault::Descriptors => "no file descriptor is left",
            DiskFault::Taken => "no free name was found",
            DiskFault::Exists => "it is there already, and nothing is overwritten",
            DiskFault::Stuck => "the volume does not answer",
            DiskFault::Other => "the system refused",
        }
    }
}

/// What a failed sync was doing.
pub(super) const SYNC: &str = "sync";

/// A request to a volume that failed: what was tried, with what, and why not. Cheap to clone, because everyone who
/// waits for the same file is told.
#[derive(Clone, Debug, thiserror::Error)]
#[error("cannot {doing} `{name}`: {}", fault.words())]
pub struct DiskError {
    /// What the caller must tell apart.
    pub fault: DiskFault,
    doing: &'static str,
    name: String,
    #[source]
    cause: Option<Arc<io::Error>>,
}

impl DiskError {
    /// An error of the system while `doing` something with `name`.
    pub(super) fn new(doing: &'static str, name: &str, cause: impl Into<io::Error>) -> Self {
        let cause = cause.into();
        let fault = DiskFault::of(&cause);
        DiskError { fault, doing, name: name.to_owned(), cause: Some(Arc::new(cause)) }
    }

    /// A fault that the system did not report itself.
    pub(super) fn plain(doing: &'static str, name: &str, fault: DiskFault) -> Self {
        DiskError { fault, doing, name: name.to_owned(), cause: None }
    }

    /// The volume's threads are gone, or it has taken nothing for too long.
    pub fn stuck(doing: &'static str, name: &str) -> Self {
        DiskError::plain(doing, name, DiskFault::Stuck)
    }

    /// Whether bytes that the volume had taken are lost: a sync failed. Such a file must not get its name.
    pub fn is_lost(&self) -> bool {
        self.doing == SYNC
    }

    /// Whether room, rights or hardware are missing: what another volume may have. Network folders refuse in more ways
    /// than have a name here (ETIMEDOUT, EHOSTDOWN, ENOTCONN, …).
    pub fn is_volume(&self) -> bool {
        use DiskFault::{Denied, Full, Gone, Inodes, Io, Other, Quota, ReadOnly, Stuck};
        matches!(self.fault, Full | Inodes | Quota | Io | ReadOnly | Denied | Gone | Stuck | Other)
    }
}
