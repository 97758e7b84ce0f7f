//! Where the old connection broke off, by what the new one begins with.

use super::memory::Index;
use super::{MOST_HELD_BYTES, MOST_HELD_TAGS, Memory, Strays, is_early};
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

/// How the new connection goes on.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) enum Verdict {
    /// What is sent now was sent before with a time that was greater by this; all that was held is a repeat but for what
    /// lies behind the end.
    Repeats(i64, Strays),
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
            guesses: Vec::new(),
            index: Index::default(),
            video_end: end(Track::Video),
            audio_end: end(Track::Audio),
            end: memory.frames.back().map(|seen| seen.sent),
        }
    }

    /// Whether no frame has come.
    pub(in super::super) fn is_new(&self) -> bool {
        self.first.is_none()
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
            self.guesses = memory.distances(track, sent, hash).into_iter().map(Guess::new).collect();
            if !self.guesses.is_empty() {
                self.index = memory.index();
            }
        }
        self.hold(tag);
        let end = self.end_of(track);
        let mut joins = None;
        self.guesses.retain_mut(|guess| {
            let before = sent + guess.distance;
            let stray = self.index.stray(track, hash, before);
            let is_behind = stray != Some(0)
                && end.is_none_or(|end| match guess.strays.doubt(track, before - end) {
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
        match joins {
            Some((distance, strays)) => Some(Verdict::Repeats(distance, strays)),
            None if self.guesses.is_empty() || self.is_full() => self.end(),
            None => None,
        }
    }

    /// No more can be held, or nothing more will come: what does what is held mean? Equal frames of equal times need no
    /// further proof.
    pub(in super::super) fn end(&self) -> Option<Verdict> {
        let proved = |guess: &&Guess| guess.is_proved() || guess.distance == 0 && !guess.strays();
        self.first?;
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
