//! What is wrong in a config whose text and types are right: ranges, names, templates, words. Pure; names every place.

use std::path::Path;
use std::time::Duration;

use super::read::{COOKIE_HINT, no_cookie};
use super::{Config, ConfigError, LEAST_SIZE, LEAST_SPAN, Limits, Notify, Output, Places, Plugin, Room, Syncs, Text};
use crate::event::Kind;

/// What `[output] remux` may be.
const REMUXES: [&str; 2] = ["", "mp4"];

/// Servers give up a connection that is not read for longer.
const MOST_PATIENCE: Duration = Duration::from_secs(60);

/// Words that people have for codecs and transports, and ours. A platform may have others, which are let through.
const CODECS: [(&str, &str); 6] =
    [("h264", "avc"), ("h.264", "avc"), ("avc1", "avc"), ("h265", "hevc"), ("h.265", "hevc"), ("hev1", "hevc")];
const KNOWN_CODECS: [&str; 6] = ["avc", "hevc", "av1", "vp8", "vp9", "vvc"];
const TRANSPORTS: [(&str, &str); 3] = [("m3u8", "hls"), ("http-flv", "flv"), ("httpflv", "flv")];
const KNOWN_TRANSPORTS: [&str; 4] = ["flv", "hls", "raw", "unknown"];

/// Nothing is wrong, or everything that is.
pub(super) fn none(file: &Path, config: &Config, text: &str) -> Result<(), ConfigError> {
    let mut finder = Finder { file, places: Places::of(text), found: Vec::new() };
    finder.output(&config.output);
    finder.basics(config);
    for (name, plugin) in &config.plugin {
        finder.plugin(name, plugin);
    }
    for (index, target) in config.notify.iter().enumerate() {
        finder.target(index, target, config);
    }
    for (index, room) in config.room.iter().enumerate() {
        finder.room(index, room, config);
    }
    let mut found = finder.found;
    found.sort_by_key(|(place, _)| *place);
    let mut errors: Vec<ConfigError> = found.into_iter().map(|(_, error)| error).collect();
    match (errors.pop(), errors.is_empty()) {
        (None, _) => Ok(()),
        (Some(only), true) => Err(only),
        (Some(last), false) => {
            errors.push(last);
            Err(ConfigError::Several(errors))
        }
    }
}

struct Finder<'a> {
    file: &'a Path,
    places: Places,
    found: Vec<((usize, usize), ConfigError)>,
}

