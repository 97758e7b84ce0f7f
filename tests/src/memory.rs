//! A program that may use only so much memory, with all that it starts.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Pid, Signal, kill_process_group};

const GROUPS: &str = "/sys/fs/cgroup/memory";

/// A control group (cgroup v1); gone with the test, after its last process.
#[derive(Debug)]
pub struct MemoryGroup(PathBuf);

/// The kernel, when it must kill somebody, is to kill this process.
pub fn is_killed_first(process: u32) {
    fs::write(format!("/proc/{process}/oom_score_adj"), "1000").unwrap();
}

impl MemoryGroup {
    /// One of so many MiB.
    pub fn new(mib: u64) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let group = PathBuf::from(format!("{GROUPS}/lyrebird-test-{}-{number}", std::process::id()));
        fs::create_dir(&group).unwrap();
        fs::write(group.join("memory.limit_in_bytes"), (mib << 20).to_string()).unwrap();
        MemoryGroup(group)
    }

    /// Takes so many MiB of it.
    pub fn hog(&self, mib: u64) -> Hog {
        let mut hog = Command::new("sh");
        // What has no line's end is kept until the input ends, which it does not.
        let script = "echo $$ > \"$0\" && \
                      { head -c \"$1\"; exec sleep 1000; } < /dev/zero | tail -n 1 > /dev/null";
        hog.args(["-c", script]).arg(self.0.join("cgroup.procs")).arg((mib << 20).to_string());
        Hog(hog.process_group(0).stdin(Stdio::null()).spawn().unwrap())
    }

    /// The command, to be run in it.
    pub fn put(&self, command: &Command) -> Command {
        let mut inside = Command::new("sh");
        let script = "echo $$ > \"$0\" && exec \"$@\"";
        inside.args(["-c", script]).arg(self.0.join("cgroup.procs"));
        inside.arg(command.get_program()).args(command.get_args()).env_clear();
        inside.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.get_current_dir().map(|folder| inside.current_dir(folder));
        inside
    }
}

/// Processes that have memory; they give it back when this is dropped.
#[derive(Debug)]
pub struct Hog(Child);

impl Drop for Hog {
    fn drop(&mut self) {
        if let Some(group) = Pid::from_raw(i32::try_from(self.0.id()).unwrap()) {
            kill_process_group(group, Signal::KILL).ok();
        }
        self.0.wait().ok();
    }
}

impl Drop for MemoryGroup {
    fn drop(&mut self) {
        fs::remove_dir(&self.0).ok();
    }
}
