//! Notes about what is dropped: one for each run of tags that are dropped for the same reason.

use super::Step;
use crate::note::{Note, NoteKind};
use crate::tag::{Tag, Track};

/// The runs that have not been told yet, by track.
#[derive(Clone, Debug, Default)]
pub(super) struct Drops {
    video: Option<Note>,
    audio: Option<Note>,
}

impl Drops {
    /// Adds a tag to its track's run.
    pub(super) fn count(&mut self, kind: NoteKind, tag: &Tag, now_ms: u32) {
        let run = self.run(tag.track);
        let note = run.get_or_insert_with(|| Note::repair(kind, tag.offset, u64::from(now_ms)));
        note.kind = kind;
        note.tags = note.tags.saturating_add(1);
        note.bytes = note.bytes.saturating_add(u64::try_from(tag.payload.len()).unwrap_or(u64::MAX));
    }

    /// The track goes on: tells what was dropped before.
    #[inline]
    pub(super) fn give(&mut self, track: Track, steps: &mut Vec<Step>) {
        if let Some(note) = self.run(track).take() {
            steps.push(Step::Note(note));
        }
    }

    /// Something of the track is dropped for this reason: tells what was dropped for another.
    pub(super) fn give_other(&mut self, kind: NoteKind, track: Track, steps: &mut Vec<Step>) {
        if let Some(note) = self.run(track).take_if(|note| note.kind != kind) {
            steps.push(Step::Note(note));
        }
    }

    /// Tells all.
    pub(super) fn give_all(&mut self, steps: &mut Vec<Step>) {
        self.give(Track::Video, steps);
        self.give(Track::Audio, steps);
    }

    fn run(&mut self, track: Track) -> &mut Option<Note> {
        if track == Track::Video { &mut self.video } else { &mut self.audio }
    }
}
