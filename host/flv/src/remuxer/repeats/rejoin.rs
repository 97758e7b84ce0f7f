//! Where the old connection broke off, by what the new one begins with.

use super::memory::{Ends, Index};
use super::{MOST_EARLY_MS, MOST_HELD_BYTES, MOST_HELD_TAGS, MOST_STRAY_MS, MOST_UNKNOWN_MS, Memory, Strays, is_early};
use crate::tag::{Tag, Track};

/// Frames that must be equal before a distance of clocks is believed. One of them must be the only one of its kind, else
/// a still picture and silence are equal at many distances, and nobody knows which it is.
const PROOF_VIDEO: u32 = 1;
const PROOF_AUDIO: u32 = 8;

/// Where times stray, so many of them must be the only ones of their kind: a still picture and silence equal themselves at
/// any time.
const PROOF_UNIQUE: u32 = 4;

/// A clock that goes on may have run ahead by so much while we were away.
const CLOCK_SLACK_MS: i64 = 60_000;

/// Where the old connection broke off, as the new one begins.
#[derive(Debug)]
pub(in super::super) struct Rejoin {
    /// How long no bytes came.
    pub(in super::super) dark_ms: u64,
    /// What equals, so far, something that we have.
    held: Vec<Tag>,
    held_bytes: usize,
    /// The first frame, with its time on the old clock.
    first: Option<(Track, i64)>,
    /// The last frame of each track.
    video_last: Option<i64>,
    audio_last: Option<i64>,
    /// Distances of the clocks that are still possible, with the frames of each track that prove them.
    guesses: Vec<Guess>,
    /// What was sent when, on the old connection.
    index: Index,
    /// Where each clock ended.
    ends: Vec<Ends>,
    /// Where each track, and either of them, ended.
    video_end: Option<i64>,
    audio_end: Option<i64>,
    end: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
struct Guess {
    distance: i64,
    video: u32,
    audio: u32,
    unique: u32,
    strays: Strays,
    /// Where what equals ends: what was sent meanwhile by another clock has a place behind it, but is not what follows.
    ends: Ends,
}

impl Guess {
    fn new(distance: i64, ends: Ends) -> Guess {
        Guess { distance, video: 0, audio: 0, unique: 0, strays: Strays::default(), ends }
    }

    fn is_proved(&self) -> bool {
        (self.video >= PROOF_VIDEO || self.audio >= PROOF_AUDIO)
            && (self.distance == 0 || self.unique > 0)
            && (!self.strays() || self.unique >= PROOF_UNIQUE)
    }

    /// Equal frames of equal times need no further proof where none can come.
    fn is_likely(&self) -> bool {
        self.is_proved() || self.has_matched() && self.distance == 0 && !self.strays()
    }

    fn has_matched(&self) -> bool {
        self.video > 0 || self.audio > 0
    }

    fn verdict(&self) -> Verdict {
        Verdict::Repeats { distance: self.distance, strays: self.strays, clock: self.ends.clock }
    }

    fn strays(&self) -> bool {
        self.strays != Strays::default()
    }
}

/// How the new connection goes on.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) enum Verdict {
    /// What is sent now was sent before, by this clock, with a time that was greater by this; all that was held is a
    /// repeat but for what lies behind the end.
    Repeats { distance: i64, strays: Strays, clock: u32 },
    /// Nothing equals. The sender's clock goes on.
    Continues,
    /// Nothing equals. The sender's clock was set anew.
    Reset,
}

impl Rejoin {
    pub(in super::super) fn new(dark_ms: u64, memory: &Memory) -> Rejoin {
        let end = |track| memory.span(track).map(|span| span.end);
        Rejoin {
            dark_ms,
            held: Vec::new(),
            held_bytes: 0,
            first: None,
            video_last: None,
            audio_last: None,
            guesses: Vec::new(),
            index: Index::default(),
            ends: Vec::new(),
            video_end: end(Track::Video),
            audio_end: end(Track::Audio),
            end: memory.frames.back().map(|seen| seen.sent),
        }
    }

    /// Whether no frame has come.
    pub(in super::super) fn is_new(&self) -> bool {
        self.first.is_none()
    }

    /// Whether something that came equals what we have; else it may, by its time.
    pub(in super::super) fn has_matched(&self) -> bool {
        self.guesses.iter().any(Guess::has_matched)
    }

    /// Holds what is no frame, and keeps its place between them; whether there is room.
    pub(in super::super) fn hold_beside(&mut self, tag: Tag) -> bool {
        let has_room = !self.is_full();
        if has_room {
            self.hold(tag);
        }
        has_room
    }

    fn is_full(&self) -> bool {
        self.held.len() >= MOST_HELD_TAGS || self.held_bytes >= MOST_HELD_BYTES
    }

    /// Hears a frame of the new connection, and holds it; `sent` is its time on the old clock. No verdict: more frames
    /// are needed to say.
    pub(in super::super) fn hear(&mut self, tag: Tag, sent: i64, hash: u64, memory: &Memory) -> Option<Verdict> {
        let track = tag.track;
        if self.first.is_none() {
            self.first = Some((track, sent));
            (self.index, self.ends) = (memory.index(), memory.ends());
            let guess = |(distance, clock)| Guess::new(distance, ends_by(&self.ends, clock));
            self.guesses = memory.distances(track, sent, hash).into_iter().map(guess).collect();
            if self.guesses.is_empty() && self.index.is_hole(track, sent) {
                self.guesses.push(guess((0, memory.last_clock())));
            }
        }
        self.hold(tag);
        let last = if track == Track::Video { &mut self.video_last } else { &mut self.audio_last };
        let is_anew = last.replace(sent).is_some_and(|last| sent < last - MOST_EARLY_MS);
        if is_anew && let Some(guess) = self.guesses.iter().find(|guess| guess.is_likely()) {
            // The clock was set anew: what was sent again ends here.
            return Some(guess.verdict());
        }
        match self.judge(track, sent, hash) {
            Some(guess) => Some(guess.verdict()),
            None if self.guesses.is_empty() || self.is_full() => self.end(),
            None => None,
        }
    }

