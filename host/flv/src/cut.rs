//! The passage to the next segment: why, and what the new one must know before its first tag. Plain data.

use crate::script::Metadata;
use crate::tag::Track;

/// Opens a new segment.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// Why.
    pub why: CutReason,
    /// The sender's fields that are kept.
    pub metadata: Metadata,
    /// What the decoder configurations say of the tracks.
    pub facts: Facts,
    /// Whether a video track is known now; the file gets an index then.
    pub has_video: bool,
    /// Whether an audio track is known now.
    pub has_audio: bool,
}

/// Why a segment ends and the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CutReason {
    /// The first segment of a recording.
    Start,
    /// The track's decoder configuration changed after media.
    HeaderChanged(Track),
    /// The track's first decoder configuration came when media was already written.
    LateHeader(Track),
    /// A new connection, whose stream cannot go on in the same file.
    Reconnected,
    /// Somebody asked.
    Asked(Ask),
}

/// Who asked for a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ask {
    /// The segment has reached its size.
    Size,
    /// The segment has reached its duration.
    Duration,
    /// The room's title changed.
    Title,
    /// A person's command.
    Command,
}

impl CutReason {
    /// The name for sidecars and JSON.
    pub fn name(self) -> &'static str {
        match self {
            CutReason::Start => "start",
            CutReason::HeaderChanged(Track::Video) => "video_header_changed",
            CutReason::HeaderChanged(Track::Audio) => "audio_header_changed",
            CutReason::HeaderChanged(Track::Script) => "script_header_changed",
            CutReason::LateHeader(Track::Video) => "late_video_header",
            CutReason::LateHeader(Track::Audio) => "late_audio_header",
            CutReason::LateHeader(Track::Script) => "late_script_header",
            CutReason::Reconnected => "reconnected",
            CutReason::Asked(Ask::Size) => "size",
            CutReason::Asked(Ask::Duration) => "duration",
            CutReason::Asked(Ask::Title) => "title",
            CutReason::Asked(Ask::Command) => "command",
        }
    }
}

/// What a file says of its tracks. All of it comes from decoder configurations, none from what a sender claims: the
/// same tags give the same facts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Facts {
    /// Width of the picture, in pixels.
    pub width: Option<u32>,
    /// Height of the picture, in pixels.
    pub height: Option<u32>,
    /// Frames a second, where the configuration tells.
    pub fps: Option<f64>,
    /// The codec's number (FLV 10.1, E.4.3.1), or its FourCC read as a number (enhanced RTMP v2, onMetaData).
    pub video_codec_id: Option<u32>,
    /// The sound format's number (FLV 10.1, E.4.2.1), or its FourCC read as a number.
    pub audio_codec_id: Option<u32>,
}
