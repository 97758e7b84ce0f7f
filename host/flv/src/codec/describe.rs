//! What a decoder configuration says of the picture. Lenient: what cannot be read is left out.

use super::VideoCodec;
use super::bits::Bits;
use super::{av1, avc, hevc};

/// The picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Picture {
    /// In pixels, cropped as shown; 1 to 16,384.
    pub width: u32,
    /// In pixels, cropped as shown; 1 to 16,384.
    pub height: u32,
    /// Frames a second, if the configuration tells; up to 1,000.
    pub fps: Option<f64>,
}

/// Reads the configuration of [`Body::VideoHeader`](super::Body::VideoHeader): AVC, HEVC and AV1; none for codecs whose
/// configuration does not tell, and for broken ones.
pub fn describe(codec: VideoCodec, config: &[u8]) -> Option<Picture> {
    match codec {
        VideoCodec::Avc => avc::picture(config),
        VideoCodec::Hevc => hevc::picture(config),
        VideoCodec::Av1 => av1::picture(config),
        _ => None,
    }
}

/// The largest side that is believed: the limit of level 6.2 of AVC.
const MOST_PIXELS: u32 = 16_384;

/// Frames a second beyond this are a time base, not a rate.
const MOST_FPS: f64 = 1000.0;

/// A size that is to be believed.
pub(super) fn sized(width: u32, height: u32) -> Option<(u32, u32)> {
    let believed = 1..=MOST_PIXELS;
    (believed.contains(&width) && believed.contains(&height)).then_some((width, height))
}

/// The size less what the cropping flag and the numbers behind it say, in units of chroma samples.
pub(super) fn cropped(
    bits: &mut Bits,
    (width, height): (u32, u32),
    (unit_x, unit_y): (u32, u32),
) -> Option<(u32, u32)> {
    let (mut across, mut down) = (0, 0);
    if bits.flag()? {
        across = bits.ue()?.checked_add(bits.ue()?)?.checked_mul(unit_x)?;
        down = bits.ue()?.checked_add(bits.ue()?)?.checked_mul(unit_y)?;
    }
    sized(width.checked_sub(across)?, height.checked_sub(down)?)
}

/// A rate that is to be believed.
pub(super) fn rate(scale: f64, units: f64) -> Option<f64> {
    Some(scale / units).filter(|fps| *fps > 0.0 && *fps <= MOST_FPS)
}
