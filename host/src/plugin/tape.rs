//! Tapes: requests and answers that a plugin is played against, as text that people can write.
//!
//! A tape is a file of JSON lines and holds one state of a platform: several calls, each a head and behind it the call's
//! requests with their answers. `docs/plugin-spec.md` has the format. Knows no directory and no command.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::http::{GuestError, GuestResponse};

mod ask;
mod diff;
mod dress;
mod form;
mod forms;
mod lines;
mod player;
mod record;
mod recorder;
mod redact;
mod single;
mod still;
mod words;

pub use record::{RecordError, RecordMeans, Recorded, Said, record};

pub(super) use ask::{Ask, Outcome, Reply};
pub(super) use diff::difference;
pub(super) use dress::Dress;
pub(super) use lines::read;
#[cfg(any(test, fuzzing))]
pub(super) use lines::write;
pub(super) use player::{Mode, Player};
pub(super) use recorder::Recorder;
pub(super) use single::Single;
pub(super) use still::Still;
pub(super) use words::{other, outcome, pretty};

/// How a tape's file is called at the end.
pub const TAPE_SUFFIX: &str = ".tape.jsonl";

/// A file of calls. They know nothing of each other: each begins with what its head says.
#[derive(Clone, Debug)]
pub(super) struct Tape {
    pub(super) calls: Vec<Call>,
}

/// One call, its requests and their answers.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// Of its head in the file, from 1.
    pub(super) line: usize,
    /// `name@version` of the build that it was made with, or for.
    pub(super) plugin: String,
    pub(super) ask: Ask,
    pub(super) still: Still,
    /// The user's settings; secret ones have a value that is none of the user's.
    pub(super) settings: BTreeMap<String, String>,
    /// Names that the user's cookie has.
    pub(super) cookies: Vec<String>,
    /// What the plugin's store holds when the call begins.
    pub(super) store: BTreeMap<String, String>,
    /// What the plugin should answer, in the words of [`outcome`]; none where nobody has written it down.
    pub(super) answer: Option<Value>,
    pub(super) exchanges: Vec<Exchange>,
}

/// A request with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exchange {
    /// In the file, from 1.
    pub(super) line: usize,
    pub(super) asked: Asked,
    pub(super) answer: Result<GuestResponse, GuestError>,
}

/// A request, as the guest made it: what must be equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) method: &'static str,
    pub(super) url: String,
    pub(super) headers: Vec<crate::model::Pair>,
    pub(super) body: Option<Vec<u8>>,
    /// Hops to follow; none takes a redirect as the answer.
    pub(super) follow: Option<u8>,
    pub(super) timeout_ms: Option<u64>,
    pub(super) max_body: Option<u64>,
}

#[cfg(test)]
mod tests;
