//! The rooms that are wished for: `[[room]]` and the text file as one list, each room once.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use super::{ConfigError, Places, Room, Text};
use crate::model::{Alike, Codec, Pair, redact_input};

/// What is wished for one room. Two are equal when nothing about it was changed, wherever it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct RoomWish {
    /// URL or id, as the user wrote it.
    pub url: String,
    /// The picker, where the URL alone does not say.
    pub plugin: Option<String>,
    /// Whether it is watched; false pauses it.
    pub enabled: bool,
    /// The user's own name for it.
    pub name: Option<String>,
    /// How it is recorded, and who is told.
    way: Arc<Way>,
}

/// What is wished of most rooms alike.
#[derive(Debug, PartialEq)]
pub struct Way {
    /// Quality keys, best first; empty = whatever is best.
    pub quality: Vec<String>,
    /// The key of the least quality that is recorded.
    pub min_quality: Option<String>,
    /// Codecs, best first; empty = any.
    pub codec: Vec<Codec>,
    /// Words of transports, best first; empty = the usual order.
    pub transport: Vec<String>,
    /// Names of targets; none = all of them, an empty list = nobody.
    pub notify: Option<Vec<String>>,
    /// Whether old material in a loop is recorded.
    pub replay: bool,
    /// Options for the picker; [`RoomWish::pairs`] reads them.
    pub options: BTreeMap<String, Text>,
}

impl Deref for RoomWish {
    type Target = Way;

    fn deref(&self) -> &Way {
        &self.way
    }
}

impl RoomWish {
    /// Options for the picker with the texts of variables and files.
    ///
    /// # Errors
    /// A variable that is not set, a file that cannot be read.
    pub fn pairs(&self) -> Result<Vec<Pair>, ConfigError> {
        let pair = |(key, text): (&String, &Text)| {
            let value = text.resolve(&format!("option `{key}` of room `{}`", redact_input(&self.url)))?;
            Ok((key.clone(), value.reveal().to_owned()))
        };
        self.options.iter().map(pair).collect()
    }

    /// What makes it the same room after the file was changed.
    pub(super) fn identity(&self) -> (&str, Option<&str>) {
        (&self.url, self.plugin.as_deref())
    }

    fn of(room: Room, ways: &mut Alike<Way>) -> RoomWish {
        let way = Way {
            quality: room.quality,
            min_quality: room.min_quality,
            codec: room.codec.into_iter().map(codec).collect(),
            transport: room.transport,
            notify: room.notify,
            replay: room.replay,
            options: room.options,
        };
        let (url, way) = (room.url.trim().to_owned(), ways.share(way));
        RoomWish { url, plugin: room.plugin, enabled: room.enabled, name: room.name, way }
    }
}

fn codec(word: String) -> Codec {
    match word.as_str() {
        "avc" => Codec::Avc,
        "hevc" => Codec::Hevc,
        "av1" => Codec::Av1,
        _ => Codec::Other(word),
    }
}

/// Where a room is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The config or the text file.
    pub file: Arc<Path>,
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// The rooms of `[[room]]`.
pub(super) fn of_config(file: &Path, rooms: Vec<Room>, places: &Places) -> Vec<(RoomWish, Origin)> {
    let (file, mut ways): (Arc<Path>, _) = (Arc::from(file), Alike::default());
    let written = |(index, room): (usize, Room)| {
        let (line, column) = places.at(&format!("room[{index}].url"));
        (RoomWish::of(room, &mut ways), Origin { file: Arc::clone(&file), line, column })
    };
    rooms.into_iter().enumerate().map(written).collect()
}

/// The rooms of a text file: one a line. `#` before a room pauses it; what follows ` #` is the user's own note, and so
/// is a line whose `#` stands before anything but a single word with a `.`, `:` or `/` in it.
pub(super) fn of_text(file: &Path, text: &str) -> Result<Vec<(RoomWish, Origin)>, ConfigError> {
    let (mut rooms, mut wrong, mut ways) = (Vec::new(), Vec::new(), Alike::default());
    let place: Arc<Path> = Arc::from(file);
    // Editors on Windows put it in front of the first line.
    for (index, whole) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let (paused, rest) = match whole.trim_start().strip_prefix('#') {
            Some(rest) => (true, rest.trim_start_matches('#')),
            None => (false, whole),
        };
        let own = rest.trim_start();
        let room = own.split(" #").next().and_then(|own| own.split("\t#").next()).unwrap_or_default().trim();
        let line = index + 1;
        let column = whole.chars().count() - own.chars().count() + 1;
        let is_one_word = !room.contains(char::is_whitespace) && !room.chars().any(char::is_control);
        if room.is_empty() || (paused && !(is_one_word && room.contains(['.', ':', '/']))) {
            continue;
        }
        if !is_one_word {
            wrong.push(ConfigError::Wrong {
                file: file.to_owned(),
                line,
                column,
                message: String::from("a line holds one URL and nothing else"),
                hint: Some(String::from("a note of your own goes behind ` #`")),
            });
            continue;
        }
        let room: Room = Room { enabled: !paused, ..Room::of_url(room) };
        rooms.push((RoomWish::of(room, &mut ways), Origin { file: Arc::clone(&place), line, column }));
    }
    match wrong.len() {
        0 => Ok(rooms),
        _ => Err(ConfigError::Several(wrong)),
    }
}

impl Room {
    /// A room of which nothing is known but its URL.
    fn of_url(url: &str) -> Room {
        Room {
            url: url.to_owned(),
            plugin: None,
            enabled: true,
            name: None,
            quality: Vec::new(),
            min_quality: None,
            codec: Vec::new(),
            transport: Vec::new(),
            notify: None,
            replay: false,
            options: BTreeMap::new(),
        }
    }
}

/// Each room once: the first place counts. Also what is to be told of the others, a sentence each.
pub(super) fn once(all: Vec<(RoomWish, Origin)>) -> (Vec<(Arc<RoomWish>, Origin)>, Vec<String>) {
    let mut first: HashMap<String, Origin> = HashMap::new();
    let (mut rooms, mut notes) = (Vec::new(), Vec::new());
    for (room, origin) in all {
        match first.get(&room.url) {
            Some(before) => {
                let url = redact_input(&room.url);
                notes.push(format!("{origin}: `{url}` is at {before} already, that place counts"));
            }
            None => {
                first.insert(room.url.clone(), origin.clone());
                rooms.push((Arc::new(room), origin));
            }
        }
    }
    (rooms, notes)
}

#[cfg(test)]
mod tests;
