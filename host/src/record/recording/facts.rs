//! What a recording tells: gaps and repairs to the sidecar, and all of it as events.

use std::path::Path;
use std::time::Duration;

use lyrebird_flv::Note;
use serde_json::{Value, json};

use super::Recording;
use crate::event::{Event, Kind};
use crate::model::{EndReason, Refusal, redact_url};
use crate::record::Reception;
use crate::record::choose::label;
use crate::record::sidecar::Gap;

/// Repairs before the first segment, and gaps of a recording, that are kept one by one.
const KEPT: usize = 1_500;

/// Repairs are told summed over this time.
const SUMMED: Duration = Duration::from_secs(1);

/// How long a stream comes without its sequence headers before that is told: those that send them late, with the next
/// key frame, have sent them by then.
const UNUSABLE: Duration = Duration::from_secs(10);

/// Repairs since they were last told.
#[derive(Default)]
pub(super) struct Repaired {
    told_at: Duration,
    kinds: Vec<Sum>,
}

struct Sum {
    kind: &'static str,
    count: u64,
    first_ms: u64,
    last_ms: u64,
}

impl Recording {
    /// Media of the connection has come.
    #[inline]
    pub(in crate::record) fn media_came(&mut self) {
        if self.link.media_since.is_none() {
            self.first_media_came();
        }
    }

    fn first_media_came(&mut self) {
        let now = self.hands.clock.now();
        self.link.media_since = Some((self.hands.clock.passed(), now));
        self.engine.came = None;
        let Some(source) = &self.source else { return };
        let (what, url) = (label(&source.candidate), redact_url(&source.candidate.url));
        tracing::info!(room = %self.room, candidate = %what, "media comes");
        self.send(Kind::ReceptionStarted, json!({ "candidate": what, "url": url }));
        let Some(segment) = &mut self.segment else { return };
        // The segment's own beginning has noted it already where it is its first.
        if segment.sidecar.receptions.last().is_none_or(|last| last.ended_at.is_some()) {
            segment.sidecar.reception_started(now);
            segment.urgent = true;
        }
    }

    /// Says of a stream that goes on and on that it lacks what is needed to record it.
    pub(in crate::record) fn tell_unusable_if_due(&mut self, now: Duration) {
        let Some(came) = self.engine.came.filter(|_| self.bytes() == 0) else { return };
        if now.saturating_sub(self.link.connected) >= UNUSABLE
            && let Some(what) = came.headers_missing()
        {
            self.tell_unusable(&what);
        }
    }

    /// Once: it may be tried every minute.
    fn tell_unusable(&mut self, what: &str) {
        if !std::mem::replace(&mut self.unusable, true) {
            tracing::warn!(room = %self.room, what, "media comes, and none of it can be recorded");
        }
    }

    /// The reason of a connection that gave nothing to record, in clear words where it ended as it should.
    pub(super) fn without_media(&mut self, reason: EndReason) -> EndReason {
        let Some(came) = self.engine.came.take() else { return reason };
        let is_clean = matches!(reason, EndReason::Ended | EndReason::Finished);
        if !is_clean && !matches!(reason, EndReason::Stalled | EndReason::Broken(_)) {
            return reason;
        }
        let bare = if self.link.sample.is_empty() { Some(String::from("an empty body")) } else { came.bare() };
        // Behind media of an earlier connection it is that media once more, or goes on without its headers.
        let lack = came.lack().filter(|_| self.bytes() == 0);
        if let Some(what) = &lack {
            self.tell_unusable(what);
        }
        match bare.or(lack) {
            Some(what) if is_clean => EndReason::Refused(Refusal::NotMedia(what)),
            _ => reason,
        }
    }

