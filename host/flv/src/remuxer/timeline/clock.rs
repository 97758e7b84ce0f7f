//! One track's clock: which of its steps are jumps, and when its next frame is expected.

use crate::tag::Track;

/// A step up to this is no jump, whatever the frame rate: jitter of senders, frames dropped by encoders, the −70 ms of
/// one platform at each key frame.
pub(super) const JUMP_MS: i64 = 500;

/// A step up to so many of the track's recent distances is no jump: a slide show is none.
pub(super) const JUMP_SPACINGS: i64 = 3;

/// Where bytes were lost, a frame is missing when the next one comes half a distance later than usual, and so many times
/// the jitter, and what rounding may be off. A distance that is only assumed may be off by more.
const JITTERS: i64 = 4;
const JITTER_MS: i64 = 5;
const ASSUMED_SPACINGS: i64 = 4;

/// The first step of a track tells its distance; above this it is a jump all the same.
pub(super) const LARGEST_FIRST_STEP_MS: i64 = 10_000;

/// Distances that are assumed before any was seen: 25 frames a second, AAC at 44.1 kHz.
pub(super) const VIDEO_SPACING_MS: i64 = 40;
pub(super) const AUDIO_SPACING_MS: i64 = 23;

/// A track that takes over the offset may have to wait for so long; its times are pressed together.
const LARGEST_BACK_MS: i64 = 2_000;

/// Times of 0 are taken for none where the next one is so far from 0, and so near to the other track.
const ZEROS_NEAR_MS: i64 = 1_000;

/// One track's clock.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    /// Time of its last tag as sent: raw, and unwrapped.
    pub(super) raw: u32,
    pub(super) sent: i64,
    /// Time of its last tag as written; none before the first.
    pub(super) written: Option<i64>,
    pub(super) offset: i64,
    /// The recent distance between tags as written, in 1/16 ms; none before the second tag.
    pub(super) spacing: Option<i64>,
    /// How far those distances stray from it, in 1/16 ms.
    pub(super) jitter: i64,
    /// Where the other track was, as written, when the last tag came.
    pub(super) other_written: Option<i64>,
    /// By how much its times were shifted then.
    pub(super) other_offset: i64,
    /// A tag of it was written since the last cut.
    pub(super) is_in_segment: bool,
    /// All tags so far were sent with time 0; and there were several.
    pub(super) all_zero: bool,
    pub(super) are_zeros: bool,
    /// The clock was set anew: the offset of the other track is to be taken over, whatever the time stamps say.
    pub(super) stale: bool,
}

impl Clock {
    /// Whether a tag that was sent at this time follows the last one without a jump.
    #[inline]
    pub(super) fn is_natural(&self, sent: i64, other: &Clock) -> bool {
        let step = sent - self.sent;
        if step.abs() <= JUMP_MS {
            return true;
        }
        // Sound that begins with zeros goes on where the pictures are.
        if self.are_zeros
            && step > ZEROS_NEAR_MS
            && other.written.is_some()
            && (sent - other.sent).abs() <= ZEROS_NEAR_MS
        {
            return false;
        }
        // The other track has jumped since, and its step, as written, bridges nothing.
        let has_jumped = other.offset != self.other_offset && other.offset != self.offset;
        if has_jumped && self.fits(sent + other.offset, other) {
            return false;
        }
        self.is_forward(step, sent + self.offset, other)
    }

    /// Whether a tag that is written at this time follows the last one without a jump, be it a little behind it.
    pub(super) fn fits(&self, time: i64, other: &Clock) -> bool {
        let step = self.written.map_or(0, |written| time - written);
        (-LARGEST_BACK_MS..=JUMP_MS).contains(&step) || self.is_forward(step, time, other)
    }

    /// Whether a large step is one of this track alone: its usual one, or one by which the other track went on meanwhile.
    pub(super) fn is_forward(&self, step: i64, time: i64, other: &Clock) -> bool {
        let largest = self.spacing.map_or(LARGEST_FIRST_STEP_MS, |spacing| spacing * JUMP_SPACINGS / 16);
        let other = other.written.filter(|_| other.is_in_segment);
        let is_near = other.is_some_and(|other| (time - other).abs() <= JUMP_MS);
        let went_on = other.zip(self.other_written).map(|(now, then)| now - then);
        let is_bridged = is_near || went_on.is_some_and(|went_on| (step - went_on).abs() <= JUMP_MS);
        (0..=largest).contains(&step) || step > 0 && is_bridged
    }

    /// Media was lost: the next step tells nothing of the usual distance.
    pub(super) fn assume_spacing(&mut self, track: Track) {
        if self.is_in_segment {
            self.spacing.get_or_insert(usual_spacing(track) * 16);
        }
    }

    /// When the next frame is expected.
    pub(super) fn goes_on(&self, track: Track) -> i64 {
        let spacing = self.spacing.map_or(usual_spacing(track), |spacing| spacing / 16).max(1);
        self.written.map_or(0, |written| written + spacing)
    }

    /// How much later than expected a frame comes that is not placed yet; 0 if its distance is a natural one, or the
    /// frame before is in another segment.
    pub(super) fn hole_ms(&self, track: Track, end: Option<i64>, sent: i64) -> u64 {
        let Some(written) = self.written.filter(|_| self.is_in_segment && !self.stale) else { return 0 };
        let (step, spacing) = (sent - end.unwrap_or(self.sent), self.goes_on(track) - written);
        let largest = match self.spacing {
            Some(_) => spacing + spacing / 2 + JITTER_MS + self.jitter * JITTERS / 16,
            None => spacing * ASSUMED_SPACINGS,
        };
        if step > largest { u64::try_from(step - spacing).unwrap_or_default() } else { 0 }
    }
}

fn usual_spacing(track: Track) -> i64 {
    if track == Track::Video { VIDEO_SPACING_MS } else { AUDIO_SPACING_MS }
}
