//! A file of ours that comes in again: its head vouches for its tags, as long as they stand where it says.
//!
//! What a step of the clock means, or a group that was received before, was judged when the file was recorded, with what
//! was known then: frames that are not in the file, the pause of a connection. Judged once more from less, the file would
//! not come out as it is. So its tags are taken as they stand. That ends where one contradicts the head: the index names
//! the place and the time of key frames, `filesize` where the last tag ends. What looked like missing media since the
//! last place that was confirmed is told then.

use std::collections::VecDeque;

use super::tell::Untold;
use super::timeline::{Jump, Placed};
use super::{Remuxer, Step};
use crate::codec::{Body, classify};
use crate::note::{Cause, Note, NoteKind};
use crate::segment::claims::Claims;
use crate::segment::head::METADATA_AT;
use crate::tag::{BACK_POINTER, TAG_HEADER, Tag, Track};

/// The PreviousTagSize.
const BACK_POINTER_BYTES: u64 = 4;

/// What the head says, and how far it was found to be true.
#[derive(Debug)]
pub(super) struct Vouched {
    bytes: u64,
    last_ms: u64,
    /// Where tags of the video must stand, and their times; those not reached yet.
    entries: VecDeque<(u64, u64)>,
    /// Behind the last tag.
    end: u64,
    video_ms: u32,
    audio_ms: u32,
    /// A step that would be a jump in another stream, since the last entry that was confirmed.
    doubt: Option<Untold>,
}

/// What a head says of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// It stands where it was written.
    Holds,
    /// It was not in the file, or belongs to what was put behind it.
    Silent,
    /// Another should stand here: bytes are missing, or were put before it.
    Broken,
}

impl Vouched {
    fn new(claims: Claims) -> Vouched {
        Vouched {
            bytes: claims.bytes,
            last_ms: claims.last_ms,
            entries: claims.entries.into(),
            end: 0,
            video_ms: 0,
            audio_ms: 0,
            doubt: None,
        }
    }

    /// How a tag behind the metadata stands to what the head says.
    fn judge(&mut self, tag: &Tag) -> Word {
        let size = TAG_HEADER + tag.payload.len() + BACK_POINTER;
        let end = tag.offset.saturating_add(u64::try_from(size).unwrap_or(u64::MAX));
        let is_entry = self.entries.front().is_some_and(|(offset, _)| *offset == tag.offset);
        if is_entry && let Some((_, time_ms)) = self.entries.pop_front() {
            if tag.track != Track::Video || u64::from(tag.time_ms) != time_ms {
                return Word::Broken;
            }
            self.doubt = None;
        }
        let is_ahead = |(offset, time_ms): &(u64, u64)| *offset < end || is_behind(tag, *time_ms);
        if self.entries.front().is_some_and(is_ahead) {
            return Word::Broken;
        }
        let last_ms = if tag.track == Track::Video { &mut self.video_ms } else { &mut self.audio_ms };
        // The last tag may lack its PreviousTagSize.
        let is_within = end <= self.bytes.saturating_add(BACK_POINTER_BYTES);
        if tag.track == Track::Script || tag.time_ms < *last_ms || u64::from(tag.time_ms) > self.last_ms || !is_within {
            return Word::Silent;
        }
        *last_ms = tag.time_ms;
        self.end = end;
        Word::Holds
    }

    /// How much media the head tells of that has not come.
    fn rest_ms(&self) -> u64 {
        self.last_ms.saturating_sub(self.video_ms.max(self.audio_ms).into())
    }

    /// So much media may be missing before the tag at this place, where the recording is at this time.
    fn doubt(&mut self, offset: u64, at: Option<i64>, missing_ms: u64) {
        let note = Note::repair(NoteKind::Damage, offset, 0);
        let doubt = self.doubt.get_or_insert(Untold { note, at, is_of_time: true });
        let known_ms = doubt.note.gap.map_or(0, |(_, lost_ms)| lost_ms);
        let missing_ms = missing_ms.saturating_add(known_ms);
        doubt.note.gap = (missing_ms > 0).then_some((Cause::Damage, missing_ms));
    }

    /// Whether the file has ended where the head says, or later.
    fn is_whole(&self) -> bool {
        self.end >= self.bytes && self.entries.is_empty()
    }
}

/// Whether a tag can only come behind the key frame of this time, or is it.
fn is_behind(tag: &Tag, time_ms: u64) -> bool {
    let time = u64::from(tag.time_ms);
    tag.track == Track::Video && (time > time_ms || time == time_ms && classify(tag) == Body::VideoKey)
}

impl Remuxer {
    /// The metadata of a file of ours, before any media.
    pub(super) fn hear_claims(&mut self, tag: &Tag) {
        // Any other place than the first means that something was put before the file.
        if usize::try_from(tag.offset) == Ok(METADATA_AT) {
            self.vouched = Claims::read(&tag.payload).map(Vouched::new).map(Box::new);
        }
    }

    /// A tag comes: does the head still vouch for it?
    #[inline]
    pub(super) fn hold_to_claims(&mut self, tag: &Tag, steps: &mut Vec<Step>) {
        let Some(vouched) = &mut self.vouched else { return };
        match vouched.judge(tag) {
            Word::Holds => {}
            Word::Silent => self.disown(steps),
            Word::Broken => {
                vouched.doubt(tag.offset, self.timeline.now(), 0);
                self.disown(steps);
            }
        }
    }

    /// Gives a frame of such a file its time. Where media seems to be missing, the next entry tells whether it is.
    pub(super) fn place_vouched(&mut self, tag: &Tag) -> Option<Placed> {
        let vouched = self.vouched.as_mut()?;
        let before = self.timeline.now();
        let mut placed = self.timeline.place_as_told(tag.track, tag.time_ms);
        if let Some(Jump::Forward(missing_ms)) = placed.jump.take() {
            vouched.doubt(tag.offset, before, missing_ms);
        }
        Some(placed)
    }

    /// The file is not as its head says: from now on it is a stream like any other.
    pub(super) fn disown(&mut self, steps: &mut Vec<Step>) {
        if let Some(doubt) = self.vouched.take().and_then(|vouched| vouched.doubt) {
            self.tell(doubt, steps);
        }
    }

    /// Nothing more comes of the file.
    pub(super) fn end_claims(&mut self, steps: &mut Vec<Step>) {
        let Some(vouched) = &mut self.vouched else { return };
        if vouched.is_whole() {
            self.vouched = None;
        } else {
            vouched.doubt(vouched.end, self.timeline.now(), vouched.rest_ms());
            self.disown(steps);
        }
    }
}
