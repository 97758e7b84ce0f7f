//! What a new connection sends again, up to where the old one ended.

use super::memory::{Ends, Index, Span};
use super::{MOST_EARLY_MS, MOST_STRAY_MS, Memory, Strays, hash, is_early};
use crate::tag::{Tag, Track};

/// What is sent again of each track: everything up to its end on the old connection.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Overlap {
    video: Option<Covered>,
    audio: Option<Covered>,
    strays: Strays,
    index: Index,
    ends: Ends,
    /// The latest key frame that was covered.
    reached: Option<i64>,
    /// It is proved that the new connection sends the same.
    is_proved: bool,
}

/// Where a track begins and ends on the old connection, and the time of the frame that was covered last.
#[derive(Clone, Copy, Debug)]
struct Covered {
    span: Span,
    /// Where it ends by the clock that is sent again; what has a place behind that came by another one.
    own_end: i64,
    last: i64,
}

impl Covered {
    fn of(memory: &Memory, track: Track, clock: u32) -> Option<Covered> {
        let span = memory.span(track)?;
        let own = memory.span_by(track, clock).unwrap_or(span);
        let begin = span.begin.min(own.begin);
        Some(Covered { span: Span { begin, ..span }, own_end: own.end, last: i64::MIN })
    }
}

impl Overlap {
    /// The new connection sends again what was sent by this clock, by one that differs by so much.
    pub(in super::super) fn proved(distance: i64, strays: Strays, clock: u32, memory: &mut Memory) -> Overlap {
        memory.shift(distance);
        Overlap { strays, is_proved: true, ..Overlap::by(clock, memory) }
    }

    /// The clock is believed to go on: one track may begin before its end, but only what equals was sent before.
    pub(in super::super) fn believed(memory: &mut Memory) -> Overlap {
        Overlap::by(memory.last_clock(), memory)
    }

    fn by(clock: u32, memory: &mut Memory) -> Overlap {
        memory.clock_goes_on(clock);
        let [video, audio] = [Track::Video, Track::Audio].map(|track| Covered::of(memory, track, clock));
        let end = |track| memory.span_by(track, clock).map(|span| span.end);
        let ends = Ends { clock, video: end(Track::Video), audio: end(Track::Audio) };
        Overlap { video, audio, index: memory.index(), ends, ..Overlap::default() }
    }

    /// Where a track ended by the clock that is sent again.
    pub(in super::super) fn end(&self, track: Track) -> Option<i64> {
        self.ends.of(track)
    }

    /// Whether more of the track may be sent again.
    pub(in super::super) fn is_open(&self, track: Track) -> bool {
        if track == Track::Video { self.video.is_some() } else { self.audio.is_some() }
    }

    /// Whether a key frame that is covered was sent on this connection already: it is sent over and over.
    pub(in super::super) fn is_over_again(&mut self, sent: i64) -> bool {
        let is_over_again = self.reached.is_some_and(|reached| sent <= reached);
        self.reached = self.reached.max(Some(sent));
        is_over_again
    }

    /// Whether a frame with this time lies in it; the first of its track that is later ends it.
    #[inline]
    pub(in super::super) fn covers(&mut self, tag: &Tag, sent: i64, seed: u64) -> bool {
        let slot = if tag.track == Track::Video { &mut self.video } else { &mut self.audio };
        let Some(Covered { span: Span { begin, end }, own_end, last }) = slot else { return false };
        let stray = self.index.stray(tag.track, hash(&tag.payload, seed), sent);
        let is_new = || stray.is_none() && !self.index.is_hole(tag.track, sent);
        let is_near = |sent| is_early(sent, *end) || is_early(sent, *own_end);
        if stray == Some(0) {
            *last = sent;
            return true;
        }
        let is_within = match self.strays.doubt(tag.track, sent - *end) {
            // The clock was set anew within the connection: this is another stream, and later than what we have.
            _ if sent < *begin - MOST_STRAY_MS || sent < last.saturating_sub(MOST_EARLY_MS) => false,
            true => stray.is_some(),
            _ if self.is_proved && stray.is_none() && sent > *own_end => false,
            false => sent <= *end && !(self.is_proved && is_near(sent) && is_new()),
        };
        if is_within {
            *last = sent;
        } else {
            *slot = None;
            if self.video.is_none() && self.audio.is_none() {
                self.index = Index::default();
            }
        }
        is_within && self.is_proved
    }
}
