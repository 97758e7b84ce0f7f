//! Builds of a plugin that differ, made of one by changing bytes of it: what an author builds anew differs as little.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::program::plugins;

/// A plugin's file.
#[derive(Clone)]
pub struct Build(Vec<u8>);

impl Build {
    /// A shipped plugin as it is.
    pub fn of(name: &str) -> Build {
        Build::at(&plugins().join(format!("{name}.wasm")))
    }

    /// Any plugin's file.
    pub fn at(file: &Path) -> Build {
        Build(fs::read(file).unwrap())
    }

    /// With another version, of as many letters.
    pub fn version(self, version: &str) -> Build {
        self.with("version = \"0.1.0\"", &format!("version = \"{version}\""))
    }

    /// With other bytes, as many, in the place of these, wherever they stand.
    #[track_caller]
    pub fn with(mut self, old: &str, new: &str) -> Build {
        assert_eq!(old.len(), new.len(), "`{old}` and `{new}`");
        let places: Vec<usize> = self
            .0
            .windows(old.len())
            .enumerate()
            .filter(|(_, bytes)| *bytes == old.as_bytes())
            .map(|(at, _)| at)
            .collect();
        assert!(!places.is_empty(), "`{old}` is not in the plugin");
        for at in places {
            self.0[at..at + new.len()].copy_from_slice(new.as_bytes());
        }
        self
    }

    /// One that does not know Bilibili any more: it asks at an address that was moved.
    pub fn blind(self) -> Build {
        self.with("getRoomBaseInfo", "getRoomBaseInf0")
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Puts it in place as one should: written beside, then renamed.
    pub fn put(&self, file: &Path) {
        let draft = file.with_extension("draft");
        fs::write(&draft, &self.0).unwrap();
        fs::rename(draft, file).unwrap();
    }

    /// Writes it over what is there, in so many parts with a pause behind each: as a slow copy does.
    pub fn pour(&self, file: &Path, parts: usize, pause: std::time::Duration) {
        let mut open = File::create(file).unwrap();
        for part in self.0.chunks(self.0.len().div_ceil(parts)) {
            open.write_all(part).unwrap();
            std::thread::sleep(pause);
        }
    }
}

/// A plugins directory of its own with these shipped plugins in it.
pub fn shelf(root: &Path, names: &[&str]) -> PathBuf {
    let shelf = root.join("plugins");
    fs::create_dir_all(&shelf).unwrap();
    for name in names {
        Build::of(name).put(&shelf.join(format!("{name}.wasm")));
    }
    shelf
}