impl Finder<'_> {
    /// Notes a fault of the value at `path`; the message begins with its key.
    fn fault(&mut self, path: &str, message: &str, hint: Option<String>) {
        let place = self.places.at(path);
        let key: String = path.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest)).collect();
        let message = format!("`{key}` {message}");
        let (line, column) = place;
        self.found.push((place, ConfigError::Wrong { file: self.file.to_owned(), line, column, message, hint }));
    }

    fn filled(&mut self, path: &str, is_filled: bool) {
        if !is_filled {
            self.fault(path, "is empty", None);
        }
    }

    fn more_than_nothing(&mut self, path: &str, is_nothing: bool) {
        if is_nothing {
            self.fault(path, "is 0, it must be more", None);
        }
    }

    fn output(&mut self, output: &Output) {
        self.filled("output.dir", !output.dir.as_os_str().is_empty());
        for (index, dir) in output.fallback.iter().enumerate() {
            let path = format!("output.fallback[{index}]");
            self.filled(&path, !dir.as_os_str().is_empty());
            if *dir == output.dir || output.fallback.iter().take(index).any(|before| before == dir) {
                self.fault(&path, &format!("names `{}` again", dir.display()), None);
            }
        }
        self.filled("output.name", !output.name.trim().is_empty());
        self.template("output.name", &output.name);
        if output.split.size.is_some_and(|size| size < LEAST_SIZE) {
            self.fault("output.split.size", "must be at least 100KB: anything less is a file a group", None);
        }
        if output.split.duration.is_some_and(|span| span < LEAST_SPAN) {
            self.fault("output.split.duration", "must be at least 1s: anything less is a file a group", None);
        }
        self.more_than_nothing("output.sync", output.sync == Syncs::Each(Duration::ZERO));
        self.more_than_nothing("output.patience", output.patience.0.is_zero());
        if output.patience.0 > MOST_PATIENCE {
            self.fault("output.patience", "must be at most 1m: servers give up a connection that is not read", None);
        }
        if !REMUXES.contains(&output.remux.as_str()) {
            let message = format!("is `{}`, it must be \"mp4\" or \"\" for none", output.remux);
            self.fault("output.remux", &message, None);
        }
    }

    fn basics(&mut self, config: &Config) {
        let check = &config.check;
        if !(0.0..=1.0).contains(&check.jitter) {
            self.fault("check.jitter", &format!("is {}, it must be from 0 to 1", check.jitter), None);
        }
        self.more_than_nothing("check.interval", check.interval.0.is_zero());
        self.more_than_nothing("http.connect_timeout", config.http.connect_timeout.0.is_zero());
        self.more_than_nothing("http.stall", config.http.stall.0.is_zero());
        if let Some(Text::Literal(proxy)) = &config.http.proxy {
            let url = url::Url::parse(proxy.reveal());
            // The value is not shown: it may carry a password.
            if !url.is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") && url.has_host()) {
                let hint = "write it as `http://host:port`, `https://host:port` or `socks5://host:port`";
                self.fault("http.proxy", "is no URL of a proxy", Some(hint.to_owned()));
            }
        }
        self.filled("ffmpeg.path", !config.ffmpeg.path.as_os_str().is_empty());
        for (index, dir) in config.plugins.dirs.iter().enumerate() {
            self.filled(&format!("plugins.dirs[{index}]"), !dir.as_os_str().is_empty());
        }
        self.filled("rooms.file", config.rooms.file.as_ref().is_none_or(|file| !file.as_os_str().is_empty()));
    }

    fn plugin(&mut self, name: &str, plugin: &Plugin) {
        let path = |key: &str| format!("plugin.{name}.{key}");
        if let Some(Text::Literal(cookie)) = &plugin.cookie
            && let Some(why) = no_cookie(cookie.reveal())
        {
            let message = format!("is no text for a `Cookie` header: {why}");
            self.fault(&path("cookie"), &message, Some(COOKIE_HINT.to_owned()));
        }
        self.more_than_nothing(&path("interval"), plugin.interval.is_some_and(|interval| interval.0.is_zero()));
        for (host, base) in &plugin.hosts {
            let url = url::Url::parse(base);
            if !url.is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
                let hint = String::from("write it as `http://127.0.0.1:9000`");
                self.fault(&path(&format!("hosts.{host}")), "leads to no http or https URL", Some(hint));
            }
        }
        let Limits { cpu, memory, resolve, check, streams, notifier, tables, http, body } = plugin.limits;
        let spans =
            [("cpu", cpu), ("resolve", resolve), ("check", check), ("streams", streams), ("notifier", notifier)];
        let spans = spans.map(|(key, span)| (key, span.is_some_and(|span| span.0.is_zero())));
        let sizes = [("memory", memory), ("body", body)].map(|(key, size)| (key, size.is_some_and(|size| size.0 == 0)));
        let counts = [("tables", tables), ("http", http)].map(|(key, count)| (key, count == Some(0)));
        for (key, is_nothing) in spans.into_iter().chain(sizes).chain(counts) {
            self.more_than_nothing(&path(&format!("limits.{key}")), is_nothing);
        }
    }

    fn target(&mut self, index: usize, target: &Notify, config: &Config) {
        let path = |key: &str| format!("notify[{index}].{key}");
        self.filled(&path("name"), !target.name.trim().is_empty());
        self.filled(&path("plugin"), !target.plugin.trim().is_empty());
        if config.notify.iter().take(index).any(|before| before.name == target.name) {
            let message = format!("is `{}`, as another target's: rooms could not tell them apart", target.name);
            self.fault(&path("name"), &message, None);
        }
        let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
        for (at, word) in target.on.iter().enumerate().filter(|(_, word)| Kind::of(word).is_none()) {
            let hint = near(word, &kinds).or_else(|| Some(format!("kinds of events: {}", kinds.join(", "))));
            self.fault(&format!("notify[{index}].on[{at}]"), &format!("has no kind of events `{word}`"), hint);
        }
        if let Some(template) = &target.template {
            self.template(&path("template"), template);
        }
    }

    fn room(&mut self, index: usize, room: &Room, config: &Config) {
        let path = |key: &str| format!("room[{index}].{key}");
        let url = room.url.trim();
        self.filled(&path("url"), !url.is_empty());
        if url.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
            self.fault(&path("url"), "has white space in it: it must be one URL or id", None);
        }
        let words = [("plugin", &room.plugin), ("name", &room.name), ("min_quality", &room.min_quality)];
        for (key, word) in words {
            self.filled(&path(key), word.as_ref().is_none_or(|word| !word.trim().is_empty()));
        }
        for (at, key) in room.quality.iter().enumerate() {
            self.filled(&format!("room[{index}].quality[{at}]"), !key.trim().is_empty());
        }
        for (at, word) in room.codec.iter().enumerate() {
            self.word(&format!("room[{index}].codec[{at}]"), word, &CODECS, &KNOWN_CODECS);
        }
        for (at, word) in room.transport.iter().enumerate() {
            self.word(&format!("room[{index}].transport[{at}]"), word, &TRANSPORTS, &KNOWN_TRANSPORTS);
        }
        let targets: Vec<&str> = config.notify.iter().map(|target| target.name.as_str()).collect();
        for (at, name) in room.notify.iter().flatten().enumerate().filter(|(_, name)| !targets.contains(&name.as_str()))
        {
            let hint = near(name, &targets).unwrap_or_else(|| match targets.is_empty() {
                true => String::from("there is no `[[notify]]` in this file"),
                false => format!("targets: {}", targets.join(", ")),
            });
            self.fault(&format!("room[{index}].notify[{at}]"), &format!("has no target `{name}`"), Some(hint));
        }
    }

    /// A word that a platform may have beside ours: only what is nearly one of ours is a slip.
    fn word(&mut self, path: &str, word: &str, others: &[(&str, &str)], known: &[&str]) {
        if known.contains(&word) {
            return;
        }
        let other = others.iter().find(|(other, _)| other.eq_ignore_ascii_case(word)).map(|(_, ours)| *ours);
        let slip = || known.iter().find(|ours| strsim::damerau_levenshtein(&word.to_lowercase(), ours) <= 1).copied();
        if word.trim().is_empty() {
            self.filled(path, false);
        } else if let Some(ours) = other.or_else(slip) {
            self.fault(path, &format!("has `{word}`"), Some(format!("did you mean `{ours}`?")));
        }
    }

    /// Its syntax: what it may speak of is known where it is filled in.
    fn template(&mut self, path: &str, template: &str) {
        let Err(error) = minijinja::Environment::empty().template_from_str(template).map(drop) else { return };
        let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
        self.fault(path, &format!("is a broken template ({}{detail})", error.kind()), None);
    }
}

/// The hint with the nearest known word, where one is near.
fn near(word: &str, known: &[&str]) -> Option<String> {
    let near = known.iter().map(|name| (strsim::damerau_levenshtein(word, name), name)).min();
    near.filter(|(distance, _)| *distance <= 3).map(|(_, name)| format!("did you mean `{name}`?"))
}

#[cfg(test)]
mod tests;
