//! Who is compiled next, and the threads that do it: a large runtime takes minutes on a small machine, and nobody but its
//! own rooms waits for it.
//!
//! Files are small or big, and each kind has a lane of its own: so there are never two big ones at once, whose compiles
//! take 400 MB each, and a small one never waits for a big one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use anyhow::Context;
use tokio::sync::oneshot;

use super::engine::yield_to_others;

/// A file of so many bytes is big. What a Rust, C or QuickJS toolchain makes has less, its compile takes 100 MB at most;
/// whole language runtimes have 12 MB and more.
const BIG: usize = 4 << 20;

/// Compiles that may wait on one lane: far more than a directory has plugins.
const MOST_WAITING: usize = 256;

/// How often one that waits may be overtaken by smaller ones.
const MOST_OVERTAKEN: u32 = 8;

/// Compiling yields to everybody, once the program has started.
const NICENESS: i32 = 19;

type Job = Box<dyn FnOnce() + Send>;

/// The lanes. Dropping it ends them: what waits is dropped, what is being compiled ends with its thread, or with the
/// process.
pub(super) struct Compiler {
    small: Arc<Lane>,
    big: Arc<Lane>,
    started: Arc<AtomicBool>,
}

impl Compiler {
    pub(super) fn start() -> anyhow::Result<Compiler> {
        let started = Arc::new(AtomicBool::new(false));
        let lane = |name: &str| Lane::open(name, Arc::clone(&started));
        Ok(Compiler { small: lane("compiles")?, big: lane("big-compiles")?, started })
    }

    /// What the program has found at its start is compiled: from now on an older build answers meanwhile, and so compiling
    /// yields to everybody.
    pub(super) fn have_started(&self) {
        self.started.store(true, Ordering::Relaxed);
    }

    /// Runs the compile of so many bytes when it is its turn. None when too many wait, or it panicked, or the host is
    /// stopping.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        bytes: usize,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move || {
            // Nobody waits any more: the file is another one by now.
            if !answer.is_closed() {
                // If it is so only now: the result is in the cache, and that is fine.
                let _ = answer.send(job());
            }
        });
        let lane = if bytes < BIG { &self.small } else { &self.big };
        lane.push(bytes, job)?;
        answered.await.ok()
    }
}

impl Drop for Compiler {
    fn drop(&mut self) {
        self.small.close();
        self.big.close();
    }
}

/// Compiles one after the other, the smallest first.
struct Lane {
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Default)]
struct State {
    queue: Queue<Job>,
    is_closed: bool,
}

impl Lane {
    /// Each compile has a thread of its own: what the compiler took for a large runtime is given back to the system when
    /// its thread ends, and kept as long as it lives.
    ///
    /// At the start it has its share of the CPU like any other: rooms wait for their pickers, and on a busy machine the
    /// last in every queue takes the first half minute of a broadcast to get through. Afterwards it is the last one.
    fn open(name: &str, started: Arc<AtomicBool>) -> anyhow::Result<Arc<Lane>> {
        let lane = Arc::new(Lane { state: Mutex::default(), news: Condvar::new() });
        let at = Arc::clone(&lane);
        let work = move || {
            while let Some(job) = at.next() {
                let started = started.load(Ordering::Relaxed);
                let compile = move || {
                    if started {
                        yield_to_others(NICENESS);
                    }
                    job();
                };
                // Where no thread is to be had, and where the compiler panics, the asker sees its answer dropped: neither
                // ends compiling for good.
                let compiling = Builder::new().name(String::from("compile")).spawn(compile);
                let _ = compiling.map(JoinHandle::join);
            }
        };
        Builder::new().name(name.to_owned()).spawn(work).context("cannot start the compile threads")?;
        Ok(lane)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, bytes: usize, job: Job) -> Option<()> {
        let mut state = self.state();
        if state.queue.0.len() >= MOST_WAITING {
            return None;
        }
        state.queue.push(bytes, job);
        drop(state);
        self.news.notify_one();
        Some(())
    }

    /// Waits for one; none when there will be none.
    fn next(&self) -> Option<Job> {
        let mut state = self.state();
        loop {
            if state.is_closed {
                return None;
            }
            if let Some(job) = state.queue.next() {
                return Some(job);
            }
            state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        let waiting = std::mem::take(&mut state.queue);
        drop(state);
        // Whoever waits for one of them is woken by its end.
        drop(waiting);
        self.news.notify_all();
    }
}

/// What waits on a lane, in the order in which it came.
struct Queue<T>(Vec<Waiting<T>>);

struct Waiting<T> {
    bytes: usize,
    overtaken: u32,
    job: T,
}

impl<T> Default for Queue<T> {
    fn default() -> Queue<T> {
        Queue(Vec::new())
    }
}

impl<T> Queue<T> {
    fn push(&mut self, bytes: usize, job: T) {
        self.0.push(Waiting { bytes, overtaken: 0, job });
    }

    /// Takes the smallest, of equal ones the first; one that was overtaken too often comes before all.
    fn next(&mut self) -> Option<T> {
        let waiting = || self.0.iter().enumerate();
        let patient = waiting().find(|(_, one)| one.overtaken >= MOST_OVERTAKEN);
        let (at, _) = patient.or_else(|| waiting().min_by_key(|(_, one)| one.bytes))?;
        let next = self.0.remove(at);
        self.0.iter_mut().take(at).for_each(|one| one.overtaken = one.overtaken.saturating_add(1));
        Some(next.job)
    }
}

#[cfg(test)]
mod tests;
