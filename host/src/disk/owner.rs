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
        Some(!matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH)))
    }
}
