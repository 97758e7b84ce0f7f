//! One wild time stamp on the first frame of a track, which would make a file of days.
//!
//! At the begin of a recording nothing tells which times are right. So, while a segment is held back, the first frame of
//! a track has to agree with its second one, else it is placed anew. In a file of ours that was seen to when it was
//! recorded.

use super::start::Opening;
use super::tell::Untold;
use super::timeline::{Timeline, before};
use super::{Phase, Remuxer, Repeats, Step};
use crate::codec::{Body, classify};
use crate::cut::CutReason;
use crate::note::{Note, NoteKind};
use crate::tag::Tag;

impl Remuxer {
    /// A frame is about to be placed: was the one before it, the first of its track, stamped wildly?
    #[inline]
    pub(super) fn check_first(&mut self, tag: &Tag, steps: &mut Vec<Step>) {
        let Phase::Opening(opening, _) = &mut self.phase else { return };
        if self.is_ours || opening.why != CutReason::Start || !opening.has_one_frame_of(tag.track) {
            return;
        }
        if self.timeline.was_first_wild(tag.track, tag.time_ms) {
            let held = opening.restart();
            self.place_anew(held, tag, steps);
        }
    }

    /// Places what is held as if the first frame of the track had been stamped as the second one tells.
    fn place_anew(&mut self, mut held: Opening, second: &Tag, steps: &mut Vec<Step>) {
        self.timeline = Timeline::default();
        self.memory.forget_frames();
        for untold in held.take_untold().filter(|untold| !untold.is_of_time) {
            self.tell(untold, steps);
        }
        for mut waiting in held.into_tags() {
            let body = classify(&waiting.tag);
            let (is_frame, is_key_frame) = (body.is_frame(), body == Body::VideoKey);
            if !is_frame {
                let at = self.timeline.beside(waiting.tag.track, waiting.tag.time_ms);
                self.hold_anew(|opening| opening.hold(waiting.tag, at, false));
                continue;
            }
            let is_wild = waiting.tag.track == second.track;
            if is_wild {
                waiting.tag.time_ms = before(second.track, second.time_ms);
            }
            let tag = waiting.tag;
            let sent = self.timeline.unwrap(tag.track, tag.time_ms);
            let placed = self.timeline.place(tag.track, tag.time_ms);
            if self.options.repeats == Repeats::Drop {
                self.memory.remember(tag.track, sent, self.hash(&tag), is_key_frame);
            }
            if is_wild {
                let note = Note::repair(NoteKind::Jump, tag.offset, 0);
                self.tell(Untold { note, at: Some(placed.at), is_of_time: false }, steps);
            }
            self.note_time(&tag, placed, None, steps);
            self.hold_anew(|opening| opening.hold_frame(tag, placed));
        }
    }

    fn hold_anew(&mut self, hold: impl FnOnce(&mut Opening)) {
        if let Phase::Opening(opening, _) = &mut self.phase {
            hold(opening);
        }
    }
}
