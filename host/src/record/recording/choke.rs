//! A volume that takes nothing: what comes is dropped, whole groups of it, before the engine counts it; the connection
//! stays. Where another folder can take over it does.

use std::time::Duration;

use super::Recording;
use crate::model::EndReason;
use crate::record::segment::Segment;
use crate::record::sidecar::Gap;

/// A volume that has taken nothing for so long more is not slow but gone.
const GONE: Duration = Duration::from_secs(20);

impl Recording {
    /// Whether what comes must be dropped.
    pub(in crate::record) fn is_choked(&mut self) -> bool {
        let choked = self.segment.as_ref().is_some_and(Segment::choked);
        if choked && self.choked_since.is_none() {
            self.choked_since = Some(self.hands.clock.passed());
            tracing::warn!(room = %self.room, "the volume takes nothing, what comes is dropped until it does");
        }
        choked
    }

    /// The volume takes writes again, or is given up for another.
    pub(in crate::record) async fn end_choke_if_over(&mut self, now: Duration) -> Result<(), EndReason> {
        let Some(since) = self.choked_since else { return Ok(()) };
        if self.is_choked() {
            let is_gone = now.saturating_sub(since) >= GONE;
            if let Some(fault) = self.segment.as_ref().filter(|_| is_gone && self.has_other()).map(Segment::stuck) {
                self.rescue(fault).await?;
            } else {
                return Ok(());
            }
        }
        self.choked_since = None;
        let dark = u64::try_from(now.saturating_sub(since).as_millis()).unwrap_or(u64::MAX);
        tracing::warn!(room = %self.room, dropped_ms = dark, "what comes is written again");
        self.link.broken_by = "queue";
        if let Some(segment) = self.segment.as_ref().filter(|segment| segment.is_raw()) {
            // No engine will tell.
            let at_ms = segment.duration_ms();
            self.gap(Gap { cause: String::from("queue"), at_ms, lost_ms: Some(dark), offset: 0 });
        } else {
            (self.link.dark_ms, self.link.is_cut) = (Some(dark), false);
            self.engine.skipped(dark);
        }
        Ok(())
    }

    /// Whether another folder may take files.
    fn has_other(&self) -> bool {
        (0..self.plan.roots.len()).any(|at| at != self.root_at && self.shut(at).is_none())
    }
}
