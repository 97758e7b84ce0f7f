//! The status line at a terminal, and what is told when all is done.

use std::time::Duration;

use tokio::task::JoinHandle;

use unicode_width::UnicodeWidthStr;

use super::{output, table};
use crate::app::rooms::Board;
use crate::app::space::{Left, Place};
use crate::disk::Unsynced;
use crate::logging::{status_line, terminal_width};
use crate::monitor::watch::Seen;

/// How often the line is drawn anew.
const PACE: Duration = Duration::from_millis(500);

/// Over how many drawings the speed is taken: four seconds.
const WINDOW: usize = 8;

/// Columns that a room's title keeps: less than this tells nothing.
const TITLE: usize = 12;

/// What stands between two parts of the line.
const BETWEEN: &str = " · ";

/// The line while it is shown.
pub(super) struct Status(Option<JoinHandle<()>>);

impl Status {
    /// Shows the line, where stderr is a terminal.
    pub(super) fn show(board: Board) -> Status {
        let bar = status_line();
        if bar.is_hidden() {
            return Status(None);
        }
        Status(Some(tokio::spawn(async move {
            let mut history: Vec<u64> = Vec::new();
            loop {
                let seen: Vec<Seen> = board.rooms().into_iter().map(|(_, view)| view.seen).collect();
                let total =
                    seen.iter().filter_map(|seen| seen.progress.as_ref()).map(|progress| progress.bytes()).sum();
                history.push(total);
                if history.len() > WINDOW {
                    history.remove(0);
                }
                let short_of = board.want().map(|want| want.of);
                let machine = Machine { left: board.left(), short_of, unsynced: board.unsynced() };
                bar.set_message(line(&seen, speed(&history), &machine, terminal_width()));
                bar.tick();
                tokio::time::sleep(PACE).await;
            }
        })))
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        if let Status(Some(task)) = self {
            task.abort();
            status_line().finish_and_clear();
        }
    }
}

/// Bits a second over the window. A reception that began anew counts from its first byte.
fn speed(history: &[u64]) -> u64 {
    let (Some(first), Some(last)) = (history.first(), history.last()) else { return 0 };
    let steps = u64::try_from(history.len().saturating_sub(1)).unwrap_or(u64::MAX).max(1);
    let millis = u64::try_from(PACE.as_millis()).unwrap_or(u64::MAX).saturating_mul(steps).max(1);
    last.saturating_sub(*first).saturating_mul(8_000) / millis
}

/// The parts of the line by how much they matter: where it is too narrow for all, the last go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Rooms,
    Title,
    DiskLow,
    Short,
    Unsafe,
    Recording,
    Gaps,
    Speed,
    Disk,
    Live,
    NoGaps,
    Bytes,
    Time,
}

/// What is left.
#[derive(Clone, Copy, Debug, Default)]
struct Machine {
    left: Option<Left>,
    short_of: Option<&'static str>,
    unsynced: Unsynced,
}

fn line(rooms: &[Seen], bits: u64, machine: &Machine, columns: usize) -> String {
    let (mut parts, title) = parts(rooms, bits, machine);
    let width = |parts: &[(Part, String)]| {
        let texts: usize = parts.iter().map(|(_, text)| text.width()).sum();
        texts + BETWEEN.width() * parts.len().saturating_sub(1)
    };
    while parts.len() > 1 && width(&parts) > columns {
        let least = parts.iter().map(|(part, _)| *part).max();
        parts.retain(|(part, _)| Some(*part) != least);
    }
    let spare = columns.saturating_sub(width(&parts));
    if let Some((_, text)) = parts.iter_mut().find(|(part, _)| *part == Part::Title) {
        *text = table::fit(title, text.width() + spare);
    }
    let texts: Vec<String> = parts.into_iter().map(|(_, text)| text).collect();
    texts.join(BETWEEN)
}

