//! Which files of the plugins directories count. A plugin is known by its manifest's name: the first directory wins;
//! in one directory the higher version, then the later change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::anatomy::{self, Anatomy};
use super::error::LoadError;
use super::listing::Description;
use super::manifest::Manifest;
use crate::config::open_file;

/// Bytes of a file: Python's have 18 MB.
const MOST_BYTES: u64 = 64 << 20;

/// One `.wasm` file.
pub(super) struct Found {
    pub(super) file: PathBuf,
    /// Which of the directories it lies in.
    dir: usize,
    changed: SystemTime,
    pub(super) sha256: Option<String>,
    pub(super) manifest: Option<Arc<Manifest>>,
    pub(super) read: Result<(Arc<[u8]>, Anatomy), LoadError>,
}

impl Found {
    /// What is shown of it.
    pub(super) fn description(&self) -> Description {
        let anatomy = self.read.as_ref().ok().map(|(_, anatomy)| anatomy);
        Description::of(&self.file, self.sha256.clone(), self.manifest.as_deref(), anatomy)
    }
}

/// What is to be done with a file.
pub(super) enum Fate {
    /// It counts.
    Load(Found),
    /// The other file comes before it.
    Shadowed(Found, PathBuf),
}

impl Fate {
    /// The file, whatever is to be done with it.
    pub(super) fn found(self) -> Found {
        match self {
            Fate::Load(found) | Fate::Shadowed(found, _) => found,
        }
    }

    /// How large a file is that counts.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Fate::Load(Found { read: Ok((wasm, _)), .. }) => wasm.len(),
            _ => 0,
        }
    }
}

/// All files of all directories, and the directories that could not be read.
pub(super) fn scan(dirs: &[PathBuf]) -> (Vec<Fate>, Vec<(PathBuf, io::Error)>) {
    scan_where(dirs, |_| true, |_, _| true)
}

/// The same as if the files of `not` were not there. One that is another one by now than that of `are` is incomplete: it was
/// touched a moment ago.
pub(super) fn scan_but(
    dirs: &[PathBuf],
    not: &BTreeSet<PathBuf>,
    are: &Stamps,
) -> (Vec<Fate>, Vec<(PathBuf, io::Error)>) {
    scan_where(dirs, |file| !not.contains(file), |file, is| are.get(file) == Some(&is))
}

fn scan_where(
    dirs: &[PathBuf],
    counts: impl Fn(&Path) -> bool,
    is_still: impl Fn(&Path, Option<Stamp>) -> bool,
) -> (Vec<Fate>, Vec<(PathBuf, io::Error)>) {
    let (mut all, mut unread) = (Vec::new(), Vec::new());
    for (index, dir) in dirs.iter().enumerate() {
        match files(dir) {
            Ok(files) => {
                let files = files.into_iter().filter(|file| counts(file));
                all.extend(files.map(|file| found(file, index, &is_still)));
            }
            Err(error) => unread.push((dir.clone(), error)),
        }
    }
    (rank(all), unread)
}

/// What tells whether a file may be another one: inode, length, times of content and of the inode.
pub(super) type Stamp = (u64, u64, i64, i64, i64, i64);

/// All files that count, and whatever else decides about them.
pub(super) type Stamps = BTreeMap<PathBuf, Option<Stamp>>;

/// The files of the directories as they are now. Blocks.
pub(super) fn stamps(dirs: &[PathBuf]) -> Stamps {
    let all = dirs.iter().flat_map(|dir| files(dir).unwrap_or_else(|_| vec![dir.clone()]));
    all.map(|file| (file.clone(), stamp(&file))).collect()
}

/// What one file looks like; none where it is none. Blocks.
pub(super) fn stamp(file: &Path) -> Option<Stamp> {
    let facts = fs::metadata(file).ok()?;
    Some((facts.ino(), facts.len(), facts.mtime(), facts.mtime_nsec(), facts.ctime(), facts.ctime_nsec()))
}

/// The bytes of a file that may be a plugin.
pub(super) fn bytes(file: &Path) -> Result<Vec<u8>, LoadError> {
    let open = open_file(file).map_err(LoadError::Io)?;
    let facts = open.metadata().map_err(LoadError::Io)?;
    if facts.len() > MOST_BYTES {
        return Err(LoadError::TooLarge { bytes: facts.len(), limit: MOST_BYTES });
    }
    let mut bytes = Vec::new();
    // What grows while it is read is cut off here, and found incomplete.
    open.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(LoadError::Io)?;
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX).max(facts.len());
    match length > MOST_BYTES {
        true => Err(LoadError::TooLarge { bytes: length, limit: MOST_BYTES }),
        false => Ok(bytes),
    }
}

/// Whatever is called like a plugin, in the order of the names: what is no file is refused with words.
fn files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        // A name that begins with a dot is a draft of whoever copies the file.
        let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.extension().is_some_and(|end| end == "wasm") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn found(file: PathBuf, dir: usize, is_still: impl Fn(&Path, Option<Stamp>) -> bool) -> Found {
    let changed = fs::metadata(&file).and_then(|facts| facts.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let nothing = |file, read| Found { file, dir, changed, sha256: None, manifest: None, read: Err(read) };
    let before = stamp(&file);
    let wasm = match bytes(&file) {
        Ok(wasm) => wasm,
        Err(error) => return nothing(file, error),
    };
    // Somebody writes it at this moment: what was read may be half of the one and half of the other.
    if stamp(&file) != before || !is_still(&file, before) {
        return nothing(file, LoadError::Incomplete);
    }
    let (manifest, read) = anatomy::read(&wasm);
    let sha256 = Some(anatomy::hash(&wasm));
    Found { file, dir, changed, sha256, manifest, read: read.map(|anatomy| (wasm.into(), anatomy)) }
}

/// Which of the files count. Those without a manifest shadow nobody and are shadowed by nobody.
pub(super) fn rank(mut all: Vec<Found>) -> Vec<Fate> {
    all.sort_by(|a, b| {
        let version = |found: &Found| found.manifest.as_ref().map(|manifest| manifest.version.clone());
        let by_place = a.dir.cmp(&b.dir);
        by_place.then_with(|| version(b).cmp(&version(a))).then_with(|| b.changed.cmp(&a.changed))
    });
    let mut taken: Vec<(String, PathBuf)> = Vec::new();
    let mut fates = Vec::new();
    for found in all {
        let Some(name) = found.manifest.as_ref().map(|manifest| manifest.name.clone()) else {
            fates.push(Fate::Load(found));
            continue;
        };
        match taken.iter().find(|(other, _)| *other == name) {
            Some((_, first)) => fates.push(Fate::Shadowed(found, first.clone())),
            None => {
                taken.push((name, found.file.clone()));
                fates.push(Fate::Load(found));
            }
        }
    }
    fates
}

#[cfg(test)]
mod tests;
