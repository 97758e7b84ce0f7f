//! A volume in a file, mounted on a folder: one whose power can be cut, that can stop to answer, or turn read-only.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::place::wait_until;

/// Longer than a row.
const LET_GO: Duration = Duration::from_secs(60);

/// Which file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// ext4.
    Ext4,
    /// ext4 whose own blocks, its journal's too, have their room in the file: where the volume below is full, nothing but
    /// data can fail to be written.
    Ext4Held,
    /// XFS.
    Xfs,
}

impl Kind {
    /// The size of the file; XFS has a least one.
    fn mib(self) -> u64 {
        if self == Kind::Xfs { 320 } else { 96 }
    }

    fn make(self, file: &Path) {
        let mut command = match self {
            Kind::Ext4 => words("mkfs.ext4 -q -F -E nodiscard"),
            Kind::Ext4Held => words("mkfs.ext4 -q -F -b 4096 -E nodiscard,packed_meta_blocks=1 -N 256 -J size=4"),
            Kind::Xfs => words("mkfs.xfs -q -f"),
        };
        done(command.arg(file));
        if self == Kind::Ext4Held {
            // All that is not data is packed in front of the first free block, the 1061st.
            done(words("fallocate -o 0 -l 4244KiB").arg(file));
        }
    }
}

/// A mounted one; gone with the test, whatever state it is in.
#[derive(Debug)]
pub struct Image {
    file: PathBuf,
    folder: PathBuf,
    kind: Kind,
    is_mounted: bool,
}

impl Image {
    /// Makes it in this file and mounts it on the folder.
    pub fn mount(file: PathBuf, folder: &Path, kind: Kind) -> Self {
        fs::File::create(&file).unwrap().set_len(kind.mib() << 20).unwrap();
        kind.make(&file);
        let mut image = Image { file, folder: folder.to_path_buf(), kind, is_mounted: false };
        image.mount_again();
        image
    }

    /// Mounts what is in the file.
    pub fn mount_again(&mut self) {
        done(words("mount -o loop").arg(&self.file).arg(&self.folder));
        self.is_mounted = true;
        if self.kind == Kind::Ext4Held {
            self.write_block_by_block();
        }
    }

    /// The loop driver takes a write for done of which the volume below took the first blocks alone (seen on Linux
    /// 6.18): a sync tells nothing then. With writes of one block each that cannot be.
    fn write_block_by_block(&self) {
        let device = self.devices();
        let device = device.trim_start_matches("/dev/").split(':').next().unwrap_or_default();
        fs::write(format!("/sys/block/{device}/queue/max_sectors_kb"), "4").unwrap();
    }

    /// What `losetup` says of the file; nothing once it is let go.
    fn devices(&self) -> String {
        String::from_utf8(words("losetup -j").arg(&self.file).output().unwrap().stdout).unwrap()
    }

    /// The power goes: from this moment nothing reaches the device any more, and what was not written to it is lost.
    pub fn cut_power(&self) {
        done(words("xfs_io -x -c shutdown").arg(&self.folder));
    }

    /// Lets go of it, and waits until everybody has: programs of other tests with mounts of their own hold copies of all
    /// that was mounted when they began, and with them the old state of the file system.
    #[track_caller]
    pub fn unmount(&mut self) {
        done(words("umount").arg(&self.folder));
        self.is_mounted = false;
        wait_until("the image is let go", LET_GO, || self.devices().is_empty());
    }

    /// Nothing that changes it comes back any more, until the answer is dropped: before the program that waits for it,
    /// which could not even be killed.
    pub fn freeze(&self) -> Frozen {
        done(words("fsfreeze -f").arg(&self.folder));
        Frozen(self.folder.clone())
    }

    /// The file system has found a fault in itself and takes no more writes, as ext4 does with `errors=remount-ro`.
    pub fn turn_read_only(&self) {
        done(words("mount -o remount,errors=remount-ro").arg(&self.folder));
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
        let folder = fs::canonicalize(&self.folder).unwrap();
        let line = mounts.lines().find(|line| line.split(' ').nth(1) == folder.to_str()).unwrap();
        let device = line.split(' ').next().unwrap().trim_start_matches("/dev/").to_owned();
        fs::write(format!("/sys/fs/ext4/{device}/trigger_fs_error"), "a test").unwrap();
    }
}

/// A volume that does not answer.
#[derive(Debug)]
pub struct Frozen(PathBuf);

impl Drop for Frozen {
    fn drop(&mut self) {
        quietly(words("fsfreeze -u").arg(&self.0));
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        if self.is_mounted {
            quietly(words("umount -l").arg(&self.folder));
        }
    }
}

fn words(line: &str) -> Command {
    let mut words = line.split(' ');
    let mut command = Command::new(words.next().unwrap());
    command.args(words).stdin(Stdio::null());
    command
}

#[track_caller]
fn done(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn quietly(command: &mut Command) {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().ok();
}
