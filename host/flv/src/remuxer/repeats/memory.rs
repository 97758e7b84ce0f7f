//! The frames that were received last, and what was sent when.
//!
//! Two reaches: a group that comes in is compared with the last groups of the configuration in force, a new connection
//! with all that is remembered. A server may send again what it has kept for a minute, over a change of the
//! configuration; the frames of the one never equal those of another.

use std::collections::{BTreeMap, VecDeque};
use std::ops::RangeInclusive;

use super::{MOST_EARLY_MS, MOST_GUESSES, MOST_STRAY_MS, MOST_UNKNOWN_MS};
use crate::tag::Track;

/// So many groups are remembered, and so many frames even if their groups are more: over half a minute at 60 pictures a
/// second with sound.
const MOST_GROUPS: usize = 16;
const LEAST_REMEMBERED: usize = 4000;
const MOST_REMEMBERED: usize = 8192;

/// So many frames that were not taken are remembered.
const MOST_REFUSED: usize = 512;

/// So many configurations of the past are remembered.
const MOST_CONFIGURATIONS: usize = 16;

/// Of so many clocks it is known where they end.
const MOST_CLOCKS: usize = 16;

/// The distances of a track's frames differ by so much where they are the same.
const JITTER_MS: i64 = 10;

/// Where a track steps further on than this, or back, its clock was set anew.
const LONGEST_STEP_MS: i64 = 10_000;

/// The end of a track is looked for among so many frames, as some are stamped too early.
const LAST_FRAMES: usize = 16;

/// One frame that was received.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) track: Track,
    /// Time as sent.
    pub(super) sent: i64,
    pub(super) hash: u64,
    pub(super) is_key_frame: bool,
    /// The clock it was sent by. Frames of two of them are put next to each other, whatever came between.
    clock: u32,
}

/// The frames that were received last.
#[derive(Debug, Default)]
pub(in super::super) struct Memory {
    pub(super) frames: VecDeque<Seen>,
    /// The numbers of the key frames among them, counted from the first frame that was ever remembered.
    key_frames: VecDeque<usize>,
    /// So many frames came before those that are remembered.
    forgotten: usize,
    groups: Groups,
    /// What was received and not taken, as it came before a key frame.
    refused: VecDeque<Seen>,
    /// The seeds of the configurations that were in force.
    configurations: VecDeque<(Track, u64)>,
    /// The clock of what follows, and the newest one.
    clock: u32,
    newest_clock: u32,
}

/// The last groups of the configuration in force.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Groups {
    /// Where they begin.
    from: usize,
    key_frames: usize,
}

/// Where each track ends by one clock.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ends {
    pub(super) clock: u32,
    pub(super) video: Option<i64>,
    pub(super) audio: Option<i64>,
}

impl Ends {
    pub(super) fn of(&self, track: Track) -> Option<i64> {
        if track == Track::Video { self.video } else { self.audio }
    }
}

/// Where a track begins and ends, since its clock was last set anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) begin: i64,
    pub(super) end: i64,
}

impl Memory {
    /// Remembers a frame.
    #[inline]
    pub(in super::super) fn remember(&mut self, track: Track, sent: i64, hash: u64, is_key_frame: bool) {
        if self.frames.len() >= MOST_REMEMBERED || self.groups.from > 0 && self.frames.len() >= LEAST_REMEMBERED {
            self.forget_oldest();
        }
        if is_key_frame {
            self.key_frames.push_back(self.forgotten + self.frames.len());
            self.groups.key_frames += 1;
        }
        self.frames.push_back(Seen { track, sent, hash, is_key_frame, clock: self.clock });
        while self.groups.key_frames > MOST_GROUPS
            && let Some(oldest) = self.frames.get(self.groups.from)
        {
            self.groups.key_frames -= usize::from(oldest.is_key_frame);
            self.groups.from += 1;
        }
    }

    /// A frame is about to be remembered once more: it is where it came last.
    pub(in super::super) fn forget(&mut self, track: Track, sent: i64, hash: u64) {
        let equal = self.frames.iter().enumerate().filter(|(_, seen)| seen.track == track && seen.hash == hash);
        let off = equal.map(|(place, seen)| ((seen.sent - sent).abs(), place));
        // Of equal ones, such as silence, the one of that time.
        let Some((_, place)) = off.filter(|(off_ms, _)| *off_ms <= MOST_STRAY_MS).min() else { return };
        let Some(seen) = self.frames.remove(place) else { return };
        match place < self.groups.from {
            true => self.groups.from -= 1,
            false => self.groups.key_frames -= usize::from(seen.is_key_frame),
        }
    }

