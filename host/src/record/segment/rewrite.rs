//! A segment whose volume failed: what becomes of the file, and the one that goes on with its end.

use std::path::PathBuf;

use lyrebird_flv::Tag;

use super::Segment;
use crate::disk::{DiskError, OldFile};
use crate::model::RoomKey;
use crate::record::Closed;
use crate::record::salvage::{self, Lost, Mended};
use crate::record::sidecar::{Sidecar, State};
use crate::record::tail::Tail;

/// What is to stay of a file whose end is written again elsewhere.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stump {
    bytes: u64,
    /// Where in the file's time its end began.
    pub(super) until_ms: u64,
}

impl Segment {
    /// Ends the file after a fault: what of it is to be written again elsewhere. None where nothing is kept that a file
    /// could begin with.
    pub(in crate::record) fn end_by(&mut self, fault: &DiskError) -> Option<Tail> {
        if let Some((batch, restarts)) = self.choked.take() {
            self.file.keep(batch, &restarts);
        }
        let restarts = std::mem::take(&mut self.restarts);
        if !self.batch.is_empty() {
            self.file.keep(self.batch.take(), &restarts);
        }
        let mut tail = Tail::of(self.file.end_by(fault), self.begin.clone(), self.file.ext().to_owned())?;
        self.stump = Some(Stump { bytes: tail.stays, until_ms: tail.from_ms });
        // Without media the stump goes, and its sidecar with it.
        let has_media = self.first_ms.is_some_and(|first_ms| first_ms < tail.from_ms);
        tail.gaps = self.sidecar.gaps_from(if has_media { tail.from_ms } else { 0 });
        tail.gaps.iter_mut().for_each(|gap| gap.at_ms = gap.at_ms.saturating_sub(tail.from_ms));
        Some(tail)
    }

    /// Whether its end is elsewhere, or was to be.
    pub(in crate::record) fn is_stump(&self) -> bool {
        self.stump.is_some()
    }

    /// Goes on with the end of another file. What the engine gives from now on follows it: with times that are ahead of
    /// that file's by `ahead_ms`.
    pub(in crate::record) async fn take_up(&mut self, tail: &Tail, ahead_ms: u32) -> Result<(), DiskError> {
        match &tail.begin {
            Some(begin) => {
                for tag in &begin.tags {
                    self.append(Tag { time_ms: 0, ..tag.clone() });
                }
                self.ahead_ms = u32::try_from(tail.from_ms).unwrap_or(u32::MAX);
                for tag in tail.tags() {
                    self.append(tag);
                    if self.is_due() {
                        self.write().await?;
                    }
                }
            }
            None => {
                for batch in tail.batches() {
                    self.append_raw(batch);
                    self.write().await?;
                }
            }
        }
        self.ahead_ms = self.ahead_ms.saturating_add(ahead_ms);
        self.write().await
    }

    /// A volume that does not answer, as a fault.
    pub(in crate::record) fn stuck(&self) -> DiskError {
        self.file.stuck()
    }

    /// How much the engine's times are ahead of the file's.
    pub(in crate::record) fn ahead_ms(&self) -> u32 {
        self.ahead_ms
    }

    /// All of it is kept elsewhere: nothing is to stay.
    pub(in crate::record) fn forget(&mut self) {
        self.batch.take();
        self.choked = None;
        self.file.forget();
        self.stump = Some(Stump::default());
    }

    /// Finishes a file that its volume lets grow no more: where its end is safe it is cut, and mended like one that was
    /// left behind. None, and no file, when it holds no media.
    pub(in crate::record) async fn close_short(
        self,
        end: &str,
        keep_sidecar: bool,
    ) -> Result<Option<(OldFile, Mended)>, Unfinished> {
        let (unfinished, received_ms) = (self.unfinished(), self.received_ms());
        let mended = async {
            let (old, mut sidecar) = self.into_old().await?;
            sidecar.end = Some(end.to_owned());
            let lost = Lost { cause: "disk", received_ms: Some(received_ms) };
            let mended = salvage::mend(&old, sidecar, keep_sidecar, Some(lost)).await?;
            anyhow::Ok(mended.map(|mended| (old, mended)))
        };
        mended.await.map_err(|error| Unfinished::new(unfinished, error))
    }

    /// What it is should nobody finish it.
    pub(super) fn unfinished(&self) -> Closed {
        let mut file = self.path().into_os_string();
        file.push(".part");
        let (file, bytes, duration_ms) = (PathBuf::from(file), self.bytes, self.duration_ms());
        Closed { file, bytes, duration_ms, state: State::Recording }
    }

    /// Gives up writing: the file, as far as it is to stay, as somebody who salvages it has it; and its sidecar.
    pub(in crate::record) async fn into_old(mut self) -> Result<(OldFile, Sidecar), DiskError> {
        self.measure();
        let Some(stump) = self.stump else {
            return Ok((self.file.into_old().await?, self.sidecar));
        };
        let old = self.file.reopened().await?;
        old.shorten(stump.bytes).await?;
        Ok((old, self.sidecar))
    }
}

/// A file that could not be finished.
#[derive(Debug)]
pub(in crate::record) struct Unfinished {
    closed: Closed,
    error: anyhow::Error,
}

impl Unfinished {
    pub(super) fn new(closed: Closed, error: impl Into<anyhow::Error>) -> Self {
        Unfinished { closed, error: error.into() }
    }

    /// Tells of it, and gives what is left there.
    pub(in crate::record) fn told(self, room: &RoomKey) -> Closed {
        let error = format!("{:#}", self.error);
        tracing::error!(%room, file = %self.closed.file.display(), error, "a file could not be finished, the next start salvages it");
        self.closed
    }
}
