//! Who writes a file: named in its sidecar, so that another process can tell whether the writer still lives.

use serde::{Deserialize, Serialize};

/// A process on a machine since its last start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The machine's name.
    pub host: String,
    /// The kernel's id of this boot; empty where it tells none.
    pub boot: String,
    /// The process.
    pub pid: u32,
    /// When it began, as the kernel counts since the boot: in a container every start has the same number. None where
    /// the kernel does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<u64>,
}

impl Owner {
    /// This process.
    pub fn me() -> Self {
        // Read from the kernel's memory, so this blocks no runtime thread.
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Owner {
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            boot: boot.trim().to_owned(),
            pid: std::process::id(),
            began: began(std::process::id()),
        }
    }

    /// Whether the process lives; none where it cannot be known, on another machine.
    pub fn is_alive(&self) -> Option<bool> {
        let me = Owner::me();
        if self.host != me.host {
            return None;
        }
        if self.boot != me.boot {
            return Some(false);
        }
        let pid = i32::try_from(self.pid).ok().and_then(rustix::process::Pid::from_raw)?;
        // Not permitted to signal it: it is there, and another user's.
        let is_there = !matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH));
        let is_another = self.began.zip(began(self.pid)).is_some_and(|(then, now)| then != now);
        Some(is_there && !is_another)
    }
}

/// When the process of this number began, in the kernel's ticks since the boot.
fn began(pid: u32) -> Option<u64> {
    /// Its place in the line, behind the name, which may hold anything.
    const PLACE: usize = 19;
    let line = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, behind_name) = line.rsplit_once(") ")?;
    behind_name.split(' ').nth(PLACE)?.parse().ok()
}
