//! How much may be kept in memory of all files together, and what that memory is used for when nothing is kept in it:
//! for the next batches, so that a recorder at full speed asks the system for none.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::{Bytes, BytesMut};

use super::kept::{Kept, Tail};

/// So much: five seconds of fifty streams of 2 Mbit/s, or one second of fifty of 8.
pub(super) const MOST_BYTES: usize = 64 << 20;

/// What no sync has vouched for yet, of all files together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsynced {
    /// Bytes that are kept in memory, to be written once more should a sync fail.
    pub kept: usize,
    /// So many may be.
    pub most: usize,
    /// Bytes so far that had to go before a sync had taken them.
    pub fell_out: u64,
}

/// The account of what is kept.
#[derive(Debug)]
pub(super) struct Ring {
    most: usize,
    used: AtomicUsize,
    /// Bytes that had to go before they were safe.
    fell_out: AtomicU64,
    told: AtomicBool,
    /// Blocks that are free again, the last one at the end. With what is kept they are hardly more than `most`.
    spare: Mutex<Vec<BytesMut>>,
}

/// The memory of batches comes in blocks of one size: what one file is through with fits every other one, whatever their
/// rates. They are pieces that the hash takes at once, too. Of a stream of 2 Mbit/s a quarter
/// stays empty.
pub(super) const BLOCK: usize = 16 << 10;

impl Default for Ring {
    fn default() -> Ring {
        Ring::of(MOST_BYTES)
    }
}

impl Ring {
    /// One of so many bytes.
    pub(super) fn of(most: usize) -> Ring {
        Ring {
            most,
            used: AtomicUsize::new(0),
            fell_out: AtomicU64::new(0),
            told: AtomicBool::new(false),
            spare: Mutex::default(),
        }
    }

    /// More memory is kept; by how much that is too much.
    pub(super) fn took(&self, bytes: usize) -> usize {
        let used = self.used.fetch_add(bytes, Ordering::AcqRel).saturating_add(bytes);
        let mut spare = self.spare();
        let room = self.most_in_all().saturating_sub(used) / BLOCK;
        spare.truncate(room);
        drop(spare);
        used.saturating_sub(self.most)
    }

    /// Less is kept.
    pub(super) fn freed(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::AcqRel);
    }

    /// Less is kept, though it was not safe.
    pub(super) fn fell_out(&self, bytes: usize) {
        self.freed(bytes);
        self.fell_out.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
        if bytes > 0 && !self.told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                mib = self.most >> 20,
                "more comes between two syncs than is kept in memory: should a sync fail, the first of it is lost\n\
                 hint: a shorter `[output] sync`, or a volume that syncs faster"
            );
        }
    }

    /// Memory for a batch: the last that came back, which is the nearest to the processor.
    pub(super) fn block(&self) -> BytesMut {
        let spare = self.spare().pop();
        spare.unwrap_or_else(|| BytesMut::with_capacity(BLOCK))
    }

    /// Takes back memory that nobody holds any more.
    pub(super) fn spent(&self, blocks: Vec<Bytes>) {
        let used = self.used.load(Ordering::Acquire);
        let room = self.most_in_all().saturating_sub(used) / BLOCK;
        let mut spare = self.spare();
        for block in blocks {
            // The writer may have it yet.
            let Ok(mut block) = block.try_into_mut() else { continue };
            block.clear();
            if block.capacity() == BLOCK && spare.len() < room {
                spare.push(block);
            }
        }
    }

    /// Where all is kept that may be, what was let go for the next batch still goes to it.
    fn most_in_all(&self) -> usize {
        self.most.saturating_add(self.most / 16)
    }

    fn spare(&self) -> MutexGuard<'_, Vec<BytesMut>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How it stands.
    pub(super) fn state(&self) -> Unsynced {
        let (kept, fell_out) = (self.used.load(Ordering::Acquire), self.fell_out.load(Ordering::Relaxed));
        Unsynced { kept, most: self.most, fell_out }
    }
}

/// One file's part of it; goes back with the file.
#[derive(Debug)]
pub(super) struct Share {
    kept: Mutex<Kept>,
    /// None of a file that nothing is appended to.
    ring: OnceLock<Arc<Ring>>,
    /// What is written counts as synced: it is kept for a fault of a write alone.
    trusting: AtomicBool,
}

impl Share {
    /// Of a file that has so many bytes, of which none is kept.
    pub(super) fn behind(bytes: u64) -> Share {
        Share { kept: Mutex::new(Kept::behind(bytes)), ring: OnceLock::new(), trusting: AtomicBool::new(false) }
    }

    /// From now on what comes is kept, on this account; without syncs, until it is written.
    pub(super) fn begin(&self, ring: &Arc<Ring>, syncs: bool) {
        self.trusting.store(!syncs, Ordering::Release);
        let _ = self.ring.set(Arc::clone(ring));
    }

    /// Whether what is written counts as synced.
    pub(super) fn is_trusting(&self) -> bool {
        self.trusting.load(Ordering::Acquire)
    }

    /// Keeps a batch; whether memory is short and a sync would free some.
    pub(super) fn push(&self, batch: &[Bytes], restarts: &[usize]) -> bool {
        let Some(ring) = self.ring.get() else { return false };
        let mut kept = self.kept();
        let mut end = 0;
        for block in batch {
            let at = end;
            end += block.len();
            let restarts = restarts.iter().filter(|restart| (at..end).contains(*restart)).map(|restart| restart - at);
            kept.push(block.clone(), restarts);
        }
        let excess = ring.took(memory(batch)).max(kept.excess());
        if excess > 0 {
            let shed = kept.shed(excess);
            if self.is_trusting() {
                ring.freed(memory(&shed))
            } else {
                ring.fell_out(memory(&shed))
            }
            ring.spent(shed);
        }
        excess > 0 && !self.is_trusting()
    }

    /// All before this place is safe.
    pub(super) fn synced(&self, safe: u64) {
        let freed = self.kept().synced(safe);
        self.freed(freed);
    }

    /// Nothing has to be kept any more.
    pub(super) fn clear(&self) {
        let freed = self.kept().clear();
        self.freed(freed);
    }

    /// Gives what has to be written again.
    pub(super) fn take_tail(&self, safe: u64) -> Tail {
        let tail = self.kept().tail(safe);
        self.clear();
        tail
    }

    fn freed(&self, blocks: Vec<Bytes>) {
        if let Some(ring) = self.ring.get() {
            ring.freed(memory(&blocks));
            ring.spent(blocks);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What blocks take of it, full or not.
fn memory(blocks: &[Bytes]) -> usize {
    blocks.iter().map(|block| block.len().next_multiple_of(BLOCK)).sum()
}

impl Drop for Share {
    fn drop(&mut self) {
        self.clear();
    }
}