/// The parts as they stand in a line that is wide enough; a title that is to have what the others leave over.
fn parts<'a>(rooms: &'a [Seen], bits: u64, machine: &Machine) -> (Vec<(Part, String)>, &'a str) {
    let progress = || rooms.iter().filter_map(|seen| seen.progress.as_ref());
    let media_ms: u64 = progress().map(|progress| progress.media_ms()).sum();
    let gaps: u64 = progress().map(|progress| progress.gaps()).sum();
    let written: u64 =
        rooms.iter().map(|seen| seen.bytes).sum::<u64>() + progress().map(|one| one.bytes()).sum::<u64>();
    let (mut parts, mut title) = (Vec::new(), "");
    if let [one] = rooms {
        parts.push((Part::Rooms, one.state.to_owned()));
        title = one.title.as_str();
        if !title.is_empty() {
            parts.push((Part::Title, table::fit(title, TITLE)));
        }
    } else {
        let count = |is: fn(&Seen) -> bool| rooms.iter().filter(|seen| is(seen)).count();
        parts.push((Part::Rooms, format!("{} rooms", rooms.len())));
        parts.push((Part::Live, format!("{} live", count(|seen| seen.since.is_some()))));
        parts.push((Part::Recording, format!("{} recording", count(|seen| seen.state == "recording"))));
    }
    parts.push((Part::Time, clock(media_ms)));
    parts.push((Part::Bytes, bytes(written)));
    parts.push((Part::Speed, rate(bits)));
    parts.push(match gaps {
        0 => (Part::NoGaps, String::from("no gaps")),
        1 => (Part::Gaps, String::from("1 gap")),
        gaps => (Part::Gaps, format!("{gaps} gaps")),
    });
    parts.extend(machine.short_of.map(|of| (Part::Short, format!("nothing new: too little {of}"))));
    parts.extend(unsafe_part(&machine.unsynced).map(|text| (Part::Unsafe, text)));
    parts.extend(machine.left.map(|left| match left.place {
        Place::First => (Part::Disk, format!("{} free", bytes(left.free_bytes))),
        Place::Spare => (Part::Disk, format!("{} free (fallback)", bytes(left.free_bytes))),
        Place::Low => (Part::DiskLow, format!("disk low: {} free", bytes(left.free_bytes))),
    }));
    (parts, title)
}

/// What a disk that fails now would take along, where that is worth a word: when more came than is kept in memory until a
/// sync, or almost.
pub(super) fn unsafe_part(unsynced: &Unsynced) -> Option<String> {
    let Unsynced { kept, most, fell_out } = *unsynced;
    let wide = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    if fell_out > 0 {
        return Some(format!("slow sync: {} were not kept", bytes(fell_out)));
    }
    (most > 0 && kept > most / 4 * 3).then(|| format!("slow sync: {} wait", bytes(wide(kept))))
}

