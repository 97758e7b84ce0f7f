//! The open segment: its clock, and what was written of each track.

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

    /// Gives a tag its time in the segment: never before 0, never back in its track; without one, as early as may be.
    pub(super) fn write(&mut self, tag: Tag, at: Option<i64>, now_ms: &mut u32) -> Tag {
        let time = at.map_or(0, |at| at.saturating_sub(self.base).max(0));
        let written = if tag.track == Track::Video { &mut self.video } else { &mut self.audio };
        // Bounded by 49 days, where the time stamp ends (FLV 10.1, E.4.1).
        let time_ms = written.last_ms.max(u32::try_from(time).unwrap_or(u32::MAX));
        *written = Written { last_ms: time_ms, has_tags: true };
        *now_ms = (*now_ms).max(time_ms);
        Tag { time_ms, ..tag }
    }
}
