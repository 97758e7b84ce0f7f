//! Who is compiled next, and the threads that do it: a large runtime takes minutes on a small machine, and nobody but its
//! own rooms waits for it.
//!
//! Files are small or big, and each kind has a lane of its own: so there are never two big ones at once, whose compiles
//! take 400 MB each, and a small one never waits for a big one. Small ones are compiled side by side, on as many cores as
//! there are, as long as all of them together are no larger than one may be: so they take no more memory than that one.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle, available_parallelism};
use std::time::Duration;

use anyhow::Context;
use tokio::sync::oneshot;

use super::engine::yield_to_others;

/// A file of so many bytes is big. What a Rust, C or QuickJS toolchain makes has less, its compile takes 100 MB at most;
/// whole language runtimes have 12 MB and more.
const BIG: usize = 4 << 20;

/// Compiles that may wait on one lane: far more than a directory has plugins.
const MOST_WAITING: usize = 256;

/// Compiles at once, on however many cores: a directory of plugins is compiled in seconds then.
const MOST_AT_ONCE: usize = 4;

/// How often one that waits may be overtaken by smaller ones.
const MOST_OVERTAKEN: u32 = 8;

/// Compiling yields to everybody, once the program has started.
const NICENESS: i32 = 19;

/// What was freed is given back to the system when it was free for so long: longer than allocators keep it for the next who
/// asks.
const SETTLED: Duration = Duration::from_secs(2);

/// So many bytes are a large piece to any allocator. Nobody writes to them, so they cost nothing.
const LARGE: usize = 2 << 20;

type Job = Box<dyn FnOnce() + Send>;

/// The lanes. Dropping it ends them: what waits is dropped, what is being compiled ends with its thread, or with the
/// process.
pub(super) struct Compiler {
    yard: Arc<Yard>,
    started: Arc<AtomicBool>,
}

impl Compiler {
    pub(super) fn start() -> anyhow::Result<Compiler> {
        let cores = available_parallelism().map_or(1, NonZero::get);
        Compiler::on(cores.min(MOST_AT_ONCE), SETTLED, give_back)
    }

    /// So many compiles at once; two where a big one is among them. What they took is given back so long after the last.
    fn on(at_once: usize, settled: Duration, give_back: fn()) -> anyhow::Result<Compiler> {
        let (yard, started) = (Arc::new(Yard::of(at_once, settled, give_back)), Arc::new(AtomicBool::new(false)));
        // From here on it ends those threads that there are.
        let compiler = Compiler { yard, started };
        for _ in 0..at_once.max(2) {
            let (yard, started) = (Arc::clone(&compiler.yard), Arc::clone(&compiler.started));
            let work = move || yard.work(&started);
            Builder::new().name(String::from("compiles")).spawn(work).context("cannot start the compile threads")?;
        }
        Ok(compiler)
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
        self.yard.push(bytes, job)?;
        answered.await.ok()
    }
}

impl Drop for Compiler {
    fn drop(&mut self) {
        self.yard.close();
    }
}

/// Where compiles wait for their turn.
struct Yard {
    /// Compiles at once.
    at_once: usize,
    settled: Duration,
    give_back: fn(),
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Default)]
struct State {
    small: Lane,
    big: Lane,
    /// Whether something was compiled, and what it took is not given back.
    owes: bool,
    is_closed: bool,
}

/// Files of one kind, the smallest first.
#[derive(Default)]
struct Lane {
    queue: Queue<Job>,
    /// Those that are being compiled, and all their bytes.
    at_work: usize,
    bytes: usize,
}

impl Yard {
    fn of(at_once: usize, settled: Duration, give_back: fn()) -> Yard {
        Yard { at_once, settled, give_back, state: Mutex::default(), news: Condvar::new() }
    }

