//! A trial of a folder: does to a small file of its own what a recording will need, and removes it.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use anyhow::Context;
use rustix::fs;
use rustix::io::Errno;

use crate::clock::Clock;
use crate::disk::beneath::sync_folder;
use crate::disk::create::{Lock, lock};
use crate::disk::publish::rename_new;

/// How a folder did what was asked of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Whether its files can be locked.
    pub locks: Locks,
    /// How a file gets its last name.
    pub renaming: Renaming,
    /// The longest of some syncs of a small file.
    pub file_sync: Duration,
    /// A sync of the folder; none where there is no such thing.
    pub folder_sync: Option<Duration>,
    /// So many seconds is the time of files there ahead of ours; negative when it is behind.
    pub ahead_seconds: i64,
}

/// What locks are worth in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locks {
    /// A second open file is kept out.
    Hold,
    /// They are given to whoever asks.
    Idle,
    /// There are none.
    Absent,
}

/// How a file gets a name that no other file may lose by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renaming {
    /// In one step that fails where the name is taken.
    OneStep,
    /// By a link, or by an empty file that reserves the name.
    Steps,
}

/// What the names of trial files begin with.
pub(super) const TRIAL: &str = ".lyrebird-";
/// What is in them.
pub(super) const CONTENT: &[u8] = b"lyrebird";
/// How many names are tried: where machines or containers share a folder, others may have our process number.
const NAMES: u32 = 8;
/// How many syncs: the first may have to wait for what others have written.
const SYNCS: u32 = 3;

/// Does to a small file of its own what a recording will need of the folder, and removes it; and those that programs
/// have left which were killed in the middle of it. Blocking.
///
/// # Errors
/// The step that failed, and how.
pub fn trial(folder: &Path) -> anyhow::Result<Trial> {
    sweep(folder);
    let start = begin(folder)?;
    let result = steps(&start, folder);
    for path in [&start.part, &start.whole] {
        // What is not there is as it should be.
        let _ = std::fs::remove_file(path);
    }
    result
}

/// Removes trial files that nobody holds.
fn sweep(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let trials = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(TRIAL));
    for entry in trials {
        let is_trial = entry.metadata().is_ok_and(|about| {
            about.is_file() && usize::try_from(about.len()).is_ok_and(|length| length <= CONTENT.len())
        });
        let file = if is_trial { File::open(entry.path()) } else { continue };
        if file.is_ok_and(|file| file.try_lock().is_ok()) {
            // It stays where that cannot be done; the trial itself will tell.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// A file under the first of its two names.
struct Start {
    file: File,
    part: PathBuf,
    whole: PathBuf,
    locks: Locks,
}

/// Makes the file and locks it. One that somebody swept away between the two is made anew.
fn begin(folder: &Path) -> anyhow::Result<Start> {
    for number in 1..=NAMES {
        let stem = format!("{TRIAL}{}-{number}", std::process::id());
        let (part, whole) = (folder.join(format!("{stem}.part")), folder.join(&stem));
        let file = match OpenOptions::new().write(true).create_new(true).open(&part) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            made => made.context("cannot make a file there")?,
        };
        let locks = match lock(&file) {
            Ok(Lock::Held) if !part.exists() => continue,
            Ok(Lock::Held) => second(&part),
            Ok(Lock::Busy) => continue,
            // As a recording goes on without.
            Ok(Lock::Unknown) => Locks::Absent,
            Err(error) => {
                let _ = std::fs::remove_file(&part);
                return Err(error).context("cannot lock a file there");
            }
        };
        return Ok(Start { file, part, whole, locks });
    }
    anyhow::bail!("cannot make a file there: others make theirs at the same time")
}

/// Whether a lock keeps a second open file out.
fn second(part: &Path) -> Locks {
    match File::open(part).map(|again| lock(&again)) {
        Ok(Ok(Lock::Held)) => Locks::Idle,
        _ => Locks::Hold,
    }
}

fn steps(start: &Start, folder: &Path) -> anyhow::Result<Trial> {
    let clock = Clock::system();
    let mut file_sync = Duration::ZERO;
    for _ in 0..SYNCS {
        start.file.write_all_at(CONTENT, 0).context("cannot write there")?;
        let begin = clock.passed();
        start.file.sync_data().context("cannot sync a file there")?;
        file_sync = file_sync.max(clock.passed().saturating_sub(begin));
    }
    let ahead_seconds = ahead(&start.file, &clock);
    let open: OwnedFd = File::open(folder).context("cannot open the folder")?.into();
    let renaming = rename(&open, start)?;
    let begin = clock.passed();
    let is_synced = sync_folder(&open).context("cannot sync the folder")?;
    let folder_sync = is_synced.then(|| clock.passed().saturating_sub(begin));
    Ok(Trial { locks: start.locks, renaming, file_sync, folder_sync, ahead_seconds })
}

/// Gives the file its other name, then tries to take that name from it, as a second file of the same name would.
fn rename(folder: &OwnedFd, start: &Start) -> anyhow::Result<Renaming> {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (part, whole) = (name(&start.part), name(&start.whole));
    let renaming = match fs::renameat_with(folder, &*part, folder, &*whole, fs::RenameFlags::NOREPLACE) {
        Ok(()) => Renaming::OneStep,
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            rename_new(folder, &part, &whole).context("cannot rename a file there")?;
            Renaming::Steps
        }
        Err(error) => return Err(error).context("cannot rename a file there"),
    };
    // Empty and not locked: another trial's sweep may take it, which is no failure of the folder.
    let made = OpenOptions::new().write(true).create_new(true).open(&start.part);
    drop(made.context("cannot make a second file there")?);
    match rename_new(folder, &part, &whole) {
        Err(Errno::EXIST | Errno::NOENT) => Ok(renaming),
        Err(error) => Err(error).context("cannot rename a second file there"),
        Ok(()) => anyhow::bail!("a file there can lose its name to another one"),
    }
}

/// How far the time of the folder's files is ahead of ours, in whole seconds.
fn ahead(file: &File, clock: &Clock) -> i64 {
    let now = clock.now();
    let Ok(theirs) = file.metadata().and_then(|about| about.modified()) else { return 0 };
    let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    let since = |time: std::time::SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default();
    seconds(since(theirs)).saturating_sub(seconds(since(now)))
}
