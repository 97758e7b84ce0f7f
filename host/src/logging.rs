//! Sets logging up: one physical line an event, on stderr, as text or JSON, above the status line where there is one.
//!
//! Knows nothing of what is logged. Values come from strangers (titles, server answers), so control characters are
//! escaped before a terminal sees them.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, OnceLock, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::fmt::time::FormatTime;

use crate::clock::{Clock, rfc3339};

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Whether to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// At a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// The decision for stderr.
    pub fn on_stderr(self) -> bool {
        self.on(io::stderr().is_terminal())
    }

    /// The decision for stdout.
    pub fn on_stdout(self) -> bool {
        self.on(io::stdout().is_terminal())
    }

    fn on(self, terminal: bool) -> bool {
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }
}

/// Sets logging up for the whole process. `filter` is a level (`info`) or a filter (`lyrebird=debug,warn`).
///
/// # Errors
/// A filter that cannot be read, or logging that is set up already.
pub fn init(filter: &str, form: Form, color: Color) -> anyhow::Result<()> {
    let filter = EnvFilter::builder().parse(filter).map_err(|error| {
        anyhow::anyhow!("cannot read log filter `{filter}`: {error}\nhint: a level (error, warn, info, debug, trace) or `lyrebird::record=debug,info`")
    })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_timer(LocalTime).with_writer(Screen);
    let result = match form {
        Form::Text => {
            let fields = debug_fn(|out, field, value| write_field(out, field.name(), value));
            let builder = builder.with_target(false).with_ansi(color.on_stderr());
            builder.fmt_fields(fields.delimited(" ")).try_init()
        }
        Form::Json => builder.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init(),
    };
    let _ = FORM.set(form);
    result.map_err(|error| anyhow::anyhow!("cannot set logging up: {error}"))
}

fn write_field(out: &mut Writer<'_>, name: &str, value: &dyn fmt::Debug) -> fmt::Result {
    let text = format!("{value:?}");
    match name {
        "message" => write!(out, "{}", Escaped(&text)),
        name if text.contains(' ') && !text.starts_with('"') => write!(out, "{name}=\"{}\"", Escaped(&text)),
        name => write!(out, "{name}={}", Escaped(&text)),
    }
}

/// Whether a letter ends a line, moves a terminal's cursor, or turns the direction of writing.
pub fn is_unsafe(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Prints a text with its control and bidi characters escaped, so that it stays on its line and moves no cursor.
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            if is_unsafe(letter) {
                write!(out, "{}", letter.escape_default())?;
            } else {
                fmt::Write::write_char(out, letter)?;
            }
        }
        Ok(())
    }
}

struct LocalTime;

impl FormatTime for LocalTime {
    fn format_time(&self, out: &mut Writer<'_>) -> fmt::Result {
        out.write_str(&rfc3339(Clock::system().now()))
    }
}

/// How lines look: as they were set up.
static FORM: OnceLock<Form> = OnceLock::new();

/// Lines that stderr did not take, and have not been told.
static LOST: Mutex<Lost> = Mutex::new(Lost { lines: 0, is_torn: false });

/// The status line, if the program shows one.
static STATUS: OnceLock<ProgressBar> = OnceLock::new();

/// The status line below the log lines: the same one at every call. Hidden where stderr is no terminal.
pub fn status_line() -> ProgressBar {
    let make = || {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(4));
        // The template is ours; were it wrong, the bar's own default is shown.
        match ProgressStyle::with_template("{wide_msg}") {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }
    };
    STATUS.get_or_init(make).clone()
}

/// How many columns the terminal of stderr has: the usual 80 where nobody knows.
pub fn terminal_width() -> usize {
    let known = console::Term::stderr().size_checked().map(|(_, columns)| usize::from(columns));
    known.filter(|columns| *columns > 0).unwrap_or(80)
}

/// Shows lines above the status line, without a time and whatever the log's level: an answer to somebody at the terminal.
pub fn above_status(text: &str) {
    // A closed stderr: nobody is left to read the answer.
    let _ = Screen.write(format!("{text}\n").as_bytes());
}

/// Writes to stderr above the status line. A stderr that is closed or full loses the line and nothing else.
struct Screen;

impl<'a> MakeWriter<'a> for Screen {
    type Writer = Screen;

    fn make_writer(&'a self) -> Screen {
        Screen
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let put = || {
            // Nobody is left to be told of a closed stderr, and a recording must not die of it.
            LOST.lock().unwrap_or_else(PoisonError::into_inner).put(bytes, &mut io::stderr().lock());
        };
        match STATUS.get() {
            Some(bar) if !bar.is_hidden() => bar.suspend(put),
            _ => put(),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Counts what is not taken, and tells it before the next line that is.
struct Lost {
    lines: u64,
    /// Of the last one a part was taken.
    is_torn: bool,
}

impl Lost {
    fn put(&mut self, line: &[u8], out: &mut impl Write) {
        let told = self.lines == 0 || {
            let mut words = lost_line(self.lines, FORM.get().copied().unwrap_or(Form::Text));
            if self.is_torn {
                words.insert(0, '\n');
            }
            self.try_put(words.as_bytes(), out)
        };
        if told {
            self.lines = 0;
        }
        if !told || !self.try_put(line, out) {
            self.lines = self.lines.saturating_add(1);
        }
    }

    fn try_put(&mut self, mut bytes: &[u8], out: &mut impl Write) -> bool {
        let all = bytes.len();
        while !bytes.is_empty() {
            match out.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(count) if count > 0 => bytes = bytes.get(count..).unwrap_or_default(),
                _ => {
                    self.is_torn |= bytes.len() < all;
                    return false;
                }
            }
        }
        self.is_torn = false;
        true
    }
}

fn lost_line(count: u64, form: Form) -> String {
    let (time, words) = (rfc3339(Clock::system().now()), "log lines were lost before this one");
    match form {
        Form::Text => format!("{time}  WARN {words} count={count}\n"),
        Form::Json => {
            format!("{{\"timestamp\":\"{time}\",\"level\":\"WARN\",\"message\":\"{words}\",\"count\":{count}}}\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes, then none.
    struct Narrow {
        left: usize,
        taken: String,
    }

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(self.left);
            self.left -= count;
            self.taken.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
            if count == 0 { Err(io::Error::from(io::ErrorKind::StorageFull)) } else { Ok(count) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_that_were_not_taken_are_counted_and_told() {
        let (mut lost, mut out) = (Lost { lines: 0, is_torn: false }, Narrow { left: 7, taken: String::new() });
        ["one\n", "two\n", "three\n"].iter().for_each(|line| lost.put(line.as_bytes(), &mut out));
        assert_eq!((out.taken.as_str(), lost.lines), ("one\ntwo", 2));
        out.left = 500;
        ["four\n", "five\n"].iter().for_each(|line| lost.put(line.as_bytes(), &mut out));
        let lines: Vec<&str> = out.taken.lines().collect();
        assert!(lines[2].ends_with("  WARN log lines were lost before this one count=2"), "{lines:?}");
        assert_eq!([lines[0], lines[1], lines[3], lines[4]], ["one", "two", "four", "five"]);
        let json: serde_json::Value = serde_json::from_str(&lost_line(3, Form::Json)).unwrap();
        assert_eq!((&json["count"], &json["level"]), (&3.into(), &"WARN".into()));
    }

    #[test]
    fn a_hostile_title_stays_on_its_line() {
        let shown = Escaped("a\nb\u{1b}[2Jc\u{9b}d\u{202e}e").to_string();
        assert_eq!(shown, "a\\nb\\u{1b}[2Jc\\u{9b}d\\u{202e}e");
    }
}
