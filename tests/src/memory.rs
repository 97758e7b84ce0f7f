//! A program that may use only so much memory, with all that it starts.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

const GROUPS: &str = "/sys/fs/cgroup/memory";

/// A control group (cgroup v1); gone with the test, after its last process.
#[derive(Debug)]
pub struct MemoryGroup(PathBuf);

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

impl Drop for MemoryGroup {
    fn drop(&mut self) {
        fs::remove_dir(&self.0).ok();
    }
}