    /// Each compile has a thread of its own: what the compiler took for a large runtime is given back to the system when
    /// its thread ends, and kept as long as it lives.
    ///
    /// At the start it has its share of the CPU like any other: rooms wait for their pickers, and on a busy machine the
    /// last in every queue takes the first half minute of a broadcast to get through. Afterwards it is the last one.
    fn work(&self, started: &AtomicBool) {
        while let Some((bytes, job)) = self.next() {
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
            self.end(bytes);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, bytes: usize, job: Job) -> Option<()> {
        let mut state = self.state();
        let queue = &mut state.lane(bytes).queue;
        if queue.0.len() >= MOST_WAITING {
            return None;
        }
        queue.push(bytes, job);
        drop(state);
        self.news.notify_all();
        Some(())
    }

    /// Waits for one whose turn it is; none when there will be none.
    fn next(&self) -> Option<(usize, Job)> {
        let mut state = self.state();
        loop {
            if state.is_closed {
                return None;
            }
            if let Some(next) = state.next(self.at_once) {
                return Some(next);
            }
            if !state.owes {
                state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let waited = self.news.wait_timeout(state, self.settled).unwrap_or_else(PoisonError::into_inner);
            let is_settled = waited.1.timed_out();
            state = waited.0;
            if is_settled && std::mem::take(&mut state.owes) {
                drop(state);
                (self.give_back)();
                state = self.state();
            }
        }
    }

    fn end(&self, bytes: usize) {
        let mut state = self.state();
        state.lane(bytes).end(bytes);
        state.owes = true;
        drop(state);
        self.news.notify_all();
    }

    fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        let waiting = [std::mem::take(&mut state.small.queue), std::mem::take(&mut state.big.queue)];
        drop(state);
        // Whoever waits for one of them is woken by its end.
        drop(waiting);
        self.news.notify_all();
    }
}

impl State {
    /// The lane of files of so many bytes.
    fn lane(&mut self, bytes: usize) -> &mut Lane {
        if bytes < BIG { &mut self.small } else { &mut self.big }
    }

    /// One of each kind is always compiled, where there is one; further small ones where a core and memory are free.
    fn next(&mut self, at_once: usize) -> Option<(usize, Job)> {
        if self.big.at_work == 0
            && let Some(next) = self.big.begin(|_| true)
        {
            return Some(next);
        }
        let is_first = self.small.at_work == 0;
        let is_core_free = self.small.at_work + self.big.at_work < at_once;
        let free = BIG.saturating_sub(self.small.bytes);
        self.small.begin(|bytes| is_first || is_core_free && bytes <= free)
    }
}

impl Lane {
    /// Takes the next one to be compiled, unless it has too many bytes.
    fn begin(&mut self, fits: impl Fn(usize) -> bool) -> Option<(usize, Job)> {
        let (bytes, job) = self.queue.next(fits)?;
        (self.at_work, self.bytes) = (self.at_work + 1, self.bytes + bytes);
        Some((bytes, job))
    }

    fn end(&mut self, bytes: usize) {
        (self.at_work, self.bytes) = (self.at_work - 1, self.bytes - bytes);
    }
}

/// Lets the allocator look for what it has kept. Mimalloc, the program's, keeps what a thread has left behind at its end,
/// and looks only when a large piece is freed: in a program that watches dark rooms that may not be for hours.
fn give_back() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(LARGE)));
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

    /// Takes the smallest, of equal ones the first; one that was overtaken too often comes before all. None, too, where the
    /// next one does not fit.
    fn next(&mut self, fits: impl Fn(usize) -> bool) -> Option<(usize, T)> {
        let waiting = || self.0.iter().enumerate();
        let patient = waiting().find(|(_, one)| one.overtaken >= MOST_OVERTAKEN);
        let (at, _) =
            patient.or_else(|| waiting().min_by_key(|(_, one)| one.bytes)).filter(|(_, one)| fits(one.bytes))?;
        let next = self.0.remove(at);
        self.0.iter_mut().take(at).for_each(|one| one.overtaken = one.overtaken.saturating_add(1));
        Some((next.bytes, next.job))
    }
}

#[cfg(test)]
mod tests;
