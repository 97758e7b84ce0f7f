//! What may be typed to try a plugin, and to record a tape of one.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// `plugin check`.
#[derive(Debug, Args)]
pub(in crate::cli) struct PluginCheck {
    /// The component
    #[arg(value_hint = ValueHint::FilePath)]
    pub(in crate::cli) file: PathBuf,
    /// Folder of its tapes, files that end in `.tape.jsonl` [default: `tapes` beside the file, where there is one]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(in crate::cli) tapes: Option<PathBuf>,
    /// Config file, for the plugin's `limits` and `hosts`, and for `allow_private_hosts`; without it none is read
    #[arg(short = 'c', long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) config: Option<PathBuf>,
    /// One JSON object a check
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

/// `plugin record`.
#[derive(Debug, Args)]
pub(in crate::cli) struct PluginRecord {
    /// URL (or id) of the room
    #[arg(value_name = "URL", value_hint = ValueHint::Url)]
    pub(in crate::cli) url: String,
    /// The component
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) plugin: PathBuf,
    /// The tape; nothing is ever overwritten
    #[arg(short, long, value_name = "TAPE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) output: PathBuf,
    /// Config file, for the plugin's settings, cookie and hosts; without it none is read
    #[arg(short = 'c', long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) config: Option<PathBuf>,
    /// Option for the picker; may be repeated
    #[arg(long = "option", value_name = "K=V", value_parser = super::key_value)]
    pub(in crate::cli) options: Vec<(String, String)>,
}
