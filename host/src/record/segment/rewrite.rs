//! A segment whose volume failed, and the one that goes on with its end.

use lyrebird_flv::Tag;

use super::Segment;
use crate::disk::{DiskError, OldFile};
use crate::record::sidecar::Sidecar;
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
            self.file.keep(&batch, &restarts);
        }
        let restarts = std::mem::take(&mut self.restarts);
        if !self.batch.is_empty() {
            self.file.keep(&self.batch.take(), &restarts);
        }
        let tail = Tail::of(self.file.end_by(fault), self.begin.clone(), self.file.ext().to_owned())?;
        self.stump = Some(Stump { bytes: tail.stays, until_ms: tail.from_ms });
        Some(tail)
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
                for block in tail.blocks() {
                    self.append_raw(block);
                    if self.is_due() {
                        self.write().await?;
                    }
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
