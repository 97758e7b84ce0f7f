//! Salvage of a file that was never closed: which of its bytes are whole tags, and what its head must say. Pure.
//!
//! The reader finds the tags, as in a stream, so a file that is damaged in its middle keeps what stands behind the
//! damage. Nothing that the head says of length and index is believed: the tags are counted anew, at the places where
//! they stand, with the times that they have. What it says of the tracks is believed where it is a head of ours, since
//! it was written before the first tag; else the remuxer tells it from the tags.

#[cfg(test)]
mod tests;

use bytes::Bytes;

use crate::codec::classify;
use crate::cut::Cut;
use crate::reader::{Item, Reader};
use crate::remuxer::{Options, Remuxer, Repeats, Step};
use crate::segment::Segment;
use crate::segment::head::{Head, METADATA_AT};
use crate::segment::role::Role;
use crate::tag::{BACK_POINTER, TAG_HEADER, Tag, Track};

/// No head of ours is larger: 72 KiB of index, 4 KiB of the sender's fields, and our own.
const LARGEST_HEAD: usize = 128 << 10;

/// So many tags wait until the remuxer says of which tracks they are: as many as it holds back itself, with what it
/// drops before a late key frame.
const MOST_WAITING: usize = 16 << 10;

/// Takes the bytes of a file from its beginning, in chunks of any size. Holds what a [`Reader`] holds.
#[derive(Debug)]
pub struct Recovery {
    reader: Reader,
    layout: Layout,
    read_bytes: u64,
    tags: u64,
    first_ms: Option<u64>,
    hole_ms: Option<u64>,
    last: Option<Counted>,
}

/// What a file turned out to be.
#[derive(Clone, Debug)]
pub enum Salvage {
    /// It holds no media.
    Nothing,
    /// No FLV.
    Foreign,
    /// It holds media.
    Media(Salvaged),
}

/// What is to be done to make a file whole: write [`tail`](Salvaged::tail) so that it ends at
/// [`whole_bytes`](Salvaged::whole_bytes), cut the file there, then write [`head`](Salvaged::head) at 0. All of it may be
/// done twice without harm.
#[derive(Clone, Debug)]
pub struct Salvaged {
    /// Where the last whole tag ends, its back pointer included: that may be missing in the file.
    pub whole_bytes: u64,
    /// The back pointer of the last whole tag.
    pub tail: [u8; BACK_POINTER],
    /// How many bytes stand behind the last whole tag.
    pub broken_bytes: u64,
    /// Where the tags behind the metadata begin.
    pub tags_at: u64,
    /// How many tags are whole, metadata not counted.
    pub tags: u64,
    /// Media time of the first frame.
    pub first_ms: Option<u64>,
    /// Media time where bytes that are no tags stand between tags, the first time.
    pub hole_ms: Option<u64>,
    /// The head as it must be, of the same size as the one in the file. None: the file has another, and would have to be
    /// written anew.
    pub head: Option<Bytes>,
    /// As [`Segment::duration_ms`].
    pub duration_ms: u64,
    /// As [`Segment::last_ms`].
    pub last_ms: u64,
}

/// How the file is laid out, as far as that is known.
#[derive(Debug)]
enum Layout {
    /// These are the first bytes, not yet all of the head.
    Begun(Vec<u8>),
    /// The head is none of ours; the tags may tell what it should be.
    Untold(Box<Remuxer>, Vec<Counted>),
    /// It is known, and where the first tag behind the head stands.
    Told(Box<Segment>, u64),
    Foreign,
}

/// A tag as far as a layout needs it.
#[derive(Clone, Copy, Debug)]
struct Counted {
    track: Track,
    time_ms: u32,
    payload_bytes: usize,
    role: Role,
    is_frame: bool,
    offset: u64,
}

impl Counted {
    fn of(tag: &Tag) -> Counted {
        let (role, is_frame) = (Role::of(tag.track, &tag.payload), classify(tag).is_frame());
        let (payload_bytes, offset) = (tag.payload.len(), tag.offset);
        Counted { track: tag.track, time_ms: tag.time_ms, payload_bytes, role, is_frame, offset }
    }
}

impl Default for Recovery {
    fn default() -> Recovery {
        Recovery::new()
    }
}

impl Recovery {
    /// Before the first byte.
    pub fn new() -> Recovery {
        let layout = Layout::Begun(Vec::new());
        Recovery { reader: Reader::new(), layout, read_bytes: 0, tags: 0, first_ms: None, hole_ms: None, last: None }
    }

    /// Whether a file that begins with these bytes was laid out by a [`Segment`]; 128 KiB are enough to tell.
    pub fn is_ours(start: &[u8]) -> bool {
        head_bytes(start).and_then(|bytes| start.get(..bytes)).is_some_and(|head| Head::read(head).is_some())
    }

    /// The file's next bytes.
    pub fn push(&mut self, chunk: Bytes) {
        self.read_bytes = self.read_bytes.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if let Layout::Begun(start) = &mut self.layout {
            let missing = LARGEST_HEAD.saturating_sub(start.len());
            start.extend(chunk.iter().take(missing));
            self.judge_head();
        }
        if matches!(self.layout, Layout::Foreign) {
            return;
        }
        self.reader.push(chunk);
        // A tag that came while its place in the layout is not known would be lost.
        if matches!(self.layout, Layout::Begun(_)) {
            return;
        }
        while let Ok(Some(item)) = self.reader.next() {
            self.take(item);
        }
    }

