//! The group that comes in, held back for as long as it equals one that is remembered, and whether it is a repeat.
//!
//! Servers that lost their own source pull it again and send its newest groups once more, with the old times or with new
//! ones; others send the last seconds of a stream that is over for ever. But a still picture with muted sound makes equal
//! groups all by itself, and must be kept. So a group that equals a remembered one is a repeat when
//! * its times lie in what is already written, or
//! * another group came between the two, or
//! * most of its frames differ from one another;
//!
//! and a group of a still picture and of muted sound never is. Sound alone has groups of 1 s, which may begin anywhere:
//! one is a repeat where its times lie in what is written.

use std::collections::HashSet;

use bytes::Bytes;

use super::memory::Seen;
use super::{MOST_GUESSES, MOST_HELD_BYTES, MOST_HELD_TAGS, Memory};
use crate::codec::{Body, classify};
use crate::tag::{Tag, Track};

/// The length of a group of sound alone.
const SOUND_GROUP_MS: i64 = 1000;

/// Encoders number the pictures of a still, so they differ in a few bytes. One is like another of the same size when no
/// more than one byte in so many differs; it is looked for among the last so many, as several kinds take turns.
const ALIKE_BYTES: usize = 4;
const ALIKE_KINDS: usize = 8;

/// A frame that is being judged.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Heard<'a> {
    pub(in super::super) tag: &'a Tag,
    /// Time as sent.
    pub(in super::super) sent: i64,
    pub(in super::super) hash: u64,
    pub(in super::super) is_key_frame: bool,
    /// Its time lies in what is written of its track.
    pub(in super::super) is_written: bool,
}

/// A group of the memory that the incoming one equals so far: track by track, as a server that pulls a stream again may
/// put sound and pictures together in another order.
#[derive(Clone, Copy, Debug)]
struct Equal {
    /// Where it begins.
    start: usize,
    /// The frame that was equal last.
    last: usize,
    /// The next frame of each track; none: the memory ends before.
    video: Option<usize>,
    audio: Option<usize>,
    /// No sound of the incoming group was compared.
    is_mute: bool,
}

impl Equal {
    /// The group that begins here, its first frame being equal.
    fn begin(start: usize, memory: &Memory) -> Equal {
        let next = |track| memory.next(track, start.saturating_add(1));
        let (video, audio) = (next(Track::Video), next(Track::Audio));
        Equal { start, last: start, video, audio, is_mute: true }
    }

    /// Whether the next frame of its track equals this one; it goes on behind it.
    fn goes_on(&mut self, frame: &Heard<'_>, memory: &Memory) -> bool {
        let track = frame.tag.track;
        if track == Track::Audio && std::mem::take(&mut self.is_mute) {
            self.audio = self.audio.map(|sound| self.first_sound(sound, frame, memory));
        }
        let next = if track == Track::Video { &mut self.video } else { &mut self.audio };
        let Some(place) = next.filter(|place| memory.frames.get(*place).is_some_and(|seen| seen.hash == frame.hash))
        else {
            return false;
        };
        *next = memory.next(track, place.saturating_add(1));
        self.last = place;
        true
    }

    /// Where the group's sound begins: behind the key frame, or where some of it stood on the other side. Silence is not
    /// to be taken for other silence.
    fn first_sound(&self, behind: usize, frame: &Heard<'_>, memory: &Memory) -> usize {
        let near = self.start.saturating_sub(MOST_ASTRAY)..self.start.saturating_add(MOST_ASTRAY);
        let equal = |place: &usize| {
            let seen = memory.frames.get(*place);
            seen.is_some_and(|seen| seen.track == Track::Audio && seen.hash == frame.hash)
        };
        let astray = || near.filter(equal).min_by_key(|place| place.abs_diff(self.start));
        if equal(&behind) { behind } else { astray().unwrap_or(behind) }
    }

    /// Whether all that is remembered was compared.
    fn is_at_end(&self, memory: &Memory, compared: usize) -> bool {
        self.start.saturating_add(compared) == memory.frames.len()
    }
}

/// So many frames before and behind a key frame may stand on its other side when the group comes again.
const MOST_ASTRAY: usize = 16;

/// The incoming group.
#[derive(Debug, Default)]
pub(in super::super) struct Incoming {
    /// All of it; also tags that are no frames, which are not compared.
    held: Vec<Tag>,
    held_bytes: usize,
    /// The hashes of its frames but for the key frame.
    hashes: Vec<(Track, u64)>,
    /// The groups of the memory that it equals so far, the newest first.
    equals: Vec<Equal>,
    compared: usize,
    first_sent: i64,
    last_sent: i64,
    /// All its times lie in what is written.
    is_written: bool,
    is_sound_alone: bool,
    /// The group before it was a repeat.
    after_repeat: bool,
}

impl Incoming {
    /// Whether tags are held back.
    #[inline]
    pub(in super::super) fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// Whether a frame with this time belongs to the next group, where there is sound alone.
    pub(in super::super) fn ends_before(&self, sent: i64) -> bool {
        self.is_sound_alone && sent - self.first_sent >= SOUND_GROUP_MS
    }

