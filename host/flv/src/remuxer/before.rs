//! A configuration that changes, and one that is taken back: the segment before goes on if no media came between.

use super::headers::Change;
use super::open::Open;
use super::repeats::Groups;
use super::start::Gate;
use super::timeline::Timeline;
use super::{Phase, Remuxer, Step};
use crate::cut::CutReason;
use crate::tag::{Tag, Track};

/// The segment that ended, as it was.
#[derive(Debug)]
pub(super) struct Before {
    open: Open,
    gate: Gate,
    timeline: Timeline,
    states: [Option<Tag>; 2],
    groups: Groups,
}

impl Remuxer {
    /// A configuration is about to change: whatever was received before it belongs to the segment before.
    pub(super) fn reconfigure(&mut self, track: Track, change: Change, steps: &mut Vec<Step>) {
        self.end_rejoin(steps);
        self.end_group(steps);
        self.end_slow(false, steps);
        if matches!(self.phase, Phase::Open(_)) {
            self.tell_drops(steps);
        }
        let groups = self.memory.end_groups();
        let why = match change {
            Change::Changed => CutReason::HeaderChanged(track),
            _ => CutReason::LateHeader(track),
        };
        let before = match &self.phase {
            Phase::Open(open) => {
                let states = [Track::Video, Track::Audio].map(|track| self.headers.state(track).cloned());
                let timeline = self.timeline.clone();
                Some(Box::new(Before { open: *open, gate: self.gate, timeline, groups, states }))
            }
            // The last of each kind wins, as long as no frame needs the one before.
            Phase::Opening(opening, _) if change != Change::Changed || !opening.has_frames_of(track) => return,
            Phase::Opening(..) => {
                self.begin(steps);
                None
            }
        };
        self.open_next(why, before);
    }

    /// If the configurations are again those of the segment before, and nothing came between, it goes on.
    pub(super) fn take_back(&mut self, steps: &mut Vec<Step>) {
        if let Phase::Opening(opening, Some(before)) = &mut self.phase
            && opening.has_no_media()
            && self.headers.are_written()
        {
            self.gate = before.gate;
            self.timeline = before.timeline.clone();
            self.memory.take_back(before.groups);
            for (track, state) in [Track::Video, Track::Audio].into_iter().zip(&before.states) {
                self.headers.put_state(track, state.as_ref());
            }
            let open = before.open;
            steps.extend(opening.take_untold().map(|untold| open.tell(untold)));
            self.phase = Phase::Open(open);
        }
    }
}
