//! Salvage of a file that was never closed: which of its bytes are whole tags, and what its head must say. Pure; for
//! files that [`Segment`] laid out. Nothing is searched for here: our own framing either fits or has ended. A file that
//! was laid out by others, or damaged in its head, is a case for the reader and the remuxer.
//!
//! The head's numbers and index are not believed, the tags are counted anew. What the head says of the tracks is
//! believed: it was written before the first tag.

#[cfg(test)]
mod tests;

use bytes::Bytes;

use crate::segment::Segment;
use crate::segment::head::{Head, METADATA_AT};
use crate::segment::role::{LOOKED_AT, Role};
use crate::tag::{BACK_POINTER, TAG_HEADER, Track};

/// No head of ours is larger: 72 KiB of index, 4 KiB of the sender's fields, and our own.
const LARGEST_HEAD: usize = 128 << 10;

/// Takes the bytes of a file from its beginning, in chunks of any size.
#[derive(Debug)]
pub struct Recovery {
    place: Place,
    /// What was begun and is not complete yet: the head, a tag's header, a payload's start, a back pointer.
    begun: Vec<u8>,
    segment: Option<Segment>,
    tags: u64,
    read_bytes: u64,
}

/// What a file turned out to be.
#[derive(Clone, Debug)]
pub enum Salvage {
    /// It ends within its head: it holds no media.
    Nothing,
    /// Not laid out by a [`Segment`], or its head is damaged.
    Foreign,
    /// Ours.
    Ours(Salvaged),
}

/// What is to be done to make a file of ours whole: cut it to [`whole_bytes`](Salvaged::whole_bytes), then write
/// [`head`](Salvaged::head) at 0. Both may be done twice without harm.
#[derive(Clone, Debug)]
pub struct Salvaged {
    /// Where the last whole tag ends, its back pointer included.
    pub whole_bytes: u64,
    /// How many bytes stand behind it. More than one tag's worth means damage in the middle, not a cut-off end.
    pub broken_bytes: u64,
    /// How many tags are whole, metadata not counted; 0: the file holds no media.
    pub tags: u64,
    /// The head as it must be, of the same size as the one in the file.
    pub head: Bytes,
    /// As [`Segment::duration_ms`].
    pub duration_ms: u64,
    /// As [`Segment::last_ms`].
    pub last_ms: u64,
}

#[derive(Debug)]
enum Place {
    /// Within everything before the tags.
    Head,
    Header,
    Payload(Open),
    BackPointer(Open),
    /// Behind the last whole tag: nothing is taken any more.
    Broken,
    Foreign,
}

/// A tag whose header was read.
#[derive(Clone, Copy, Debug)]
struct Open {
    track: Track,
    time_ms: u32,
    payload_bytes: usize,
    payload_left: usize,
    role: Role,
}

impl Default for Recovery {
    fn default() -> Recovery {
        Recovery::new()
    }
}

impl Recovery {
    /// Before the first byte.
    pub fn new() -> Recovery {
        Recovery { place: Place::Head, begun: Vec::new(), segment: None, tags: 0, read_bytes: 0 }
    }

    /// The file's next bytes.
    pub fn push(&mut self, mut chunk: &[u8]) {
        self.read_bytes += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        while !chunk.is_empty() {
            match self.place {
                Place::Head => self.head(&mut chunk),
                Place::Header => self.header(&mut chunk),
                Place::Payload(open) => self.payload(open, &mut chunk),
                Place::BackPointer(open) => self.back_pointer(open, &mut chunk),
                Place::Broken | Place::Foreign => return,
            }
        }
    }

    /// The end of the file.
    pub fn finish(self) -> Salvage {
        match (self.place, self.segment) {
            (Place::Foreign, _) => Salvage::Foreign,
            (_, None) => Salvage::Nothing,
            (_, Some(segment)) => Salvage::Ours(Salvaged {
                whole_bytes: segment.bytes(),
                broken_bytes: self.read_bytes - segment.bytes(),
                tags: self.tags,
                head: segment.head(),
                duration_ms: segment.duration_ms(),
                last_ms: segment.last_ms(),
            }),
        }
    }

    fn head(&mut self, chunk: &mut &[u8]) {
        if !self.fill(METADATA_AT + TAG_HEADER, chunk) {
            return;
        }
        let size = match self.begun.get(METADATA_AT..) {
            Some(&[18, a, b, c, ..]) => bytes_of([a, b, c]),
            _ => LARGEST_HEAD,
        };
        let whole = METADATA_AT + TAG_HEADER + size + BACK_POINTER;
        if whole > LARGEST_HEAD {
            self.place = Place::Foreign;
        } else if self.fill(whole, chunk) {
            self.segment = Head::read(&self.begun).map(|cut| Segment::open(&cut));
            self.place = if self.segment.is_some() { Place::Header } else { Place::Foreign };
            self.begun.clear();
        }
    }

    fn header(&mut self, chunk: &mut &[u8]) {
        if !self.fill(TAG_HEADER, chunk) {
            return;
        }
        let open = match *self.begun.as_slice() {
            [kind, a, b, c, d, e, f, extension, 0, 0, 0] => Track::from_type(kind).map(|track| Open {
                track,
                time_ms: u32::from_be_bytes([extension, d, e, f]),
                payload_bytes: bytes_of([a, b, c]),
                payload_left: bytes_of([a, b, c]),
                role: Role::Script,
            }),
            _ => None,
        };
        self.begun.clear();
        self.place = open.map_or(Place::Broken, Place::Payload);
    }

    fn payload(&mut self, mut open: Open, chunk: &mut &[u8]) {
        let taken = chunk.get(..open.payload_left).unwrap_or(chunk);
        let looked_at = LOOKED_AT.saturating_sub(self.begun.len()).min(taken.len());
        self.begun.extend(taken.iter().take(looked_at));
        *chunk = chunk.get(taken.len()..).unwrap_or_default();
        open.payload_left -= taken.len();
        self.place = Place::Payload(open);
        if open.payload_left == 0 {
            open.role = Role::of(open.track, &self.begun);
            self.begun.clear();
            self.place = Place::BackPointer(open);
        }
    }

    fn back_pointer(&mut self, open: Open, chunk: &mut &[u8]) {
        if !self.fill(BACK_POINTER, chunk) {
            return;
        }
        let fits = crate::segment::frame(open.track, open.time_ms, open.payload_bytes).tail == *self.begun;
        self.begun.clear();
        self.place = if fits { Place::Header } else { Place::Broken };
        if let (true, Some(segment)) = (fits, &mut self.segment) {
            segment.count(open.track, open.time_ms, open.payload_bytes, open.role);
            self.tags += 1;
        }
    }

    /// Takes from the chunk until so many bytes are begun; whether they are.
    fn fill(&mut self, bytes: usize, chunk: &mut &[u8]) -> bool {
        let wanted = bytes.saturating_sub(self.begun.len());
        let taken = chunk.get(..wanted).unwrap_or(chunk);
        self.begun.extend_from_slice(taken);
        *chunk = chunk.get(taken.len()..).unwrap_or_default();
        self.begun.len() >= bytes
    }
}

fn bytes_of([a, b, c]: [u8; 3]) -> usize {
    usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c)
}