    /// Remembers a frame that came before a key frame: sent again, it is no more than it was.
    pub(in super::super) fn refuse(&mut self, track: Track, sent: i64, hash: u64) {
        if self.refused.len() >= MOST_REFUSED {
            self.refused.pop_front();
        }
        self.refused.push_back(Seen { track, sent, hash, is_key_frame: false, clock: self.clock });
    }

    /// The configuration changes. Gives the groups of the one that was in force.
    pub(in super::super) fn end_groups(&mut self) -> Groups {
        std::mem::replace(&mut self.groups, Groups { from: self.frames.len(), key_frames: 0 })
    }

    /// The configuration with this seed is in force from now on.
    pub(in super::super) fn configured(&mut self, track: Track, seed: u64) {
        if self.configurations.len() >= MOST_CONFIGURATIONS {
            self.configurations.pop_front();
        }
        self.configurations.push_back((track, seed));
    }

    /// The configuration before goes on, and nothing came between.
    pub(in super::super) fn take_back(&mut self, groups: Groups) {
        self.groups = groups;
    }

    /// Whether the configuration with this seed was in force.
    pub(in super::super) fn knows(&self, track: Track, seed: u64) -> bool {
        self.configurations.contains(&(track, seed))
    }

    /// The last groups of the configuration in force, with their places.
    pub(super) fn groups(&self) -> impl DoubleEndedIterator<Item = (usize, &Seen)> {
        self.frames.iter().enumerate().skip(self.groups.from)
    }

    /// The key frames among them, the newest first.
    pub(super) fn group_starts(&self) -> impl Iterator<Item = (usize, &Seen)> {
        let places = self.key_frames.iter().rev().filter_map(|number| number.checked_sub(self.forgotten));
        let places = places.take_while(|place| *place >= self.groups.from);
        places.filter_map(|place| self.frames.get(place).map(|seen| (place, seen)))
    }

    /// Nothing was received.
    pub(in super::super) fn forget_frames(&mut self) {
        self.frames.clear();
        self.key_frames.clear();
        self.refused.clear();
        self.groups = Groups::default();
    }

    /// The clock of what follows is another one; by how much it differs is not known yet.
    pub(in super::super) fn clock_is_new(&mut self) {
        self.refused.clear();
        self.newest_clock = self.newest_clock.wrapping_add(1);
        self.clock = self.newest_clock;
    }

    /// What follows goes on by a clock that was there before.
    pub(super) fn clock_goes_on(&mut self, clock: u32) {
        self.clock = clock;
    }

    /// The clock of the last frame.
    pub(super) fn last_clock(&self) -> u32 {
        self.frames.back().map_or(self.clock, |seen| seen.clock)
    }

    /// It differs by this. What was refused meanwhile was sent by it.
    pub(in super::super) fn shift_taken(&mut self, by: i64) {
        for seen in &mut self.frames {
            seen.sent -= by;
        }
    }

    /// The clock of what follows differs by this.
    pub(in super::super) fn shift(&mut self, by: i64) {
        for seen in self.frames.iter_mut().chain(&mut self.refused) {
            seen.sent -= by;
        }
    }

    fn forget_oldest(&mut self) {
        let Some(seen) = self.frames.pop_front() else { return };
        self.key_frames.pop_front_if(|number| *number == self.forgotten);
        self.forgotten += 1;
        match self.groups.from.checked_sub(1) {
            Some(from) => self.groups.from = from,
            None => self.groups.key_frames -= usize::from(seen.is_key_frame),
        }
    }

    /// The first frame of a track from this place on.
    pub(super) fn next(&self, track: Track, from: usize) -> Option<usize> {
        let behind = self.frames.iter().enumerate().skip(from);
        behind.into_iter().find(|(_, seen)| seen.track == track).map(|(place, _)| place)
    }

    /// Where a track begins and ends. Its last frame need not have the latest time.
    pub(super) fn span(&self, track: Track) -> Option<Span> {
        span(self.frames.iter().rev().filter(|seen| seen.track == track))
    }

    /// The same of what was sent by one clock.
    pub(super) fn span_by(&self, track: Track, clock: u32) -> Option<Span> {
        span(self.frames.iter().rev().filter(|seen| seen.track == track && seen.clock == clock))
    }

    /// Where each track ends by each of the last clocks.
    pub(super) fn ends(&self) -> Vec<Ends> {
        let mut clocks: Vec<u32> = Vec::new();
        for seen in self.frames.iter().rev() {
            if clocks.len() < MOST_CLOCKS && !clocks.contains(&seen.clock) {
                clocks.push(seen.clock);
            }
        }
        let end = |track, clock| self.span_by(track, clock).map(|span| span.end);
        let of = |clock| Ends { clock, video: end(Track::Video, clock), audio: end(Track::Audio, clock) };
        clocks.into_iter().map(of).collect()
    }

