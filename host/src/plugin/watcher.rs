//! Sees that something has changed in the plugins directories or in what was granted, and has it taken.
//!
//! The kernel's word is a hint only: bind mounts and network shares lose it, so all is looked at from time to time.

use std::path::Path;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::registry::{Look, Registry};
use crate::config::{Ears, RESCAN, SETTLE};

/// How often it is looked whether somebody has approved or rolled back a plugin, or a probation has lasted long enough.
const GLANCE: Duration = Duration::from_secs(2);

/// How often it is noted for the next run which rooms the builds can read. A program that is stopped in order notes it,
/// too.
const NOTE_ROOMS: Duration = Duration::from_secs(600);

/// Takes changed plugins, from its start to its end.
pub struct Watcher {
    asks: mpsc::Sender<()>,
    task: JoinHandle<()>,
}

impl Watcher {
    /// Begins at once: what the registry has found and not loaded yet is left to it. Call it on the runtime;
    /// [`Watcher::close`] ends it.
    pub fn start(registry: Registry) -> Watcher {
        let (asks, asked) = mpsc::channel(1);
        Watcher { asks, task: tokio::spawn(watch(registry, asked)) }
    }

    /// Looks at everything again now.
    pub fn ask(&self) {
        // A question that waits already is answered for both.
        let _ = self.asks.try_send(());
    }

    /// Ends the watching. A build that is just being loaded is not waited for.
    pub async fn close(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

/// How long what has changed may take to be compiled before other files are taken without it: most do not take so long,
/// and are then read once.
const PATIENCE: Duration = Duration::from_secs(1);

/// However soon something is due.
const LEAST: Duration = Duration::from_millis(100);

async fn watch(registry: Registry, mut asked: mpsc::Receiver<()>) {
    let dirs = registry.dirs().iter().cloned().collect();
    // Whatever changes there may be what a plugin's file leads to; a look at what has not changed costs next to nothing.
    let Ok(mut ears) = tokio::task::spawn_blocking(move || Ears::new(dirs, |_: &Path| true)).await else { return };
    let clock = registry.clock();
    let mut rescan_at = clock.passed().saturating_add(RESCAN);
    let mut note_at = clock.passed().saturating_add(NOTE_ROOMS);
    // Between the first reading and the first hint something may have been written.
    let mut again_at = registry.renew(look(&ears, false)).await;
    loop {
        let now = clock.passed();
        let least = now.saturating_add(LEAST);
        let next = again_at.unwrap_or(Duration::MAX).min(rescan_at).min(now.saturating_add(GLANCE)).max(least);
        let all = tokio::select! {
            asked = asked.recv() => match asked {
                Some(()) => true,
                None => return,
            },
            () = ears.hear() => {
                // A file that is written is one hint after the other.
                clock.sleep_until(least).await;
                false
            }
            () = registry.ruled() => false,
            () = clock.sleep_until(next) => false,
        };
        // The files of one that failed are told of as such.
        let all = registry.settle().await || all;
        if clock.passed() >= note_at {
            note_at = clock.passed().saturating_add(NOTE_ROOMS);
            registry.note_rooms().await;
        }
        if all || clock.passed() >= rescan_at {
            rescan_at = clock.passed().saturating_add(RESCAN);
            // A folder that was removed and made anew is another one.
            let listened = tokio::task::spawn_blocking(move || {
                ears.listen();
                ears
            });
            let Ok(listening) = listened.await else { return };
            ears = listening;
        }
        again_at = registry.renew(look(&ears, all)).await;
    }
}

fn look(ears: &Ears, all: bool) -> Look {
    Look { all, settle: SETTLE, written: ears.written(), patience: PATIENCE }
}
