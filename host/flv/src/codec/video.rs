//! The first bytes of a video tag. Knows nothing of the frames behind them.

use super::{Body, Tracks, VideoCodec, read_multitrack, step_over_mod_ex};

/// What they tell.
pub(super) struct Head<'a> {
    pub(super) codec: Option<VideoCodec>,
    pub(super) body: Body<'a>,
    pub(super) composition_ms: i32,
}

impl<'a> Head<'a> {
    fn new(codec: Option<VideoCodec>, body: Body<'a>) -> Head<'a> {
        Head { codec, body, composition_ms: 0 }
    }
}

/// Frame types (FLV 10.1, E.4.3.1).
const FRAME_KEY: u8 = 1;
const FRAME_GENERATED_KEY: u8 = 4;
const FRAME_COMMAND: u8 = 5;

/// Packet types (Enhanced RTMP v2, "VideoPacketType").
const SEQUENCE_START: u8 = 0;
const CODED_FRAMES: u8 = 1;
const SEQUENCE_END: u8 = 2;
const CODED_FRAMES_X: u8 = 3;
const METADATA: u8 = 4;
const MPEG2TS_SEQUENCE_START: u8 = 5;
const MULTITRACK: u8 = 6;

/// Reads them.
#[inline]
pub(super) fn read(payload: &[u8]) -> Head<'_> {
    let Some((first, rest)) = payload.split_first() else {
        return Head::new(None, Body::Empty);
    };
    let frame_type = (first >> 4) & 0x07;
    if first & 0x80 != 0 {
        return read_enhanced(frame_type, first & 0x0f, rest);
    }
    if frame_type == FRAME_COMMAND {
        return Head::new(None, Body::Command);
    }
    match first & 0x0f {
        7 => read_packet(VideoCodec::Avc, frame_type, rest),
        12 => read_packet(VideoCodec::Hevc, frame_type, rest),
        13 => read_packet(VideoCodec::Av1, frame_type, rest),
        0 => Head::new(None, Body::Unknown),
        other => Head::new(Some(VideoCodec::Other(other)), frame(frame_type, rest)),
    }
}

/// AVCVIDEOPACKET (FLV 10.1, E.4.3.1): packet type, composition time, then configuration or frame.
#[inline]
fn read_packet(codec: VideoCodec, frame_type: u8, rest: &[u8]) -> Head<'_> {
    let codec = Some(codec);
    match rest {
        [0, _, _, _, config @ ..] => Head::new(codec, header(config)),
        [1, a, b, c, data @ ..] => {
            Head { codec, body: frame(frame_type, data), composition_ms: signed_24([*a, *b, *c]) }
        }
        // Senders leave out the composition time here.
        [2, ..] => Head::new(codec, Body::VideoEnd),
        [0 | 1, ..] | [] => Head::new(codec, Body::Short),
        _ => Head::new(codec, Body::Unknown),
    }
}

fn read_enhanced(frame_type: u8, packet: u8, rest: &[u8]) -> Head<'_> {
    let Some((packet, rest)) = step_over_mod_ex(packet, rest) else {
        return Head::new(None, Body::Short);
    };
    if frame_type == FRAME_COMMAND && packet != METADATA {
        return Head::new(None, Body::Command);
    }
    if packet == MULTITRACK {
        let Some((packet, four_cc, tracks)) = read_multitrack(rest) else {
            return Head::new(None, Body::Short);
        };
        let codec = codec(four_cc);
        return match tracks {
            Tracks::Main(body) => read_coded(codec, frame_type, packet, body),
            // All tracks stand in one tag: its configurations are compared, written and moved as one.
            Tracks::MainFirst(all) => read_coded(codec, frame_type, without_composition(packet), all),
            Tracks::Others => Head::new(codec, Body::VideoExtra),
        };
    }
    match rest.split_first_chunk::<4>() {
        Some((four_cc, body)) => read_coded(codec(*four_cc), frame_type, packet, body),
        None => Head::new(None, Body::Short),
    }
}

/// Whether it is the main track's metadata: colours of HDR. Holds for all frames up to the next.
pub(super) fn is_metadata(payload: &[u8]) -> bool {
    let Some((first, rest)) = payload.split_first().filter(|(first, _)| *first & 0x80 != 0) else { return false };
    step_over_mod_ex(first & 0x0f, rest).is_some_and(|(packet, _)| packet == METADATA)
}

fn read_coded(codec: Option<VideoCodec>, frame_type: u8, packet: u8, rest: &[u8]) -> Head<'_> {
    if codec.is_none() {
        return Head::new(None, Body::Unknown);
    }
    match packet {
        SEQUENCE_START | MPEG2TS_SEQUENCE_START => Head::new(codec, header(rest)),
        CODED_FRAMES if matches!(codec, Some(VideoCodec::Avc | VideoCodec::Hevc | VideoCodec::Vvc)) => match rest {
            [a, b, c, data @ ..] => {
                Head { codec, body: frame(frame_type, data), composition_ms: signed_24([*a, *b, *c]) }
            }
            _ => Head::new(codec, Body::Short),
        },
        CODED_FRAMES | CODED_FRAMES_X => Head::new(codec, frame(frame_type, rest)),
        SEQUENCE_END => Head::new(codec, Body::VideoEnd),
        METADATA => Head::new(codec, Body::VideoExtra),
        _ => Head::new(codec, Body::Unknown),
    }
}

/// With several tracks the first one's id and size stand where the composition time is expected.
fn without_composition(packet: u8) -> u8 {
    if packet == CODED_FRAMES { CODED_FRAMES_X } else { packet }
}

fn header(config: &[u8]) -> Body<'_> {
    if config.is_empty() { Body::Empty } else { Body::VideoHeader(config) }
}

fn frame(frame_type: u8, data: &[u8]) -> Body<'_> {
    match frame_type {
        _ if data.is_empty() => Body::Empty,
        FRAME_KEY | FRAME_GENERATED_KEY => Body::VideoKey,
        // The reserved types 0, 6 and 7 too: to record a frame that cannot be shown does less harm than to lose one.
        _ => Body::VideoInter,
    }
}

fn codec(four_cc: [u8; 4]) -> Option<VideoCodec> {
    match &four_cc {
        b"avc1" => Some(VideoCodec::Avc),
        b"hvc1" => Some(VideoCodec::Hevc),
        b"av01" => Some(VideoCodec::Av1),
        b"vp09" => Some(VideoCodec::Vp9),
        b"vp08" => Some(VideoCodec::Vp8),
        b"vvc1" => Some(VideoCodec::Vvc),
        other if other.iter().all(|byte| matches!(byte, b' '..=b'~')) => Some(VideoCodec::FourCc(four_cc)),
        _ => None,
    }
}

fn signed_24([a, b, c]: [u8; 3]) -> i32 {
    i32::from_be_bytes([a, b, c, 0]) >> 8
}