    /// How far back each of the equal frames lies, and its clock; the newest first, the same time before all.
    pub(super) fn distances(&self, track: Track, sent: i64, hash: u64) -> Vec<(i64, u32)> {
        let equal = self
            .frames
            .iter()
            .rev()
            .chain(self.refused.iter().rev())
            .filter(|seen| seen.track == track && seen.hash == hash);
        let distances = equal.map(|seen| (seen.sent - sent, seen.clock));
        let mut distances: Vec<(i64, u32)> = distances.take(MOST_GUESSES).collect();
        distances.sort_by_key(|(distance, _)| *distance != 0);
        distances
    }

    fn received(&self) -> impl Iterator<Item = &Seen> {
        self.frames.iter().chain(&self.refused)
    }

    /// Each frame with its time.
    pub(super) fn index(&self) -> Index {
        Index {
            frames: self.received().map(|seen| ((seen.track, seen.hash, seen.sent), seen.clock)).collect(),
            video: Times::of(self, Track::Video),
            audio: Times::of(self, Track::Audio),
        }
    }
}

/// Where frames of one track begin and end, up to where their clock was set anew; the last one comes first.
fn span<'a>(frames: impl Iterator<Item = &'a Seen>) -> Option<Span> {
    let mut frames = frames.map(|seen| seen.sent);
    let last = frames.next()?;
    let mut span = Span { begin: last, end: last };
    let mut before = last;
    for (place, sent) in frames.enumerate() {
        if !(-MOST_EARLY_MS..=LONGEST_STEP_MS).contains(&(before - sent)) {
            break;
        }
        span.begin = span.begin.min(sent);
        if place < LAST_FRAMES {
            span.end = span.end.max(sent);
        }
        before = sent;
    }
    Some(span)
}

/// What was sent when.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Each frame, and its clock.
    frames: BTreeMap<(Track, u64, i64), u32>,
    video: Times,
    audio: Times,
}

/// When a track was sent.
#[derive(Clone, Debug, Default)]
struct Times {
    /// In their order.
    sent: Vec<i64>,
    /// Two frames that stand further apart had others between them that were not received.
    largest_step: i64,
}

impl Times {
    fn of(memory: &Memory, track: Track) -> Times {
        let frames = memory.received().filter(|seen| seen.track == track);
        let mut sent: Vec<i64> = frames.map(|seen| seen.sent).collect();
        sent.sort_unstable();
        let mut steps: Vec<i64> = sent.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?)).collect();
        steps.sort_unstable();
        let usual = steps.get(steps.len() / 2).copied().unwrap_or_default();
        Times { sent, largest_step: usual + usual / 2 + JITTER_MS }
    }

    /// Whether any frame was sent at one of these times.
    fn has_any(&self, times: &RangeInclusive<i64>) -> bool {
        let from = self.sent.partition_point(|seen| seen < times.start());
        self.sent.get(from).is_some_and(|seen| times.contains(seen))
    }

    fn is_hole(&self, sent: i64) -> bool {
        let behind = self.sent.partition_point(|seen| *seen < sent);
        let before = behind.checked_sub(1).and_then(|before| self.sent.get(before));
        match (before, self.sent.get(behind)) {
            (Some(before), Some(behind)) => behind - before > self.largest_step,
            (None, Some(behind)) => behind - sent <= MOST_UNKNOWN_MS,
            (_, None) => false,
        }
    }
}

impl Index {
    /// How far from this time the frame was sent, at most [`MOST_STRAY_MS`]; none if it was not.
    pub(super) fn stray(&self, track: Track, hash: u64, sent: i64) -> Option<i64> {
        if self.frames.contains_key(&(track, hash, sent)) {
            return Some(0);
        }
        let near = (track, hash, sent - MOST_STRAY_MS)..=(track, hash, sent + MOST_STRAY_MS);
        self.frames.range(near).map(|((_, _, seen), _)| (seen - sent).abs()).min()
    }

    /// Whether a frame with this time was never received: none of its track was for longer than usual, or it is from
    /// shortly before all that is remembered.
    pub(super) fn is_hole(&self, track: Track, sent: i64) -> bool {
        if track == Track::Video { self.video.is_hole(sent) } else { self.audio.is_hole(sent) }
    }

    /// Whether any frame was sent at one of these times.
    pub(super) fn has_any(&self, times: RangeInclusive<i64>) -> bool {
        self.video.has_any(&times) || self.audio.has_any(&times)
    }

    /// The clock it was sent by; none if it was sent more than once.
    pub(super) fn unique(&self, track: Track, hash: u64) -> Option<u32> {
        let mut equal = self.frames.range((track, hash, i64::MIN)..=(track, hash, i64::MAX));
        let (_, clock) = equal.next()?;
        equal.next().is_none().then_some(*clock)
    }
}
