//! The unit of FLV.

use bytes::Bytes;

/// The largest payload that is taken for a tag: half of what a DataSize of 24 bits could claim is already more than any
/// encoder makes of one frame.
pub const MAX_PAYLOAD: usize = 16 << 20;

/// Bytes of a tag's header (FLV 10.1, E.4.1).
pub const TAG_HEADER: usize = 11;

/// Bytes of the back pointer behind each tag (FLV 10.1, E.3).
pub const BACK_POINTER: usize = 4;

/// What a tag carries (FLV 10.1, E.4.1, TagType).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Track {
    /// TagType 8.
    Audio,
    /// TagType 9.
    Video,
    /// TagType 18.
    Script,
}

impl Track {
    /// The TagType that means this track; none for any other type, also with the filter bit set.
    pub fn from_type(tag_type: u8) -> Option<Track> {
        match tag_type {
            8 => Some(Track::Audio),
            9 => Some(Track::Video),
            18 => Some(Track::Script),
            _ => None,
        }
    }

    /// The TagType.
    pub fn tag_type(self) -> u8 {
        match self {
            Track::Audio => 8,
            Track::Video => 9,
            Track::Script => 18,
        }
    }
}

/// One tag without its framing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// What it carries.
    pub track: Track,
    /// From the reader: as sent, extension included. From the remuxer: in the segment.
    pub time_ms: u32,
    /// The body: a slice of what the network gave.
    pub payload: Bytes,
    /// Where its header began in the input, counted over all connections of a recording.
    pub offset: u64,
}
