//! What is handed to a volume's writer at once: bytes in order, most of them still where the network put them.

use std::time::Duration;

use bytes::{Bytes, BytesMut};

/// A batch of this size is handed over: one `writev`, and one wake-up of the writer, each 256 KiB.
pub const BATCH_BYTES: usize = 256 << 10;

/// A batch of this age is handed over whatever its size: what a killed process may lose.
pub const BATCH_AGE: Duration = Duration::from_millis(200);

/// Below this a copy is cheaper than one more element of the `writev`, and does not keep a network buffer alive.
const COPIED: usize = 4 << 10;

/// Room for the copied bytes of a batch: small enough that the allocator keeps it without asking the system.
const ROOM: usize = 32 << 10;

/// Bytes to append to a file, in order.
#[derive(Debug, Default)]
pub struct Batch {
    slices: Vec<Bytes>,
    copied: BytesMut,
    bytes: usize,
}

impl Batch {
    /// Appends a copy.
    pub fn copy(&mut self, bytes: &[u8]) {
        if self.copied.capacity() - self.copied.len() < bytes.len() {
            self.copied.reserve(bytes.len().max(ROOM));
        }
        self.copied.extend_from_slice(bytes);
        self.bytes += bytes.len();
    }

    /// Appends the bytes, without copying them if they are many.
    pub fn share(&mut self, bytes: Bytes) {
        if bytes.len() < COPIED {
            return self.copy(&bytes);
        }
        self.seal();
        self.bytes += bytes.len();
        self.slices.push(bytes);
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

    /// Takes the content out. The room for copies stays, as far as it is not used up.
    pub fn take(&mut self) -> Batch {
        self.seal();
        // The next batch will be much like this one.
        let next = Vec::with_capacity(self.slices.len());
        let slices = std::mem::replace(&mut self.slices, next);
        Batch { slices, copied: BytesMut::new(), bytes: std::mem::take(&mut self.bytes) }
    }

    /// The content in order. Only of what [`Batch::take`] gave.
    pub(super) fn slices(&self) -> &[Bytes] {
        &self.slices
    }

    /// What was copied so far becomes a slice of its own.
    fn seal(&mut self) {
        if !self.copied.is_empty() {
            self.slices.push(self.copied.split().freeze());
        }
    }
}
