//! One output file: it appears under its name only when it is whole.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::batch::Batch;
use super::fault::DiskError;
use super::hash::Hash;
use super::kept::Tail;
use super::open::Open;
use super::part::OldFile;
use super::publish::{publish, replace_sidecar};
use super::volume::Volume;

/// Nobody waits longer for a growing file's sidecar, which stops no recording; it may still be written later.
const SIDECAR_LIMIT: Duration = Duration::from_secs(2);

/// What a new file is made from.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// Below the output folder, of plain names; made where it is missing.
    pub folder: PathBuf,
    /// The name without extension.
    pub stem: String,
    /// The extension, without a dot.
    pub ext: String,
    /// The first bytes. They may be patched, and are not part of the hash.
    pub head: Bytes,
    /// The sidecar's content.
    pub sidecar: Vec<u8>,
    /// Goes on with what is appended; none where nobody wants its hash.
    pub hash: Option<Hash>,
}

/// A file whose bytes are all on the volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Bytes, the head included.
    pub bytes: u64,
    /// BLAKE3 of the bytes behind the head, in hex, where it was wanted.
    pub blake3: Option<String>,
}

/// A file that grows as `STEM.EXT.part` and is locked. Dropped without [`OutputFile::publish`] it stays so, for
/// somebody to salvage.
#[derive(Debug)]
pub struct OutputFile {
    volume: Arc<Volume>,
    open: Arc<Open>,
}

impl OutputFile {
    pub(super) fn new(volume: Arc<Volume>, open: Open) -> Self {
        let open = Arc::new(open);
        open.kept().begin(volume.ring(), volume.syncs());
        open.belongs_to(volume.calls());
        volume.grows(&open);
        OutputFile::of(volume, open)
    }

    pub(super) fn of(volume: Arc<Volume>, open: Arc<Open>) -> Self {
        OutputFile { volume, open }
    }

    /// The file's path below the output folder without `.part`, for people.
    pub fn name(&self) -> &str {
        self.open.name()
    }

    /// The extension, without a dot.
    pub fn ext(&self) -> &str {
        self.open.ext()
    }

    /// The stem it got.
    pub fn stem(&self) -> String {
        self.open.stem().clone()
    }

    /// Hands bytes to the volume's writer; waits while its queue is full, and gives them back where it stays full for
    /// `limit`. They are kept in memory until they survive a power cut, from the last of the `restarts` on: offsets in
    /// the batch at which another file could begin. An error is that of an earlier batch: what was written before it is
    /// whole, nothing is written behind it.
    ///
    /// # Errors
    /// The first fault of this file's writes, again at each call. The batch is kept also then.
    pub async fn write(
        &self,
        batch: Vec<Bytes>,
        restarts: &[usize],
        limit: Duration,
    ) -> Result<Option<Vec<Bytes>>, DiskError> {
        let room = match self.open.fault() {
            Ok(()) => self.volume.room(&self.open, batch.iter().map(Bytes::len).sum(), limit).await,
            Err(fault) => {
                self.keep(&batch, restarts);
                return Err(fault);
            }
        };
        let Some(room) = room else { return Ok(Some(batch)) };
        if self.open.kept().push(&batch, restarts) {
            self.volume.hurry();
        }
        self.open.fault()?;
        self.volume.write(&self.open, batch, room).map(|()| None)
    }

    /// A volume that has taken nothing for too long.
    pub fn stuck(&self) -> DiskError {
        DiskError::stuck("write", self.name())
    }

    /// Replaces bytes of the head, after all that was handed over before: offset and bytes of each patch.
    ///
    /// # Errors
    /// As [`OutputFile::write`].
    pub async fn patch(&self, patches: Vec<(u64, Bytes)>) -> Result<(), DiskError> {
        self.open.fault()?;
        self.volume.patch(&self.open, patches).await
    }

