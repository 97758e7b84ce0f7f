//! The lines of a tape as JSON has them: names, what may be left out, nothing else. Unknown names are errors, since who
//! writes a tape by hand would wait in vain for a misspelt one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{Broadcast, Pair};

/// The number of this format.
pub(super) const FORMAT: u32 = 1;

/// A call's first line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeadForm {
    pub(super) tape: u32,
    pub(super) plugin: String,
    pub(super) call: CallForm,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rooms: Option<Vec<RoomForm>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) room: Option<RoomForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) wish: Option<WishForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) event: Option<EventForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) receipt: Option<String>,
    pub(super) clock: String,
    #[serde(default)]
    pub(super) seed: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) settings: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) cookies: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) store: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) answer: Option<Value>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum CallForm {
    Resolve,
    Check,
    Streams,
    Announce,
    Find,
    Retract,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoomForm {
    pub(super) id: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) input: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) options: Vec<Pair>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WishForm {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) qualities: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) codecs: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) failed_urls: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventForm {
    pub(super) id: String,
    #[serde(default)]
    pub(super) time: u32,
    pub(super) kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) platform: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) room: Option<RoomForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) session: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) broadcast: Option<Broadcast>,
    #[serde(default)]
    pub(super) text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) facts: Vec<Pair>,
}

/// A request, and one of answer and error.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExchangeForm {
    pub(super) request: RequestForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) answer: Option<AnswerForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<ErrorForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestForm {
    pub(super) method: String,
    pub(super) url: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) headers: Vec<Pair>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) hex: Option<String>,
    /// Hops; without it a redirect is the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) follow: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) timeout_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) max_body: Option<u64>,
}

/// Without a body it is empty.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerForm {
    pub(super) status: u16,
    /// The request's, where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) headers: Vec<Pair>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) json: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) hex: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) truncated: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ErrorForm {
    pub(super) kind: ErrorKind,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) text: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ErrorKind {
    Denied,
    InvalidRequest,
    Timeout,
    Dns,
    Connect,
    Tls,
    Io,
}
