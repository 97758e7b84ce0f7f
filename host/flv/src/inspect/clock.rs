//! Times of a file as a player sees them: unwrapped, otherwise as written.

/// A step to a frame of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// As it should be, or the first.
    Usual,
    /// Forward so far that media is missing.
    Jump(i64),
    /// To before the frame that precedes it.
    Back(i64),
}

/// A step is a jump from here on (when it is also out of the ordinary for its track, and no other track fills it).
const JUMP_MS: i64 = 500;

/// How many usual steps a jump is longer than.
const JUMP_STEPS: i64 = 3;

/// The longest time that the last frame of a track is thought to be shown.
const LAST_FRAME_MS: i64 = 1000;

/// A file whose first frame comes before this begins at 0.
const EARLY_MS: i64 = 1000;

/// Of one track.
#[derive(Clone, Copy, Debug)]
struct Times {
    first: i64,
    /// The latest of all, and the last step towards it.
    latest: i64,
    last_step: i64,
    /// Of the frame before.
    previous: i64,
    /// The usual distance of two frames; 0 while unknown.
    usual_step: i64,
}

/// Of one track, for the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) end: i64,
}

/// All tracks.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// As written, and unwrapped, of the last frame of any track.
    reference: Option<(u32, i64)>,
    tracks: [Option<Times>; 2],
    /// The latest of any track.
    latest: i64,
}

/// Index of a track.
pub(super) const AUDIO: usize = 0;
pub(super) const VIDEO: usize = 1;

impl Clock {
    /// The time of the last frame; 0 before the first.
    pub(super) fn now(&self) -> u64 {
        let now = self.reference.map_or(0, |(_, now)| now);
        u64::try_from(now).unwrap_or(0)
    }

    /// A frame of a track.
    pub(super) fn frame(&mut self, track: usize, time_ms: u32) -> Step {
        let now = match self.reference {
            Some((written, now)) => now + i64::from(time_ms.wrapping_sub(written).cast_signed()),
            None => i64::from(time_ms),
        };
        self.reference = Some((time_ms, now));
        let bridged = now - self.latest <= JUMP_MS;
        self.latest = if self.tracks.iter().all(Option::is_none) { now } else { self.latest.max(now) };
        let Some(slot) = self.tracks.get_mut(track) else { return Step::Usual };
        let Some(times) = slot else {
            *slot = Some(Times { first: now, latest: now, last_step: 0, previous: now, usual_step: 0 });
            return Step::Usual;
        };
        let step = now - times.previous;
        times.previous = now;
        times.first = times.first.min(now);
        if now > times.latest {
            times.last_step = now - times.latest;
            times.latest = now;
        }
        if step < 0 {
            return Step::Back(step);
        }
        if step > JUMP_MS && step > JUMP_STEPS * times.usual_step && !bridged {
            return Step::Jump(step);
        }
        if step > 0 {
            times.usual_step = if times.usual_step == 0 { step } else { (times.usual_step * 3 + step) / 4 };
        }
        Step::Usual
    }

    pub(super) fn span(&self, track: usize) -> Option<Span> {
        let times = (*self.tracks.get(track)?)?;
        let end = times.latest + times.last_step.min(LAST_FRAME_MS);
        Some(Span { first: times.first, last: times.latest, end })
    }

    /// To the end of the last frame, from the first, or from 0 where the first is that early.
    pub(super) fn duration_ms(&self) -> u64 {
        let spans = || [AUDIO, VIDEO].into_iter().filter_map(|track| self.span(track));
        let first = spans().map(|span| span.first).min().filter(|first| *first > EARLY_MS).unwrap_or(0);
        let end = spans().map(|span| span.end).max().unwrap_or(0);
        u64::try_from(end - first).unwrap_or(0)
    }
}
