//! One output file of a recording: its bytes on their way to the disk, its sidecar, and its metadata while it grows.
//!
//! Tags are gathered into batches here; nothing is handed to another thread but whole batches.

mod ended;
mod rewrite;

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use lyrebird_flv::codec::{Body, classify};
use lyrebird_flv::{Cut, Depth, Patch, Segment as Layout, Tag};

use super::salvage::Mended;
use super::sidecar::{Sidecar, State};
use super::tail::{Begin, Tail};
use super::{Closed, Plan};
use crate::config;
use crate::disk::{Batch, DiskError, Hash, NewFile, OldFile, OutputFile, Root, Sealed};
use rewrite::Stump;

pub(super) use ended::{Ended, Rest, Unfinished};

/// How often a growing file's numbers (duration, size, last time) are put right.
const NUMBERS: Duration = Duration::from_secs(10);
/// How often its index is, and its sidecar. As long as the index is small, or new, it goes along with the numbers: who
/// looks at a file that began just now wants to seek, too.
const ARRAYS: Duration = Duration::from_secs(60);
const SMALL_INDEX: usize = 4 << 10;
/// In what time a sidecar is written only so often because of what a restart could not find out by itself.
const URGENT: Duration = Duration::from_secs(1);
/// So often: a connection that is made anew tells first itself, then what is missing before it.
const AT_ONCE: u32 = 3;

/// A file that grows.
pub(super) struct Segment {
    file: OutputFile,
    root: PathBuf,
    hash: config::Hash,
    /// As [`Plan::patience`].
    patience: Duration,
    /// None for a body that is written as it comes.
    layout: Option<Layout>,
    /// How the file begins; none as long as there is no layout.
    begin: Option<Begin>,
    /// Whether decoding may begin with any frame: there is no picture, or there are no key frames.
    anywhere: bool,
    /// What the engine's times are ahead of this file's: it goes on with the end of another one.
    ahead_ms: u32,
    /// What is to stay of it after a fault.
    stump: Option<Stump>,
    batch: Batch,
    /// Where in the batch another file could begin.
    restarts: Vec<usize>,
    /// What the volume had no room for.
    choked: Option<(Vec<Bytes>, Vec<usize>)>,
    pub(super) sidecar: Sidecar,
    /// Whether the sidecar says more than the one on the disk.
    pub(super) untold: bool,
    /// Whether it tells a gap or another connection that the one on the disk does not: a kill would lose that.
    pub(super) urgent: bool,
    bytes: u64,
    first_ms: Option<u64>,
    /// How long a body without a layout has been coming.
    lasted_ms: u64,
    numbers_at: Duration,
    arrays_at: Duration,
    /// Whether there was something to seek to in an index that was written.
    indexed: bool,
    /// Since when urgent news are counted, and how many were told.
    told: (Duration, u32),
}

/// What becomes of a file that is closed.
pub(super) enum Closes {
    /// It has its name. The hold is for its sidecar: what is missing behind it may be named there later.
    Done(OldFile, Box<Mended>),
    /// It held no media, and is gone.
    Empty,
    /// Its volume refused: its end must be written again elsewhere, and until it is nothing of this one may go. Where it
    /// cannot be held, the next start salvages it.
    Short(Result<Box<Ended>, Unfinished>, Box<Tail>),
}

/// Where a new segment goes.
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) stem: String,
    pub(super) ext: String,
}

impl Segment {
    /// Makes the file. `now` as of [`crate::clock::Clock::passed`].
    pub(super) async fn open(
        root: &Root,
        place: Place,
        cut: Option<&Cut>,
        sidecar: Sidecar,
        plan: &Plan,
        now: Duration,
    ) -> Result<Self, DiskError> {
        let layout = cut.map(Layout::open);
        let head = layout.as_ref().map(Layout::head).unwrap_or_default();
        let bytes = u64::try_from(head.len()).unwrap_or(u64::MAX);
        let Place { folder, stem, ext } = place;
        let new = NewFile { folder, stem, ext, head, sidecar: sidecar.to_json(), hash: begun(plan.hash) };
        let file = root.create(new).await?;
        let batch = file.batch();
        Ok(Segment {
            file,
            root: root.path().to_path_buf(),
            hash: plan.hash,
            patience: plan.patience,
            layout,
            begin: cut.map(|cut| Begin { cut: cut.clone(), tags: Vec::new() }),
            anywhere: cut.is_none_or(|cut| !cut.has_video),
            ahead_ms: 0,
            stump: None,
            batch,
            restarts: Vec::new(),
            choked: None,
            sidecar,
            untold: false,
            urgent: false,
            bytes,
            first_ms: None,
            lasted_ms: 0,
            numbers_at: now,
            arrays_at: now,
            indexed: false,
            told: (now, 0),
        })
    }

