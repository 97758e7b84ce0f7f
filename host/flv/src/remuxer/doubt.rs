//! Frames of another codec than the track's, which no configuration announces: MP3 among AAC, H.263 among AVC.
//!
//! A stream may change so. Far more often it is one tag whose type, or first byte, was damaged; a cut for each would make
//! files of one frame, and leave what follows without its configuration. So such frames are held back until there are
//! some in a row. A track that is not configured yet is made no other way.

use super::headers::{Change, Headers};
use super::{Phase, Remuxer, Step, start};
use crate::codec::{Body, classify};
use crate::note::NoteKind;
use crate::tag::{Tag, Track};

/// So many in a row are believed.
const PROOF: usize = 3;

/// The frames in doubt, by track.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    video: Vec<Tag>,
    audio: Vec<Tag>,
}

impl Doubts {
    fn of(&mut self, track: Track) -> &mut Vec<Tag> {
        if track == Track::Video { &mut self.video } else { &mut self.audio }
    }
}

impl Remuxer {
    /// A frame that implies another configuration.
    pub(super) fn doubt(&mut self, tag: Tag, steps: &mut Vec<Step>) {
        let track = tag.track;
        if self.doubts.of(track).first().is_some_and(|held| !Headers::is_same_codec(held, &tag)) {
            self.refuse(track, steps);
        }
        let held = self.doubts.of(track);
        held.push(start::detach(tag));
        if held.len() >= PROOF {
            self.believe(track, steps);
        }
    }

    /// The track goes on as it was: what was in doubt was damage.
    #[inline]
    pub(super) fn refuse(&mut self, track: Track, steps: &mut Vec<Step>) {
        if self.doubts.of(track).is_empty() {
            return;
        }
        for tag in std::mem::take(self.doubts.of(track)) {
            self.drop_tag(NoteKind::TagSkipped, &tag, steps);
        }
    }

    /// Nothing more will come of either track. The frames of one that has no others are all that there is of it.
    pub(super) fn end_doubts(&mut self, steps: &mut Vec<Step>) {
        for track in [Track::Video, Track::Audio] {
            if self.headers.has(track) { self.refuse(track, steps) } else { self.believe(track, steps) }
        }
    }

    fn believe(&mut self, track: Track, steps: &mut Vec<Step>) {
        let held = std::mem::take(self.doubts.of(track));
        if let Some(first) = held.first() {
            self.put_announced(first, steps);
            let change = if self.headers.has(track) { Change::Changed } else { Change::First };
            self.reconfigure(track, change, steps);
            self.headers.put(first, &[]);
        }
        let last = held.len().saturating_sub(1);
        for (place, tag) in held.into_iter().enumerate() {
            if let Phase::Opening(opening, _) = &mut self.phase {
                opening.has_more(place < last);
            }
            let is_key_frame = classify(&tag) == Body::VideoKey;
            self.push_configured(tag, is_key_frame, steps);
        }
    }
}
