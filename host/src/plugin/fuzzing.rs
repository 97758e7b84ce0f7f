//! Doors for the fuzz targets of `host/fuzz`: a manifest's text, a tape's, and a file's way through the loader.
//!
//! Compiled for them and for the unit tests alone, so that nobody else can come in here.

use std::path::Path;
use std::sync::Arc;

use super::access;
use super::anatomy;
use super::cache::Cache;
use super::engine::Guests;
use super::error::LoadError;
use super::glob::Place;
use super::imports::Facts;
use super::limits::Limits;
use super::listing::Description;
use super::loader::{Candidate, Loader};
use super::manifest::{self, Manifest};
use super::settings::Settings;
use super::tape;
use crate::clock::Clock;
use crate::config;

/// Reads the text of a `plugin.toml`.
///
/// # Errors
/// What is wrong with it.
pub fn manifest(text: &str) -> Result<Manifest, String> {
    manifest::parse(text)
}

/// Whether the manifest's rooms take what a person wrote.
pub fn takes(manifest: &Manifest, input: &str) -> bool {
    let place = Place::of(input);
    manifest.rooms.iter().any(|glob| glob.matches(&place))
}

/// Reads a tape's text, and writes it again.
///
/// # Errors
/// What is wrong with it.
pub fn tape(text: &str) -> Result<String, String> {
    let read = tape::read(text)?;
    tape::write(&read.calls).map_err(|error| format!("line 0: {error:#}"))
}

/// The loader with its engine, as a registry has it, but with nothing behind it: no network, no store, no cache.
pub struct Trial {
    loader: Loader,
    limits: config::Limits,
}

impl Trial {
    /// Starts the engine. What is loaded has these limits.
    ///
    /// # Errors
    /// The engine or its threads cannot be started.
    pub fn new(limits: config::Limits) -> anyhow::Result<Trial> {
        Ok(Trial { loader: Loader::new(Arc::new(Guests::start()?), Cache::Nowhere)?, limits })
    }

    /// Takes a file's bytes as far as they go: read, compiled, linked, started, asked for its samples.
    ///
    /// # Errors
    /// Why it is no plugin.
    pub async fn load(&self, wasm: Vec<u8>) -> Result<(), LoadError> {
        let anatomy = anatomy::read(&wasm).1?;
        let table = config::Plugin { limits: self.limits.clone(), ..Default::default() };
        let settings = Settings::of(&anatomy.manifest, &[]).map_err(LoadError::Settings)?;
        let base = access::base(&anatomy.manifest.name, &table).map_err(LoadError::Settings)?;
        access::grant(&anatomy.manifest, &settings, &base).map_err(LoadError::Settings)?;
        let limits = Limits::of(&table.limits, anatomy.instances);
        let facts = Facts::closed(&anatomy.manifest.name, settings, limits, &Clock::system());
        let place = Path::new("fuzzed.wasm");
        let shown = Description::of(place, Some(anatomy.sha256.clone()), Some(&anatomy.manifest), Some(&anatomy));
        let (wasm, description, overrides) = (wasm.into(), Arc::new(shown), base.overrides);
        self.loader.load(Candidate { wasm, code: None, anatomy, description, facts, table, overrides }).await.map(drop)
    }
}

#[cfg(test)]
mod tests;
