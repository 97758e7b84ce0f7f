//! Where in the file a key's value stands. Keeps places alone, no values: what it holds may be shown.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

/// Line and column, both from 1, of every value: `check.jitter`, `room[0].notify[1]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places(BTreeMap<String, (usize, usize)>);

impl Places {
    /// Of a text that is TOML; of any other there are none.
    pub(super) fn of(text: &str) -> Places {
        let mut places = Places::default();
        if let Ok(table) = DeTable::parse(text) {
            places.table(text, "", table.get_ref());
        }
        places
    }

    /// The value's place, or that of what it would stand in; (0, 0) where nothing of it is in the file.
    pub fn at(&self, path: &str) -> (usize, usize) {
        let mut path = path;
        loop {
            if let Some(place) = self.0.get(path) {
                return *place;
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = path.get(..end).unwrap_or_default(),
                None => return (0, 0),
            }
        }
    }

    /// Knows no more of the values below the array or table of this name.
    pub(super) fn forget(&mut self, name: &str) {
        let is_below = |path: &str| path.strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', '[']));
        self.0.retain(|path, _| !is_below(path));
    }

    fn table(&mut self, text: &str, path: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let dot = if path.is_empty() { "" } else { "." };
            let path = format!("{path}{dot}{}", key.get_ref());
            // A table's own span may be empty where only tables below it are written; its key is always there.
            let start = if value.get_ref().is_table() { key.span().start } else { value.span().start };
            self.value(text, path, start, value.get_ref());
        }
    }

    fn value(&mut self, text: &str, path: String, start: usize, value: &DeValue<'_>) {
        match value {
            DeValue::Table(table) => self.table(text, &path, table),
            DeValue::Array(array) => {
                for (index, item) in array.iter().enumerate() {
                    self.value(text, format!("{path}[{index}]"), item.span().start, item.get_ref());
                }
            }
            _ => {}
        }
        self.0.insert(path, line_and_column(text, start));
    }
}

/// Of a byte of the text; both from 1.
pub(super) fn line_and_column(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |tail| tail.chars().count()) + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn what_is_forgotten_is_one_name_and_all_below() {
        let text = "[[room]]\nurl = \"a\"\n[rooms]\nfile = \"b\"\n";
        let mut places = Places::of(text);
        assert_eq!(places.at("room[0].url"), (2, 7));
        places.forget("room");
        assert_eq!((places.at("room[0].url"), places.at("rooms.file")), (places.at("room"), (4, 8)));
    }
}
