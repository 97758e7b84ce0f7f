//! Plugins that attack the host: what no compiler would make, written as text (`lyrebird_tests::component`), and deeds of
//! `tests/guests/misbehaving`. Each attack ends in its named error; many of them share one process, so that one that
//! took it along would take all answers along.
//!
//! docs/security.md names the test for every attack.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use lyrebird_tests::component::Guest;
use lyrebird_tests::place::{Place, percent};
use lyrebird_tests::program::{Finished, Run};

mod beside;
mod calls;
mod floods;
pub(crate) mod imports;
mod loads;
mod requests;
mod words;

/// For a process that answers to dozens of attacks on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// What the process may take at most, whatever the plugins do: no one call has more than some dozen MiB.
const MOST_MEMORY: u64 = 512 << 20;

/// A plugins directory with these in it.
fn shelf(place: &Place, guests: &[Guest]) -> PathBuf {
    let shelf = place.root().join("home/plugins");
    fs::create_dir_all(&shelf).unwrap();
    for guest in guests {
        guest.put(&shelf);
    }
    shelf
}

/// A room of the misbehaving picker.
fn deed(deed: &str, options: &[(&str, &str)]) -> String {
    let query: Vec<String> = options.iter().map(|(name, value)| format!("{name}={}", percent(value))).collect();
    format!("https://misbehaving.test/{deed}?{}", query.join("&"))
}

/// Runs a command to its end; it took no more memory than it may.
fn finish(command: Command) -> Finished {
    let mut run = Run::start(command, None);
    let mut peak = 0;
    while run.is_running() {
        peak = peak.max(peak_bytes(run.id()));
        std::thread::sleep(Duration::from_millis(5));
    }
    let finished = run.finish(LIMIT);
    assert!(peak > 0 && peak < MOST_MEMORY, "{} took {peak} bytes", finished.line);
    finished
}

/// The most memory that a process has used; 0 for one that is gone.
fn peak_bytes(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or(0, |line| line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10)
}

/// Nothing in a text that moves a terminal's cursor, turns its writing around, or hides.
#[track_caller]
fn expect_plain(text: &str, place: &str) {
    let wrong = |letter: &char| {
        (letter.is_control() && *letter != '\n')
            || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let at = text.chars().position(|letter| wrong(&letter));
    let around = |at: usize| text.chars().skip(at.saturating_sub(60)).take(90).collect::<String>();
    assert!(at.is_none(), "{place}: …{:?}…", around(at.unwrap_or(0)));
}

/// `check` of these rooms in one process, as JSON; one answer each.
fn ask(place: &Place, shelf: &Path, rooms: &[String]) -> (Finished, Vec<serde_json::Value>) {
    let mut command = place.lyrebird_with(shelf, &["check", "--json"]);
    let config = place.root().join("lyrebird.toml");
    if config.exists() {
        command.arg("-c").arg(config);
    }
    command.args(rooms);
    let finished = finish(command);
    let answers = finished.json_lines();
    assert_eq!(answers.len(), rooms.len(), "an answer for each: {}", finished.stderr);
    (finished, answers)
}
