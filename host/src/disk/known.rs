//! Whether a folder is on the volume that it was on before: known again after a restart, by a small file in the folder and
//! by what was noted of it in the data directory.
//!
//! Where a volume is not mounted its folder is still there, or is made anew: an empty one of the volume below, which
//! takes whatever is written until it is full. Folders of the topmost volume are left alone: nothing is below it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::event::new_id;

#[cfg(test)]
mod tests;

/// The file in the folder; a trial's leftovers, which are swept away, begin in another way. Its first line is the volume's number; people may make an empty one.
const MARK: &str = ".lyrebird.volume";

/// What follows in it.
const WORDS: &str = "Lyrebird knows by this file that the volume is mounted which it is to record to.";

/// The file in the data directory.
const NOTED: &str = "volumes.json";

/// What is known of folders. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Known(PathBuf);

/// A folder whose volume is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Which one, and what is there instead.
    pub why: String,
    /// What to do about it.
    pub hint: String,
}

/// What was noted of one folder, by the name that the user gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    /// Where the name led.
    folder: PathBuf,
    place: Place,
    id: String,
}

/// A mounted volume, as proc_pid_mountinfo(5) lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    /// Where it is mounted.
    mount: PathBuf,
    /// Its file system and its source: a device, or a server's folder.
    volume: String,
}

impl Known {
    /// As noted in this data directory.
    pub fn noted_in(data: &Path) -> Known {
        Known(data.join(NOTED))
    }

    /// Whether nothing speaks against writing to the folder, which need not be there.
    ///
    /// # Errors
    /// It was on a volume that is not there now.
    pub async fn recognise(&self, folder: &Path) -> Result<(), Missing> {
        let (known, folder) = (self.clone(), folder.to_owned());
        let seen = tokio::task::spawn_blocking(move || known.look(&folder)).await;
        // A thread that died has told why.
        seen.unwrap_or(Ok(()))
    }

    /// Notes the folder and its volume, which is there. What cannot be noted is not known again, and that is all.
    pub async fn remember(&self, folder: &Path) {
        let (known, folder) = (self.clone(), folder.to_owned());
        let noted = tokio::task::spawn_blocking(move || known.note(&folder)).await;
        if let Ok(Err(error)) = noted {
            tracing::debug!(%error, "cannot note which volume an output folder is on");
        }
    }

    fn look(&self, folder: &Path) -> Result<(), Missing> {
        let Some(note) = std::path::absolute(folder).ok().and_then(|name| self.notes().remove(&name)) else {
            return Ok(());
        };
        let (real, Some(now)) = here(folder) else { return Ok(()) };
        judge(&note, &real, real.join(MARK).exists(), &now)
    }

    fn note(&self, folder: &Path) -> std::io::Result<()> {
        let (real, Some(place)) = here(folder) else { return Ok(()) };
        let mut notes = self.notes();
        let name = std::path::absolute(folder)?;
        let before = notes.get(&name).cloned();
        if place.mount == Path::new("/") {
            notes.remove(&name);
        } else {
            notes.insert(name.clone(), Note { id: mark(&real)?, folder: real, place });
        }
        if notes.get(&name) == before.as_ref() {
            return Ok(());
        }
        // Whole or not at all; when two processes note at one time one of the notes is made again at its next start.
        let fresh = self.0.with_extension(format!("{}.tmp", std::process::id()));
        fs::write(&fresh, serde_json::to_vec_pretty(&notes)?)?;
        fs::rename(&fresh, &self.0)
    }

    fn notes(&self) -> BTreeMap<PathBuf, Note> {
        fs::read(&self.0).ok().and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
    }
}

/// Where a folder's name leads, and to which volume; what is not there yet would be made on the volume of what leads to
/// it.
fn here(folder: &Path) -> (PathBuf, Option<Place>) {
    let name = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let real = name.ancestors().find_map(|above| {
        let rest = name.strip_prefix(above).ok()?;
        Some(fs::canonicalize(above).ok()?.join(rest))
    });
    let real: PathBuf = real.unwrap_or(name).components().collect();
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let place = around(&mounts, &real);
    (real, place)
}

/// The volume that a path leads to: of those mounted on the way to it the nearest, and of two at one place the last.
fn around(mounts: &str, path: &Path) -> Option<Place> {
    let places = mounts.lines().filter_map(|line| {
        let (mount, volume) = line.split_once(" - ")?;
        let mount = PathBuf::from(unescaped(mount.split(' ').nth(4)?));
        let mut words = volume.split(' ');
        let volume = format!("{} {}", words.next()?, unescaped(words.next()?));
        path.starts_with(&mount).then_some(Place { mount, volume })
    });
    places.max_by_key(|place| place.mount.components().count())
}

/// A space is written `\040`.
fn unescaped(word: &str) -> String {
    word.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}

/// Whether the folder is what it was, or was changed on purpose.
fn judge(note: &Note, real: &Path, is_marked: bool, now: &Place) -> Result<(), Missing> {
    // The name leads elsewhere; or what is there was used before, or somebody says so.
    if real != note.folder || is_marked {
        return Ok(());
    }
    let before = &note.place;
    // Emptied, or made anew. Or another volume has been mounted further down.
    if now == before || now.mount != before.mount && now.mount.starts_with(&before.mount) {
        return Ok(());
    }
    let (folder, mark) = (real.display(), real.join(MARK));
    let Place { mount, volume } = before;
    Err(Missing {
        why: format!(
            "the volume of `{folder}` is not mounted: it was `{volume}` at `{}`, now `{}` at `{}` is there",
            mount.display(),
            now.volume,
            now.mount.display()
        ),
        hint: format!("mount it; or, if what is there now is meant, make an empty file `{}`", mark.display()),
    })
}

/// The number in the folder's mark, which is made where it is missing or empty.
fn mark(folder: &Path) -> std::io::Result<String> {
    let mark = folder.join(MARK);
    let there = fs::read_to_string(&mark).unwrap_or_default();
    if let Some(id) = there.lines().next().map(str::trim).filter(|id| !id.is_empty()) {
        return Ok(id.to_owned());
    }
    let id = new_id();
    let mut file = fs::File::create(&mark)?;
    file.write_all(format!("{id}\n{WORDS}\n").as_bytes())?;
    file.sync_all()?;
    Ok(id)
}
