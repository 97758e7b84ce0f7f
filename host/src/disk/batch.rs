//! What is handed to a volume's writer at once: bytes in order, in one piece of memory.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::ring::Ring;

/// A batch of this size is handed over: one `write`, and one wake-up of the writer, each 256 KiB.
pub const BATCH_BYTES: usize = 256 << 10;

/// A batch of this age is handed over whatever its size: what a killed process may lose.
pub const BATCH_AGE: Duration = Duration::from_millis(200);

/// Memory for a batch: no less, so that the first tags of a slow stream do not move about …
const LEAST_ROOM: usize = 16 << 10;
/// … and no more, which is a full batch with a last tag of the usual size. A larger one makes the memory grow.
const MOST_ROOM: usize = BATCH_BYTES + (64 << 10);

/// Bytes to append to a file, in order.
///
/// They are copied: the memory that the network fills is free at once and stays in the processor's cache, and so does
/// what the writer and the hash read. Bytes that stayed where they came would be fetched from further away three times.
#[derive(Debug, Default)]
pub struct Batch {
    content: BytesMut,
    /// Where its memory comes from, and goes to when the writer and the next sync are through with it.
    ring: Arc<Ring>,
    /// What the next batch will need, if it is like the last one.
    room: usize,
}

impl Batch {
    /// Of a file whose memory is on this account.
    pub(super) fn on(ring: Arc<Ring>) -> Batch {
        Batch { ring, ..Batch::default() }
    }

    /// Appends bytes.
    pub fn append(&mut self, bytes: &[u8]) {
        if self.content.capacity() == 0 {
            self.content = self.ring.memory(self.room.clamp(LEAST_ROOM, MOST_ROOM));
        }
        self.content.extend_from_slice(bytes);
    }

    /// How many bytes it holds.
    pub fn bytes(&self) -> usize {
        self.content.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.content.is_empty()
    }

    /// Whether it is large enough to be handed over.
    pub fn is_full(&self) -> bool {
        self.content.len() >= BATCH_BYTES
    }

    /// Takes the content out.
    pub fn take(&mut self) -> Bytes {
        let content = std::mem::take(&mut self.content);
        self.room = (content.len() + content.len() / 8).next_multiple_of(LEAST_ROOM);
        content.freeze()
    }
}
