//! A file that grows, as both threads of its volume know it: what was written, what of it is synced, the first fault.

use std::fs::File;
use std::io::{ErrorKind, IoSlice, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use rustix::fs::{self, OFlags};
use tokio::sync::Semaphore;

use super::beneath;
use super::calls::Calls;
use super::create::PART;
use super::fault::{DiskError, DiskFault, SYNC};
use super::hash::Hash;
use super::kept::Tail;
use super::output::Sealed;
use super::ring::Share;
use super::volume::AHEAD_BYTES;
use crate::machine::descriptors::spared;

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
    /// Bytes that were written, in whole batches; and so many of them survive a power cut.
    bytes: AtomicU64,
    safe: AtomicU64,
    /// Of the bytes behind the head, if it is wanted. Held while a batch is written: on a volume that hangs, for ever.
    hash: Mutex<Option<Hash>>,
    fault: Mutex<Option<DiskError>>,
    failed: AtomicBool,
    /// Whether bytes came since the last sync.
    unsynced: AtomicBool,
    /// Its share of the volume's queue.
    ahead: Arc<Semaphore>,
    kept: Share,
    calls: OnceLock<Calls>,
    /// The same file as it was opened first: it holds the lock.
    _first: Option<Arc<Open>>,
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
    /// Goes on with what is appended; none where nobody wants its hash, or nothing is appended.
    pub(super) hash: Option<Hash>,
}

impl Open {
    pub(super) fn new(opening: Opening) -> rustix::io::Result<Self> {
        let device = fs::fstat(&opening.file)?.st_dev;
        let Opening { file, folder, path, name, stem, ext, bytes, hash } = opening;
        Ok(Open {
            file,
            folder,
            path,
            ext,
            device,
            name,
            stem: Mutex::new(stem),
            bytes: AtomicU64::new(bytes),
            safe: AtomicU64::new(bytes),
            hash: Mutex::new(hash),
            fault: Mutex::default(),
            failed: AtomicBool::new(false),
            unsynced: AtomicBool::new(false),
            ahead: Arc::new(Semaphore::new(AHEAD_BYTES)),
            kept: Share::behind(bytes),
            calls: OnceLock::new(),
            _first: None,
        })
    }

    /// The file opened anew, after a sync of it failed.
    pub(super) fn again(first: Arc<Open>) -> Result<Open, DiskError> {
        let stem = first.stem().clone();
        let part = format!("{stem}.{}.{PART}", first.ext);
        let refused = |error| DiskError::new("open again", &first.name, error);
        let file = beneath::file(&first.folder, &part, OFlags::RDWR).map_err(refused)?;
        let folder = spared(|| rustix::io::dup(&first.folder)).map_err(refused)?;
        let (path, name, ext) = (first.path.clone(), first.name.clone(), first.ext.clone());
        let bytes = first.safe();
        let opening = Opening { file, folder, path, name, stem, ext, bytes, hash: None };
        let open = Open::new(opening).map_err(refused)?;
        let calls = first.calls.clone();
        Ok(Open { _first: Some(first), calls, ..open })
    }

    /// From now on tests may let its calls fail.
    pub(super) fn belongs_to(&self, calls: &Calls) {
        let _ = self.calls.set(calls.clone());
    }

    /// Asked before each call that changes the volume.
    pub(super) fn ask(&self) -> std::io::Result<()> {
        self.calls.get().map_or(Ok(()), Calls::ask)
    }

    /// What a sync has yet to take.
    pub(super) fn kept(&self) -> &Share {
        &self.kept
    }

    pub(super) fn take_tail(&self) -> Tail {
        self.kept.take_tail(self.safe())
    }

    /// How many bytes no fault of the volume takes back: behind a failed sync, or where it does not answer, those of the
    /// last good one, else all that was written.
    fn safe(&self) -> u64 {
        let is_doubtful = |fault: &DiskError| fault.is_lost() || fault.fault == DiskFault::Stuck;
        let counter = if self.fault().is_err_and(|fault| is_doubtful(&fault)) { &self.safe } else { &self.bytes };
        counter.load(Ordering::Acquire)
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

    /// How many bytes are whole.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Acquire)
    }

    /// The first fault, if there was one.
    pub(super) fn fault(&self) -> Result<(), DiskError> {
        // One load a batch; the lock is taken only after a fault.
        if !self.failed.load(Ordering::Acquire) {
            return Ok(());
        }
        self.first_fault().clone().map_or(Ok(()), Err)
    }

