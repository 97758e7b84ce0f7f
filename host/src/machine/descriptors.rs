//! File descriptors: as many as the system lets us have, and some of them held in reserve, for what already runs.
//!
//! What is held is nothing but numbers in the process's table. Who must not fail asks by [`spared`]: when none is left it
//! gets one of those. All of the process share them, as they share the limit.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// So many are held: the next file, its sidecar and folder, and a new connection, of a dozen recordings at one moment.
const RESERVE: u64 = 64;

/// Where the limit is low, this part of it.
const PART: u64 = 4;

/// Where the open ones are listed.
const OPEN: &str = if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" };

/// Those in reserve; empty until somebody wants one.
static HELD: Mutex<Held> = Mutex::new(Held { wanted: 0, free: Vec::new() });

struct Held {
    wanted: usize,
    /// The lowest number last: where the limit was lowered, only what is below it makes room.
    free: Vec<OwnedFd>,
}

/// Lets the process have as many as the system permits: the usual 1,024 are there for programs of the time of
/// `select`. Where that is refused it stays as it is.
pub fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    }
}

/// Begins to hold some in reserve.
pub fn keep_reserve() {
    let most = getrlimit(Resource::Nofile).current.map_or(RESERVE, |limit| RESERVE.min(limit / PART));
    let mut held = held();
    held.wanted = usize::try_from(most).unwrap_or(0);
    held.fill();
}

/// How many there are beyond the reserve, which is filled before.
pub fn left() -> usize {
    if !held().fill() {
        return 0;
    }
    let Some(limit) = getrlimit(Resource::Nofile).current else { return usize::MAX };
    // Where it was lowered, numbers above it are in use and take none of those below.
    let is_below = |name: &str| name.parse::<u64>().is_ok_and(|number| number < limit);
    let Ok(open) = std::fs::read_dir(OPEN) else { return 0 };
    let used = open.flatten().filter(|entry| entry.file_name().to_str().is_some_and(is_below)).count();
    usize::try_from(limit).unwrap_or(usize::MAX).saturating_sub(used)
}

/// Does something that needs descriptors and must not fail for want of them.
///
/// # Errors
/// Those of what is done; for want of descriptors only when the reserve is used up.
pub fn spared<T, E: Want>(mut work: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    loop {
        match work() {
            Err(error) if is_spared(&error) => {}
            done => return done,
        }
    }
}

/// Whether what failed like this is worth another try: one of the reserve was given up for it.
pub fn is_spared(error: &impl Want) -> bool {
    error.is_want() && held().give_up(1)
}

/// The same for what does not tell why it failed, such as the system's resolver: whether some of the reserve were given
/// up because none is left.
pub fn are_spared(count: usize) -> bool {
    let mut held = held();
    let is_want = held.free.last().is_some_and(|one| one.try_clone().is_err_and(|error| error.is_want()));
    is_want && held.give_up(count)
}

/// An error that may tell of a want of descriptors, the process's or the machine's.
pub trait Want {
    /// Whether it does.
    fn is_want(&self) -> bool;
}

impl Want for Errno {
    fn is_want(&self) -> bool {
        matches!(*self, Errno::MFILE | Errno::NFILE)
    }
}

impl Want for io::Error {
    fn is_want(&self) -> bool {
        Errno::from_io_error(self).is_some_and(|errno| errno.is_want())
    }
}

impl Held {
    /// Whether all are there that are wanted.
    fn fill(&mut self) -> bool {
        let before = self.free.len();
        while self.free.len() < self.wanted
            && let Ok(one) = self.one_more()
        {
            self.free.push(one);
        }
        if self.free.len() != before {
            self.free.sort_by_key(|one| std::cmp::Reverse(one.as_raw_fd()));
        }
        self.free.len() >= self.wanted
    }

    fn one_more(&self) -> io::Result<OwnedFd> {
        match self.free.first() {
            Some(one) => one.try_clone(),
            None => std::fs::File::open("/dev/null").map(OwnedFd::from),
        }
    }

    fn give_up(&mut self, count: usize) -> bool {
        let kept = self.free.len().saturating_sub(count);
        let given = self.free.split_off(kept);
        !given.is_empty()
    }
}

fn held() -> MutexGuard<'static, Held> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
