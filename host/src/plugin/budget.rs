//! The CPU time of a call: only the guest's own, and slice by slice once it is long.
//!
//! Wall time says nothing here (a call waits for hosts most of its life), nor do ticks (a thread may be pre-empted).
//! So the thread's CPU clock is read where a poll of the call begins and ends, and at each tick inside it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::{Store, UpdateDeadline};

use super::limits::Stop;

/// How often the engine's epoch advances, and the CPU time of a slice.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// What a call has used. Only the thread that polls the call touches it; atomics because that thread changes.
#[derive(Debug)]
pub(super) struct Meter {
    /// In polls that have ended.
    spent_ns: AtomicU64,
    /// The thread's clock when the present poll began.
    began_ns: AtomicU64,
    /// Whether the call has used up its first slice.
    long: AtomicBool,
    limit: Duration,
}

impl Meter {
    pub(super) fn new(limit: Duration) -> Arc<Meter> {
        Arc::new(Meter {
            spent_ns: AtomicU64::new(0),
            began_ns: AtomicU64::new(0),
            long: AtomicBool::new(false),
            limit,
        })
    }

    /// CPU time used, the present poll included.
    fn used(&self) -> Duration {
        let present = thread_cpu_ns().saturating_sub(self.began_ns.load(Ordering::Relaxed));
        Duration::from_nanos(self.spent_ns.load(Ordering::Relaxed).saturating_add(present))
    }

    fn poll_begins(&self) {
        self.began_ns.store(thread_cpu_ns(), Ordering::Relaxed);
    }

    fn poll_ends(&self) {
        let present = thread_cpu_ns().saturating_sub(self.began_ns.load(Ordering::Relaxed));
        self.spent_ns.fetch_add(present, Ordering::Relaxed);
    }

    /// Has the store's guest interrupted at each tick. Deadlines that passed while the guest waited cost it nothing.
    pub(super) fn watch<T: 'static>(self: &Arc<Self>, store: &mut Store<T>) {
        let meter = Arc::clone(self);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |_| {
            let used = meter.used();
            if used > meter.limit {
                return Err(Stop::Cpu(meter.limit).into());
            }
            if used < TICK {
                return Ok(UpdateDeadline::Continue(1));
            }
            meter.long.store(true, Ordering::Relaxed);
            Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
        });
    }
}

/// CPU time of this thread since it began.
fn thread_cpu_ns() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let whole = u64::try_from(time.tv_sec).unwrap_or(0).saturating_mul(1_000_000_000);
    whole.saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
}

type Waiting = Pin<Box<dyn Future<Output = Option<OwnedSemaphorePermit>> + Send>>;

/// A call whose polls are metered.
///
/// Once it is long, each further slice takes the engine's one permit: however many guests spin, one of the guests'
/// threads is left to the others. Measured with eight spinning guests on two threads, p99 of good calls: 617 ms
/// without, 13 ms with it.
pub(super) struct Metered<F> {
    call: Pin<Box<F>>,
    meter: Arc<Meter>,
    slices: Arc<Semaphore>,
    waiting: Option<Waiting>,
}

impl<F> Metered<F> {
    pub(super) fn new(call: F, meter: Arc<Meter>, slices: Arc<Semaphore>) -> Self {
        Metered { call: Box::pin(call), meter, slices, waiting: None }
    }
}

impl<T, F: Future<Output = wasmtime::Result<T>>> Future for Metered<F> {
    type Output = wasmtime::Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let mut permit = None;
        if this.meter.long.load(Ordering::Relaxed) {
            let slices = Arc::clone(&this.slices);
            let waiting =
                this.waiting.get_or_insert_with(|| Box::pin(async move { slices.acquire_owned().await.ok() }));
            permit = ready!(waiting.as_mut().poll(context));
            this.waiting = None;
        }
        this.meter.poll_begins();
        let polled = this.call.as_mut().poll(context);
        this.meter.poll_ends();
        drop(permit);
        polled
    }
}

#[cfg(test)]
mod tests;
