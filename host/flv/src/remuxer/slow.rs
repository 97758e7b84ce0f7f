//! A step that is a jump, or the first one of a slower picture: the frame behind it tells.
//!
//! A camera gives way to slides: from one frame to the next the distance is fifty times the usual one, and nobody is
//! missing. The sender's clock that jumps looks the same, but goes on at the usual distance behind it. Where sound goes
//! on beside the pictures it tells at once; else, be it that there is none or that it has stopped, the picture is held
//! back for one frame.

use super::{Remuxer, Step};
use crate::tag::Tag;

/// A frame that waits for the next one.
#[derive(Debug)]
pub(super) struct Waiting {
    tag: Tag,
    hash: Option<u64>,
    is_key_frame: bool,
}

impl Remuxer {
    /// A frame that decoders can take and that is no repeat.
    #[inline]
    pub(super) fn take(&mut self, tag: Tag, sent: i64, hash: Option<u64>, is_key_frame: bool, steps: &mut Vec<Step>) {
        if let Some(first) = &self.slow {
            // A file that ends here does not tell what follows.
            let cuts = is_key_frame && self.asked.is_some();
            let is_slow = !cuts
                && first.tag.track == tag.track
                && self.timeline.is_as_slow(tag.track, first.tag.time_ms, tag.time_ms);
            self.end_slow(is_slow, steps);
        }
        if self.vouched.is_none()
            && self.timeline.may_be_slow(tag.track, sent)
            && !self.lost.as_ref().is_some_and(|lost| lost.awaits(tag.track))
        {
            self.slow = Some(Waiting { tag, hash, is_key_frame });
            return;
        }
        self.put(tag, hash, is_key_frame, steps);
    }

    /// The frame that waits is taken: as the first one of a slower picture, or as a jump.
    pub(super) fn end_slow(&mut self, is_slow: bool, steps: &mut Vec<Step>) {
        let Some(Waiting { tag, hash, is_key_frame }) = self.slow.take() else { return };
        if is_slow {
            self.timeline.slow_down(tag.track, tag.time_ms);
        }
        self.put(tag, hash, is_key_frame, steps);
    }
}
