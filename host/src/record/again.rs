//! Knows a finished file that is served anew: its body begins as the one before it did. Pure.
//!
//! A server that tells no length ends a file just as it ends a live stream, and only the next connection shows which it
//! was. A live stream may begin with the same bytes too: a server that keeps the newest group sends it to everyone who
//! comes while it is the newest. So the same beginning proves a file only where the body before was longer than what
//! such servers keep; where it was not, all of it has to come again, and nothing behind it.

use std::time::Duration;

use bytes::Bytes;

#[cfg(test)]
mod tests;

/// Bytes that are alike by chance in no two streams: seconds of pictures behind the decoder configurations. A picture
/// that stands still, with its clock set anew, is alike for some frames.
const BEGINNING: u64 = 256 << 10;

/// Media of a body whose beginning alone proves a file: servers keep 20 s at most for those who come later.
const LONGER_THAN_KEPT: Duration = Duration::from_secs(30);

/// Bytes of a body that are compared, and held back, at most.
const COMPARED: u64 = 32 << 20;

/// How far apart marks are in the beginning, where most bodies differ: what is new is held back no longer than this.
const FINE: u64 = 4 << 10;

/// How far apart they are behind it.
const COARSE: u64 = 64 << 10;

/// So much of each such distance is looked at there: a live stream differs from an earlier one everywhere, and a hash of
/// all of it is a ninth of what a recording costs.
const SAMPLED: u64 = 16 << 10;

/// What a body was, as far as it is needed to know it again.
#[derive(Debug, Default)]
pub(super) struct Print {
    hasher: blake3::Hasher,
    /// Hashes of all bytes up to each mark.
    marks: Vec<u64>,
    bytes: u64,
}

impl Print {
    /// Takes the next bytes.
    pub(super) fn take(&mut self, mut chunk: &[u8]) {
        while !chunk.is_empty() && self.bytes < COMPARED {
            let step = if self.bytes < BEGINNING { FINE } else { COARSE };
            let left = usize::try_from(step - self.bytes % step).unwrap_or(usize::MAX);
            let (now, rest) = chunk.split_at(left.min(chunk.len()));
            let sampled = if self.bytes < BEGINNING { step } else { SAMPLED };
            let sampled = usize::try_from(sampled.saturating_sub(self.bytes % step)).unwrap_or(usize::MAX);
            self.hasher.update(now.get(..sampled).unwrap_or(now));
            self.bytes += length(now);
            if self.bytes.is_multiple_of(step) {
                self.marks.push(self.hash());
            }
            chunk = rest;
        }
        self.bytes += length(chunk);
    }

    fn hash(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = *self.hasher.finalize().as_bytes();
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    /// Whether the marks of this body, as far as it has come, are those of the other.
    fn follows(&self, other: &Print) -> bool {
        self.bytes <= other.bytes && other.marks.starts_with(&self.marks)
    }
}

/// What is to be done with a new body's bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They are held back: so far they are the ones before.
    Open,
    /// It is the same file.
    Same,
    /// It is something else: these are all of its bytes so far.
    Other(Vec<Bytes>),
}

/// A new body beside the one before it.
#[derive(Debug)]
pub(super) struct Again {
    before: Print,
    media: Duration,
    now: Print,
    held: Vec<Bytes>,
    /// So many equal bytes prove it.
    proof: u64,
}

impl Again {
    /// `media` is what the body before gave.
    pub(super) fn new(before: Print, media: Duration) -> Self {
        let proof = if media >= LONGER_THAN_KEPT { BEGINNING } else { COMPARED };
        Again { before, media, now: Print::default(), held: Vec::new(), proof }
    }

    /// Takes the next bytes of the new body.
    pub(super) fn take(&mut self, chunk: &[u8]) -> Verdict {
        self.now.take(chunk);
        // A copy: what comes stands in memory for a whole read, and much of it may be held.
        self.held.push(Bytes::copy_from_slice(chunk));
        match self.now.follows(&self.before) {
            false => self.release(),
            true if self.now.bytes >= self.proof => Verdict::Same,
            true => Verdict::Open,
        }
    }

    /// The new body has ended as it should.
    pub(super) fn end(&mut self) -> Verdict {
        let is_whole = self.now.bytes > 0 && self.now.bytes == self.before.bytes;
        if is_whole && self.now.hash() == self.before.hash() { Verdict::Same } else { self.release() }
    }

    /// The body before, to know it once more.
    pub(super) fn into_before(self) -> (Print, Duration) {
        (self.before, self.media)
    }

    /// Gives what is held back.
    pub(super) fn release(&mut self) -> Verdict {
        Verdict::Other(std::mem::take(&mut self.held))
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
