//! The layout of one output file: which bytes stand where, and what its metadata says. Pure: the caller writes.
//!
//! ```text
//! 0   FLV header, PreviousTagSize0
//! 13  onMetaData: duration, filesize, lasttimestamp, facts of the tracks, the sender's fields, keyframes
//!     tags
//! ```
//!
//! The head, everything before the tags, has one size from its first byte written to the last patch. What it says
//! depends on the tags and on the cut alone. Knows nothing of input, repairs and files.

pub(crate) mod claims;
pub(crate) mod head;
pub(crate) mod role;
#[cfg(test)]
pub(crate) mod tests;

use bytes::Bytes;

use crate::cut::Cut;
use crate::index::Index;
use crate::tag::{BACK_POINTER, TAG_HEADER, Tag, Track};
use head::Head;
use role::Role;

/// A frame that stands longer was a pause of the sender, not a length; so much at most is added behind the last one.
const LONGEST_FRAME_MS: u32 = 1000;

/// One output file, while it grows.
#[derive(Clone, Debug)]
pub struct Segment {
    head: Head,
    /// None: no video track, so nothing to index.
    index: Option<Index>,
    bytes: u64,
    /// Whether the first picture is a key frame; none before it.
    begins_with_key_frame: Option<bool>,
    audio: Clock,
    video: Clock,
}

/// The framing around a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// To be written before it (FLV 10.1, E.4.1).
    pub head: [u8; TAG_HEADER],
    /// To be written behind it: the PreviousTagSize.
    pub tail: [u8; BACK_POINTER],
}

/// How much of the head a patch brings up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// `duration`, `filesize`, `lasttimestamp`, `hasKeyframes` and what stands between: some 200 bytes.
    Numbers,
    /// The index too: up to 72 KiB.
    All,
}

/// Bytes to be written over others, within the head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Where in the file.
    pub offset: u64,
    /// What.
    pub bytes: Bytes,
}

/// One track's time.
#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    last_ms: Option<u32>,
    /// The last step forward.
    step_ms: u32,
}

impl Clock {
    fn hear(&mut self, time_ms: u32) {
        let last_ms = *self.last_ms.get_or_insert(time_ms);
        // Steps back and several tags at one time are jitter, they say nothing of a frame's length.
        if time_ms > last_ms {
            self.step_ms = time_ms - last_ms;
            self.last_ms = Some(time_ms);
        }
    }

    fn end_ms(&self) -> u64 {
        self.last_ms.map_or(0, |last_ms| u64::from(last_ms) + u64::from(self.step_ms.min(LONGEST_FRAME_MS)))
    }
}

impl Segment {
    /// A file without tags.
    pub fn open(cut: &Cut) -> Segment {
        let head = Head::new(cut);
        let bytes = head.bytes();
        let index = cut.has_video.then(Index::new);
        Segment { head, index, bytes, begins_with_key_frame: None, audio: Clock::default(), video: Clock::default() }
    }

    /// The FLV header and the `onMetaData` tag as they are right now, to be written at 0. Their size never changes; what
    /// [`patch`](Segment::patch) gives turns an older head into this one.
    pub fn head(&self) -> Bytes {
        self.head.whole(&self.numbers(), self.index.as_ref())
    }

    /// Counts a tag that is written at the end of the file: `head`, the payload, `tail`. StreamID is 0.
    pub fn append(&mut self, tag: &Tag) -> Frame {
        self.count(tag.track, tag.time_ms, tag.payload.len(), Role::of(tag.track, &tag.payload));
        frame(tag.track, tag.time_ms, tag.payload.len())
    }

    /// Counts a tag.
    pub(crate) fn count(&mut self, track: Track, time_ms: u32, payload_bytes: usize, role: Role) {
        let offset = self.bytes;
        if let (Track::Video, Some(index)) = (track, &mut self.index) {
            match role {
                Role::Configuration => index.configuration(offset),
                Role::KeyFrame => index.key_frame(time_ms, offset),
                Role::Inter | Role::Media | Role::Script => {}
            }
        }
        if let Role::KeyFrame | Role::Inter = role {
            self.begins_with_key_frame.get_or_insert(role == Role::KeyFrame);
        }
        if role != Role::Configuration {
            match track {
                Track::Audio => self.audio.hear(time_ms),
                Track::Video => self.video.hear(time_ms),
                Track::Script => {}
            }
        }
        self.bytes += u64::try_from(TAG_HEADER + payload_bytes + BACK_POINTER).unwrap_or(u64::MAX);
    }

    /// The next tag stands here, whatever is between: for a file that is damaged in its middle.
    pub(crate) fn go_on_at(&mut self, offset: u64) {
        self.bytes = offset;
    }

    /// The file's size.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Size of the head: where the first tag behind the metadata stands.
    pub fn head_bytes(&self) -> u64 {
        self.head.bytes()
    }

    /// Size of the tags behind the metadata.
    pub fn media_bytes(&self) -> u64 {
        self.bytes - self.head.bytes()
    }

    /// From 0 to the end of the last frame of the longer track. A frame ends after the last step forward of its track,
    /// after 1 s at most.
    pub fn duration_ms(&self) -> u64 {
        self.audio.end_ms().max(self.video.end_ms())
    }

    /// The latest time of any audio or video frame; 0 before the first.
    pub fn last_ms(&self) -> u64 {
        self.audio.last_ms.max(self.video.last_ms).map_or(0, u64::from)
    }

    /// How many bytes a patch of the index writes; none as long as players can look up nothing in it.
    pub fn index_bytes(&self) -> Option<usize> {
        self.index.as_ref().filter(|index| index.is_of_use()).map(Index::patch_bytes)
    }

    /// What is to be written over the head, so that it tells the truth; one write each.
    pub fn patch(&mut self, depth: Depth) -> Vec<Patch> {
        let numbers = self.head.numbers(&self.numbers());
        let mut patches = vec![Patch { offset: self.head.numbers_at(), bytes: numbers.into() }];
        if let (Depth::All, Some(index), Some(offset)) = (depth, &mut self.index, self.head.index_at()) {
            patches.push(Patch { offset, bytes: index.patch().into() });
        }
        patches
    }

    fn numbers(&self) -> head::Numbers {
        head::Numbers {
            lacks_key_frames: self.begins_with_key_frame == Some(false),
            duration_ms: self.duration_ms(),
            file_bytes: self.bytes,
            last_ms: self.last_ms(),
        }
    }
}

/// The framing of a payload of that size. A reader takes none beyond 24 bits.
pub(crate) fn frame(track: Track, time_ms: u32, payload_bytes: usize) -> Frame {
    let [_, a, b, c] = u32::try_from(payload_bytes).unwrap_or(u32::MAX).to_be_bytes();
    let [extension, d, e, f] = time_ms.to_be_bytes();
    let tail = u32::try_from(TAG_HEADER + payload_bytes).unwrap_or(u32::MAX).to_be_bytes();
    Frame { head: [track.tag_type(), a, b, c, d, e, f, extension, 0, 0, 0], tail }
}
