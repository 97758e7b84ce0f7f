//! A volume that takes no writes: told once, the last file is closed whole, and what is lost meanwhile is named.

use std::path::Path;
use std::time::Duration;

use lyrebird_flv::Cut;
use serde_json::json;

use super::Recording;
use super::rescue::Carried;
use crate::disk::{DiskError, OldFile};
use crate::event::Kind;
use crate::model::EndReason;
use crate::record::flv::Engine;
use crate::record::name::Name;
use crate::record::salvage::Mended;
use crate::record::segment::{Closes, Rest, Segment};
use crate::record::sidecar::{Gap, Sidecar};

/// A file that has grown for so long shows that the volume takes writes again. One that is all but full takes the head
/// of a file now and then, and nothing behind it.
const PROVEN: Duration = Duration::from_secs(2);

/// Media is lost since a volume refused.
pub(super) struct Outage {
    since: Duration,
    /// Media time that came before and was not written, beyond what the last file's sidecar names.
    unwritten_ms: u64,
    /// The file that was closed when it began.
    last: Option<LastFile>,
    /// When the file was opened that may be the end of it.
    reopened: Option<Duration>,
}

/// A file that is finished, in whose sidecar may be named what is missing behind it.
pub(super) struct LastFile {
    number: u32,
    file: OldFile,
    sidecar: Sidecar,
    duration_ms: u64,
}

impl LastFile {
    pub(super) fn new(number: u32, file: OldFile, mended: Mended) -> Self {
        LastFile { number, file, sidecar: mended.sidecar, duration_ms: mended.closed.duration_ms }
    }
}

impl Outage {
    fn since(since: Duration) -> Self {
        Outage { since, unwritten_ms: 0, last: None, reopened: None }
    }

    /// No file was the end of it; the one that was tried last would have had so much media.
    fn goes_on(self, unwritten_ms: u64) -> Self {
        Outage { unwritten_ms: self.unwritten_ms.saturating_add(unwritten_ms), reopened: None, ..self }
    }

    /// What is missing before the file that was opened last.
    fn gap(&self) -> Option<Gap> {
        Some(self.gap_until(self.reopened?, 0))
    }

    fn gap_until(&self, until: Duration, at_ms: u64) -> Gap {
        let out_ms = u64::try_from(until.saturating_sub(self.since).as_millis()).unwrap_or(u64::MAX);
        let lost_ms = Some(self.unwritten_ms.saturating_add(out_ms));
        Gap { cause: String::from("disk"), at_ms, lost_ms, offset: 0 }
    }
}

impl Recording {
    /// The volume refuses: what it has taken is finished as far as it lets us, and the next media begins a new file.
    pub(super) async fn abandon(&mut self) {
        self.engine = Engine::new(self.plan.repeats);
        let (before, new) = (self.outage.take(), Outage::since(self.hands.clock.passed()));
        let Some(segment) = self.segment.take() else {
            // What a new connection brings is held at first: where none of it has a file, all of it is missing.
            let is_held = self.link.media_since.is_none();
            let new = if is_held { Outage::since(self.link.connected) } else { new };
            self.outage = Some(before.unwrap_or(new).goes_on(0));
            return;
        };
        if segment.is_stump() {
            before.as_ref().and_then(Outage::gap).iter().for_each(|gap| self.tell_gap(gap, Some(&segment.path())));
            self.outage = Some(new);
            return self.leave_until_written(segment).await;
        }
        let received_ms = segment.received_ms();
        let (has_media, keep) = (segment.has_media(), self.plan.sidecar);
        let lost_before = before.as_ref().and_then(Outage::gap);
        let finished = match self.is_low {
            // The volume works: nothing has to be read again, and nothing is missing up to here.
            true => match segment.close("disk", keep).await {
                Ok(Closes::Done(file, mended)) => Ok(Some((file, *mended))),
                Ok(Closes::Empty) => Ok(None),
                Ok(Closes::Short(Ok(ended), tail)) => {
                    lost_before.iter().for_each(|gap| self.tell_gap(gap, None));
                    self.outage = Some(new);
                    self.closed_bytes += tail.stays;
                    self.closed_ms += tail.from_ms;
                    self.carry(Carried { tail: *tail, from: Some((self.number, ended)) });
                    return;
                }
                Ok(Closes::Short(Err(unfinished), tail)) => {
                    self.carry(Carried { tail: *tail, from: None });
                    Err(unfinished)
                }
                Err(unfinished) => Err(unfinished),
            },
            false => segment.close_short("disk", keep).await,
        };
        let closed = match finished {
            Ok(Some((file, Mended { closed, sidecar, gap }))) => {
                for gap in lost_before.iter().chain(&gap) {
                    self.tell_gap(gap, Some(&closed.file));
                }
                let last = LastFile { number: self.number, file, sidecar, duration_ms: closed.duration_ms };
                self.outage = Some(Outage { last: Some(last), ..new });
                closed
            }
            Ok(None) => {
                self.outage = Some(before.unwrap_or(new).goes_on(received_ms));
                return;
            }
            Err(unfinished) => {
                let closed = unfinished.told(&self.room);
                self.outage = Some(match before {
                    Some(before) if !has_media => before.goes_on(0),
                    _ => {
                        lost_before.iter().for_each(|gap| self.tell_gap(gap, Some(&closed.file)));
                        new
                    }
                });
                closed
            }
        };
        self.closed_bytes += closed.bytes;
        self.closed_ms += closed.duration_ms;
        self.tell_closed(&closed, "disk");
        self.closed.push((self.number, closed));
    }

