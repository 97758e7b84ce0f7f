//! The kernel's hints that something in a folder has changed, by watching folders: a file that is replaced is another one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tracing::{debug, warn};

use super::watch::RESCAN;

/// Hears of changes in some folders. A hint is no more than that: some are lost, on network shares all.
#[derive(Debug)]
pub struct Ears {
    folders: BTreeSet<PathBuf>,
    watcher: Option<RecommendedWatcher>,
    hints: mpsc::Receiver<()>,
    written: Arc<Mutex<BTreeSet<PathBuf>>>,
}

impl Ears {
    /// Listens for changes of those paths in `folders` that `is_ours` takes. Blocks.
    pub fn new(folders: BTreeSet<PathBuf>, is_ours: impl Fn(&Path) -> bool + Send + 'static) -> Ears {
        let (sender, hints) = mpsc::channel(1);
        let written = Arc::<Mutex<BTreeSet<PathBuf>>>::default();
        let noted = Arc::clone(&written);
        let heard = move |event: notify::Result<notify::Event>| {
            // An error is a lost hint.
            let Ok(event) = event else { return };
            if is_hint(&event, &is_ours) {
                note_writers(&mut noted.lock().unwrap_or_else(PoisonError::into_inner), &event);
                // One that waits already says the same.
                let _ = sender.try_send(());
            }
        };
        let watcher = notify::recommended_watcher(heard);
        if let Err(error) = &watcher {
            let names: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
            let folders = names.join(", ");
            warn!(%error, folders, "cannot watch folders: a change is seen within {} s", RESCAN.as_secs());
        }
        let mut ears = Ears { folders, watcher: watcher.ok(), hints, written };
        ears.listen();
        ears
    }

    /// Listens, again where it did: a folder that was removed and made anew is another one. Blocks.
    pub fn listen(&mut self) {
        let Some(watcher) = &mut self.watcher else { return };
        for folder in &self.folders {
            if let Err(error) = watcher.watch(folder, RecursiveMode::NonRecursive) {
                debug!(folder = %folder.display(), %error, "cannot watch a folder");
            }
        }
    }

    /// Files that somebody has begun to write and has not closed yet, as far as the kernel tells.
    pub fn written(&self) -> BTreeSet<PathBuf> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The next hint; never, where the kernel gives none.
    pub async fn hear(&mut self) {
        if self.hints.recv().await.is_none() {
            std::future::pending().await
        }
    }
}

/// Keeps count of files that are open to be written: whoever writes into a file in place may pause in the middle of it.
fn note_writers(written: &mut BTreeSet<PathBuf>, event: &notify::Event) {
    match event.kind {
        EventKind::Modify(ModifyKind::Data(_)) => written.extend(event.paths.iter().cloned()),
        EventKind::Access(AccessKind::Close(AccessMode::Write))
        | EventKind::Create(_)
        | EventKind::Remove(_)
        | EventKind::Modify(ModifyKind::Name(_)) => written.retain(|file| !event.paths.contains(file)),
        // The queue ran over: nobody knows who has closed what.
        _ if event.need_rescan() => written.clear(),
        _ => {}
    }
}

/// Whether one of the files may have another content. Our own reading is no hint.
fn is_hint(event: &notify::Event, is_ours: impl Fn(&Path) -> bool) -> bool {
    let is_change = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    };
    // Without a path: the queue ran over, anything may have changed.
    is_change && (event.paths.is_empty() || event.paths.iter().any(|path| is_ours(path)))
}
