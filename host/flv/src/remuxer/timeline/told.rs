//! Times that are taken as they stand: those of a file of ours.

use super::{Jump, Placed, Timeline};
use crate::tag::Track;

impl Timeline {
    /// Gives a tag the time that it was written with. A jump is only what would be one in another stream.
    pub(in super::super) fn place_as_told(&mut self, track: Track, raw: u32) -> Placed {
        let sent = i64::from(raw);
        let mut placed = Placed::default();
        let (clock, other) = self.pair(track);
        let missing = match clock.written {
            Some(written) if !clock.is_natural(sent, other) => sent - clock.goes_on(track).max(written),
            _ => 0,
        };
        self.offset = 0;
        let clock = self.clock(track);
        clock.offset = 0;
        clock.stale = false;
        self.write(track, raw, sent, &mut placed);
        if let Ok(missing_ms @ 1..) = u64::try_from(missing) {
            placed.jump = Some(Jump::Forward(missing_ms));
        }
        placed
    }
}