    /// The first frame of a group: whether it is held, as something that is remembered begins like that.
    pub(in super::super) fn begin(&mut self, frame: &Heard<'_>, memory: &Memory) -> bool {
        let is_sound_alone = !frame.is_key_frame;
        let equal = |(place, seen): (usize, &Seen)| {
            let is_equal = seen.hash == frame.hash && seen.track == frame.tag.track;
            is_equal.then(|| Equal::begin(place, memory))
        };
        let equals = match is_sound_alone {
            true => memory.groups().rev().filter_map(equal).take(MOST_GUESSES).collect(),
            false => memory.group_starts().filter_map(equal).take(MOST_GUESSES).collect(),
        };
        *self = Incoming {
            equals,
            first_sent: frame.sent,
            is_written: true,
            is_sound_alone,
            after_repeat: self.after_repeat,
            ..Incoming::default()
        };
        if self.equals.is_empty() {
            return false;
        }
        self.hold(frame);
        true
    }

    /// The next frame of the group: whether it is held, unless it differs, or too much is.
    pub(in super::super) fn go_on(&mut self, frame: &Heard<'_>, memory: &Memory) -> bool {
        if self.is_full() || !self.equals.iter().any(|equal| { *equal }.goes_on(frame, memory)) {
            return false;
        }
        self.equals.retain_mut(|equal| equal.goes_on(frame, memory));
        self.hold(frame);
        true
    }

    /// A tag that is no frame keeps its place between them; gives it back if too much is held.
    pub(in super::super) fn hold_beside(&mut self, tag: Tag) -> Result<(), Tag> {
        if self.is_full() {
            return Err(tag);
        }
        self.push(&tag);
        Ok(())
    }

    /// The group has ended: by how much earlier it was sent before, if it is a repeat.
    pub(in super::super) fn repeats(&self, memory: &Memory) -> Option<i64> {
        let newest = memory.frames.iter().rposition(|seen| seen.is_key_frame);
        let is_next = !self.after_repeat && self.equals.iter().any(|equal| Some(equal.start) == newest);
        let is_repeat = self.is_written || !self.is_sound_alone && (!is_next || self.is_varied());
        let distances = || self.equals.iter().filter_map(|equal| self.distance(*equal, memory));
        let distance = distances().find(|distance| *distance == 0).or_else(|| distances().next());
        distance.filter(|_| is_repeat && !self.is_still())
    }

    /// It differs from now on; but it equals the newest group up to where that ended. If that is a repeat, what follows
    /// goes on from there.
    pub(in super::super) fn joins(&self, memory: &Memory) -> Option<i64> {
        let equal = self.equals.iter().find(|equal| equal.is_at_end(memory, self.compared))?;
        let is_repeat = self.is_written || !self.is_sound_alone && (self.after_repeat || self.is_varied());
        self.distance(*equal, memory).filter(|_| is_repeat && !self.is_still())
    }

    /// Gives what was held; the next group follows one that was a repeat or was not.
    pub(in super::super) fn take(&mut self, is_repeat: bool) -> Vec<Tag> {
        let after_repeat = is_repeat || self.after_repeat && self.held.is_empty();
        std::mem::replace(self, Incoming { after_repeat, ..Incoming::default() }).held
    }

    fn hold(&mut self, frame: &Heard<'_>) {
        self.is_written &= frame.is_written;
        if !frame.is_key_frame {
            self.hashes.push((frame.tag.track, frame.hash));
        }
        self.last_sent = frame.sent;
        self.compared += 1;
        self.push(frame.tag);
    }

    /// With a body of its own: a slice would keep a whole network buffer alive, and nobody would count it.
    fn push(&mut self, tag: &Tag) {
        self.held_bytes = self.held_bytes.saturating_add(tag.payload.len());
        self.held.push(Tag { payload: Bytes::copy_from_slice(&tag.payload), ..*tag });
    }

    fn is_full(&self) -> bool {
        self.held.len() >= MOST_HELD_TAGS || self.held_bytes >= MOST_HELD_BYTES
    }

    fn distance(&self, equal: Equal, memory: &Memory) -> Option<i64> {
        memory.frames.get(equal.last).map(|seen| seen.sent - self.last_sent)
    }

    /// More than half of the frames behind the key frame differ from one another.
    fn is_varied(&self) -> bool {
        let different: HashSet<&(Track, u64)> = self.hashes.iter().collect();
        different.len() * 2 > self.hashes.len()
    }

    /// The sound is mute and the picture still. A key frame alone may be both, unless it goes on with what was repeated.
    fn is_still(&self) -> bool {
        if self.hashes.is_empty() {
            return !self.after_repeat;
        }
        let mut sounds = self.hashes.iter().filter(|(track, _)| *track == Track::Audio);
        let first = sounds.next();
        if first.is_some_and(|first| sounds.any(|sound| sound != first)) {
            return false;
        }
        let pictures: Vec<&Bytes> =
            self.held.iter().filter(|tag| classify(tag) == Body::VideoInter).map(|tag| &tag.payload).collect();
        let is_new = |(place, picture): (usize, &&Bytes)| {
            let before = pictures.iter().take(place).rev().take(ALIKE_KINDS);
            !before.into_iter().any(|before| are_alike(before, picture))
        };
        let new = pictures.iter().enumerate().filter(|pair| is_new(*pair)).count();
        new <= 1 || new * 2 <= pictures.len()
    }
}

fn are_alike(one: &[u8], other: &[u8]) -> bool {
    let most = one.len() / ALIKE_BYTES;
    one.len() == other.len() && one.iter().zip(other).filter(|(one, other)| one != other).nth(most).is_none()
}
