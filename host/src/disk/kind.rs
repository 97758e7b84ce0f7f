//! What kind of volume a folder is on, for people who want to know what they may expect of it.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

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

/// Does to a small file of its own what a recording will need of the folder, and removes it.
///
/// # Errors
/// The step that failed, and how.
pub fn trial(folder: &Path) -> anyhow::Result<()> {
    let stem = format!(".lyrebird-{}", std::process::id());
    let (part, whole) = (folder.join(format!("{stem}.part")), folder.join(&stem));
    let result = steps(folder, &part, &whole);
    for path in [&part, &whole] {
        // One of the two is not there, which is as it should be.
        let _ = std::fs::remove_file(path);
    }
    result
}

fn steps(folder: &Path, part: &Path, whole: &Path) -> anyhow::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(part).context("cannot make a file there")?;
    file.try_lock().context("cannot lock a file there")?;
    file.write_all(b"lyrebird").context("cannot write there")?;
    file.sync_data().context("cannot sync a file there")?;
    std::fs::rename(part, whole).context("cannot rename a file there")?;
    File::open(folder).and_then(|folder| folder.sync_all()).context("cannot sync the folder")
}
