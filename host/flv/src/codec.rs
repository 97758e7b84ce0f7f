//! What one tag is to a decoder: configuration, key frame, frame, end.
//!
//! Looks at the first bytes of a payload alone. Knows nothing of order, time and repairs; trusts the frame type that the
//! sender wrote and never looks into the frame itself.

mod audio;
mod av1;
mod avc;
mod bits;
mod describe;
mod hevc;
pub(crate) mod inband;
mod name;
mod video;

pub use describe::{Picture, describe};

use crate::{Tag, Track};

/// How pictures are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VideoCodec {
    /// H.264: CodecID 7, `avc1`.
    Avc,
    /// H.265: `hvc1`, and CodecID 12, which no specification has but many platforms send.
    Hevc,
    /// `av01`, and CodecID 13 by the same habit.
    Av1,
    /// `vp09`.
    Vp9,
    /// `vp08`.
    Vp8,
    /// H.266: `vvc1`.
    Vvc,
    /// Any other CodecID (FLV 10.1, E.4.3.1): Sorenson H.263, Screen, VP6, …
    Other(u8),
    /// Any other FourCC.
    FourCc([u8; 4]),
}

/// How sound is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AudioCodec {
    /// SoundFormat 10, `mp4a`.
    Aac,
    /// SoundFormat 2 and 14 (8 kHz), `.mp3`.
    Mp3,
    /// `Opus`.
    Opus,
    /// `fLaC`.
    Flac,
    /// `ac-3`.
    Ac3,
    /// `ec-3`.
    Eac3,
    /// Any other SoundFormat (FLV 10.1, E.4.2.1): PCM, Nellymoser, G.711, Speex, …
    Other(u8),
    /// Any other FourCC.
    FourCc([u8; 4]),
}

/// What a tag carries, told from its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// The video decoder's configuration, without the bytes before it: equal slices mean equal decoders.
    VideoHeader(&'a [u8]),
    /// A frame that decoding can start at.
    VideoKey,
    /// A frame that needs earlier ones.
    VideoInter,
    /// The video sequence is over.
    VideoEnd,
    /// Belongs to the video, but is no frame of its main track: colour information, another track of a multitrack stream.
    VideoExtra,
    /// A command to the player (frame type 5); no picture.
    Command,
    /// The audio decoder's configuration, without the bytes before it.
    AudioHeader(&'a [u8]),
    /// Sound.
    Audio,
    /// The audio sequence is over.
    AudioEnd,
    /// Belongs to the audio, but is no sound of its main track: channel layout, another track of a multitrack stream.
    AudioExtra,
    /// Script data, not looked into.
    Script,
    /// Nothing stands behind the codec's header.
    Empty,
    /// Shorter than its codec's header.
    Short,
    /// A packet type, or a codec, that does not exist.
    Unknown,
}

impl Body<'_> {
    /// Whether it is a picture or sound of a main track.
    pub fn is_frame(&self) -> bool {
        matches!(self, Body::VideoKey | Body::VideoInter | Body::Audio)
    }

    /// Whether it is a decoder configuration.
    pub fn is_header(&self) -> bool {
        matches!(self, Body::VideoHeader(_) | Body::AudioHeader(_))
    }
}

/// Tells what a tag is; constant time, allocates nothing.
///
/// Sources: FLV 10.1, E.4.2 and E.4.3; Enhanced RTMP v2, "Enhanced Video" and "Enhanced Audio".
pub fn classify(tag: &Tag) -> Body<'_> {
    classify_payload(tag.track, &tag.payload)
}

/// As [`classify`], by a payload or its first bytes.
pub(crate) fn classify_payload(track: Track, payload: &[u8]) -> Body<'_> {
    match track {
        Track::Video => video::read(payload).body,
        Track::Audio => audio::read(payload).body,
        Track::Script if payload.is_empty() => Body::Empty,
        Track::Script => Body::Script,
    }
}

/// The codec of a video tag's main track; none for other tags, commands and tags too short to tell.
pub fn video_codec(tag: &Tag) -> Option<VideoCodec> {
    match tag.track {
        Track::Video => video::read(&tag.payload).codec,
        Track::Audio | Track::Script => None,
    }
}

/// The codec of an audio tag's main track; none for other tags and tags too short to tell.
pub fn audio_codec(tag: &Tag) -> Option<AudioCodec> {
    match tag.track {
        Track::Audio => audio::read(&tag.payload).codec,
        Track::Video | Track::Script => None,
    }
}

