//! On one connection: the rules of `repeats` applied to each group that comes in.

use super::repeats::Heard;
use super::timeline::Joint;
use super::{Remuxer, Repeats, Step};
use crate::codec::{Body, classify};
use crate::note::NoteKind;
use crate::tag::{Tag, Track};

/// So many repeated groups in a row are no accident of a server: the stream is over, or hangs.
const LOOP_GROUPS: u32 = 10;

impl Remuxer {
    /// A frame that decoders can take, and that was perhaps received before.
    pub(super) fn admit(&mut self, tag: Tag, is_key_frame: bool, steps: &mut Vec<Step>) {
        let track = tag.track;
        let mut sent = self.timeline.unwrap(track, tag.time_ms);
        if self.overlap.covers(&tag, sent, self.seed(track)) {
            if is_key_frame && self.overlap.is_over_again(sent) {
                self.count_repeat(steps);
            }
            return self.push_repeat(tag, is_key_frame, steps);
        }
        self.put_announced(&tag, steps);
        if self.options.repeats == Repeats::Keep || self.vouched.is_some() {
            return self.take(tag, sent, None, is_key_frame, steps);
        }
        let has_video = self.headers.has(Track::Video);
        if is_key_frame || self.incoming.ends_before(sent) {
            self.end_group(steps);
            // Dropping a group may have moved the clock.
            sent = self.timeline.unwrap(track, tag.time_ms);
        }
        let (hash, is_written) = (self.hash(&tag), self.timeline.has_written(track, sent));
        let frame = Heard { tag: &tag, sent, hash, is_key_frame, is_written };
        let is_held = match () {
            () if self.incoming.is_holding() => self.incoming.go_on(&frame, &self.memory),
            () if is_key_frame || !has_video && is_written => self.incoming.begin(&frame, &self.memory),
            () => false,
        };
        if is_held {
            return;
        }
        if self.incoming.is_holding() {
            let joins = self.incoming.joins(&self.memory);
            self.settle(joins, steps);
            sent = self.timeline.unwrap(track, tag.time_ms);
        }
        if is_key_frame || !has_video {
            self.incoming.take(false);
            self.repeated_groups = 0;
        }
        self.take(tag, sent, Some(hash), is_key_frame, steps);
    }

    /// A tag that is no frame stays where it came.
    pub(super) fn admit_beside(&mut self, tag: Tag, steps: &mut Vec<Step>) {
        let tag = match self.incoming.is_holding() {
            true => self.incoming.hold_beside(tag),
            false => Err(tag),
        };
        if let Err(tag) = tag {
            self.end_group(steps);
            self.end_slow(false, steps);
            self.push_beside(tag, steps);
        }
    }

    /// No more of the incoming group will come.
    pub(super) fn end_group(&mut self, steps: &mut Vec<Step>) {
        if self.incoming.is_holding() {
            let repeats = self.incoming.repeats(&self.memory);
            self.settle(repeats, steps);
        }
    }

    /// What is held is a repeat of what was sent so much earlier, or it is none.
    fn settle(&mut self, repeats: Option<i64>, steps: &mut Vec<Step>) {
        let held = self.incoming.take(repeats.is_some());
        if let Some(distance) = repeats {
            for tag in &held {
                self.drop_tag(NoteKind::Repeat, tag, steps);
            }
            if distance != 0 {
                self.timeline.join(Joint::Shifted(distance));
                self.memory.shift(distance);
            }
            return self.count_repeat(steps);
        }
        self.repeated_groups = 0;
        for tag in held {
            let body = classify(&tag);
            if body.is_frame() {
                let is_key_frame = body == Body::VideoKey;
                let sent = self.timeline.unwrap(tag.track, tag.time_ms);
                self.take(tag, sent, None, is_key_frame, steps);
            } else {
                self.end_slow(false, steps);
                self.push_beside(tag, steps);
            }
        }
    }

    fn count_repeat(&mut self, steps: &mut Vec<Step>) {
        self.repeated_groups = self.repeated_groups.saturating_add(1);
        if self.repeated_groups == LOOP_GROUPS {
            steps.push(Step::Looping);
        }
    }
}
