//! House rules that a machine can hold. What a rule is for stands in docs/style.md and docs/architecture.md; here it
//! only bites.

use std::fs;
use std::path::{Path, PathBuf};

mod contract;
mod layers;
mod rooms;
mod supply;
mod words;

/// One file of the repository.
struct Text {
    /// Relative to the root, with `/`.
    path: String,
    text: String,
}

impl Text {
    /// Lines with their numbers, from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// The same without comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().map(|(number, line)| (number, without_comment(line)))
    }

    fn is_below(&self, folder: &str) -> bool {
        self.path.starts_with(folder)
    }

    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// A room of unit tests: `room/tests.rs` or below `room/tests/`.
    fn is_tests(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }
}

fn root() -> PathBuf {
    let tests = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    tests.parent().unwrap().to_path_buf()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every text of the repository, in order of path.
fn texts() -> Vec<Text> {
    let mut found = Vec::new();
    let names = ["rs", "toml", "md", "wit", "lock", "run", "service", "sh", "txt", "json"];
    walk(&root(), &mut |path| {
        let relative = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        let is_text = path.extension().is_some_and(|extension| names.iter().any(|name| extension == *name));
        if (is_text || relative == ".ci/run")
            && let Ok(text) = fs::read_to_string(path)
        {
            found.push(Text { path: relative, text });
        }
    });
    found.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(found.len() > 20, "the walk through the repository found next to nothing");
    found
}

fn rust() -> Vec<Text> {
    texts().into_iter().filter(Text::is_rust).collect()
}

/// Visits every file that belongs to the repository: nothing below `target`, nothing hidden but `.ci` and `.cargo`.
fn walk(folder: &Path, visit: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_hidden = name.starts_with('.') && name != ".ci" && name != ".cargo";
        if is_hidden || name == "target" || name == "recordings" || name == "node_modules" {
            continue;
        }
        if path.is_dir() { walk(&path, visit) } else { visit(&path) }
    }
}

/// Cuts a `//` comment off, but not the `//` of a URL.
fn without_comment(line: &str) -> &str {
    let mut from = 0;
    while let Some(at) = line[from..].find("//") {
        if !line[..from + at].ends_with(':') {
            return &line[..from + at];
        }
        from += at + 2;
    }
    line
}

/// Whether a word stands in a line, with no letter, digit or underscore beside it.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |character: Option<char>| character.is_some_and(|one| one.is_alphanumeric() || one == '_');
    line.match_indices(word)
        .any(|(at, _)| !is_part(line[..at].chars().next_back()) && !is_part(line[at + word.len()..].chars().next()))
}

/// Fails with all findings at once: nobody likes to mend one a run.
#[track_caller]
fn none(mut findings: Vec<String>, rule: &str) {
    findings.dedup();
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}

#[test]
fn comments_and_words_are_told_apart() {
    assert_eq!(without_comment("let a = \"http://x\"; // why"), "let a = \"http://x\"; ");
    assert!(has_word("use crate::http;", "http") && !has_word("https", "http") && !has_word("my_http", "http"));
}
