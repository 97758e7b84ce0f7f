//! What was received lately, by the hashes of its payloads; used to join a new connection to the old one, and in
//! `incoming` to know a group that is sent again.
//!
//! A server that is asked again mostly sends again what we have: its newest group from its begin, often with a clock
//! that was set anew. Where every frame that is sent again equals the one that was sent so much earlier, the distance
//! of the two clocks is known, and the group goes on where it broke.
//!
//! The memory reaches back 16 groups.

mod incoming;

use std::collections::{BTreeSet, VecDeque};

use crate::tag::{Tag, Track};
pub(super) use incoming::{Heard, Incoming};

/// So many groups are remembered, in so many tags.
const MOST_GROUPS: usize = 16;
const MOST_REMEMBERED: usize = 8192;

/// So many places are tried at a time where a frame could have been sent before. Silence has thousands.
const MOST_GUESSES: usize = 256;

/// So much is held back while it equals what we have.
const MOST_HELD_TAGS: usize = 8192;
const MOST_HELD_BYTES: usize = 32 << 20;

/// Frames that must be equal before a distance of clocks is believed. One of them must be the only one of its kind, else
/// a still picture and silence are equal at many distances, and nobody knows which it is.
const PROOF_VIDEO: u32 = 1;
const PROOF_AUDIO: u32 = 8;

/// Another server may stamp the same frames a little differently: by rounding, or one track by a little more.
const MOST_STRAY_MS: i64 = 100;

/// Then so many of them must be the only ones of their kind: a still picture and silence equal themselves at any time.
const PROOF_UNIQUE: u32 = 4;

/// Senders stamp some frames too early, key frames mostly: one that is no later than the end by no more than this, and was
/// not received, is new. So the end is looked for among so many frames.
const MOST_EARLY_MS: i64 = 500;
const LAST_FRAMES: usize = 16;

/// A clock that goes on may have run ahead by so much while we were away.
const CLOCK_SLACK_MS: i64 = 60_000;

/// One frame that was received.
#[derive(Clone, Copy, Debug)]
struct Seen {
    track: Track,
    /// Time as sent.
    sent: i64,
    hash: u64,
    is_key_frame: bool,
}

/// The frames of the last groups.
#[derive(Debug, Default)]
pub(super) struct Memory {
    frames: VecDeque<Seen>,
    key_frames: usize,
}

impl Memory {
    /// Remembers a frame; `hashed` if its hash is known.
    #[inline]
    pub(super) fn remember(&mut self, tag: &Tag, sent: i64, hashed: Option<u64>, is_key_frame: bool) {
        let hash = hashed.unwrap_or_else(|| hash(&tag.payload));
        self.frames.push_back(Seen { track: tag.track, sent, hash, is_key_frame });
        self.key_frames += usize::from(is_key_frame);
        while self.frames.len() > MOST_REMEMBERED || self.key_frames > MOST_GROUPS {
            self.forget_oldest();
        }
    }

    /// The clock of what follows differs by this.
    pub(super) fn shift(&mut self, by: i64) {
        for seen in &mut self.frames {
            seen.sent -= by;
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(seen) = self.frames.pop_front() {
            self.key_frames -= usize::from(seen.is_key_frame);
        }
    }

    /// The first frame of a track from this place on.
    fn next(&self, track: Track, from: usize) -> Option<usize> {
        let behind = self.frames.iter().enumerate().skip(from);
        behind.into_iter().find(|(_, seen)| seen.track == track).map(|(place, _)| place)
    }

    /// Where a track ends. Its last frame need not have the latest time.
    fn end_of(&self, track: Track) -> Option<i64> {
        let last = self.frames.iter().rev().filter(|seen| seen.track == track);
        last.take(LAST_FRAMES).map(|seen| seen.sent).max()
    }

    /// How far back each of the equal frames lies, the newest first, the same time before all.
    fn distances(&self, track: Track, sent: i64, hash: u64) -> Vec<i64> {
        let equal = self.frames.iter().rev().filter(|seen| seen.track == track && seen.hash == hash);
        let mut distances: Vec<i64> = equal.map(|seen| seen.sent - sent).take(MOST_GUESSES).collect();
        distances.sort_by_key(|distance| *distance != 0);
        distances
    }

    /// Each frame with its time.
    fn index(&self) -> Index {
        Index(self.frames.iter().map(|seen| (seen.track, seen.hash, seen.sent)).collect())
    }
}

/// What was sent when.
#[derive(Clone, Debug, Default)]
struct Index(BTreeSet<(Track, u64, i64)>);

impl Index {
    /// How far from this time the frame was sent, at most [`MOST_STRAY_MS`]; none if it was not.
    fn stray(&self, track: Track, hash: u64, sent: i64) -> Option<i64> {
        if self.0.contains(&(track, hash, sent)) {
            return Some(0);
        }
        let near = (track, hash, sent - MOST_STRAY_MS)..=(track, hash, sent + MOST_STRAY_MS);
        self.0.range(near).map(|(_, _, seen)| (seen - sent).abs()).min()
    }

