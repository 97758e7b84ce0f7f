//! A decoder configuration out of a key frame that carries its parameter sets: for streams whose sequence header never
//! came (ISO 14496-15, 5.3.3.1.2 and 8.3.3.1.2). Knows nothing of when one is wanted.

use bytes::Bytes;

use super::bits::Bits;
use super::{VideoCodec, avc, hevc, video_codec};
use crate::tag::{Tag, Track};

/// No encoder has more sets, or larger ones.
const MOST_SETS: usize = 16;
const MOST_SET_BYTES: usize = 4096;

/// A NAL unit's size stands before it in so many bytes, as far as anybody has seen.
const SIZE_BYTES: u8 = 4;

/// Bits for [`SIZE_BYTES`] in both records: lengthSizeMinusOne.
const LENGTH_SIZE: u8 = SIZE_BYTES - 1;

/// The sequence header that a key frame makes needless. None where its parameter sets are not there, or it is no chain of
/// NAL units of AVC or HEVC with their sizes before them.
pub(crate) fn header(frame: &Tag) -> Option<Tag> {
    let (start, data): (&[u8], &[u8]) = match &*frame.payload {
        // FLV 10.1, E.4.3.1.
        [first, 1, _, _, _, data @ ..] if first & 0x80 == 0 => (&[*first, 0, 0, 0, 0], data),
        // Enhanced RTMP v2, "Enhanced Video": CodedFrames has a composition time, CodedFramesX none.
        [first, a, b, c, d, data @ ..] if first & 0x80 != 0 => {
            let data = match first & 0x0f {
                1 => data.get(3..)?,
                3 => data,
                _ => return None,
            };
            (&[first & 0xf0, *a, *b, *c, *d], data)
        }
        _ => return None,
    };
    let codec = video_codec(frame)?;
    let record = record(codec, &units(data)?)?;
    let payload = Bytes::from([start, &record].concat());
    Some(Tag { track: Track::Video, time_ms: frame.time_ms, payload, offset: frame.offset })
}

/// Whether a sender's record holds the same parameter sets as one that was made here.
pub(crate) fn is_same(codec: VideoCodec, made: &[u8], sent: &[u8]) -> bool {
    let sets = match codec {
        VideoCodec::Avc => avc::parameter_sets(sent),
        VideoCodec::Hevc => hevc::parameter_sets(sent),
        _ => None,
    };
    sets.and_then(|sets| record(codec, &sets)).is_some_and(|record| record == made)
}

/// The NAL units of a frame; none where they do not fill it.
fn units(mut data: &[u8]) -> Option<Vec<&[u8]>> {
    let mut units = Vec::new();
    while !data.is_empty() {
        let (size, rest) = data.split_first_chunk::<4>()?;
        let size = usize::try_from(u32::from_be_bytes(*size)).ok().filter(|size| *size > 0)?;
        let (unit, rest) = rest.split_at_checked(size)?;
        // forbidden_zero_bit.
        unit.first().filter(|first| *first & 0x80 == 0)?;
        units.push(unit);
        data = rest;
    }
    Some(units)
}

fn record(codec: VideoCodec, units: &[&[u8]]) -> Option<Vec<u8>> {
    match codec {
        VideoCodec::Avc => avc_record(units),
        VideoCodec::Hevc => hevc_record(units),
        _ => None,
    }
}

/// Each set of the kind once; none if there is none, or more than can be.
fn sets<'a>(units: &[&'a [u8]], is_kind: impl Fn(u8) -> bool) -> Option<Vec<&'a [u8]>> {
    let mut sets: Vec<&[u8]> = Vec::new();
    for unit in units.iter().filter(|unit| unit.first().is_some_and(|first| is_kind(*first))) {
        if !sets.contains(unit) {
            sets.push(unit);
        }
    }
    let are_sane = !sets.is_empty() && sets.len() <= MOST_SETS && sets.iter().all(|set| set.len() <= MOST_SET_BYTES);
    are_sane.then_some(sets)
}

/// AVCDecoderConfigurationRecord.
fn avc_record(units: &[&[u8]]) -> Option<Vec<u8>> {
    let sequences = sets(units, |first| first & 0x1f == 7)?;
    let pictures = sets(units, |first| first & 0x1f == 8)?;
    let first = sequences.first()?;
    let [_, profile, compatibility, level, ..] = first else { return None };
    let mut record = vec![1, *profile, *compatibility, *level, 0xfc | LENGTH_SIZE];
    record.push(0xe0 | u8::try_from(sequences.len()).ok()?);
    put(&sequences, &mut record)?;
    record.push(u8::try_from(pictures.len()).ok()?);
    put(&pictures, &mut record)?;
    if let 100 | 110 | 122 | 144 = profile {
        let [chroma, luma_depth, chroma_depth] = avc::formats(first)?;
        record.extend([0xfc | chroma, 0xf8 | luma_depth, 0xf8 | chroma_depth, 0]);
    }
    Some(record)
}

/// HEVCDecoderConfigurationRecord.
fn hevc_record(units: &[&[u8]]) -> Option<Vec<u8>> {
    const KINDS: [u8; 3] = [32, 33, 34];
    let [videos, sequences, pictures] = KINDS.map(|kind| sets(units, |first| (first >> 1) & 0x3f == kind));
    let (videos, sequences, pictures) = (videos?, sequences?, pictures?);
    let first = sequences.first()?;
    let formats = hevc::formats(first)?;
    let mut record = vec![1];
    // general_profile_space to general_level_idc stand in the set as they do here (H.265, 7.3.3).
    let profile = &mut Bits::of_nal(first);
    profile.skip(24)?;
    for _ in 0..12 {
        record.push(u8::try_from(profile.bits(8)?).ok()?);
    }
    // No least size of slices, no kind of parallel decoding, no frame rate is told.
    record.extend([0xf0, 0, 0xfc, 0xfc | formats.chroma, 0xf8 | formats.luma_depth, 0xf8 | formats.chroma_depth, 0, 0]);
    record.push((formats.layers << 3) | u8::from(formats.nested) << 2 | LENGTH_SIZE);
    record.push(u8::try_from(KINDS.len()).ok()?);
    for (kind, sets) in KINDS.into_iter().zip([&videos, &sequences, &pictures]) {
        // array_completeness is not claimed: more may stand in the frames.
        record.push(kind);
        record.extend(u16::try_from(sets.len()).ok()?.to_be_bytes());
        put(sets, &mut record)?;
    }
    Some(record)
}

fn put(sets: &[&[u8]], record: &mut Vec<u8>) -> Option<()> {
    for set in sets {
        record.extend(u16::try_from(set.len()).ok()?.to_be_bytes());
        record.extend_from_slice(set);
    }
    Some(())
}
