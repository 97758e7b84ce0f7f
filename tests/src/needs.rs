//! What a row of the fault matrix takes of the machine beside a process and an origin: rights, tools, kernel. Where
//! that is missing its tests are skipped, and one line says which rows nobody has looked at.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use rustix::process::geteuid;

/// Something that not every machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Volumes in memory.
    Mounts,
    /// Volumes in a file, with ext4.
    Images,
    /// The same with XFS, and the means to cut its power.
    Xfs,
    /// Another process's system calls can be made to fail.
    Injection,
    /// A network of its own, with a cable that can be pulled.
    Networks,
    /// Packets can be lost.
    Loss,
    /// A resolver of its own, on the port that resolvers have.
    Resolver,
    /// The clock of the day can be turned.
    Compiler,
    /// A running process's limits can be changed.
    Limits,
    /// A group of processes with a limit of memory.
    MemoryGroups,
}

/// What the rows take that take something.
const ROWS: &[(u32, &[Need])] = &[
    (2, &[Need::Images, Need::Xfs]),
    (5, &[Need::Mounts]),
    (6, &[Need::Mounts]),
    (7, &[Need::Mounts]),
    (8, &[Need::Injection]),
    (9, &[Need::Injection]),
    (10, &[Need::Images]),
    (11, &[Need::Images]),
    (13, &[Need::Images]),
    (14, &[Need::Injection]),
    (15, &[Need::Limits]),
    (22, &[Need::Networks]),
    (23, &[Need::Networks, Need::Loss]),
    (24, &[Need::Resolver]),
    (44, &[Need::MemoryGroups]),
    (45, &[Need::Compiler]),
    (46, &[Need::Compiler]),
    (48, &[Need::Mounts]),
    (49, &[Need::Mounts]),
    (56, &[Need::Mounts]),
];

/// Whether volumes in memory can be mounted here.
pub fn can_mount() -> bool {
    Need::Mounts.is_met()
}

impl Need {
    /// What to do where it is missing.
    fn words(self) -> &'static str {
        match self {
            Need::Mounts => "root, who may mount",
            Need::Images => "root, loop devices, e2fsprogs and util-linux",
            Need::Xfs => "xfsprogs and a kernel with XFS",
            Need::Injection => "root and strace",
            Need::Networks => "root and iproute2",
            Need::Loss => "nftables",
            Need::Resolver => "root and util-linux",
            Need::Compiler => "a C compiler",
            Need::Limits => "util-linux's prlimit",
            Need::MemoryGroups => "root and cgroup v1 with memory",
        }
    }

    fn is_met(self) -> bool {
        let mounts = || geteuid().is_root() && runs("unshare", &["-m", "true"]);
        match self {
            Need::Mounts => mounts(),
            Need::Images => {
                let tools = runs("mkfs.ext4", &["-V"]) && runs("fsfreeze", &["--version"]);
                mounts() && Path::new("/dev/loop-control").exists() && tools
            }
            Need::Xfs => runs("mkfs.xfs", &["-V"]) && runs("xfs_io", &["-V"]) && knows_xfs(),
            Need::Injection => geteuid().is_root() && runs("strace", &["-qq", "-o", "/dev/null", "true"]),
            Need::Networks => {
                geteuid().is_root() && runs("unshare", &["-n", "true"]) && runs("ip", &["-V"]) && runs("tc", &["-V"])
            }
            Need::Loss => runs("nft", &["--version"]),
            // Whoever else listens there needs his port.
            Need::Resolver => mounts() && std::net::UdpSocket::bind(("127.53.0.1", 53)).is_ok(),
            Need::Compiler => runs("cc", &["--version"]),
            Need::Limits => runs("prlimit", &["--version"]),
            Need::MemoryGroups => {
                geteuid().is_root() && Path::new("/sys/fs/cgroup/memory/memory.limit_in_bytes").exists()
            }
        }
    }
}

/// Whether this machine has what the row takes; else its tests have nothing to do.
pub fn row(number: u32) -> bool {
    let (_, needs) =
        ROWS.iter().find(|(row, _)| *row == number).unwrap_or_else(|| panic!("row {number} takes nothing"));
    needs.iter().all(|need| has(*need))
}

/// Whether this machine has it.
pub fn has(need: Need) -> bool {
    !missing().contains(&need)
}

/// Looked for once; what is missing is told once, whichever tests run.
fn missing() -> &'static [Need] {
    static MISSING: OnceLock<Vec<Need>> = OnceLock::new();
    MISSING.get_or_init(|| {
        let mut wanted: Vec<Need> = Vec::new();
        for need in ROWS.iter().flat_map(|(_, needs)| needs.iter()) {
            if !wanted.contains(need) {
                wanted.push(*need);
            }
        }
        wanted.retain(|need| !need.is_met());
        if !wanted.is_empty() {
            // Not by the macro: what that prints is kept back when the test passes.
            writeln!(std::io::stderr(), "\n{}", summary(&wanted)).ok();
        }
        wanted
    })
}

fn summary(missing: &[Need]) -> String {
    let mut rows = Vec::new();
    for (number, needs) in ROWS {
        let lacks: Vec<&str> = needs.iter().filter(|need| missing.contains(need)).map(|need| need.words()).collect();
        if !lacks.is_empty() {
            rows.push(format!("{number} ({})", lacks.join(", ")));
        }
    }
    format!("skipped: {} rows of the fault matrix, for want of: {}", rows.len(), rows.join("; "))
}

fn knows_xfs() -> bool {
    let known = std::fs::read_to_string("/proc/filesystems").unwrap_or_default();
    known.lines().any(|line| line.trim() == "xfs") || runs("modprobe", &["xfs"])
}

fn runs(program: &str, words: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
