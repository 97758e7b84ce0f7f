//! Where bytes were lost: how much media is missing with them.
//!
//! A jump tells its size by itself. A hole that is too short for a jump stays in the file as it is, so nobody would hear
//! of it; where bytes are known to be lost, the first frame of each track behind the place is measured against the
//! track's own distances.

use super::repeats::Strays;
use super::tell::Untold;
use super::timeline::{Jump, Placed};
use super::{Remuxer, Step};
use crate::note::{Cause, Note, NoteKind};
use crate::tag::{Tag, Track};

/// A place where bytes were lost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lost {
    cause: Cause,
    /// How long no bytes came.
    pub(super) dark_ms: u64,
    /// The sender's clock was set anew meanwhile: it cannot tell what is missing.
    is_reset: bool,
    /// By how much another server's times stray.
    strays: Strays,
    video: Awaited,
    audio: Awaited,
    /// A gap was told; what the other track lacks is the same media.
    is_told: bool,
}

/// What is known of a track behind the place.
#[derive(Clone, Copy, Debug)]
enum Awaited {
    /// No frame of it has come.
    Yes,
    /// One has come, so much too late, and none was taken so far.
    Came(u64),
    /// One was taken.
    No,
}

impl Lost {
    /// A connection was lost for so long.
    pub(super) fn connection(dark_ms: u64, is_reset: bool) -> Lost {
        Lost { cause: Cause::Connection, dark_ms, is_reset, ..Lost::damage() }
    }

    /// The same, and what was sent again has shown how far the new times stray.
    pub(super) fn joined(dark_ms: u64, strays: Strays) -> Lost {
        Lost { strays, ..Lost::connection(dark_ms, false) }
    }

    /// Bytes that are no tags stood in the stream.
    pub(super) fn damage() -> Lost {
        let cause = Cause::Damage;
        Lost {
            cause,
            dark_ms: 0,
            is_reset: false,
            strays: Strays::default(),
            video: Awaited::Yes,
            audio: Awaited::Yes,
            is_told: false,
        }
    }

    /// Whether nothing has come behind the place.
    pub(super) fn is_new(&self) -> bool {
        matches!((self.video, self.audio), (Awaited::Yes, Awaited::Yes))
    }

    /// Whether no frame of the track was taken.
    pub(super) fn awaits(&self, track: Track) -> bool {
        let awaited = if track == Track::Video { self.video } else { self.audio };
        !matches!(awaited, Awaited::No)
    }

    /// Whether the next frame that is taken sets the clock.
    pub(super) fn is_clock_new(&self) -> bool {
        self.is_reset && !self.is_told
    }

    /// Whether frames of both tracks were taken.
    pub(super) fn is_over(&self) -> bool {
        matches!((self.video, self.audio), (Awaited::No, Awaited::No))
    }

    /// A frame of the track has come, be it dropped; `hole_ms` says how much too late it is.
    pub(super) fn came(&mut self, track: Track, hole_ms: impl FnOnce() -> u64) {
        let strays = self.strays;
        let awaited = self.track(track);
        if let Awaited::Yes = awaited {
            let hole_ms = hole_ms();
            let is_stray = i64::try_from(hole_ms).is_ok_and(|hole_ms| strays.doubt(track, hole_ms));
            *awaited = Awaited::Came(if is_stray { 0 } else { hole_ms });
        }
    }

    /// A frame of the track is taken, with this jump of the clock: what is to be noted of it. None: what any other frame
    /// would be noted with.
    pub(super) fn taken(&mut self, track: Track, jump: Option<Jump>) -> Option<(NoteKind, Option<(Cause, u64)>)> {
        let hole_ms = match std::mem::replace(self.track(track), Awaited::No) {
            Awaited::No => return None,
            Awaited::Came(hole_ms) => hole_ms,
            Awaited::Yes => 0,
        };
        let lost_ms = match jump {
            _ if self.is_reset => (!self.is_told).then_some(self.dark_ms),
            Some(Jump::Forward(missing_ms)) => Some(missing_ms),
            Some(Jump::Reset) if self.cause == Cause::Connection && !self.is_told => Some(self.dark_ms),
            Some(Jump::Reset | Jump::Back) => None,
            None => Some(hole_ms).filter(|hole_ms| *hole_ms > 0 && !self.is_told),
        }?;
        self.is_told = true;
        let kind = if self.cause == Cause::Connection { NoteKind::Connection } else { NoteKind::Damage };
        Some((kind, Some((self.cause, lost_ms))))
    }

    fn track(&mut self, track: Track) -> &mut Awaited {
        if track == Track::Video { &mut self.video } else { &mut self.audio }
    }
}

impl Remuxer {
    /// Tells what the timeline did, and what is missing; `before` is where the recording was.
    #[inline]
    pub(super) fn note_time(&mut self, tag: &Tag, placed: Placed, before: Option<i64>, steps: &mut Vec<Step>) {
        if self.lost.is_some() || placed.jump.is_some() || placed.short_clock || placed.apart {
            self.note_oddities(tag, placed, before, steps);
        }
    }

    fn note_oddities(&mut self, tag: &Tag, placed: Placed, before: Option<i64>, steps: &mut Vec<Step>) {
        let at = before.or(Some(placed.at));
        let told = [(NoteKind::ShortClock, placed.short_clock), (NoteKind::TracksApart, placed.apart)];
        for (kind, _) in told.into_iter().filter(|(_, is_told)| *is_told) {
            let note = Note { tags: 1, ..Note::repair(kind, tag.offset, 0) };
            self.tell(Untold { note, at, is_of_time: true }, steps);
        }
        let lost = self.lost.as_mut().and_then(|lost| lost.taken(tag.track, placed.jump));
        self.lost = self.lost.take_if(|lost| !lost.is_over());
        let (kind, gap) = match (lost, placed.jump) {
            (Some(lost), _) => lost,
            (None, Some(Jump::Forward(missing_ms))) => (NoteKind::Jump, Some((Cause::Jump, missing_ms))),
            (None, Some(Jump::Reset | Jump::Back)) => (NoteKind::Jump, None),
            (None, None) => return,
        };
        let note = Note { gap, ..Note::repair(kind, tag.offset, 0) };
        self.tell(Untold { note, at, is_of_time: true }, steps);
    }
}
