//! What the benches share: the words of their command lines, processor time, memory, system calls, medians, and what
//! machine it was.

use std::fs;
use std::process::Child;
use std::str::FromStr;
use std::time::Duration;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

mod calls;
mod report;

pub use calls::{calls_of_command, calls_of_processes, counter};
pub use report::Report;

/// The kernel's unit in /proc/PID/stat on every Linux that we promise.
const TICK: Duration = Duration::from_millis(10);

/// The number behind a word of the command line.
pub fn number<N: FromStr>(words: &[String], name: &str, usual: N) -> N {
    let Some(at) = words.iter().position(|word| word == name) else { return usual };
    let number = words.get(at + 1).and_then(|word| word.parse().ok());
    number.unwrap_or_else(|| panic!("{name} wants a number"))
}

/// Whether a word stands on the command line.
pub fn flag(words: &[String], name: &str) -> bool {
    words.iter().any(|word| word == name)
}

/// CPU time of one process with all its threads.
#[derive(Clone, Copy, Debug)]
pub struct Cpu {
    /// In its own code.
    pub user: Duration,
    /// In the kernel for it.
    pub system: Duration,
}

impl Cpu {
    /// Both.
    pub fn all(self) -> Duration {
        self.user + self.system
    }
}

/// CPU time of a process that lives, or is not buried yet.
pub fn cpu_of_process(pid: u32) -> Cpu {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // Fields are counted behind the name, which stands in brackets and may hold anything (proc_pid_stat(5)).
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let [user, system] = [11, 12].map(|field: usize| TICK * fields[field].parse::<u32>().unwrap());
    Cpu { user, system }
}

/// CPU time of a child, read between its end and its burial. It has to end well.
pub fn cpu_of(mut child: Child, name: &str) -> Cpu {
    let pid = Pid::from_child(&child);
    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).unwrap();
    let cpu = cpu_of_process(child.id());
    let status = child.wait().unwrap();
    assert!(status.success(), "{name} ended with {status}");
    cpu
}

/// The middle one.
pub fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// For tables.
pub fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}

/// Memory of a process, what it shares with others counted in part: its proportional set size.
pub fn pss_kib(pid: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let line = rollup.lines().find(|line| line.starts_with("Pss:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// How many files a process has open.
pub fn open_files(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}
