//! `doctor`: what a person should know before he trusts the recorder with his nights.

use std::path::{Path, PathBuf};

use crate::app::House;
use crate::clock::{Clock, rfc3339};
use crate::disk::{look_at, trial};
use crate::ffmpeg;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// As it should be.
    Fine,
    /// Works, but somebody should know.
    Care,
    /// A recording would fail.
    Bad,
}

impl Weight {
    /// The word for JSON and people.
    pub fn word(self) -> &'static str {
        match self {
            Weight::Fine => "ok",
            Weight::Care => "warning",
            Weight::Bad => "error",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What was looked at.
    pub topic: &'static str,
    /// How bad it is.
    pub weight: Weight,
    /// What was found.
    pub text: String,
    /// What to do about it.
    pub hint: Option<String>,
}

fn finding(topic: &'static str, weight: Weight, text: impl Into<String>, hint: Option<&str>) -> Finding {
    Finding { topic, weight, text: text.into(), hint: hint.map(str::to_owned) }
}

/// Open files that a recorder of some dozens of rooms needs, with room to spare.
const FILES: u64 = 1_024;

/// Any clock before this has not been set: 2026-01-01.
const SET_CLOCK: u64 = 1_767_225_600;

impl House {
    /// Looks at everything that `output` will need.
    pub async fn examine(&self, output: &Path) -> Vec<Finding> {
        let mut findings = folder(output, self.config.output.min_free.0).await;
        findings.push(data(self.data.path()).await);
        findings.extend(self.plugins().await);
        findings.push(match ffmpeg::version(&self.config.ffmpeg.path).await {
            Ok(version) => finding("ffmpeg", Weight::Fine, version, None),
            Err(why) => finding("ffmpeg", Weight::Care, why, Some("FLV needs none; install it to work on the files")),
        });
        findings.push(clock(&self.clock));
        findings.push(open_files());
        findings
    }

