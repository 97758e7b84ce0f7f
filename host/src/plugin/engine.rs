//! The engine, the threads that guests run on, and the one that compiles. One of each a process.
//!
//! Guests never run on the main runtime: whatever they do, sockets and recordings go on.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context as TaskContext, Poll};
use std::thread::{Builder, JoinHandle};

use anyhow::Context;
use tokio::sync::{Semaphore, oneshot};
use wasmtime::{Config, Engine, Strategy};

use super::budget::TICK;

/// Two: one for a guest that computes, one for all others.
const THREADS: usize = 2;

/// Guests yield to the host's own threads.
const GUEST_NICENESS: i32 = 5;

/// Compiling yields to everybody, once the program has started.
const COMPILE_NICENESS: i32 = 19;

/// Calls under way, all plugins together.
const CALLS: usize = 16;

/// Compiles that may wait: far more than a directory has plugins.
const WAITING_COMPILES: usize = 256;

type Job = Box<dyn FnOnce() + Send>;

/// What all plugins share. Dropping it stops its threads.
pub(super) struct Guests {
    pub(super) engine: Engine,
    /// The permit that a long call takes for each slice.
    pub(super) slices: Arc<Semaphore>,
    /// A permit a call.
    pub(super) calls: Arc<Semaphore>,
    runtime: Option<tokio::runtime::Runtime>,
    compiler: Option<mpsc::SyncSender<Job>>,
    started: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    ticker: Mutex<Option<JoinHandle<()>>>,
}

impl Guests {
    pub(super) fn start() -> anyhow::Result<Guests> {
        let engine =
            Engine::new(&config()).map_err(anyhow::Error::from).context("cannot start the WebAssembly engine")?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .max_blocking_threads(1)
            .thread_name("guest")
            .on_thread_start(|| yield_to_others(GUEST_NICENESS))
            .enable_time()
            .build()
            .context("cannot start the guests' threads")?;
        let (started, stop) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        Ok(Guests {
            ticker: Mutex::new(Some(ticker(&engine, Arc::clone(&stop))?)),
            compiler: Some(compiler(Arc::clone(&started))?),
            engine,
            slices: Arc::new(Semaphore::new(1)),
            calls: Arc::new(Semaphore::new(CALLS)),
            runtime: Some(runtime),
            started,
            stop,
        })
    }

    /// What the program has found at its start is compiled: from now on nobody waits for a compile, an older build
    /// answers meanwhile, and so compiling yields to everybody.
    pub(super) fn have_started(&self) {
        self.started.store(true, Ordering::Relaxed);
    }

    /// Runs a future on the guests' threads; it is aborted when the answer is no longer waited for. None when the
    /// host is stopping, or the future panicked.
    pub(super) async fn run<T, F>(&self, future: F) -> Option<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let task = AbortOnDrop(self.runtime.as_ref()?.spawn(future));
        task.await
    }

    /// Runs a job on the compile thread, after all that wait there. None when the host is stopping, or it panicked.
    pub(super) async fn compile<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move || {
            // Nobody waits any more: the result is in the cache, and that is fine.
            let _ = answer.send(job());
        });
        self.compiler.as_ref()?.try_send(job).ok()?;
        answered.await.ok()
    }
}

impl Drop for Guests {
    fn drop(&mut self) {
        // A compile cannot be interrupted; its thread ends after it, or with the process.
        self.compiler = None;
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        self.stop.store(true, Ordering::Relaxed);
        let ticker = self.ticker.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(ticker) = ticker {
            ticker.thread().unpark();
            // It holds nothing and ends at once; if it panicked there is nothing left to do about it.
            let _ = ticker.join();
        }
    }
}

/// A task that does not outlive the one who waits for it. None when it panicked or its runtime is stopping.
pub(super) struct AbortOnDrop<T>(pub(super) tokio::task::JoinHandle<T>);

impl<T> Future for AbortOnDrop<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<Option<T>> {
        Pin::new(&mut self.0).poll(context).map(Result::ok)
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn config() -> Config {
    let mut config = Config::new();
    config.strategy(Strategy::Cranelift);
    config.epoch_interruption(true);
    // What no guest language that we know of needs. The component model's async stays on, default QuickJS builds use it,
    // and so do tail calls, which those for size make; more than one memory, too: wasmtime's own glue between the modules
    // of a component needs it, and panics without.
    config.wasm_relaxed_simd(false);
    config.wasm_memory64(false);
    config.wasm_wide_arithmetic(false);
    config.wasm_custom_page_sizes(false);
    config.wasm_component_model_async(true);
    config
}

/// Advances the epoch. Holds the engine weakly: it must not be what keeps it alive.
fn ticker(engine: &Engine, stop: Arc<AtomicBool>) -> anyhow::Result<JoinHandle<()>> {
    let engine = engine.weak();
    let tick = move || {
        while !stop.load(Ordering::Relaxed) {
            std::thread::park_timeout(TICK);
            match engine.upgrade() {
                Some(engine) => engine.increment_epoch(),
                None => return,
            }
        }
    };
    Builder::new().name(String::from("guest-ticker")).spawn(tick).context("cannot start the guests' ticker")
}

/// One compile at a time, each on a thread of its own: what the compiler took for a large runtime (400 MB for Python's)
/// is given back to the system when its thread ends, and kept as long as it lives. All ends when the sender is dropped.
///
/// At the start it has its share of the CPU like any other: rooms wait for their pickers, and on a busy machine the last
/// in every queue takes the first half minute of a broadcast to get through. Afterwards it is the last one.
fn compiler(started: Arc<AtomicBool>) -> anyhow::Result<mpsc::SyncSender<Job>> {
    let (sender, jobs) = mpsc::sync_channel::<Job>(WAITING_COMPILES);
    let work = move || {
        for job in jobs {
            let started = started.load(Ordering::Relaxed);
            let compile = move || {
                if started {
                    yield_to_others(COMPILE_NICENESS);
                }
                job();
            };
            // Where no thread is to be had, and where the compiler panics, the asker sees its answer dropped: neither
            // ends compiling for good.
            let compiling = Builder::new().name(String::from("compile")).spawn(compile);
            let _ = compiling.map(JoinHandle::join);
        }
    };
    Builder::new().name(String::from("compiles")).spawn(work).context("cannot start the compile thread")?;
    Ok(sender)
}

/// On Linux niceness is the thread's own. Where it is refused the thread runs as it is: slower is still right.
fn yield_to_others(niceness: i32) {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, niceness);
    #[cfg(not(target_os = "linux"))]
    let _ = niceness;
}

#[cfg(test)]
mod tests;
