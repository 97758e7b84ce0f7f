//! The deeds themselves. What is forbidden everywhere else is this room's purpose.
#![allow(
    clippy::panic,
    clippy::as_conversions,
    clippy::print_stderr,
    clippy::print_stdout,
    unsafe_code,
    reason = "harm is done here on purpose"
)]

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::Duration;

use lyrebird_plugin::{Failure, Pair, digest};

use crate::host;
use crate::words::Deed;

/// The outcome of a deed that ends well.
pub(crate) struct Told {
    /// For the broadcast's title.
    pub(crate) title: String,
    /// For its extra facts.
    pub(crate) extra: Vec<Pair>,
}

impl Told {
    /// An outcome in one word.
    pub(crate) fn title(title: impl Into<String>) -> Told {
        Told { title: title.into(), extra: Vec::new() }
    }
}

/// Does it.
pub(crate) fn act(deed: &Deed) -> Result<Told, Failure> {
    if let Some(kind) = deed.name.strip_prefix("fail/") {
        return Err(failure(kind, deed));
    }
    match deed.name.as_str() {
        "fetch" => host::fetch(deed),
        "header-break" => host::header_break(deed),
        "http-flood" => host::flood(deed, Some(deed.size("count", 1000)?)),
        "http-loop" => host::flood(deed, None),
        "send-all" => host::all_at_once(deed),
        "log-flood" => host::log_flood(deed),
        "log" => Ok(host::log_lines(deed)),
        "config" => Ok(host::config(deed)),
        "secrets" => Err(host::secrets()),
        "store-set" => host::store_set(deed),
        "store-get" => host::store_get(deed),
        "store-delete" => host::store_delete(deed),
        "store-fill" => Ok(host::store_fill()),
        "store-count" => host::store_count(),
        "digest" => Ok(host::digests()),
        "decode" => Ok(host::decode(deed)),
        "wasi" => Ok(host::wasi()),
        "clock" => Ok(host::now()),
        _ => harm(deed),
    }
}

fn harm(deed: &Deed) -> Result<Told, Failure> {
    match deed.name.as_str() {
        "loop" => spin(),
        "sleep" => sleep(Duration::from_millis(u64::from(deed.number("ms", 3_600_000)?))),
        "memory" => take_memory(),
        "recursion" => drop(black_box(deeper(1))),
        "panic" => panic!("{}", deed.text("text").unwrap_or("the guest panics as asked")),
        "unreachable" => trap(),
        "exit" => std::process::exit(i32::try_from(deed.number("code", 1)?).unwrap_or(1)),
        "out-of-bounds" => read_outside(),
        "stderr" => {
            pour(deed, |line| eprintln!("{line}"))?;
            trap();
        }
        "stdout" => pour(deed, |line| println!("{line}"))?,
        "huge-string" => return Ok(Told::title("x".repeat(deed.size("bytes", 1 << 30)?))),
        "huge-list" => {
            let pair: Pair = ("x".to_owned(), "x".to_owned());
            return Ok(Told { title: String::new(), extra: vec![pair; deed.size("count", 1 << 26)?] });
        }
        "huge-alias" => return Ok(aliased(deed.size("count", 1024)?, deed.size("bytes", 1 << 20)?)),
        "bad-utf8" => return Ok(Told::title(no_text())),
        "huge-argument" => drop(digest::md5(vec![0; deed.size("bytes", 32 << 20)?])),
        "state" => {
            static CALLS: AtomicU32 = AtomicU32::new(0);
            return Ok(Told::title(format!("calls={}", CALLS.fetch_add(1, Ordering::Relaxed) + 1)));
        }
        "fewer" | "none" | "more" | "ok" | "offline" | "upcoming" | "replay" | "echo" => {}
        unknown => return Err(Failure::InvalidRoom(format!("misbehaving: there is no deed `{unknown}`"))),
    }
    Ok(Told::title(format!("did {}", deed.name)))
}

fn failure(kind: &str, deed: &Deed) -> Failure {
    let text = deed.text("text").map_or_else(|| format!("failure {kind} as asked"), str::to_owned);
    match kind {
        "invalid-room" => Failure::InvalidRoom(text),
        "gone" => Failure::Gone(text),
        "login-required" => Failure::LoginRequired(text),
        "forbidden" => Failure::Forbidden(text),
        "rate-limited" => Failure::rate_limited(text, deed.text("after").and_then(|after| after.parse().ok())),
        "unexpected-answer" => Failure::UnexpectedAnswer(text),
        "network" => Failure::Network(text),
        _ => Failure::Other(text),
    }
}

fn spin() {
    let mut count = 0_u64;
    loop {
        count = black_box(count.wrapping_add(1));
    }
}

fn take_memory() {
    let mut taken: Vec<Vec<u8>> = Vec::new();
    loop {
        taken.push(black_box(vec![1; 1 << 20]));
    }
}

#[inline(never)]
fn deeper(depth: u64) -> u64 {
    if depth == 0 {
        return 0; // After 2^64 steps.
    }
    let room = black_box([depth; 64]);
    black_box(deeper(depth.wrapping_add(1))).wrapping_add(room.iter().sum())
}

fn trap() -> ! {
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    std::process::abort();
}

fn read_outside() {
    let far = black_box(usize::MAX & !0xffff) as *const u8;
    // SAFETY: none is claimed; the trap is the deed.
    black_box(unsafe { far.read_volatile() });
}

fn pour(deed: &Deed, write: impl Fn(&str)) -> Result<(), Failure> {
    let line = "x".repeat(99);
    for _ in 0..deed.size("bytes", 1 << 20)? / 100 {
        write(&line);
    }
    Ok(())
}

/// The same bytes a thousand times over.
fn aliased(count: usize, bytes: usize) -> Told {
    let text = "x".repeat(bytes).leak();
    let share = |_| {
        // SAFETY: none is claimed: the strings share their bytes, and freeing them after the call is harm too.
        let same = unsafe { String::from_raw_parts(text.as_mut_ptr(), text.len(), text.len()) };
        (String::new(), same)
    };
    Told { title: String::new(), extra: (0..count).map(share).collect() }
}

fn no_text() -> String {
    // SAFETY: none is claimed; a string that is no text is the deed.
    unsafe { String::from_utf8_unchecked(black_box(vec![b'a', 0xff, 0xfe, b'b'])) }
}
