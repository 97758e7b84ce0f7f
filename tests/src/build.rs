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

    /// With so many of this letter behind all that counts, in a section that nobody reads.
    pub fn padded(mut self, letter: char, count: usize) -> Build {
        let name = b"\x07padding";
        self.0.push(0);
        let mut length = name.len() + count;
        // LEB128: seven bits a byte, the lowest first.
        while length > 0x7F {
            self.0.push(u8::try_from(length & 0x7F).unwrap() | 0x80);
            length >>= 7;
        }
        self.0.push(u8::try_from(length).unwrap());
        self.0.extend(name);
        self.0.extend(std::iter::repeat_n(u8::try_from(letter).unwrap(), count));
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

    /// Writes it over what is there, which has as many bytes and keeps them until then, in so many parts with a pause
    /// behind each.
    #[track_caller]
    pub fn overwrite(&self, file: &Path, parts: usize, pause: std::time::Duration) {
        let mut open = File::options().write(true).open(file).unwrap();
        assert_eq!(usize::try_from(open.metadata().unwrap().len()), Ok(self.0.len()));
        for part in self.0.chunks(self.0.len().div_ceil(parts)) {
            open.write_all(part).unwrap();
            std::thread::sleep(pause);
        }
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
