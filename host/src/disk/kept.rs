//! What was handed over of one file and would not survive a power cut: kept in memory until a sync has taken it, so that
//! it can be written again elsewhere. Pure.
//!
//! Another file can only begin at certain places of this one, its *restarts* (a key frame, say; the caller knows). So what
//! is kept begins at the last of them that is safe, not at the last safe byte.

use std::collections::VecDeque;

use bytes::Bytes;

use super::volume::AHEAD_BYTES;

/// So much of one file: five seconds of 25 Mbit/s.
const MOST_OF_A_FILE: usize = 16 << 20;

/// So much of one that has brought more than that between two syncs, until it brings less: it comes faster than any stream
/// plays, and hardly a hundredth of it would be kept, in memory that no cache of the processor holds. But more than may
/// wait for the writer, or what falls out could not be used again.
const LEAST_OF_A_FILE: usize = AHEAD_BYTES + (1 << 20);

/// A file's bytes from the last safe restart on.
#[derive(Debug, Default)]
pub(super) struct Kept {
    blocks: VecDeque<Held>,
    /// Where in the file the next block will stand.
    end: u64,
    /// Bytes that are kept.
    bytes: usize,
    /// Where the last sync found the end.
    safe: u64,
    /// Whether it comes too fast for what is kept to reach back to a sync.
    races: bool,
}

#[derive(Debug)]
struct Held {
    at: u64,
    block: Bytes,
    /// Where in the file another one could begin.
    restarts: Vec<u64>,
}

impl Held {
    fn end(&self) -> u64 {
        self.at.saturating_add(wide(self.block.len()))
    }
}

/// The end of a file that its volume may have lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// Up to here the file is safe where it is.
    pub safe: u64,
    /// Where in the file the bytes begin: at a restart. Behind `safe` where memory did not reach back so far; what lies
    /// between is lost.
    pub from: u64,
    /// The bytes, up to the last that was handed over, in blocks that begin and end anywhere; none where no restart is
    /// among what is kept.
    pub blocks: Vec<Bytes>,
}

impl Kept {
    /// Of a file that has so many bytes already.
    pub(super) fn behind(bytes: u64) -> Kept {
        Kept { end: bytes, safe: bytes, ..Kept::default() }
    }

    /// Keeps a block of a batch; `restarts` are offsets in it.
    pub(super) fn push(&mut self, block: Bytes, restarts: impl Iterator<Item = usize>) {
        let at = self.end;
        self.end = at.saturating_add(wide(block.len()));
        self.bytes = self.bytes.saturating_add(block.len());
        let restarts = restarts.map(|restart| at.saturating_add(wide(restart))).collect();
        self.blocks.push_back(Held { at, block, restarts });
    }

    /// By how many bytes it is more than may be kept of one file.
    pub(super) fn excess(&mut self) -> usize {
        self.races |= self.bytes > MOST_OF_A_FILE;
        self.bytes.saturating_sub(if self.races { LEAST_OF_A_FILE } else { MOST_OF_A_FILE })
    }

    /// All before this place survives a power cut: gives what is not needed any more.
    pub(super) fn synced(&mut self, safe: u64) -> Vec<Bytes> {
        self.races &= safe.saturating_sub(self.safe) > wide(MOST_OF_A_FILE);
        self.safe = safe;
        match self.restart_before(safe) {
            Some(restart) => self.forget_while(|held| held.end() <= restart),
            // Nothing to begin with: only what is behind could ever be of use.
            None if self.blocks.iter().all(|held| held.restarts.is_empty()) => {
                self.forget_while(|held| held.end() <= safe)
            }
            None => Vec::new(),
        }
    }

    /// Memory is short: gives the oldest, until it is so many bytes.
    pub(super) fn shed(&mut self, bytes: usize) -> Vec<Bytes> {
        let mut shed = 0;
        self.forget_while(|held| {
            let goes = shed < bytes;
            shed += if goes { held.block.len() } else { 0 };
            goes
        })
    }

    /// Gives all.
    pub(super) fn clear(&mut self) -> Vec<Bytes> {
        self.forget_while(|_| true)
    }

    /// What must be written again of a file that is safe up to this place.
    pub(super) fn tail(&self, safe: u64) -> Tail {
        let behind = || self.blocks.iter().flat_map(|held| &held.restarts).copied().find(|restart| *restart > safe);
        let Some(from) = self.restart_before(safe).or_else(behind) else {
            return Tail { safe, from: self.end, blocks: Vec::new() };
        };
        let slice = |held: &Held| {
            let skipped = usize::try_from(from.saturating_sub(held.at)).unwrap_or(usize::MAX);
            (skipped < held.block.len()).then(|| held.block.slice(skipped..))
        };
        Tail { safe, from, blocks: self.blocks.iter().filter_map(slice).collect() }
    }

    fn restart_before(&self, safe: u64) -> Option<u64> {
        self.blocks.iter().rev().flat_map(|held| held.restarts.iter().rev()).copied().find(|restart| *restart <= safe)
    }

    fn forget_while(&mut self, mut goes: impl FnMut(&Held) -> bool) -> Vec<Bytes> {
        let mut forgotten = Vec::new();
        while let Some(held) = self.blocks.pop_front_if(|held| goes(held)) {
            self.bytes = self.bytes.saturating_sub(held.block.len());
            forgotten.push(held.block);
        }
        forgotten
    }
}

fn wide(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
