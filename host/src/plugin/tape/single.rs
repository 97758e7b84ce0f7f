//! One build of one file, loaded beside whatever lies in the plugins directories: it is granted nothing for good, and
//! reaches the network only by what each call's facts say.

use std::path::Path;
use std::sync::Arc;

use crate::clock::Clock;
use crate::config::{self, Config};
use crate::plugin::anatomy;
use crate::plugin::cache::Cache;
use crate::plugin::engine::Guests;
use crate::plugin::error::LoadError;
use crate::plugin::imports::Facts;
use crate::plugin::limits::Limits;
use crate::plugin::listing::Description;
use crate::plugin::loader::{Candidate, Loader};
use crate::plugin::scan;
use crate::plugin::settings::Settings;
use crate::plugin::version::Version;
use crate::store::DataDir;

/// A build that can be called, and the threads that it runs on.
pub(in super::super) struct Single {
    pub(in super::super) guests: Arc<Guests>,
    pub(in super::super) version: Version,
    /// `[plugin.NAME]` of the config.
    pub(in super::super) table: config::Plugin,
}

impl Single {
    /// Compiles and starts the file, and asks it for its samples, the network closed.
    ///
    /// # Errors
    /// Why it is no plugin of this host, or fails its samples.
    pub(in super::super) async fn load(
        file: &Path,
        config: &Config,
        data: &DataDir,
        clock: &Clock,
    ) -> Result<Single, LoadError> {
        let wasm = scan::bytes(file)?;
        let (_, anatomy) = anatomy::read(&wasm);
        let anatomy = anatomy?;
        let gave_up = |error: anyhow::Error| LoadError::Compile(format!("{error:#}"));
        let guests = Arc::new(Guests::start().map_err(gave_up)?);
        let cache = data.path().map_or(Cache::Nowhere, |dir| Cache::look(&dir.join("compiled")));
        let loader = Loader::new(Arc::clone(&guests), cache).map_err(gave_up)?;
        let table = config.plugin.get(&anatomy.manifest.name).cloned().unwrap_or_default();
        let settings = Settings::of(&anatomy.manifest, &[]).map_err(LoadError::Settings)?;
        let limits = Limits::of(&table.limits, anatomy.instances);
        let facts = Facts::closed(&anatomy.manifest.name, settings, limits, clock);
        let shown = Description::of(file, Some(anatomy.sha256.clone()), Some(&anatomy.manifest), Some(&anatomy));
        let (wasm, description) = (wasm.into(), Arc::new(shown));
        let (table_of, overrides) = (table.clone(), Default::default());
        let candidate = Candidate { wasm, code: None, anatomy, description, facts, table: table_of, overrides };
        let version = loader.load(candidate).await?;
        Ok(Single { guests, version, table })
    }
}
