//! The first time stamp of a track, as long as no second one of it has confirmed it.

use super::clock::JUMP_MS;
use super::{LARGEST_GAP_MS, Placed, Timeline};
use crate::tag::Track;

/// A track may pause behind its first frame for so long, and the other one may begin meanwhile: slides do.
const LARGEST_PAUSE_MS: i64 = 3_000;

/// Tracks whose times are so near to each other have the same clock.
const SAME_CLOCK_MS: i64 = 1_000;

impl Timeline {
    /// Whether the only frame of its track that was placed so far disagrees with the next one, while the other track
    /// agrees with that.
    pub(in super::super) fn was_first_wild(&self, track: Track, raw: u32) -> bool {
        let (clock, other) = self.pair(track);
        let sent = self.unwrap(track, raw);
        let is_zero = clock.all_zero && track == Track::Audio;
        clock.written.is_some()
            && other.written.is_some()
            && !is_zero
            && !(-JUMP_MS..=LARGEST_PAUSE_MS).contains(&(sent - clock.sent))
            && (sent - other.sent).abs() <= SAME_CLOCK_MS
            && (clock.sent - other.sent).abs() > SAME_CLOCK_MS
    }

    /// A track begins. Clocks that are too far apart have no begin in common: then it begins where the other one is.
    /// Sound that begins with zeros may yet turn out to have the other one's clock.
    pub(super) fn begin_apart(&mut self, track: Track, raw: u32, sent: i64, placed: &mut Placed) -> bool {
        let (clock, _) = self.pair(track);
        let is_zero = raw == 0 && track == Track::Audio || self.audio.all_zero && track == Track::Video;
        clock.written.is_none() && !clock.stale && !is_zero && self.part(track, sent, placed)
    }

    /// Sound that began with one zero goes on from there: so that was its time, and if its clock is too far from that of
    /// the pictures, it goes on beside them.
    pub(super) fn begin_behind_zero(&mut self, track: Track, raw: u32, sent: i64, placed: &mut Placed) {
        let goes_on = track == Track::Audio && self.audio.all_zero && raw != 0;
        if goes_on && placed.jump.is_none() && !placed.after_zeros && self.part(track, sent, placed) {
            placed.after_zeros = true;
        }
    }

    /// Gives a track an offset of its own if its clock is too far from the other one's.
    fn part(&mut self, track: Track, sent: i64, placed: &mut Placed) -> bool {
        let (clock, other) = self.pair(track);
        let own = if clock.written.is_some() { clock.offset } else { self.offset };
        let Some(offset) = other.written.map(|written| written - sent) else { return false };
        if (offset - own).abs() <= LARGEST_GAP_MS {
            return false;
        }
        self.clock(track).offset = offset;
        placed.apart = !self.apart;
        self.apart = true;
        true
    }

    /// What follows was judged before: times of 0 are times, and if the clocks are apart, that has been told.
    pub(in super::super) fn trust(&mut self) {
        self.is_trusted = true;
        self.apart = true;
    }
}

/// The time stamp that the frame before one with this time stamp should have had.
pub(in super::super) fn before(track: Track, raw: u32) -> u32 {
    let spacing = if track == Track::Video { super::clock::VIDEO_SPACING_MS } else { super::clock::AUDIO_SPACING_MS };
    raw.wrapping_sub(super::wrap(spacing))
}
