//! What each plugin has been granted: `plugins.lock` in the data directory.
//!
//! A plugin that is seen for the first time gets what it asks (or waits, as the user wishes); a later build that asks
//! for more waits for the user.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::anatomy::Anatomy;
use super::error::LoadError;
use super::manifest::Manifest;
use super::scan::{self, Stamp};
use super::track::{Build, Track};
use super::whole::{self, Readers};
use crate::config::Approve;

/// One plugin's line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Granted {
    version: String,
    sha256: String,
    hosts: Vec<String>,
    cookies: Vec<String>,
    #[serde(flatten)]
    track: Track,
}

/// The file's content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Grants {
    plugins: BTreeMap<String, Granted>,
    /// The file could not be read: then nobody has been granted anything, and nobody is new.
    #[serde(skip)]
    damaged: bool,
}

/// What is decided about a build.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// It asks for no more than it has.
    Held,
    /// It gets this just now.
    New(Vec<String>),
}

impl Granted {
    fn of(anatomy: &Anatomy) -> Granted {
        let manifest = &anatomy.manifest;
        Granted {
            version: manifest.version.to_string(),
            sha256: anatomy.sha256.clone(),
            hosts: manifest.asked_hosts(),
            cookies: manifest.cookies.iter().map(ToString::to_string).collect(),
            track: Track::default(),
        }
    }

    /// What the manifest asks for beyond it.
    fn more(&self, manifest: &Manifest) -> Vec<String> {
        let hosts = manifest.asked_hosts().into_iter().filter(|host| !self.hosts.contains(host));
        let cookies = manifest.cookies.iter().map(ToString::to_string).filter(|host| !self.cookies.contains(host));
        let hosts = hosts.map(|host| format!("host {host}"));
        hosts.chain(cookies.map(|host| format!("cookie for {host}"))).collect()
    }
}

impl Grants {
    /// Reads the file; none is an empty one.
    pub(super) fn read(data_dir: &Path) -> Grants {
        let read = match fs::read(file(data_dir)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Grants::default(),
            Err(error) => Err(error),
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::other),
        };
        read.unwrap_or_else(|error| {
            let file = file(data_dir);
            tracing::warn!(file = %file.display(), %error, "cannot read what plugins were granted, they need approval");
            Grants { damaged: true, ..Grants::default() }
        })
    }

    /// Whether this build may have what it asks for; notes it where it is decided now.
    pub(super) fn decide(&mut self, anatomy: &Anatomy, approve: Approve) -> Result<Decision, LoadError> {
        let manifest = &anatomy.manifest;
        let known = self.plugins.get(&manifest.name);
        let more = known.map_or_else(|| manifest.asks(), |known| known.more(manifest));
        let free = match approve {
            Approve::All => true,
            Approve::New => known.is_none() && !self.damaged,
            Approve::Ask => false,
        };
        if !more.is_empty() && !free {
            return Err(LoadError::NeedsApproval { name: manifest.name.clone(), more });
        }
        let mut granted = Granted::of(anatomy);
        if let Some(known) = known {
            // Once granted stays granted: an older build that is put back must not ask again.
            granted
                .hosts
                .extend(known.hosts.iter().filter(|host| !granted.hosts.contains(host)).cloned().collect::<Vec<_>>());
            let cookies = known.cookies.iter().filter(|host| !granted.cookies.contains(host)).cloned();
            granted.cookies.extend(cookies.collect::<Vec<_>>());
            granted.track = known.track.clone();
            // That it may answer does not say that it does.
            (granted.version, granted.sha256) = (known.version.clone(), known.sha256.clone());
        }
        self.plugins.insert(manifest.name.clone(), granted);
        Ok(if more.is_empty() { Decision::Held } else { Decision::New(more) })
    }
}

impl Grants {
    /// What is remembered of a plugin's builds.
    pub(super) fn track(&self, name: &str) -> Track {
        self.plugins.get(name).map(|granted| granted.track.clone()).unwrap_or_default()
    }

    /// The same, to be changed; none where the plugin was never granted anything.
    pub(super) fn track_mut(&mut self, name: &str) -> Option<&mut Track> {
        self.plugins.get_mut(name).map(|granted| &mut granted.track)
    }

    /// The build that answers now.
    pub(super) fn running(&self, name: &str) -> Option<Build> {
        let Granted { version, sha256, .. } = self.plugins.get(name)?;
        Some(Build { version: version.clone(), sha256: sha256.clone() })
    }

    /// Another build answers now.
    pub(super) fn note_running(&mut self, name: &str, build: Build) {
        if let Some(granted) = self.plugins.get_mut(name) {
            (granted.version, granted.sha256) = (build.version, build.sha256);
        }
    }
}

/// Reads, changes and writes the file while no other process does. A file that is the same afterwards is not written.
pub(super) fn change<T>(data_dir: &Path, change: impl FnOnce(&mut Grants) -> T) -> io::Result<T> {
    change_known(data_dir, &Known::default(), change)
}

/// What the file looked like when all that it says was known.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<Option<Stamp>>);

impl Known {
    /// As it is now. Blocks.
    pub(super) fn now(data_dir: Option<&Path>) -> Known {
        Known(Mutex::new(data_dir.and_then(|dir| scan::stamp(&file(dir)))))
    }

    /// It looked so, and was read.
    pub(super) fn note(&self, stamp: Option<Stamp>) {
        *self.get() = stamp;
    }

    /// What it looked like.
    pub(super) fn stamp(&self) -> Option<Stamp> {
        *self.get()
    }

    fn get(&self) -> MutexGuard<'_, Option<Stamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As [`change`]. A file that was known is known afterwards, too: what one has written himself is no news.
pub(super) fn change_known<T>(data_dir: &Path, known: &Known, change: impl FnOnce(&mut Grants) -> T) -> io::Result<T> {
    fs::create_dir_all(data_dir)?;
    let guard = File::options().create(true).truncate(false).write(true).open(data_dir.join(".plugins.lock"))?;
    guard.lock()?;
    let before = Grants::read(data_dir);
    let mut grants = before.clone();
    let outcome = change(&mut grants);
    if grants != before && !grants.damaged {
        let was_known = known.stamp() == scan::stamp(&file(data_dir));
        write(data_dir, &grants)?;
        if was_known {
            known.note(scan::stamp(&file(data_dir)));
        }
    }
    Ok(outcome)
}

fn write(data_dir: &Path, grants: &Grants) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(grants)?;
    text.push(b'\n');
    whole::replace(&file(data_dir), &text, Readers::Usual)
}

/// Where it is.
pub(super) fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("plugins.lock")
}

#[cfg(test)]
mod tests;
