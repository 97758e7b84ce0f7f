//! Plugins for the door: what a person decides about one, and what the running program makes of them.

use std::path::{Path, PathBuf};

use super::owner::{self, Alive};
use super::plugin_dirs;
use crate::config::Config;
use crate::plugin::{self, Catalogue, Listing, approve_file, roll_back};
use anyhow::Context;

/// Grants the plugin of that name, as its file is now, what it asks for; one that failed may be tried again. Gives back
/// what it asks for. Blocks.
///
/// # Errors
/// There is no such file, it is no plugin, or the grant cannot be noted.
pub fn approve(config: &Config, named: &[PathBuf], data: &Path, name: &str) -> anyhow::Result<Vec<String>> {
    let (file, _) = in_place(config, named, data, name)?;
    approve_file(data, &file).with_context(|| format!("cannot approve `{}`", file.display()))
}

/// Has the last good build of the plugin answer in place of the file's, until that is another one. Gives back the
/// version that will answer. Blocks.
///
/// # Errors
/// There is no such plugin, no such build, or it cannot be noted.
pub fn go_back(config: &Config, named: &[PathBuf], data: &Path, name: &str) -> anyhow::Result<String> {
    let (_, sha256) = in_place(config, named, data, name)?;
    roll_back(data, name, &sha256)
}

/// The file of that name that counts, and its hash.
fn in_place(config: &Config, named: &[PathBuf], data: &Path, name: &str) -> anyhow::Result<(PathBuf, String)> {
    let catalogue = Catalogue::read(&plugin_dirs(named, config, Some(data)));
    catalogue.file(name).with_context(|| {
        let names: Vec<&str> = catalogue.names().collect();
        let hint = match names.as_slice() {
            [] => String::from("there are no plugins: `--plugins DIR` says where they are"),
            names => format!("there are: {}", names.join(", ")),
        };
        format!("there is no plugin `{name}`\nhint: {hint}")
    })
}

/// Who has this data directory's `run`, and its plugins as they were when they last changed. None where there is no
/// `run`, or it has not told yet. Blocks.
pub fn of_run(data: &Path) -> Option<(Alive, Vec<Listing>)> {
    let run = owner::alive(data).into_iter().find(|alive| alive.is_run)?;
    let listings = plugin::running(data, run.since)?;
    Some((run, listings))
}
