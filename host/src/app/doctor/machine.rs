//! The machine: its clock, how many files a program may open, what memory is left.

use std::path::Path;

use rustix::process::{Resource, getrlimit};

use super::{Finding, Weight, amount, finding};
use crate::clock::{Clock, rfc3339};
use crate::machine::memory::{self, Memory, Whose};

/// Any clock before this has not been set: 2026-01-01.
const SET_CLOCK: u64 = 1_767_225_600;

/// Open files of a program that records nothing: its runtime, database, plugins, connections of checks, and those that
/// are held in reserve.
const FILES: u64 = 192;
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
    of_memory(memory::memory())
}

fn of_memory(memory: Option<Memory>) -> Finding {
    const TOPIC: &str = "memory";
    let Some(Memory { left, limit, whose }) = memory else {
        return finding(TOPIC, Weight::Note, "how much is left is not known here", None);
    };
    let text = match whose {
        Whose::Group => format!("{} left of the {} that this program may have", amount(left), amount(limit)),
        Whose::Machine => format!("{} available", amount(left)),
    };
    match left < LEAST_MEMORY {
        true => finding(TOPIC, Weight::Care, text, Some("with many rooms on air new ones will be refused")),
        false => finding(TOPIC, Weight::Fine, text, None),
    }
}

#[cfg(test)]
mod tests;
