//! Tables for people: rooms and pickers, in columns as wide as what stands in them.

use std::time::{Duration, SystemTime};

use unicode_width::UnicodeWidthStr;

use super::status;
use crate::app::rooms::{PickerView, RoomId, RoomView};
use crate::clock::Clock;
use crate::logging::Escaped;

/// Columns of a terminal that a cell takes at most.
const WIDEST: usize = 36;

/// The rooms, with what each does now.
pub(super) fn rooms(rooms: &[(RoomId, RoomView)]) -> String {
    let now = Clock::system().now();
    let head = ["room", "state", "streamer", "title", "since", "written", "gaps", "candidate", "last check"];
    let rows = rooms.iter().map(|(_, view)| room(view, now));
    grid(&head, rows.collect())
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

/// The pickers, with how they are asked.
pub(super) fn pickers(pickers: &[PickerView]) -> String {
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
    grid(&head, rows.collect())
}

/// Columns as wide as their widest cell; columns that are empty throughout are left out.
pub(super) fn grid(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let rows: Vec<Vec<String>> = rows.into_iter().map(|row| row.iter().map(|cell| fit(cell)).collect()).collect();
    let widths: Vec<usize> = (0..head.len())
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0))
        .collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut line = String::new();
        for ((cell, width), name) in cells.zip(&widths).zip(head) {
            if *width > 0 {
                let width = (*width).max(name.width());
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', (width + 2).saturating_sub(cell.width())));
            }
        }
        line.trim_end().to_owned()
    };
    let mut lines = vec![line(&mut head.iter().copied())];
    lines.extend(rows.iter().map(|row| line(&mut row.iter().map(String::as_str))));
    match rows.is_empty() {
        true => String::from("none"),
        false => lines.join("\n"),
    }
}

/// A stranger's words, safe and at most so wide.
fn fit(cell: &str) -> String {
    let safe = Escaped(cell).to_string();
    if safe.width() <= WIDEST {
        return safe;
    }
    let mut fitted = String::new();
    for letter in safe.chars() {
        if fitted.width() + letter.to_string().width() > WIDEST - 1 {
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
        let table = grid(&["room", "never", "title"], rows);
        assert_eq!(table, "room       title\na          主播的直播间\nlong name  b\\u{1b}[2J");
        assert_eq!(fit(&"x".repeat(50)).width(), WIDEST);
        assert_eq!(grid(&["room"], Vec::new()), "none");
    }
}
