//! What lies on the disk: files with their sidecars, and what has no business there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::host::OUT;
use crate::chaos::check::Recorded;
use crate::chaos::room_of;
use crate::flv::{self, Splitter, Tag};
use crate::origin::Sent;
use crate::place::{Place, VOLUME_MARK};
use crate::program::binary;

/// Files that are verified by one command.
const AT_ONCE: usize = 50;

/// All files of a suffix.
pub(super) fn paths(place: &Place, suffix: &str) -> Vec<PathBuf> {
    let mut found = all(&place.root().join(OUT));
    found.retain(|path| path.extension().is_some_and(|extension| extension == suffix));
    found
}

/// The media tags that are whole in files which end anywhere.
pub(super) fn whole_frames(parts: &[PathBuf]) -> Vec<u64> {
    let mut frames = Vec::new();
    for part in parts {
        let mut splitter = Splitter::default();
        splitter.push(&fs::read(part).unwrap_or_default());
        let tags = std::iter::from_fn(|| splitter.next_tag().ok().flatten());
        frames.extend(tags.filter(Tag::is_media).map(|tag| tag.digest()));
    }
    frames
}

/// The recordings by room, in the order in which they were begun.
pub(super) fn files(place: &Place, rooms: usize, findings: &mut Vec<String>) -> Vec<Vec<Recorded>> {
    let mut files: Vec<Vec<Recorded>> = vec![Vec::new(); rooms];
    for path in all(&place.root().join(OUT)) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("flv") => match read(&path) {
                Ok(recorded) => {
                    let room = recorded.sidecar["room"].as_str().and_then(room_of);
                    match room.and_then(|room| files.get_mut(room)) {
                        Some(room) => room.push(recorded),
                        None => findings.push(format!("{name}: its sidecar names no room of ours")),
                    }
                }
                Err(why) => findings.push(format!("{name}: {why}")),
            },
            Some("json") if path.with_extension("flv").exists() => {}
            _ if name == VOLUME_MARK => {}
            _ => findings.push(format!("{name} was left there")),
        }
    }
    for room in &mut files {
        room.sort_by_key(|file| (file.sidecar["started_at"].to_string(), file.name.clone()));
    }
    files
}

fn read(path: &Path) -> Result<Recorded, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let tags = flv::parse(&bytes)?;
    let sidecar = fs::read(path.with_extension("json")).map_err(|error| format!("its sidecar: {error}"))?;
    let sidecar = serde_json::from_slice(&sidecar).map_err(|error| format!("its sidecar: {error}"))?;
    Ok(Recorded {
        name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        tags: tags.iter().map(Sent::from).collect(),
        bytes: bytes.len() as u64,
        sidecar,
    })
}

/// Copies all of it from a volume that goes with the act.
pub(super) fn keep(place: &Place) {
    let (from, to) = (place.root().join(OUT), place.root().join("kept"));
    for path in all(&from) {
        let copy = to.join(path.strip_prefix(&from).unwrap());
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(&path, copy).unwrap();
    }
}

/// The program's own judgement on its files.
pub(super) fn second_opinion(place: &Place, findings: &mut Vec<String>) {
    for files in paths(place, "flv").chunks(AT_ONCE) {
        let verify = Command::new(binary()).args(["flv", "verify"]).args(files).output();
        match verify {
            Ok(output) if output.status.success() => {}
            Ok(output) => {
                let said = [output.stdout, output.stderr].concat();
                findings.push(format!("flv verify is not content:\n{}", String::from_utf8_lossy(&said)));
            }
            Err(error) => findings.push(format!("cannot start flv verify: {error}")),
        }
    }
}

fn all(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => found.append(&mut all(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}
