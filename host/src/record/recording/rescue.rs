//! A volume that fails under a file: what of it is not safe is written again, elsewhere or here, and the reception goes
//! on in that file. Where nobody takes it now it is carried along until somebody does.

use std::time::Duration;

use serde_json::json;

use super::Recording;
use super::files::{Closing, Hold};
use crate::disk::{DiskError, DiskFault};
use crate::event::Kind;
use crate::model::EndReason;
use crate::record::segment::Segment;
use crate::record::sidecar::Gap;
use crate::record::tail::Tail;

/// So many files may fail …
const MOST_RESCUES: usize = 3;
/// … in so much time. A volume that takes a file's head and nothing behind it would make files without end.
const RESCUES_IN: Duration = Duration::from_secs(60);

/// Ends of files that are carried along at most: each has been on the account of what is kept in memory.
const MOST_CARRIED: usize = 8;

impl Recording {
    /// The volume of the open file refuses. The reception goes on if another file can take over.
    pub(in crate::record) async fn rescue(&mut self, fault: DiskError) -> Result<(), EndReason> {
        let is_ours = |segment: &mut Segment| segment.has_media() && fault.is_volume();
        let Some(mut segment) = self.segment.take_if(is_ours) else { return Err(fault.into()) };
        let ahead_ms = segment.ahead_ms();
        let Some(tail) = segment.end_by(&fault) else {
            self.segment = Some(segment);
            return Err(fault.into());
        };
        match self.go_on_elsewhere(&tail, ahead_ms, &fault).await {
            Ok(()) => {
                self.closed_bytes += tail.stays;
                self.closed_ms += tail.from_ms;
                self.leave_stump(segment, self.number - 1);
                Ok(())
            }
            Err(()) => {
                self.carry(tail);
                self.segment = Some(segment);
                Err(fault.into())
            }
        }
    }

    /// Opens a file that goes on with the end of the one whose volume failed.
    async fn go_on_elsewhere(&mut self, tail: &Tail, ahead_ms: u32, fault: &DiskError) -> Result<(), ()> {
        let now = self.hands.clock.passed();
        self.rescues.retain(|at| now.saturating_sub(*at) < RESCUES_IN);
        if self.rescues.len() >= MOST_RESCUES {
            return Err(());
        }
        self.rescues.push(now);
        let before = self.root_at;
        // Without room, or an answer, nothing is to be had here but the same again.
        let is_worth_a_try = fault.is_lost()
            || !matches!(fault.fault, DiskFault::Full | DiskFault::Quota | DiskFault::Inodes | DiskFault::Stuck);
        if !self.turn_away() && !is_worth_a_try {
            return Err(());
        }
        let why = format!("{:#}", anyhow::Error::new(fault.clone()));
        let cut = tail.begin.as_ref().map(|begin| &begin.cut);
        let opened = self.open_one(&tail.ext, cut, "disk", tail.gaps.clone()).await;
        let written = match (opened, &mut self.segment) {
            (Ok(()), Some(segment)) => segment.take_up(tail, ahead_ms).await.map_err(EndReason::from),
            (Ok(()), None) => Err(EndReason::DiskFull(why.clone())),
            (Err(reason), _) => Err(reason),
        };
        if let Err(reason) = written {
            tracing::warn!(room = %self.room, why, %reason, "a volume failed, and no other takes what it had not made safe");
            if let Some(segment) = self.segment.take() {
                // All of it is in the tail.
                self.leave_nothing(segment);
            }
            self.root_at = before;
            return Err(());
        }
        let file = self.segment.as_ref().map(Segment::path).unwrap_or_default();
        let rewritten_ms = tail.until_ms.saturating_sub(tail.from_ms);
        tracing::warn!(room = %self.room, why, rewritten_ms, file = %file.display(), "a volume failed, what it had not made safe is in another file now");
        if !std::mem::replace(&mut self.alarmed, true) {
            self.send(Kind::DiskLow, json!({ "reason": why }));
        }
        if tail.is_torn {
            self.gap(torn());
        }
        Ok(())
    }

    /// Finishes the file whose end is elsewhere now, beside what goes on: the volume may take its time.
    fn leave_stump(&mut self, segment: Segment, number: u32) {
        let keep = self.plan.sidecar;
        let (room, events) = (self.room.clone(), self.teller());
        self.closing.spawn(async move {
            let closed = match segment.close_short("disk", keep).await {
                Ok(Some((_, mended))) => mended.closed,
                Ok(None) => return Closing { number, ..Closing::default() },
                Err(unfinished) => unfinished.told(&room),
            };
            events.closed(&closed, "disk");
            Closing { number, closed: Some(closed), ..Closing::default() }
        });
    }

    /// Removes a file of which everything is kept.
    fn leave_nothing(&mut self, mut segment: Segment) {
        let number = self.number;
        self.closing.spawn(async move {
            segment.forget();
            let removed = async { segment.into_old().await?.0.remove().await };
            if let Err(error) = removed.await {
                tracing::debug!(error = %format!("{:#}", anyhow::Error::new(error)), "a file that was begun in vain stays");
            }
            Closing { number, ..Closing::default() }
        });
    }

    /// Keeps the end of a file until a volume takes it.
    pub(super) fn carry(&mut self, tail: Tail) {
        if self.carried.len() < MOST_CARRIED {
            self.carried.push_back(tail);
        } else {
            let lost_ms = Some(tail.until_ms.saturating_sub(tail.from_ms));
            self.gap(Gap { lost_ms, ..torn() });
        }
    }

    /// Writes what is carried along, each into a file of its own.
    pub(super) async fn write_carried(&mut self) -> Result<(), EndReason> {
        while let Some(tail) = self.carried.pop_front() {
            let cut = tail.begin.as_ref().map(|begin| &begin.cut);
            let opened = self.open_one(&tail.ext, cut, "disk", tail.gaps.clone()).await;
            let Some(mut segment) = self.segment.take().filter(|_| opened.is_ok()) else {
                self.carried.push_front(tail);
                return opened;
            };
            if let Err(fault) = segment.take_up(&tail, 0).await {
                self.leave_nothing(segment);
                self.carried.push_front(tail);
                return Err(fault.into());
            }
            if tail.is_torn {
                segment.sidecar.gap(torn());
                self.tell_gap(&torn(), None);
            }
            tracing::info!(room = %self.room, file = %segment.path().display(), "what a volume had not made safe is in a file of its own now");
            // What is missing by now is missing behind it.
            self.spawn_close(segment, "disk", Hold::OfCarried).await;
        }
        Ok(())
    }

    /// The file that took over has grown for some time: the alarm is over.
    pub(super) fn end_rescue_if_proven(&mut self, now: Duration, proven: Duration) {
        let last = self.rescues.last().copied();
        if self.alarmed && self.outage.is_none() && last.is_some_and(|last| now.saturating_sub(last) >= proven) {
            self.alarmed = false;
            self.send(Kind::DiskOk, json!({ "lost_ms": 0 }));
        }
    }
}

/// What fell out of memory before it was safe: nobody knows how long it was.
fn torn() -> Gap {
    Gap { cause: String::from("disk"), at_ms: 0, lost_ms: None, offset: 0 }
}
