//! What is handed to a volume's writer at once: bytes in order, in one piece of memory.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

/// A batch of this size is handed over: one `write`, and one wake-up of the writer, each 256 KiB.
pub const BATCH_BYTES: usize = 256 << 10;

/// A batch of this age is handed over whatever its size: what a killed process may lose.
pub const BATCH_AGE: Duration = Duration::from_millis(200);

/// Memory for a batch: no less, so that the first tags of a slow stream do not move about …
const LEAST_ROOM: usize = 16 << 10;
/// … and no more, which is a full batch with a last tag of the usual size. A larger one makes the memory grow.
const MOST_ROOM: usize = BATCH_BYTES + (64 << 10);

/// Memory of earlier batches that may come back from the writer. No more are on their way to a disk that keeps up.
const MOST_SPENT: usize = 8;

/// Bytes to append to a file, in order.
///
/// They are copied: the memory that the network fills is free at once and stays in the processor's cache, and so does
/// what the writer and the hash read. Bytes that stayed where they came would be fetched from further away three times.
#[derive(Debug, Default)]
pub struct Batch {
    content: BytesMut,
    /// Memory that the writer has or had, the newest last.
    spent: VecDeque<BytesMut>,
    /// What the next batch will need, if it is like the last one.
    room: usize,
}

impl Batch {
    /// Appends bytes.
    pub fn append(&mut self, bytes: &[u8]) {
        if self.content.capacity() == 0 {
            self.content = self.memory(self.room.clamp(LEAST_ROOM, MOST_ROOM));
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
        let mut content = std::mem::take(&mut self.content);
        self.room = (content.len() + content.len() / 4).next_power_of_two();
        let taken = content.split().freeze();
        if self.spent.len() == MOST_SPENT {
            self.spent.pop_front();
        }
        self.spent.push_back(content);
        taken
    }

    /// Memory of that size. What came back last lies nearest to the processor.
    fn memory(&mut self, room: usize) -> BytesMut {
        let back = self.spent.iter_mut().rposition(|spent| spent.try_reclaim(room));
        back.and_then(|at| self.spent.remove(at)).unwrap_or_else(|| BytesMut::with_capacity(room))
    }
}
