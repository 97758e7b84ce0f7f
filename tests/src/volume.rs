//! A small volume of a test's own, to be filled up.

use std::path::PathBuf;
use std::process::Command;

/// A volume in memory, mounted on a folder; gone with the test.
#[derive(Debug)]
pub struct SmallVolume(PathBuf);

impl SmallVolume {
    /// Mounts one of so many bytes (`600k`) on the folder. [`Need::Mounts`](crate::needs::Need::Mounts) is asked before.
    #[track_caller]
    pub fn mount(folder: PathBuf, size: &str) -> Self {
        let options = format!("size={size},mode=0755");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&folder).output().unwrap();
        assert!(mounted.status.success(), "{}", String::from_utf8_lossy(&mounted.stderr));
        SmallVolume(folder)
    }
}

impl Drop for SmallVolume {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(&self.0).status().ok();
    }
}