    async fn plugins(&self) -> Vec<Finding> {
        let places: Vec<String> = self.plugin_dirs.iter().map(|dir| dir.display().to_string()).collect();
        let places = places.join(", ");
        let listings = self.registry.list().await;
        if listings.is_empty() {
            let hint = "put `.wasm` files there, or name another directory with `--plugins DIR`";
            return vec![finding("plugins", Weight::Bad, format!("none in {places}"), Some(hint))];
        }
        let tell = |listing: &crate::plugin::Listing| {
            let version = listing.description.version.as_deref().unwrap_or("?");
            let text = format!("{}@{version} ({})", listing.description.name, listing.state.word());
            match &listing.reason {
                None => finding("plugins", Weight::Fine, text, None),
                Some(reason) => {
                    let (reason, hint) = match reason.split_once("\nhint: ") {
                        Some((reason, hint)) => (reason, Some(hint)),
                        None => (reason.as_str(), None),
                    };
                    finding("plugins", Weight::Care, format!("{text}: {reason}"), hint)
                }
            }
        };
        listings.iter().map(tell).collect()
    }
}

/// The nearest folder that is there: the one asked for may be made later.
fn nearest(folder: &Path) -> Option<PathBuf> {
    let whole = std::path::absolute(folder).ok()?;
    whole.ancestors().find(|ancestor| ancestor.is_dir()).map(Path::to_owned)
}

async fn folder(output: &Path, min_free: u64) -> Vec<Finding> {
    const TOPIC: &str = "output";
    let Some(there) = nearest(output) else {
        return vec![finding(TOPIC, Weight::Bad, format!("`{}` cannot be", output.display()), None)];
    };
    let seen = match tokio::task::spawn_blocking(move || look_at(&there)).await {
        Ok(Ok(seen)) => seen,
        Ok(Err(error)) => {
            return vec![finding(TOPIC, Weight::Bad, format!("`{}`: {error}", output.display()), None)];
        }
        Err(error) => return vec![finding(TOPIC, Weight::Bad, error.to_string(), None)],
    };
    let gib = |bytes: u64| format!("{}.{} GiB", bytes >> 30, ((bytes >> 20) & 1023) * 10 / 1024);
    let files = seen.free_files.map_or(String::new(), |files| format!(", room for {files} files"));
    let text = format!("`{}` on {}, {} free{files}", output.display(), seen.file_system, gib(seen.free_bytes));
    let mut findings = vec![match (seen.free_bytes < min_free, seen.free_files) {
        (true, _) => finding(TOPIC, Weight::Bad, text, Some("make room, or lower `[output] min_free`")),
        (_, Some(..100)) => finding(TOPIC, Weight::Bad, text, Some("the volume has no inodes left: delete files")),
        _ => finding(TOPIC, Weight::Fine, text, None),
    }];
    if seen.remote {
        let hint = "a power cut of the server, or an export without `sync`, can lose what was written";
        findings.push(finding(TOPIC, Weight::Care, "the folder is across a network", Some(hint)));
    }
    if seen.volatile {
        findings.push(finding(TOPIC, Weight::Care, "the folder is in memory: a restart empties it", None));
    }
    if seen.read_only {
        findings.push(finding(TOPIC, Weight::Bad, "the volume is mounted read-only", None));
    } else if output.is_dir() {
        let folder = output.to_owned();
        let tried = tokio::task::spawn_blocking(move || trial(&folder)).await;
        findings.push(match tried {
            Ok(Ok(())) => finding(TOPIC, Weight::Fine, "made, locked, synced and renamed a file there", None),
            Ok(Err(error)) => finding(TOPIC, Weight::Bad, format!("{error:#}"), None),
            Err(error) => finding(TOPIC, Weight::Bad, error.to_string(), None),
        });
    } else {
        findings.push(match seen.writable {
            true => finding(TOPIC, Weight::Fine, "the folder is not there yet: `record` makes it", None),
            false => finding(TOPIC, Weight::Bad, "the folder is not there and may not be made", None),
        });
    }
    findings
}

/// Looked at alone: what `record` keeps there is not this command's to touch.
async fn data(folder: Option<&Path>) -> Finding {
    const TOPIC: &str = "data";
    let Some(folder) = folder else {
        let hint = "`record` needs one: name it with `--data DIR`, or set HOME";
        return finding(TOPIC, Weight::Bad, "no place for the program's state is known", Some(hint));
    };
    let text = format!("`{}`", folder.display());
    let hint = "plugins are compiled at every start and remember nothing; name another place with `--data DIR`";
    if folder.exists() && !folder.is_dir() {
        return finding(TOPIC, Weight::Bad, format!("{text} is no folder"), Some("name another with `--data DIR`"));
    }
    let Some(there) = nearest(folder) else {
        return finding(TOPIC, Weight::Bad, format!("{text} cannot be"), Some("name another with `--data DIR`"));
    };
    match tokio::task::spawn_blocking(move || look_at(&there)).await {
        Ok(Ok(seen)) if seen.read_only || !seen.writable => match folder.is_dir() {
            true => finding(TOPIC, Weight::Care, format!("{text} cannot be written to"), Some(hint)),
            false => finding(TOPIC, Weight::Bad, format!("{text} is not there and may not be made"), Some(hint)),
        },
        Ok(Ok(_)) if folder.is_dir() => finding(TOPIC, Weight::Fine, text, None),
        Ok(Ok(_)) => finding(TOPIC, Weight::Fine, format!("{text} is not there yet: `record` makes it"), None),
        Ok(Err(error)) => finding(TOPIC, Weight::Care, format!("{text}: {error}"), Some(hint)),
        Err(error) => finding(TOPIC, Weight::Bad, error.to_string(), None),
    }
}

fn clock(clock: &Clock) -> Finding {
    let text = rfc3339(clock.now());
    match clock.unix_seconds() < SET_CLOCK {
        true => finding("clock", Weight::Care, text, Some("it was never set: names and records will be wrong")),
        false => finding("clock", Weight::Fine, text, None),
    }
}

fn open_files() -> Finding {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let Some(soft) = limit.current else { return finding("open files", Weight::Fine, "no limit", None) };
    let text = format!("at most {soft}");
    match soft < FILES {
        true => finding("open files", Weight::Care, text, Some("`ulimit -n 4096`, or LimitNOFILE= in the unit")),
        false => finding("open files", Weight::Fine, text, None),
    }
}
