//! What has become of plugins, told to people and programs.

use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use serde_json::{Map, Value, json};
use tracing::{info, warn};

use super::Shared;
use crate::event::{Event, Kind};
use crate::plugin::error::LoadError;
use crate::plugin::listing::Description;
use crate::plugin::version::Version;

impl Shared {
    /// Directories that cannot be read any more, each once.
    pub(super) fn tell_unread(&self, unread: &[(PathBuf, String)]) {
        let known = self.unread.read().unwrap_or_else(PoisonError::into_inner).clone();
        let is_known = |dir: &Path| known.iter().any(|(known, _)| known == dir);
        for (dir, error) in unread.iter().filter(|(dir, _)| !is_known(dir)) {
            warn!(dir = %dir.display(), error, "cannot read a plugins directory: what was loaded from it still answers");
        }
    }

    /// Files that somebody goes on to write to.
    pub(super) fn tell_endless(&self, files: &[PathBuf]) {
        for file in files {
            info!(file = %file.display(), "a file is not left alone: it is read when nobody writes to it any more");
        }
    }

    pub(super) fn tell_loaded(&self, description: &Description) {
        self.send(Kind::PluginLoaded, facts(description));
    }

    /// A file was not taken; `kept` is the build that answers all the same.
    pub(super) fn tell_refused(&self, file: &Description, error: &LoadError, kept: Option<&Description>) {
        let mut data = facts(file);
        data.insert(String::from("kind"), json!(error.kind()));
        data.insert(String::from("reason"), json!(error.told()));
        let text = error.told();
        let (reason, hint) = text.split_once("\nhint: ").unwrap_or((&text, ""));
        let path = file.file.display();
        match kept {
            Some(kept) => {
                // What cannot be read has no name of its own.
                data.insert(String::from("plugin"), json!(kept.name));
                data.insert(String::from("kept"), json!(kept.version));
                let plugin = &kept.name;
                let kept = kept.version.as_deref().unwrap_or_default();
                warn!(plugin, file = %path, reason, hint, "a plugin's file was refused, version {kept} still answers");
            }
            // At the start whoever needs it says that it is not there, and nobody else asks.
            None if self.is_watched.load(Ordering::Relaxed) => {
                warn!(plugin = file.name, file = %path, reason, hint, "a plugin's file was refused");
            }
            None => {}
        }
        self.send(Kind::PluginRefused, data);
    }

    pub(super) fn tell_replaced(&self, old: &Version, new: &Version) {
        let (was, is) = (&old.description, &new.description);
        info!(plugin = is.name, was = old.named(), is = new.named(), "another build of a plugin answers from now on");
        let mut data = facts(is);
        data.insert(String::from("from"), json!({ "version": was.version, "sha256": was.sha256 }));
        self.send(Kind::PluginReplaced, data);
    }

    pub(super) fn tell_rolled_back(&self, failed: &Version, to: &Version, why: &str) {
        warn!(
            plugin = to.description.name,
            failed = failed.named(),
            to = to.named(),
            reason = why,
            "a plugin was rolled back"
        );
        let mut data = facts(&to.description);
        let failed = &failed.description;
        data.insert(String::from("from"), json!({ "version": failed.version, "sha256": failed.sha256 }));
        data.insert(String::from("reason"), json!(why));
        self.send(Kind::PluginRolledBack, data);
    }

    pub(super) fn tell_removed(&self, version: &Version) {
        let description = &version.description;
        warn!(
            plugin = description.name,
            file = %description.file.display(),
            "a plugin was removed: sessions that run go on with it, nothing new is asked"
        );
        self.send(Kind::PluginRemoved, facts(description));
    }

    fn send(&self, kind: Kind, data: Map<String, Value>) {
        self.means.events.send(Event::now(&self.means.clock, kind, None, None, data.into()));
    }
}

impl Version {
    /// Version and the beginning of the hash: authors forget to count the version up.
    fn named(&self) -> String {
        let hash: String = self.anatomy.sha256.chars().take(8).collect();
        format!("{} ({hash})", self.anatomy.manifest.version)
    }
}

fn facts(description: &Description) -> Map<String, Value> {
    let Description { name, version, sha256, file, platform, .. } = description;
    let facts = [
        ("plugin", json!(name)),
        ("version", json!(version)),
        ("sha256", json!(sha256)),
        ("file", json!(file.display().to_string())),
        ("platform", json!(platform)),
    ];
    facts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
