//! Data goes to stdout, all else to stderr. A reader that has left (`| head`) is no failure.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::logging::{Color, Escaped, is_unsafe};

/// Prints one line of data. Strangers' text in it must be escaped by the caller ([`safe`]).
pub(super) fn line(text: impl Display) {
    let written = writeln!(io::stdout().lock(), "{text}");
    // A closed pipe means that nobody reads on; anything else means that the answer is lost.
    if written.is_err_and(|error| error.kind() != io::ErrorKind::BrokenPipe) {
        LOST.store(true, Ordering::Relaxed);
    }
}

static LOST: AtomicBool = AtomicBool::new(false);

/// Whether a line could not be written to a stdout that somebody may read.
pub(super) fn is_lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

/// Prints one JSON document on one line.
pub(super) fn json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    line(escape(&serde_json::to_string(value)?));
    Ok(())
}

/// JSON need not escape what moves a terminal's cursor or turns its writing around (C1, DEL, bidi); it may. Outside of
/// strings none of it stands.
fn escape(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for letter in json.chars() {
        // All of them lie in the first plane: one unit each.
        match is_unsafe(letter) {
            true => escaped.push_str(&format!("\\u{:04x}", u32::from(letter))),
            false => escaped.push(letter),
        }
    }
    escaped
}

/// A stranger's text, safe for a terminal.
pub(super) fn safe(text: &str) -> String {
    Escaped(text).to_string()
}

/// Tells an error on stderr: the chain of causes in one line, hints on lines of their own.
pub(super) fn error(text: impl Display, color: Color) {
    tell("error:", "1;31", text, color);
}

/// Tells on stderr what hinders nothing.
pub(super) fn note(text: impl Display, color: Color) {
    tell("note:", "1;33", text, color);
}

fn tell(sign: &str, code: &str, text: impl Display, color: Color) {
    let text = text.to_string();
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let paint = |word: &str, code: &str| match color.on_stderr() {
        true => format!("\u{1b}[{code}m{word}\u{1b}[0m"),
        false => word.to_owned(),
    };
    let mut stderr = io::stderr().lock();
    // With stderr closed there is nobody to tell; the exit code still does.
    let _ = writeln!(stderr, "{} {}", paint(sign, code), Escaped(first));
    for line in lines {
        let line = match line.strip_prefix("hint: ") {
            Some(hint) => format!("{} {}", paint("hint:", "1;36"), Escaped(hint)),
            None => Escaped(line).to_string(),
        };
        let _ = writeln!(stderr, "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_moves_no_cursor_and_stays_the_same_json() {
        let value = serde_json::json!({ "a\u{9b}": "b\u{1b}[2J\u{7f}\u{202e}\u{2028}é🦜" });
        let shown = escape(&value.to_string());
        assert_eq!(shown, r#"{"a\u009b":"b\u001b[2J\u007f\u202e\u2028é🦜"}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
