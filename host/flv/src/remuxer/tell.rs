//! Notes, with the time in the segment that they belong to.
//!
//! What happens before a segment has begun has no such time, as its clock is not known yet. So a note waits with the
//! segment that is held back, and is told when that has begun.

use super::{Phase, Remuxer, Step};
use crate::note::{Note, NoteKind};
use crate::tag::Tag;

/// So many wait at most: as many as there are tags that wait.
pub(super) const MOST_UNTOLD: usize = 4096;

/// A note that waits.
#[derive(Clone, Debug)]
pub(super) struct Untold {
    pub(super) note: Note,
    /// When, in the recording; none: before all media.
    pub(super) at: Option<i64>,
    /// It tells of a tag's time, which may yet be found to be another.
    pub(super) is_of_time: bool,
}

impl Remuxer {
    /// Tells a note, or lets it wait.
    pub(super) fn tell(&mut self, untold: Untold, steps: &mut Vec<Step>) {
        let note = match &mut self.phase {
            Phase::Open(open) => Note { at_ms: open.at_ms(untold.at), ..untold.note },
            Phase::Opening(opening, _) => match opening.keep_untold(untold) {
                Some(Untold { note, .. }) => note,
                None => return,
            },
        };
        steps.push(Step::Note(note));
    }

    /// Tells of what stands where the recording is now.
    pub(super) fn tell_now(&mut self, note: Note, steps: &mut Vec<Step>) {
        self.tell(Untold { note, at: self.timeline.now(), is_of_time: false }, steps);
    }

    /// Tells of one tag.
    pub(super) fn note(&mut self, kind: NoteKind, tag: &Tag, steps: &mut Vec<Step>) {
        self.tell_now(Note { tags: 1, ..Note::repair(kind, tag.offset, 0) }, steps);
    }

    /// A tag that is not written.
    pub(super) fn drop_tag(&mut self, kind: NoteKind, tag: &Tag, steps: &mut Vec<Step>) {
        if let Some(untold) = self.drops.take_other(kind, tag.track) {
            self.tell(untold, steps);
        }
        self.drops.count(kind, tag, self.timeline.now());
    }

    /// Tells all that was dropped.
    pub(super) fn tell_drops(&mut self, steps: &mut Vec<Step>) {
        for untold in self.drops.take_all() {
            self.tell(untold, steps);
        }
    }
}
