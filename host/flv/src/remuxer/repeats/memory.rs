//! The frames of the last groups, and what was sent when.

use std::collections::{BTreeSet, VecDeque};

use super::{MOST_GUESSES, MOST_STRAY_MS, hash};
use crate::tag::{Tag, Track};

/// So many groups are remembered, in so many tags.
const MOST_GROUPS: usize = 16;
const MOST_REMEMBERED: usize = 8192;

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
}

/// The frames of the last groups.
#[derive(Debug, Default)]
pub(in super::super) struct Memory {
    pub(super) frames: VecDeque<Seen>,
    key_frames: usize,
}

impl Memory {
    /// Remembers a frame; `hashed` if its hash is known.
    #[inline]
    pub(in super::super) fn remember(&mut self, tag: &Tag, sent: i64, hashed: Option<u64>, is_key_frame: bool) {
        let hash = hashed.unwrap_or_else(|| hash(&tag.payload));
        self.frames.push_back(Seen { track: tag.track, sent, hash, is_key_frame });
        self.key_frames += usize::from(is_key_frame);
        while self.frames.len() > MOST_REMEMBERED || self.key_frames > MOST_GROUPS {
            self.forget_oldest();
        }
    }

    /// The clock of what follows differs by this.
    pub(in super::super) fn shift(&mut self, by: i64) {
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
    pub(super) fn next(&self, track: Track, from: usize) -> Option<usize> {
        let behind = self.frames.iter().enumerate().skip(from);
        behind.into_iter().find(|(_, seen)| seen.track == track).map(|(place, _)| place)
    }

    /// Where a track ends. Its last frame need not have the latest time.
    pub(super) fn end_of(&self, track: Track) -> Option<i64> {
        let last = self.frames.iter().rev().filter(|seen| seen.track == track);
        last.take(LAST_FRAMES).map(|seen| seen.sent).max()
    }

    /// How far back each of the equal frames lies, the newest first, the same time before all.
    pub(super) fn distances(&self, track: Track, sent: i64, hash: u64) -> Vec<i64> {
        let equal = self.frames.iter().rev().filter(|seen| seen.track == track && seen.hash == hash);
        let mut distances: Vec<i64> = equal.map(|seen| seen.sent - sent).take(MOST_GUESSES).collect();
        distances.sort_by_key(|distance| *distance != 0);
        distances
    }

    /// Each frame with its time.
    pub(super) fn index(&self) -> Index {
        Index(self.frames.iter().map(|seen| (seen.track, seen.hash, seen.sent)).collect())
    }
}

/// What was sent when.
#[derive(Clone, Debug, Default)]
pub(super) struct Index(BTreeSet<(Track, u64, i64)>);

impl Index {
    /// How far from this time the frame was sent, at most [`MOST_STRAY_MS`]; none if it was not.
    pub(super) fn stray(&self, track: Track, hash: u64, sent: i64) -> Option<i64> {
        if self.0.contains(&(track, hash, sent)) {
            return Some(0);
        }
        let near = (track, hash, sent - MOST_STRAY_MS)..=(track, hash, sent + MOST_STRAY_MS);
        self.0.range(near).map(|(_, _, seen)| (seen - sent).abs()).min()
    }

    /// Whether it was sent once.
    pub(super) fn is_unique(&self, track: Track, hash: u64) -> bool {
        self.0.range((track, hash, i64::MIN)..=(track, hash, i64::MAX)).nth(1).is_none()
    }
}
