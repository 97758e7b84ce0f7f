//! Rules of the remuxer, one named test a fault.

mod announced;
mod clocks;
mod codecs;
mod ends;
mod first;
mod fixed_point;
mod headers;
mod inband;
mod kept;
mod lost;
mod reconnect;
mod repeats;
mod start;
mod tell;
mod time;
mod vouched;

use bytes::Bytes;
use expect_test::Expect;

use super::{Options, Remuxer, Step};
use crate::cut::{Ask, CutReason};
use crate::reader::Reader;
use crate::text;

/// The steps that follow from a stream, as text. Besides what fixtures understand: `reconnect 5000` (the bytes below
/// come from a new connection, after so many ms), `release` (it is held no longer), `cut` and `cut now`.
fn remux(input: &str, options: Options) -> String {
    steps(input, options).iter().map(|step| told(step) + "\n").collect()
}

fn steps(input: &str, options: Options) -> Vec<Step> {
    let mut reader = Reader::new();
    let mut remuxer = Remuxer::new(options);
    let mut steps = Vec::new();
    let mut part = String::new();
    let mut fresh = true;
    for line in input.lines().map(str::trim).chain(["end"]) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if !matches!(words.as_slice(), ["reconnect", _] | ["release"] | ["cut", ..] | ["end"]) {
            part.push_str(line);
            part.push('\n');
            continue;
        }
        let head = if fresh { "" } else { "nohead\n" };
        fresh = false;
        reader.push(Bytes::from(text::stream(&format!("{head}{part}")).unwrap()));
        part.clear();
        if let ["reconnect", _] | ["end"] = words.as_slice() {
            while let Some(item) = reader.finish().unwrap() {
                remuxer.push(item, &mut steps);
            }
        }
        while let Some(item) = reader.next().unwrap() {
            remuxer.push(item, &mut steps);
        }
        match words.as_slice() {
            ["reconnect", dark_ms] => {
                reader.reconnected();
                remuxer.reconnected(dark_ms.parse().unwrap());
                fresh = true;
            }
            ["release"] => {
                assert!(remuxer.held_of_connection().is_some(), "nothing is held");
                remuxer.release_connection(&mut steps);
                assert_eq!(remuxer.held_of_connection(), None);
            }
            ["cut", "now"] => remuxer.cut_now(CutReason::Asked(Ask::Duration)),
            ["cut"] => remuxer.cut_at_next_key_frame(CutReason::Asked(Ask::Size)),
            _ => remuxer.finish(&mut steps),
        }
    }
    steps
}

fn told(step: &Step) -> String {
    match step {
        Step::Cut(cut) => format!("-- {:?}", cut.why),
        Step::Looping => "-- looping".to_owned(),
        Step::Write(tag) => text::line(tag),
        Step::Note(note) => {
            let gap = note.gap.map_or(String::new(), |(cause, ms)| format!(" gap {} {ms} ms", cause.name()));
            let tags = if note.tags > 0 { format!(" {} tags", note.tags) } else { String::new() };
            format!("-- note {}{tags}{gap}", note.kind.name())
        }
    }
}

fn check(input: &str, expected: Expect) {
    expected.assert_eq(&remux(input, Options::default()));
}
