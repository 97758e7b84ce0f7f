//! A small volume of a test's own, to be filled up.

use std::path::PathBuf;
use std::process::Command;

/// A volume in memory, mounted on a folder; gone with the test.
#[derive(Debug)]
pub struct SmallVolume(PathBuf);

impl SmallVolume {
    /// Mounts one of so many bytes (`600k`) on the folder. None where we may not: the test says that it was skipped.
    pub fn mount(folder: PathBuf, size: &str) -> Option<Self> {
        let options = format!("size={size},mode=0755");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&folder).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(SmallVolume(folder));
        }
        eprintln!("SKIPPED: no volume can be mounted here (that needs root)");
        None
    }
}

impl Drop for SmallVolume {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(&self.0).status().ok();
    }
}
