//! Finds what a recorder left unfinished below the output folder. Blocking.

use std::collections::HashSet;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, FileType};

use super::beneath::{self, Beneath};
use super::create::{PART, SIDECAR};
use super::fault::DiskError;

/// Folders of folders that are looked into: no template is that deep.
const DEPTH: usize = 16;
/// Names that are looked at: an archive of a million files is walked in a second; what is larger is no output folder.
const NAMES: usize = 1_000_000;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Files that end in `.part`.
    pub parts: Vec<Leftover>,
    /// Sidecars beside which no file of their stem stands: reserved names that came to nothing, or files that the user
    /// has moved away. (A `.json` of another kind may be among them.)
    pub sidecars: Vec<Leftover>,
    /// Whether the walk's bound was reached.
    pub cut_short: bool,
}

/// The name of something left behind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leftover {
    /// Below the output folder.
    pub folder: PathBuf,
    /// The name without extensions.
    pub stem: String,
    /// The extension without `.part` and without a dot.
    pub ext: String,
}

impl Leftover {
    /// The name of its sidecar.
    pub(super) fn sidecar(&self) -> String {
        format!("{}.{SIDECAR}", self.stem)
    }
}

/// Walks everything below the top; `name` is for the error.
pub(super) fn scan(beneath: &Beneath, name: &str) -> Result<Found, DiskError> {
    let mut found = Found::default();
    let mut names = 0;
    let mut folders = vec![(PathBuf::new(), 0)];
    while let Some((path, depth)) = folders.pop() {
        let opened = beneath.folder(&path).and_then(|folder| Ok((beneath::list(&folder)?, folder)));
        let (entries, folder) = match opened {
            Ok(opened) => opened,
            Err(error) if depth == 0 => return Err(DiskError::new("read the folder", name, error)),
            // It was moved away meanwhile, or is not ours to read.
            Err(_) => continue,
        };
        names += entries.len();
        let mut files = Vec::new();
        for (name, kind) in entries {
            match kind_of(&folder, &name, kind) {
                FileType::Directory if depth < DEPTH => folders.push((path.join(&name), depth + 1)),
                FileType::Directory => found.cut_short = true,
                FileType::RegularFile => files.push(name),
                _ => {}
            }
        }
        sort_out(&path, &files, &mut found);
        if names > NAMES {
            found.cut_short = true;
            break;
        }
    }
    found.parts.sort();
    found.sidecars.sort();
    Ok(found)
}

/// Some file systems do not tell the kind with the name.
fn kind_of(folder: &OwnedFd, name: &str, kind: FileType) -> FileType {
    if kind != FileType::Unknown {
        return kind;
    }
    let stat = fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW);
    stat.map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode))
}

fn sort_out(folder: &Path, files: &[String], found: &mut Found) {
    let leftover =
        |stem: &str, ext: &str| Leftover { folder: folder.to_owned(), stem: stem.to_owned(), ext: ext.to_owned() };
    let mut accompanied = HashSet::new();
    for name in files {
        match split(name) {
            Some((rest, PART)) => {
                if let Some((stem, ext)) = split(rest) {
                    found.parts.push(leftover(stem, ext));
                    accompanied.insert(stem);
                }
            }
            Some((stem, ext)) if ext != SIDECAR => {
                accompanied.insert(stem);
            }
            _ => {}
        }
    }
    let sidecars = files
        .iter()
        .filter_map(|name| split(name))
        .filter(|(stem, ext)| *ext == SIDECAR && !accompanied.contains(stem));
    found.sidecars.extend(sidecars.map(|(stem, _)| leftover(stem, "")));
}

/// `STEM.EXT` in two, if both are there.
fn split(name: &str) -> Option<(&str, &str)> {
    name.rsplit_once('.').filter(|(stem, ext)| !stem.is_empty() && !ext.is_empty())
}
