//! The words that every room of the host speaks: plain data without behaviour.
//!
//! Plugins speak WIT; `plugin` translates, and nothing above it sees a WIT type. Knows no I/O and no time.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

mod alike;
mod end;
mod secret;

pub use alike::Alike;
pub use end::{EndReason, Refusal};
pub use secret::{Secret, redact_input, redact_url};

/// Header, option or fact: name, value. Order is kept.
pub type Pair = (String, String);

/// One room of one platform; prints as `platform:id`, for people: see [`RoomKey::shown_id`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomKey {
    /// The manifest's platform.
    pub platform: String,
    /// Canonical id, as the picker's `resolve` returned it.
    pub id: String,
}

impl RoomKey {
    /// The id as it may be shown: where a picker's ids are URLs, they may be signed.
    pub fn shown_id(&self) -> String {
        shown_id(&self.id)
    }

    /// The id as it may outlive the program: where it hides something of a URL, a hash of the whole tells two rooms apart
    /// all the same.
    pub fn kept_id(&self) -> String {
        let shown = self.shown_id();
        if shown == self.id {
            return shown;
        }
        let hash = blake3::hash(self.id.as_bytes()).to_hex();
        format!("{shown}#{}", hash.chars().take(HASH).collect::<String>())
    }
}

/// Letters of a hash that tells rooms of one database apart.
const HASH: usize = 16;

/// A room's id as it may be shown.
pub fn shown_id(id: &str) -> String {
    if id.contains("://") { redact_url(id) } else { id.to_owned() }
}

impl fmt::Display for RoomKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.platform, self.shown_id())
    }
}

/// A room as a picker is asked about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Canonical id.
    pub id: String,
    /// What the user wrote.
    pub input: String,
    /// The user's settings for this room.
    pub options: Vec<Pair>,
}

/// Facts about a broadcast, for file names and announcements.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Broadcast {
    /// The platform's own id of this broadcast: tells a new broadcast from a dropped connection.
    pub id: Option<String>,
    /// The person.
    pub streamer: String,
    /// What the streamer called it.
    pub title: String,
    /// The room's page for people.
    pub room_url: String,
    /// The platform's category.
    pub category: Option<String>,
    /// A picture.
    pub cover_url: Option<String>,
    /// Seconds since the Unix epoch.
    pub started_at: Option<u32>,
    /// Whatever else the platform tells.
    pub extra: Vec<Pair>,
}

/// What a picker says of a room. "I don't know" is no status but a [`Failure`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not live; the streamer's name where the platform tells it.
    Offline(Option<String>),
    /// Announced for later; `started_at` says when.
    Upcoming(Broadcast),
    /// Old material in a loop: recorded only if the user asks for it.
    Replay(Broadcast),
    /// On air.
    Live(Broadcast),
}

impl Status {
    /// The word for JSON and people.
    pub fn word(&self) -> &'static str {
        match self {
            Status::Offline(_) => "offline",
            Status::Upcoming(_) => "upcoming",
            Status::Replay(_) => "replay",
            Status::Live(_) => "live",
        }
    }
}

/// How media travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// FLV over one HTTP connection.
    Flv,
    /// A playlist that is polled.
    Hls,
    /// Any other body that is written as it comes; the value is the file extension, without a dot.
    Raw(String),
    /// Not known before it is opened.
    Unknown,
    /// A way that this host may not know.
    Other(String),
}

impl Transport {
    /// The word for JSON, options and people.
    pub fn word(&self) -> &str {
        match self {
            Transport::Flv => "flv",
            Transport::Hls => "hls",
            Transport::Raw(_) => "raw",
            Transport::Unknown => "unknown",
            Transport::Other(name) => name,
        }
    }
}

/// Video codec of a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Codec {
    /// H.264.
    Avc,
    /// H.265.
    Hevc,
    /// AV1.
    Av1,
    /// By the platform's own name.
    Other(String),
}

impl Codec {
    /// The word for JSON, options and people.
    pub fn word(&self) -> &str {
        match self {
            Codec::Avc => "avc",
            Codec::Hevc => "hevc",
            Codec::Av1 => "av1",
            Codec::Other(name) => name,
        }
    }
}

/// What a candidate looks like; unknown values are none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Quality {
    /// The platform's own key, which the user's wishes are matched with.
    pub key: String,
    /// For people.
    pub label: String,
    /// Higher is better; comparable within one answer only.
    pub rank: i32,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// Frames a second.
    pub fps: Option<u32>,
    /// kbit/s of all tracks.
    pub bitrate_kbps: Option<u32>,
}

/// One way to receive the live content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// May be signed: never print it but through [`redact_url`].
    pub url: String,
    /// How the media travels.
    pub transport: Transport,
    /// Video codec, where known.
    pub codec: Option<Codec>,
    /// What it really is, not what was asked for.
    pub quality: Quality,
    /// The delivery network's name.
    pub cdn: Option<String>,
    /// Headers that the media request must carry.
    pub headers: Vec<Pair>,
    /// Seconds since the Unix epoch until when a *new* connection may use the URL.
    pub expires_at: Option<u32>,
    /// Whatever else the picker tells.
    pub extra: Vec<Pair>,
}

impl Candidate {
    /// Whether both are the same way to the content: same quality, transport, codec and CDN. URLs are signed anew at
    /// every question and say nothing.
    pub fn same_way(&self, other: &Candidate) -> bool {
        self.quality.key == other.quality.key
            && self.transport == other.transport
            && self.codec == other.codec
            && self.cdn == other.cdn
    }
}

/// What the user would like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Quality keys, best first; empty means the best there is.
    pub qualities: Vec<String>,
    /// Codecs, best first; empty means any.
    pub codecs: Vec<Codec>,
    /// URLs that have just failed.
    pub failed_urls: Vec<String>,
}

/// Why a picker has no answer. What to do follows from the case alone; the text is for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Not a room of this platform. Permanent.
    InvalidRoom(String),
    /// Deleted or banned. Permanent until the user acts.
    Gone(String),
    /// A login is missing or has expired.
    LoginRequired(String),
    /// Region, paid, age, password or captcha wall.
    Forbidden(String),
    /// The platform asks us to slow down.
    RateLimited {
        /// For people.
        message: String,
        /// How long the platform wants to be left alone.
        after: Option<Duration>,
    },
    /// The platform answered something that the plugin cannot read.
    UnexpectedAnswer(String),
    /// Network trouble. Passes.
    Network(String),
    /// Anything else. Passes.
    Other(String),
}

impl Failure {
    /// The word for JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Failure::InvalidRoom(_) => "invalid-room",
            Failure::Gone(_) => "gone",
            Failure::LoginRequired(_) => "login-required",
            Failure::Forbidden(_) => "forbidden",
            Failure::RateLimited { .. } => "rate-limited",
            Failure::UnexpectedAnswer(_) => "unexpected-answer",
            Failure::Network(_) => "network",
            Failure::Other(_) => "other",
        }
    }

    /// The text for people.
    pub fn message(&self) -> &str {
        match self {
            Failure::InvalidRoom(text)
            | Failure::Gone(text)
            | Failure::LoginRequired(text)
            | Failure::Forbidden(text)
            | Failure::RateLimited { message: text, .. }
            | Failure::UnexpectedAnswer(text)
            | Failure::Network(text)
            | Failure::Other(text) => text,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.kind(), self.message())?;
        if let Failure::RateLimited { after: Some(after), .. } = self {
            write!(out, " (asks for {} s of rest)", after.as_secs())?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}
