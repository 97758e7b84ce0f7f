//! What a volume may have lost of a file, as tags again: on their way into another file.

use bytes::{Bytes, BytesMut};
use lyrebird_flv::{BACK_POINTER, Cut, TAG_HEADER, Tag, Track};

use super::sidecar::Gap;
use crate::disk;

/// The end of a segment that must be written again, and how a file begins that it can stand in.
#[derive(Debug)]
pub(super) struct Tail {
    /// So many bytes of the old file are to stay where they are, once this is elsewhere.
    pub(super) stays: u64,
    /// So many are safe there.
    pub(super) safe: u64,
    /// Bytes between them and what is here are lost.
    pub(super) is_torn: bool,
    /// None of a body that is written as it comes.
    pub(super) begin: Option<Begin>,
    pub(super) ext: String,
    /// What is missing in it, or before it where nothing of the old file stays; in its own time.
    pub(super) gaps: Vec<Gap>,
    blocks: Vec<Bytes>,
    /// When it begins and ends, in the old file; both 0 of a body without times.
    pub(super) from_ms: u64,
    pub(super) until_ms: u64,
}

/// How a file begins: its head, and the tags before its media.
#[derive(Clone, Debug)]
pub(super) struct Begin {
    pub(super) cut: Cut,
    pub(super) tags: Vec<Tag>,
}

impl Tail {
    /// Of a segment with such a beginning; none where nothing is kept that a file could begin with.
    pub(super) fn of(tail: disk::Tail, begin: Option<Begin>, ext: String) -> Option<Tail> {
        let disk::Tail { safe, from, blocks } = tail;
        if blocks.is_empty() {
            return None;
        }
        let mut tail = Tail {
            stays: safe.min(from),
            safe,
            is_torn: from > safe,
            begin,
            ext,
            gaps: Vec::new(),
            blocks,
            from_ms: 0,
            until_ms: 0,
        };
        if tail.begin.is_some() {
            let times = || tail.tags().map(|tag| u64::from(tag.time_ms));
            (tail.from_ms, tail.until_ms) = (times().next()?, times().max()?);
        }
        Some(tail)
    }

    /// Its tags, with the times of the old file.
    pub(super) fn tags(&self) -> impl Iterator<Item = Tag> + '_ {
        tags(self.blocks.iter().cloned())
    }

    /// The same as bytes.
    pub(super) fn blocks(&self) -> impl Iterator<Item = Bytes> + '_ {
        self.blocks.iter().cloned()
    }
}

/// The tags in these blocks, which we have framed ourselves (FLV 10.1, E.4.1); a last one that is not whole is left out.
fn tags(blocks: impl Iterator<Item = Bytes>) -> impl Iterator<Item = Tag> {
    let mut bytes = Run { blocks, rest: Bytes::new() };
    std::iter::from_fn(move || {
        let [kind, a, b, c, d, e, f, extension, ..] = *bytes.take(TAG_HEADER)?.first_chunk::<TAG_HEADER>()?;
        let payload = bytes.take(usize::try_from(u32::from_be_bytes([0, a, b, c])).ok()?)?;
        bytes.take(BACK_POINTER)?;
        let time_ms = u32::from_be_bytes([extension, d, e, f]);
        Some(Tag { track: Track::from_type(kind)?, time_ms, payload, offset: 0 })
    })
}

/// Blocks as one run of bytes.
struct Run<B> {
    blocks: B,
    rest: Bytes,
}

impl<B: Iterator<Item = Bytes>> Run<B> {
    /// The next so many bytes; none where there are fewer.
    fn take(&mut self, count: usize) -> Option<Bytes> {
        if self.rest.len() >= count {
            return Some(self.rest.split_to(count));
        }
        let mut taken = BytesMut::with_capacity(count);
        loop {
            let part = self.rest.split_to(self.rest.len().min(count - taken.len()));
            taken.extend_from_slice(&part);
            if taken.len() == count {
                return Some(taken.freeze());
            }
            self.rest = self.blocks.next()?;
        }
    }
}

#[cfg(test)]
mod tests;
