//! Who has sessions open: a locked file a process in the data directory, so that the next start knows whose sessions
//! nobody watches any more.
//!
//! `run.lock` also sees to it that one data directory has one `run`.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::disk::{LockError, LockFile};
use crate::event::new_id;

/// The folder of the files, in the data directory.
const FOLDER: &str = "owners";
/// The name of the one `run`.
const RUN: &str = "run";

/// This process, as the owner of its sessions. A file that is left behind belongs to a dead process.
#[derive(Debug)]
pub struct Owner {
    name: String,
    /// None where the data directory takes no file: then the next start takes our sessions for a dead process's.
    lock: Option<LockFile>,
}

/// Why this process cannot own sessions.
#[derive(Debug, thiserror::Error)]
pub enum OwnerError {
    /// Another `run` works in this data directory.
    #[error("already running{}\nhint: `--data DIR` gives a second one its own data directory", pid(.0))]
    AlreadyRunning(Option<u32>),
    /// The file cannot be made.
    #[error(transparent)]
    Lock(LockError),
}

fn pid(pid: &Option<u32>) -> String {
    pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default()
}

impl Owner {
    /// The one `run` of this data directory.
    ///
    /// # Errors
    /// There is one already, or the file cannot be made.
    pub fn run(data: &Path) -> Result<Owner, OwnerError> {
        Owner::lock(data, RUN.to_owned())
    }

    /// A `record`, of which there may be many. A data directory that takes no file keeps nobody from recording.
    pub fn record(data: &Path) -> Owner {
        let name = format!("record-{}", new_id());
        Owner::lock(data, name.clone()).unwrap_or_else(|error| {
            let error = format!("{:#}", anyhow::Error::new(error));
            tracing::warn!(error, "another start may end what this one announces");
            Owner { name, lock: None }
        })
    }

    /// What its sessions name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn lock(data: &Path, name: String) -> Result<Owner, OwnerError> {
        let lock = LockFile::take(&file_of(data, &name)).map_err(|error| match error {
            LockError::Held(owner) => OwnerError::AlreadyRunning(owner.map(|owner| owner.pid)),
            error @ LockError::Io(..) => OwnerError::Lock(error),
        })?;
        Ok(Owner { name, lock: Some(lock) })
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // The one `run` keeps its file, as a second one may be about to lock it.
        if let Some(lock) = self.lock.as_ref().filter(|_| self.name != RUN) {
            lock.remove();
        }
    }
}

/// Whether nobody is left who watches the sessions that name this owner: its lock can be had.
pub fn is_dead(data: &Path, name: &str) -> bool {
    // A name from a database that somebody wrote by hand must not lead elsewhere.
    name.contains(['/', '\\', '\0']) || LockFile::is_free(&file_of(data, name))
}

/// A process that has sessions, or may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alive {
    /// The one `run`; else a `record`.
    pub is_run: bool,
    /// Its number; none where its file cannot be read.
    pub pid: Option<u32>,
    /// The machine that it works on; none where its file cannot be read.
    pub host: Option<String>,
    /// Since when; none where the file system does not tell.
    pub since: Option<SystemTime>,
}

/// Who watches rooms with this data directory, the `run` first. Makes and changes nothing.
pub fn alive(data: &Path) -> Vec<Alive> {
    let Ok(entries) = std::fs::read_dir(data.join(FOLDER)) else { return Vec::new() };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let names = names.filter_map(|file| file.strip_suffix(".lock").map(str::to_owned));
    let living = names.filter(|name| !is_dead(data, name)).map(|name| {
        let file = file_of(data, &name);
        let (pid, host) = LockFile::noted(&file).map(|owner| (owner.pid, owner.host)).unzip();
        // The file is written when the lock is taken, and never again.
        let since = std::fs::metadata(&file).and_then(|about| about.modified()).ok();
        Alive { is_run: is_run(&name), pid, host, since }
    });
    let mut living: Vec<Alive> = living.collect();
    living.sort_by_key(|one| (!one.is_run, one.pid));
    living
}

/// Whether the owner was a `run`, whose sessions the next `run` takes up.
pub fn is_run(name: &str) -> bool {
    name == RUN
}

fn file_of(data: &Path, name: &str) -> PathBuf {
    data.join(FOLDER).join(format!("{name}.lock"))
}

#[cfg(test)]
mod tests;
