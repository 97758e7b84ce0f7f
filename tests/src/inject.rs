//! System calls of a running program that fail, or take long, on the files that a test names, as long as it wants.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::place::wait_until;
use crate::program::Run;

/// How appending to a file ends in the kernel.
pub const WRITES: &str = "write,writev,pwrite64,pwritev";
/// How its bytes are made to stay.
pub const SYNCS: &str = "fsync,fdatasync,sync_file_range,syncfs";

const LIMIT: Duration = Duration::from_secs(10);

/// A fault that lasts until it is dropped.
#[derive(Debug)]
pub struct Fault {
    strace: Child,
    told: PathBuf,
}

impl Fault {
    /// From now on these calls of the program to one of these files are answered by `how`, in the words of strace:
    /// `error=EIO`, `delay_enter=200000`. `told` is where it notes them.
    pub fn inject(run: &Run, files: &[&Path], calls: &str, how: &str, told: PathBuf) -> Self {
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-s", "0", "-p", &run.id().to_string()]);
        for file in files {
            command.arg("-P").arg(file);
        }
        command.arg("-e").arg(format!("trace={calls}")).arg("-e").arg(format!("inject={calls}:{how}"));
        command.arg("-o").arg(&told).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let strace = command.spawn().unwrap();
        let fault = Fault { strace, told };
        let threads = || fs::read_dir(format!("/proc/{}/task", run.id())).unwrap().flatten();
        let is_traced = |status: &str| !status.contains("TracerPid:\t0\n");
        wait_until("every thread is under strace", LIMIT, || {
            threads().all(|thread| is_traced(&fs::read_to_string(thread.path().join("status")).unwrap_or_default()))
        });
        fault
    }

    /// How many calls were answered so.
    pub fn count(&self) -> usize {
        let told = fs::read_to_string(&self.told).unwrap_or_default();
        told.lines().filter(|line| line.contains("INJECTED") || line.contains("DELAYED")).count()
    }

    /// Waits until it has bitten.
    #[track_caller]
    pub fn bites(&self) {
        wait_until("a call met the fault", LIMIT, || self.count() > 0);
    }
}

impl Drop for Fault {
    fn drop(&mut self) {
        // It lets its threads go; killed by force it would take them along.
        if let Some(pid) = i32::try_from(self.strace.id()).ok().and_then(Pid::from_raw) {
            kill_process(pid, Signal::TERM).ok();
        }
        self.strace.wait().ok();
    }
}
