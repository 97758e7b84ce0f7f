//! Tables for people: rooms and pickers, in columns as wide as what stands in them, as far as the terminal reaches.

use std::time::{Duration, SystemTime};

use unicode_width::UnicodeWidthStr;

use super::status;
use crate::app::rooms::{PickerView, RoomId, RoomView};
use crate::clock::Clock;
use crate::logging::Escaped;

/// Columns of a terminal that a cell takes at most.
const WIDEST: usize = 36;

/// Columns that a cell keeps at a narrow terminal: less than this tells nothing, so the last cells are left out.
const NARROWEST: usize = 9;

/// Columns between two cells.
const BETWEEN: usize = 2;

/// The rooms, with what each does now. `most` is the width of the terminal.
pub(super) fn rooms(rooms: &[(RoomId, RoomView)], most: usize) -> String {
    let now = Clock::system().now();
    let head = ["room", "state", "streamer", "title", "since", "written", "gaps", "candidate", "last check"];
    let rows = rooms.iter().map(|(_, view)| room(view, now));
    grid(&head, rows.collect(), most)
}

fn room(view: &RoomView, now: SystemTime) -> Vec<String> {
    let seen = &view.seen;
    let name = view.name.clone().or_else(|| view.key.as_ref().map(ToString::to_string));
    let progress = seen.progress.as_ref();
    let since = seen.since.and_then(|since| now.duration_since(since).ok());
    let millis = |since: Duration| u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
    let written = seen.bytes + progress.map_or(0, |progress| progress.bytes());
    vec![
        name.unwrap_or_else(|| view.url.clone()),
        seen.state.to_owned(),
        seen.streamer.clone(),
        seen.title.clone(),
        since.map(|since| status::clock(millis(since))).unwrap_or_default(),
        if written == 0 { String::new() } else { status::bytes(written) },
        progress
            .map(|progress| progress.gaps())
            .filter(|gaps| *gaps > 0)
            .map(|gaps| gaps.to_string())
            .unwrap_or_default(),
        seen.candidate.clone(),
        seen.verdict.clone(),
    ]
}

/// The pickers, with how they are asked. `most` is the width of the terminal.
pub(super) fn pickers(pickers: &[PickerView], most: usize) -> String {
    let head = ["picker", "platform", "rooms", "interval", "calls", "requests", "resting"];
    let rows = pickers.iter().map(|view| {
        let desk = &view.desk;
        let resting = desk.resting.as_ref().map(|(_, why)| why.clone());
        vec![
            view.plugin.clone(),
            view.platform.clone(),
            view.rooms.to_string(),
            format!("{} s", desk.interval.as_secs()),
            desk.calls.to_string(),
            desk.requests.to_string(),
            resting.unwrap_or_default(),
        ]
    });
    grid(&head, rows.collect(), most)
}

/// Columns as wide as their widest cell; columns that are empty throughout are left out. No line is wider than `most`:
/// the widest columns give way first, then the last ones.
pub(super) fn grid(head: &[&str], rows: Vec<Vec<String>>, most: usize) -> String {
    if rows.is_empty() {
        return String::from("none");
    }
    let rows: Vec<Vec<String>> =
        rows.into_iter().map(|row| row.iter().map(|cell| fit(cell, WIDEST)).collect()).collect();
    let is_used = |column: &usize| rows.iter().any(|row| row.get(*column).is_some_and(|cell| !cell.is_empty()));
    let used: Vec<usize> = (0..head.len()).filter(is_used).collect();
    let cells = |column: usize| rows.iter().filter_map(move |row| row.get(column)).map(|cell| cell.width());
    let name = |column: usize| head.get(column).copied().unwrap_or_default();
    let natural = used.iter().map(|column| cells(*column).max().unwrap_or(0).max(name(*column).width()));
    let widths = narrowed(natural.collect(), most);
    let line = |cell: &dyn Fn(usize) -> String| {
        let mut line = String::new();
        for (column, width) in used.iter().zip(&widths) {
            let cell = fit(&cell(*column), *width);
            line.push_str(&cell);
            line.extend(std::iter::repeat_n(' ', (width + BETWEEN).saturating_sub(cell.width())));
        }
        line.trim_end().to_owned()
    };
    let mut lines = vec![line(&|column| name(column).to_owned())];
    lines.extend(rows.iter().map(|row| line(&|column| row.get(column).cloned().unwrap_or_default())));
    lines.join("\n")
}

/// The widths of the first columns, so that they fit together.
fn narrowed(mut widths: Vec<usize>, most: usize) -> Vec<usize> {
    let whole = |widths: &[usize]| widths.iter().sum::<usize>() + BETWEEN * widths.len().saturating_sub(1);
    while widths.len() > 1 {
        let least: Vec<usize> = widths.iter().map(|width| (*width).min(NARROWEST)).collect();
        if whole(&least) <= most {
            break;
        }
        widths.pop();
    }
    while whole(&widths) > most {
        match widths.iter_mut().max() {
            Some(widest) if *widest > 1 => *widest -= 1,
            _ => break,
        }
    }
    widths
}

/// A stranger's words, safe and at most so wide.
pub(super) fn fit(cell: &str, most: usize) -> String {
    let safe = Escaped(cell).to_string();
    if safe.width() <= most {
        return safe;
    }
    let mut fitted = String::new();
    for letter in safe.chars() {
        if fitted.width() + letter.to_string().width() > most.saturating_sub(1) {
            break;
        }
        fitted.push(letter);
    }
    fitted + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_stands_in_them() {
        let rows = vec![
            vec![String::from("a"), String::new(), String::from("主播的直播间")],
            vec![String::from("long name"), String::new(), String::from("b\u{1b}[2J")],
        ];
        let table = grid(&["room", "never", "title"], rows, 200);
        assert_eq!(table, "room       title\na          主播的直播间\nlong name  b\\u{1b}[2J");
        assert_eq!(fit(&"x".repeat(50), WIDEST).width(), WIDEST);
        assert_eq!(grid(&["room"], Vec::new(), 80), "none");
    }

    #[test]
    fn a_table_is_never_wider_than_the_terminal() {
        let row = || {
            ["examples:1", "recording", "主播的直播间主播的直播间", "a title that is long"].map(String::from).to_vec()
        };
        for most in 1..100 {
            let table = grid(&["room", "state", "streamer", "title"], vec![row()], most);
            assert!(table.lines().all(|line| line.width() <= most), "{most}:\n{table}");
        }
        let narrow = grid(&["room", "state", "streamer", "title"], vec![row()], 40);
        assert_eq!(narrow, "room        state      streamer\nexamples:1  recording  主播的直播间主播…");
    }
}
