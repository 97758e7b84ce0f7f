//! Memory that sockets are read into. What one reader is through with, the next one gets: it is in the processor's cache
//! yet, and many slow streams need no more of it than a few.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

/// So much is kept for the next one at most: more than both processors of a small machine can use at once.
const MOST_KEPT: usize = 4 << 20;

/// Those that are free, the last used one at the end.
#[derive(Debug, Default)]
pub(super) struct Buffers(Mutex<Free>);

#[derive(Debug, Default)]
struct Free {
    buffers: Vec<Vec<u8>>,
    bytes: usize,
}

impl Buffers {
    /// An empty one of this size.
    pub(super) fn take(&self, room: usize) -> Vec<u8> {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = free.buffers.iter().rposition(|buffer| buffer.capacity() == room);
        let Some(buffer) = found.map(|at| free.buffers.remove(at)) else { return Vec::with_capacity(room) };
        free.bytes = free.bytes.saturating_sub(room);
        buffer
    }

    /// Takes one back.
    pub(super) fn give(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if free.bytes + buffer.capacity() <= MOST_KEPT {
            free.bytes += buffer.capacity();
            free.buffers.push(buffer);
        }
    }

    /// Takes the memory of a piece back, unless somebody holds some of it yet.
    pub(super) fn spent(&self, piece: Bytes) {
        if let Ok(mut piece) = piece.try_into_mut() {
            // What is empty is not moved to the front.
            piece.clear();
            self.give(Vec::from(piece));
        }
    }
}

#[cfg(test)]
mod tests;
