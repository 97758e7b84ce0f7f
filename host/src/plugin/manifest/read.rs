//! From `plugin.toml` to [`Manifest`], with errors that name line, key and what is taken there.

use std::time::Duration;

use semver::Version;
use serde::Deserialize;

use super::{HostEntry, Live, Manifest, Sample, Setting, SettingKind};
use crate::config::Span;
use crate::http::host::HostPattern;
use crate::plugin::glob::Glob;
use crate::plugin::settings::cut;

/// A longer manifest is no manifest.
pub(in crate::plugin) const LONGEST: usize = 64 * 1024;

/// Most rooms a check: an answer about so many still fits the limits of a call.
const MOST_ROOMS: u32 = 500;

/// Longest pause that a platform may ask for.
const LONGEST_INTERVAL: Duration = Duration::from_secs(24 * 3_600);

/// Bytes of what a person might write for a room, and of its id.
const LONGEST_SAMPLE: usize = 1 << 10;

/// Bytes of a version.
const LONGEST_VERSION: usize = 64;

/// Most entries of each list.
const MOST_ENTRIES: usize = 200;

/// Most bytes of what is said about a manifest: it may be wrong by a text as long as itself.
const MOST_WORDS: usize = 1 << 10;

/// As it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    version: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    license: String,
    platform: Option<String>,
    #[serde(default)]
    rooms: Vec<String>,
    live: Option<String>,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    cookies: Vec<String>,
    batch: Option<u32>,
    interval: Option<Span>,
    #[serde(default)]
    settings: Vec<WrittenSetting>,
    #[serde(default)]
    samples: Vec<WrittenSample>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSetting {
    name: String,
    #[serde(rename = "type", default = "string")]
    kind: String,
    default: Option<toml::Value>,
    #[serde(default)]
    secret: bool,
    #[serde(default)]
    help: String,
}

