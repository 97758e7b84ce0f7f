//! What a plugin says of itself: `plugin.toml`, carried in its file. Data that is read before anything of it runs.
//!
//! Knows the file's text alone; what the user grants or sets is not decided here.

use std::fmt;
use std::time::Duration;

use semver::Version;
use serde::{Deserialize, Serialize};

use super::access;
use super::glob::Glob;
use crate::http::host::{HostPattern, HostPort};

mod read;

pub(super) use read::{LONGEST, parse};

/// A manifest whose every key was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// What the plugin is known by: `[a-z][a-z0-9-]*`, at most 40 characters.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// One sentence for people.
    pub description: String,
    /// SPDX expression; empty where it says none.
    pub license: String,
    /// The platform that a picker knows; the plugin's name where it says none.
    pub platform: String,
    /// Which URLs a picker takes.
    pub rooms: Vec<Glob>,
    /// How a picker sees that a room is live.
    pub live: Live,
    /// What it may call.
    pub hosts: Vec<HostEntry>,
    /// Where the user's cookie is added.
    pub cookies: Vec<HostPattern>,
    /// Rooms a check, at least 1.
    pub batch: usize,
    /// Least pause between two checks that the platform bears.
    pub interval: Duration,
    /// What the user may set.
    pub settings: Vec<Setting>,
    /// What `resolve` must answer, without the network.
    pub samples: Vec<Sample>,
}

/// `live`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Live {
    /// `check` knows.
    ByCheck,
    /// Only the media itself tells: `check` answers *live* as a guess.
    ByMedia,
}

/// One entry of `hosts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostEntry {
    /// A host, or all below one.
    Pattern(HostPattern),
    /// `setting:NAME`: the host of the URL in that setting.
    Setting(String),
}

impl fmt::Display for HostEntry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostEntry::Pattern(pattern) => write!(out, "{pattern}"),
            HostEntry::Setting(name) => write!(out, "setting:{name}"),
        }
    }
}

/// One `[[settings]]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Its key: `[a-z][a-z0-9_-]*`.
    pub name: String,
    /// What its text must be.
    #[serde(rename = "type")]
    pub kind: SettingKind,
    /// What the plugin gets where the user says nothing.
    pub default: Option<String>,
    /// Whether its value must never be shown.
    pub secret: bool,
    /// One sentence for people.
    pub help: String,
}

/// What a setting's text must be. The plugin gets text in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SettingKind {
    /// Anything.
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// An `http` or `https` URL.
    Url,
}

impl SettingKind {
    /// Whether the text is of this kind.
    pub fn takes(self, text: &str) -> bool {
        match self {
            SettingKind::String => true,
            SettingKind::Number => text.parse::<f64>().is_ok_and(f64::is_finite),
            SettingKind::Boolean => matches!(text, "true" | "false"),
            SettingKind::Url => url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https")),
        }
    }

    /// For people: what is taken.
    pub fn word(self) -> &'static str {
        match self {
            SettingKind::String => "a text",
            SettingKind::Number => "a number",
            SettingKind::Boolean => "`true` or `false`",
            SettingKind::Url => "an http or https URL",
        }
    }
}

/// One `[[samples]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// What a person might write.
    pub input: String,
    /// The room's canonical id.
    pub id: String,
}

impl Manifest {
    /// `name@version`, as logs, sidecars and answers name a build.
    pub fn label(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// The entries of `hosts`, and the hosts that the defaults of settings lead to: another default is another host.
    pub(super) fn asked_hosts(&self) -> Vec<String> {
        let mut asked: Vec<String> = self.hosts.iter().map(ToString::to_string).collect();
        for entry in &self.hosts {
            let HostEntry::Setting(name) = entry else { continue };
            let setting = self.settings.iter().find(|setting| setting.name == *name);
            let default = setting.and_then(|setting| setting.default.as_deref()).filter(|url| !url.is_empty());
            let host = default.and_then(|url| Some(access::pattern(url, &HostPort::from_url(url)?).ok()?.to_string()));
            asked.extend(host.filter(|host| !asked.contains(host)));
        }
        asked
    }

    /// All that must be granted, as people read it: hosts, and cookies with a word in front.
    pub fn asks(&self) -> Vec<String> {
        let hosts = self.asked_hosts().into_iter().map(|host| format!("host {host}"));
        hosts.chain(self.cookies.iter().map(|host| format!("cookie for {host}"))).collect()
    }
}

#[cfg(test)]
mod tests;
