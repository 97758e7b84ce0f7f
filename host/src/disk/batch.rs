//! What is handed to a volume's writer at once: bytes in order, in blocks of memory.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::ring::{BLOCK, Ring};

/// A batch of this size is handed over: one `write`, and one wake-up of the writer, each 512 KiB. Any stream of up to
/// 20 Mbit/s is handed over by [its age](BATCH_AGE).
pub const BATCH_BYTES: usize = 512 << 10;

/// A batch of this age is handed over whatever its size: what a killed process may lose.
pub const BATCH_AGE: Duration = Duration::from_millis(200);

/// Bytes to append to a file, in order.
///
/// They are copied: the memory that the network fills is free at once and stays in the processor's cache, and so does
/// what the writer and the hash read. Bytes that stayed where they came would be fetched from further away three times.
#[derive(Debug, Default)]
pub struct Batch {
    /// Full blocks.
    blocks: Vec<Bytes>,
    /// The one that is being filled.
    last: BytesMut,
    bytes: usize,
    /// Bytes that were taken out since the last place where a block ended.
    behind: usize,
    /// Where its memory comes from, and goes to when the writer and the next sync are through with it.
    ring: Arc<Ring>,
}

impl Batch {
    /// Of a file whose memory is on this account.
    pub(super) fn on(ring: Arc<Ring>) -> Batch {
        Batch { ring, ..Batch::default() }
    }

    /// Appends bytes.
    #[inline]
    pub fn append(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len();
        if bytes.len() <= self.room() {
            self.last.extend_from_slice(bytes);
        } else {
            self.append_in_parts(bytes);
        }
    }

    /// Fills this block, and others.
    fn append_in_parts(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(self.room().min(bytes.len()));
            self.last.extend_from_slice(now);
            bytes = later;
            if !bytes.is_empty() {
                let full = std::mem::replace(&mut self.last, self.ring.block());
                self.blocks.extend((!full.is_empty()).then(|| full.freeze()));
            }
        }
    }

    /// What the last block has room for. All blocks of a file but the first and the last of a batch lie at whole places in
    /// it: there the hash takes them as they are.
    fn room(&self) -> usize {
        let room = self.last.capacity() - self.last.len();
        if self.blocks.is_empty() { room.saturating_sub(self.behind) } else { room }
    }

    /// How many bytes it holds.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Whether it is large enough to be handed over.
    pub fn is_full(&self) -> bool {
        self.bytes >= BATCH_BYTES
    }

    /// Takes the content out.
    pub fn take(&mut self) -> Vec<Bytes> {
        self.behind = (self.behind + std::mem::take(&mut self.bytes)) % BLOCK;
        let mut blocks = std::mem::take(&mut self.blocks);
        let last = std::mem::take(&mut self.last);
        blocks.extend((!last.is_empty()).then(|| last.freeze()));
        blocks
    }
}