    fn first_fault(&self) -> MutexGuard<'_, Option<DiskError>> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner)
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
    pub(super) fn append(&self, batch: Vec<Bytes>) {
        let mut hash = self.hash.lock().unwrap_or_else(PoisonError::into_inner);
        if self.failed.load(Ordering::Acquire) {
            return;
        }
        let bytes = self.bytes();
        let asked = self.calls.get().map_or(Ok(()), Calls::ask_to_write);
        if let Err(error) = asked.and_then(|()| write_all(&self.file, &batch)) {
            // The torn end goes, which gives back what room it took.
            let _ = fs::ftruncate(&self.file, bytes);
            self.fail(DiskError::new("write", &self.name, error));
            return;
        }
        if let Some(hash) = hash.as_mut() {
            batch.iter().for_each(|block| hash.update(block));
        }
        let more = batch.iter().map(Bytes::len).sum::<usize>();
        // Nobody has it now but what is kept: where that lets go of it, its memory is the next batch's.
        drop(batch);
        self.bytes.store(bytes.saturating_add(u64::try_from(more).unwrap_or(u64::MAX)), Ordering::Release);
        self.changed();
    }

    /// Bytes have come, or are others.
    fn changed(&self) {
        if self.kept.is_trusting() {
            self.synced(self.bytes());
        } else {
            self.unsynced.store(true, Ordering::Release);
        }
    }

    /// Replaces bytes in place.
    pub(super) fn overwrite(&self, patches: &[(u64, Bytes)]) {
        if self.failed.load(Ordering::Acquire) {
            return;
        }
        match self.patch(patches) {
            Ok(()) => self.changed(),
            Err(error) => self.fail(error),
        }
    }

    /// Cuts the end off, of a file that nothing is appended to any more.
    pub(super) fn shorten(&self, bytes: u64) -> Result<(), DiskError> {
        let shortened = self.ask().and_then(|()| Ok(fs::ftruncate(&self.file, bytes)?));
        shortened.map_err(|error| DiskError::new("shorten", &self.name, error))?;
        self.bytes.store(bytes, Ordering::Release);
        Ok(())
    }

    /// Replaces bytes in place, whatever happened before.
    pub(super) fn patch(&self, patches: &[(u64, Bytes)]) -> Result<(), DiskError> {
        let write = |(offset, bytes): &(u64, Bytes)| self.file.write_all_at(bytes, *offset);
        self.ask()
            .and_then(|()| patches.iter().try_for_each(write))
            .map_err(|error| DiskError::new("patch", &self.name, error))
    }

    /// Makes all of it survive a power cut.
    pub(super) fn sync(&self) -> Result<(), DiskError> {
        let before = self.before_sync()?;
        if self.kept.is_trusting() {
            return Ok(());
        }
        match self.ask().and_then(|()| Ok(fs::fdatasync(&self.file)?)) {
            Ok(()) => {
                self.synced(before);
                Ok(())
            }
            Err(error) => {
                let error = DiskError::new(SYNC, &self.name, error);
                // The kernel forgets a failed write-back: a second sync would lie. Nothing is written behind it.
                self.fail(error.clone());
                Err(error)
            }
        }
    }

    /// How many bytes a sync that begins now makes safe.
    pub(super) fn before_sync(&self) -> Result<u64, DiskError> {
        self.lost()?;
        // Before the sync: what is written while it runs may not be part of it.
        self.unsynced.store(false, Ordering::Release);
        Ok(self.bytes())
    }

    /// So many bytes are safe.
    pub(super) fn synced(&self, bytes: u64) {
        self.safe.store(bytes, Ordering::Release);
        self.kept.synced(bytes);
    }

    /// A sync of the whole volume failed: this file's bytes may be safe or not.
    pub(super) fn not_synced(&self) {
        self.unsynced.store(true, Ordering::Release);
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
        self.kept.clear();
        let mut hash = self.hash.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Sealed { bytes: self.bytes(), blake3: hash.as_mut().map(Hash::finish) })
    }

    /// Ends the file: nothing is written behind the first fault.
    pub(super) fn fail(&self, error: DiskError) {
        self.first_fault().get_or_insert(error);
        self.failed.store(true, Ordering::Release);
    }
}

/// One call for all blocks, unless the system takes less.
fn write_all(mut file: &File, batch: &[Bytes]) -> std::io::Result<()> {
    let mut slices: Vec<IoSlice<'_>> = batch.iter().map(|block| IoSlice::new(block)).collect();
    let mut left = slices.as_mut_slice();
    while !left.is_empty() {
        match file.write_vectored(left) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => IoSlice::advance_slices(&mut left, count),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
