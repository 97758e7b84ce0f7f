//! How much one call may have: time, CPU, memory, tables, requests. A limit that is hit has a name.

use std::fmt;
use std::time::Duration;

use wasmtime::ResourceLimiter;

use crate::config;

/// The limits of one plugin's calls. The defaults are measured to be ample for every guest language: Python's runtime,
/// the largest, takes 13 MiB of memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// Whole time of `resolve`.
    pub resolve: Duration,
    /// Whole time of `check`.
    pub check: Duration,
    /// Whole time of `streams`.
    pub streams: Duration,
    /// Whole time of a notifier's call.
    pub notifier: Duration,
    /// CPU time of a call.
    pub cpu: Duration,
    /// Bytes of all linear memories.
    pub memory_bytes: u64,
    /// Elements of all tables.
    pub table_elements: u64,
    /// Core instances: what each of them costs beside memory and tables is the file's choice.
    pub instances: usize,
    /// HTTP requests of a call.
    pub requests: u32,
    /// Decompressed bytes of an answer.
    pub body_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            resolve: Duration::from_secs(5),
            check: Duration::from_secs(20),
            streams: Duration::from_secs(20),
            notifier: Duration::from_secs(30),
            cpu: Duration::from_secs(1),
            memory_bytes: 64 << 20,
            table_elements: 20_000,
            instances: 1_000,
            requests: 32,
            body_bytes: 8 << 20,
        }
    }
}

impl Limits {
    /// The usual limits, but for what the user set.
    /// `instances` is what the file's modules allow.
    pub(super) fn of(wishes: &config::Limits, instances: usize) -> Limits {
        let usual = Limits::default();
        let span = |wish: Option<config::Span>, usual| wish.map_or(usual, |span| span.0);
        Limits {
            resolve: span(wishes.resolve, usual.resolve),
            check: span(wishes.check, usual.check),
            streams: span(wishes.streams, usual.streams),
            notifier: span(wishes.notifier, usual.notifier),
            cpu: span(wishes.cpu, usual.cpu),
            memory_bytes: wishes.memory.map_or(usual.memory_bytes, |size| size.0),
            table_elements: wishes.tables.map_or(usual.table_elements, u64::from),
            instances,
            requests: wishes.http.unwrap_or(usual.requests),
            body_bytes: wishes.body.map_or(usual.body_bytes, |size| size.0),
        }
    }
}

impl Limits {
    /// The longest that any call may take.
    pub(super) fn longest(&self) -> Duration {
        self.resolve.max(self.check).max(self.streams).max(self.notifier)
    }
}

/// A limit that stopped a guest. Travels through wasmtime's error as it is, and is found again there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Cpu(Duration),
    Memory(u64),
    Tables(u64),
}

impl fmt::Display for Stop {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Cpu(limit) => write!(out, "more than {limit:?} of CPU time"),
            Stop::Memory(limit) => write!(out, "more than {limit} bytes of memory"),
            Stop::Tables(limit) => write!(out, "more than {limit} table elements"),
        }
    }
}

impl std::error::Error for Stop {}

/// Counts what a store's memories and tables have together. wasmtime's own limiter lets the guest see a failed
/// `memory.grow` and die of an unnamed trap; this one stops it with the limit's name.
#[derive(Debug)]
pub(super) struct Ceiling {
    memory: Gauge,
    tables: Gauge,
    instances: usize,
}

#[derive(Debug)]
struct Gauge {
    used: u64,
    limit: u64,
}

impl Gauge {
    /// Whether `current` may become `desired`.
    fn grow(&mut self, current: usize, desired: usize) -> bool {
        let more = u64::try_from(desired.saturating_sub(current)).unwrap_or(u64::MAX);
        let used = self.used.saturating_add(more);
        let fits = used <= self.limit;
        if fits {
            self.used = used;
        }
        fits
    }
}

impl Ceiling {
    pub(super) fn new(limits: &Limits) -> Ceiling {
        Ceiling {
            memory: Gauge { used: 0, limit: limits.memory_bytes },
            tables: Gauge { used: 0, limit: limits.table_elements },
            instances: limits.instances,
        }
    }
}

impl ResourceLimiter for Ceiling {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let limit = self.memory.limit;
        self.memory.grow(current, desired).then_some(true).ok_or_else(|| Stop::Memory(limit).into())
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let limit = self.tables.limit;
        self.tables.grow(current, desired).then_some(true).ok_or_else(|| Stop::Tables(limit).into())
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        1_000
    }

    fn memories(&self) -> usize {
        100
    }
}

#[cfg(test)]
mod tests;
