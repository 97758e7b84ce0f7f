//! From text to [`Config`], with errors that name file, line, column, key and the nearest known key.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de::Error as _};

use super::{Config, Text, faults, file, places};
use crate::model::Secret;

/// Why a config was not taken. Nothing of it is in force then.
#[derive(Debug)]
pub enum ConfigError {
    /// The file could not be read.
    Io(PathBuf, std::io::Error),
    /// The text is no config.
    Wrong {
        /// The file.
        file: PathBuf,
        /// From 1; 0 where the place is not known.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// A secret's place could not be read: what it is for, and why.
    Secret(String, String),
    /// A text from elsewhere cannot be a `Cookie` header: whose it is, where it is, and why.
    Cookie(String, String, String),
    /// All that is wrong at once, in the order of the file.
    Several(Vec<ConfigError>),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::Io(file, error) => write!(out, "cannot read config `{}`: {error}", file.display()),
            ConfigError::Wrong { file, line, column, message, hint } => {
                match line {
                    0 => write!(out, "{}: {message}", file.display())?,
                    _ => write!(out, "{}:{line}:{column}: {message}", file.display())?,
                }
                hint.iter().try_for_each(|hint| write!(out, "\nhint: {hint}"))
            }
            ConfigError::Secret(what, why) => {
                write!(out, "cannot read {what}: {why}\nhint: put the secret there, or leave the key out")
            }
            ConfigError::Cookie(what, place, why) => {
                write!(out, "{what} from {place} is no text for a `Cookie` header: {why}\nhint: {COOKIE_HINT}")
            }
            ConfigError::Several(errors) => {
                let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
                out.write_str(&lines.join("\n"))
            }
        }
    }
}

// The cause is in the text: hints come behind it.
impl std::error::Error for ConfigError {}

/// How a cookie is written.
pub(super) const COOKIE_HINT: &str = "write it as a browser sends it: `a=1; b=2`, on one line";

/// Why this cannot be a `Cookie` header (RFC 6265, 4.2.1), where it cannot; tells nothing of the text but a place in it.
pub(super) fn no_cookie(text: &str) -> Option<String> {
    let (at, letter) = text.chars().enumerate().find(|(_, letter)| !matches!(letter, ' '..='~'))?;
    let what = match letter {
        '\r' | '\n' => "a line break",
        letter if letter.is_control() => "a control character",
        _ => "not ASCII",
    };
    Some(format!("its character {} is {what}", at + 1))
}

/// Reads a config file; relative paths in it are made relative to its folder.
pub fn read(file: &Path) -> Result<Config, ConfigError> {
    let text = file::text(file).map_err(|source| ConfigError::Io(file.to_owned(), source))?;
    from_text(file, &text)
}

/// The same for a text that was read already.
pub(super) fn from_text(file: &Path, text: &str) -> Result<Config, ConfigError> {
    let mut config = parse(file, text)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let rebase = |path: &mut PathBuf| *path = folder.join(&*path);
    rebase(&mut config.output.dir);
    config.output.fallback.iter_mut().for_each(rebase);
    config.plugins.dirs.iter_mut().for_each(rebase);
    config.http.ca.iter_mut().for_each(rebase);
    config.rooms.file.iter_mut().for_each(rebase);
    if config.ffmpeg.path.components().count() > 1 {
        rebase(&mut config.ffmpeg.path);
    }
    let texts =
        config.plugin.values_mut().flat_map(|plugin| plugin.cookie.iter_mut().chain(plugin.settings.values_mut()));
    let texts = texts.chain(config.http.proxy.iter_mut());
    let texts = texts.chain(config.notify.iter_mut().flat_map(|target| target.settings.values_mut()));
    for text in texts.chain(config.room.iter_mut().flat_map(|room| room.options.values_mut())) {
        if let Text::File(path) = text {
            rebase(path);
        }
    }
    Ok(config)
}

/// Reads a config from text; `file` is for messages alone.
pub fn parse(file: &Path, text: &str) -> Result<Config, ConfigError> {
    let config: Config = toml::from_str(text).map_err(|error| wrong(file, text, &error))?;
    faults::none(file, &config, text)?;
    Ok(config)
}

