//! A volume that fails under a file: what of it is not safe is written again, elsewhere or here, and the reception goes
//! on in that file. Where nobody takes it now it is carried along until somebody does.

use std::time::Duration;

use serde_json::json;

use super::Recording;
use super::files::{Closing, Hold};
use crate::disk::{DiskError, DiskFault, OldFile};
use crate::event::Kind;
use crate::model::EndReason;
use crate::record::salvage::Mended;
use crate::record::segment::{Ended, Rest, Segment, Unfinished};
use crate::record::sidecar::Gap;
use crate::record::tail::Tail;

/// So many files may fail …
const MOST_RESCUES: usize = 3;
/// … in so much time. A volume that takes a file's head and nothing behind it would make files without end.
const RESCUES_IN: Duration = Duration::from_secs(60);

/// So long a file may take to be closed before the next one begins behind an outage.
const CLOSES_IN: Duration = Duration::from_secs(2);

/// Ends of files that are carried along at most: each has been on the account of what is kept in memory.
const MOST_CARRIED: usize = 8;

/// Whether another file may be tried when one has taken nothing.
enum Tries {
    More,
    NoMore,
}

/// The end of a file that no volume has taken yet.
pub(super) struct Carried {
    pub(super) tail: Tail,
    /// That file and its number, where it waits.
    pub(super) from: Option<(u32, Box<Ended>)>,
}

impl Recording {
    /// The volume of the open file refuses. The reception goes on if another file can take over.
    pub(in crate::record) async fn rescue(&mut self, fault: DiskError) -> Result<(), EndReason> {
        let is_ours = |segment: &mut Segment| {
            segment.has_media() && (fault.is_volume() || fault.fault == DiskFault::FileTooLarge)
        };
        let Some(mut segment) = self.segment.take_if(is_ours) else { return Err(fault.into()) };
        let ahead_ms = segment.ahead_ms();
        let Some(tail) = segment.end_by(&fault) else {
            self.segment = Some(segment);
            return Err(fault.into());
        };
        let (before, number) = (self.root_at, self.number);
        // As often as a file takes its head and nothing behind it.
        let mut goes_on = Err(Tries::More);
        while matches!(goes_on, Err(Tries::More)) {
            goes_on = self.go_on_elsewhere(&tail, ahead_ms, &fault).await;
        }
        if goes_on.is_ok() {
            self.closed_bytes += tail.stays;
            self.closed_ms += tail.from_ms;
            self.leave_stump(segment, number);
            return Ok(());
        }
        self.root_at = before;
        if !self.carry(Carried { tail, from: None }) {
            segment.loses_end();
        }
        self.segment = Some(segment);
        Err(fault.into())
    }

