//! Files that recorders left unfinished which died: made whole beside the rooms, which must not wait for it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::warn;

use crate::record::{Hands, Outcome, salvage};

/// Files that this process makes whole; all of them are known when it has ended. Cheap to clone; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Recovered(Arc<Mutex<Vec<PathBuf>>>);

impl Recovered {
    /// Their names.
    pub fn files(&self) -> Vec<PathBuf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The task that looks through the output folders. A file that somebody writes is locked, and left alone.
pub(super) struct Salvage {
    recovered: Recovered,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Salvage {
    pub(super) fn start(roots: Vec<PathBuf>, hands: Hands) -> Salvage {
        let (recovered, (stop, mut stopped)) = (Recovered::default(), watch::channel(false));
        let found = recovered.clone();
        let task = tokio::spawn(async move {
            for root in roots {
                let Hands { disk, clock, events, .. } = &hands;
                let mut salvaged = Vec::new();
                let mended = tokio::select! {
                    mended = salvage(&root, disk, clock, events, &mut salvaged) => mended,
                    // An interrupted mending is done again by the next start.
                    _ = stopped.wait_for(|stop| *stop) => Ok(()),
                };
                let whole = salvaged.into_iter().filter(|one| one.outcome == Outcome::Recovered).map(|one| one.file);
                found.0.lock().unwrap_or_else(PoisonError::into_inner).extend(whole);
                if let Err(error) = mended {
                    warn!(folder = %root.display(), error = format!("{error:#}"), "cannot look for unfinished files");
                }
            }
        });
        Salvage { recovered, stop, task }
    }

    pub(super) fn recovered(&self) -> Recovered {
        self.recovered.clone()
    }

    /// Begins nothing more.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }

    pub(super) async fn ended(self) {
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the task that mends unfinished files died");
        }
    }
}
