//! `config` at the door: check one, print the one to begin with, print its schema.

use std::env;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::args::{self, Global};
use super::exit::{Exit, Failed, WithExit};
use super::{data_dir, output};
use crate::app::past::OwnName;
use crate::app::scrutiny::{self, Findings};
use crate::config::{self, ConfigError, RoomWish, Snapshot};
use crate::logging::Color;

/// The config that the user named, else the first of the usual places that is there.
pub(super) fn place(named: Option<PathBuf>) -> Result<PathBuf, Failed> {
    named
        .or_else(usual)
        .ok_or_else(|| {
            let looked: Vec<String> = places().iter().map(|file| format!("`{}`", file.display())).collect();
            let looked = looked.join(" nor ");
            anyhow::anyhow!(
                "there is no config, neither {looked}\nhint: {}, or name yours with `-c FILE`",
                begin(Path::new("lyrebird.toml"))
            )
        })
        .exit(Exit::Usage)
}

/// What the config calls its rooms. Where nobody named one, and the usual one is broken, that is told and hinders
/// nothing: the past is asked about when something has gone wrong.
pub(super) fn own_names(global: &Global, named: Option<PathBuf>) -> Result<Vec<OwnName>, Failed> {
    let is_meant = named.is_some();
    let Some(file) = named.or_else(usual) else { return Ok(Vec::new()) };
    match config::load(&file) {
        Ok(snapshot) => {
            let own = |room: &RoomWish| Some(OwnName { name: room.name.clone()?, url: room.url.clone() });
            Ok(snapshot.rooms.iter().filter_map(|(room, _)| own(room)).collect())
        }
        Err(error) if is_meant => Err(hinted(error)).exit(Exit::Usage),
        Err(error) => {
            let why = error.to_string();
            let why = why.lines().next().unwrap_or_default();
            let note = format!("rooms are not known by their names: {why}\nhint: `lyrebird config check` tells more");
            output::note(note, Color::from(global.color));
            Ok(Vec::new())
        }
    }
}

/// What is wrong, with what to do where the file is not there.
pub(super) fn hinted(error: ConfigError) -> anyhow::Error {
    match missing(&error) {
        Some(file) => {
            let hint = begin(file);
            anyhow::anyhow!("{error}\nhint: {hint}")
        }
        None => error.into(),
    }
}

fn missing(error: &ConfigError) -> Option<&Path> {
    match error {
        ConfigError::Io(file, cause) if cause.kind() == io::ErrorKind::NotFound => Some(file),
        _ => None,
    }
}

/// How a config begins.
fn begin(file: &Path) -> String {
    format!("`lyrebird config default > {}` writes one to begin with", file.display())
}

/// The first of the usual places that has a config.
pub(super) fn usual() -> Option<PathBuf> {
    places().into_iter().find(|file| file.exists())
}

fn places() -> Vec<PathBuf> {
    let from = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    config::usual_places(from("XDG_CONFIG_HOME").as_deref(), from("HOME").as_deref())
}

pub(super) fn config(global: &Global, asked: args::Config) -> Result<Exit, Failed> {
    match asked {
        args::Config::Check { config, json } => return check(global, config, json),
        args::Config::Schema => output::line(config::SCHEMA.trim_end()),
        args::Config::Default => output::line(config::DEFAULT_TEXT.trim_end()),
    }
    Ok(Exit::Done)
}

/// Reads it, and asks the manifests of the plugins.
fn check(global: &Global, named: Option<PathBuf>, json: bool) -> Result<Exit, Failed> {
    let file = place(named)?;
    let color = Color::from(global.color);
    let (snapshot, findings) = match config::load(&file) {
        Ok(snapshot) => {
            let data = data_dir(global);
            let findings = scrutiny::examine(&snapshot, &global.plugins, data.as_deref());
            (Some(snapshot), findings)
        }
        Err(error) => (None, Findings { faults: vec![error], notes: Vec::new() }),
    };
    let faults = parts(&findings.faults);
    if json {
        output::json(&document(&file, snapshot.as_ref(), &faults, &findings.notes))?;
    } else {
        for note in &findings.notes {
            output::note(note, color);
        }
        for fault in &faults {
            let hint = missing(fault).map(|file| format!("\nhint: {}", begin(file))).unwrap_or_default();
            output::error(format!("{fault}{hint}"), color);
        }
        if let (Some(snapshot), true) = (&snapshot, faults.is_empty()) {
            output::line(output::safe(&summary(snapshot)));
        }
    }
    Ok(if faults.is_empty() { Exit::Done } else { Exit::Usage })
}

/// Each single fault.
fn parts(errors: &[ConfigError]) -> Vec<&ConfigError> {
    let mut found = Vec::new();
    for error in errors {
        match error {
            ConfigError::Several(errors) => found.extend(parts(errors)),
            one => found.push(one),
        }
    }
    found
}

fn summary(snapshot: &Snapshot) -> String {
    let (paused, targets) = (paused(snapshot), snapshot.config.notify.len());
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let pausing = if paused == 0 { String::new() } else { format!(" ({paused} paused)") };
    let rooms = plural(snapshot.rooms.len(), "room");
    format!("{}: fine, {rooms}{pausing}, {}", snapshot.file.display(), plural(targets, "target"))
}

fn paused(snapshot: &Snapshot) -> usize {
    snapshot.rooms.iter().filter(|(room, _)| !room.enabled).count()
}

fn document(file: &Path, snapshot: Option<&Snapshot>, faults: &[&ConfigError], notes: &[String]) -> Value {
    let faults: Vec<Value> = faults.iter().map(|fault| fault_document(fault)).collect();
    json!({
        "file": file,
        "valid": faults.is_empty(),
        "rooms": snapshot.map(|snapshot| snapshot.rooms.len()),
        "paused": snapshot.map(paused),
        "targets": snapshot.map(|snapshot| snapshot.config.notify.len()),
        "faults": faults,
        "notes": notes,
    })
}

fn fault_document(fault: &ConfigError) -> Value {
    match fault {
        ConfigError::Wrong { file, line, column, message, hint } => {
            let known = |number: &usize| (*number > 0).then_some(*number);
            json!({ "file": file, "line": known(line), "column": known(column), "message": message, "hint": hint })
        }
        ConfigError::Io(file, _) => {
            let hint = missing(fault).map(begin);
            json!({ "file": file, "line": null, "column": null, "message": fault.to_string(), "hint": hint })
        }
        _ => json!({ "file": null, "line": null, "column": null, "message": fault.to_string(), "hint": null }),
    }
}