fn string() -> String {
    String::from("string")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSample {
    input: String,
    id: String,
}

/// Reads a manifest.
///
/// # Errors
/// What is wrong with it, for the plugin's author: one sentence.
pub(in crate::plugin) fn parse(text: &str) -> Result<Manifest, String> {
    read(text).map_err(|why| cut(why, MOST_WORDS))
}

fn read(text: &str) -> Result<Manifest, String> {
    if text.len() > LONGEST {
        return Err(format!("it has {} bytes, at most {LONGEST} are taken", text.len()));
    }
    let written: Written = toml::from_str(text).map_err(|error| place(text, &error))?;
    let lists = [written.rooms.len(), written.hosts.len(), written.cookies.len()];
    if lists.into_iter().chain([written.settings.len(), written.samples.len()]).any(|len| len > MOST_ENTRIES) {
        return Err(format!("a list has more than {MOST_ENTRIES} entries"));
    }
    let name = word("name", written.name)?;
    let settings = settings(written.settings)?;
    let cookies = written.cookies.iter().map(|host| pattern("cookies", host)).collect::<Result<_, _>>()?;
    let hosts = written.hosts.iter().map(|host| host_entry(host, &settings)).collect::<Result<_, _>>()?;
    Ok(Manifest {
        platform: written.platform.map_or_else(|| Ok(name.clone()), |platform| word("platform", platform))?,
        name,
        version: version(&written.version)?,
        description: line("description", written.description)?,
        license: line("license", written.license)?,
        rooms: written.rooms.iter().map(|text| Glob::parse(text)).collect::<Result<_, _>>()?,
        live: live(written.live.as_deref())?,
        hosts,
        cookies,
        batch: batch(written.batch.unwrap_or(1))?,
        interval: interval(written.interval)?,
        settings,
        samples: samples(written.samples)?,
    })
}

fn place(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().trim().replace('\n', ", ");
    let Some(span) = error.span() else { return message };
    let line = text.get(..span.start).unwrap_or(text).matches('\n').count() + 1;
    format!("line {line}: {message}")
}

/// Names become parts of file names, table names and log fields.
fn word(key: &str, text: String) -> Result<String, String> {
    let fits = text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    fits.then_some(text.clone()).ok_or_else(|| {
        format!("`{key} = \"{text}\"`: it takes lower-case letters, digits and dashes, a letter first, at most 40")
    })
}

/// It stands in every log line of the plugin.
fn version(text: &str) -> Result<Version, String> {
    if text.len() > LONGEST_VERSION {
        return Err(format!("`version` has {} bytes, at most {LONGEST_VERSION} are taken", text.len()));
    }
    Version::parse(text).map_err(|error| format!("`version = \"{text}\"`: {error}; write it as `1.2.3`"))
}

fn line(key: &str, text: String) -> Result<String, String> {
    let fits = text.len() <= 500 && !text.chars().any(char::is_control);
    fits.then_some(text).ok_or_else(|| format!("`{key}` must be one line of at most 500 bytes"))
}

fn live(text: Option<&str>) -> Result<Live, String> {
    match text {
        None | Some("by-check") => Ok(Live::ByCheck),
        Some("by-media") => Ok(Live::ByMedia),
        Some(other) => Err(format!("`live = \"{other}\"`: it takes `by-check` or `by-media`")),
    }
}

fn pattern(key: &str, text: &str) -> Result<HostPattern, String> {
    HostPattern::parse(text)
        .map_err(|error| format!("`{key}`: {error:#}; write `host`, `host:port`, `*.host` or `http://host`"))
}

fn host_entry(text: &str, settings: &[Setting]) -> Result<HostEntry, String> {
    let Some(name) = text.strip_prefix("setting:") else { return pattern("hosts", text).map(HostEntry::Pattern) };
    match settings.iter().find(|setting| setting.name == name) {
        None => Err(format!("`hosts`: `{text}` names a setting that `[[settings]]` does not declare")),
        Some(Setting { kind: SettingKind::String | SettingKind::Url, .. }) => Ok(HostEntry::Setting(name.to_owned())),
        Some(_) => Err(format!("`hosts`: `{text}` names a setting that cannot hold a URL")),
    }
}

fn batch(rooms: u32) -> Result<usize, String> {
    usize::try_from(rooms)
        .ok()
        .filter(|_| (1..=MOST_ROOMS).contains(&rooms))
        .ok_or_else(|| format!("`batch = {rooms}`: a check takes 1 to {MOST_ROOMS} rooms"))
}

fn interval(span: Option<Span>) -> Result<Duration, String> {
    let span = span.map_or(Duration::ZERO, |span| span.0);
    (span <= LONGEST_INTERVAL).then_some(span).ok_or_else(|| format!("`interval`: {span:?} is longer than a day"))
}

fn settings(written: Vec<WrittenSetting>) -> Result<Vec<Setting>, String> {
    let mut settings: Vec<Setting> = Vec::new();
    for one in written {
        let setting = setting(one)?;
        if settings.iter().any(|other| other.name == setting.name) {
            return Err(format!("setting `{}` is declared twice", setting.name));
        }
        settings.push(setting);
    }
    Ok(settings)
}

fn setting(written: WrittenSetting) -> Result<Setting, String> {
    let name = written.name;
    let fits = (1..=40).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b));
    if !fits {
        return Err(format!("setting `{name}`: a name takes lower-case letters, digits, `_` and `-`, a letter first"));
    }
    let kind = match written.kind.as_str() {
        "string" => SettingKind::String,
        "number" => SettingKind::Number,
        "boolean" => SettingKind::Boolean,
        "url" => SettingKind::Url,
        other => {
            return Err(format!("setting `{name}`: `type = \"{other}\"`; it takes string, number, boolean or url"));
        }
    };
    let default = written.default.map(|value| match value {
        toml::Value::String(text) => Ok(text),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Float(number) => Ok(number.to_string()),
        toml::Value::Boolean(truth) => Ok(truth.to_string()),
        _ => Err(format!("setting `{name}`: a default is a text, a number or a boolean")),
    });
    let default = default.transpose()?;
    if default.is_some() && written.secret {
        return Err(format!("setting `{name}`: a secret has no default"));
    }
    if let Some(text) = default.as_deref().filter(|text| !text.is_empty() && !kind.takes(text)) {
        return Err(format!("setting `{name}`: `default = \"{text}\"` is not {}", kind.word()));
    }
    let help = line("help", written.help)?;
    Ok(Setting { name, kind, default, secret: written.secret, help })
}

fn samples(written: Vec<WrittenSample>) -> Result<Vec<Sample>, String> {
    let fits = |text: &str| (1..=LONGEST_SAMPLE).contains(&text.len()) && !text.chars().any(char::is_control);
    let one = |WrittenSample { input, id }| match fits(&input) && fits(&id) {
        false => Err(format!("a sample has an `input` and an `id`, each one line of 1 to {LONGEST_SAMPLE} bytes")),
        true => Ok(Sample { input, id }),
    };
    written.into_iter().map(one).collect()
}
