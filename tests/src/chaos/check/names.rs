//! What is missing has a name: each hole in a session's files is a gap in a sidecar, and each gap that is told is a hole.

use serde_json::Value;

use super::{Case, SMALL_HOLE_MS, Verdict, is_media};

/// Milliseconds of one frame of our encoders.
const FRAME_MS: u64 = 40;
/// By how much the place of a gap may be off.
const PLACE_MS: u64 = 400;
/// By how much its length may be off, where one clock told it.
const LENGTH_MS: u64 = 400;
/// The same where the recorder had nothing but its own clock: the next key frame comes a group later.
const OWN_CLOCK_MS: u64 = 2_500;

/// A frame in a file.
#[derive(Clone, Copy)]
struct Found {
    at_ms: u64,
    clock: u32,
    file: usize,
    time_ms: u64,
}

pub(super) fn check(case: &Case<'_>, verdict: &mut Verdict) {
    let found = in_order(case);
    let mut latest: Option<Found> = None;
    for next in found {
        if let Some(last) = latest
            && next.at_ms > last.at_ms + FRAME_MS + SMALL_HOLE_MS
        {
            hole(case, last, next, verdict);
        }
        latest = Some(next);
    }
}

/// What is in files, in the order in which it was on air, each frame once.
fn in_order(case: &Case<'_>) -> Vec<Found> {
    let media = case.past.aired.iter().filter(|aired| is_media(&aired.sent));
    let found = media.filter_map(|aired| {
        let (file, tag) = *case.found.get(&aired.sent.digest)?.first()?;
        let time_ms = u64::from(case.files[file].tags[tag].time_ms);
        Some(Found { at_ms: aired.at_ms, clock: aired.clock, file, time_ms })
    });
    let mut found: Vec<Found> = found.collect();
    found.sort_by_key(|found| found.at_ms);
    found
}

fn hole(case: &Case<'_>, last: Found, next: Found, verdict: &mut Verdict) {
    let hole_ms = next.at_ms - last.at_ms - FRAME_MS;
    if last.file != next.file && case.session(last.file) != case.session(next.file) {
        // What was sent meanwhile is asked for frame by frame; what was not, nobody can have.
        return;
    }
    let place = |file: usize| &case.files[file].sidecar["gaps"];
    let gaps = |file: usize, from: u64, to: u64| {
        let gaps = place(file).as_array().cloned().unwrap_or_default();
        let near = move |gap: &Value| {
            gap["at_ms"].as_u64().is_some_and(|at_ms| at_ms + PLACE_MS >= from && at_ms <= to + PLACE_MS)
        };
        gaps.into_iter().filter(near).collect::<Vec<Value>>()
    };
    let named = match last.file == next.file {
        true => gaps(last.file, last.time_ms, next.time_ms),
        false => [gaps(last.file, last.time_ms, u64::MAX - PLACE_MS), gaps(next.file, 0, next.time_ms)].concat(),
    };
    let name = &case.files[next.file].name;
    let place = format!("{hole_ms} ms on air from {} ms are not in {name} (at {} ms)", last.at_ms, next.time_ms);
    if named.is_empty() {
        verdict.findings.push(format!("{place}, and no gap says so"));
        return;
    }
    let is_known =
        named.iter().all(|gap| gap["lost_ms"].is_u64() && gap["cause"] != "restart" && gap["cause"] != "disk");
    let told_ms: u64 = named.iter().filter_map(|gap| gap["lost_ms"].as_u64()).sum();
    let allowed = if last.clock == next.clock { LENGTH_MS } else { OWN_CLOCK_MS };
    // A clock that is set anew tells what it likes.
    let is_honest = last.clock == next.clock || told_ms < hole_ms;
    if is_known && is_honest && told_ms.abs_diff(hole_ms) > allowed {
        verdict.findings.push(format!("{place}, but its gaps name {told_ms} ms: {named:?}"));
    }
}