    /// Replaces the sidecar as a whole: whoever reads it sees the old or the new one.
    ///
    /// # Errors
    /// When the volume refuses; the old one stays.
    pub async fn replace_sidecar(&self, json: Vec<u8>) -> Result<(), DiskError> {
        let open = Arc::clone(&self.open);
        self.volume.chore_within(SIDECAR_LIMIT, self.name(), move || replace_sidecar(&open, &json)).await
    }

    /// Waits until all that was handed over is on the volume for good.
    ///
    /// # Errors
    /// The first fault of this file's writes, or that of the sync: the file must stay `.part` then.
    pub async fn seal(&self, patches: Vec<(u64, Bytes)>) -> Result<Sealed, DiskError> {
        self.patch(patches).await?;
        let open = Arc::clone(&self.open);
        self.volume.after_writes(&self.open, move || open.seal()).await
    }

    /// Waits until what was handed over before survives a power cut.
    ///
    /// # Errors
    /// The first fault of this file's writes, or that of the sync.
    pub async fn settle(&self) -> Result<(), DiskError> {
        let open = Arc::clone(&self.open);
        self.volume.after_writes(&self.open, move || open.fault().and_then(|()| open.sync())).await
    }

    /// Gives the sealed file its final name, never over another, and the sidecar its last content; without one the
    /// sidecar goes.
    ///
    /// # Errors
    /// When the volume refuses; the file stays `.part` then.
    pub async fn publish(&self, sidecar: Option<Vec<u8>>) -> Result<PathBuf, DiskError> {
        let open = Arc::clone(&self.open);
        self.volume.chore(self.open.name(), move || publish(&open, sidecar.as_deref())).await
    }

    /// The file once it has its name: nothing is written to it any more, but its sidecar may be replaced.
    pub fn held(self) -> OldFile {
        OldFile::of(self.volume, self.open)
    }

    /// Whether it has so many bytes, and a power cut would take none of them.
    #[cfg(test)]
    pub(super) fn is_safe(&self, bytes: u64) -> bool {
        self.open.bytes() == bytes && !self.open.is_unsynced()
    }

    /// An empty batch for it.
    pub fn batch(&self) -> Batch {
        Batch::on(Arc::clone(self.volume.ring()))
    }

    /// Keeps what was not handed over for want of time or room; it is not written here.
    pub fn keep(&self, batch: &[Bytes], restarts: &[usize]) {
        self.open.kept().push(batch, restarts);
    }

    /// Keeps nothing of it any more.
    pub fn forget(&self) {
        self.open.kept().clear();
    }

    /// Ends the file after a fault, and gives what must be written again elsewhere: it is not kept here any more.
    pub fn end_by(&self, fault: &DiskError) -> Tail {
        // A volume that does not answer may yet come back: from now on it is given nothing more of this file.
        self.open.fail(fault.clone());
        self.open.take_tail()
    }

    /// Gives up writing, after a fault: what is on the volume can be mended like a file that was left behind. The lock
    /// is held on.
    ///
    /// # Errors
    /// When the volume does not answer: until the writer is through with it, nobody else may touch it. And when a sync
    /// failed: nobody knows what of the file is on the volume, and a further sync of it would lie.
    pub async fn into_old(self) -> Result<OldFile, DiskError> {
        let open = Arc::clone(&self.open);
        self.volume.after_writes(&self.open, move || open.lost()).await?;
        Ok(OldFile::of(self.volume, self.open))
    }

    /// The same also after a failed sync: what was safe before it can be mended, as by somebody who opens the file anew.
    /// The old descriptor holds the lock, and is never synced again.
    ///
    /// # Errors
    /// When the volume does not answer, or the file cannot be opened.
    pub async fn reopened(self) -> Result<OldFile, DiskError> {
        let open = Arc::clone(&self.open);
        let reopen = move || match open.lost() {
            Ok(()) => Ok(open),
            Err(_) => Open::again(open).map(Arc::new),
        };
        let open = self.volume.after_writes(&self.open, reopen).await?;
        Ok(OldFile::of(self.volume, open))
    }
}
