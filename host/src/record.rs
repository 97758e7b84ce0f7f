//! The trade of recording: one candidate at a time is received into files that play.
//!
//! ```text
//! choose ─▶ receive ─▶ flv (tags, repairs, cuts) ─▶ segment (one file, its sidecar) ─▶ disk
//!              └─────▶ raw (bytes as they come)  ─▶ segment
//! ```
//!
//! A [`Recording`] outlives its receptions: when a connection breaks the caller chooses again, and the next reception
//! goes on in the same file where it can. How a reception ends is a value; what to do next is the caller's decision.
//! Knows no plugins and no rooms' states.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::clock::Clock;
use crate::config::{Hash, Output, Repeats, Split};
use crate::disk::Disk;
use crate::event::Sink;
use crate::http::Http;
use crate::http::host::{HostPort, Overrides};
use crate::model::{Broadcast, EndReason, Pair};

pub mod choose;
pub mod mend;
pub mod name;
pub mod sidecar;
pub mod verify;

mod again;
mod came;
mod flv;
mod gate;
mod means;
mod probe;
mod raw;
mod receive;
mod recording;
mod salvage;
mod segment;
mod sniff;
mod tail;

#[cfg(test)]
pub(crate) mod tests;

pub use choose::{Choice, Preference, Tried, choose};
pub use gate::{Gates, Level, Turn, Watermark};
pub use means::{Beginning, Means, Want};
pub use probe::{Probe, probe};
pub use recording::Recording;
pub use salvage::{Outcome, Salvaged, salvage};

/// What a recording works with.
#[derive(Clone)]
pub struct Hands {
    /// Receives.
    pub http: Http,
    /// Writes.
    pub disk: Disk,
    /// Tells the time.
    pub clock: Clock,
    /// Hears what happens.
    pub events: Sink,
    /// Says which folders take recordings.
    pub gates: Gates,
    /// Says whether the machine has means for one more recording.
    pub means: Means,
}

/// How a room is recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The output folder, and those for when it is full or fails, in order.
    pub roots: Vec<PathBuf>,
    /// Template of names.
    pub name: String,
    /// When to cut.
    pub split: Split,
    /// Whether sidecars stay when a segment is closed.
    pub sidecar: bool,
    /// What becomes of media that is sent again.
    pub repeats: Repeats,
    /// Which hash of its bytes a segment's sidecar gets.
    pub hash: Hash,
    /// So long a volume's queue may be full before what comes is dropped, whole groups of it. The sender waits meanwhile.
    pub patience: Duration,
    /// Whether receptions go on in one file where they can.
    pub join: bool,
    /// How long a body may be silent.
    pub stall: Duration,
    /// Media time after which the recording is over.
    pub max_duration: Option<Duration>,
    /// Bytes of all segments after which the recording is over.
    pub max_size: Option<u64>,
    /// `NAME@VERSION` of the picker.
    pub plugin: String,
    /// This program's version.
    pub host_version: String,
}

impl Plan {
    /// What `[output]` says, without limits.
    pub fn new(output: &Output, stall: Duration, plugin: String) -> Self {
        Plan {
            roots: output.folders(),
            name: output.name.clone(),
            split: output.split.clone(),
            sidecar: output.sidecar,
            repeats: output.repeats,
            hash: output.hash,
            patience: output.patience.0,
            join: output.join,
            stall,
            max_duration: None,
            max_size: None,
            plugin,
            host_version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// What a media request may do and say beyond the candidate's own words.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// `--header`: to the room's own host alone.
    pub user_headers: Vec<Pair>,
    /// Host and port of the URL that the user wrote.
    pub room_host: Option<HostPort>,
    /// `[plugin.NAME] hosts`.
    pub overrides: Overrides,
}

/// Becomes true when the recording must stop. A sender that is gone means the same.
pub type Stop = tokio::sync::watch::Receiver<bool>;

/// What comes from outside while something is received.
#[derive(Clone, Debug, Default)]
pub struct Tidings {
    /// What is known of the broadcast now.
    pub broadcast: Broadcast,
    /// The last cut that was asked for: its number, counted from 1, and why.
    pub cut: Option<(u64, lyrebird_flv::Ask)>,
}

/// Where a reception hears its tidings.
pub type Told = tokio::sync::watch::Receiver<Tidings>;

/// What an earlier run wrote of a session that goes on.
#[derive(Clone, Debug)]
pub struct Before {
    /// Folder of its files, below the output folder.
    pub folder: Option<PathBuf>,
    /// Their name without extension and number; none where there is no file yet.
    pub stem: Option<String>,
    /// Number of the last one.
    pub number: u32,
    /// When its last byte was written.
    pub last_write: SystemTime,
}

/// How a reception went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reception {
    /// Why it ended.
    pub reason: EndReason,
    /// Media time that it gave; of a raw body the time that it lasted.
    pub media_ms: u64,
    /// Bytes that it added to the files.
    pub bytes: u64,
    /// Whether it gave any media.
    pub first_media: bool,
}

/// One file of a recording, closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Where it is; still `.part` where it could not be finished.
    pub file: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// Its media time.
    pub duration_ms: u64,
    /// `complete`, `recovered`, or `recording` where it could not be finished.
    pub state: sidecar::State,
}

/// What a recording has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// In order.
    pub segments: Vec<Closed>,
    /// In order; `at_ms` in the segment that was open.
    pub gaps: Vec<sidecar::Gap>,
}

/// Where a recording stands, for the status line. Shared with whoever shows it.
#[derive(Debug, Default)]
pub struct Progress {
    bytes: AtomicU64,
    media_ms: AtomicU64,
    gaps: AtomicU64,
    file: Mutex<Option<PathBuf>>,
    began: tokio::sync::watch::Sender<bool>,
}

impl Progress {
    /// Bytes of all its files.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Media time of all its files; more than 0 as soon as the first media has come.
    pub fn media_ms(&self) -> u64 {
        self.media_ms.load(Ordering::Relaxed)
    }

    /// Gaps so far.
    pub fn gaps(&self) -> u64 {
        self.gaps.load(Ordering::Relaxed)
    }

    /// The file that grows, under the name that it will have; none before the first media.
    pub fn file(&self) -> Option<PathBuf> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until the first media is in a file (told within 200 ms): the moment at which a session begins that nobody
    /// could see before. Waits for ever if none comes.
    pub async fn began(&self) {
        let mut began = self.began.subscribe();
        // The sender lives as long as we do.
        let _ = began.wait_for(|began| *began).await;
    }

    fn show(&self, bytes: u64, media_ms: u64, gaps: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
        self.media_ms.store(media_ms, Ordering::Relaxed);
        self.gaps.store(gaps, Ordering::Relaxed);
    }

    fn show_file(&self, file: PathBuf) {
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
        self.began.send_if_modified(|began| !std::mem::replace(began, true));
    }
}
