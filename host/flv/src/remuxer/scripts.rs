//! Script data: what a sender tells of its stream.
//!
//! Only `onMetaData` is kept, and of it what says something of the encoder; what describes a file is made anew.

use super::{Phase, Remuxer, Step};
use crate::note::NoteKind;
use crate::script::Metadata;
use crate::tag::Tag;

impl Remuxer {
    /// Script data: the sender's metadata goes to the next segment, anything else nowhere.
    pub(super) fn push_script(&mut self, tag: &Tag, steps: &mut Vec<Step>) {
        let is_held_back = matches!(self.phase, Phase::Opening(..));
        let is_kept = match Metadata::parse(&tag.payload) {
            Ok(Some(new)) if self.metadata.as_ref() == Some(&new) => self.is_fresh,
            Ok(Some(new)) => {
                let is_whole = new.is_whole();
                if matches!(&self.phase, Phase::Opening(opening, _) if opening.has_no_media()) {
                    if new.tells_of_no_key_frames() {
                        self.gate.told_of_none();
                    }
                    if new.is_ours() {
                        self.is_ours = true;
                        self.timeline.trust();
                    }
                    self.hear_claims(tag);
                }
                if is_whole || self.metadata.is_none() {
                    self.metadata = Some(new);
                }
                is_whole && (is_held_back || self.is_fresh)
            }
            Ok(None) | Err(_) => false,
        };
        if !is_kept {
            self.note(NoteKind::Script, tag, steps);
        }
    }
}
