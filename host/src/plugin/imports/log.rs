//! `log`: a guest's lines become the host's, bounded, on one line each, without secrets.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tracing::{debug, error, info, trace, warn};

use super::Host;
use super::wit::log::{Host as Imports, Level};
use crate::clock::Clock;
use crate::logging::is_unsafe;

/// Lines of a plugin a second.
const LINES: u32 = 100;

/// Bytes of a line.
const LINE_BYTES: usize = 4 << 10;

/// How often it is told that a plugin logs too much.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Counts a plugin's lines, all its calls together.
#[derive(Debug)]
pub(in super::super) struct LogGate {
    /// None lets nothing through.
    clock: Option<Clock>,
    window: Mutex<Window>,
}

#[derive(Debug, Default)]
struct Window {
    began: Duration,
    lines: u32,
    /// When the user was last told of dropped lines.
    told: Option<Duration>,
}

/// What becomes of a line.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Write,
    Drop,
    /// Dropped, and the user must be told that lines are.
    Tell,
}

impl LogGate {
    pub(in super::super) fn new(clock: Clock) -> LogGate {
        LogGate { clock: Some(clock), window: Mutex::default() }
    }

    /// One for calls that nobody wants to hear of.
    pub(in super::super) fn closed() -> LogGate {
        LogGate { clock: None, window: Mutex::default() }
    }

    fn judge(&self) -> Verdict {
        let Some(clock) = &self.clock else { return Verdict::Drop };
        let now = clock.passed();
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(window.began) >= Duration::from_secs(1) {
            window.began = now;
            window.lines = 0;
        }
        if window.lines < LINES {
            window.lines += 1;
            return Verdict::Write;
        }
        match window.told {
            Some(told) if now.saturating_sub(told) < TOLD_EVERY => Verdict::Drop,
            _ => {
                window.told = Some(now);
                Verdict::Tell
            }
        }
    }
}

impl Imports for Host {
    fn write(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        match self.facts.log.judge() {
            Verdict::Write => {}
            Verdict::Drop => return Ok(()),
            Verdict::Tell => {
                warn!(lines_a_second = LINES, "the plugin logs too much, lines are dropped");
                return Ok(());
            }
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
        match is_unsafe(c) {
            true => line.extend(c.escape_default()),
            false => line.push(c),
        }
    }
    line
}

#[cfg(test)]
mod tests;
