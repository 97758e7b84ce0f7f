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
            places.table(&Lines::of(text), "", table.get_ref());
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

    fn table(&mut self, lines: &Lines<'_>, path: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let dot = if path.is_empty() { "" } else { "." };
            let path = format!("{path}{dot}{}", key.get_ref());
            // A table's own span may be empty where only tables below it are written; its key is always there.
            let start = if value.get_ref().is_table() { key.span().start } else { value.span().start };
            self.value(lines, path, start, value.get_ref());
        }
    }

    fn value(&mut self, lines: &Lines<'_>, path: String, start: usize, value: &DeValue<'_>) {
        match value {
            DeValue::Table(table) => self.table(lines, &path, table),
            DeValue::Array(array) => {
                for (index, item) in array.iter().enumerate() {
                    self.value(lines, format!("{path}[{index}]"), item.span().start, item.get_ref());
                }
            }
            _ => {}
        }
        self.0.insert(path, lines.place(start));
    }
}

/// A text of which many places are asked for: thousands of rooms stand in a file.
struct Lines<'a> {
    text: &'a str,
    /// Where each begins.
    begins: Vec<usize>,
}

impl Lines<'_> {
    fn of(text: &str) -> Lines<'_> {
        let begins = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Lines { text, begins }
    }

    /// Line and column of a byte, both from 1.
    fn place(&self, byte: usize) -> (usize, usize) {
        let line = self.begins.partition_point(|begin| *begin <= byte);
        let begin = line.checked_sub(1).and_then(|above| self.begins.get(above)).copied().unwrap_or_default();
        (line, self.text.get(begin..byte).unwrap_or_default().chars().count() + 1)
    }
}

/// Of a byte of the text; both from 1.
pub(super) fn line_and_column(text: &str, byte: usize) -> (usize, usize) {
    Lines::of(text).place(byte)
}

#[cfg(test)]
mod tests {
    use super::{Places, line_and_column};

    #[test]
    fn lines_and_columns_are_counted_in_letters_from_1() {
        let text = "ä = 1\n\nb";
        let places = [0, 2, 6, 7, 8, 9].map(|byte| line_and_column(text, byte));
        assert_eq!(places, [(1, 1), (1, 2), (1, 6), (2, 1), (3, 1), (3, 2)]);
        assert_eq!(line_and_column("", 0), (1, 1));
    }

    #[test]
    fn what_is_forgotten_is_one_name_and_all_below() {
        let text = "[[room]]\nurl = \"a\"\n[rooms]\nfile = \"b\"\n";
        let mut places = Places::of(text);
        assert_eq!(places.at("room[0].url"), (2, 7));
        places.forget("room");
        assert_eq!((places.at("room[0].url"), places.at("rooms.file")), (places.at("room"), (4, 8)));
    }
}
