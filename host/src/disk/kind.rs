//! What kind of volume a folder is on, for people who want to know what they may expect of it.

use std::path::Path;

/// What a volume is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
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
    /// Whether it can be written to at all.
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
pub fn volume(folder: &Path) -> std::io::Result<Volume> {
    let kind = rustix::fs::statfs(folder)?;
    let space = rustix::fs::statvfs(folder)?;
    // The field's type differs between architectures; magic numbers have 32 bits.
    let magic = u64::try_from(kind.f_type).unwrap_or_default() & 0xffff_ffff;
    let (file_system, remote, volatile) = match KNOWN.iter().find(|known| known.0 == magic) {
        Some((_, name, remote, volatile)) => ((*name).to_owned(), *remote, *volatile),
        None => (format!("0x{magic:x}"), false, false),
    };
    Ok(Volume {
        file_system,
        remote,
        volatile,
        free_bytes: space.f_bavail.saturating_mul(space.f_frsize),
        free_files: (space.f_files > 0).then_some(space.f_favail),
        read_only: space.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY),
    })
}
