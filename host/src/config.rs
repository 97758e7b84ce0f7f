//! The user's wishes, as `lyrebird.toml` says them: plain data with defaults. Reads files, acts on nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::model::Secret;

mod diff;
mod ears;
mod faults;
mod file;
mod places;
mod read;
mod rooms;
mod snapshot;
mod units;
mod watch;

pub use diff::{Diff, diff};
pub use ears::Ears;
pub use file::open_file;
pub use places::Places;
pub use read::{ConfigError, nearest, parse, read};
pub use rooms::{Origin, RoomWish};
pub use snapshot::{Snapshot, load, usual_places};
pub use units::{LEAST_SIZE, LEAST_SPAN, Rate, Size, Span, Syncs, UnitError};
pub use watch::{RESCAN, SETTLE, Watch};

/// The file that a new user begins with: every key with its default and a word about it.
pub const DEFAULT_TEXT: &str = include_str!("config/default.toml");

/// The JSON Schema of the file, draft 2020-12, for editors.
pub const SCHEMA: &str = include_str!("config/schema.json");

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where and how files are written.
    pub output: Output,
    /// How rooms are looked at.
    pub check: Check,
    /// How the host connects out.
    pub http: Http,
    /// Where FFmpeg is.
    pub ffmpeg: Ffmpeg,
    /// Where plugins are and what they are granted.
    pub plugins: Plugins,
    /// One table a plugin, by its manifest's name.
    pub plugin: BTreeMap<String, Plugin>,
    /// Who is told.
    pub notify: Vec<Notify>,
    /// The rooms.
    pub room: Vec<Room>,
    /// A text file of more rooms.
    pub rooms: Rooms,
}

/// `[output]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Output {
    /// The folder that nothing is written outside of; relative to the config file.
    pub dir: PathBuf,
    /// Other folders on other volumes, in order, for when this one fails or is full.
    pub fallback: Vec<PathBuf>,
    /// The template of names.
    pub name: String,
    /// When to cut.
    pub split: Split,
    /// Free space below which no new recording begins.
    pub min_free: Size,
    /// How often written data is made to survive a power cut.
    pub sync: Syncs,
    /// Whether sidecars stay when a segment is closed.
    pub sidecar: bool,
    /// Whether receptions of one session go on in one file where they can.
    pub join: bool,
    /// What becomes of media that the sender sends again.
    pub repeats: Repeats,
    /// Which hash of a file's bytes its sidecar gets.
    pub hash: Hash,
    /// How long a volume that takes nothing is waited for; at most a minute.
    pub patience: Span,
    /// Container to remux to after the close; empty for none.
    pub remux: String,
}

/// The default of `[output] name`.
pub const DEFAULT_NAME: &str = "{{ platform }}/{{ streamer }}/{{ start | date('%Y-%m-%d %H.%M.%S') }} {{ title }}";

impl Output {
    /// The folder and those for when it is full or fails, in order.
    pub fn folders(&self) -> Vec<PathBuf> {
        std::iter::once(&self.dir).chain(&self.fallback).cloned().collect()
    }
}

impl Default for Output {
    fn default() -> Self {
        Output {
            dir: PathBuf::from("recordings"),
            fallback: Vec::new(),
            name: DEFAULT_NAME.to_owned(),
            split: Split::default(),
            min_free: Size(2 << 30),
            sync: Syncs::Each(Duration::from_secs(5)),
            sidecar: true,
            join: true,
            repeats: Repeats::Drop,
            hash: Hash::Blake3,
            patience: Span(Duration::from_secs(10)),
            remux: String::new(),
        }
    }
}

/// `[output] split`. None = never.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Split {
    /// Bytes of a segment.
    pub size: Option<Size>,
    /// Media time of a segment.
    pub duration: Option<Span>,
    /// Whether a changed title cuts.
    pub title: bool,
}

/// `[output] repeats`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Repeats {
    /// Dropped and noted.
    #[default]
    Drop,
    /// Recorded as sent.
    Keep,
}

/// `[output] hash`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hash {
    /// BLAKE3.
    #[default]
    Blake3,
    /// None, and no byte is hashed.
    Off,
}

/// `[check]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Check {
    /// Time between two checks of a room.
    pub interval: Span,
    /// Share of the interval by which it varies, 0 to 1.
    pub jitter: f64,
    /// How long a room may seem dark before its session is over.
    pub grace: Span,
    /// A platform's budget of requests.
    pub rate: Rate,
}

impl Default for Check {
    fn default() -> Self {
        Check {
            interval: Span(Duration::from_secs(30)),
            jitter: 0.1,
            grace: Span(Duration::from_secs(60)),
            rate: Rate { count: 2, per: Duration::from_secs(1) },
        }
    }
}

