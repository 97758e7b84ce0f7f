//! How many system calls a program makes: by perf's counter of the kernel's own trace point, which costs next to nothing,
//! else by strace, which slows the program down. In either case in a run of its own.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The trace point at the door of the kernel.
const EVENT: &str = "raw_syscalls:sys_enter";

/// Who counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counter {
    Perf,
    Strace,
}

impl Counter {
    /// The first one that works here.
    fn find() -> Option<Counter> {
        let works = |program: &str, words: &[&str]| {
            let mut probe = Command::new(program);
            probe.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            probe.status().is_ok_and(|status| status.success())
        };
        if works("perf", &["stat", "-e", EVENT, "--", "true"]) {
            return Some(Counter::Perf);
        }
        works("strace", &["-c", "-o", "/dev/null", "true"]).then_some(Counter::Strace)
    }

    /// The command that writes its count to `summary`.
    fn command(self, summary: &Path) -> Command {
        match self {
            Counter::Perf => {
                let mut perf = Command::new("perf");
                perf.args(["stat", "-x", ",", "-e", EVENT, "-o"]).arg(summary);
                perf
            }
            Counter::Strace => {
                let mut strace = Command::new("strace");
                strace.args(["-f", "-c", "-o"]).arg(summary);
                strace
            }
        }
    }

    fn read(self, summary: &Path) -> Option<f64> {
        let text = fs::read_to_string(summary).ok()?;
        match self {
            Counter::Perf => text.lines().find(|line| line.contains(EVENT))?.split(',').next()?.parse().ok(),
            Counter::Strace => {
                let total = text.lines().find(|line| line.trim_end().ends_with("total"))?;
                total.split_whitespace().nth(3)?.parse().ok()
            }
        }
    }
}

/// What counts here, for people.
pub fn counter() -> &'static str {
    match Counter::find() {
        Some(Counter::Perf) => "perf",
        Some(Counter::Strace) => "strace",
        None => "nothing here counts them",
    }
}

/// System calls of one run of a command, to its end. None where nothing counts them.
pub fn calls_of_command(own: &Command, folder: &Path) -> Option<f64> {
    let (counter, summary) = (Counter::find()?, folder.join("calls.txt"));
    let mut command = counter.command(&summary);
    if counter == Counter::Perf {
        command.arg("--");
    }
    command.arg(own.get_program()).args(own.get_args());
    if let Some(folder) = own.get_current_dir() {
        command.current_dir(folder);
    }
    for (name, value) in own.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    counter.read(&summary)
}

/// System calls of processes that run, in so much time. None where only strace is there: that would slow them down.
pub fn calls_of_processes(pids: &[u32], time: Duration, folder: &Path) -> Option<f64> {
    let (counter, summary) = (Counter::find()?, folder.join("calls.txt"));
    if counter != Counter::Perf {
        return None;
    }
    let list: Vec<String> = pids.iter().map(ToString::to_string).collect();
    let mut command = counter.command(&summary);
    command.arg("-p").arg(list.join(",")).args(["--", "sleep", &time.as_secs().to_string()]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    counter.read(&summary)
}
