//! A loaded plugin in other clothes: the same build with the settings, cookie, hosts and limits of a changed config.

use std::sync::Arc;

use super::access;
use super::imports::{Facts, Line, Network};
use super::limits::Limits;
use super::settings::Settings;
use super::version::Version;
use crate::config;

impl Version {
    /// With what its table says now.
    ///
    /// # Errors
    /// The table does not fit the manifest: one sentence for people.
    pub(super) fn dressed(&self, table: &config::Plugin) -> Result<Version, String> {
        let manifest = &self.anatomy.manifest;
        let settings = Settings::of(manifest, &[&table.settings])?;
        let base = access::base(&manifest.name, table)?;
        let grant = access::grant(manifest, &settings, &base)?;
        let limits = Limits::of(&table.limits, self.anatomy.instances);
        let network = match &self.facts.network {
            Network::Open(line) => {
                Network::Open(Line { grant: Arc::new(grant), timeout: limits.longest(), ..line.clone() })
            }
            other => other.clone(),
        };
        let facts = Facts { settings: Arc::new(settings), limits, network, ..self.facts.clone() };
        Ok(Version {
            anatomy: self.anatomy.clone(),
            description: Arc::clone(&self.description),
            facts,
            table: table.settings.clone(),
            overrides: base.overrides,
            picker: self.picker.clone(),
            notifier: self.notifier.clone(),
            leases: Default::default(),
        })
    }
}
