//! What a new connection sends again, up to where the old one ended.

use super::memory::Index;
use super::{MOST_STRAY_MS, Memory, Strays, hash, is_early};
use crate::tag::{Tag, Track};

/// What is sent again of each track: everything up to its end on the old connection.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Overlap {
    video: Option<i64>,
    audio: Option<i64>,
    strays: Strays,
    index: Index,
    /// Where what is remembered begins: nothing of it can have an earlier time.
    begin: Option<i64>,
    /// It is proved that the new connection sends the same.
    is_proved: bool,
}

impl Overlap {
    /// The new connection sends the same again, by a clock that differs by this.
    pub(in super::super) fn proved(distance: i64, strays: Strays, memory: &mut Memory) -> Overlap {
        memory.shift(distance);
        Overlap { strays, is_proved: true, ..Overlap::believed(memory) }
    }

    /// The clock is believed to go on: one track may begin before its end, but only what equals was sent before.
    pub(in super::super) fn believed(memory: &Memory) -> Overlap {
        let (video, audio) = (memory.end_of(Track::Video), memory.end_of(Track::Audio));
        let begin = memory.frames.iter().map(|seen| seen.sent).min();
        Overlap { video, audio, index: memory.index(), begin, ..Overlap::default() }
    }

    /// Whether a frame with this time lies in it; the first of its track that is later ends it.
    #[inline]
    pub(in super::super) fn covers(&mut self, tag: &Tag, sent: i64) -> bool {
        let slot = if tag.track == Track::Video { &mut self.video } else { &mut self.audio };
        let Some(end) = *slot else { return false };
        let stray = || self.index.stray(tag.track, hash(&tag.payload), sent);
        let is_within = match self.strays.doubt(tag.track, sent - end) {
            // The clock was set anew within the connection: this is another stream, and later than what we have.
            _ if self.begin.is_some_and(|begin| sent < begin - MOST_STRAY_MS) => false,
            true => stray().is_some(),
            false => sent <= end && !(self.is_proved && is_early(sent, end) && stray().is_none()),
        };
        if !is_within {
            *slot = None;
        }
        is_within && (self.is_proved || stray() == Some(0))
    }
}
