//! The hand that writes: media and sidecars, below one output folder, through two threads a volume.
//!
//! A volume's *writer* moves bytes and never waits for a sync; its *syncer* opens, syncs, closes, names and reads. The
//! runtime's threads only hand batches over, and wait when the volume's queue is full. Nothing here knows FLV, rooms or
//! sidecar fields: a file is a stem, an extension, a head that may be patched, and bytes behind it.
//!
//! Commands that work on files, and do nothing else meanwhile, read [`Pieces`] and write [`ExactFile`]s by themselves.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

mod batch;
mod beneath;
mod calls;
mod create;
mod exact;
mod fault;
mod hash;
mod kept;
mod kind;
mod known;
mod lock;
mod open;
mod output;
mod owner;
mod part;
mod pieces;
mod publish;
mod ring;
mod root;
mod scan;
mod syncer;
mod volume;

#[cfg(test)]
pub(crate) mod tests;

pub use batch::{BATCH_AGE, BATCH_BYTES, Batch};
pub use exact::ExactFile;
pub use fault::{DiskError, DiskFault};
pub use hash::Hash;
pub use kept::Tail;
pub use kind::{Keeping, Locks, Renaming, Trial, VolumeKind, look_at, trial};
pub use known::{Known, Missing};
pub use lock::{LockError, LockFile};
pub use output::{NewFile, OutputFile, Sealed};
pub use owner::Owner;
pub use part::{OldFile, Taken};
pub use pieces::Pieces;
pub use ring::Unsynced;
pub use root::{Presence, Root, Space};
pub use scan::{Found, Leftover};

use calls::Calls;
use ring::Ring;
use volume::{QUEUE_BYTES, Volume};

/// Where little memory is left, what waits for the disk takes this part of it, but no less than keeps a disk at work.
const MEMORY_PART: u64 = 8;
const LEAST_MEMORY: usize = 4 << 20;

/// All volumes that this process writes to. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Disk {
    volumes: Arc<Mutex<HashMap<u64, Arc<Volume>>>>,
    /// How often growing files are synced; none: media never is.
    sync: Option<Duration>,
    /// What is kept in memory of all files until they are.
    ring: Arc<Ring>,
    /// Bytes that may wait for one volume.
    queue: u32,
    calls: Calls,
}

impl Disk {
    /// No volume yet: each gets its threads with its first folder or file. What a growing file got is made to survive a
    /// power cut once each `sync`, which is more than nothing, and at its end. Without, what is written counts as safe, and
    /// what a power cut or a late fault of the device takes of it is not known.
    pub fn new(sync: impl Into<Option<Duration>>) -> Self {
        let sync = sync.into();
        Disk { volumes: Arc::default(), sync, ring: Arc::default(), queue: QUEUE_BYTES, calls: Calls::default() }
    }

    /// The same where so much memory is left in all: what waits for a volume that hangs, or for a sync, must not be what
    /// the kernel ends the program for.
    #[must_use]
    pub fn in_memory_of(self, left: u64) -> Self {
        let part = usize::try_from(left / MEMORY_PART).unwrap_or(usize::MAX).max(LEAST_MEMORY);
        let queue = u32::try_from(part).unwrap_or(u32::MAX).min(QUEUE_BYTES);
        Disk { ring: Arc::new(Ring::of(part.min(ring::MOST_BYTES))), queue, ..self }
    }

    /// The same, and some calls fail.
    #[cfg(test)]
    pub(crate) fn failing(sync: Duration, calls: Calls) -> Self {
        Disk { calls, ..Disk::new(sync) }
    }

    /// Opens the output folder, making it (and what leads to it) where it is missing. Every path of the [`Root`] is
    /// resolved below this one descriptor, wherever the folder is moved to later.
    ///
    /// # Errors
    /// When the folder cannot be made or opened, or no thread can be started for its volume.
    pub async fn root(&self, dir: &Path) -> Result<Root, DiskError> {
        let (disk, dir) = (self.clone(), dir.to_path_buf());
        let name = dir.display().to_string();
        // The volume, and so its threads, are known only once the folder is open.
        let opened = tokio::task::spawn_blocking(move || Root::open(&disk, &dir)).await;
        opened.unwrap_or_else(|_| Err(DiskError::stuck("open", &name)))
    }

    /// The same, but none where the folder does not exist.
    ///
    /// # Errors
    /// When the folder cannot be opened, or no thread can be started for its volume.
    pub async fn existing_root(&self, dir: &Path) -> Result<Option<Root>, DiskError> {
        let wanted = dir.to_path_buf();
        let there = tokio::task::spawn_blocking(move || wanted.try_exists()).await;
        if matches!(there, Ok(Ok(false))) { Ok(None) } else { self.root(dir).await.map(Some) }
    }

    /// Waits until everything handed over is written and the threads have ended; every [`Root`] and [`OutputFile`]
    /// must have been dropped before. False when they have not ended within `limit`: a volume hangs.
    pub async fn shut_down(self, limit: Duration) -> bool {
        let threads: Vec<_> = {
            let mut volumes = self.volumes.lock().unwrap_or_else(PoisonError::into_inner);
            volumes.drain().flat_map(|(_, volume)| volume.take_threads()).collect()
        };
        let ended = async {
            while !threads.iter().all(std::thread::JoinHandle::is_finished) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(limit, ended).await.is_ok()
    }

    /// What is kept in memory until a sync has taken it, and what had to go before.
    pub fn unsynced(&self) -> Unsynced {
        self.ring.state()
    }

    /// The volume with this device number; its threads start with the first question.
    fn volume(&self, device: u64) -> std::io::Result<Arc<Volume>> {
        let mut volumes = self.volumes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(volume) = volumes.get(&device) {
            return Ok(Arc::clone(volume));
        }
        let volume = Arc::new(Volume::start(self.sync, Arc::clone(&self.ring), self.queue, self.calls.clone())?);
        volumes.insert(device, Arc::clone(&volume));
        Ok(volume)
    }
}
