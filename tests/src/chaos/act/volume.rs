//! Takes all room of a small volume, and gives it back.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file that fills a volume; gone when dropped.
pub(super) struct Filler(PathBuf);

impl Filler {
    /// Leaves nothing.
    pub(super) fn fill(folder: &Path) -> Self {
        let path = folder.join("filler");
        let mut file = File::create(&path).unwrap();
        for size in [1 << 20, 4 << 10] {
            let piece = vec![0; size];
            while file.write_all(&piece).is_ok() {}
        }
        Filler(path)
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}
