//! The status line at a terminal, and what is told when all is done.

use std::time::Duration;

use tokio::task::JoinHandle;

use super::output;
use crate::app::rooms::Board;
use crate::logging::{Escaped, status_line};
use crate::monitor::watch::Seen;

/// How often the line is drawn anew.
const PACE: Duration = Duration::from_millis(500);

/// Over how many drawings the speed is taken: four seconds.
const WINDOW: usize = 8;

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
                bar.set_message(line(&seen, speed(&history)));
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

fn line(rooms: &[Seen], bits: u64) -> String {
    let recording = rooms.iter().filter(|seen| seen.state == "recording").count();
    let progress = || rooms.iter().filter_map(|seen| seen.progress.as_ref());
    let media_ms: u64 = progress().map(|progress| progress.media_ms()).sum();
    let gaps: u64 = progress().map(|progress| progress.gaps()).sum();
    let written: u64 =
        rooms.iter().map(|seen| seen.bytes).sum::<u64>() + progress().map(|one| one.bytes()).sum::<u64>();
    let rooms_words = match rooms {
        [one] if !one.title.is_empty() => format!("{} · {}", one.state, Escaped(&one.title)),
        [one] => one.state.to_owned(),
        many => format!("{} rooms · {recording} recording", many.len()),
    };
    let gaps = if gaps == 0 { String::from("no gaps") } else { format!("{gaps} gaps") };
    format!("{rooms_words} · {} · {} · {} · {gaps}", clock(media_ms), bytes(written), rate(bits))
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

    #[test]
    fn the_line_counts_what_matters() {
        let one = Seen { state: "recording", title: String::from("a\u{1b}[2J"), bytes: 3 << 20, ..Seen::default() };
        let dark = Seen { state: "waiting", ..Seen::default() };
        assert_eq!(
            line(std::slice::from_ref(&one), 8_123_000),
            "recording · a\\u{1b}[2J · 0:00:00 · 3 MiB · 8.1 Mbit/s · no gaps"
        );
        assert_eq!(line(&[one, dark], 0), "2 rooms · 1 recording · 0:00:00 · 3 MiB · 0.0 Mbit/s · no gaps");
    }

    #[test]
    fn speed_is_taken_over_the_window() {
        assert_eq!(speed(&[0, 500_000, 1_000_000]), 8_000_000);
        assert_eq!(speed(&[]), 0);
        assert_eq!(speed(&[5, 0]), 0);
    }
}
