//! The plugins as a running program has them, for other commands to show: `plugins.json` in the data directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::listing::Listing;
use super::registry::Registry;
use super::whole::{self, Readers};

/// Writes them down, wherever they are others than before.
#[derive(Debug, Default)]
pub struct Running {
    told: Vec<u8>,
}

impl Running {
    /// Looks, and writes where something is new. A directory that takes no file hinders nobody.
    pub async fn tell(&mut self, registry: &Registry, data_dir: &Path) {
        let Ok(text) = serde_json::to_vec(&registry.list_now()) else { return };
        if text == self.told {
            return;
        }
        self.told.clone_from(&text);
        let file = file(data_dir);
        let write = move || whole::replace(&file, &text, Readers::Usual);
        if let Ok(Err(error)) = tokio::task::spawn_blocking(write).await {
            tracing::debug!(%error, "`plugin list` is not told what the program has");
        }
    }
}

/// What a program that runs `since` has written down; none where it has not. Blocks.
pub fn running(data_dir: &Path, since: Option<SystemTime>) -> Option<Vec<Listing>> {
    let file = file(data_dir);
    let told_at = fs::metadata(&file).and_then(|facts| facts.modified()).ok()?;
    // What an earlier one has told says nothing of this one.
    if since.is_some_and(|since| told_at < since) {
        return None;
    }
    serde_json::from_slice(&fs::read(file).ok()?).ok()
}

fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("plugins.json")
}
