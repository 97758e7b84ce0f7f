//! The first bytes of an audio tag. Knows nothing of the sound behind them.

use super::{AudioCodec, Body, Tracks, read_multitrack, step_over_mod_ex};

/// What they tell.
pub(super) struct Head<'a> {
    pub(super) codec: Option<AudioCodec>,
    pub(super) body: Body<'a>,
}

impl<'a> Head<'a> {
    fn new(codec: Option<AudioCodec>, body: Body<'a>) -> Head<'a> {
        Head { codec, body }
    }
}

/// Packet types (Enhanced RTMP v2, "AudioPacketType").
const SEQUENCE_START: u8 = 0;
const CODED_FRAMES: u8 = 1;
const SEQUENCE_END: u8 = 2;
const MULTICHANNEL_CONFIG: u8 = 4;
const MULTITRACK: u8 = 5;

/// Reads them.
#[inline]
pub(super) fn read(payload: &[u8]) -> Head<'_> {
    let Some((first, rest)) = payload.split_first() else {
        return Head::new(None, Body::Empty);
    };
    match first >> 4 {
        9 => read_enhanced(first & 0x0f, rest),
        10 => read_aac(rest),
        2 | 14 => Head::new(Some(AudioCodec::Mp3), sound(rest)),
        other => Head::new(Some(AudioCodec::Other(other)), sound(rest)),
    }
}

/// AACAUDIODATA (FLV 10.1, E.4.2.2).
#[inline]
fn read_aac(rest: &[u8]) -> Head<'_> {
    let body = match rest {
        [0, config @ ..] => header(config),
        [1, data @ ..] => sound(data),
        [] => Body::Short,
        _ => Body::Unknown,
    };
    Head::new(Some(AudioCodec::Aac), body)
}

fn read_enhanced(packet: u8, rest: &[u8]) -> Head<'_> {
    let Some((packet, rest)) = step_over_mod_ex(packet, rest) else {
        return Head::new(None, Body::Short);
    };
    if packet == MULTITRACK {
        let Some((packet, four_cc, tracks)) = read_multitrack(rest) else {
            return Head::new(None, Body::Short);
        };
        let codec = codec(four_cc);
        return match tracks {
            Tracks::Main(body) | Tracks::MainFirst(body) => read_coded(codec, packet, body),
            Tracks::Others => Head::new(codec, Body::AudioExtra),
        };
    }
    match rest.split_first_chunk::<4>() {
        Some((four_cc, body)) => read_coded(codec(*four_cc), packet, body),
        None => Head::new(None, Body::Short),
    }
}

/// Whether it is the main track's layout of channels. Holds for all frames up to the next.
pub(super) fn is_channel_layout(payload: &[u8]) -> bool {
    let Some((first, rest)) = payload.split_first().filter(|(first, _)| *first >> 4 == 9) else { return false };
    step_over_mod_ex(first & 0x0f, rest).is_some_and(|(packet, _)| packet == MULTICHANNEL_CONFIG)
}

fn read_coded(codec: Option<AudioCodec>, packet: u8, rest: &[u8]) -> Head<'_> {
    let body = match packet {
        _ if codec.is_none() => Body::Unknown,
        SEQUENCE_START => header(rest),
        CODED_FRAMES => sound(rest),
        SEQUENCE_END => Body::AudioEnd,
        MULTICHANNEL_CONFIG => Body::AudioExtra,
        _ => Body::Unknown,
    };
    Head::new(codec, body)
}

fn header(config: &[u8]) -> Body<'_> {
    if config.is_empty() { Body::Empty } else { Body::AudioHeader(config) }
}

fn sound(data: &[u8]) -> Body<'_> {
    if data.is_empty() { Body::Empty } else { Body::Audio }
}

fn codec(four_cc: [u8; 4]) -> Option<AudioCodec> {
    match &four_cc {
        b"mp4a" => Some(AudioCodec::Aac),
        b".mp3" => Some(AudioCodec::Mp3),
        b"Opus" => Some(AudioCodec::Opus),
        b"fLaC" => Some(AudioCodec::Flac),
        b"ac-3" => Some(AudioCodec::Ac3),
        b"ec-3" => Some(AudioCodec::Eac3),
        other if other.iter().all(|byte| matches!(byte, b' '..=b'~')) => Some(AudioCodec::FourCc(four_cc)),
        _ => None,
    }
}
