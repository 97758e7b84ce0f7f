//! `doctor`: what a person should know before he trusts the recorder with his nights.

use std::path::{Path, PathBuf};

use crate::app::House;

mod data;
mod folders;
mod machine;
mod plugins;
mod program;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// As it should be.
    Fine,
    /// Good to know; nothing is wrong.
    Note,
    /// Works, but somebody should mend it.
    Care,
    /// A recording would fail.
    Bad,
}

impl Weight {
    /// The word for JSON and people.
    pub fn word(self) -> &'static str {
        match self {
            Weight::Fine => "ok",
            Weight::Note => "note",
            Weight::Care => "warning",
            Weight::Bad => "error",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
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

impl House {
    /// Looks at everything that so many rooms will need: the folders for recordings, in order, and the machine.
    pub async fn examine(&self, output: &[PathBuf], rooms: usize) -> Vec<Finding> {
        let mut findings = folders::examine(output, &self.config.output).await;
        findings.extend(data::examine(self.data.path()).await);
        findings.extend(plugins::judge(&self.registry.list().await, &self.plugin_dirs));
        findings.push(program::examine(&self.config.ffmpeg.path).await);
        findings.push(machine::clock(&self.clock));
        findings.push(machine::open_files(rooms));
        findings.push(machine::memory());
        findings
    }
}

/// The nearest folder that is there: the one asked for may be made later. Blocking.
fn nearest(folder: &Path) -> Option<PathBuf> {
    let whole = std::path::absolute(folder).ok()?;
    whole.ancestors().find(|ancestor| ancestor.is_dir()).map(Path::to_owned)
}

/// Bytes, for people.
fn amount(bytes: u64) -> String {
    match bytes {
        0..1_048_576 => format!("{} KiB", bytes >> 10),
        1_048_576..1_073_741_824 => format!("{} MiB", bytes >> 20),
        _ => format!("{}.{} GiB", bytes >> 30, ((bytes >> 20) & 1_023) * 10 / 1_024),
    }
}

/// How long a look at a volume may take: one whose server is away never answers.
const LOOK: std::time::Duration = std::time::Duration::from_secs(10);

/// Looks at what may hang, on a thread of its own. Else why there is no answer.
async fn look<T: Send + 'static>(look: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    match tokio::time::timeout(LOOK, tokio::task::spawn_blocking(look)).await {
        Ok(Ok(seen)) => Ok(seen),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("its volume did not answer within {} s", LOOK.as_secs())),
    }
}
