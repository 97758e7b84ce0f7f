//! The picture that an AVC configuration describes (ISO 14496-15, 5.3.3; H.264, 7.3.2.1.1 and E.1.1).

use super::bits::Bits;
use super::describe::{Picture, cropped, rate};

/// Profiles whose parameter sets say the chroma format.
const HIGH_PROFILES: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// From an AVCDecoderConfigurationRecord, or from Annex B bytes, which some senders put in its place.
pub(super) fn picture(config: &[u8]) -> Option<Picture> {
    match config {
        [1, _, _, _, _, count, high, low, rest @ ..] if count & 0x1f != 0 => {
            let size = usize::from(u16::from_be_bytes([*high, *low]));
            parameter_set(rest.get(..size).unwrap_or(rest))
        }
        _ => {
            let start = config.windows(4).position(|four| matches!(four, [0, 0, 1, nal] if nal & 0x1f == 7))?;
            parameter_set(config.get(start + 3..)?)
        }
    }
}

/// The parameter sets in an AVCDecoderConfigurationRecord.
pub(super) fn parameter_sets(config: &[u8]) -> Option<Vec<&[u8]>> {
    let [1, _, _, _, _, sequences, rest @ ..] = config else { return None };
    let mut sets = Vec::new();
    let rest = take_sets(sequences & 0x1f, rest, &mut sets)?;
    let (pictures, rest) = rest.split_first()?;
    take_sets(*pictures, rest, &mut sets)?;
    Some(sets)
}

fn take_sets<'a>(count: u8, mut rest: &'a [u8], sets: &mut Vec<&'a [u8]>) -> Option<&'a [u8]> {
    for _ in 0..count {
        let (size, behind) = rest.split_first_chunk::<2>()?;
        let (set, behind) = behind.split_at_checked(usize::from(u16::from_be_bytes(*size)))?;
        sets.push(set);
        rest = behind;
    }
    Some(rest)
}

/// chroma_format, bit_depth_luma_minus8 and bit_depth_chroma_minus8 of a sequence parameter set of a high profile.
pub(super) fn formats(nal: &[u8]) -> Option<[u8; 3]> {
    let bits = &mut Bits::of_nal(nal);
    bits.skip(32)?;
    bits.ue()?;
    let chroma = bits.ue().filter(|chroma| *chroma <= 3)?;
    if chroma == 3 {
        bits.flag()?;
    }
    let depths = [bits.ue()?, bits.ue()?];
    if depths.iter().any(|depth| *depth > 7) {
        return None;
    }
    let [luma, chroma_depth] = depths;
    Some([u8::try_from(chroma).ok()?, u8::try_from(luma).ok()?, u8::try_from(chroma_depth).ok()?])
}

fn parameter_set(nal: &[u8]) -> Option<Picture> {
    let bits = &mut Bits::of_nal(nal);
    if bits.bits(8)? & 0x1f != 7 {
        return None;
    }
    let profile = bits.bits(8)?;
    bits.skip(16)?; // Constraints, level.
    bits.ue()?;
    let mut chroma = 1;
    if HIGH_PROFILES.contains(&profile) {
        chroma = high_profile(bits)?;
    }
    bits.ue()?; // Size of frame numbers.
    match bits.ue()? {
        0 => bits.skip_ue(1)?,
        1 => {
            bits.flag()?;
            bits.skip_ue(2)?;
            let cycle = usize::try_from(bits.ue()?).ok().filter(|cycle| *cycle <= 255)?;
            bits.skip_ue(cycle)?;
        }
        _ => {}
    }
    bits.ue()?; // Reference frames.
    bits.flag()?;
    let width = bits.ue()?.checked_add(1)?.checked_mul(16)?;
    let map_units = bits.ue()?.checked_add(1)?.checked_mul(16)?;
    let fields = if bits.flag()? { 1 } else { 2 };
    if fields == 2 {
        bits.flag()?;
    }
    bits.flag()?;
    let (unit_x, unit_y) = match chroma {
        1 => (2, 2 * fields),
        2 => (2, fields),
        _ => (1, fields),
    };
    let (width, height) = cropped(bits, (width, map_units.checked_mul(fields)?), (unit_x, unit_y))?;
    let fps = if bits.flag() == Some(true) { timing(bits) } else { None };
    Some(Picture { width, height, fps })
}

/// The chroma format, 0 where its planes are coded apart.
fn high_profile(bits: &mut Bits) -> Option<u32> {
    let mut chroma = bits.ue()?;
    let lists = if chroma == 3 { 12 } else { 8 };
    if chroma == 3 && bits.flag()? {
        chroma = 0;
    }
    bits.skip_ue(2)?; // Bit depths.
    bits.flag()?;
    if bits.flag()? {
        for list in 0..lists {
            if bits.flag()? {
                skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Some(chroma)
}

fn skip_scaling_list(bits: &mut Bits, size: usize) -> Option<()> {
    let (mut last, mut next) = (8_i32, 8_i32);
    for _ in 0..size {
        if next != 0 {
            next = (last.checked_add(bits.se()?)?).rem_euclid(256);
        }
        if next != 0 {
            last = next;
        }
    }
    Some(())
}

/// Frames a second from the VUI; two fields make one.
fn timing(bits: &mut Bits) -> Option<f64> {
    skip_to_chroma_location(bits)?;
    if !bits.flag()? {
        return None;
    }
    let (units, scale) = (bits.bits(32)?, bits.bits(32)?);
    rate(f64::from(scale) / 2.0, f64::from(units))
}

/// The part of the VUI that AVC and HEVC have in common.
pub(super) fn skip_to_chroma_location(bits: &mut Bits) -> Option<()> {
    const EXTENDED_ASPECT: u32 = 255;
    if bits.flag()? && bits.bits(8)? == EXTENDED_ASPECT {
        bits.skip(32)?;
    }
    if bits.flag()? {
        bits.flag()?; // Overscan.
    }
    if bits.flag()? {
        bits.skip(4)?;
        if bits.flag()? {
            bits.skip(24)?; // Colours.
        }
    }
    if bits.flag()? {
        bits.skip_ue(2)?;
    }
    Some(())
}
