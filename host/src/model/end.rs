//! How a reception ends: a value, never an error.

use std::fmt;

/// Why a reception ended. The room decides what follows from the case alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The server ended the body without a fault: last chunk, or it closed a body without a length.
    Ended,
    /// A body of known length was read to its end: a finished file, not a live stream.
    Finished,
    /// No bytes, or too few, for the stall limit.
    Stalled,
    /// There was no media to receive.
    Refused(Refusal),
    /// The connection or the stream broke; the text says how.
    Broken(String),
    /// The sender repeats what we have.
    Looping,
    /// The decoder configuration keeps changing.
    Flapping,
    /// The volume has no room left, or cannot be written to; the text says why.
    DiskFull(String),
    /// The machine has no means for one more recording: nothing was connected. The text says what is short.
    Crowded(String),
    /// The duration or size that the user asked for is reached.
    Limit,
    /// Somebody asked for it.
    Stopped,
}

/// Why there was no media to receive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// An HTTP status that is not a success, and the seconds of its Retry-After.
    Status(u16, Option<u32>),
    /// The body is not media; the text says what it looks like.
    NotMedia(String),
    /// Media of a kind that this host does not record; the text names it.
    Unsupported(String),
    /// The address may not be visited; the text names the rule.
    Denied(String),
    /// Nobody listens there: the host is there and refuses the connection.
    Closed(String),
    /// No connection for another reason: DNS, connect, TLS.
    Unreachable(String),
}

impl EndReason {
    /// The word for logs, sidecars and JSON.
    pub fn word(&self) -> &'static str {
        match self {
            EndReason::Ended => "ended",
            EndReason::Finished => "finished",
            EndReason::Stalled => "stalled",
            EndReason::Refused(_) => "refused",
            EndReason::Broken(_) => "broken",
            EndReason::Looping => "looping",
            EndReason::Flapping => "flapping",
            EndReason::DiskFull(_) => "disk_full",
            EndReason::Crowded(_) => "crowded",
            EndReason::Limit => "limit",
            EndReason::Stopped => "stopped",
        }
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EndReason::Refused(refusal) => write!(out, "refused: {refusal}"),
            EndReason::Broken(why) => write!(out, "broken: {why}"),
            EndReason::DiskFull(why) => write!(out, "disk_full: {why}"),
            EndReason::Crowded(why) => write!(out, "not begun: {why}"),
            other => out.write_str(other.word()),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Status(status, _) => write!(out, "HTTP status {status}"),
            Refusal::NotMedia(what) => write!(out, "not media, it looks like {what}"),
            Refusal::Unsupported(what) => write!(out, "cannot record {what}"),
            Refusal::Denied(rule) => write!(out, "denied, {rule}"),
            Refusal::Closed(why) | Refusal::Unreachable(why) => write!(out, "unreachable, {why}"),
        }
    }
}
