//! Files that recorders left unfinished which died, or whose volume went away under them: made whole beside the rooms,
//! which must not wait for it, at the start and when a folder is there again. And what they had made whole themselves, or
//! others of them, and had no time to note.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tracing::{debug, warn};

use crate::clock::Clock;
use crate::config::Hash;
use crate::event::{Event, Kind};
use crate::model::RoomKey;
use crate::record::sidecar::{Sidecar, State};
use crate::record::{Hands, Outcome, salvage};
use crate::store::Store;

/// Sidecars that are larger are none of ours.
const SIDECAR_BYTES: u64 = 4 << 20;

/// Files that this process makes whole; all of them are known when it has ended. Cheap to clone; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Recovered(Arc<Mutex<Vec<PathBuf>>>);

impl Recovered {
    /// Their names.
    pub fn files(&self) -> Vec<PathBuf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Folders that may wait to be looked through again: more than anybody names.
const MOST_AGAIN: usize = 64;

/// Asks for another look through a folder. Cheap to clone; the task ends when all clones are gone.
#[derive(Clone, Debug)]
pub(super) struct Again(mpsc::Sender<PathBuf>);

impl Again {
    /// The folder is there again, or new.
    pub(super) fn look(&self, folder: &Path) {
        if self.0.try_send(folder.to_path_buf()).is_err() {
            debug!(folder = %folder.display(), "not looked through for unfinished files before the next start");
        }
    }
}

/// The task that looks through the output folders. A file that somebody writes is locked, and left alone.
pub(super) struct Salvage {
    recovered: Recovered,
    again: Again,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Salvage {
    pub(super) fn start(roots: Vec<PathBuf>, hash: Hash, hands: Hands, store: Store) -> Salvage {
        let (recovered, (stop, mut stopped)) = (Recovered::default(), watch::channel(false));
        let (again, mut asked) = mpsc::channel(MOST_AGAIN);
        let found = recovered.clone();
        let task = tokio::spawn(async move {
            note_finished(&store, &hands.clock).await;
            let mut first = roots.into_iter();
            loop {
                let root = match first.next() {
                    Some(root) => Some(root),
                    None => tokio::select! {
                        root = asked.recv() => root,
                        _ = stopped.wait_for(|stop| *stop) => None,
                    },
                };
                let Some(root) = root else { return };
                let Hands { disk, clock, events, .. } = &hands;
                let mut salvaged = Vec::new();
                let mended = tokio::select! {
                    mended = salvage(&root, disk, clock, events, hash, &mut salvaged) => mended,
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
        Salvage { recovered, again: Again(again), stop, task }
    }

    pub(super) fn recovered(&self) -> Recovered {
        self.recovered.clone()
    }

    /// For those who see folders come and go.
    pub(super) fn again(&self) -> Again {
        self.again.clone()
    }

    /// Begins nothing more.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until all is mended that was asked for. Nobody else asks any more.
    pub(super) async fn ended(self) {
        drop(self.again);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the task that mends unfinished files died");
        }
    }
}

/// Notes the files that are whole and that the history still takes for growing: whoever finished them was killed before
/// he could say so. Nobody is told of them: he may have told.
async fn note_finished(store: &Store, clock: &Clock) {
    let unfinished = match store.segments_unfinished(clock.now()).await {
        Ok(unfinished) => unfinished,
        Err(error) => return warn!(%error, "cannot tell which files an earlier run has finished"),
    };
    let (clock, store) = (clock.clone(), store.clone());
    let finished = tokio::task::spawn_blocking(move || {
        unfinished.iter().filter_map(|(session, file)| finished(session, file, &clock)).collect::<Vec<_>>()
    });
    // A thread that died has told why.
    let finished = finished.await.unwrap_or_default();
    if finished.is_empty() {
        return;
    }
    debug!(files = finished.len(), "files were finished by a run that could not note it");
    if let Err(error) = store.note_events(finished).await {
        warn!(%error, "cannot note the files that an earlier run has finished");
    }
}

/// The end of a file, if it is whole and the session's.
fn finished(session: &str, file: &Path, clock: &Clock) -> Option<Event> {
    let beside = file.with_extension("json");
    let bytes = file.metadata().ok().filter(|about| about.is_file())?.len();
    beside.metadata().ok().filter(|about| about.is_file() && about.len() <= SIDECAR_BYTES)?;
    let sidecar = Sidecar::from_json(&std::fs::read(&beside).ok()?)?;
    if sidecar.session != session || sidecar.state == State::Recording || sidecar.bytes != bytes {
        return None;
    }
    let duration_ms = sidecar.last_ms.unwrap_or_default();
    let data = json!({ "file": file, "bytes": bytes, "duration_ms": duration_ms, "state": sidecar.state.word(), "end": sidecar.end });
    let room = RoomKey { platform: sidecar.platform, id: sidecar.room };
    Some(Event::now(clock, Kind::SegmentClosed, Some(&room), Some(session), data))
}

#[cfg(test)]
mod tests;