    /// The stem that it got.
    pub(super) fn stem(&self) -> String {
        self.file.stem()
    }

    /// The name that it will have.
    pub(super) fn path(&self) -> PathBuf {
        self.root.join(self.file.name())
    }

    /// Appends a tag to the batch.
    pub(super) fn append(&mut self, mut tag: Tag) {
        let Some(layout) = &mut self.layout else { return self.append_raw(tag.payload) };
        tag.time_ms = tag.time_ms.saturating_sub(self.ahead_ms);
        let body = classify(&tag);
        let (is_frame, is_key_frame, is_inter) = (body.is_frame(), body == Body::VideoKey, body == Body::VideoInter);
        let before = self.batch.bytes();
        if self.first_ms.is_none() {
            if is_frame {
                self.first_ms = Some(u64::from(tag.time_ms));
                self.anywhere |= is_inter;
            } else if let Some(begin) = &mut self.begin {
                begin.tags.push(tag.clone());
            }
        }
        // Each key frame; else each batch.
        if is_key_frame || self.anywhere && is_frame && self.restarts.is_empty() {
            self.restarts.push(before);
        }
        let frame = layout.append(&tag);
        self.batch.append(&frame.head);
        self.batch.append(&tag.payload);
        self.batch.append(&frame.tail);
        self.count(before);
    }

    /// Appends bytes to the batch as they are.
    pub(super) fn append_raw(&mut self, bytes: Bytes) {
        let before = self.batch.bytes();
        if before == 0 {
            self.restarts.push(0);
        }
        self.batch.append(&bytes);
        self.count(before);
    }

    fn count(&mut self, before: usize) {
        self.bytes += u64::try_from(self.batch.bytes() - before).unwrap_or(u64::MAX);
    }

    /// Length of the file with what is in the batch.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Its media time; the time that it has been coming where no other is known.
    pub(super) fn duration_ms(&self) -> u64 {
        self.layout.as_ref().map_or(self.lasted_ms, Layout::duration_ms)
    }

    /// Media time that came for it, less what is elsewhere now; 0 of a raw body, which has no times: nobody can say how much of it is missing.
    pub(super) fn received_ms(&self) -> u64 {
        let stays_ms = self.stump.map_or(self.duration_ms(), |stump| stump.until_ms);
        if self.is_raw() { 0 } else { stays_ms }
    }

    /// Whether a frame is in it; of a raw body whether anything is.
    pub(super) fn has_media(&self) -> bool {
        if self.is_raw() { self.bytes > 0 } else { self.first_ms.is_some() }
    }

    /// Whether it is a body that is written as it comes.
    pub(super) fn is_raw(&self) -> bool {
        self.layout.is_none()
    }

    /// How long such a body has been coming.
    pub(super) fn lasted(&mut self, lasted: Duration) {
        self.lasted_ms = u64::try_from(lasted.as_millis()).unwrap_or(u64::MAX);
    }

    /// Whether the batch is large enough to be handed over.
    pub(super) fn is_due(&self) -> bool {
        self.batch.is_full()
    }

    /// Hands the batch over. A volume whose queue stays full gets it later: until then the segment is [choked](Self::choked).
    pub(super) async fn write(&mut self) -> Result<(), DiskError> {
        if let Some((batch, restarts)) = self.choked.take() {
            self.hand_over(batch, restarts, Duration::ZERO).await?;
        }
        if self.batch.is_empty() || self.choked.is_some() {
            return Ok(());
        }
        let (batch, restarts) = (self.batch.take(), std::mem::take(&mut self.restarts));
        self.hand_over(batch, restarts, self.patience).await
    }

    async fn hand_over(&mut self, batch: Vec<Bytes>, restarts: Vec<usize>, limit: Duration) -> Result<(), DiskError> {
        if let Some(batch) = self.file.write(batch, &restarts, limit).await? {
            self.choked = Some((batch, restarts));
        }
        Ok(())
    }

    /// Whether the volume's queue has been full for so long that nothing more may come.
    pub(super) fn choked(&self) -> bool {
        self.choked.is_some()
    }

    /// What is due by the time: what has come, metadata, sidecar.
    pub(super) async fn work(&mut self, now: Duration) -> Result<(), DiskError> {
        if self.choked() {
            return self.write().await;
        }
        self.flush(now).await?;
        self.tend(now).await
    }

    /// Metadata and sidecar.
    async fn tend(&mut self, now: Duration) -> Result<(), DiskError> {
        let index = self.layout.as_ref().and_then(Layout::index_bytes);
        let is_new = index.is_some() && !self.indexed;
        if now.saturating_sub(self.arrays_at) >= ARRAYS {
            (self.arrays_at, self.numbers_at) = (now, now);
            self.patch(Depth::All).await?;
            self.tell().await;
        } else if now.saturating_sub(self.numbers_at) >= NUMBERS || is_new {
            self.numbers_at = now;
            self.indexed |= is_new;
            let is_small = index.is_some_and(|bytes| bytes <= SMALL_INDEX);
            self.patch(if is_small { Depth::All } else { Depth::Numbers }).await?;
        }
        Ok(())
    }

