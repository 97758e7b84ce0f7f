//! Exit codes: promises to scripts.

use std::fmt;

use crate::plugin::PickError;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done.
    Done,
    /// Failed in a way without a code of its own.
    Failed,
    /// The command line or the config is wrong.
    Usage,
    /// `check`: offline, upcoming or replay.
    NotLive,
    /// No picker takes this URL.
    NoPicker,
    /// The plugin failed, not the room.
    PluginFailed,
    /// A login is needed.
    LoginNeeded,
    /// `flv fix`: done, but something of the input was lost.
    Lossy,
    /// The disk, or the folder, cannot be written to.
    Disk,
    /// Stopped by this signal, orderly.
    Signal(u8),
}

impl Exit {
    /// The number.
    pub(super) fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::NotLive => 3,
            Exit::NoPicker => 4,
            Exit::PluginFailed => 5,
            Exit::LoginNeeded => 6,
            Exit::Lossy => 65,
            Exit::Disk => 74,
            Exit::Signal(signal) => 128u8.saturating_add(signal),
        }
    }
}

impl From<&PickError> for Exit {
    fn from(error: &PickError) -> Exit {
        match error {
            PickError::NoPicker { .. } => Exit::NoPicker,
            PickError::Tie { .. } | PickError::NoSuchPlugin { .. } | PickError::NotAPicker(_) => Exit::Usage,
            PickError::NotYet { .. } | PickError::Unusable { .. } => Exit::PluginFailed,
        }
    }
}

/// An error that carries its exit code to the door. Printed by the door alone, once.
#[derive(Debug)]
pub(super) struct Failed {
    /// The code.
    pub(super) exit: Exit,
    /// What to print.
    pub(super) error: anyhow::Error,
}

impl fmt::Display for Failed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:#}", self.error)
    }
}

impl From<anyhow::Error> for Failed {
    fn from(error: anyhow::Error) -> Self {
        Failed { exit: Exit::Failed, error }
    }
}

/// Gives an error its exit code.
pub(super) trait WithExit<T> {
    /// The same with `exit`.
    fn exit(self, exit: Exit) -> Result<T, Failed>;
}

impl<T, E: Into<anyhow::Error>> WithExit<T> for Result<T, E> {
    fn exit(self, exit: Exit) -> Result<T, Failed> {
        self.map_err(|error| Failed { exit, error: error.into() })
    }
}
