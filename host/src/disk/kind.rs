//! What kind of volume a folder is on, for people who want to know what they may expect of it.

use std::path::Path;

use rustix::fs;

mod mounts;
mod trial;

pub use trial::{Locks, Renaming, Trial, trial};

/// What a volume is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeKind {
    /// The file system's name, or its magic number in hexadecimal where neither the kernel nor we have a name for it.
    pub file_system: String,
    /// What becomes of the files there.
    pub keeping: Keeping,
    /// Which volume it is: two folders with the same number fail and fill up together.
    pub device: u64,
    /// Bytes that we may use.
    pub free_bytes: u64,
    /// Files that may still be made; none where the file system has no such limit.
    pub free_files: Option<u64>,
    /// Whether we may make files in the folder that was looked at.
    pub writable: bool,
    /// Whether the volume takes no writes at all.
    pub read_only: bool,
    /// Whether it was mounted so that a sync does not wait for the disk's own cache.
    pub without_barriers: bool,
}

/// How well a volume keeps what was synced to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// A file system of this machine that a power cut leaves in order.
    Journal,
    /// One that a power cut may leave in disorder: it has no journal.
    NoJournal,
    /// A layer over another one, as containers have them.
    Layer,
    /// Memory: empty after a restart.
    Memory,
    /// Another machine's, across a network.
    Remote,
    /// A program's, which stands between us and wherever it puts the bytes.
    Program,
    /// One that we know nothing of.
    Unknown,
}

/// Names of file systems as the kernel lists them, and magic numbers of statfs(2) for where it lists nothing.
const KNOWN: [(&str, u64, Keeping); 25] = [
    ("ext4", 0xef53, Keeping::Journal),
    ("ext3", 0, Keeping::Journal),
    ("xfs", 0x5846_5342, Keeping::Journal),
    ("btrfs", 0x9123_683e, Keeping::Journal),
    ("f2fs", 0xf2f5_2010, Keeping::Journal),
    ("zfs", 0x2fc1_2fc1, Keeping::Journal),
    ("bcachefs", 0xca45_1a4e, Keeping::Journal),
    ("jfs", 0x3153_464a, Keeping::Journal),
    ("ntfs3", 0x7366_746e, Keeping::Journal),
    ("ext2", 0, Keeping::NoJournal),
    ("exfat", 0x2011_bab0, Keeping::NoJournal),
    ("vfat", 0x4d44, Keeping::NoJournal),
    ("overlay", 0x794c_7630, Keeping::Layer),
    ("aufs", 0x6175_6673, Keeping::Layer),
    ("tmpfs", 0x0102_1994, Keeping::Memory),
    ("ramfs", 0x8584_58f6, Keeping::Memory),
    ("nfs", 0x6969, Keeping::Remote),
    ("nfs4", 0, Keeping::Remote),
    ("cifs", 0xff53_4d42, Keeping::Remote),
    ("smb3", 0xfe53_4d42, Keeping::Remote),
    ("ceph", 0x00c3_6400, Keeping::Remote),
    ("9p", 0x0102_1997, Keeping::Remote),
    ("virtiofs", 0, Keeping::Program),
    ("fuseblk", 0, Keeping::Program),
    ("fuse", 0x6573_5546, Keeping::Program),
];

/// Looks at the volume that `folder` is on. Blocking.
///
/// # Errors
/// A folder that is not there or may not be looked at.
pub fn look_at(folder: &Path) -> std::io::Result<VolumeKind> {
    let kind = fs::statfs(folder)?;
    let space = fs::statvfs(folder)?;
    let device = fs::stat(folder)?.st_dev;
    // The field's type differs between architectures; magic numbers have 32 bits.
    let magic = u64::try_from(kind.f_type).unwrap_or_default() & 0xffff_ffff;
    let mount = mounts::of(device);
    let (file_system, keeping) = name(mount.as_ref().map(|mount| mount.file_system.as_str()), magic);
    Ok(VolumeKind {
        file_system,
        keeping,
        device,
        writable: fs::access(folder, fs::Access::WRITE_OK).is_ok(),
        free_bytes: space.f_bavail.saturating_mul(space.f_frsize),
        free_files: (space.f_files > 0).then_some(space.f_favail),
        read_only: space.f_flag.contains(fs::StatVfsMountFlags::RDONLY),
        without_barriers: mount.is_some_and(|mount| mount.without_barriers),
    })
}

/// The name that the kernel has for it tells more than the number: all FUSE programs share one, and so do ext2 and ext4.
fn name(listed: Option<&str>, magic: u64) -> (String, Keeping) {
    if let Some(listed) = listed {
        // `fuse.sshfs`: the program stands behind the dot.
        let family = listed.split_once('.').map_or(listed, |(family, _)| family);
        let known = KNOWN.iter().find(|(name, ..)| *name == family);
        return (listed.to_owned(), known.map_or(Keeping::Unknown, |(.., keeping)| *keeping));
    }
    match KNOWN.iter().find(|(_, known, _)| *known == magic && magic != 0) {
        Some((name, _, keeping)) => ((*name).to_owned(), *keeping),
        None => (format!("0x{magic:x}"), Keeping::Unknown),
    }
}

/// Whether the volume of an open file is one of this machine, as far as we know its file system.
pub(super) fn is_local(file: impl std::os::fd::AsFd) -> bool {
    fs::fstatfs(file).is_ok_and(|kind| {
        let magic = u64::try_from(kind.f_type).unwrap_or_default() & 0xffff_ffff;
        let (_, keeping) = name(None, magic);
        matches!(keeping, Keeping::Journal | Keeping::NoJournal | Keeping::Memory)
    })
}

#[cfg(test)]
mod tests;
