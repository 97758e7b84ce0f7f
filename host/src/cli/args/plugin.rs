//! What may be typed about plugins, but for trying one with tapes.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use super::tapes::{PluginCheck, PluginRecord};

/// `plugin`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Plugin {
    /// List the plugins in the plugins directories
    List {
        /// Config file, for its directories and grants
        #[arg(short = 'c', long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        config: Option<PathBuf>,
        /// One JSON object a plugin
        #[arg(long)]
        json: bool,
    },
    /// Grant a plugin what its file asks for, and let one that failed be tried again
    Approve(Decided),
    /// Have the last good build of a plugin answer, until its file is another one
    Rollback(Decided),
    /// Tell what a plugin file is, without running it
    Inspect {
        /// The component
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Make a component and its manifest one file: a plugin
    Build(PluginBuild),
    /// Try a plugin: its manifest, its samples, its tapes, and broken answers
    Check(PluginCheck),
    /// Ask a picker about a room and write a redacted tape of it
    Record(PluginRecord),
}

/// `plugin build`.
#[derive(Debug, Args)]
pub(in crate::cli) struct PluginBuild {
    /// The component, as the tools of its language made it
    #[arg(value_name = "COMPONENT", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) component: PathBuf,
    /// The manifest [default: `plugin.toml` beside the component]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) manifest: Option<PathBuf>,
    /// The plugin; a file of that name is replaced at once
    #[arg(short, long, value_name = "PLUGIN", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) output: PathBuf,
}

/// A plugin that a person decides about.
#[derive(Debug, Args)]
pub(in crate::cli) struct Decided {
    /// The plugin
    pub(in crate::cli) name: String,
    /// Config file, for its directories
    #[arg(short = 'c', long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) config: Option<PathBuf>,
}
