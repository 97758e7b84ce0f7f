//! One output while it grows.

use std::io::IoSlice;
use std::path::Path;

use bytes::Bytes;
use lyrebird_flv::{Cut, Segment, TAG_HEADER, Tag};

use super::Output;
use crate::disk::{DiskError, ExactFile};

/// So many bytes are written at once; they are still in the processor's cache then.
const BATCH_BYTES: usize = 1 << 20;

/// So many tags at most: each is two slices, and the kernel takes 1,024 of them in one call.
const BATCH_TAGS: usize = 500;

/// A file and what is about to be appended to it. Payloads go from the memory that they were read into straight to the
/// kernel: a copy of every byte in between would cost more than the engine.
pub(super) struct Growing {
    file: ExactFile,
    pub(super) layout: Segment,
    /// Head and tail of each frame of the batch, in order.
    frames: Vec<u8>,
    payloads: Vec<Bytes>,
    payload_bytes: usize,
    tags: u64,
    why: &'static str,
}

impl Growing {
    pub(super) fn open(folder: &Path, name: &str, cut: &Cut) -> Result<Self, DiskError> {
        let layout = Segment::open(cut);
        Ok(Growing {
            file: ExactFile::create(folder, name, usize::try_from(layout.head_bytes()).unwrap_or(usize::MAX))?,
            layout,
            frames: Vec::new(),
            payloads: Vec::new(),
            payload_bytes: 0,
            tags: 0,
            why: cut.why.name(),
        })
    }

    pub(super) fn append(&mut self, tag: Tag) -> Result<(), DiskError> {
        let frame = self.layout.append(&tag);
        self.frames.extend(frame.head);
        self.frames.extend(frame.tail);
        self.payload_bytes += tag.payload.len();
        self.payloads.push(tag.payload);
        self.tags += 1;
        if self.payload_bytes < BATCH_BYTES && self.payloads.len() < BATCH_TAGS { Ok(()) } else { self.flush() }
    }

    /// Writes the batch.
    pub(super) fn flush(&mut self) -> Result<(), DiskError> {
        if self.payloads.is_empty() {
            return Ok(());
        }
        // A tail and the next head stand side by side, in the file as in memory.
        let (first, rest) = self.frames.split_at(TAG_HEADER.min(self.frames.len()));
        let between = rest.chunks(TAG_HEADER + lyrebird_flv::BACK_POINTER);
        let mut slices = Vec::with_capacity(2 * self.payloads.len() + 1);
        slices.push(IoSlice::new(first));
        for (payload, between) in self.payloads.iter().zip(between) {
            slices.push(IoSlice::new(payload));
            slices.push(IoSlice::new(between));
        }
        self.file.append(&mut slices)?;
        self.frames.clear();
        self.payloads.clear();
        self.payload_bytes = 0;
        Ok(())
    }

    /// Writes what is left and the head: the file is whole.
    pub(super) fn seal(&mut self) -> Result<(), DiskError> {
        self.flush()?;
        self.file.seal(&self.layout.head())
    }

    pub(super) fn publish(self) -> Result<Output, DiskError> {
        let Growing { file, layout, tags, why, .. } = self;
        let file = file.publish()?;
        Ok(Output { file, bytes: layout.bytes(), duration_ms: layout.duration_ms(), tags, why })
    }
}
