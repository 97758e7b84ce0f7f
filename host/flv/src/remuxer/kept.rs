//! A group that is sent again while a configuration waits, and goes on in another segment.
//!
//! A server sends some of a stream, then an older one with another configuration, then the first again: the segment that
//! has the begin of a group is closed when its rest comes, and the rest alone cannot be decoded. So what is sent again of
//! the group is kept, and should anything new come before the next key frame, the next segment begins with it. Else it is
//! a repeat like any other.

use super::repeats::{MOST_HELD_BYTES, MOST_HELD_TAGS};
use super::{Phase, Remuxer, Step, start};
use crate::codec::{Body, classify};
use crate::note::NoteKind;
use crate::tag::{Tag, Track};

/// What is kept.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Frames of the newest group, from its key frame on.
    tags: Vec<Tag>,
    bytes: usize,
    /// A segment was begun with it: what else of it is sent again belongs there, too.
    is_written: bool,
}

impl Kept {
    /// The frame that a segment would begin with.
    pub(super) fn first(&self) -> Option<&Tag> {
        self.tags.first()
    }

    fn push(&mut self, tag: Tag) {
        self.bytes = self.bytes.saturating_add(tag.payload.len());
        self.tags.push(start::detach(tag));
    }

    fn is_full(&self) -> bool {
        self.tags.len() >= MOST_HELD_TAGS || self.bytes >= MOST_HELD_BYTES
    }
}

impl Remuxer {
    /// A frame that was received before.
    pub(super) fn push_repeat(&mut self, tag: Tag, is_key_frame: bool, steps: &mut Vec<Step>) {
        if self.kept.is_written {
            return self.put_again(tag, is_key_frame, steps);
        }
        if is_key_frame || self.kept.is_full() {
            self.forget_kept(steps);
        }
        let goes_on = is_key_frame || !self.kept.tags.is_empty();
        if goes_on && !self.announced.is_empty() {
            self.kept.push(tag);
        } else {
            self.drop_tag(NoteKind::Repeat, &tag, steps);
        }
    }

    /// No other segment begins with what is kept.
    pub(super) fn forget_kept(&mut self, steps: &mut Vec<Step>) {
        for tag in std::mem::take(&mut self.kept).tags {
            self.drop_tag(NoteKind::Repeat, &tag, steps);
        }
    }

    /// The configuration of a track that waits is another one from here on: what is kept of the track does not fit it, and
    /// without its pictures the rest is of no use.
    pub(super) fn forget_kept_of(&mut self, track: Track, steps: &mut Vec<Step>) {
        let goes = |tag: &Tag| tag.track == track || track == Track::Video;
        for tag in std::mem::take(&mut self.kept).tags {
            if goes(&tag) { self.drop_tag(NoteKind::Repeat, &tag, steps) } else { self.kept.push(tag) }
        }
    }

    /// What waited is in force: the segment that it begins, if it does, begins with what is kept.
    pub(super) fn begin_with(&mut self, kept: Kept, steps: &mut Vec<Step>) {
        if !matches!(self.phase, Phase::Opening(..)) {
            self.kept = kept;
            return self.forget_kept(steps);
        }
        self.kept.is_written = !kept.tags.is_empty();
        // What is missing is told by the distance from here to what is new.
        let lost = self.lost.take();
        for tag in kept.tags {
            let is_key_frame = classify(&tag) == Body::VideoKey;
            self.put_again(tag, is_key_frame, steps);
        }
        self.lost = lost;
    }

    /// Whether a frame goes on before what came last: with something older, or with what that came after.
    pub(super) fn goes_back(&self, frame: &Tag) -> bool {
        self.timeline.has_written(frame.track, self.timeline.unwrap(frame.track, frame.time_ms))
    }

    /// A frame that is in another segment.
    fn put_again(&mut self, tag: Tag, is_key_frame: bool, steps: &mut Vec<Step>) {
        let sent = self.timeline.unwrap(tag.track, tag.time_ms);
        if self.timeline.has_long_written(tag.track, sent) {
            return self.drop_tag(NoteKind::Repeat, &tag, steps);
        }
        let hash = self.hash(&tag);
        self.memory.forget(tag.track, sent, hash);
        self.put(tag, Some(hash), is_key_frame, steps);
    }
}
