//! The start of a segment: what is held back until it can begin, and which video must wait for a key frame.
//!
//! A file begins with the configurations of its tracks, and at time 0. Which tracks there are and which time is the
//! earliest is known when both have spoken; so tags are held back, for at most two seconds of media. At the start of a
//! recording what precedes the first key frame is of no use; later everything but the undecodable is kept.

use bytes::Bytes;

use super::tell::{MOST_UNTOLD, Untold};
use super::timeline::Placed;
use crate::codec::is_state;
use crate::cut::CutReason;
use crate::tag::{Tag, Track};

/// So much media is held back at most: longer than any sender needs to send all headers, short for someone who looks at
/// the growing file.
const MOST_HELD_MS: i64 = 2_000;

/// Bounds in memory.
const MOST_HELD_BYTES: usize = 8 << 20;
const MOST_HELD_TAGS: usize = 4096;

/// Bodies below this are copied when held: a slice of 300 bytes would keep a whole network buffer alive.
const COPIED_BYTES: usize = 64 << 10;

/// Video waits so long for a key frame; a stream without any in this time has none (periodic intra refresh).
const LONGEST_GROUP_MS: i32 = 20_000;

/// No two pictures of a stream stand further apart.
const LONGEST_STEP_MS: i32 = 10_000;

/// A tag that waits.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) tag: Tag,
    /// Its time in the recording; none: before everything else.
    pub(super) at: Option<i64>,
    is_frame: bool,
}

/// A segment that is to begin.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) why: CutReason,
    tags: Vec<Held>,
    bytes: usize,
    /// Time of the first key frame, or of the first frame of video that has none.
    picture_at: Option<i64>,
    /// Video came before the first key frame: we were joined to the stream in mid-group.
    mid_group: bool,
    /// Time of the last sound.
    sound_at: Option<i64>,
    untold: Vec<Untold>,
    /// More frames are here that came before what is held.
    has_more: bool,
}

/// First times of the tracks that differ by more are believed when second ones agree with them.
const FIRSTS_APART_MS: u32 = 1_000;

/// What is known of the tracks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) video: bool,
    pub(super) audio: bool,
    /// The first times are right.
    pub(super) times: bool,
}

impl Opening {
    pub(super) fn new(why: CutReason) -> Opening {
        Opening {
            why,
            tags: Vec::new(),
            bytes: 0,
            picture_at: None,
            mid_group: false,
            sound_at: None,
            untold: Vec::new(),
            has_more: false,
        }
    }

    /// Whether no frame waits.
    pub(super) fn has_no_media(&self) -> bool {
        !self.tags.iter().any(|held| held.is_frame)
    }

    /// Holds a tag back.
    pub(super) fn hold(&mut self, tag: Tag, at: Option<i64>, is_frame: bool) {
        self.bytes = self.bytes.saturating_add(tag.payload.len());
        if let (true, Some(at)) = (is_frame, at) {
            match tag.track {
                Track::Video => {
                    self.picture_at.get_or_insert(at);
                }
                Track::Audio => self.sound_at = Some(at),
                Track::Script => {}
            }
        }
        self.tags.push(Held { tag: detach(tag), at, is_frame });
    }

    /// Holds a frame back.
    pub(super) fn hold_frame(&mut self, tag: Tag, placed: Placed) {
        if placed.after_zeros {
            self.unplace(tag.track);
        }
        self.hold(tag, Some(placed.at), true);
    }

    /// Frames that were in doubt are handed over: the segment begins with the last of them at the earliest, so that each
    /// finds its place.
    pub(super) fn has_more(&mut self, has_more: bool) {
        self.has_more = has_more;
    }

    /// Keeps a note until the segment has begun; gives it back if there are too many.
    pub(super) fn keep_untold(&mut self, untold: Untold) -> Option<Untold> {
        if self.untold.len() >= MOST_UNTOLD {
            return Some(untold);
        }
        self.untold.push(untold);
        None
    }