    /// Opens a file that goes on with the end of the one whose volume failed, and has it there for good: until then
    /// nothing of the old one may go.
    async fn go_on_elsewhere(&mut self, tail: &Tail, ahead_ms: u32, fault: &DiskError) -> Result<(), Tries> {
        let now = self.hands.clock.passed();
        self.rescues.retain(|at| now.saturating_sub(*at) < RESCUES_IN);
        if self.rescues.len() >= MOST_RESCUES {
            return Err(Tries::NoMore);
        }
        self.rescues.push(now);
        // Without room, or an answer, nothing is to be had here but the same again.
        let is_worth_a_try = fault.is_lost()
            || !matches!(fault.fault, DiskFault::Full | DiskFault::Quota | DiskFault::Inodes | DiskFault::Stuck);
        // The volume has nothing against another file.
        if fault.fault != DiskFault::FileTooLarge && !self.turn_away() && !is_worth_a_try {
            return Err(Tries::NoMore);
        }
        let why = format!("{:#}", anyhow::Error::new(fault.clone()));
        let cut = tail.begin.as_ref().map(|begin| &begin.cut);
        let opened = self.open_one(&tail.ext, cut, "disk", tail.gaps.clone()).await;
        let written = match (opened, &mut self.segment) {
            (Ok(()), Some(segment)) => match segment.take_up(tail, ahead_ms).await {
                Ok(()) => segment.settle().await.map_err(EndReason::from),
                Err(fault) => Err(fault.into()),
            },
            (Ok(()), None) => Err(EndReason::DiskFull(why.clone())),
            (Err(reason), _) => Err(reason),
        };
        if let Err(reason) = written {
            tracing::warn!(room = %self.room, why, %reason, "a volume failed, and no other takes what it had not made safe");
            let Some(segment) = self.segment.take() else { return Err(Tries::NoMore) };
            // All of it is in the tail.
            self.leave_nothing(segment);
            return Err(Tries::More);
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
        self.leave(number, async move { segment.close_short("disk", keep).await });
    }

    /// The same of one that waited for it.
    pub(super) fn leave_ended(&mut self, number: u32, ended: Box<Ended>, rest: Rest) {
        let keep = self.plan.sidecar;
        self.leave(number, async move { ended.finish("disk", keep, rest).await });
    }

    fn leave<F>(&mut self, number: u32, finish: F)
    where
        F: Future<Output = Result<Option<(OldFile, Mended)>, Unfinished>> + Send + 'static,
    {
        let events = self.teller();
        self.closing.spawn(async move {
            let closed = events.finished(finish.await).map(|closed| (number, closed));
            Closing { closed: closed.into_iter().collect(), ..Closing::default() }
        });
    }

    /// Leaves a file as it is until its end, which is carried along, has another one: until then a kill, or a volume
    /// that never has room again, must not take what this one has taken.
    pub(super) async fn leave_until_written(&mut self, segment: Segment) {
        let (bytes, media_ms) = segment.stays();
        self.closed_bytes += bytes;
        self.closed_ms += media_ms;
        let ended = match segment.ended().await {
            Ok(ended) => Box::new(ended),
            Err(unfinished) => {
                let closed = unfinished.told(&self.room);
                self.tell_closed(&closed, "disk");
                return self.closed.push((self.number, closed));
            }
        };
        if let Err(error) = ended.keep().await {
            let error = format!("{:#}", anyhow::Error::new(error));
            tracing::debug!(room = %self.room, error, "a file that waits for its end is not safe from a power cut");
        }
        match self.carried.back_mut().filter(|carried| carried.from.is_none()) {
            Some(carried) => carried.from = Some((self.number, ended)),
            None => self.leave_ended(self.number, ended, Rest::Elsewhere),
        }
    }

    /// Removes a file of which everything is kept.
    fn leave_nothing(&mut self, mut segment: Segment) {
        self.closing.spawn(async move {
            segment.forget();
            let removed = match segment.ended().await {
                Ok(ended) => ended.remove().await.map_err(anyhow::Error::from),
                Err(unfinished) => Err(unfinished.into_error()),
            };
            if let Err(error) = removed {
                tracing::debug!(error = %format!("{error:#}"), "a file that was begun in vain stays");
            }
            Closing::default()
        });
    }

    /// Keeps the end of a file until a volume takes it; false where too many are kept.
    pub(super) fn carry(&mut self, carried: Carried) -> bool {
        let has_room = self.carried.len() < MOST_CARRIED;
        if has_room {
            self.carried.push_back(carried);
        } else {
            let lost_ms = Some(carried.tail.until_ms.saturating_sub(carried.tail.from_ms));
            self.gap(Gap { lost_ms, ..torn() });
            carried.from.into_iter().for_each(|(number, ended)| self.leave_ended(number, ended, Rest::Unknown));
        }
        has_room
    }

    /// Takes what has become of the files that are being closed: the end of one may have to be carried along, and comes
    /// before the next file. Behind an outage that is likely, and waited for.
    pub(super) async fn take_closed(&mut self) {
        while let Some(done) = self.closing.try_join_next() {
            self.took(done);
        }
        if self.outage.is_some() {
            let all = async {
                while !self.closing.is_empty() {
                    self.reap().await;
                }
            };
            // A volume that hangs must not keep another one from taking what comes.
            let _ = tokio::time::timeout(CLOSES_IN, all).await;
        }
    }

    /// Writes what is carried along, each into a file of its own.
    pub(super) async fn write_carried(&mut self) -> Result<(), EndReason> {
        while let Some(Carried { tail, from }) = self.carried.pop_front() {
            let cut = tail.begin.as_ref().map(|begin| &begin.cut);
            let opened = self.open_one(&tail.ext, cut, "disk", tail.gaps.clone()).await;
            let Some(mut segment) = self.segment.take().filter(|_| opened.is_ok()) else {
                self.carried.push_front(Carried { tail, from });
                return opened;
            };
            if let Err(fault) = segment.take_up(&tail, 0).await {
                self.leave_nothing(segment);
                self.carried.push_front(Carried { tail, from });
                return Err(fault.into());
            }
            if tail.is_torn {
                segment.sidecar.gap(torn());
                self.tell_gap(&torn(), None);
            }
            tracing::info!(room = %self.room, file = %segment.path().display(), "what a volume had not made safe is in a file of its own now");
            // What is missing by now is missing behind it.
            self.spawn_close(segment, "disk", Hold::OfCarried(from)).await;
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
