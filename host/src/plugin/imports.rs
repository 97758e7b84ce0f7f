//! What a guest may ask of the host: the contract's imports, and WASI with everything denied.
//!
//! One [`Host`] a call, gone with it. Each import has a file; they share the plain facts below.

use std::sync::Arc;

use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use super::bindings::picker::lyrebird::plugin as wit;
use super::limits::{Ceiling, Limits};
use super::settings::Settings;
use crate::clock::Clock;

mod config;
mod digest;
mod http;
mod log;
mod posts;
mod stderr;
mod store;
mod text;

pub(super) use http::{Line, Network};
pub(super) use log::LogGate;
pub(super) use posts::Posts;
pub(super) use stderr::Tail;
pub(super) use store::Shelf;

/// Most random bytes asked for at once: keys and identifiers are short.
const MOST_RANDOM: u64 = 1 << 20;

/// Resources of WASI (streams, pollables, errors) alive in one call.
pub(super) const MOST_RESOURCES: usize = 1_000;

/// A call's facts, the same for all its imports.
#[derive(Clone)]
pub(super) struct Facts {
    /// The plugin's name: its shelf in the store.
    pub(super) plugin: Arc<str>,
    pub(super) settings: Arc<Settings>,
    pub(super) limits: Limits,
    pub(super) network: Network,
    pub(super) shelf: Shelf,
    pub(super) log: Arc<LogGate>,
    /// What the call sends, where it matters whether it may be made again.
    pub(super) posts: Option<Posts>,
}

impl Facts {
    /// Of a plugin that reaches nothing and leaves nothing.
    pub(super) fn closed(plugin: &str, settings: Settings, limits: Limits, clock: &Clock) -> Facts {
        Facts {
            plugin: plugin.into(),
            settings: Arc::new(settings),
            limits,
            network: Network::Closed,
            shelf: Shelf::Closed,
            log: Arc::new(LogGate::new(clock.clone())),
            posts: None,
        }
    }
}

/// The state of a store: what the imports of one call work with.
pub(super) struct Host {
    facts: Facts,
    /// Requests that the call may still make.
    requests_left: u32,
    /// Changes of the store that it may still make.
    changes_left: u32,
    wasi: WasiCtx,
    resources: ResourceTable,
    pub(super) ceiling: Ceiling,
}

impl Host {
    /// A host for one call. What the guest writes to stdout or stderr ends in `tail`.
    pub(super) fn new(facts: Facts, tail: &Tail) -> Host {
        let mut wasi = WasiCtxBuilder::new();
        wasi.stdout(tail.clone()).stderr(tail.clone());
        wasi.allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false);
        wasi.max_random_size(MOST_RANDOM);
        if let Some(still) = facts.network.still() {
            still.dress(&mut wasi);
        }
        let mut resources = ResourceTable::new();
        resources.set_max_capacity(MOST_RESOURCES);
        Host {
            requests_left: facts.limits.requests,
            changes_left: store::MOST_CHANGES,
            ceiling: Ceiling::new(&facts.limits),
            wasi: wasi.build(),
            resources,
            facts,
        }
    }
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.resources }
    }
}

/// Everything that a plugin may import.
pub(super) fn offer(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    wit::types::add_to_linker::<_, HasSelf<Host>>(linker, |host| host)?;
    wit::log::add_to_linker::<_, HasSelf<Host>>(linker, |host| host)?;
    wit::http::add_to_linker::<_, HasSelf<Host>>(linker, |host| host)?;
    wit::store::add_to_linker::<_, HasSelf<Host>>(linker, |host| host)?;
    wit::config::add_to_linker::<_, HasSelf<Host>>(linker, |host| host)?;
    wit::text::add_to_linker::<_, HasSelf<Host>>(linker, |host| host)?;
    wit::digest::add_to_linker::<_, HasSelf<Host>>(linker, |host| host)
}

// The contract's types are data; the macro wants a word that there is nothing to do for them.
impl wit::types::Host for Host {}