    /// Gives the notes that waited.
    pub(super) fn take_untold(&mut self) -> impl Iterator<Item = Untold> + use<> {
        std::mem::take(&mut self.untold).into_iter()
    }

    /// Whether a frame of this track waits.
    pub(super) fn has_frames_of(&self, track: Track) -> bool {
        self.tags.iter().any(|held| held.is_frame && held.tag.track == track)
    }

    /// Whether exactly one frame of this track waits.
    pub(super) fn has_one_frame_of(&self, track: Track) -> bool {
        let mut frames = self.frames_of(track);
        frames.next().is_some() && frames.next().is_none()
    }

    /// Whether the tracks begin at different times, and one of them with a single frame.
    fn is_first_doubtful(&self) -> bool {
        let first = |track| self.frames_of(track).next().map(|held| held.tag.time_ms);
        let (video, audio) = (first(Track::Video), first(Track::Audio));
        let apart = video.zip(audio).map(|(video, audio)| video.wrapping_sub(audio).cast_signed().unsigned_abs());
        apart.is_some_and(|apart| apart > FIRSTS_APART_MS)
            && (self.has_one_frame_of(Track::Video) || self.has_one_frame_of(Track::Audio))
    }

    fn frames_of(&self, track: Track) -> impl Iterator<Item = &Held> {
        self.tags.iter().filter(move |held| held.is_frame && held.tag.track == track)
    }

    /// Gives all that waits, and goes on without.
    pub(super) fn restart(&mut self) -> Opening {
        let fresh = Opening { mid_group: self.mid_group, ..Opening::new(self.why) };
        std::mem::replace(self, fresh)
    }

    /// The track's tags so far were sent with a time that means nothing: they belong before everything else.
    pub(super) fn unplace(&mut self, track: Track) {
        for held in self.tags.iter_mut().filter(|held| held.tag.track == track) {
            held.at = None;
        }
        if track == Track::Audio {
            self.sound_at = None;
        }
    }

    /// Video before the first key frame came and was dropped. Gives what goes with it at the start of a recording: no
    /// more sound is held than the file will want, whatever the key frame's time.
    pub(super) fn joined_mid_group(&mut self) -> Vec<Held> {
        self.mid_group = true;
        if self.why != CutReason::Start {
            return Vec::new();
        }
        self.drop_before(self.newest() - MOST_HELD_MS)
    }

    /// The first key frame, at this time, of a recording that was joined in mid-group: gives the sound before it.
    pub(super) fn begins_at(&mut self, picture_at: i64) -> Vec<Held> {
        if !self.mid_group || self.why != CutReason::Start || self.picture_at.is_some() {
            return Vec::new();
        }
        // No more than would be held anyway: else the file, sent through again, would begin without the picture.
        self.drop_before(picture_at.max(self.newest() - MOST_HELD_MS + 1))
    }

    fn newest(&self) -> i64 {
        self.tags.iter().filter_map(|held| held.at).max().unwrap_or_default()
    }

    fn drop_before(&mut self, time: i64) -> Vec<Held> {
        if self.tags.iter().all(|held| held.at.is_some_and(|at| at >= time)) {
            return Vec::new();
        }
        let goes = |held: &mut Held| held.tag.track == Track::Audio && held.at.is_none_or(|at| at < time);
        let dropped: Vec<Held> = self.tags.extract_if(.., goes).collect();
        self.bytes = self.tags.iter().map(|held| held.tag.payload.len()).sum();
        dropped
    }

