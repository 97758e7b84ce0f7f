//! Tapes as files: which are played against a plugin, and where a new one is written.

use std::fmt;
use std::io::IoSlice;
use std::path::{Path, PathBuf};

use crate::clock::Clock;
use crate::config::{Config, open_file};
use crate::disk::{DiskError, ExactFile};
use crate::http::Http;
use crate::model::Pair;
use crate::plugin::{self, Check, LoadError, RecordError, RecordMeans, Recorded, TAPE_SUFFIX, TapeText};
use crate::store::DataDir;

/// The folder beside a plugin that is looked for tapes where none is named.
const FOLDER: &str = "tapes";

/// Bytes of one tape: answers are 8 MiB at most, and a few.
const MOST_BYTES: u64 = 64 << 20;

/// Why a plugin could not be checked at all.
#[derive(Debug)]
pub enum CheckError {
    /// The folder cannot be read, or a tape in it.
    Tapes(PathBuf, std::io::Error),
    /// The folder that was named has no tape.
    NoTapes(PathBuf),
    /// The plugin's file cannot be read.
    Plugin(PathBuf, LoadError),
}

impl fmt::Display for CheckError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckError::Tapes(path, _) => write!(out, "cannot read `{}`", path.display()),
            CheckError::NoTapes(dir) => write!(
                out,
                "no tape lies in `{}`\nhint: a tape's name ends in `{TAPE_SUFFIX}`; `lyrebird plugin record` writes one",
                dir.display()
            ),
            CheckError::Plugin(file, _) => write!(out, "cannot take `{}` as a plugin", file.display()),
        }
    }
}

impl std::error::Error for CheckError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CheckError::Tapes(_, error) => Some(error),
            CheckError::NoTapes(_) => None,
            CheckError::Plugin(_, error) => Some(error),
        }
    }
}

/// Why no tape was written.
#[derive(Debug)]
pub enum TapeError {
    /// There is a file of that name.
    Exists(PathBuf),
    /// The config's proxy, certificates or private hosts cannot be used.
    Http(anyhow::Error),
    /// The recording.
    Record(RecordError),
    /// The disk.
    Disk(DiskError),
}

impl fmt::Display for TapeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TapeError::Exists(path) => write!(
                out,
                "`{}` is there already, and no tape is overwritten\nhint: name another file, or move that one away",
                path.display()
            ),
            TapeError::Http(error) => write!(out, "{error:#}"),
            TapeError::Record(_) => out.write_str("no tape was made"),
            TapeError::Disk(_) => out.write_str("the tape cannot be written"),
        }
    }
}

impl std::error::Error for TapeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            TapeError::Exists(_) | TapeError::Http(_) => None,
            TapeError::Record(error) => Some(error),
            TapeError::Disk(error) => Some(error),
        }
    }
}

/// Plays every tape of the folder against the plugin; where none is named, those of the folder `tapes` beside it.
///
/// # Errors
/// A file that cannot be read, or no tape in the folder that was named.
pub async fn check(
    file: &Path,
    folder: Option<&Path>,
    config: &Config,
    data: &DataDir,
) -> Result<Vec<Check>, CheckError> {
    let beside = file.parent().map_or_else(|| PathBuf::from(FOLDER), |dir| dir.join(FOLDER));
    let (dir, is_named) = match folder {
        Some(dir) => (dir.to_owned(), true),
        None => (beside, false),
    };
    let sought = dir.clone();
    let found = match !is_named && !dir.is_dir() {
        true => Ok(Vec::new()),
        false => tokio::task::spawn_blocking(move || tapes(&sought))
            .await
            .unwrap_or_else(|error| Err((dir.clone(), std::io::Error::other(error)))),
    };
    let found = found.map_err(|(path, error)| CheckError::Tapes(path, error))?;
    if found.is_empty() && is_named {
        return Err(CheckError::NoTapes(dir));
    }
    let checked = plugin::conform(file, &found, config, data, &Clock::system()).await;
    checked.map_err(|error| CheckError::Plugin(file.to_owned(), error))
}

/// In the order of their names.
fn tapes(dir: &Path) -> Result<Vec<TapeText>, (PathBuf, std::io::Error)> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| (path, error)
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(failed(dir))? {
        let path = entry.map_err(failed(dir))?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(TAPE_SUFFIX)) {
            paths.push(path);
        }
    }
    paths.sort();
    let read = |path: &PathBuf| {
        let mut text = String::new();
        let open = open_file(path).map_err(failed(path))?;
        let mut open = std::io::Read::take(open, MOST_BYTES);
        std::io::Read::read_to_string(&mut open, &mut text).map_err(failed(path))?;
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Ok(TapeText { name, text })
    };
    paths.iter().map(read).collect()
}

/// Asks the picker about a room and writes a tape of it. `[plugin.NAME]` of the config is the plugin's.
///
/// # Errors
/// No tape is written; nothing is left of it.
pub async fn record(
    file: &Path,
    input: &str,
    options: &[Pair],
    output: &Path,
    config: &Config,
    data: &DataDir,
) -> Result<Recorded, TapeError> {
    // Before anybody is asked.
    if output.symlink_metadata().is_ok() {
        return Err(TapeError::Exists(output.to_owned()));
    }
    let http = Http::new(&config.http, &config.plugins.allow_private_hosts).map_err(TapeError::Http)?;
    let means = RecordMeans { config, data, http, clock: Clock::system() };
    let recorded = plugin::record(file, input, options, &means).await.map_err(TapeError::Record)?;
    let (path, text) = (output.to_owned(), recorded.text.clone());
    let written = tokio::task::spawn_blocking(move || write(&path, &text)).await;
    match written {
        Ok(Ok(())) => Ok(recorded),
        Ok(Err(error)) if error.fault == crate::disk::DiskFault::Exists => Err(TapeError::Exists(output.to_owned())),
        Ok(Err(error)) => Err(TapeError::Disk(error)),
        Err(error) => Err(TapeError::Http(anyhow::Error::new(error).context("the tape was not written"))),
    }
}

fn write(path: &Path, text: &str) -> Result<(), DiskError> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut file = ExactFile::create(folder, &name, 0)?;
    file.append(&mut [IoSlice::new(text.as_bytes())])?;
    file.seal(&[])?;
    file.publish().map(drop)
}
