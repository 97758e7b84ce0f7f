//! Names and FourCCs of codecs.

use std::fmt;

use super::{AudioCodec, VideoCodec};

impl VideoCodec {
    /// Its FourCC (Enhanced RTMP v2, "VideoFourCc"), however the tag had it; none for codecs without.
    pub fn four_cc(self) -> Option<[u8; 4]> {
        match self {
            VideoCodec::Avc => Some(*b"avc1"),
            VideoCodec::Hevc => Some(*b"hvc1"),
            VideoCodec::Av1 => Some(*b"av01"),
            VideoCodec::Vp9 => Some(*b"vp09"),
            VideoCodec::Vp8 => Some(*b"vp08"),
            VideoCodec::Vvc => Some(*b"vvc1"),
            VideoCodec::FourCc(four_cc) => Some(four_cc),
            VideoCodec::Other(_) => None,
        }
    }

    /// Whether frames cannot be decoded without a configuration tag before them.
    pub fn needs_header(self) -> bool {
        matches!(self, VideoCodec::Avc | VideoCodec::Hevc | VideoCodec::Av1 | VideoCodec::Vvc)
    }
}

impl AudioCodec {
    /// Its FourCC (Enhanced RTMP v2, "AudioFourCc"), however the tag had it; none for codecs without.
    pub fn four_cc(self) -> Option<[u8; 4]> {
        match self {
            AudioCodec::Aac => Some(*b"mp4a"),
            AudioCodec::Mp3 => Some(*b".mp3"),
            AudioCodec::Opus => Some(*b"Opus"),
            AudioCodec::Flac => Some(*b"fLaC"),
            AudioCodec::Ac3 => Some(*b"ac-3"),
            AudioCodec::Eac3 => Some(*b"ec-3"),
            AudioCodec::FourCc(four_cc) => Some(four_cc),
            AudioCodec::Other(_) => None,
        }
    }

    /// Whether sound cannot be decoded without a configuration tag before it.
    pub fn needs_header(self) -> bool {
        matches!(self, AudioCodec::Aac | AudioCodec::Flac)
    }
}

impl fmt::Display for VideoCodec {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            VideoCodec::Avc => "avc",
            VideoCodec::Hevc => "hevc",
            VideoCodec::Av1 => "av1",
            VideoCodec::Vp9 => "vp9",
            VideoCodec::Vp8 => "vp8",
            VideoCodec::Vvc => "vvc",
            VideoCodec::Other(2) => "h263",
            VideoCodec::Other(3) => "screen",
            VideoCodec::Other(4) => "vp6",
            VideoCodec::Other(5) => "vp6-alpha",
            VideoCodec::Other(6) => "screen2",
            VideoCodec::Other(id) => return write!(out, "codec-{id}"),
            VideoCodec::FourCc(four_cc) => return write!(out, "{}", four_cc.escape_ascii()),
        };
        out.write_str(name)
    }
}

impl fmt::Display for AudioCodec {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            AudioCodec::Aac => "aac",
            AudioCodec::Mp3 => "mp3",
            AudioCodec::Opus => "opus",
            AudioCodec::Flac => "flac",
            AudioCodec::Ac3 => "ac3",
            AudioCodec::Eac3 => "eac3",
            AudioCodec::Other(0 | 3) => "pcm",
            AudioCodec::Other(1) => "adpcm",
            AudioCodec::Other(4..=6) => "nellymoser",
            AudioCodec::Other(7 | 8) => "g711",
            AudioCodec::Other(11) => "speex",
            AudioCodec::Other(id) => return write!(out, "codec-{id}"),
            AudioCodec::FourCc(four_cc) => return write!(out, "{}", four_cc.escape_ascii()),
        };
        out.write_str(name)
    }
}
