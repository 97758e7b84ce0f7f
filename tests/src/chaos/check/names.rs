//! What is missing has a name: each hole in a session's files is a gap in a sidecar, and each gap that is told is a hole.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::Value;

use super::{Case, ON_ITS_WAY, SMALL_HOLE_MS, Verdict, is_media};

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
    place: usize,
    at_ms: u64,
    clock: u32,
    file: usize,
    tag: usize,
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
    let media = case.past.aired.iter().enumerate().filter(|(_, aired)| is_media(&aired.sent));
    let found = media.filter_map(|(place, aired)| {
        let (file, tag) = *case.found.get(&aired.sent.digest)?.first()?;
        let time_ms = u64::from(case.files[file].tags[tag].time_ms);
        Some(Found { place, at_ms: aired.at_ms, clock: aired.clock, file, tag, time_ms })
    });
    let mut found: Vec<Found> = found.collect();
    found.sort_by_key(|found| found.at_ms);
    found
}

fn hole(case: &Case<'_>, last: Found, next: Found, verdict: &mut Verdict) {
    // What was sent between two sessions is asked for frame by frame; what was not, nobody can have.
    let is_parted = last.file != next.file && case.session(last.file) != case.session(next.file);
    if is_parted || is_rewound(case, last, next) {
        return;
    }
    let hole_ms = next.at_ms - last.at_ms - FRAME_MS;
    let media_ms = on_air(case, last, next);
    if media_ms < SMALL_HOLE_MS {
        // The room was dark.
        return;
    }
    let named = match last.file == next.file {
        true => gaps(case, last.file, last.time_ms, next.time_ms),
        false => {
            let mut named = gaps(case, last.file, last.time_ms, u64::MAX - PLACE_MS);
            // A file between them holds what came late, or what is nowhere on air.
            between(case, last, next).for_each(|file| named.extend(gaps(case, file, 0, u64::MAX - PLACE_MS)));
            named.extend(gaps(case, next.file, 0, next.time_ms));
            named
        }
    };
    let name = &case.files[next.file].name;
    let place = format!("{hole_ms} ms on air from {} ms are not in {name} (at {} ms)", last.at_ms, next.time_ms);
    if named.is_empty() {
        verdict.findings.push(format!("{place}, and no gap says so"));
        return;
    }
    let is_known =
        named.iter().all(|gap| gap["lost_ms"].is_u64() && gap["cause"] != "restart" && gap["cause"] != "disk");
    let told: Vec<u64> = named.iter().filter_map(|gap| gap["lost_ms"].as_u64()).collect();
    // Another gap may lie nearby.
    let mut told = told.iter().copied().chain([told.iter().sum()]);
    let is_one_clock = last.clock == next.clock && last.file == next.file;
    let allowed = if is_one_clock { LENGTH_MS } else { OWN_CLOCK_MS + frozen(case, last, next) };
    let mut fits = |told_ms: u64| told_ms + allowed >= media_ms && (!is_one_clock || told_ms <= hole_ms + allowed);
    // Behind a new clock nobody knows how late it was what came before.
    if is_known && last.clock == next.clock && !told.any(&mut fits) {
        verdict.findings.push(format!("{place}, but its gaps say otherwise: {named:?}"));
    }
}

/// Whether something older stands between two frames: then the gap there tells of that.
fn is_rewound(case: &Case<'_>, last: Found, next: Found) -> bool {
    let within = |file: usize, mut tags: RangeInclusive<usize>| tags.any(|tag| case.rewound.contains(&(file, tag)));
    match last.file == next.file {
        true => within(last.file, last.tag.min(next.tag)..=last.tag.max(next.tag)),
        false => {
            within(last.file, last.tag..=case.files[last.file].tags.len())
                || between(case, last, next).any(|file| within(file, 0..=case.files[file].tags.len()))
                || within(next.file, 0..=next.tag)
        }
    }
}

/// The session's files that were begun between two frames'.
fn between<'a>(case: &'a Case<'_>, last: Found, next: Found) -> impl Iterator<Item = usize> + 'a {
    (last.file + 1..next.file).filter(move |file| case.session(*file) == case.session(next.file))
}

/// How much media was on air between two frames.
fn on_air(case: &Case<'_>, last: Found, next: Found) -> u64 {
    let between = &case.past.aired[last.place.min(next.place)..=last.place.max(next.place)];
    let times: Vec<u64> = between.iter().filter(|aired| is_media(&aired.sent)).map(|aired| aired.at_ms).collect();
    let steps = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
    steps.filter(|step| *step <= 2 * FRAME_MS).sum::<u64>().saturating_sub(FRAME_MS)
}

/// How long the recorder did not run between two frames: its own clock tells it nothing of what came meanwhile.
fn frozen(case: &Case<'_>, last: Found, next: Found) -> u64 {
    let [from, until] = [last, next].map(|found| Duration::from_millis(found.at_ms));
    let near = case.fate.frozen.iter().filter(|span| span.0 <= until && from <= span.1 + ON_ITS_WAY);
    near.map(|span| u64::try_from((span.1 - span.0).as_millis()).unwrap()).sum()
}

/// The gaps that a file's sidecar names between two times, or near them.
fn gaps(case: &Case<'_>, file: usize, from_ms: u64, to_ms: u64) -> Vec<Value> {
    let gaps = case.files[file].sidecar["gaps"].as_array().map_or(&[][..], Vec::as_slice);
    let is_near = |gap: &&Value| {
        gap["at_ms"].as_u64().is_some_and(|at_ms| at_ms + PLACE_MS >= from_ms && at_ms <= to_ms + PLACE_MS)
    };
    gaps.iter().filter(is_near).cloned().collect()
}
