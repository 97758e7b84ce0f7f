//! Tags that belong to a track and are neither frame nor configuration.
//!
//! Most mean the moment at which they come. The colours of HDR and the layout of channels are a state like a
//! configuration: sent once, mostly before the first frame, and wanted by every segment.

use super::{Phase, Remuxer, Step};
use crate::codec::is_state;
use crate::note::NoteKind;
use crate::tag::Tag;

impl Remuxer {
    /// Such a tag keeps its place in the order. A state that comes before its track's first frame goes to the beginning.
    pub(super) fn push_beside(&mut self, tag: Tag, steps: &mut Vec<Step>) {
        let is_state = is_state(&tag);
        if is_state && self.is_fresh && self.headers.state(tag.track).is_some_and(|known| known.payload == tag.payload)
        {
            return;
        }
        if is_state && self.announce_state(&tag) {
            return;
        }
        let is_early = matches!(&self.phase, Phase::Opening(opening, _) if !opening.has_frames_of(tag.track));
        if is_state && is_early {
            return self.headers.put_state(tag.track, Some(&tag));
        }
        if !self.headers.has(tag.track) {
            return self.drop_tag(NoteKind::Unconfigured, &tag, steps);
        }
        let at = match self.vouched {
            Some(_) => Some(i64::from(tag.time_ms)),
            None => self.timeline.beside(tag.track, tag.time_ms),
        };
        match &mut self.phase {
            Phase::Open(open) if self.rejoin.is_none() && open.has(tag.track) => {
                if is_state {
                    self.headers.put_state(tag.track, Some(&tag));
                }
                steps.push(open.write(tag, at));
            }
            Phase::Opening(opening, _) if self.rejoin.is_none() && opening.has_frames_of(tag.track) => {
                opening.hold(tag, at, false);
            }
            _ => {
                if is_state && matches!(self.phase, Phase::Open(_)) {
                    // Too late for this segment, not for the next.
                    self.headers.put_state(tag.track, Some(&tag));
                }
                self.drop_tag(NoteKind::TagSkipped, &tag, steps);
            }
        }
    }
}
