//! All that the user wishes at one moment: the config, its text file of rooms, and what its secret files held.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Config, ConfigError, Origin, Places, RoomWish, Text, file, read, rooms};

/// A whole that was read at once and found good.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The config file.
    pub file: PathBuf,
    /// What it says but for its rooms; relative paths are made relative to its folder.
    pub config: Arc<Config>,
    /// Every room once, those of `[[room]]` first, with the place that it is written at.
    pub rooms: Vec<(Arc<RoomWish>, Origin)>,
    /// What the user should know and what hinders nothing, a sentence each.
    pub notes: Vec<String>,
    /// Where the config's values stand, those of its rooms left out.
    pub places: Places,
    /// What the files of `{ file = … }` held.
    pub(super) secrets: Secrets,
    /// Of everything that was read.
    pub(super) print: Print,
}

/// The files beside the config that a snapshot was read from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sources {
    pub(super) list: Option<PathBuf>,
    secrets: Vec<PathBuf>,
}

impl Snapshot {
    pub(super) fn sources(&self) -> Sources {
        Sources { list: self.config.rooms.file.clone(), secrets: self.secrets.keys().cloned().collect() }
    }
}

impl Sources {
    /// What the print of `file` would be if it still names these: equal to an earlier one only where nothing has
    /// changed. For whoever looks often: nothing is parsed. Blocks.
    pub(super) fn print(&self, file: &Path) -> Print {
        let mut hasher = blake3::Hasher::new();
        for file in std::iter::once(file).chain(self.list.as_deref()) {
            // What cannot be read leaves its mark as well.
            let _ = read_into(file, &mut hasher);
        }
        self.secrets.iter().for_each(|path| note_secret(held(path), &mut hasher));
        Print(hasher.finalize())
    }
}

/// Hashes of secret files; none for one that could not be read.
pub(super) type Secrets = BTreeMap<PathBuf, Option<blake3::Hash>>;

/// Tells one content of all files from another, also when it is no config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Print(blake3::Hash);

/// Reads the config, its text file of rooms and its secret files. Blocks.
///
/// # Errors
/// A file that cannot be read, or all that is wrong in one that can.
pub fn load(file: &Path) -> Result<Snapshot, ConfigError> {
    look(file, Emptied::Believed).1
}

/// What an empty file means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Emptied {
    /// No wishes at all.
    Believed,
    /// Somebody is about to write it, or could not: a full disk leaves such files, and would end every recording.
    Doubted,
}

/// The same for whoever must also tell one broken content from another.
pub(super) fn look(file: &Path, emptied: Emptied) -> (Print, Result<Snapshot, ConfigError>) {
    let mut hasher = blake3::Hasher::new();
    let read = reading(file, emptied, &mut hasher);
    let print = Print(hasher.finalize());
    (print, read.map(|snapshot| Snapshot { print, ..snapshot }))
}

fn reading(file: &Path, emptied: Emptied, hasher: &mut blake3::Hasher) -> Result<Snapshot, ConfigError> {
    let wrong = |file: &Path, (line, column): (usize, usize), message: String, hint: &str| ConfigError::Wrong {
        file: file.to_owned(),
        line,
        column,
        message,
        hint: Some(hint.to_owned()),
    };
    let doubt = |file: &Path, text: &str| match emptied == Emptied::Doubted && text.trim().is_empty() {
        true => Err(wrong(file, (0, 0), String::from("the file has become empty"), EMPTY)),
        false => Ok(()),
    };
    let text = read_into(file, hasher).map_err(|source| ConfigError::Io(file.to_owned(), source))?;
    doubt(file, &text)?;
    let mut config = read::from_text(file, &text)?;
    let mut places = Places::of(&text);
    let secrets = secrets(&config);
    // Thousands of rooms are kept once.
    let mut all = rooms::of_config(file, std::mem::take(&mut config.room), &places);
    places.forget("room");
    if let Some(list) = &config.rooms.file {
        let text = read_into(list, hasher).map_err(|error| {
            let message = format!("`rooms.file`: cannot read `{}`: {error}", list.display());
            wrong(file, places.at("rooms.file"), message, "an empty file will do")
        })?;
        doubt(list, &text)?;
        all.extend(rooms::of_text(list, &text)?);
    }
    secrets.values().for_each(|held| note_secret(*held, hasher));
    let (rooms, notes) = rooms::once(all);
    let print = Print(hasher.finalize());
    Ok(Snapshot { file: file.to_owned(), config: Arc::new(config), rooms, notes, places, secrets, print })
}

const EMPTY: &str = "to stop watching all rooms, leave a comment in it";

/// Also notes that a file could not be read, and why: that is a content, too.
fn read_into(file: &Path, hasher: &mut blake3::Hasher) -> std::io::Result<String> {
    let read = file::text(file);
    match &read {
        Ok(text) => hasher.update(b"text").update(blake3::hash(text.as_bytes()).as_bytes()),
        Err(error) => hasher.update(error.to_string().as_bytes()),
    };
    read
}

/// What the secret files hold now.
fn secrets(config: &Config) -> Secrets {
    texts(config).filter_map(file_of).map(|path| (path.to_owned(), held(path))).collect()
}

fn held(path: &Path) -> Option<blake3::Hash> {
    file::bytes(path).ok().map(|bytes| blake3::hash(&bytes))
}

fn note_secret(held: Option<blake3::Hash>, hasher: &mut blake3::Hasher) {
    hasher.update(held.as_ref().map_or(&[][..], |hash| hash.as_bytes()));
}

/// Every text that may be secret.
fn texts(config: &Config) -> impl Iterator<Item = &Text> {
    let plugins = config.plugin.values().flat_map(|plugin| plugin.cookie.iter().chain(plugin.settings.values()));
    let targets = config.notify.iter().flat_map(|target| target.settings.values());
    let rooms = config.room.iter().flat_map(|room| room.options.values());
    config.http.proxy.iter().chain(plugins).chain(targets).chain(rooms)
}

/// The file that a text is in.
pub(super) fn file_of(text: &Text) -> Option<&Path> {
    match text {
        Text::File(path) => Some(path),
        _ => None,
    }
}

/// Where a config is looked for when the user names none, in order. `config_home` is `$XDG_CONFIG_HOME`, `home` is
/// `$HOME`.
pub fn usual_places(config_home: Option<&Path>, home: Option<&Path>) -> Vec<PathBuf> {
    let home = home.map(|home| home.join(".config"));
    let own = config_home.map(Path::to_owned).or(home).map(|dir| dir.join("lyrebird/lyrebird.toml"));
    [PathBuf::from("lyrebird.toml")].into_iter().chain(own).collect()
}
