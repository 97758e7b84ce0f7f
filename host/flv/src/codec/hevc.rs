//! The picture that an HEVC configuration describes (ISO 14496-15, 8.3.3; H.265, 7.3.2.2 and E.2.1).

use super::avc::skip_to_chroma_location;
use super::bits::Bits;
use super::describe::{Picture, cropped, rate};

const SEQUENCE_PARAMETER_SET: u8 = 33;

/// From an HEVCDecoderConfigurationRecord.
pub(super) fn picture(config: &[u8]) -> Option<Picture> {
    let is_sequence = |set: &&[u8]| set.first().is_some_and(|first| (first >> 1) & 0x3f == SEQUENCE_PARAMETER_SET);
    parameter_set(parameter_sets(config)?.into_iter().find(is_sequence)?)
}

/// The parameter sets, and whatever else stands in the record beside them.
pub(super) fn parameter_sets(config: &[u8]) -> Option<Vec<&[u8]>> {
    let (arrays, mut rest) = config.get(22..)?.split_first()?;
    let mut sets = Vec::new();
    for _ in 0..*arrays {
        let [_, high, low, behind @ ..] = rest else { return None };
        rest = behind;
        for _ in 0..u16::from_be_bytes([*high, *low]) {
            let (size, behind) = rest.split_first_chunk::<2>()?;
            let (nal, behind) = behind.split_at_checked(usize::from(u16::from_be_bytes(*size)))?;
            sets.push(nal);
            rest = behind;
        }
    }
    Some(sets)
}

/// What a decoder's configuration repeats of a sequence parameter set.
pub(super) struct Formats {
    /// Temporal layers.
    pub(super) layers: u8,
    /// sps_temporal_id_nesting_flag.
    pub(super) nested: bool,
    /// chroma_format_idc.
    pub(super) chroma: u8,
    /// Bits of a sample, less 8.
    pub(super) luma_depth: u8,
    pub(super) chroma_depth: u8,
}

/// Of a sequence parameter set.
pub(super) fn formats(nal: &[u8]) -> Option<Formats> {
    let bits = &mut Bits::of_nal(nal);
    let start = Start::read(bits)?;
    let depths = [bits.ue()?, bits.ue()?];
    if start.chroma > 3 || depths.iter().any(|depth| *depth > 7) {
        return None;
    }
    let [luma_depth, chroma_depth] = depths.map(|depth| u8::try_from(depth).unwrap_or_default());
    Some(Formats {
        layers: u8::try_from(start.sub_layers + 1).ok()?,
        nested: start.nested,
        chroma: u8::try_from(start.chroma).ok()?,
        luma_depth,
        chroma_depth,
    })
}

/// A sequence parameter set up to its size, cropping included.
struct Start {
    sub_layers: u32,
    nested: bool,
    chroma: u32,
    size: (u32, u32),
}

impl Start {
    fn read(bits: &mut Bits) -> Option<Start> {
        bits.skip(16 + 4)?; // NAL header, id of the video parameter set.
        let sub_layers = bits.bits(3)?;
        let nested = bits.flag()?;
        skip_profile(bits, sub_layers)?;
        bits.ue()?;
        let chroma = bits.ue()?;
        let planes_apart = chroma == 3 && bits.flag()?;
        let size = (bits.ue()?, bits.ue()?);
        let unit = match chroma {
            _ if planes_apart => (1, 1),
            1 => (2, 2),
            2 => (2, 1),
            _ => (1, 1),
        };
        Some(Start { sub_layers, nested, chroma, size: cropped(bits, size, unit)? })
    }
}

fn parameter_set(nal: &[u8]) -> Option<Picture> {
    let bits = &mut Bits::of_nal(nal);
    let start = Start::read(bits)?;
    let (width, height) = start.size;
    Some(Picture { width, height, fps: timing(bits, start.sub_layers) })
}

fn skip_profile(bits: &mut Bits, sub_layers: u32) -> Option<()> {
    bits.skip(88 + 8)?;
    let mut present = Vec::new();
    for _ in 0..sub_layers {
        present.push((bits.flag()?, bits.flag()?));
    }
    if sub_layers > 0 {
        bits.skip((sub_layers..8).count() * 2)?;
    }
    for (profile, level) in present {
        bits.skip(if profile { 88 } else { 0 } + if level { 8 } else { 0 })?;
    }
    Some(())
}

/// Frames a second from the VUI, which stands behind nearly everything else.
fn timing(bits: &mut Bits, sub_layers: u32) -> Option<f64> {
    bits.skip_ue(2)?; // Bit depths.
    let order_bits = bits.ue()?.checked_add(4)?;
    let first_layer = if bits.flag()? { 0 } else { sub_layers };
    for _ in first_layer..=sub_layers {
        bits.skip_ue(3)?;
    }
    bits.skip_ue(6)?; // Sizes and depths of blocks.
    if bits.flag()? && bits.flag()? {
        skip_scaling_lists(bits)?;
    }
    bits.skip(2)?;
    if bits.flag()? {
        bits.skip(8)?; // PCM.
        bits.skip_ue(2)?;
        bits.flag()?;
    }
    skip_reference_sets(bits)?;
    if bits.flag()? {
        let long_term = bits.ue().filter(|count| *count <= 32)?;
        for _ in 0..long_term {
            bits.bits(order_bits.min(32))?;
            bits.flag()?;
        }
    }
    bits.skip(2)?;
    if !bits.flag()? {
        return None;
    }
    skip_to_chroma_location(bits)?;
    bits.skip(3)?;
    if bits.flag()? {
        bits.skip_ue(4)?; // Default display window.
    }
    if !bits.flag()? {
        return None;
    }
    let (units, scale) = (bits.bits(32)?, bits.bits(32)?);
    rate(f64::from(scale), f64::from(units))
}

fn skip_scaling_lists(bits: &mut Bits) -> Option<()> {
    for size in 0..4_u32 {
        for _ in 0..if size == 3 { 2 } else { 6 } {
            if !bits.flag()? {
                bits.ue()?;
                continue;
            }
            bits.skip_ue(usize::from(size > 1))?;
            bits.skip_ue(if size == 0 { 16 } else { 64 })?;
        }
    }
    Some(())
}

fn skip_reference_sets(bits: &mut Bits) -> Option<()> {
    let sets = bits.ue().filter(|count| *count <= 64)?;
    let mut pictures = 0_u32;
    for set in 0..sets {
        if set > 0 && bits.flag()? {
            bits.flag()?;
            bits.ue()?;
            let mut kept = 0;
            for _ in 0..=pictures {
                // Used by the current picture, or else by later ones.
                if bits.flag()? || bits.flag()? {
                    kept += 1;
                }
            }
            pictures = kept;
        } else {
            let (before, after) = (bits.ue()?, bits.ue()?);
            pictures = before.checked_add(after).filter(|pictures| *pictures <= 32)?;
            for _ in 0..pictures {
                bits.ue()?;
                bits.flag()?;
            }
        }
    }
    Some(())
}