impl Config {
    /// Sees to it that the secrets of plugins and of the proxy are where the config says. Done at the start, so that
    /// nobody finds out at night that a cookie was never there.
    ///
    /// # Errors
    /// The first that cannot be read or be sent, by its key and its place.
    pub fn find_secrets(&self) -> Result<(), ConfigError> {
        let plugins = self.plugin.iter().flat_map(|(name, plugin)| {
            let cookie = plugin.cookie.iter().map(move |text| (format!("`plugin.{name}.cookie`"), text));
            let settings = plugin.settings.iter();
            cookie.chain(settings.map(move |(key, text)| (format!("`plugin.{name}.settings.{key}`"), text)))
        });
        let proxy = self.http.proxy.iter().map(|text| (String::from("`http.proxy`"), text));
        proxy.chain(plugins).try_for_each(|(key, text)| text.resolve(&key).map(drop))?;
        let mut cookies = self.plugin.iter().filter_map(|(name, plugin)| Some((name, plugin.cookie.as_ref()?)));
        cookies.try_for_each(|(name, text)| text.resolve_cookie(&format!("`plugin.{name}.cookie`")).map(drop))
    }
}

fn wrong(file: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let (line, column) = places::line_and_column(text, error.span().map_or(0, |span| span.start));
    let message = error.message().trim();
    let (message, hint) = match unknown_key(message) {
        Some((key, known)) => (format!("unknown key `{key}`"), nearest(&key, &known)),
        None => (message.replace('\n', ", "), None),
    };
    ConfigError::Wrong { file: file.to_owned(), line, column, message, hint }
}

/// Takes serde's words apart: "unknown field `a`, expected one of `b`, `c`".
fn unknown_key(message: &str) -> Option<(String, Vec<String>)> {
    let rest = message.strip_prefix("unknown field `")?;
    let (key, rest) = rest.split_once('`')?;
    let known = rest.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    Some((key.to_owned(), known))
}

/// A hint for a name that is not known: the nearest one, else all there are; none where there are none.
pub fn nearest(key: &str, known: &[String]) -> Option<String> {
    let near = known.iter().map(|name| (strsim::damerau_levenshtein(key, name), name)).min();
    match near {
        Some((distance, name)) if distance <= 3 => Some(format!("did you mean `{name}`?")),
        _ if known.is_empty() => None,
        _ => Some(format!("known here: {}", known.join(", "))),
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            Whole(i64),
            Truth(bool),
            Place(Place),
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Place {
            env: Option<String>,
            file: Option<PathBuf>,
        }
        // serde's own words for an untagged enum name nothing that the user wrote.
        let written = Written::deserialize(deserializer).map_err(|_| D::Error::custom(PLACES))?;
        Ok(match written {
            Written::Text(text) => Text::Literal(Secret::new(text)),
            Written::Whole(number) => Text::Literal(Secret::new(number.to_string())),
            Written::Truth(truth) => Text::Literal(Secret::new(truth.to_string())),
            Written::Place(Place { env: Some(name), file: None }) => Text::Env(name),
            Written::Place(Place { env: None, file: Some(path) }) => Text::File(path),
            Written::Place(_) => return Err(D::Error::custom(PLACES)),
        })
    }
}

const PLACES: &str = "expected a text, a number, { env = \"NAME\" } or { file = \"PATH\" }";

impl Text {
    /// The text itself. `what` is for the error: whose value it is.
    pub fn resolve(&self, what: &str) -> Result<Secret, ConfigError> {
        let failed = |why: String| ConfigError::Secret(what.to_owned(), why);
        match self {
            Text::Literal(secret) => Ok(secret.clone()),
            Text::Env(name) => std::env::var(name)
                .map(Secret::new)
                .map_err(|_| failed(format!("the environment variable `{name}` is not set"))),
            Text::File(path) => {
                let text = file::text(path).map_err(|error| failed(format!("file `{}`: {error}", path.display())))?;
                Ok(Secret::new(text.lines().next().unwrap_or_default().trim()))
            }
        }
    }

    /// The same for a text that is to be a `Cookie` header.
    pub fn resolve_cookie(&self, what: &str) -> Result<Secret, ConfigError> {
        let cookie = self.resolve(what)?;
        let place = match self {
            Text::Literal(_) => String::from("the config"),
            Text::Env(name) => format!("the environment variable `{name}`"),
            Text::File(path) => format!("file `{}`", path.display()),
        };
        match no_cookie(cookie.reveal()) {
            None => Ok(cookie),
            Some(why) => Err(ConfigError::Cookie(what.to_owned(), place, why)),
        }
    }
}
