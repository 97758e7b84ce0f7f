//! From one connection to the next: the rules of `repeats` and `timeline` applied when the bytes come from elsewhere.

use super::announced::Announced;
use super::lost::Lost;
use super::repeats::{Overlap, Rejoin, Verdict};
use super::timeline::Joint;
use super::{Remuxer, Repeats, Step};
use crate::codec::{Body, classify};
use crate::note::NoteKind;

impl Remuxer {
    /// What is pushed from now on comes from a new connection; no bytes came for `dark_ms`.
    pub fn reconnected(&mut self, dark_ms: u64) {
        self.is_fresh = true;
        self.connected = Some(dark_ms.saturating_add(self.connected.unwrap_or_default()));
    }

    /// How much media of a new connection is held, as it may be what was received before; none: none is.
    pub fn held_of_connection(&self) -> Option<u64> {
        self.rejoin.as_ref().filter(|_| self.connected.is_none()).and_then(Rejoin::held_ms)
    }

    /// Holds it no longer: for a caller whose clock says that it comes as slowly as it plays, and so is live. What is not
    /// proved to be a repeat by now is written, and what of it was received before is there twice.
    pub fn release_connection(&mut self, steps: &mut Vec<Step>) {
        let rejoin = self.rejoin.as_ref().filter(|_| self.connected.is_none());
        if let Some(verdict) = rejoin.and_then(Rejoin::end_early) {
            self.rejoined(verdict, steps);
        }
    }

    /// The first of a new connection is here, or the end: what was held of the one before is settled first.
    #[inline]
    pub(super) fn connect(&mut self, steps: &mut Vec<Step>) {
        if let Some(dark_ms) = self.connected.take() {
            self.begin_rejoin(dark_ms, steps);
        }
    }

    fn begin_rejoin(&mut self, dark_ms: u64, steps: &mut Vec<Step>) {
        self.end_claims(steps);
        if self.rejoin.as_ref().is_some_and(|rejoin| !rejoin.has_matched()) {
            self.end_rejoin(steps);
        }
        self.end_group(steps);
        self.end_slow(false, steps);
        self.forget_kept(steps);
        self.repeated_groups = 0;
        let mut dark_ms = dark_ms.saturating_add(self.lost.filter(Lost::is_new).map_or(0, |lost| lost.dark_ms));
        if let Some(rejoin) = self.rejoin.take() {
            // All of it equals what we have.
            dark_ms = dark_ms.saturating_add(rejoin.dark_ms);
            let frames = rejoin.into_tags().into_iter().filter(|tag| classify(tag).is_frame());
            for tag in frames {
                self.drops.count(NoteKind::Repeat, &tag, self.timeline.now());
            }
        }
        if self.timeline.now().is_none() {
            return;
        }
        self.overlap = Overlap::default();
        self.announced = Announced::default();
        match self.options.repeats {
            Repeats::Drop => self.rejoin = Some(Rejoin::new(dark_ms, &self.memory)),
            Repeats::Keep => {
                self.lost = Some(Lost::connection(dark_ms, false));
                self.gate.shut();
            }
        }
    }

    /// Bytes that are no tags stood in the stream. Those at the begin of a connection were lost with the one before it.
    pub(super) fn damaged(&mut self) {
        let is_within = self.rejoin.is_none() && !self.lost.as_ref().is_some_and(Lost::is_new);
        if is_within && self.timeline.now().is_some() {
            self.lost = Some(Lost::damage());
        }
    }

    /// What is held of the new connection is all that will come before the configuration changes, or the end.
    pub(super) fn end_rejoin(&mut self, steps: &mut Vec<Step>) {
        if let Some(verdict) = self.rejoin.as_ref().and_then(|rejoin| rejoin.end()) {
            self.rejoined(verdict, steps);
        }
    }

    /// It is clear how the new connection follows the old one.
    pub(super) fn rejoined(&mut self, verdict: Verdict, steps: &mut Vec<Step>) {
        let Some(rejoin) = self.rejoin.take() else { return };
        let dark_ms = rejoin.dark_ms;
        match verdict {
            Verdict::Repeats { distance, strays, clock } => {
                self.timeline.join(Joint::Shifted(distance));
                self.overlap = Overlap::proved(distance, strays, clock, &mut self.memory);
                // It goes on where it broke, also in mid-group.
                self.lost = Some(Lost::joined(dark_ms, strays));
            }
            Verdict::Continues => {
                self.timeline.join(Joint::Continues);
                self.overlap = Overlap::believed(&mut self.memory);
                self.lost = Some(Lost::connection(dark_ms, false));
                self.gate.shut();
            }
            Verdict::Reset => {
                self.timeline.join(Joint::Reset);
                self.memory.clock_is_new();
                self.lost = Some(Lost::connection(dark_ms, true));
                self.gate.shut();
            }
        }
        // What was announced is told again in its place.
        self.announced = Announced::default();
        for tag in rejoin.into_tags() {
            match classify(&tag) {
                Body::VideoHeader(record) | Body::AudioHeader(record) => self.push_header(&tag, record, steps),
                Body::VideoKey => self.admit(tag, true, steps),
                body if body.is_frame() => self.admit(tag, false, steps),
                _ => self.push_beside(tag, steps),
            }
        }
    }
}
