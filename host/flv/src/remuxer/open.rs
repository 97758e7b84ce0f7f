//! The open segment: its clock, and what was written of each track.

use super::Step;
use super::tell::Untold;
use crate::note::Note;
use crate::tag::{Tag, Track};

/// An open segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    /// The time in the recording where its clock is 0.
    base: i64,
    video: Written,
    audio: Written,
}

/// What was written of a track.
#[derive(Clone, Copy, Debug, Default)]
struct Written {
    last_ms: u32,
    has_tags: bool,
}

impl Open {
    /// A segment whose clock is 0 at this time in the recording.
    pub(super) fn at(base: i64) -> Open {
        Open { base, video: Written::default(), audio: Written::default() }
    }

    /// Whether something of the track was written, headers aside.
    pub(super) fn has(&self, track: Track) -> bool {
        if track == Track::Video { self.video.has_tags } else { self.audio.has_tags }
    }

    /// A time of the recording in the segment, never before 0; none: as early as may be.
    pub(super) fn at_ms(&self, at: Option<i64>) -> u64 {
        let time = at.map_or(0, |at| at.saturating_sub(self.base));
        u64::try_from(time).unwrap_or(0)
    }

    /// A note that waited for the segment.
    pub(super) fn tell(&self, untold: Untold) -> Step {
        Step::Note(Note { at_ms: self.at_ms(untold.at), ..untold.note })
    }

    /// Gives a tag its time in the segment: never before 0, never back in its track; without one, as early as may be.
    #[inline]
    pub(super) fn write(&mut self, tag: Tag, at: Option<i64>) -> Step {
        let time = self.at_ms(at);
        let written = if tag.track == Track::Video { &mut self.video } else { &mut self.audio };
        // Bounded by 49 days, where the time stamp ends (FLV 10.1, E.4.1).
        let time_ms = written.last_ms.max(u32::try_from(time).unwrap_or(u32::MAX));
        *written = Written { last_ms: time_ms, has_tags: true };
        Step::Write(Tag { time_ms, ..tag })
    }
}