pub(super) fn clock(ms: u64) -> String {
    let seconds = ms / 1_000;
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

pub(super) fn bytes(count: u64) -> String {
    match count {
        0..1_048_576 => format!("{} KiB", count >> 10),
        1_048_576..1_073_741_824 => format!("{} MiB", count >> 20),
        _ => format!("{}.{:02} GiB", count >> 30, ((count >> 20) & 1_023) * 100 / 1_024),
    }
}

fn rate(bits: u64) -> String {
    format!("{}.{} Mbit/s", bits / 1_000_000, bits / 100_000 % 10)
}

/// Prints the files of recorders that died, a line each.
pub(super) fn tell_recovered(files: &[std::path::PathBuf]) {
    for file in files {
        output::line(output::safe(&file.display().to_string()));
    }
}

/// Prints the files that were written, a line each, and says whether there was one.
pub(super) fn tell_files(board: &Board) -> bool {
    let mut wrote = false;
    for (_, view) in board.rooms() {
        let seen = view.seen;
        wrote |= seen.files > 0;
        for file in &seen.last_files {
            output::line(output::safe(&file.display().to_string()));
        }
        let left_out = seen.files.saturating_sub(u64::try_from(seen.last_files.len()).unwrap_or(u64::MAX));
        if left_out > 0 {
            output::line(format!("… and {left_out} before them"));
        }
    }
    wrote
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording() -> Seen {
        let since = Some(std::time::SystemTime::UNIX_EPOCH);
        Seen { state: "recording", title: String::from("a\u{1b}[2J"), bytes: 3 << 20, since, ..Seen::default() }
    }

    fn on(left: Left) -> Machine {
        Machine { left: Some(left), ..Machine::default() }
    }

    #[test]
    fn the_line_counts_what_matters() {
        let dark = Seen { state: "waiting", ..Seen::default() };
        let left = on(Left { free_bytes: 41 << 30, place: Place::First });
        assert_eq!(
            line(&[recording()], 8_123_000, &left, 200),
            "recording · a\\u{1b}[2J · 0:00:00 · 3 MiB · 8.1 Mbit/s · no gaps · 41.00 GiB free"
        );
        assert_eq!(
            line(&[recording(), dark.clone()], 0, &Machine::default(), 200),
            "2 rooms · 1 live · 1 recording · 0:00:00 · 3 MiB · 0.0 Mbit/s · no gaps"
        );
        let low = on(Left { free_bytes: 900 << 20, place: Place::Low });
        assert!(line(std::slice::from_ref(&dark), 0, &low, 200).ends_with("no gaps · disk low: 900 MiB free"));
        let short = Machine { short_of: Some("memory"), ..left };
        let shown = "no gaps · nothing new: too little memory · 41.00 GiB free";
        assert!(line(&[dark], 0, &short, 200).ends_with(shown));
    }

    #[test]
    fn what_matters_least_gives_way_to_a_narrow_terminal() {
        let check = |columns: usize, place: Place, expected: &str| {
            let left = on(Left { free_bytes: 41 << 30, place });
            let rooms = [recording(), Seen { state: "waiting", ..Seen::default() }];
            assert_eq!(line(&rooms, 8_123_000, &left, columns), expected, "{columns}");
        };
        check(80, Place::First, "2 rooms · 1 live · 1 recording · 3 MiB · 8.1 Mbit/s · no gaps · 41.00 GiB free");
        check(69, Place::First, "2 rooms · 1 live · 1 recording · 8.1 Mbit/s · 41.00 GiB free");
        check(40, Place::First, "2 rooms · 1 recording · 8.1 Mbit/s");
        check(40, Place::Low, "2 rooms · disk low: 41.00 GiB free");
        check(3, Place::First, "2 rooms");
    }

    #[test]
    fn a_title_has_what_the_others_leave() {
        let one = Seen { title: String::from("琴鸟的直播间：黎明合唱与无尽的模仿秀"), ..recording() };
        let left = on(Left { free_bytes: 41 << 30, place: Place::First });
        for columns in 24..120 {
            let line = line(std::slice::from_ref(&one), 8_123_000, &left, columns);
            assert!(line.width() <= columns && line.starts_with("recording · 琴鸟"), "{columns}: {line}");
        }
        let line = line(std::slice::from_ref(&one), 8_123_000, &left, 40);
        assert_eq!(line, "recording · 琴鸟的直播间：… · 8.1 Mbit/s");
    }

    #[test]
    fn what_no_sync_has_taken_is_shown_when_it_is_much() {
        let check = |kept: usize, fell_out: u64, expected: Option<&str>| {
            let shown = unsafe_part(&Unsynced { kept: kept << 20, most: 64 << 20, fell_out });
            assert_eq!(shown.as_deref(), expected, "{kept} {fell_out}");
        };
        check(0, 0, None);
        check(48, 0, None);
        check(49, 0, Some("slow sync: 49 MiB wait"));
        check(3, 5 << 20, Some("slow sync: 5 MiB were not kept"));
        assert_eq!(unsafe_part(&Unsynced::default()), None);
        let machine = Machine { unsynced: Unsynced { fell_out: 5 << 20, ..Unsynced::default() }, ..Machine::default() };
        let shown = line(&[recording()], 0, &machine, 200);
        assert!(shown.ends_with("no gaps · slow sync: 5 MiB were not kept"), "{shown}");
    }

    #[test]
    fn speed_is_taken_over_the_window() {
        assert_eq!(speed(&[0, 500_000, 1_000_000]), 8_000_000);
        assert_eq!(speed(&[]), 0);
        assert_eq!(speed(&[5, 0]), 0);
    }
}