    /// Whether media that comes now belongs to no file that was there before.
    pub(in crate::record) fn is_out(&self) -> bool {
        self.outage.is_some() && self.segment.is_none()
    }

    /// Why no file may begin in a folder for want of room.
    pub(super) fn shut(&self, at: usize) -> Option<String> {
        self.plan.roots.get(at).and_then(|folder| self.hands.gates.shut(folder))
    }

    /// In which order folders are tried: the last one first, then the rest as the user wrote them.
    pub(super) fn order(&self) -> Vec<usize> {
        let others = (0..self.plan.roots.len()).filter(|at| *at != self.root_at);
        std::iter::once(self.root_at).chain(others).collect()
    }

    /// Makes a file in the folder, as [`Recording::make`] does. One that does not answer is waited for as long as the user
    /// has patience where there is another one, else until the disk gives it up; what it makes later has no media, and is
    /// removed by whoever makes leftovers whole.
    pub(super) async fn make_in_time(
        &mut self,
        at: usize,
        name: Name,
        ext: &str,
        cut: Option<&Cut>,
        sidecar: Sidecar,
    ) -> Result<Segment, DiskError> {
        let folders = &self.plan.roots;
        let (is_only, limit) = (folders.len() < 2, self.plan.patience);
        let folder = folders.get(at).map(|folder| folder.display().to_string()).unwrap_or_default();
        let make = async {
            let root = self.root(at).await?;
            self.make(&root, name, ext, cut, sidecar).await
        };
        if is_only {
            return make.await;
        }
        let made = tokio::time::timeout(limit, make).await;
        made.unwrap_or_else(|_| Err(DiskError::stuck("make a file in", &folder)))
    }

    /// The folder that was written to refuses: the next file goes to another one, if one may take it.
    pub(super) fn turn_away(&mut self) -> bool {
        // In a round: one that refused before may take files again.
        let mut others = (self.root_at + 1..self.plan.roots.len()).chain(0..self.root_at);
        let Some(next) = others.find(|at| self.shut(*at).is_none()) else { return false };
        self.root_at = next;
        true
    }

    /// Ends the reception when so little is left that the file must be finished while it still can.
    pub(in crate::record) async fn finish_if_low(&mut self) -> Result<(), EndReason> {
        let closing = self.plan.roots.get(self.root_at).and_then(|folder| self.hands.gates.closing(folder));
        let Some(why) = closing else { return Ok(()) };
        if !self.segment.as_ref().is_some_and(Segment::has_media) {
            return Ok(());
        }
        if self.segment.as_ref().is_some_and(|segment| !segment.is_raw()) {
            self.finish_flv().await?;
        }
        tracing::warn!(room = %self.room, why, "the file is finished while there is room for that");
        self.is_low = true;
        Err(EndReason::DiskFull(why))
    }

    /// A volume refused: told once, until it has taken writes again.
    pub(super) fn tell_refused(&mut self, why: &str) {
        if self.alarmed || self.is_low {
            tracing::debug!(room = %self.room, why, "still cannot write");
            return;
        }
        self.alarmed = true;
        tracing::error!(room = %self.room, why, "cannot write, recording goes on by itself when that is mended");
        self.send(Kind::DiskLow, json!({ "reason": why }));
    }

