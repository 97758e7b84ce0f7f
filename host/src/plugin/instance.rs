//! One call: a fresh store and instance, under all limits, gone with the answer.
//!
//! So no poisoned, leaking or stale instance can exist; what a plugin wants to remember it keeps in `store`.

use std::future::Future;
use std::time::Duration;

use tracing::Instrument as _;
use wasmtime::{Store, Trap};
use wasmtime_wasi::I32Exit;

use super::budget::{Meter, Metered};
use super::engine::Guests;
use super::error::CallError;
use super::imports::{Facts, Host, MOST_RESOURCES, Tail};
use super::limits::Stop;
use super::settings::{Settings, cut};

/// Bytes that a guest may hand over at once: the host holds them beside the guest's memory.
const HANDED_OVER: usize = 16 << 20;

/// Resources of the component model alive in one call.
const MOST_HANDLES: usize = 1_000;

/// Bytes of a trap's description.
const MOST_WORDS: usize = 1 << 10;

/// Makes one call on the guests' threads. `body` gets the store, instantiates what it wants in it and calls that.
pub(super) async fn call<T, F, C>(guests: &Guests, facts: Facts, wall: Duration, body: F) -> Result<T, CallError>
where
    T: Send + 'static,
    F: FnOnce(Store<Host>) -> C + Send + 'static,
    C: Future<Output = wasmtime::Result<T>> + Send + 'static,
{
    let (engine, slices) = (guests.engine.clone(), guests.slices.clone());
    let call = async move {
        let (tail, settings) = (Tail::default(), facts.settings.clone());
        let meter = Meter::new(facts.limits.cpu);
        let mut store = Store::new(&engine, Host::new(facts, &tail));
        store.limiter(|host| &mut host.ceiling);
        store.set_hostcall_fuel(HANDED_OVER);
        store.set_max_component_handles(MOST_HANDLES);
        meter.watch(&mut store);
        match tokio::time::timeout(wall, Metered::new(body(store), meter, slices)).await {
            Ok(answer) => answer.map_err(|error| judge(&error, &tail, &settings)),
            Err(_) => Err(CallError::Timeout(wall)),
        }
    };
    let ended = guests.run(call.instrument(tracing::Span::current())).await;
    ended.unwrap_or_else(|| match guests.calls.is_closed() {
        true => Err(CallError::Stopping),
        false => Err(CallError::HostBug(String::from("the call panicked in the host"))),
    })
}

/// The chain of causes without the guest's stack: the names of its functions are the guest's own words.
fn causes(error: &wasmtime::Error) -> String {
    let texts = error.chain().map(ToString::to_string);
    let told: Vec<String> = texts.filter(|text| !text.starts_with("error while executing at wasm backtrace")).collect();
    told.join(": ")
}

/// What stopped a guest.
fn judge(error: &wasmtime::Error, tail: &Tail, settings: &Settings) -> CallError {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return match stop {
            Stop::Cpu(limit) => CallError::CpuBudget(*limit),
            Stop::Memory(limit) => CallError::MemoryLimit { what: "bytes of memory", limit: *limit },
            Stop::Tables(limit) => CallError::MemoryLimit { what: "table elements", limit: *limit },
        };
    }
    let text = causes(error);
    // wasmtime keeps most of these types to itself.
    if text.contains("fuel allocated for hostcalls") {
        return CallError::HostCallLimit(format!("more than {} MiB handed over at once", HANDED_OVER >> 20));
    }
    if text.contains("handle limit exceeded") {
        return CallError::HostCallLimit(format!("more than {MOST_HANDLES} resources"));
    }
    if text.contains("resource table has no free keys") {
        return CallError::HostCallLimit(format!("more than {MOST_RESOURCES} resources of WASI"));
    }
    if text.contains("resource limit exceeded") {
        return CallError::HostCallLimit(String::from("more instances, memories or tables than a call may have"));
    }
    let kind = match (error.downcast_ref::<I32Exit>(), error.downcast_ref::<Trap>()) {
        (Some(exit), _) => format!("it exited with status {}", exit.0),
        (None, Some(trap)) => trap.to_string().trim_start_matches("wasm trap: ").to_owned(),
        (None, None) => settings.scrub(&text, MOST_WORDS),
    };
    let stderr = tail.text();
    let most = stderr.len();
    CallError::Trap { kind: cut(kind, MOST_WORDS), stderr: settings.scrub(&stderr, most) }
}