    /// Whether it was sent once.
    fn is_unique(&self, track: Track, hash: u64) -> bool {
        self.0.range((track, hash, i64::MIN)..=(track, hash, i64::MAX)).nth(1).is_none()
    }
}

/// A frame of the new connection, held back.
#[derive(Debug)]
struct Returned {
    tag: Tag,
    sent: i64,
}

/// Where the old connection broke off, as the new one begins.
#[derive(Debug)]
pub(super) struct Rejoin {
    /// How long no bytes came.
    pub(super) dark_ms: u64,
    /// What equals, so far, something that we have.
    held: Vec<Returned>,
    held_bytes: usize,
    /// Distances of the clocks that are still possible, with the frames of each track that prove them.
    guesses: Vec<Guess>,
    /// What was sent when, on the old connection.
    index: Index,
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
}

impl Guess {
    fn new(distance: i64) -> Guess {
        Guess { distance, video: 0, audio: 0, unique: 0, strays: Strays::default() }
    }

    fn is_proved(&self) -> bool {
        (self.video >= PROOF_VIDEO || self.audio >= PROOF_AUDIO)
            && (self.distance == 0 || self.unique > 0)
            && (!self.strays() || self.unique >= PROOF_UNIQUE)
    }

    fn strays(&self) -> bool {
        self.strays != Strays::default()
    }
}

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

/// How the new connection goes on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// What is sent now was sent before with a time that was greater by this; all that was held is a repeat but for what
    /// lies behind the end.
    Repeats(i64, Strays),
    /// Nothing equals. The sender's clock goes on.
    Continues,
    /// Nothing equals. The sender's clock was set anew.
    Reset,
}

impl Rejoin {
    pub(super) fn new(dark_ms: u64, memory: &Memory) -> Rejoin {
        Rejoin {
            dark_ms,
            held: Vec::new(),
            held_bytes: 0,
            guesses: Vec::new(),
            index: Index::default(),
            video_end: memory.end_of(Track::Video),
            audio_end: memory.end_of(Track::Audio),
            end: memory.frames.back().map(|seen| seen.sent),
        }
    }

    /// Hears a frame of the new connection, and holds it; `sent` is its time on the old clock. No verdict: more frames
    /// are needed to say.
    pub(super) fn hear(&mut self, tag: Tag, sent: i64, memory: &Memory) -> Option<Verdict> {
        let hash = hash(&tag.payload);
        let (track, bytes) = (tag.track, tag.payload.len());
        if self.held.is_empty() {
            self.guesses = memory.distances(track, sent, hash).into_iter().map(Guess::new).collect();
            if !self.guesses.is_empty() {
                self.index = memory.index();
            }
        }
        self.held.push(Returned { tag, sent });
        self.held_bytes += bytes;
        let end = self.end_of(track);
        let mut joins = None;
        self.guesses.retain_mut(|guess| {
            let before = sent + guess.distance;
            let stray = self.index.stray(track, hash, before);
            let is_behind = end.is_none_or(|end| match guess.strays.doubt(track, before - end) {
                true => stray.is_none(),
                false => before > end || stray.is_none() && guess.is_proved() && is_early(before, end),
            });
            if is_behind {
                if joins.is_none() && guess.is_proved() {
                    joins = Some((guess.distance, guess.strays));
                }
                return guess.is_proved() || !guess.strays() && (guess.distance == 0 || guess.unique > 0);
            }
            guess.unique += u32::from(self.index.is_unique(track, hash));
            *(if track == Track::Video { &mut guess.video } else { &mut guess.audio }) += 1;
            let most = guess.strays.of(track);
            *most = stray.unwrap_or_default().max(*most);
            stray.is_some()
        });
        let is_full = self.held.len() >= MOST_HELD_TAGS || self.held_bytes >= MOST_HELD_BYTES;
        match joins {
            Some((distance, strays)) => Some(Verdict::Repeats(distance, strays)),
            None if self.guesses.is_empty() || is_full => self.end(),
            None => None,
        }
    }

