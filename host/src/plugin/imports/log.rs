//! `log`: a guest's lines become the host's, bounded, on one line each, without secrets.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tracing::{debug, error, info, trace, warn};

use super::Host;
use super::wit::log::{Host as Imports, Level};
use crate::clock::Clock;

/// Lines of a plugin a second.
const LINES: u32 = 100;

/// Bytes of a line.
const LINE_BYTES: usize = 4 << 10;

/// Counts a plugin's lines, all its calls together.
#[derive(Debug)]
pub(in super::super) struct LogGate {
    clock: Clock,
    window: Mutex<Window>,
}

#[derive(Debug, Default)]
struct Window {
    began: Duration,
    lines: u32,
    dropped: u64,
}

/// What becomes of a line.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Drop,
    /// And so many were dropped before it, which nobody was told yet.
    Write(u64),
}

impl LogGate {
    pub(in super::super) fn new(clock: Clock) -> LogGate {
        LogGate { clock, window: Mutex::default() }
    }

    fn judge(&self) -> Verdict {
        let now = self.clock.passed();
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let mut untold = 0;
        if now.saturating_sub(window.began) >= Duration::from_secs(1) {
            untold = window.dropped;
            *window = Window { began: now, ..Window::default() };
        }
        if window.lines >= LINES {
            window.dropped += 1;
            return Verdict::Drop;
        }
        window.lines += 1;
        Verdict::Write(untold)
    }
}

impl Imports for Host {
    fn write(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        let Verdict::Write(untold) = self.facts.log.judge() else { return Ok(()) };
        if untold > 0 {
            warn!(lines = untold, "the plugin logs too much, lines were dropped");
        }
        let text = one_line(&self.facts.settings.scrub(&message, LINE_BYTES));
        // Plugin and room stand in the call's span.
        match level {
            Level::Trace => trace!(text, "plugin says"),
            Level::Debug => debug!(text, "plugin says"),
            Level::Info => info!(text, "plugin says"),
            Level::Warn => warn!(text, "plugin says"),
            Level::Error => error!(text, "plugin says"),
        }
        Ok(())
    }
}

/// Control characters, line breaks and what turns the direction of writing are shown, not obeyed: a guest must not
/// write lines that look like the host's.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        let hidden = matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        match c.is_control() || hidden {
            true => line.extend(c.escape_default()),
            false => line.push(c),
        }
    }
    line
}

#[cfg(test)]
mod tests;
