//! Whether the machine has means for one more recording: memory, and files that may be open. What runs goes on with what
//! is held back for it. Asked before a recording begins, and looked at now and then.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::sync::Notify;

use super::Hands;
use super::gate::amount;
use crate::event::{Event, Kind};
use crate::machine::descriptors;
use crate::machine::memory::{Memory, Whose, memory};

#[cfg(test)]
mod tests;

/// Descriptors of a recording: its file, folder and connection, and what is opened for a moment at a cut.
const FILES: usize = 6;

/// Memory of a recording of 8 Mbit/s: what is read, what is gathered, what is kept until it is synced.
const MEMORY: u64 = 2 << 20;

/// Memory that is left to what runs, for when a disk is slow: this part of the limit, within these bounds.
const HELD_PART: u64 = 8;
const HELD: (u64, u64) = (16 << 20, 64 << 20);

/// For so long what was seen holds: looking takes time, and many may begin in one moment.
const HOLDS: Duration = Duration::from_millis(250);

/// How long a recording takes what it takes: then it shows in what is left.
const BEGINS: Duration = Duration::from_secs(4);

/// What is short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// One word.
    pub of: &'static str,
    /// For people.
    pub why: String,
    /// What to do about it.
    hint: &'static str,
}

/// What was seen last. Cheap to clone; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Means(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    seen: Mutex<Seen>,
    /// Rung when nothing is short any longer.
    bell: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Recordings that have just begun.
    beginning: usize,
    want: Option<Want>,
    /// When it was looked at last, and what was left then.
    last: Option<(Duration, Left)>,
}

/// What the machine has left.
#[derive(Clone, Copy, Debug)]
struct Left {
    files: usize,
    memory: Option<Memory>,
}

/// A recording that begins, as long as this is held.
#[derive(Debug)]
pub struct Beginning(Means);

impl Means {
    /// What is short, as of the last look.
    pub fn want(&self) -> Option<Want> {
        self.seen().want.clone()
    }

    /// Ends when what is short now no longer is: for whoever had to wait for it.
    pub fn back(&self) -> impl Future<Output = ()> + Send + use<> {
        Arc::clone(&self.0.bell).notified_owned()
    }

    /// Remembers what is short, and gives what was until now.
    fn judge(&self, mut seen: MutexGuard<'_, Seen>, left: &Left) -> (Option<Want>, Option<Want>) {
        let want = left.want(seen.want.is_some());
        let was = std::mem::replace(&mut seen.want, want.clone());
        drop(seen);
        if want.is_none() && was.is_some() {
            self.0.bell.notify_waiters();
        }
        (want, was)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Beginning {
    /// Holds it for as long as it takes while the recording goes on, and gives what that gives.
    pub async fn beside<T>(self, recording: impl Future<Output = T>) -> T {
        let mut recording = std::pin::pin!(recording);
        tokio::select! {
            ended = &mut recording => return ended,
            () = tokio::time::sleep(BEGINS) => {}
        }
        drop(self);
        recording.await
    }
}

impl Drop for Beginning {
    fn drop(&mut self) {
        let mut seen = self.0.seen();
        seen.beginning = seen.beginning.saturating_sub(1);
    }
}

impl Hands {
    /// Lets one more recording begin.
    ///
    /// # Errors
    /// The machine has no means for it now: one sentence for people.
    pub fn begin(&self) -> Result<Beginning, String> {
        let left = self.look();
        let mut seen = self.means.seen();
        if let Some(want) = &seen.want {
            return Err(want.why.clone());
        }
        let count = seen.beginning.saturating_add(1);
        if !left.is_enough_for(count) {
            return Err(String::from("others begin to be recorded, there is room for this one when they have"));
        }
        seen.beginning = count;
        drop(seen);
        Ok(Beginning(self.means.clone()))
    }

    /// Looks at what is left, and tells when something has become short, or no longer is.
    pub fn look_at_machine(&self) {
        self.look();
    }

    fn look(&self) -> Left {
        let now = self.clock.passed();
        let mut seen = self.means.seen();
        if let Some((at, left)) = seen.last
            && now.saturating_sub(at) < HOLDS
        {
            return left;
        }
        let left = Left { files: descriptors::left(), memory: memory() };
        seen.last = Some((now, left));
        let (kind, data) = match self.means.judge(seen, &left) {
            (Some(Want { of, why, hint }), None) => {
                let hint = format!("{hint}; it goes on by itself then");
                tracing::error!(why, hint, "nothing new is recorded, what runs goes on");
                (Kind::MachineLow, json!({ "of": of, "reason": why }))
            }
            (None, Some(Want { of, .. })) => {
                tracing::info!(of, "there is room for new recordings again");
                (Kind::MachineOk, json!({ "of": of }))
            }
            _ => return left,
        };
        self.events.send(Event::now(&self.clock, kind, None, None, data));
        left
    }
}

impl Left {
    /// Whether so many may be beginning.
    fn is_enough_for(&self, count: usize) -> bool {
        self.files >= FILES.saturating_mul(count) && self.memory.is_none_or(|memory| has_room(&memory, count))
    }

    /// What is too short for one more, whoever else begins. What was short is so until there is enough for some: else
    /// what comes and goes is a string of alerts.
    fn want(&self, was_short: bool) -> Option<Want> {
        let count = if was_short { 4 } else { 1 };
        if self.files < FILES * count {
            return Some(Want {
                of: "files",
                why: String::from(
                    "the program may open no more files: what is left is kept for the recordings that run",
                ),
                hint: "raise the limit, by LimitNOFILE in the unit or `ulimit -n`, or record fewer rooms",
            });
        }
        let memory = self.memory.filter(|memory| !has_room(memory, count))?;
        let whose = match memory.whose {
            Whose::Machine => "the machine's",
            Whose::Group => "this program's limit of",
        };
        let (left, limit) = (amount(memory.left), amount(memory.limit));
        Some(Want {
            of: "memory",
            why: format!("{left} of {whose} {limit} memory is left, which is kept for the recordings that run"),
            hint: "give it more memory, by MemoryMax in the unit or the container's limit, or record fewer rooms",
        })
    }
}

fn has_room(memory: &Memory, count: usize) -> bool {
    let needed = MEMORY.saturating_mul(u64::try_from(count).unwrap_or(u64::MAX));
    memory.left >= held(memory).saturating_add(needed)
}

/// Of memory that is so scarce, what is left to recordings that run.
fn held(memory: &Memory) -> u64 {
    (memory.limit / HELD_PART).clamp(HELD.0, HELD.1)
}