    /// No more can be held, or nothing more will come: what does what is held mean? Equal frames of equal times need no
    /// further proof.
    pub(super) fn end(&self) -> Option<Verdict> {
        let proved = |guess: &&Guess| guess.is_proved() || guess.distance == 0 && !guess.strays();
        self.held.first()?;
        Some(match self.guesses.iter().find(proved) {
            Some(guess) => Verdict::Repeats(guess.distance, guess.strays),
            None => self.by_clock(),
        })
    }

    fn end_of(&self, track: Track) -> Option<i64> {
        if track == Track::Video { self.video_end } else { self.audio_end }
    }

    /// Without a frame that we have: does the clock go on? One that lies in what we have, with other frames, is another
    /// clock: an encoder that was restarted, and that we came to late.
    fn by_clock(&self) -> Verdict {
        let Some(first) = self.held.first() else { return Verdict::Reset };
        let Some(end) = self.end_of(first.tag.track).or(self.end) else {
            return Verdict::Continues;
        };
        let longest = i64::try_from(self.dark_ms).unwrap_or(i64::MAX).saturating_add(CLOCK_SLACK_MS);
        if (1..=longest).contains(&(first.sent - end)) { Verdict::Continues } else { Verdict::Reset }
    }

    /// What was held.
    pub(super) fn into_tags(self) -> impl Iterator<Item = Tag> {
        self.held.into_iter().map(|returned| returned.tag)
    }
}

/// What is sent again of each track: everything up to its end on the old connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Overlap {
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
    pub(super) fn proved(distance: i64, strays: Strays, memory: &mut Memory) -> Overlap {
        memory.shift(distance);
        Overlap { strays, is_proved: true, ..Overlap::believed(memory) }
    }

    /// The clock is believed to go on: one track may begin before its end, but only what equals was sent before.
    pub(super) fn believed(memory: &Memory) -> Overlap {
        let (video, audio) = (memory.end_of(Track::Video), memory.end_of(Track::Audio));
        let begin = memory.frames.iter().map(|seen| seen.sent).min();
        Overlap { video, audio, index: memory.index(), begin, ..Overlap::default() }
    }

    /// Whether a frame with this time lies in it; the first of its track that is later ends it.
    #[inline]
    pub(super) fn covers(&mut self, tag: &Tag, sent: i64) -> bool {
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

fn is_early(sent: i64, end: i64) -> bool {
    (0..=MOST_EARLY_MS).contains(&(end - sent))
}

/// A hash of a payload, for comparison within one process: six lanes, so that the processor multiplies without a pause.
fn hash(bytes: &[u8]) -> u64 {
    let [mut a, mut b, mut c] = [KEY, KEY.rotate_left(16), KEY.rotate_left(32)];
    let [mut d, mut e, mut f] = [!a, !b, !c];
    let (pairs, rest) = bytes.as_chunks::<16>();
    let (blocks, pairs) = pairs.as_chunks::<6>();
    for [first, second, third, fourth, fifth, sixth] in blocks {
        (a, b, c) = (mix(a, words(first)), mix(b, words(second)), mix(c, words(third)));
        (d, e, f) = (mix(d, words(fourth)), mix(e, words(fifth)), mix(f, words(sixth)));
    }
    let start = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let hash = [a, b, c, d, e, f].into_iter().fold(start, |hash, lane| mix(hash, [lane, 0]));
    let hash = pairs.iter().fold(hash, |hash, pair| mix(hash, words(pair)));
    let mut last = [0; 16];
    last.iter_mut().zip(rest).for_each(|(last, byte)| *last = *byte);
    // Once more, so that what came last is mixed as well as what came first.
    mix(mix(hash, words(&last)), [0, 0])
}

const KEY: u64 = 0x9e37_79b9_7f4a_7c15;

/// Multiplies two words to 128 bits, as wyhash does, and keeps both halves. The factors stay in: one that is 0 must not
/// blot out what it is multiplied with.
#[inline]
fn mix(lane: u64, [first, second]: [u64; 2]) -> u64 {
    let (first, second) = (first ^ KEY, second ^ lane);
    let (low, high) = first.carrying_mul(second, 0);
    first ^ second.rotate_left(32) ^ low ^ high
}

#[inline]
fn words(pair: &[u8; 16]) -> [u64; 2] {
    let [a, b, c, d, e, f, g, h, second @ ..] = *pair;
    [u64::from_le_bytes([a, b, c, d, e, f, g, h]), u64::from_le_bytes(second)]
}

#[cfg(test)]
mod tests;
