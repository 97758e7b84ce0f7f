//! The bytes between what has left the reader and what the network has given so far.
//!
//! Positions are offsets in the whole input. A body that lies in one chunk leaves as a slice of it; one that straddles
//! chunks is copied once, into an arena that many bodies share. Knows nothing of FLV.

use std::collections::VecDeque;

use bytes::{Buf, Bytes, BytesMut};

/// The arena grows by so much at a time: straddling bodies are mostly small, and a block lives as long as any of them.
const ARENA_BLOCK: usize = 64 << 10;

/// More than this waits for the rest of a large tag only.
const MANY_WAIT: u64 = 256 << 10;

/// The beginning of a tag that is no longer than this is copied when nothing else is left of its chunk.
const SHORT_REST: usize = 64 << 10;

/// A chunk below this may be a small slice of a large buffer. Where many wait they are copied, so that no more memory
/// stays alive than bytes wait.
const SMALL_CHUNK: usize = 16 << 10;

/// A queue of chunks, addressed by input offset.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// Each chunk with the offset of its first byte; none is empty.
    chunks: VecDeque<(u64, Bytes)>,
    start: u64,
    end: u64,
    /// Where the last chunk began.
    last: u64,
    arena: BytesMut,
}

impl Window {
    /// Offset behind the last byte that has come.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Whether the byte at `offset` has come and is not forgotten.
    pub(super) fn holds(&self, offset: u64) -> bool {
        (self.start..self.end).contains(&offset)
    }

    /// Bytes that are here from `offset` on.
    pub(super) fn len_from(&self, offset: u64) -> u64 {
        self.end.saturating_sub(offset)
    }

    /// Takes what the network gave.
    pub(super) fn push(&mut self, chunk: Bytes) {
        if !chunk.is_empty() {
            let at = self.end;
            self.last = at;
            let many_wait = self.len_from(self.start) > MANY_WAIT;
            self.end = at.saturating_add(widen(chunk.len()));
            let chunk = if many_wait && chunk.len() < SMALL_CHUNK { self.copy(&chunk) } else { chunk };
            self.chunks.push_back((at, chunk));
        }
    }

    /// Lets go of the memory that the last chunk is a small rest of: it is the network's, for what comes next.
    pub(super) fn let_go(&mut self) {
        if self.chunks.len() == 1
            && let Some((at, chunk)) = self.chunks.front_mut()
            && *at > self.last
            && chunk.len() <= SHORT_REST
        {
            *chunk = Bytes::copy_from_slice(chunk);
        }
    }

    fn copy(&mut self, bytes: &[u8]) -> Bytes {
        if self.arena.capacity() < bytes.len() {
            self.arena.reserve(bytes.len().max(ARENA_BLOCK));
        }
        self.arena.extend_from_slice(bytes);
        self.arena.split().freeze()
    }

    /// Forgets everything before `offset`.
    #[inline]
    pub(super) fn drop_until(&mut self, offset: u64) {
        let offset = offset.clamp(self.start, self.end);
        self.start = offset;
        while let Some((at, chunk)) = self.chunks.front_mut() {
            let gone = narrow(offset.saturating_sub(*at));
            if gone < chunk.len() {
                chunk.advance(gone);
                *at = at.saturating_add(widen(gone));
                return;
            }
            self.chunks.pop_front();
        }
    }

    /// Copies the bytes at `offset` into `out`; false, and nothing done, when they are not all here.
    #[inline]
    pub(super) fn copy_to(&self, offset: u64, out: &mut [u8]) -> bool {
        if let Some((at, chunk)) = self.chunks.front() {
            let from = narrow(offset.saturating_sub(*at));
            let whole = from.checked_add(out.len()).and_then(|to| chunk.get(from..to));
            if let (Some(whole), true) = (whole, offset >= *at) {
                out.copy_from_slice(whole);
                return true;
            }
        }
        self.copy_across(offset, out)
    }

    /// The same, wherever the bytes lie.
    fn copy_across(&self, offset: u64, out: &mut [u8]) -> bool {
        if offset < self.start || self.len_from(offset) < widen(out.len()) {
            return false;
        }
        let mut out = out;
        for (at, chunk) in self.chunks.iter().skip(self.chunk_of(offset)) {
            let part = chunk.get(narrow(offset.saturating_sub(*at))..).unwrap_or_default();
            let (filled, rest) = out.split_at_mut(part.len().min(out.len()));
            filled.copy_from_slice(part.get(..filled.len()).unwrap_or_default());
            out = rest;
            if out.is_empty() {
                break;
            }
        }
        true
    }

    /// The contiguous bytes at `offset`, as many as lie in one chunk; empty when none is here.
    pub(super) fn run_at(&self, offset: u64) -> &[u8] {
        if offset < self.start {
            return &[];
        }
        match self.chunks.get(self.chunk_of(offset)) {
            Some((at, chunk)) => chunk.get(narrow(offset.saturating_sub(*at))..).unwrap_or_default(),
            None => &[],
        }
    }

    /// The bytes `offset..offset + len`, as a slice of a chunk where they lie in one; none when they are not all here.
    #[inline]
    pub(super) fn slice(&mut self, offset: u64, len: usize) -> Option<Bytes> {
        if let Some((at, chunk)) = self.chunks.front()
            && let Some(from) = offset.checked_sub(*at).map(narrow)
            && let Some(to) = from.checked_add(len).filter(|to| *to <= chunk.len())
        {
            return Some(chunk.slice(from..to));
        }
        self.slice_across(offset, len)
    }

    /// The same, wherever the bytes lie.
    fn slice_across(&mut self, offset: u64, len: usize) -> Option<Bytes> {
        if offset < self.start || self.len_from(offset) < widen(len) {
            return None;
        }
        if len == 0 {
            return Some(Bytes::new());
        }
        let index = self.chunk_of(offset);
        let (at, chunk) = self.chunks.get(index)?;
        let from = narrow(offset.saturating_sub(*at));
        let to = from.checked_add(len)?;
        if to <= chunk.len() {
            return Some(chunk.slice(from..to));
        }
        if self.arena.capacity() < len {
            self.arena.reserve(len.max(ARENA_BLOCK));
        }
        let mut missing = len;
        for (at, chunk) in self.chunks.iter().skip(index) {
            let part = chunk.get(narrow(offset.saturating_sub(*at))..).unwrap_or_default();
            let part = part.get(..missing).unwrap_or(part);
            self.arena.extend_from_slice(part);
            missing -= part.len();
            if missing == 0 {
                break;
            }
        }
        Some(self.arena.split().freeze())
    }

    /// Index of the chunk that holds `offset`.
    fn chunk_of(&self, offset: u64) -> usize {
        self.chunks.partition_point(|(at, _)| *at <= offset).saturating_sub(1)
    }
}

/// A length as an offset; no address space is wider than 64 bits.
pub(super) fn widen(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

/// A distance within the window as a length.
fn narrow(distance: u64) -> usize {
    usize::try_from(distance).unwrap_or(usize::MAX)
}