    /// Which guesses a frame leaves, and which of them is right if the new connection goes on here.
    fn judge(&mut self, track: Track, sent: i64, hash: u64) -> Option<Guess> {
        let end = self.end_of(track);
        let may_match = self.first.is_some_and(|(_, first)| {
            sent - first <= MOST_UNKNOWN_MS && self.index.has_any(self.reached(first) - MOST_EARLY_MS..=latest(first))
        });
        let unique = self.index.unique(track, hash);
        let mut joins = None;
        self.guesses.retain_mut(|guess| {
            let before = sent + guess.distance;
            let stray = self.index.stray(track, hash, before);
            let was_missed = stray.is_none() && self.index.is_hole(track, before);
            let is_new = |guess: &Guess| stray.is_none() && !was_missed && guess.is_proved();
            let is_behind = stray != Some(0)
                && end.is_none_or(|end| match guess.strays.doubt(track, before - end) {
                    true => stray.is_none(),
                    false => before > end || is_new(guess) && is_early(before, end),
                });
            let own_end = guess.ends.of(track).filter(|_| stray.is_none() && !is_behind);
            let own_end = own_end.filter(|end| before > *end || is_new(guess) && is_early(before, *end));
            if is_behind || own_end.is_some() {
                // More proof can come only of the other track, for as long as that is a little late.
                let is_last = own_end.or(end).is_some_and(|end| before > end + MOST_EARLY_MS);
                let joined = guess.is_proved() || is_last && guess.is_likely();
                if joins.is_none() && joined {
                    joins = Some(*guess);
                }
                return joined || !is_last && !guess.strays() && (guess.distance == 0 || guess.unique > 0);
            }
            if was_missed {
                // Live media is held for no proof that cannot come.
                return may_match || guess.has_matched();
            }
            if let Some(clock) = unique.filter(|clock| stray.is_some() && *clock != guess.ends.clock) {
                // The same goes on by the clock that came next.
                guess.ends = ends_by(&self.ends, clock);
            }
            guess.unique += u32::from(unique.is_some());
            *(if track == Track::Video { &mut guess.video } else { &mut guess.audio }) += 1;
            let most = guess.strays.of(track);
            *most = stray.unwrap_or_default().max(*most);
            stray.is_some()
        });
        joins
    }

    /// No more can be held, or nothing more will come: what does what is held mean?
    pub(in super::super) fn end(&self) -> Option<Verdict> {
        self.first?;
        Some(match self.guesses.iter().find(|guess| guess.is_likely()) {
            Some(guess) => guess.verdict(),
            None => self.by_clock(),
        })
    }

    /// The time from which on frames may come, but for early ones: where the track is that lags behind.
    fn reached(&self, first: i64) -> i64 {
        let of = |end: Option<i64>, last: Option<i64>| end.and(last.or(Some(first)));
        let tracks = [of(self.video_end, self.video_last), of(self.audio_end, self.audio_last)];
        tracks.into_iter().flatten().min().unwrap_or(first)
    }

    /// More proof may come, and is not waited for: what does what is held mean, as far as that is proved?
    pub(in super::super) fn end_early(&self) -> Option<Verdict> {
        self.first?;
        let proved = self.guesses.iter().find(|guess| guess.is_proved());
        Some(proved.map_or_else(|| self.by_clock(), Guess::verdict))
    }

    /// How much media is held; none: no frame has come.
    pub(in super::super) fn held_ms(&self) -> Option<u64> {
        let (_, first) = self.first?;
        let last = self.video_last.max(self.audio_last)?;
        Some(u64::try_from(last.saturating_sub(first)).unwrap_or_default())
    }

    fn end_of(&self, track: Track) -> Option<i64> {
        if track == Track::Video { self.video_end } else { self.audio_end }
    }

    /// Without a frame that we have: does the clock go on? One that lies in what we have, with other frames, is another
    /// clock: an encoder that was restarted, and that we came to late.
    fn by_clock(&self) -> Verdict {
        let Some((track, first)) = self.first else { return Verdict::Reset };
        let Some(end) = self.end_of(track).or(self.end) else {
            return Verdict::Continues;
        };
        let longest = i64::try_from(self.dark_ms).unwrap_or(i64::MAX).saturating_add(CLOCK_SLACK_MS);
        if (1..=longest).contains(&(first - end)) { Verdict::Continues } else { Verdict::Reset }
    }

    fn hold(&mut self, tag: Tag) {
        self.held_bytes = self.held_bytes.saturating_add(tag.payload.len());
        self.held.push(tag);
    }

    /// What was held: frames, and configurations between them.
    pub(in super::super) fn into_tags(self) -> Vec<Tag> {
        self.held
    }
}

/// The latest frame that we have and that a connection with this first frame may be waited for with, by the same clock.
fn latest(first: i64) -> i64 {
    first + MOST_UNKNOWN_MS + MOST_STRAY_MS
}

/// Where one of the clocks ends; none for one that is too long ago.
fn ends_by(ends: &[Ends], clock: u32) -> Ends {
    ends.iter().find(|ends| ends.clock == clock).copied().unwrap_or(Ends { clock, ..Ends::default() })
}
