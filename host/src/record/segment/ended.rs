//! A file that nothing is appended to any more, as its volume failed: what of it stays, and its name.
//!
//! What is to be written again elsewhere goes only when it has been: until then a kill, or a volume that never has room
//! again, must not take what this one had taken.

use std::path::PathBuf;

use super::{Segment, Stump};
use crate::config::Hash;
use crate::disk::{DiskError, OldFile};
use crate::model::RoomKey;
use crate::record::Closed;
use crate::record::salvage::{self, Lost, Mended};
use crate::record::sidecar::{Sidecar, State};

/// Such a file: locked, and under its growing name.
pub(in crate::record) struct Ended {
    old: OldFile,
    sidecar: Sidecar,
    hash: Hash,
    stump: Option<Stump>,
    received_ms: u64,
    unfinished: Closed,
}

/// What has become of the end that is to be in another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::record) enum Rest {
    /// It is there.
    Elsewhere,
    /// Nobody knows: what is here stays here.
    Unknown,
    /// It is nowhere.
    Lost,
}

impl Segment {
    /// Gives up writing. What is on the volume stays as it is.
    pub(in crate::record) async fn ended(mut self) -> Result<Ended, Unfinished> {
        self.measure();
        let (unfinished, stump) = (self.unfinished(), self.stump);
        let received_ms = if self.is_raw() { 0 } else { self.duration_ms() };
        let old = match stump {
            Some(_) => self.file.reopened().await,
            None => self.file.into_old().await,
        };
        let old = old.map_err(|error| Unfinished::new(unfinished.clone(), error))?;
        Ok(Ended { old, sidecar: self.sidecar, hash: self.hash, stump, received_ms, unfinished })
    }

    /// Finishes a file that its volume lets grow no more: where its end is safe it is cut, and mended like one that was
    /// left behind. None, and no file, when it holds no media.
    pub(in crate::record) async fn close_short(
        self,
        end: &str,
        keep_sidecar: bool,
    ) -> Result<Option<(OldFile, Mended)>, Unfinished> {
        self.ended().await?.finish(end, keep_sidecar, Rest::Elsewhere).await
    }

    /// What it is should nobody finish it.
    pub(super) fn unfinished(&self) -> Closed {
        let mut file = self.path().into_os_string();
        file.push(".part");
        let (file, bytes, duration_ms) = (PathBuf::from(file), self.bytes, self.duration_ms());
        Closed { file, bytes, duration_ms, state: State::Recording }
    }
}

impl Ended {
    /// Whether media may be in it that is safe there: all that it was given may be kept elsewhere.
    pub(in crate::record) fn holds_media(&self) -> bool {
        self.stump.is_none_or(|stump| stump.has_media || stump.safe > stump.bytes)
    }

    /// It may be long until it is finished: what is safe of it from kills is to be safe from power cuts, too.
    pub(in crate::record) async fn keep(&self) -> Result<(), DiskError> {
        let safe = self.stump.map_or(self.old.bytes(), |stump| stump.safe);
        self.old.mend(safe, Vec::new()).await
    }

    /// Mends it like a file that was left behind, and gives it its name. None, and no file, when it holds no media.
    pub(in crate::record) async fn finish(
        self,
        end: &str,
        keep_sidecar: bool,
        rest: Rest,
    ) -> Result<Option<(OldFile, Mended)>, Unfinished> {
        let Ended { old, mut sidecar, hash, stump, received_ms, unfinished } = self;
        sidecar.end = Some(end.to_owned());
        let mended = async {
            let mut lost = Lost { cause: "disk", received_ms: Some(received_ms) };
            if let Some(stump) = stump {
                old.shorten(if rest == Rest::Elsewhere { stump.bytes } else { stump.safe }).await?;
                if rest != Rest::Lost {
                    lost.received_ms = Some(stump.until_ms.min(received_ms));
                }
                if rest == Rest::Elsewhere {
                    // The other file names them.
                    sidecar.forget_gaps_from(stump.until_ms);
                }
            }
            let mended = salvage::mend(&old, sidecar, hash, keep_sidecar, Some(lost)).await?;
            anyhow::Ok(mended.map(|mended| (old, mended)))
        };
        mended.await.map_err(|error| Unfinished::new(unfinished, error))
    }

    /// Removes it: all of it is kept.
    pub(in crate::record) async fn remove(self) -> Result<(), DiskError> {
        self.old.remove().await
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

    pub(in crate::record) fn into_error(self) -> anyhow::Error {
        self.error
    }

    /// Tells of it, and gives what is left there.
    pub(in crate::record) fn told(self, room: &RoomKey) -> Closed {
        let error = format!("{:#}", self.error);
        tracing::error!(%room, file = %self.closed.file.display(), error, "a file could not be finished, the next start salvages it");
        self.closed
    }
}
