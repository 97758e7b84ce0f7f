//! What a bench prints in the end: a table for people, or one JSON document; and what machine and programs it was on.

use std::fs;
use std::process::Command;

use serde_json::{Map, Value, json};

use super::flag;
use crate::program;

/// A figure's name in JSON, and its heading.
type Column = (&'static str, &'static str);

/// A table that grows row by row.
#[derive(Debug)]
pub struct Report {
    bench: &'static str,
    rivals: &'static [&'static str],
    tables: Vec<(String, Vec<Column>, Vec<Vec<Value>>)>,
    is_json: bool,
}

impl Report {
    /// For the bench of this name, which compares with these programs.
    pub fn new(bench: &'static str, rivals: &'static [&'static str], words: &[String]) -> Self {
        Report { bench, rivals, tables: Vec::new(), is_json: flag(words, "--json") }
    }

    /// A new table.
    pub fn table(&mut self, title: impl Into<String>, columns: &[Column]) {
        self.tables.push((title.into(), columns.to_vec(), Vec::new()));
    }

    /// A row of the last table: numbers, texts, or null for what is not known.
    pub fn row(&mut self, row: Vec<Value>) {
        let (title, columns, rows) = self.tables.last_mut().unwrap();
        assert_eq!(row.len(), columns.len(), "a row of `{title}`");
        rows.push(row);
    }

    /// All of it.
    pub fn text(&self) -> String {
        if self.is_json { self.json().to_string() } else { self.markdown() }
    }

    fn json(&self) -> Value {
        let tables = self.tables.iter().map(|(title, columns, rows)| {
            let row = |row: &Vec<Value>| -> Map<String, Value> {
                columns.iter().zip(row).map(|((name, _), value)| ((*name).to_owned(), value.clone())).collect()
            };
            json!({ "title": title, "rows": rows.iter().map(row).collect::<Vec<_>>() })
        });
        let machine: Map<String, Value> =
            self.machine().into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect();
        json!({ "bench": self.bench, "machine": machine, "tables": tables.collect::<Vec<_>>() })
    }

    fn markdown(&self) -> String {
        let mut text = String::new();
        for (title, columns, rows) in &self.tables {
            let heads: Vec<&str> = columns.iter().map(|(_, head)| *head).collect();
            text.push_str(&format!("\n{title}\n\n| {} |\n|{}\n", heads.join(" | "), "---|".repeat(heads.len())));
            for row in rows {
                let cells: Vec<String> = row.iter().map(cell).collect();
                text.push_str(&format!("| {} |\n", cells.join(" | ")));
            }
        }
        for (name, what) in self.machine() {
            text.push_str(&format!("\n{name}: {what}"));
        }
        text
    }

    fn machine(&self) -> Vec<(&'static str, String)> {
        let uname = rustix::system::uname();
        let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("?");
        let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load: Vec<&str> = load.split(' ').take(3).collect();
        let mut machine = vec![
            ("processor", format!("{cores} × {}", model.trim_start_matches([':', ' ', '\t']))),
            ("kernel", format!("Linux {}", uname.release().to_string_lossy())),
            ("load at the end", load.join(" ")),
            ("lyrebird", version(&program::binary().to_string_lossy(), "--version")),
        ];
        let rivals = self.rivals.iter().map(|rival| {
            let word = if *rival == "ffmpeg" { "-version" } else { "--version" };
            (*rival, version(rival, word))
        });
        machine.extend(rivals);
        machine
    }
}

/// The first three words that it says of itself.
fn version(program: &str, word: &str) -> String {
    let said = Command::new(program).arg(word).output();
    let said = said.map(|said| String::from_utf8_lossy(&said.stdout).into_owned()).unwrap_or_default();
    said.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}

/// Small numbers with two places, larger ones with fewer.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::from("?"),
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => match number.as_f64().unwrap_or_default() {
            number if number.abs() >= 100.0 => format!("{number:.0}"),
            number if number.abs() >= 10.0 => format!("{number:.1}"),
            number => format!("{number:.2}"),
        },
        other => other.to_string(),
    }
}
