//! What was received lately, by the hashes of its payloads; used to join a new connection to the old one, and in
//! `incoming` to know a group that is sent again.
//!
//! A server that is asked again mostly sends again what we have: its newest group from its begin, often with a clock
//! that was set anew. Where every frame that is sent again equals the one that was sent so much earlier, the distance
//! of the two clocks is known, and the group goes on where it broke.
//!
//! The memory reaches back 16 groups.

mod hash;
mod incoming;
mod memory;
mod overlap;
mod rejoin;

use crate::tag::Track;
pub(super) use hash::hash;
pub(super) use incoming::{Heard, Incoming};
pub(super) use memory::{Groups, Memory};
pub(super) use overlap::Overlap;
pub(super) use rejoin::{Rejoin, Verdict};

/// So many places are tried at a time where a frame could have been sent before. Silence has thousands.
const MOST_GUESSES: usize = 256;

/// So much is held back while it equals what we have.
pub(super) const MOST_HELD_TAGS: usize = 8192;
pub(super) const MOST_HELD_BYTES: usize = 32 << 20;

/// Another server may stamp the same frames a little differently: by rounding, or one track by a little more.
const MOST_STRAY_MS: i64 = 100;

/// Senders stamp some frames too early, key frames mostly: one that is no later than the end by no more than this, and was
/// not received, is new.
const MOST_EARLY_MS: i64 = 500;

/// By the clock of the old one, a new connection may begin with so much that we have not received, before what we have.
const MOST_UNKNOWN_MS: i64 = 10_000;

/// How far, at most, the times of equal frames of each track strayed from what the distance of the clocks says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Strays {
    video: i64,
    audio: i64,
}

impl Strays {
    fn of(&mut self, track: Track) -> &mut i64 {
        if track == Track::Video { &mut self.video } else { &mut self.audio }
    }

    /// Whether a frame that lies so far from its track's end is too near to it for time alone to tell on which side it
    /// belongs: one frame may stray the one way, the next the other.
    pub(super) fn doubt(self, track: Track, off_ms: i64) -> bool {
        let stray = if track == Track::Video { self.video } else { self.audio };
        stray > 0 && off_ms.abs() <= 2 * stray
    }
}

fn is_early(sent: i64, end: i64) -> bool {
    (0..=MOST_EARLY_MS).contains(&(end - sent))
}