    /// A file is opened that may be the end of the outage: gives what it has to name then. Should it be the end of the
    /// recorder, nobody could name it later.
    pub(super) fn reopens(&mut self) -> Option<Gap> {
        let outage = self.outage.as_mut()?;
        outage.reopened = Some(self.hands.clock.passed());
        outage.gap()
    }

    /// What was carried along is in a file of its own, which is the last one before the outage.
    pub(super) fn has_carried(&mut self, last: LastFile) {
        let is_later = |before: &LastFile| before.number < last.number;
        if let Some(outage) = self.outage.as_mut().filter(|outage| outage.last.as_ref().is_none_or(is_later)) {
            outage.last = Some(last);
        }
    }

    /// Ends the outage when a file has grown for some time.
    pub(in crate::record) fn end_outage_if_proven(&mut self, now: Duration) {
        self.end_rescue_if_proven(now, PROVEN);
        let reopened = self.outage.as_ref().and_then(|outage| outage.reopened);
        let is_proven = reopened.is_some_and(|reopened| now.saturating_sub(reopened) >= PROVEN);
        if let Some(segment) = self.segment.as_ref().filter(|segment| is_proven && segment.has_media()) {
            let file = segment.path();
            self.end_outage(&file);
        }
    }

    /// Tells what was lost before this file, which names it.
    pub(super) fn end_outage(&mut self, file: &Path) {
        let Some(gap) = self.outage.take().as_ref().and_then(Outage::gap) else { return };
        let lost_ms = gap.lost_ms;
        self.tell_gap(&gap, Some(file));
        tracing::info!(room = %self.room, lost_ms, "files are written again");
        if std::mem::take(&mut self.alarmed) {
            self.send(Kind::DiskOk, json!({ "lost_ms": lost_ms }));
        }
    }

    /// The recording is over, and what was carried along has no file: it stays where it was begun, as far as that is safe.
    pub(super) async fn lose_carried(&mut self, why: &EndReason) {
        for Carried { tail, from } in std::mem::take(&mut self.carried) {
            let lost_ms = tail.until_ms.saturating_sub(tail.from_ms);
            tracing::warn!(room = %self.room, %why, lost_ms, "no volume takes the end of a file");
            let gap = Gap { cause: String::from("disk"), at_ms: 0, lost_ms: Some(lost_ms), offset: 0 };
            let Some((number, ended)) = from else {
                match &mut self.outage {
                    Some(outage) => outage.unwritten_ms = outage.unwritten_ms.saturating_add(lost_ms),
                    None => self.tell_gap(&gap, None),
                }
                continue;
            };
            let closed = match ended.finish("disk", self.plan.sidecar, Rest::Lost).await {
                Ok(Some((file, mended))) => {
                    let closed = mended.closed.clone();
                    mended.gap.iter().for_each(|gap| self.tell_gap(gap, Some(&closed.file)));
                    self.has_carried(LastFile::new(number, file, mended));
                    closed
                }
                Ok(None) => {
                    self.tell_gap(&gap, None);
                    continue;
                }
                Err(unfinished) => {
                    let closed = unfinished.told(&self.room);
                    self.tell_gap(&gap, Some(&closed.file));
                    closed
                }
            };
            self.tell_closed(&closed, "disk");
            self.closed.push((number, closed));
        }
    }

    /// The recording is over, and no file follows: what was lost is told, and named in the last one.
    pub(super) async fn close_outage(&mut self, end: &str) {
        let Some(mut outage) = self.outage.take() else { return };
        let last = outage.last.take();
        let duration_ms = last.as_ref().map_or(0, |last| last.duration_ms);
        // Who stops a recording stops one that was on air; else the last byte is the last that is known of the media.
        let is_stopped = end == EndReason::Stopped.word();
        let until = if is_stopped { self.hands.clock.passed() } else { self.link.last_byte.unwrap_or_default() };
        let gap = outage.gap_until(until, duration_ms);
        if gap.lost_ms == Some(0) {
            return;
        }
        self.tell_gap(&gap, None);
        let Some(LastFile { file, mut sidecar, .. }) = last else { return };
        sidecar.lost_at_end(&gap);
        let replaced = async {
            // A file that was moved away took its sidecar with it.
            match self.plan.sidecar && file.sidecar().await?.is_some() {
                true => file.replace_sidecar(sidecar.to_json()).await,
                false => Ok(()),
            }
        };
        if let Err(error) = replaced.await {
            let error = format!("{:#}", anyhow::Error::new(error));
            tracing::warn!(room = %self.room, lost_ms = gap.lost_ms, error, "cannot name in a sidecar what is missing behind its file");
        }
    }
}