/// `[http]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// URL of a proxy for everything; may carry a password.
    pub proxy: Option<Text>,
    /// Which kind of addresses may be used.
    pub ip: Ip,
    /// How long connecting may take.
    pub connect_timeout: Span,
    /// How long a media body may be silent.
    pub stall: Span,
    /// File of further root certificates, PEM.
    pub ca: Option<PathBuf>,
}

impl Default for Http {
    fn default() -> Self {
        Http {
            proxy: None,
            ip: Ip::Any,
            connect_timeout: Span(Duration::from_secs(10)),
            stall: Span(Duration::from_secs(15)),
            ca: None,
        }
    }
}

/// `[http] ip`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Ip {
    /// As the resolver answers.
    #[default]
    #[serde(rename = "any")]
    Any,
    /// IPv4 alone.
    #[serde(rename = "4")]
    V4,
    /// IPv6 alone.
    #[serde(rename = "6")]
    V6,
}

/// `[ffmpeg]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ffmpeg {
    /// The program; without a slash it is looked up in PATH.
    pub path: PathBuf,
}

impl Default for Ffmpeg {
    fn default() -> Self {
        Ffmpeg { path: PathBuf::from("ffmpeg") }
    }
}

/// `[plugins]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plugins {
    /// Directories of plugins; empty means the usual places.
    pub dirs: Vec<PathBuf>,
    /// What a plugin is granted without asking.
    pub approve: Approve,
    /// Private hosts (`host`, `host:port`) and networks (`192.168.1.0/24`) that guests and media may visit.
    pub allow_private_hosts: Vec<String>,
}

/// `[plugins] approve`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Approve {
    /// What a plugin asks when it is first seen; more later waits.
    #[default]
    New,
    /// Nothing.
    Ask,
    /// Everything.
    All,
}

/// `[plugin.NAME]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plugin {
    /// The user's cookie, as a `Cookie` header.
    pub cookie: Option<Text>,
    /// What the manifest declares under `[[settings]]`.
    pub settings: BTreeMap<String, Text>,
    /// Other limits than the usual ones.
    pub limits: Limits,
    /// Hosts (`host`, `*.host`) whose requests go to another base URL.
    pub hosts: BTreeMap<String, String>,
    /// Interval of checks; wins over the manifest's and `[check]`.
    pub interval: Option<Span>,
}

/// `[plugin.NAME] limits`. None = the usual one.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// CPU time of a call.
    pub cpu: Option<Span>,
    /// Linear memory of a call.
    pub memory: Option<Size>,
    /// Whole time of `resolve`.
    pub resolve: Option<Span>,
    /// Whole time of `check`.
    pub check: Option<Span>,
    /// Whole time of `streams`.
    pub streams: Option<Span>,
    /// Whole time of a notifier's call.
    pub notifier: Option<Span>,
    /// Elements of all tables.
    pub tables: Option<u32>,
    /// HTTP requests of a call.
    pub http: Option<u32>,
    /// Decompressed bytes of an answer.
    pub body: Option<Size>,
}

/// A text that may be secret: a literal, `{ env = "NAME" }` or `{ file = "PATH" }`. Numbers and booleans of settings
/// are taken as their text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// The text itself.
    Literal(Secret),
    /// The value of an environment variable.
    Env(String),
    /// The first line of a file; relative to the config file.
    File(PathBuf),
}

/// `[[notify]]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// The target's name, which rooms refer to.
    pub name: String,
    /// The notifier.
    pub plugin: String,
    /// Kinds of events.
    #[serde(default = "default_on")]
    pub on: Vec<String>,
    /// Template of the message.
    #[serde(default)]
    pub template: Option<String>,
    /// Settings of this target, over the plugin's.
    #[serde(default)]
    pub settings: BTreeMap<String, Text>,
}

fn default_on() -> Vec<String> {
    vec![String::from("session_started")]
}

/// `[[room]]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Room {
    /// URL or id, as the user wrote it.
    pub url: String,
    /// The picker, where the URL alone does not say.
    #[serde(default)]
    pub plugin: Option<String>,
    /// Whether it is watched.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The user's own name for it.
    #[serde(default)]
    pub name: Option<String>,
    /// Quality keys, best first.
    #[serde(default)]
    pub quality: Vec<String>,
    /// The least quality that is recorded.
    #[serde(default)]
    pub min_quality: Option<String>,
    /// Codecs, best first.
    #[serde(default)]
    pub codec: Vec<String>,
    /// Transports, best first.
    #[serde(default)]
    pub transport: Vec<String>,
    /// Targets; none = all of them.
    #[serde(default)]
    pub notify: Option<Vec<String>>,
    /// Whether old material in a loop is recorded.
    #[serde(default)]
    pub replay: bool,
    /// Options for the picker.
    #[serde(default)]
    pub options: BTreeMap<String, Text>,
}

fn yes() -> bool {
    true
}

/// `[rooms]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rooms {
    /// A text file of URLs, one a line; a leading `#` pauses the room.
    pub file: Option<PathBuf>,
}

#[cfg(test)]
mod tests;
