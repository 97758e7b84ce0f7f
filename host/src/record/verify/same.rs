//! What the engine would write against what is there, byte for byte, as both come. Pure.

use std::collections::VecDeque;

use bytes::{Buf, Bytes};
use lyrebird_flv::{Frame, Tag};

/// The engine holds back half of this at most. Where it writes nothing for longer, what stands there is none of its
/// output, and need not be kept.
const MOST_HELD: u64 = 64 << 20;

/// Where two files differ first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The byte.
    pub offset: u64,
    /// What stands there.
    pub at: Where,
    /// Media time, where it is known.
    pub at_ms: Option<u64>,
}

/// What stands where two files differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// The FLV header or the metadata tag.
    Head,
    /// A tag that the engine would write otherwise, elsewhere or not at all.
    Tag,
    /// A tag that the engine would begin another file with.
    Cut,
    /// The end: something stands behind the last tag.
    End,
}

impl Where {
    /// The word for JSON.
    pub fn word(self) -> &'static str {
        match self {
            Where::Head => "head",
            Where::Tag => "tag",
            Where::Cut => "cut",
            Where::End => "end",
        }
    }
}

/// A comparison under way.
#[derive(Debug, Default)]
pub(super) struct Same {
    /// The file's first bytes, until the head is compared.
    head: Vec<u8>,
    head_bytes: u64,
    /// What was read and not yet compared.
    held: VecDeque<Bytes>,
    held_bytes: u64,
    /// How much is compared.
    at: u64,
    found: Option<Difference>,
}

impl Same {
    /// More of the file.
    pub(super) fn came(&mut self, piece: Bytes) {
        if self.found.is_some() {
            return;
        }
        self.held_bytes += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        self.held.push_back(piece);
        if self.held_bytes > MOST_HELD {
            self.differs(self.at, Where::Tag, None);
        }
    }

    /// The engine begins a file with a head of so many bytes, which it tells at the end.
    pub(super) fn begins(&mut self, head_bytes: u64) {
        self.head_bytes = head_bytes;
        let mut wanted = usize::try_from(head_bytes).unwrap_or(usize::MAX);
        while let Some(piece) = self.held.front_mut().filter(|_| wanted > 0) {
            let taken = piece.split_to(wanted.min(piece.len()));
            wanted -= taken.len();
            self.head.extend_from_slice(&taken);
            self.went(taken.len());
        }
    }

    /// Whether the file's metadata tag ends where the engine's does.
    pub(super) fn is_laid_out(&self) -> bool {
        let tail = self.head.len().checked_sub(lyrebird_flv::BACK_POINTER).and_then(|at| self.head.get(at..));
        let whole = self.head_bytes.saturating_sub(u64::try_from(super::METADATA_AT).unwrap_or(0) + 4);
        let whole = u32::try_from(whole).unwrap_or(u32::MAX);
        tail.is_some_and(|tail| tail == whole.to_be_bytes())
    }

    /// The engine writes a tag.
    pub(super) fn tag(&mut self, tag: &Tag, frame: &Frame) {
        let begin = self.at;
        let is_same = self.takes(&frame.head) && self.takes(&tag.payload) && self.takes(&frame.tail);
        if !is_same {
            self.differs(begin, Where::Tag, Some(u64::from(tag.time_ms)));
        }
    }

    /// The engine cuts.
    pub(super) fn cut(&mut self) {
        self.differs(self.at, Where::Cut, None);
    }

    /// The engine has written everything, `head` among it; the file had so many bytes.
    pub(super) fn finish(&mut self, head: &[u8], read: u64) -> Option<Difference> {
        if !self.is_laid_out() {
            // Nothing behind it can stand where it should.
            self.found = None;
        } else if self.at < read {
            self.differs(self.at, Where::End, None);
        }
        if self.found.is_none() && *self.head != *head {
            let at = self.head.iter().zip(head).position(|(is, should)| is != should).unwrap_or(self.head.len());
            self.differs(u64::try_from(at).unwrap_or(u64::MAX), Where::Head, None);
        }
        self.found.clone()
    }

    fn takes(&mut self, mut bytes: &[u8]) -> bool {
        if self.found.is_some() {
            return true;
        }
        while !bytes.is_empty() {
            let Some(piece) = self.held.front_mut() else { return false };
            let here = piece.len().min(bytes.len());
            let (Some(is), Some((should, rest))) = (piece.get(..here), bytes.split_at_checked(here)) else {
                return false;
            };
            if is != should {
                return false;
            }
            bytes = rest;
            piece.advance(here);
            self.went(here);
        }
        true
    }

    /// So many bytes of the first piece are through.
    fn went(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.at += bytes;
        self.held_bytes -= bytes;
        if self.held.front().is_some_and(Bytes::is_empty) {
            self.held.pop_front();
        }
    }

    fn differs(&mut self, offset: u64, at: Where, at_ms: Option<u64>) {
        if self.found.is_none() {
            self.found = Some(Difference { offset, at, at_ms });
            self.held.clear();
        }
    }
}