/// Whether a tag that is [`Body::VideoExtra`] or [`Body::AudioExtra`] describes the main track's colours, or its layout of
/// channels: a state, not a moment.
pub(crate) fn is_state(tag: &Tag) -> bool {
    match tag.track {
        Track::Video => video::is_metadata(&tag.payload),
        Track::Audio => audio::is_channel_layout(&tag.payload),
        Track::Script => false,
    }
}

/// How much later than its tag's time a picture is shown; 0 where the tag does not say.
pub fn composition_ms(tag: &Tag) -> i32 {
    match tag.track {
        Track::Video => video::read(&tag.payload).composition_ms,
        Track::Audio | Track::Script => 0,
    }
}

/// The codec of a media tag's main track as a number: CodecID or SoundFormat, or its FourCC read as a number (Enhanced
/// RTMP v2, "onMetaData": `videocodecid`, `audiocodecid`). None for other tags and tags too short to tell.
pub fn codec_id(tag: &Tag) -> Option<u32> {
    let first = *tag.payload.first()?;
    let (enhanced, id) = match tag.track {
        Track::Video => (first & 0x80 != 0, first & 0x0f),
        Track::Audio => (first >> 4 == 9, first >> 4),
        Track::Script => return None,
    };
    match (video_codec(tag), audio_codec(tag)) {
        (None, None) => None,
        (Some(codec), _) if enhanced => codec.four_cc().map(u32::from_be_bytes),
        (_, Some(codec)) if enhanced => codec.four_cc().map(u32::from_be_bytes),
        _ => Some(u32::from(id)),
    }
}

/// How many ModEx packets may stand before the real one; more are taken for damage. The specification has one type.
const MOD_EX_MOST: usize = 4;

/// Packet type that carries modifiers of the packet type behind it (Enhanced RTMP v2, "ModEx").
const PACKET_MOD_EX: u8 = 7;

/// Steps over ModEx packets: `None` if they are cut off or too many, else the packet type behind them and the rest.
fn step_over_mod_ex(mut packet: u8, mut rest: &[u8]) -> Option<(u8, &[u8])> {
    for _ in 0..MOD_EX_MOST {
        if packet != PACKET_MOD_EX {
            return Some((packet, rest));
        }
        // The size less one in one byte; 255 there means that it stands in the next two.
        let (size, data) = match rest {
            [255, high, low, data @ ..] => (usize::from(u16::from_be_bytes([*high, *low])) + 1, data),
            [size, data @ ..] => (usize::from(*size) + 1, data),
            [] => return None,
        };
        let (kind, behind) = data.get(size..)?.split_first()?;
        packet = kind & 0x0f;
        rest = behind;
    }
    (packet != PACKET_MOD_EX).then_some((packet, rest))
}

/// The tracks of one enhanced tag, as far as its first bytes tell.
enum Tracks<'a> {
    /// The main track alone, and its body.
    Main(&'a [u8]),
    /// Several, the main one first; all from the first track's id on.
    MainFirst(&'a [u8]),
    /// Others.
    Others,
}

/// Kinds of multitrack packets (Enhanced RTMP v2, "AvMultitrackType").
const ONE_TRACK: u8 = 0;
const MANY_TRACKS: u8 = 1;
const MANY_TRACKS_MANY_CODECS: u8 = 2;

/// What stands at the start of a multitrack packet: packet type, FourCC of the first track, and which tracks. None if it
/// is cut off or of no known kind.
fn read_multitrack(rest: &[u8]) -> Option<(u8, [u8; 4], Tracks<'_>)> {
    let (kind_and_packet, rest) = rest.split_first()?;
    let (four_cc, rest) = rest.split_first_chunk::<4>()?;
    let (id, body) = rest.split_first()?;
    let tracks = match (kind_and_packet >> 4, id) {
        (ONE_TRACK, 0) => Tracks::Main(body),
        (MANY_TRACKS | MANY_TRACKS_MANY_CODECS, 0) => Tracks::MainFirst(rest),
        (ONE_TRACK | MANY_TRACKS | MANY_TRACKS_MANY_CODECS, _) => Tracks::Others,
        _ => return None,
    };
    Some((kind_and_packet & 0x0f, *four_cc, tracks))
}

#[cfg(test)]
mod tests;
