//! What lies in the plugins directories, from manifests and types alone: answers what can be asked without a guest.
//! Loads nothing, grants nothing, writes nothing.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use super::access;
use super::anatomy::{Anatomy, Kind};
use super::pick::{self, Choice, PickError, Unusable};
use super::scan::{self, Fate, Found};
use super::settings::Settings;
use crate::config::{self, Text};

/// Every file that counts.
pub struct Catalogue {
    found: Vec<Found>,
    unread: Vec<(PathBuf, io::Error)>,
}

impl Catalogue {
    /// Reads the directories, the first one first. Blocks.
    pub fn read(dirs: &[PathBuf]) -> Catalogue {
        let (fates, unread) = scan::scan(dirs);
        let found = fates.into_iter().filter_map(|fate| match fate {
            Fate::Load(found) => Some(found),
            Fate::Shadowed(..) => None,
        });
        Catalogue { found: found.collect(), unread }
    }

    /// Whether there is no plugin at all.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Directories that could not be read, and why.
    pub fn unread(&self) -> &[(PathBuf, io::Error)] {
        &self.unread
    }

    /// Which picker takes what a person wrote; with `by_name`, the one of that name.
    ///
    /// # Errors
    /// There is none, two take it equally well, or the one that is meant cannot be loaded.
    pub fn pick(&self, input: &str, by_name: Option<&str>) -> Result<(), PickError> {
        let choices = self.found.iter().filter_map(choice).collect();
        match by_name {
            Some(name) => pick::by_name(name, choices),
            None => pick::by_place(input, choices),
        }
    }

    /// The names of all plugins, also of those that cannot be loaded.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.found.iter().filter_map(|found| found.manifest.as_ref()).map(|manifest| manifest.name.as_str())
    }

    /// The file of the plugin of that name that counts, and its hash.
    pub fn file(&self, name: &str) -> Option<(PathBuf, String)> {
        let named = |found: &&Found| found.manifest.as_ref().is_some_and(|manifest| manifest.name == name);
        let found = self.found.iter().find(named)?;
        Some((found.file.clone(), found.sha256.clone()?))
    }

    /// Whether a plugin of that name takes its `[plugin.NAME]`.
    ///
    /// # Errors
    /// There is none, or what it does not take: a key of the table, empty for the whole, and a sentence for people.
    pub fn takes(&self, name: &str, table: &config::Plugin) -> Result<(), (&'static str, String)> {
        let anatomy = self.named(name).map_err(|why| ("", why))?;
        let settings = Settings::of(&anatomy.manifest, &[&table.settings]).map_err(|why| ("settings", why))?;
        access::cookie(name, table).map_err(|why| ("cookie", why))?;
        let base = access::base(name, table).map_err(|why| ("", why))?;
        access::grant(&anatomy.manifest, &settings, &base).map(drop).map_err(|why| ("settings", why))
    }

    /// Whether a notifier of that name takes a target's settings, laid over the plugin's.
    ///
    /// # Errors
    /// There is none, or what it does not take: one sentence for people.
    pub fn notifies(
        &self,
        name: &str,
        table: &BTreeMap<String, Text>,
        target: &BTreeMap<String, Text>,
    ) -> Result<(), String> {
        let anatomy = self.named(name)?;
        if !anatomy.kinds.contains(&Kind::Notifier) {
            return Err(format!("plugin `{name}` is no notifier"));
        }
        Settings::of(&anatomy.manifest, &[table, target]).map(drop)
    }

    fn named(&self, name: &str) -> Result<&Anatomy, String> {
        let named = |found: &&Found| found.manifest.as_ref().is_some_and(|manifest| manifest.name == name);
        let found = self.found.iter().find(named).ok_or_else(|| format!("there is no plugin `{name}`"))?;
        let (_, anatomy) = found.read.as_ref().map_err(|error| format!("plugin `{name}` cannot be loaded: {error}"))?;
        Ok(anatomy)
    }
}

fn choice(found: &Found) -> Option<Choice<'_, ()>> {
    let manifest = found.manifest.as_ref()?;
    let picker = match &found.read {
        Ok((_, anatomy)) if anatomy.kinds.contains(&Kind::Picker) => Ok(()),
        Ok(_) => Err(Unusable::NotAPicker),
        Err(error) => Err(Unusable::Refused(error.told())),
    };
    Some(Choice { name: &manifest.name, rooms: &manifest.rooms, picker })
}
