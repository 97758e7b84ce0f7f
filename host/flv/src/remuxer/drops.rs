//! Notes about what is dropped: one for each run of tags that are dropped for the same reason.

use super::tell::Untold;
use crate::note::{Note, NoteKind};
use crate::tag::{Tag, Track};

/// The runs that have not been told yet, by track.
#[derive(Clone, Debug, Default)]
pub(super) struct Drops {
    video: Option<Untold>,
    audio: Option<Untold>,
}

impl Drops {
    /// Adds a tag to its track's run; `at` is where the recording is.
    pub(super) fn count(&mut self, kind: NoteKind, tag: &Tag, at: Option<i64>) {
        let begun = || Untold { note: Note::repair(kind, tag.offset, 0), at, is_of_time: false };
        let note = &mut self.run(tag.track).get_or_insert_with(begun).note;
        note.kind = kind;
        note.tags = note.tags.saturating_add(1);
        note.bytes = note.bytes.saturating_add(u64::try_from(tag.payload.len()).unwrap_or(u64::MAX));
    }

    /// The track goes on: what was dropped before.
    #[inline]
    pub(super) fn take(&mut self, track: Track) -> Option<Untold> {
        self.run(track).take()
    }

    /// Something of the track is dropped for this reason: what was dropped for another.
    pub(super) fn take_other(&mut self, kind: NoteKind, track: Track) -> Option<Untold> {
        self.run(track).take_if(|untold| untold.note.kind != kind)
    }

    /// All runs.
    pub(super) fn take_all(&mut self) -> impl Iterator<Item = Untold> + use<> {
        [self.video.take(), self.audio.take()].into_iter().flatten()
    }

    fn run(&mut self, track: Track) -> &mut Option<Untold> {
        if track == Track::Video { &mut self.video } else { &mut self.audio }
    }
}
