//! The engine, and the threads that guests run on. One of each a process.
//!
//! Guests never run on the main runtime: whatever they do, sockets and recordings go on.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll};
use std::thread::{Builder, JoinHandle};

use anyhow::Context;
use tokio::sync::Semaphore;
use wasmtime::{Config, Engine, Strategy};

use super::budget::TICK;
use super::compiler::Compiler;

/// Two: one for a guest that computes, one for all others.
const THREADS: usize = 2;

/// Guests yield to the host's own threads.
const GUEST_NICENESS: i32 = 5;

/// Calls under way, all plugins together.
const CALLS: usize = 16;

/// What all plugins share. Dropping it stops its threads.
pub(super) struct Guests {
    pub(super) engine: Engine,
    /// The permit that a long call takes for each slice.
    pub(super) slices: Arc<Semaphore>,
    /// A permit a call.
    pub(super) calls: Arc<Semaphore>,
    pub(super) compiler: Compiler,
    runtime: Option<tokio::runtime::Runtime>,
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
        let stop = Arc::new(AtomicBool::new(false));
        Ok(Guests {
            ticker: Mutex::new(Some(ticker(&engine, Arc::clone(&stop))?)),
            compiler: Compiler::start()?,
            engine,
            slices: Arc::new(Semaphore::new(1)),
            calls: Arc::new(Semaphore::new(CALLS)),
            runtime: Some(runtime),
            stop,
        })
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
}

impl Drop for Guests {
    fn drop(&mut self) {
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

/// On Linux niceness is the thread's own. Where it is refused the thread runs as it is: slower is still right.
pub(super) fn yield_to_others(niceness: i32) {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, niceness);
    #[cfg(not(target_os = "linux"))]
    let _ = niceness;
}
