//! Starting other programs: says what is started, passes a failure's exit code on.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// How a command of xtask ends.
pub(crate) type Outcome<T = ()> = Result<T, Stop>;

/// Why xtask stops early: the exit code, and what is still to be said.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) code: u8,
    pub(crate) message: Option<String>,
}

impl Stop {
    /// Something is wrong that has words.
    pub(crate) fn because(message: impl Into<String>) -> Self {
        Stop { code: 1, message: Some(message.into()) }
    }

    /// The command line makes no sense.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Stop { code: 2, message: Some(message.into()) }
    }

    /// A program failed; it has said why itself.
    fn child(status: ExitStatus) -> Self {
        Stop { code: exit_code(status), message: None }
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Stop::because(error.to_string())
    }
}

/// One line of narration.
pub(crate) fn say(line: impl AsRef<str>) {
    eprintln!("==> {}", line.as_ref());
}

/// Runs a program with our terminal; its failure is ours, with the same exit code.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let status = command.status().map_err(|error| cannot_start(command, &error))?;
    if status.success() { Ok(()) } else { Err(Stop::child(status)) }
}

/// Runs a program quietly and gives what it prints.
pub(crate) fn output_of(command: &mut Command) -> Outcome<String> {
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| cannot_start(command, &error))?;
    if !output.status.success() {
        return Err(Stop::child(output.status));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| Stop::because(format!("{} printed bytes that are not UTF-8", name_of(command))))
}

/// Whether a program is there and can be started.
pub(crate) fn has(program: impl Into<OsString>, probe: &str) -> bool {
    Command::new(program.into())
        .arg(probe)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The cargo that runs us, in the root of the workspace.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.current_dir(root());
    command
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    // Cargo sets the variable for `cargo run`; the compiled-in value serves a binary that is started by hand.
    let xtask =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// The directory that cargo builds into, whoever has set it.
pub(crate) fn target() -> Outcome<PathBuf> {
    let metadata = output_of(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    strings_of(&metadata, "target_directory")
        .into_iter()
        .next()
        .map(PathBuf::from)
        .ok_or_else(|| Stop::because("`cargo metadata` does not say where cargo builds"))
}

/// All string values of one field in a JSON text. Enough for the few fields that we ask cargo for.
pub(crate) fn strings_of(json: &str, field: &str) -> Vec<String> {
    let opening = format!("\"{field}\":\"");
    json.split(&opening).skip(1).map(unescape).collect()
}

fn unescape(rest: &str) -> String {
    let mut value = String::new();
    let mut characters = rest.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => value.extend(characters.next()),
            other => value.push(other),
        }
    }
    value
}

fn name_of(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

fn cannot_start(command: &Command, error: &std::io::Error) -> Stop {
    Stop::because(format!("cannot start {}: {error}", name_of(command)))
}

fn exit_code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return u8::try_from(128 + signal).unwrap_or(1);
    }
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
