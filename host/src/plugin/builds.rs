//! The bytes of builds that may have to answer again when the file in place is another one, `builds/NAME-HASH.wasm` in the
//! data directory, and beside them which rooms they could read, `builds/NAME-HASH.json`.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::anatomy;
use super::error::LoadError;
use super::scan;
use super::whole::{self, Readers};

/// How the files end.
const EXTENSION: &str = "wasm";

/// How long it holds that a build could read a room. Behind that the platform may have changed, and the build in place,
/// which was made for that, would be measured by one that is blind.
const ROOMS_HOLD: Duration = Duration::from_secs(24 * 60 * 60);

/// How the files of rooms end.
const ROOMS: &str = "json";

/// The directory of builds.
#[derive(Clone, Debug)]
pub(super) struct Builds(PathBuf);

impl Builds {
    pub(super) fn of(data_dir: &Path) -> Builds {
        Builds(data_dir.join("builds"))
    }

    /// Where a build's bytes are.
    pub(super) fn file(&self, name: &str, sha256: &str) -> PathBuf {
        self.0.join(format!("{name}-{sha256}.{EXTENSION}"))
    }

    /// Keeps a build's bytes. Blocks.
    pub(super) fn keep(&self, name: &str, sha256: &str, wasm: &[u8]) -> io::Result<()> {
        let file = self.file(name, sha256);
        if file.exists() {
            return Ok(());
        }
        self.put(&file, wasm)
    }

    /// Notes which rooms a build can read now. Blocks.
    pub(super) fn note_rooms(&self, name: &str, sha256: &str, rooms: &HashSet<u64>) -> io::Result<()> {
        self.put(&self.file(name, sha256).with_extension(ROOMS), &serde_json::to_vec(rooms)?)
    }

    /// The rooms that a build could read not long ago. Nobody knows of any where that cannot be read. Blocks.
    pub(super) fn rooms(&self, name: &str, sha256: &str, now: SystemTime) -> HashSet<u64> {
        let file = self.file(name, sha256).with_extension(ROOMS);
        let read = || -> Option<HashSet<u64>> {
            let noted_at = fs::metadata(&file).ok()?.modified().ok()?;
            let holds = now.duration_since(noted_at).is_ok_and(|age| age < ROOMS_HOLD);
            serde_json::from_slice(&fs::read(&file).ok().filter(|_| holds)?).ok()
        };
        read().unwrap_or_default()
    }

    fn put(&self, file: &Path, bytes: &[u8]) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        whole::replace(file, bytes, Readers::User)
    }

    /// A build's bytes, if they are still the same. Blocks.
    pub(super) fn read(&self, name: &str, sha256: &str) -> Result<Vec<u8>, LoadError> {
        let wasm = scan::bytes(&self.file(name, sha256))?;
        match anatomy::hash(&wasm) == sha256 {
            true => Ok(wasm),
            false => Err(LoadError::Incomplete),
        }
    }

    /// Removes a plugin's builds but for these. Blocks.
    pub(super) fn prune(&self, name: &str, kept: &[String]) -> io::Result<()> {
        for entry in fs::read_dir(&self.0)? {
            let path = entry?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            let hash = stem.and_then(|stem| stem.strip_prefix(name)?.strip_prefix('-'));
            // The hash has no dash: what has one is another plugin's, whose name begins like this.
            if hash.is_some_and(|hash| !hash.contains('-') && !kept.iter().any(|kept| kept == hash)) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
