//! The picture that an AV1 configuration describes (AV1 in ISO BMFF, 2.3.3; AV1, 5.5).

use super::bits::Bits;
use super::describe::{Picture, rate, sized};

const SEQUENCE_HEADER: u8 = 1;

/// From an AV1CodecConfigurationRecord.
pub(super) fn picture(config: &[u8]) -> Option<Picture> {
    let mut rest = config.get(4..)?;
    while let Some((head, behind)) = rest.split_first() {
        let behind = if head & 0x04 != 0 { behind.get(1..)? } else { behind };
        let (size, behind) = if head & 0x02 != 0 { read_size(behind)? } else { (behind.len(), behind) };
        let (unit, behind) = behind.split_at_checked(size)?;
        if head >> 3 & 0x0f == SEQUENCE_HEADER {
            return sequence_header(unit);
        }
        rest = behind;
    }
    None
}

/// leb128().
fn read_size(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut size = 0;
    for (at, byte) in bytes.iter().take(4).enumerate() {
        size |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((size, bytes.get(at + 1..)?));
        }
    }
    None
}

fn sequence_header(unit: &[u8]) -> Option<Picture> {
    let bits = &mut Bits::of(unit);
    bits.skip(3 + 1)?;
    let mut fps = None;
    if bits.flag()? {
        bits.skip(5)?; // A still picture has but a level.
    } else {
        let mut delay_bits = None;
        if bits.flag()? {
            fps = timing(bits)?;
            if bits.flag()? {
                delay_bits = Some(usize::try_from(bits.bits(5)?).ok()? + 1);
                bits.skip(32 + 5 + 5)?;
            }
        }
        skip_operating_points(bits, delay_bits)?;
    }
    let (width_bits, height_bits) = (bits.bits(4)? + 1, bits.bits(4)? + 1);
    let (width, height) = sized(bits.bits(width_bits)?.checked_add(1)?, bits.bits(height_bits)?.checked_add(1)?)?;
    Some(Picture { width, height, fps })
}

/// Some(None): the distance of pictures is not constant.
fn timing(bits: &mut Bits) -> Option<Option<f64>> {
    let (units, scale) = (bits.bits(32)?, bits.bits(32)?);
    if !bits.flag()? {
        return Some(None);
    }
    let ticks = f64::from(bits.ue()?) + 1.0;
    Some(rate(f64::from(scale), f64::from(units) * ticks))
}

fn skip_operating_points(bits: &mut Bits, delay_bits: Option<usize>) -> Option<()> {
    let display_delay = bits.flag()?;
    for _ in 0..=bits.bits(5)? {
        bits.skip(12)?;
        if bits.bits(5)? > 7 {
            bits.flag()?; // Tier.
        }
        if let Some(delay_bits) = delay_bits
            && bits.flag()?
        {
            bits.skip(2 * delay_bits + 1)?;
        }
        if display_delay && bits.flag()? {
            bits.skip(4)?;
        }
    }
    Some(())
}
