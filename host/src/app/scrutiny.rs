//! What is wrong in a config that only plugins can tell: their names, their settings, who takes which room. Asks
//! manifests alone; no guest runs.

use std::path::{Path, PathBuf};

use crate::app::plugin_dirs;
use crate::config::{ConfigError, Origin, Snapshot};
use crate::http::Http;
use crate::plugin::{Catalogue, PickError};
use crate::record::name::check_template;

/// What was found.
#[derive(Debug, Default)]
pub struct Findings {
    /// What would hinder a start, or a room of it.
    pub faults: Vec<ConfigError>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// Looks at a config with the plugins of `named` or of the usual places. `data` is the data directory, where one is
/// known. Blocks.
pub fn examine(snapshot: &Snapshot, named: &[PathBuf], data: Option<&Path>) -> Findings {
    let config = &snapshot.config;
    let mut findings = Findings { notes: snapshot.notes.clone(), ..Findings::default() };
    if let Err(why) = check_template(&config.output.name) {
        findings.fault(snapshot, "output.name", why);
    }
    if let Err(error) = Http::new(&config.http, &config.plugins.allow_private_hosts) {
        let error = format!("{error:#}");
        let key = if error.contains("allow_private_hosts") { "plugins.allow_private_hosts" } else { "http" };
        findings.fault(snapshot, key, error);
    }
    for (room, origin) in &snapshot.rooms {
        if let Err(error) = room.pairs() {
            findings.faults.push(wrong(origin, error.to_string()));
        }
    }
    let dirs = plugin_dirs(named, config, data);
    let catalogue = Catalogue::read(&dirs);
    for (dir, error) in catalogue.unread() {
        findings.notes.push(format!("cannot read the plugins directory `{}`: {error}", dir.display()));
    }
    if catalogue.is_empty() {
        let note = "there are no plugins here: their names and settings, and who takes which room, are not checked";
        findings.notes.push(note.to_owned());
        return findings;
    }
    findings.plugins(snapshot, &catalogue);
    findings
}

impl Findings {
    fn plugins(&mut self, snapshot: &Snapshot, catalogue: &Catalogue) {
        let config = &snapshot.config;
        for (name, table) in &config.plugin {
            if !catalogue.names().any(|known| known == name) {
                let names: Vec<&str> = catalogue.names().collect();
                let (line, column) = snapshot.places.at(&format!("plugin.{name}"));
                let place = Origin { file: snapshot.file.as_path().into(), line, column };
                let there_are = names.join(", ");
                self.notes.push(format!(
                    "{place}: there is no plugin `{name}`, its table changes nothing; there are: {there_are}"
                ));
            } else if let Err((key, why)) = catalogue.takes(name, table) {
                self.fault(snapshot, format!("plugin.{name}.{key}").trim_end_matches('.'), why);
            }
        }
        for (index, target) in config.notify.iter().enumerate() {
            let table = config.plugin.get(&target.plugin).map(|table| table.settings.clone()).unwrap_or_default();
            if let Err(why) = catalogue.notifies(&target.plugin, &table, &target.settings) {
                self.fault(snapshot, &format!("notify[{index}].plugin"), why);
            }
        }
        for (room, origin) in &snapshot.rooms {
            if let Err(error) = catalogue.pick(&room.url, room.plugin.as_deref()) {
                let mut why = error.to_string();
                if let PickError::NoPicker { pickers, .. } = &error {
                    // The error's own hint is for a command line.
                    let sentence = why.lines().next().unwrap_or_default();
                    why = format!(
                        "{sentence}\nhint: `plugin` in its `[[room]]` decides; there are: {}",
                        pickers.join(", ")
                    );
                }
                self.faults.push(wrong(origin, why));
            }
        }
    }

    fn fault(&mut self, snapshot: &Snapshot, path: &str, why: String) {
        let (line, column) = snapshot.places.at(path);
        self.faults.push(wrong(&Origin { file: snapshot.file.as_path().into(), line, column }, why));
    }
}

/// A sentence, with its hint where it has one, as a fault of that place.
fn wrong(origin: &Origin, why: String) -> ConfigError {
    let (message, hint) = match why.split_once("\nhint: ") {
        Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
        None => (why, None),
    };
    let Origin { file, line, column } = origin;
    ConfigError::Wrong { file: file.to_path_buf(), line: *line, column: *column, message, hint }
}