    /// Whether the segment can begin with what is here.
    pub(super) fn is_ready(&self, known: Known) -> bool {
        if self.has_no_media() || self.has_more {
            return false;
        }
        let is_first = self.why == CutReason::Start;
        let waits_for_picture = known.video && self.picture_at.is_none();
        // A picture that waits has its sound when sound of that time, or later, is here.
        let has_sound = self.sound_at.is_some() && self.sound_at >= self.picture_at;
        let most_ms = match waits_for_picture && is_first && self.mid_group {
            // As long as video comes, `joined_mid_group` holds no more than is wanted.
            true => i64::from(LONGEST_GROUP_MS),
            false => MOST_HELD_MS,
        };
        if self.bytes >= MOST_HELD_BYTES || self.tags.len() >= MOST_HELD_TAGS || self.span_ms() >= most_ms {
            return true;
        }
        if is_first && !known.times && self.is_first_doubtful() {
            return false;
        }
        match (self.picture_at.is_some(), is_first) {
            (true, true) => has_sound,
            (true, false) => has_sound || !known.audio,
            // In mid-group sound goes on at once.
            (false, false) => true,
            (false, true) => false,
        }
    }

    /// The longer track's media time.
    fn span_ms(&self) -> i64 {
        let span = |track| {
            let times = || self.tags.iter().filter(|held| held.is_frame && held.tag.track == track);
            let first = times().find_map(|held| held.at);
            let last = times().rev().find_map(|held| held.at);
            first.zip(last).map_or(0, |(first, last)| last - first)
        };
        span(Track::Video).max(span(Track::Audio))
    }

    /// The time in the recording where the segment's clock is 0.
    pub(super) fn base(&self) -> i64 {
        self.tags.iter().filter(|held| held.is_frame).filter_map(|held| held.at).min().unwrap_or_default()
    }

    /// The last of the tags that tell the track's colours, or its layout of channels.
    pub(super) fn newest_state(&self, track: Track) -> Option<&Tag> {
        let states = |held: &&Held| !held.is_frame && held.tag.track == track && is_state(&held.tag);
        self.tags.iter().rev().find(states).map(|held| &held.tag)
    }

    /// What was held, in the order it came: frames that were in doubt stand behind later ones.
    pub(super) fn into_tags(mut self) -> Vec<Held> {
        self.tags.sort_by_key(|held| held.tag.offset);
        self.tags
    }
}

/// The tag with a body of its own, if it is small, so that it does not keep the network's buffer alive while it waits.
pub(super) fn detach(tag: Tag) -> Tag {
    if tag.payload.len() >= COPIED_BYTES {
        return tag;
    }
    Tag { payload: Bytes::copy_from_slice(&tag.payload), ..tag }
}

/// Video waits for a key frame.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gate {
    is_open: bool,
    /// Time of the frame that was dropped last, and how much media was.
    last: Option<u32>,
    waited_ms: i32,
    /// The stream is known to have none: no segment waits for one, until one comes.
    has_none: bool,
}

/// What the gate says of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// It is taken.
    Yes,
    /// It is dropped.
    No,
    /// There are no key frames: it is taken, and so is all that follows.
    AsIs,
}

impl Gate {
    /// From now on a key frame is waited for.
    pub(super) fn shut(&mut self) {
        *self = Gate { has_none: self.has_none, ..Gate::default() };
    }

    /// The stream has no key frames: it says so itself.
    pub(super) fn told_of_none(&mut self) {
        self.has_none = true;
    }

    #[inline]
    pub(super) fn passes(&mut self, is_key_frame: bool, time_ms: u32) -> Pass {
        self.has_none &= !is_key_frame;
        if self.is_open || is_key_frame || self.has_none {
            self.is_open = true;
            return Pass::Yes;
        }
        let step = self.last.replace(time_ms).map_or(0, |last| time_ms.wrapping_sub(last).cast_signed());
        // The clock may jump meanwhile: that is no waiting.
        self.waited_ms += step.clamp(0, LONGEST_STEP_MS);
        self.is_open = self.waited_ms >= LONGEST_GROUP_MS;
        self.has_none = self.is_open;
        if self.is_open { Pass::AsIs } else { Pass::No }
    }
}
