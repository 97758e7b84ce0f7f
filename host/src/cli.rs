//! The door: the command line. Reads what was typed, asks the house, prints the answer and chooses the exit code.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::config::{self as wishes, Config};
use crate::http::is_reserved;
use crate::logging::{self, Color};
use crate::machine::descriptors;
use crate::model::Pair;
use crate::record::name::check_template;
use crate::store::DataDir;

mod args;
mod check;
mod config;
mod console;
mod doctor;
mod exit;
mod flv;
mod history;
mod output;
mod plugin;
mod record;
mod run;
mod signals;
mod status;
mod table;
mod why;

use args::{Cli, Command, Global};
use exit::{Exit, Failed, WithExit};

/// Reads the command line and does what it says; the exit codes are `docs/cli.md`'s.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            // A closed stdout or stderr: nobody is left to read the help.
            let _ = error.print();
            return ExitCode::from(code.code());
        }
    };
    let color = Color::from(cli.global.color);
    let code = match run(cli) {
        Ok(_) if output::is_lost() => {
            output::error("the answer could not be written to stdout", color);
            Exit::Disk
        }
        Ok(exit) => exit,
        Err(failed) => {
            output::error(&failed, color);
            failed.exit
        }
    };
    ExitCode::from(code.code())
}

fn run(cli: Cli) -> Result<Exit, Failed> {
    let Cli { global, command } = cli;
    // A recording tells its milestones; every other command speaks through its answer.
    let level = if matches!(command, Command::Record(_) | Command::Run(_)) { "info" } else { "warn" };
    let filter = global.log.as_deref().unwrap_or(level);
    logging::init(filter, global.log_format.into(), global.color.into()).exit(Exit::Usage)?;
    if let Command::Completions { shell } = command {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "lyrebird", &mut script);
        // A closed stdout means that nobody reads on.
        let _ = io::Write::write_all(&mut io::stdout().lock(), &script);
        return Ok(Exit::Done);
    }
    descriptors::raise_limit();
    // What needs no runtime.
    let command = match command {
        Command::Flv(args::Flv::Inspect { files, json, tags }) => {
            return flv::inspect(&files, json, tags, global.color.into());
        }
        Command::Flv(args::Flv::Verify(args)) => return flv::verify::verify(&args, global.color.into()),
        Command::Config(asked) => return config::config(&global, asked),
        other => other,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("lyrebird")
        .build()
        .map_err(|error| anyhow::Error::new(error).context("cannot start the runtime"))?;
    let result = runtime.block_on(async {
        match command {
            Command::Run(args) => run::run(&global, args).await,
            Command::Record(args) => record::record(&global, args).await,
            Command::Check(args) => check::check(&global, args).await,
            Command::Why(args) => why::why(&global, args).await,
            Command::History(args) => history::history(&global, args).await,
            Command::Plugin(args::Plugin::List { config, json }) => plugin::list(&global, config, json).await,
            Command::Plugin(args::Plugin::Approve(args)) => plugin::approve(&global, args),
            Command::Plugin(args::Plugin::Rollback(args)) => plugin::roll_back(&global, args),
            Command::Plugin(args::Plugin::Inspect { file, json }) => plugin::inspect(&file, json),
            Command::Plugin(args::Plugin::Build(args)) => plugin::build(&args),
            Command::Plugin(args::Plugin::Check(args)) => plugin::tapes::check(&global, args).await,
            Command::Plugin(args::Plugin::Record(args)) => plugin::tapes::record(&global, args).await,
            Command::Flv(args::Flv::Fix(args)) => flv::fix::fix(args, global.color.into()).await,
            Command::Doctor(args) => doctor::doctor(&global, args).await,
            Command::Completions { .. } | Command::Flv(_) | Command::Config(_) => Ok(Exit::Done),
        }
    });
    // A blocking call that hangs (a dead network share) must not keep the program alive.
    runtime.shutdown_background();
    result
}

/// What a template of names is made of.
const TEMPLATE_HINT: &str = "hint: write it as `{{ streamer }}/{{ start | date('%Y-%m-%d %H.%M.%S') }} {{ title }}`";

/// The config that the user named, without its rooms; the defaults where he named none.
fn config(file: Option<&PathBuf>) -> Result<Config, Failed> {
    let Some(file) = file else { return Ok(Config::default()) };
    let mut config = wishes::read(file).map_err(config::hinted).exit(Exit::Usage)?;
    config.room.clear();
    config.rooms = wishes::Rooms::default();
    vet(file, &config)?;
    Ok(config)
}

/// What a config may not be wrong about when a command begins.
fn vet(file: &Path, config: &Config) -> Result<(), Failed> {
    config.find_secrets().exit(Exit::Usage)?;
    check_template(&config.output.name)
        .map_err(|why| anyhow::anyhow!("{}: `output.name`: {why}\n{TEMPLATE_HINT}", file.display()))
        .exit(Exit::Usage)
}

fn is_coding(name: &str) -> bool {
    name.eq_ignore_ascii_case("accept-encoding")
}

/// Refuses headers that the recorder sets itself. Their values, which may be secret, are told to nobody.
fn own_headers(headers: &[Pair]) -> Result<(), Failed> {
    let Some((name, _)) = headers.iter().find(|(name, _)| is_reserved(name) || is_coding(name)) else { return Ok(()) };
    let hint = match name.to_ascii_lowercase().as_str() {
        "host" => "`hosts` in `[plugin.NAME]` sends requests elsewhere with the host that they name",
        coding if is_coding(coding) => "media is always asked for as it is: leave it out",
        proxy if proxy.starts_with("proxy-") => "user and password of a proxy stand in `[http] proxy`",
        _ => "it speaks of the connection, which the recorder makes itself: leave it out",
    };
    let error = anyhow::anyhow!("`--header` cannot set `{name}`\nhint: {hint}");
    Err(Failed { exit: Exit::Usage, error })
}

/// The directory of the program's own state, for a command that only looks.
fn data_to_read(global: &Global) -> DataDir {
    data_dir(global).map_or(DataDir::Nowhere, DataDir::Read)
}

/// The same for a command that writes there.
fn data_to_keep(global: &Global) -> Result<DataDir, Failed> {
    needed_data_dir(global).map(DataDir::Kept)
}

/// Where it is, for a command that is of no use without it.
fn needed_data_dir(global: &Global) -> Result<PathBuf, Failed> {
    data_dir(global)
        .ok_or_else(|| anyhow::anyhow!("no place for the program's state is known\nhint: name one with `--data DIR`"))
        .exit(Exit::Usage)
}

fn data_dir(global: &Global) -> Option<PathBuf> {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    global
        .data
        .clone()
        .or_else(|| from("XDG_DATA_HOME").map(|dir| dir.join("lyrebird")))
        .or_else(|| from("HOME").map(|dir| dir.join(".local/share/lyrebird")))
}
