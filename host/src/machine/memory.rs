//! Memory: how much more this program may use before the kernel ends it.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};

#[cfg(test)]
mod tests;

/// Whose memory it is that ends first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The machine's.
    Machine,
    /// Our control group's: a container's, or a service's.
    Group,
}

/// What is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Bytes that may still be used. What the kernel gives back at once, as its copies of files on the disk, counts.
    pub left: u64,
    /// Of so many.
    pub limit: u64,
    /// Whose.
    pub whose: Whose,
}

/// What is left, of the machine's and of what this program's control groups may have; none where nobody tells.
pub fn memory() -> Option<Memory> {
    let machine = read_to_string("/proc/meminfo").ok().and_then(|text| of_machine(&text));
    let groups = read_to_string("/proc/self/cgroup").unwrap_or_default();
    let groups = of_groups(&groups, Path::new("/sys/fs/cgroup"));
    machine.into_iter().chain(groups).min_by_key(|memory| memory.left)
}

/// `MemAvailable` of proc_meminfo(5), and what can be swapped.
fn of_machine(meminfo: &str) -> Option<Memory> {
    let bytes = |name: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1_024)
    };
    let left = bytes("MemAvailable")?.saturating_add(bytes("SwapFree").unwrap_or(0));
    Some(Memory { left, limit: bytes("MemTotal").unwrap_or(left), whose: Whose::Machine })
}

/// The files of a control group, as one of the two versions has them.
struct Names {
    limits: &'static [&'static str],
    used: &'static str,
    /// What the kernel may drop, and what of that it has to write first, in `memory.stat`.
    cached: [&'static str; 2],
    dirty: [&'static str; 2],
}

/// With the groups below it, since those count as well.
const FIRST: Names = Names {
    limits: &["memory.limit_in_bytes"],
    used: "memory.usage_in_bytes",
    cached: ["total_inactive_file", "total_active_file"],
    dirty: ["total_dirty", "total_writeback"],
};

/// Above `memory.high` a program is not ended but slowed down until it is of no use.
const SECOND: Names = Names {
    limits: &["memory.max", "memory.high"],
    used: "memory.current",
    cached: ["inactive_file", "active_file"],
    dirty: ["file_dirty", "file_writeback"],
};

/// Version 1 says so where there is no limit; no machine has as much.
const NO_LIMIT: u64 = 1 << 60;

/// What is left in the one of our groups, and those around them, that has the least. `own` is `/proc/self/cgroup`.
fn of_groups(own: &str, mounted: &Path) -> Option<Memory> {
    let (first, second) = (mounted.join("memory"), mounted.to_owned());
    let groups = own.lines().filter_map(|line| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        match controllers {
            "" => Some((&SECOND, &second, path)),
            _ => controllers.split(',').any(|one| one == "memory").then_some((&FIRST, &first, path)),
        }
    });
    let left = groups.flat_map(|(names, top, path)| around(top, path).into_iter().filter_map(|at| left_in(&at, names)));
    left.min_by_key(|memory| memory.left)
}

/// The folder of a group and those above it. In a container the path may be the one outside, and its own folder the top.
fn around(top: &Path, path: &str) -> Vec<PathBuf> {
    let own = top.join(path.trim_start_matches('/'));
    own.ancestors().take_while(|folder| folder.starts_with(top)).map(Path::to_owned).collect()
}

fn left_in(group: &Path, names: &Names) -> Option<Memory> {
    let read = |name: &str| read_to_string(group.join(name)).ok();
    let number = |name: &str| read(name)?.trim().parse::<u64>().ok();
    let limit = names.limits.iter().filter_map(|name| number(name)).min().filter(|limit| *limit < NO_LIMIT)?;
    let stat = read("memory.stat").unwrap_or_default();
    let of = |wanted: &[&str; 2]| -> u64 {
        let numbers = stat.lines().filter_map(|line| line.split_once(' ')).filter(|(name, _)| wanted.contains(name));
        numbers.filter_map(|(_, number)| number.trim().parse::<u64>().ok()).sum()
    };
    let free = of(&names.cached).saturating_sub(of(&names.dirty));
    let left = limit.saturating_sub(number(names.used)?.saturating_sub(free));
    Some(Memory { left, limit, whose: Whose::Group })
}
