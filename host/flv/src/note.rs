//! What the engine tells about its work: repairs, gaps, and the one fault that ends it.

use std::fmt;

/// What was mended, skipped or is missing. Each kind has one name, used in sidecars and by `flv inspect`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NoteKind {
    /// The stream began without an FLV header.
    HeaderMissing,
    /// A second FLV header stood in the stream.
    HeaderRepeated,
    /// A PreviousTagSize did not fit; rewritten.
    BackPointer,
    /// Bytes that are no tags were skipped.
    Garbage,
    /// A tag of an unknown type, an encrypted or an empty one was skipped.
    TagSkipped,
    /// The last tag was cut off.
    Truncated,
    /// A StreamID was not 0; rewritten.
    StreamId,
    /// Script data could not be read, or is not kept.
    Script,
    /// A decoder configuration came again; dropped.
    ConfigurationRepeated,
    /// No decoder configuration came; one was made from the parameter sets in a key frame.
    ConfigurationMade,
    /// Media that no decoder configuration precedes was dropped.
    Unconfigured,
    /// Video before the first key frame was dropped.
    BeforeKeyFrame,
    /// No key frame came for so long that video is recorded as it is.
    NoKeyFrame,
    /// The sender's clock jumped; made continuous. A gap where media is missing.
    Jump,
    /// The time stamp's upper byte is never filled; unwrapped at 2^24.
    ShortClock,
    /// Audio and video clocks are far apart; recorded as they are.
    TracksApart,
    /// Media that was sent again was dropped.
    Repeat,
    /// The connection broke: media is missing. A gap.
    Connection,
    /// Bytes were damaged: media is missing with them. A gap.
    Damage,
}

impl NoteKind {
    /// The name for sidecars and JSON.
    pub fn name(self) -> &'static str {
        match self {
            NoteKind::HeaderMissing => "header_missing",
            NoteKind::HeaderRepeated => "header_repeated",
            NoteKind::BackPointer => "back_pointer",
            NoteKind::Garbage => "garbage",
            NoteKind::TagSkipped => "tag_skipped",
            NoteKind::Truncated => "truncated",
            NoteKind::StreamId => "stream_id",
            NoteKind::Script => "script",
            NoteKind::ConfigurationRepeated => "configuration_repeated",
            NoteKind::ConfigurationMade => "configuration_made",
            NoteKind::Unconfigured => "unconfigured",
            NoteKind::BeforeKeyFrame => "before_key_frame",
            NoteKind::NoKeyFrame => "no_key_frame",
            NoteKind::Jump => "jump",
            NoteKind::ShortClock => "short_clock",
            NoteKind::TracksApart => "tracks_apart",
            NoteKind::Repeat => "repeat",
            NoteKind::Connection => "connection",
            NoteKind::Damage => "damage",
        }
    }
}

/// Why media time is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The connection was lost and made again.
    Connection,
    /// The sender's clock went on without media.
    Jump,
    /// Bytes were damaged.
    Damage,
}

impl Cause {
    /// The name for sidecars and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Cause::Connection => "connection",
            Cause::Jump => "jump",
            Cause::Damage => "damage",
        }
    }
}

/// One repair, or one gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What.
    pub kind: NoteKind,
    /// Where in the input.
    pub offset: u64,
    /// When, in the segment that is open; 0 where none ever was.
    pub at_ms: u64,
    /// How many tags it is about (dropped, mended); 0 where none is.
    pub tags: u64,
    /// How many bytes it is about (garbage, a cut-off tag); 0 where none is.
    pub bytes: u64,
    /// A gap: the media time that is missing, and why.
    pub gap: Option<(Cause, u64)>,
}

impl Note {
    /// A repair.
    pub fn repair(kind: NoteKind, offset: u64, at_ms: u64) -> Note {
        Note { kind, offset, at_ms, tags: 0, bytes: 0, gap: None }
    }

    /// The gap's cause and missing time, if it is one.
    pub fn lost_ms(&self) -> Option<u64> {
        self.gap.map(|(_, lost_ms)| lost_ms)
    }
}

/// What no engine can mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The bytes are not FLV at all; what they look like instead.
    NotFlv {
        /// For people: "HTML", "JSON", "an HLS playlist", …
        looks_like: &'static str,
    },
    /// So many bytes without one tag that this is no FLV stream.
    NoTags {
        /// How many bytes were searched.
        searched_bytes: u64,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::NotFlv { looks_like } => write!(out, "not FLV, it looks like {looks_like}"),
            Fault::NoTags { searched_bytes } => write!(out, "not FLV, no tag in {searched_bytes} bytes"),
        }
    }
}

impl std::error::Error for Fault {}