    /// The end of the file.
    pub fn finish(mut self) -> Salvage {
        // Less is here than the metadata claims; that may be wrong, and tags stand behind it.
        let is_short = matches!(self.layout, Layout::Begun(_));
        if is_short {
            self.layout = Layout::untold();
        }
        while let Ok(Some(item)) = self.reader.finish() {
            self.take(item);
        }
        if let Layout::Untold(remuxer, _) = &mut self.layout {
            let mut steps = Vec::new();
            remuxer.finish(&mut steps);
            self.hear(steps);
        }
        match (self.layout, self.last, self.first_ms) {
            (Layout::Told(..), _, None) => Salvage::Nothing,
            (Layout::Untold(..), ..) if is_short => Salvage::Nothing,
            (Layout::Told(segment, tags_at), Some(last), Some(first_ms)) => {
                let tail = crate::segment::frame(last.track, last.time_ms, last.payload_bytes).tail;
                Salvage::Media(Salvaged {
                    whole_bytes: segment.bytes(),
                    tail,
                    broken_bytes: self.read_bytes.saturating_sub(segment.bytes()),
                    tags_at,
                    tags: self.tags,
                    first_ms: Some(first_ms),
                    hole_ms: self.hole_ms,
                    head: (tags_at == segment.head_bytes()).then(|| segment.head()),
                    duration_ms: segment.duration_ms(),
                    last_ms: segment.last_ms(),
                })
            }
            _ => Salvage::Foreign,
        }
    }

    /// Reads the head, when all of it is here.
    fn judge_head(&mut self) {
        let Layout::Begun(start) = &self.layout else { return };
        let Some(whole) = head_bytes(start) else { return };
        if let Some(head) = start.get(..whole) {
            self.layout = match Head::read(head) {
                Some(cut) => Layout::told(&cut),
                None => Layout::untold(),
            };
        } else if whole > LARGEST_HEAD {
            self.layout = Layout::untold();
        }
    }

    fn take(&mut self, item: Item) {
        match (&mut self.layout, item) {
            (Layout::Told(..), Item::Tag(tag)) => self.count(Counted::of(&tag)),
            (Layout::Untold(remuxer, waiting), item) => {
                if let Item::Tag(tag) = &item {
                    waiting.push(Counted::of(tag));
                }
                let (mut steps, is_full) = (Vec::new(), waiting.len() > MOST_WAITING);
                remuxer.push(item, &mut steps);
                self.hear(steps);
                if is_full && matches!(self.layout, Layout::Untold(..)) {
                    self.layout = Layout::Foreign;
                }
            }
            _ => {}
        }
    }

    /// What the remuxer tells of the tracks is a head; it may fit into the place of the one that is there.
    fn hear(&mut self, steps: Vec<Step>) {
        let cut: Option<Cut> = steps.into_iter().find_map(|step| match step {
            Step::Cut(cut) => Some(cut),
            Step::Write(_) | Step::Note(_) | Step::Looping => None,
        });
        let (Some(cut), Layout::Untold(_, waiting)) = (cut, &mut self.layout) else { return };
        let waiting = std::mem::take(waiting);
        let mut segment = Segment::open(&cut);
        let head_bytes = segment.head_bytes();
        let fits = waiting.iter().any(|tag| tag.offset == head_bytes);
        let first = waiting.iter().find(|tag| tag.track != Track::Script).map_or(head_bytes, |tag| tag.offset);
        let tags_at = if fits { head_bytes } else { first };
        segment.go_on_at(tags_at);
        self.layout = Layout::Told(Box::new(segment), tags_at);
        waiting.into_iter().for_each(|tag| self.count(tag));
    }

    fn count(&mut self, tag: Counted) {
        let Layout::Told(segment, tags_at) = &mut self.layout else { return };
        if tag.offset < *tags_at {
            return; // The metadata itself.
        }
        if tag.offset != segment.bytes() {
            self.hole_ms.get_or_insert(segment.duration_ms());
            segment.go_on_at(tag.offset);
        }
        segment.count(tag.track, tag.time_ms, tag.payload_bytes, tag.role);
        self.tags = self.tags.saturating_add(1);
        self.last = Some(tag);
        if tag.is_frame {
            self.first_ms.get_or_insert(u64::from(tag.time_ms));
        }
    }
}

impl Layout {
    /// By a head of ours.
    fn told(cut: &Cut) -> Layout {
        let segment = Segment::open(cut);
        let tags_at = segment.head_bytes();
        Layout::Told(Box::new(segment), tags_at)
    }

    /// Whatever is in the file is there by the user's wish: no repeat is looked for.
    fn untold() -> Layout {
        Layout::Untold(Box::new(Remuxer::new(Options { repeats: Repeats::Keep })), Vec::new())
    }
}

/// How long the head is that begins with these bytes, by the size of its metadata tag; none while too few are here.
fn head_bytes(start: &[u8]) -> Option<usize> {
    let metadata = start.get(METADATA_AT..METADATA_AT + TAG_HEADER)?;
    let size = match metadata {
        [18, a, b, c, ..] => usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c),
        _ => return Some(METADATA_AT),
    };
    Some(METADATA_AT + TAG_HEADER + size + BACK_POINTER)
}
