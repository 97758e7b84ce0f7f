//! The machine: its clock, how many files a program may open, what memory is left.

use std::fs::read_to_string;
use std::path::Path;

use rustix::process::{Resource, getrlimit};

use super::{Finding, Weight, amount, finding};
use crate::clock::{Clock, rfc3339};

/// Any clock before this has not been set: 2026-01-01.
const SET_CLOCK: u64 = 1_767_225_600;

/// Open files of a program that records nothing: its runtime, database, plugins, connections of checks.
const FILES: u64 = 128;
/// Those of a recording: the file, its folder, its connection, and what is opened for a moment at a cut.
const FILES_A_ROOM: u64 = 6;
/// Fewer than these, and no recording begins.
const LEAST_FILES: u64 = 64;

/// The program itself, plugins at work, and what of recordings waits for the disk or could be written anew.
const LEAST_MEMORY: u64 = 256 << 20;

/// What leaves a mark where it keeps the clock right, and who that is.
const KEEPERS: [(&str, &str); 7] = [
    ("/run/chrony/chronyd.pid", "chronyd"),
    ("/run/chronyd.pid", "chronyd"),
    ("/run/ntpd.pid", "ntpd"),
    ("/run/ntpsec/ntpd.pid", "ntpd"),
    ("/run/openntpd.pid", "openntpd"),
    ("/run/ntpd.sock", "openntpd"),
    ("/run/ptp4l", "ptp4l"),
];
/// Made by systemd-timesyncd when it has asked a server, and the folder that it is in.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";
const TIMESYNC: &str = "/run/systemd/timesync";

/// Whether it was set, and who keeps it right.
pub(super) fn clock(clock: &Clock) -> Finding {
    let is_there = |path: &str| Path::new(path).exists();
    let keeper = KEEPERS.iter().find(|(path, _)| is_there(path)).map(|(_, name)| *name);
    of_clock(
        &rfc3339(clock.now()),
        clock.unix_seconds(),
        match keeper {
            _ if is_there(SYNCHRONISED) => Kept::Synchronised,
            Some(name) => Kept::By(name),
            None if is_there(TIMESYNC) => Kept::NotYet,
            None => Kept::Unknown,
        },
    )
}

/// Who keeps a clock.
enum Kept {
    Synchronised,
    By(&'static str),
    NotYet,
    Unknown,
}

fn of_clock(now: &str, unix_seconds: u64, kept: Kept) -> Finding {
    const TOPIC: &str = "clock";
    if unix_seconds < SET_CLOCK {
        let hint = "it was never set: names and records will be wrong";
        return finding(TOPIC, Weight::Care, now, Some(hint));
    }
    match kept {
        Kept::Synchronised => finding(TOPIC, Weight::Fine, format!("{now}, synchronised by systemd-timesyncd"), None),
        Kept::By(name) => finding(TOPIC, Weight::Fine, format!("{now}, kept by {name}"), None),
        Kept::NotYet => {
            let hint = "systemd-timesyncd has heard no server: `timedatectl timesync-status`";
            finding(TOPIC, Weight::Care, format!("{now}, not synchronised"), Some(hint))
        }
        Kept::Unknown => {
            let hint = "names and records have its time; lengths and gaps do not depend on it";
            finding(TOPIC, Weight::Note, format!("{now}, kept right by nobody that is known here"), Some(hint))
        }
    }
}

/// Whether so many rooms can be recorded at once.
pub(super) fn open_files(rooms: usize) -> Finding {
    let limit = getrlimit(Resource::Nofile);
    of_limit(limit.current, limit.maximum, u64::try_from(rooms).unwrap_or(u64::MAX))
}

fn of_limit(soft: Option<u64>, hard: Option<u64>, rooms: u64) -> Finding {
    const TOPIC: &str = "open files";
    let Some(soft) = soft else { return finding(TOPIC, Weight::Fine, "no limit", None) };
    let needed = rooms.saturating_mul(FILES_A_ROOM).saturating_add(FILES);
    let text = format!("at most {soft}; {rooms} rooms on air at once need about {needed}");
    if soft >= needed {
        return finding(TOPIC, Weight::Fine, text, None);
    }
    let wanted = needed.max(4_096);
    let hint = match hard {
        Some(hard) if hard < wanted => format!("LimitNOFILE={wanted} in the unit, or raise the hard limit of {hard}"),
        _ => format!("`ulimit -n {wanted}`, or LimitNOFILE={wanted} in the unit"),
    };
    finding(TOPIC, if soft < LEAST_FILES { Weight::Bad } else { Weight::Care }, text, Some(&hint))
}

/// What is left, of the machine's and of what this program's control group may have.
pub(super) fn memory() -> Finding {
    let free = read_to_string("/proc/meminfo").ok().and_then(|text| available(&text));
    of_memory(free, own_group().and_then(|group| left_in(&group)))
}

fn of_memory(free: Option<u64>, of_group: Option<(u64, u64)>) -> Finding {
    const TOPIC: &str = "memory";
    let Some(free) = free else {
        return finding(TOPIC, Weight::Note, "how much is left is not known here", None);
    };
    let (left, text) = match of_group {
        Some((left, limit)) if left < free => {
            (left, format!("{} left of the {} that this program may have", amount(left), amount(limit)))
        }
        _ => (free, format!("{} available", amount(free))),
    };
    match left < LEAST_MEMORY {
        true => finding(TOPIC, Weight::Care, text, Some("the kernel may end the program in the middle of a recording")),
        false => finding(TOPIC, Weight::Fine, text, None),
    }
}

/// `MemAvailable` of proc_meminfo(5).
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    kib.checked_mul(1_024)
}

/// The folder of our control group, as version 2 has it. A container sees its own as the top one.
fn own_group() -> Option<String> {
    let groups = read_to_string("/proc/self/cgroup").ok()?;
    let path = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    Some(format!("/sys/fs/cgroup{path}"))
}

/// What is left of a group's limit, and the limit; none where it has none.
fn left_in(group: &str) -> Option<(u64, u64)> {
    let number = |name: &str| read_to_string(format!("{group}/{name}")).ok()?.trim().parse::<u64>().ok();
    let limit = number("memory.max")?;
    Some((limit.saturating_sub(number("memory.current")?), limit))
}

#[cfg(test)]
mod tests;
