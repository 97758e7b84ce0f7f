//! What may be typed: the command line as clap reads it. Decides nothing.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use crate::config::{LEAST_SIZE, LEAST_SPAN, Size, Span};
use crate::logging;

mod plugin;
mod tapes;

pub(super) use plugin::{Decided, Plugin, PluginBuild};
pub(super) use tapes::{PluginCheck, PluginRecord};

/// Records live streams, unattended.
#[derive(Debug, Parser)]
#[command(name = "lyrebird", version, about, max_term_width = 100, arg_required_else_help = true)]
pub(super) struct Cli {
    /// What applies to every command.
    #[command(flatten)]
    pub(super) global: Global,
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(super) struct Global {
    /// Directory of plugins; may be repeated, the first one wins
    #[arg(long, value_name = "DIR", global = true, value_hint = ValueHint::DirPath)]
    pub(super) plugins: Vec<PathBuf>,
    /// Log level (error, warn, info, debug, trace) or filter (`lyrebird::record=debug,info`)
    #[arg(long, value_name = "LEVEL|FILTER", global = true, env = "LYREBIRD_LOG")]
    pub(super) log: Option<String>,
    /// How log lines look
    #[arg(long, value_name = "FORM", global = true, value_enum, default_value_t = LogFormat::Text)]
    pub(super) log_format: LogFormat,
    /// Directory of the program's own state: database, compiled plugins
    #[arg(long, value_name = "DIR", global = true, value_hint = ValueHint::DirPath, env = "LYREBIRD_DATA")]
    pub(super) data: Option<PathBuf>,
    /// Whether to use colours
    #[arg(long, value_name = "WHEN", global = true, value_enum, default_value_t = When::Auto)]
    pub(super) color: When,
}

/// `--log-format`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

impl From<LogFormat> for logging::Form {
    fn from(form: LogFormat) -> Self {
        match form {
            LogFormat::Text => logging::Form::Text,
            LogFormat::Json => logging::Form::Json,
        }
    }
}

/// `--color`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum When {
    /// At a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl From<When> for logging::Color {
    fn from(when: When) -> Self {
        match when {
            When::Auto => logging::Color::Auto,
            When::Always => logging::Color::Always,
            When::Never => logging::Color::Never,
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Watch and record every room of a config, day and night
    Run(Run),
    /// Wait for rooms to go live and record them
    Record(Record),
    /// Ask once whether rooms are live and how they can be received
    Check(Check),
    /// Tell the story of a room: why it is, or is not, being recorded
    Why(Why),
    /// Tell what was recorded: sessions, files, gaps, notices
    History(History),
    /// Look at plugins, try them
    #[command(subcommand)]
    Plugin(Plugin),
    /// Look at FLV files, mend them
    #[command(subcommand)]
    Flv(Flv),
    /// Check a config file, or begin one
    #[command(subcommand)]
    Config(Config),
    /// Tell what should be known before the recorder is trusted
    Doctor(Doctor),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Which picker is asked, and with which options.
#[derive(Clone, Debug, Args)]
pub(super) struct Asking {
    /// URLs (or ids) of the rooms
    #[arg(required = true, value_name = "URL", value_hint = ValueHint::Url)]
    pub(super) urls: Vec<String>,
    /// Config file; without it none is read
    #[arg(short = 'c', long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) config: Option<PathBuf>,
    /// Ask this picker, whatever the URL looks like
    #[arg(long, value_name = "NAME")]
    pub(super) plugin: Option<String>,
    /// Option for the picker; may be repeated
    #[arg(long = "option", value_name = "K=V", value_parser = key_value)]
    pub(super) options: Vec<(String, String)>,
    /// Header for media requests to the room's own host; may be repeated, wins over the picker's
    #[arg(long = "header", value_name = "N: V", value_parser = header)]
    pub(super) headers: Vec<(String, String)>,
}

/// `run`.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// Config file [default: `lyrebird.toml` here, else in the user's config directory]
    #[arg(short = 'c', long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) config: Option<PathBuf>,
}

/// `record`.
#[derive(Debug, Args)]
pub(super) struct Record {
    /// Whom to ask.
    #[command(flatten)]
    pub(super) asking: Asking,
    /// Folder for the recordings [default: `[output] dir` of the config, else `recordings`]
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) output: Option<PathBuf>,
    /// Template of the names, for example "{{ streamer }}/{{ title }}"
    #[arg(long, value_name = "TEMPLATE")]
    pub(super) name: Option<String>,
    /// Quality keys, best first, parted by commas
    #[arg(long, value_name = "Q,Q", value_delimiter = ',')]
    pub(super) quality: Vec<String>,
    /// Each room is done after its first session with media
    #[arg(long)]
    pub(super) once: bool,
    /// End a room's recording after this much media (`90s`, `2h`; at least 1s)
    #[arg(long, value_name = "D", value_parser = some_span)]
    pub(super) duration: Option<Span>,
    /// End a room's recording at this many bytes in all its files (`500MB`, `8GiB`; at least 100KB)
    #[arg(long, value_name = "S", value_parser = some_size)]
    pub(super) max_size: Option<Size>,
}

/// `check`.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Whom to ask.
    #[command(flatten)]
    pub(super) asking: Asking,
    /// One JSON object a URL
    #[arg(long)]
    pub(super) json: bool,
    /// Show the candidates' URLs whole; they may be signed in your name
    #[arg(long)]
    pub(super) show_urls: bool,
}