    /// The connection has ended.
    pub(super) async fn reception_ended(&mut self, reception: &Reception) {
        let reason = &reception.reason;
        // What comes between the break and the next media (a refusal, a dead connection) is not why media is missing.
        if reception.first_media || matches!(reason, EndReason::DiskFull(_)) {
            self.link.broken_by = match reason {
                EndReason::Stalled => "stall",
                EndReason::DiskFull(_) => "disk",
                _ => "connection",
            };
        }
        self.tell_repairs();
        if let EndReason::DiskFull(why) = reason {
            self.tell_refused(why);
        }
        // A room that is asked again and again whether it is live is no news.
        if !reception.first_media {
            tracing::debug!(room = %self.room, %reason, "no media");
            return;
        }
        tracing::info!(room = %self.room, %reason, media_ms = reception.media_ms, bytes = reception.bytes, "reception ended");
        let data = json!({
            "reason": reason.word(),
            "detail": reason.to_string(),
            "media_ms": reception.media_ms,
            "bytes": reception.bytes,
        });
        self.send(Kind::ReceptionEnded, data);
        let now = self.hands.clock.now();
        if let Some(segment) = &mut self.segment {
            segment.sidecar.reception_ended(now, reason.word());
            segment.untold = true;
            segment.tell().await;
        }
    }

    /// The engine's time in the file that is open.
    pub(in crate::record) fn in_file(&self, at_ms: u64) -> u64 {
        at_ms.saturating_sub(self.segment.as_ref().map_or(0, |segment| segment.ahead_ms().into()))
    }

    /// Something was mended.
    pub(in crate::record) fn repair(&mut self, note: &Note) {
        let (kind, count, at_ms) = (note.kind.name(), note.tags.max(1), self.in_file(note.at_ms));
        match &mut self.segment {
            Some(segment) => {
                segment.sidecar.repair(kind, count, at_ms, note.offset);
                segment.untold = true;
            }
            None if self.early.len() < KEPT => self.early.push(note.clone()),
            None => {}
        }
        match self.repairs.kinds.iter_mut().find(|sum| sum.kind == kind) {
            Some(sum) => (sum.count, sum.last_ms) = (sum.count + count, at_ms),
            None => self.repairs.kinds.push(Sum { kind, count, first_ms: at_ms, last_ms: at_ms }),
        }
    }

    /// Tells the repairs, if it is time to.
    pub(in crate::record) fn tell_repairs_if_due(&mut self, now: Duration) {
        if now.saturating_sub(self.repairs.told_at) >= SUMMED {
            self.repairs.told_at = now;
            self.tell_repairs();
        }
    }

    pub(super) fn tell_repairs(&mut self) {
        for sum in std::mem::take(&mut self.repairs.kinds) {
            let Sum { kind, count, first_ms, last_ms } = sum;
            tracing::debug!(room = %self.room, kind, count, "repaired");
            let data = json!({ "kind": kind, "count": count, "first_ms": first_ms, "last_ms": last_ms });
            self.send(Kind::Repair, data);
        }
    }

    /// Media time is missing. Without an open segment it is told with the next.
    pub(in crate::record) fn gap(&mut self, gap: Gap) {
        if self.segment.is_none() {
            if self.missing.len() < KEPT {
                self.missing.push(gap);
            }
            return;
        }
        let file = self.segment.as_ref().map(|segment| segment.path());
        self.tell_gap(&gap, file.as_deref());
        if let Some(segment) = &mut self.segment {
            segment.sidecar.gap(gap);
            segment.urgent = true;
        }
    }

    /// Tells everyone but the sidecar.
    pub(super) fn tell_gap(&mut self, gap: &Gap, file: Option<&Path>) {
        self.gap_count += 1;
        tracing::warn!(room = %self.room, cause = gap.cause, lost_ms = gap.lost_ms, at_ms = gap.at_ms, "media is missing");
        let data = json!({ "cause": gap.cause, "at_ms": gap.at_ms, "lost_ms": gap.lost_ms, "file": file });
        self.send(Kind::Gap, data);
        if self.gaps.len() < KEPT {
            self.gaps.push(gap.clone());
        }
    }

    pub(super) fn send(&self, kind: Kind, data: Value) {
        self.hands.events.send(Event::now(&self.hands.clock, kind, Some(&self.room), Some(&self.session), data));
    }
}
