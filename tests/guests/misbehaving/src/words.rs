//! What a room asks for: the deed in its path and the options, from the query and from the room.

use lyrebird_plugin::{Failure, Room, text};

/// In which call the deed is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// `resolve/DEED`.
    Resolve,
    /// `DEED`.
    Check,
    /// `streams/DEED`.
    Streams,
}

/// One deed with its options.
#[derive(Debug)]
pub(crate) struct Deed {
    /// In which call.
    pub(crate) phase: Phase,
    /// Its word in the table.
    pub(crate) name: String,
    options: Vec<(String, String)>,
}

impl Deed {
    /// What this room asks for.
    pub(crate) fn of(room: &Room) -> Deed {
        let (path, query) = room.id.split_once('?').unwrap_or((&room.id, ""));
        let (phase, name) = match path.split_once('/') {
            Some(("resolve", name)) => (Phase::Resolve, name),
            Some(("streams", name)) => (Phase::Streams, name),
            _ => (Phase::Check, path),
        };
        let mut options = text::unform(query);
        options.extend(room.options.iter().cloned());
        Deed { phase, name: name.to_owned(), options }
    }

    /// The last value of an option.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.texts(name).last()
    }

    /// All values of an option.
    pub(crate) fn texts<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.options.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A number, or what it is when it is not given.
    pub(crate) fn number(&self, name: &str, or: u32) -> Result<u32, Failure> {
        let bad = |text: &str| Failure::Other(format!("misbehaving: `{name}={text}` is no number"));
        self.text(name).map_or(Ok(or), |text| text.parse().map_err(|_| bad(text)))
    }

    /// The same for lengths and counts.
    pub(crate) fn size(&self, name: &str, or: u32) -> Result<usize, Failure> {
        let number = self.number(name, or)?;
        usize::try_from(number).map_err(|_| Failure::Other(format!("misbehaving: `{name}={number}` is too much")))
    }

    /// Options of the form `N: V`.
    pub(crate) fn pairs(&self, name: &str) -> Vec<(String, String)> {
        let parts = self.texts(name).map(|text| text.split_once(':').unwrap_or((text, "")));
        parts.map(|(name, value)| (name.trim().to_owned(), value.trim().replace("\\n", "\n"))).collect()
    }
}
