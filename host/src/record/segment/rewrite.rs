//! A segment whose volume failed, and the one that goes on with its end.

use lyrebird_flv::Tag;

use super::Segment;
use crate::disk::DiskError;
use crate::record::sidecar::Gap;
use crate::record::tail::Tail;

/// What is to stay of a file whose end is written again elsewhere.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stump {
    pub(super) bytes: u64,
    /// As long as its end is nowhere else.
    pub(super) safe: u64,
    /// Where in the file's time its end began.
    pub(super) until_ms: u64,
    /// Whether media stands before it.
    pub(super) has_media: bool,
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
        let mut tail = Tail::of(self.file.end_by(fault), self.begin.clone(), self.file.ext().to_owned())?;
        // Without media the stump goes, and its sidecar with it.
        let has_media = self.first_ms.is_some_and(|first_ms| first_ms < tail.from_ms);
        self.stump = Some(Stump { bytes: tail.stays, safe: tail.safe, until_ms: tail.from_ms, has_media });
        // They stand here, too, until the end of the file is elsewhere.
        let from_ms = if has_media { tail.from_ms } else { 0 };
        let gaps = self.sidecar.gaps.iter().filter(|gap| gap.at_ms >= from_ms).cloned();
        tail.gaps = gaps.map(|gap| Gap { at_ms: gap.at_ms.saturating_sub(tail.from_ms), ..gap }).collect();
        Some(tail)
    }

    /// Whether its end is kept to be written elsewhere.
    pub(in crate::record) fn is_stump(&self) -> bool {
        self.stump.is_some()
    }

    /// Bytes and media time of what stays of it then.
    pub(in crate::record) fn stays(&self) -> (u64, u64) {
        self.stump.map_or((self.bytes, self.duration_ms()), |stump| (stump.bytes, stump.until_ms))
    }

    /// Its end is not kept: what is safe stays here.
    pub(in crate::record) fn loses_end(&mut self) {
        self.stump = None;
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
}
