//! What kind of volume a folder is on, for people who want to know what they may expect of it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

/// What a volume is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeKind {
    /// The file system's name, or its magic number in hexadecimal where we have no name for it.
    pub file_system: String,
    /// Whether it is across a network: locks, renames and syncs are then only as good as the server.
    pub remote: bool,
    /// Whether its contents are gone after a restart of the machine.
    pub volatile: bool,
    /// Bytes that we may use.
    pub free_bytes: u64,
    /// Files that may still be made; none where the file system has no such limit.
    pub free_files: Option<u64>,
    /// Whether we may make files in the folder that was looked at.
    pub writable: bool,
    /// Whether the volume takes no writes at all.
    pub read_only: bool,
}

/// Magic numbers of statfs(2), their names, and whether they are remote or volatile.
const KNOWN: [(u64, &str, bool, bool); 15] = [
    (0xef53, "ext4", false, false),
    (0x5846_5342, "xfs", false, false),
    (0x9123_683e, "btrfs", false, false),
    (0xf2f5_2010, "f2fs", false, false),
    (0x2fc1_2fc1, "zfs", false, false),
    (0xca45_1a4e, "bcachefs", false, false),
    (0x2011_bab0, "exfat", false, false),
    (0x4d44, "fat", false, false),
    (0x7366_746e, "ntfs3", false, false),
    (0x794c_7630, "overlayfs", false, false),
    (0x0102_1994, "tmpfs", false, true),
    (0x6969, "nfs", true, false),
    (0xff53_4d42, "cifs", true, false),
    (0xfe53_4d42, "smb2", true, false),
    (0x6573_5546, "fuse", true, false),
];

/// Looks at the volume that `folder` is on.
///
/// # Errors
/// A folder that is not there or may not be looked at.
pub fn look_at(folder: &Path) -> std::io::Result<VolumeKind> {
    let kind = rustix::fs::statfs(folder)?;
    let space = rustix::fs::statvfs(folder)?;
    // The field's type differs between architectures; magic numbers have 32 bits.
    let magic = u64::try_from(kind.f_type).unwrap_or_default() & 0xffff_ffff;
    let (file_system, remote, volatile) = match KNOWN.iter().find(|known| known.0 == magic) {
        Some((_, name, remote, volatile)) => ((*name).to_owned(), *remote, *volatile),
        None => (format!("0x{magic:x}"), false, false),
    };
    Ok(VolumeKind {
        file_system,
        remote,
        volatile,
        writable: rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_ok(),
        free_bytes: space.f_bavail.saturating_mul(space.f_frsize),
        free_files: (space.f_files > 0).then_some(space.f_favail),
        read_only: space.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY),
    })
}

/// Whether the volume of an open file is one of this machine, as far as we know its file system.
pub(super) fn is_local(file: impl std::os::fd::AsFd) -> bool {
    rustix::fs::fstatfs(file).is_ok_and(|kind| {
        let magic = u64::try_from(kind.f_type).unwrap_or_default() & 0xffff_ffff;
        KNOWN.iter().any(|(known, _, remote, _)| *known == magic && !remote)
    })
}

/// What the names of trial files begin with.
const TRIAL: &str = ".lyrebird-";
/// What is in them.
const CONTENT: &[u8] = b"lyrebird";
/// How many names are tried: where machines or containers share a folder, others may have our process number.
const NAMES: u32 = 8;

/// Does to a small file of its own what a recording will need of the folder, and removes it; and those that programs
/// have left which were killed in the middle of it.
///
/// # Errors
/// The step that failed, and how.
pub fn trial(folder: &Path) -> anyhow::Result<()> {
    sweep(folder);
    let (file, part, whole) = begin(folder)?;
    let result = steps(file, folder, &part, &whole);
    for path in [&part, &whole] {
        // One of the two is not there, which is as it should be.
        let _ = std::fs::remove_file(path);
    }
    result
}

/// Removes trial files that nobody holds.
fn sweep(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let trials = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(TRIAL));
    for entry in trials {
        let is_trial = entry.metadata().is_ok_and(|about| {
            about.is_file() && usize::try_from(about.len()).is_ok_and(|length| length <= CONTENT.len())
        });
        let file = if is_trial { File::open(entry.path()) } else { continue };
        if file.is_ok_and(|file| file.try_lock().is_ok()) {
            // It stays where that cannot be done; the trial itself will tell.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Makes the file and locks it. One that somebody swept away between the two is made anew.
fn begin(folder: &Path) -> anyhow::Result<(File, PathBuf, PathBuf)> {
    for number in 1..=NAMES {
        let stem = format!("{TRIAL}{}-{number}", std::process::id());
        let (part, whole) = (folder.join(format!("{stem}.part")), folder.join(&stem));
        let file = match OpenOptions::new().write(true).create_new(true).open(&part) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            made => made.context("cannot make a file there")?,
        };
        match file.try_lock() {
            Ok(()) if part.exists() => return Ok((file, part, whole)),
            Ok(()) | Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => {
                let _ = std::fs::remove_file(&part);
                return Err(error).context("cannot lock a file there");
            }
        }
    }
    anyhow::bail!("cannot make a file there: others make theirs at the same time")
}

fn steps(mut file: File, folder: &Path, part: &Path, whole: &Path) -> anyhow::Result<()> {
    file.write_all(CONTENT).context("cannot write there")?;
    file.sync_data().context("cannot sync a file there")?;
    std::fs::rename(part, whole).context("cannot rename a file there")?;
    File::open(folder).and_then(|folder| folder.sync_all()).context("cannot sync the folder")
}

#[cfg(test)]
mod tests;
