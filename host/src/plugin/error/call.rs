//! Why a call has no answer.

use std::fmt;
use std::time::Duration;

use super::load::said;
use crate::model::Failure;

/// Why a call of a plugin gave no answer. None of them means "offline".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The plugin said so itself.
    Failure(Failure),
    /// The call used more CPU time than it may.
    CpuBudget(Duration),
    /// The call took longer than it may, waiting included.
    Timeout(Duration),
    /// The guest asked for more memory or table elements than it may have.
    MemoryLimit {
        /// `bytes of memory` or `table elements`.
        what: &'static str,
        /// How many it may have.
        limit: u64,
    },
    /// The guest stopped in a way that leaves no answer.
    Trap {
        /// What stopped it.
        kind: String,
        /// What it wrote to stderr, the end of it.
        stderr: String,
    },
    /// The guest asked more of the host than a call may; the text says of what.
    HostCallLimit(String),
    /// As many answers as rooms were due.
    WrongCount {
        /// Rooms asked about.
        asked: usize,
        /// Answers given.
        got: usize,
    },
    /// The answer has the right type and makes no sense; the text says what is wrong with it.
    BadAnswer(String),
    /// Too many calls of this plugin, or of all, are under way; this one waited for so long.
    Busy(Duration),
    /// The settings of a notifier's target do not fit its manifest, or cannot be read.
    BadTarget(String),
    /// The host is about to end.
    Stopping,
    /// The host's own fault.
    HostBug(String),
}

impl CallError {
    /// The word for JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            CallError::Failure(failure) => failure.kind(),
            CallError::CpuBudget(_) => "cpu-budget",
            CallError::Timeout(_) => "timeout",
            CallError::MemoryLimit { .. } => "memory-limit",
            CallError::Trap { .. } => "trap",
            CallError::HostCallLimit(_) => "host-call-limit",
            CallError::WrongCount { .. } => "wrong-number-of-answers",
            CallError::BadAnswer(_) => "bad-answer",
            CallError::Busy(_) => "busy",
            CallError::BadTarget(_) => "bad-target",
            CallError::Stopping => "stopping",
            CallError::HostBug(_) => "host-bug",
        }
    }

    /// What the plugin itself said, where it did.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            CallError::Failure(failure) => Some(failure),
            _ => None,
        }
    }

    /// Whether the plugin, not the platform, the network or the host, is to blame: in a single room's call, a strike.
    pub fn is_strike(&self) -> bool {
        match self {
            CallError::CpuBudget(_)
            | CallError::MemoryLimit { .. }
            | CallError::Trap { .. }
            | CallError::HostCallLimit(_)
            | CallError::WrongCount { .. }
            | CallError::BadAnswer(_) => true,
            CallError::Failure(_)
            | CallError::Timeout(_)
            | CallError::Busy(_)
            | CallError::BadTarget(_)
            | CallError::Stopping
            | CallError::HostBug(_) => false,
        }
    }

    /// What happened, without the hint.
    pub fn reason(&self) -> String {
        Reason(self).to_string()
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            CallError::Failure(Failure::UnexpectedAnswer(_)) => Some("the plugin may need an update"),
            CallError::Failure(Failure::LoginRequired(_)) => {
                Some("give the plugin a fresh `cookie` in its table of lyrebird.toml")
            }
            CallError::Failure(_) | CallError::Timeout(_) | CallError::Stopping => None,
            CallError::CpuBudget(_) => Some("`limits = { cpu = \"…\" }` in the plugin's table raises it"),
            CallError::MemoryLimit { what: "bytes of memory", .. } => {
                Some("`limits = { memory = \"…\" }` in the plugin's table raises it")
            }
            CallError::MemoryLimit { .. } => Some("`limits = { tables = … }` in the plugin's table raises it"),
            CallError::Trap { .. } | CallError::WrongCount { .. } | CallError::BadAnswer(_) => {
                Some("this is a fault of the plugin: fetch a newer build, or tell its author")
            }
            CallError::HostCallLimit(_) => {
                Some("this is a fault of the plugin, or its limits in lyrebird.toml are too low")
            }
            CallError::Busy(_) => Some("the plugin is slow, or very many rooms are asked about at once"),
            CallError::BadTarget(_) => Some("the target's `settings` in lyrebird.toml have it"),
            CallError::HostBug(_) => Some("this is a fault of lyrebird: please report it"),
        }
    }
}

/// What happened, without the hint.
struct Reason<'a>(&'a CallError);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            CallError::Failure(failure) => write!(out, "{failure}"),
            CallError::CpuBudget(limit) => write!(out, "the call used more than {limit:?} of CPU time"),
            CallError::Timeout(limit) => write!(out, "no answer within {limit:?}"),
            CallError::MemoryLimit { what, limit } => write!(out, "the call asked for more than {limit} {what}"),
            CallError::Trap { kind, stderr } => {
                write!(out, "the plugin trapped: {kind}")?;
                said(out, stderr)
            }
            CallError::HostCallLimit(what) => write!(out, "the call asked too much of the host: {what}"),
            CallError::WrongCount { asked, got } => write!(out, "{got} answers to {asked} questions"),
            CallError::BadAnswer(what) => write!(out, "the plugin's answer makes no sense: {what}"),
            CallError::Busy(waited) => write!(out, "busy: no call could begin within {waited:?}"),
            CallError::BadTarget(why) => write!(out, "bad settings of the target: {why}"),
            CallError::Stopping => out.write_str("lyrebird is stopping"),
            CallError::HostBug(what) => write!(out, "internal error: {what}"),
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", Reason(self))?;
        self.hint().map_or(Ok(()), |hint| write!(out, "\nhint: {hint}"))
    }
}

impl std::error::Error for CallError {}
