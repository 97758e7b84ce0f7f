//! What a tag is to the layout of a file: only as much as the index and the clock of the tracks need.

use crate::tag::Track;

/// So many bytes of a payload are looked at. Only a chain of ModEx packets can need more than ten.
pub(crate) const LOOKED_AT: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A decoder configuration: takes no time.
    Configuration,
    /// A video frame that decoding can begin with.
    KeyFrame,
    /// Other media.
    Media,
    /// Not audio, not video.
    Script,
}

impl Role {
    /// Judges by the payload's first [`LOOKED_AT`] bytes, never by more.
    pub(crate) fn of(track: Track, payload: &[u8]) -> Role {
        let start = payload.get(..LOOKED_AT).unwrap_or(payload);
        match track {
            Track::Video => video(start),
            Track::Audio => audio(start),
            Track::Script => Role::Script,
        }
    }
}

/// FLV 10.1, E.4.3.1; enhanced RTMP v2, "ExVideoTagHeader".
fn video(start: &[u8]) -> Role {
    let Some((&first, rest)) = start.split_first() else { return Role::Media };
    let is_key = (first >> 4) & 0x07 == 1;
    let frame = if is_key { Role::KeyFrame } else { Role::Media };
    if first & 0x80 == 0 {
        return match (first & 0x0f, rest.first()) {
            // AVC, and the HEVC and AV1 that were made in its image.
            (7 | 12 | 13, Some(0)) => Role::Configuration,
            (7 | 12 | 13, Some(2)) => Role::Media, // End of sequence, sent as a key frame.
            _ => frame,
        };
    }
    match packet_type(first & 0x0f, rest, 6) {
        Some(0 | 5) => Role::Configuration, // SequenceStart, MPEG2TSSequenceStart.
        Some(1 | 3) => frame,               // CodedFrames, CodedFramesX.
        _ => Role::Media,
    }
}

/// FLV 10.1, E.4.2.1; enhanced RTMP v2, "ExAudioTagHeader".
fn audio(start: &[u8]) -> Role {
    let Some((&first, rest)) = start.split_first() else { return Role::Media };
    let is_configuration = match first >> 4 {
        10 => rest.first() == Some(&0),
        9 => packet_type(first & 0x0f, rest, 5) == Some(0),
        _ => false,
    };
    if is_configuration { Role::Configuration } else { Role::Media }
}

/// The packet type behind any ModEx prefixes and behind the multitrack header, whose number differs by track.
fn packet_type(first: u8, mut rest: &[u8], multitrack: u8) -> Option<u8> {
    let mut packet = first;
    while packet == 7 {
        let (&size, behind) = rest.split_first()?;
        let (data_bytes, behind) = match (size, behind.split_first_chunk::<2>()) {
            (255, Some((wide, behind))) => (usize::from(u16::from_be_bytes(*wide)) + 1, behind),
            (255, None) => return None,
            _ => (usize::from(size) + 1, behind),
        };
        let (&kinds, behind) = behind.get(data_bytes..)?.split_first()?;
        packet = kinds & 0x0f;
        rest = behind;
    }
    if packet == multitrack { rest.first().map(|kinds| kinds & 0x0f) } else { Some(packet) }
}