/// `why`.
#[derive(Debug, Args)]
pub(super) struct Why {
    /// The room: `platform:id`, id, URL, streamer or its name in the config, whole or a part of it
    #[arg(value_name = "ROOM")]
    pub(super) room: String,
    /// Config file, for the names of its rooms [default: `lyrebird.toml` here, else in the user's config directory]
    #[arg(short = 'c', long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) config: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    pub(super) json: bool,
    /// So many lines at most, the last ones [default: 60]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) limit: Option<u32>,
}

/// `history`.
#[derive(Debug, Args)]
pub(super) struct History {
    /// Rooms: `platform:id`, id, URL, streamer or name in the config, whole or a part of it [default: all]
    #[arg(value_name = "ROOM")]
    pub(super) room: Option<String>,
    /// Config file, for the names of its rooms [default: `lyrebird.toml` here, else in the user's config directory]
    #[arg(short = 'c', long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) config: Option<PathBuf>,
    /// One JSON object a session
    #[arg(long)]
    pub(super) json: bool,
    /// So many sessions at most, the last ones [default: 50; with a ROOM 10]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) limit: Option<u32>,
}

/// `flv`.
#[derive(Debug, Subcommand)]
pub(super) enum Flv {
    /// Tell what is in FLV files: tracks, times, groups, faults
    Inspect {
        /// The files
        #[arg(required = true, value_hint = ValueHint::FilePath)]
        files: Vec<PathBuf>,
        /// One JSON object a file
        #[arg(long, conflicts_with = "tags")]
        json: bool,
        /// Print every tag as a line of text
        #[arg(long)]
        tags: bool,
    },
    /// Write FLV files anew so that they play, seek and have the right length
    Fix(Fix),
    /// Tell whether FLV files are whole: layout, index, metadata, hash
    Verify(Verify),
}

/// `flv verify`.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The files
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) files: Vec<PathBuf>,
    /// Whether media that is there twice is a fault; `keep`: it is none
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = Repeats::Drop)]
    pub(super) repeats: Repeats,
    /// One JSON object a file
    #[arg(long)]
    pub(super) json: bool,
}

/// `flv fix`.
#[derive(Debug, Args)]
pub(super) struct Fix {
    /// The files; they stay as they are
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) files: Vec<PathBuf>,
    /// Folder for the outputs, under the inputs' names [default: `NAME.fixed.flv` beside each]
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) output: Option<PathBuf>,
    /// What becomes of media that is there twice
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = Repeats::Drop)]
    pub(super) repeats: Repeats,
    /// Begin another file at the next key frame after so many bytes (`500MB`, `4GiB`)
    #[arg(long, value_name = "S", value_parser = some_size)]
    pub(super) split_size: Option<Size>,
    /// Begin another file at the next key frame after so much media (`90s`, `2h`)
    #[arg(long, value_name = "D", value_parser = some_span)]
    pub(super) split_duration: Option<Span>,
    /// One JSON object a file
    #[arg(long)]
    pub(super) json: bool,
}

/// `--repeats`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Repeats {
    /// It is dropped and told
    Drop,
    /// It stays: a clip that an encoder played in a loop looks the same
    Keep,
}

impl From<Repeats> for crate::config::Repeats {
    fn from(repeats: Repeats) -> Self {
        match repeats {
            Repeats::Drop => crate::config::Repeats::Drop,
            Repeats::Keep => crate::config::Repeats::Keep,
        }
    }
}

/// `config`.
#[derive(Debug, Subcommand)]
pub(super) enum Config {
    /// Tell whether a config file is right, and where it is not
    Check {
        /// Config file [default: `lyrebird.toml`, else `lyrebird/lyrebird.toml` in the user's config directory]
        #[arg(short = 'c', long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        config: Option<PathBuf>,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON Schema of the config file
    Schema,
    /// Print a config file to begin with: every key, its default, a word about it
    Default,
}

/// `doctor`.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Config file [default: `lyrebird.toml` here, else in the user's config directory, else none]
    #[arg(short = 'c', long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) config: Option<PathBuf>,
    /// Folder for the recordings
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) output: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    pub(super) json: bool,
}

fn some_span(text: &str) -> Result<Span, String> {
    let span: Span = text.parse().map_err(|error: crate::config::UnitError| error.to_string())?;
    match span < LEAST_SPAN {
        true => Err(String::from("it must be at least 1s\nhint: write it with its unit, as `90s` or `2h`")),
        false => Ok(span),
    }
}

fn some_size(text: &str) -> Result<Size, String> {
    let size: Size = text.parse().map_err(|error: crate::config::UnitError| error.to_string())?;
    match size < LEAST_SIZE {
        true => Err(String::from("it must be at least 100KB\nhint: write it with its unit, as `500MB` or `8GiB`")),
        false => Ok(size),
    }
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is no option, write it as KEY=VALUE")),
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    let token = |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter);
    match text.split_once(':') {
        Some((name, value)) if !name.is_empty() && name.chars().all(token) && !value.contains(['\r', '\n', '\0']) => {
            Ok((name.to_owned(), value.trim().to_owned()))
        }
        _ => Err(String::from("no header, write it as 'Name: value'")),
    }
}