    /// Hands over what has come. What the sidecar has to tell of it goes first: media behind a gap must not stand in
    /// the file before the gap is named.
    pub(super) async fn flush(&mut self, now: Duration) -> Result<(), DiskError> {
        if now.saturating_sub(self.told.0) >= URGENT {
            self.told = (now, 0);
        }
        if self.urgent && self.told.1 < AT_ONCE {
            self.told.1 += 1;
            self.tell().await;
        }
        self.write().await
    }

    /// Puts the metadata on the disk right.
    pub(super) async fn patch(&mut self, depth: Depth) -> Result<(), DiskError> {
        self.write().await?;
        let patches = self.patches(depth);
        if patches.is_empty() { Ok(()) } else { self.file.patch(patches).await }
    }

    fn patches(&mut self, depth: Depth) -> Vec<(u64, Bytes)> {
        self.layout.as_mut().map(|layout| layout.patch(depth)).unwrap_or_default().into_iter().map(place).collect()
    }

    /// Writes the sidecar if it has something to tell. A sidecar that cannot be written stops no recording.
    pub(super) async fn tell(&mut self) {
        self.measure();
        let untold = std::mem::take(&mut self.untold) | std::mem::take(&mut self.urgent);
        if untold && let Err(error) = self.file.replace_sidecar(self.sidecar.to_json()).await {
            tracing::warn!(error = %format!("{:#}", anyhow::Error::new(error)), "cannot update a sidecar, recording goes on");
        }
    }

    fn measure(&mut self) {
        self.sidecar.bytes = self.bytes;
        if let Some(layout) = &self.layout {
            (self.sidecar.first_ms, self.sidecar.last_ms) = (self.first_ms, self.first_ms.map(|_| layout.last_ms()));
        }
    }

    /// Finishes the file: everything written and synced, metadata and sidecar right, then its name. One whose volume
    /// refuses that is finished as it is where nothing is kept of what it lacks; else it waits.
    pub(super) async fn close(mut self, end: &str, keep_sidecar: bool) -> Result<Closes, Unfinished> {
        self.sidecar.end = Some(end.to_owned());
        let unfinished = self.unfinished();
        // A file of which no frame was seen is judged by what is on the disk.
        if self.has_media() {
            let fault = match self.seal().await {
                Ok(sealed) => {
                    return match self.publish(sealed, keep_sidecar).await {
                        Ok((file, mended)) => Ok(Closes::Done(file, Box::new(mended))),
                        Err(error) => Err(Unfinished::new(unfinished, error)),
                    };
                }
                Err(fault) => fault,
            };
            if let Some(tail) = self.end_by(&fault) {
                return Ok(Closes::Short(self.ended().await.map(Box::new), Box::new(tail)));
            }
            if fault.is_lost() {
                return Err(Unfinished::new(unfinished, fault));
            }
        } else if let Err(error) = self.write().await {
            return Err(Unfinished::new(unfinished, error));
        }
        let short = self.close_short(end, keep_sidecar).await?;
        Ok(short.map_or(Closes::Empty, |(file, mended)| Closes::Done(file, Box::new(mended))))
    }

    /// Waits until what has been handed over so far survives a power cut.
    pub(super) async fn settle(&self) -> Result<(), DiskError> {
        self.file.settle().await
    }

    async fn seal(&mut self) -> Result<Sealed, DiskError> {
        self.write().await?;
        let patches = self.patches(Depth::All);
        self.file.seal(patches).await
    }

    async fn publish(mut self, sealed: Sealed, keep_sidecar: bool) -> Result<(OldFile, Mended), DiskError> {
        self.measure();
        let (bytes, duration_ms, state) = (sealed.bytes, self.duration_ms(), State::Complete);
        self.sidecar.state = state;
        self.sidecar.bytes = bytes;
        self.sidecar.blake3 = sealed.blake3;
        let sidecar = keep_sidecar.then(|| self.sidecar.to_json());
        let file = self.file.publish(sidecar).await?;
        let closed = Closed { file, bytes, duration_ms, state };
        Ok((self.file.held(), Mended { closed, sidecar: self.sidecar, gap: None }))
    }
}

fn begun(hash: config::Hash) -> Option<Hash> {
    match hash {
        config::Hash::Blake3 => Some(Hash::default()),
        config::Hash::Off => None,
    }
}

/// The engine's patch as the disk takes it.
pub(super) fn place(patch: Patch) -> (u64, Bytes) {
    (patch.offset, patch.bytes)
}
