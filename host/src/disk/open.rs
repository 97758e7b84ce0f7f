//! A file that grows, as both threads of its volume know it: what was written, what of it is synced, the first fault.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use rustix::fs;
use tokio::sync::Semaphore;

use super::fault::{DiskError, SYNC};
use super::hash::Hash;
use super::output::Sealed;
use super::volume::AHEAD_BYTES;

/// The file as both threads know it.
#[derive(Debug)]
pub(super) struct Open {
    file: File,
    folder: OwnedFd,
    /// Path of the folder, for people and for the answer of `publish`.
    path: PathBuf,
    ext: String,
    device: u64,
    name: String,
    stem: Mutex<String>,
    written: Mutex<Written>,
    failed: AtomicBool,
    /// Whether bytes came since the last sync.
    unsynced: AtomicBool,
    /// Its share of the volume's queue.
    ahead: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Written {
    bytes: u64,
    hash: Hash,
    fault: Option<DiskError>,
}

/// What [`Open`] is made from.
pub(super) struct Opening {
    pub(super) file: File,
    pub(super) folder: OwnedFd,
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) stem: String,
    pub(super) ext: String,
    /// How long the file is.
    pub(super) bytes: u64,
}

impl Open {
    pub(super) fn new(opening: Opening) -> rustix::io::Result<Self> {
        let device = fs::fstat(&opening.file)?.st_dev;
        let Opening { file, folder, path, name, stem, ext, bytes } = opening;
        let written = Mutex::new(Written { bytes, ..Written::default() });
        Ok(Open {
            file,
            folder,
            path,
            ext,
            device,
            name,
            stem: Mutex::new(stem),
            written,
            failed: AtomicBool::new(false),
            unsynced: AtomicBool::new(false),
            ahead: Arc::new(Semaphore::new(AHEAD_BYTES)),
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    pub(super) fn folder(&self) -> &OwnedFd {
        &self.folder
    }

    pub(super) fn path(&self) -> &PathBuf {
        &self.path
    }

    pub(super) fn ext(&self) -> &str {
        &self.ext
    }

    pub(super) fn ahead(&self) -> &Arc<Semaphore> {
        &self.ahead
    }

    pub(super) fn device(&self) -> u64 {
        self.device
    }

    pub(super) fn stem(&self) -> MutexGuard<'_, String> {
        self.stem.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many bytes are whole.
    pub(super) fn bytes(&self) -> u64 {
        self.written().bytes
    }

    /// The first fault, if there was one.
    pub(super) fn fault(&self) -> Result<(), DiskError> {
        // One load a batch; the lock is taken only after a fault.
        if !self.failed.load(Ordering::Acquire) {
            return Ok(());
        }
        self.written().fault.clone().map_or(Ok(()), Err)
    }

    /// The fault of a sync, if one failed.
    pub(super) fn lost(&self) -> Result<(), DiskError> {
        self.fault().or_else(|error| if error.is_lost() { Err(error) } else { Ok(()) })
    }

    /// Whether there are bytes that a power cut would take and a sync would keep.
    pub(super) fn is_unsynced(&self) -> bool {
        self.unsynced.load(Ordering::Acquire) && !self.failed.load(Ordering::Acquire)
    }

    /// Appends the batch. After a fault nothing is appended any more: what stands is whole.
    pub(super) fn append(&self, batch: &[u8]) {
        let mut written = self.written();
        if written.fault.is_some() {
            return;
        }
        if let Err(error) = (&self.file).write_all(batch) {
            // The torn end goes, which gives back what room it took.
            let _ = fs::ftruncate(&self.file, written.bytes);
            self.fail(&mut written, DiskError::new("write", &self.name, error));
            return;
        }
        self.unsynced.store(true, Ordering::Release);
        written.hash.update(batch);
        written.bytes += u64::try_from(batch.len()).unwrap_or(u64::MAX);
    }

    /// Replaces bytes in place.
    pub(super) fn overwrite(&self, patches: &[(u64, Bytes)]) {
        let mut written = self.written();
        if written.fault.is_some() {
            return;
        }
        match self.patch(patches) {
            Ok(()) => self.unsynced.store(true, Ordering::Release),
            Err(error) => self.fail(&mut written, error),
        }
    }

    /// Replaces bytes in place, whatever happened before.
    pub(super) fn patch(&self, patches: &[(u64, Bytes)]) -> Result<(), DiskError> {
        let write = |(offset, bytes): &(u64, Bytes)| self.file.write_all_at(bytes, *offset);
        patches.iter().try_for_each(write).map_err(|error| DiskError::new("patch", &self.name, error))
    }

    /// Makes all of it survive a power cut.
    pub(super) fn sync(&self) -> Result<(), DiskError> {
        self.lost()?;
        // Before the sync: what is written while it runs may not be part of it.
        self.unsynced.store(false, Ordering::Release);
        fs::fdatasync(&self.file).map_err(|error| {
            let error = DiskError::new(SYNC, &self.name, error);
            // The kernel forgets a failed write-back: a second sync would lie. Nothing is written behind it.
            self.fail(&mut self.written(), error.clone());
            error
        })
    }

    /// Syncs while the file grows. A fault is told with its next batch.
    pub(super) fn sync_growing(&self) {
        // It may have been sealed, or have failed, since it was found to need it.
        if self.is_unsynced() {
            let _ = self.sync();
        }
    }

    pub(super) fn seal(&self) -> Result<Sealed, DiskError> {
        self.fault()?;
        self.sync()?;
        let mut written = self.written();
        Ok(Sealed { bytes: written.bytes, blake3: written.hash.finish() })
    }

    fn fail(&self, written: &mut Written, error: DiskError) {
        written.fault = Some(error);
        self.failed.store(true, Ordering::Release);
    }
}
