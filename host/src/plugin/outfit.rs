//! A loaded plugin in other clothes: the same build with the settings, cookie, hosts and limits of a changed config.

use std::sync::Arc;

use super::access;
use super::imports::{Facts, Line, Network};
use super::limits::Limits;
use super::registry::Registry;
use super::settings::Settings;
use super::version::Version;
use crate::config::{self, Config};

impl Registry {
    /// Gives a plugin what `[plugin.NAME]` says now. Calls under way end with what they began with.
    ///
    /// # Errors
    /// The plugin is not loaded, or cannot be set so: one sentence for people. Nothing has changed then.
    pub fn reconfigure(&self, name: &str, config: &Config) -> Result<(), String> {
        let slot = self.slot(name).ok_or_else(|| format!("plugin `{name}` is not loaded"))?;
        let table = config.plugin.get(name).cloned().unwrap_or_default();
        slot.replace(slot.current().dressed(&table)?);
        Ok(())
    }
}

impl Version {
    fn dressed(&self, table: &config::Plugin) -> Result<Version, String> {
        let manifest = &self.anatomy.manifest;
        let settings = Settings::of(manifest, &[&table.settings])?;
        let base = access::base(&manifest.name, table)?;
        let grant = access::grant(manifest, &settings, &base)?;
        let limits = Limits::of(&table.limits, self.anatomy.instances);
        let network = match &self.facts.network {
            Network::Open(line) => {
                Network::Open(Line { grant: Arc::new(grant), timeout: limits.longest(), ..line.clone() })
            }
            Network::Closed => Network::Closed,
        };
        let facts = Facts { settings: Arc::new(settings), limits, network, ..self.facts.clone() };
        Ok(Version {
            anatomy: self.anatomy.clone(),
            facts,
            table: table.settings.clone(),
            overrides: base.overrides,
            picker: self.picker.clone(),
            notifier: self.notifier.clone(),
            leases: Default::default(),
        })
    }
}
