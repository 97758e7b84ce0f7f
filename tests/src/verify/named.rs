//! Nothing is lost without a name: the judge of recordings that could not keep everything. What is in the files was
//! sent, once and in order; what was sent and is not there, or was never sent, is a gap that a sidecar names.
//!
//! Knows pictures by what they carry, so each of them has to be another one ([`crate::numbered`]).

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{Judgement, TOLERANCE_MS, beginning, is_media, probe};
use crate::flv::{self, VIDEO};
use crate::origin::{Connection, Sent};

/// Media time that may be missing without a name: less than half a second is no hole that anybody sees, and a gap's
/// length by the clock is not that of the media.
const SLACK_MS: u64 = 500;
/// How far a gap may stand from the place where the media is missing.
const NEAR_MS: u64 = 1_000;
/// Of our streams.
const PICTURE_MS: u64 = 40;

/// One picture that is in a file.
#[derive(Clone, Copy)]
struct Place {
    /// In the order sent.
    number: usize,
    file: usize,
    at_ms: u64,
}

/// What one sidecar tells is missing: of everything, and of the pictures alone.
struct Told {
    gaps: Vec<Value>,
    undecodable: Vec<Value>,
}

/// How a story ended, and at what speed its media came.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Times real time. Where the host measures a gap by the clock, it is so much shorter than the media.
    pub speed: u64,
    /// Media time at the end that may be missing without a name: what was on its way when the story ended.
    pub tail_ms: u64,
    /// Whether a file may begin with what the one before it ends with: what nobody knew to be safe there.
    pub overlap: bool,
}

/// Judges all files of a recording, in order, against everything that its connections carried.
pub fn judge_named(receptions: &[Connection], files: &[PathBuf], program: &Path, terms: Terms) -> Judgement {
    let (sent, sounds) = all_sent(receptions);
    let numbers: HashMap<u64, usize> = sent.iter().enumerate().map(|(number, tag)| (tag.digest, number)).collect();
    let (mut judgement, mut places, mut told) = (Judgement::default(), Vec::new(), Vec::new());
    for (at, file) in files.iter().enumerate() {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        told.push(sidecar(&name, file, &mut judgement));
        let Some(found) = whole(&name, file, program, &mut judgement) else { continue };
        let strange = |tag: &&Sent| {
            is_media(tag) && !(numbers.contains_key(&tag.digest) || tag.kind != VIDEO && sounds.contains(&tag.digest))
        };
        let strangers = found.iter().filter(strange).count();
        judgement.note(strangers == 0, format!("{name}: nothing that was not sent"), || {
            format!("{name}: {strangers} frames that nobody sent")
        });
        let pictures = found.iter().filter(|tag| tag.kind == VIDEO && is_media(tag));
        places.extend(
            pictures.filter_map(|tag| {
                Some(Place { number: *numbers.get(&tag.digest)?, file: at, at_ms: tag.time_ms.into() })
            }),
        );
    }
    let is_wrong = |pair: &&[Place]| {
        let may = terms.overlap && pair[0].file != pair[1].file;
        pair[1].number <= pair[0].number && !may
    };
    let disorder = places.windows(2).find(is_wrong);
    judgement.note(disorder.is_none(), format!("{} pictures, each once, in order", places.len()), || {
        let at_ms = disorder.map_or(0, |pair| sent[pair[1].number].time_ms);
        format!("a picture (sent at {at_ms} ms) is there twice, or behind a later one")
    });
    holes(&sent, &places, &told, terms, &mut judgement);
    judgement
}

/// Pictures in the order sent, each once; and what sound there was.
fn all_sent(receptions: &[Connection]) -> (Vec<Sent>, HashSet<u64>) {
    let (mut seen, mut pictures, mut sounds) = (HashSet::new(), Vec::new(), HashSet::new());
    for tag in receptions.iter().flat_map(|one| &one.tags).filter(|tag| is_media(tag)) {
        if tag.kind != VIDEO {
            sounds.insert(tag.digest);
        } else if seen.insert(tag.digest) {
            pictures.push(*tag);
        }
    }
    (pictures, sounds)
}

/// The file's tags, if it is one that everybody can play.
fn whole(name: &str, file: &Path, program: &Path, judgement: &mut Judgement) -> Option<Vec<Sent>> {
    let read = fs::read(file).map_err(|error| error.to_string()).and_then(|bytes| flv::parse(&bytes));
    let found: Vec<Sent> = match read {
        Ok(tags) => tags.iter().map(Sent::from).collect(),
        Err(why) => {
            judgement.bad.push(format!("{name}: {why}"));
            return None;
        }
    };
    beginning(name, &found, judgement);
    inspect(name, program, file, judgement);
    if crate::ffprobe::is_there() {
        let recorded: Vec<Sent> = found.iter().filter(|tag| is_media(tag)).copied().collect();
        probe(name, file, &recorded, judgement);
    }
    Some(found)
}

/// Our own tool finds no fault but the holes, which are judged apart.
fn inspect(name: &str, program: &Path, file: &Path, judgement: &mut Judgement) {
    let output = Command::new(program).args(["flv", "inspect", "--json"]).arg(file).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let is_hole = |fault: &Value| fault["kind"] == "jump" || fault["kind"] == "tracks_apart";
    let faults = report["faults"].as_array();
    let so = faults.is_some_and(|faults| faults.iter().all(is_hole));
    judgement
        .note(so, format!("{name}: flv inspect finds no fault"), || format!("{name}: flv inspect disagrees: {report}"));
}

/// What it tells is missing.
fn sidecar(name: &str, file: &Path, judgement: &mut Judgement) -> Told {
    let read = fs::read(file.with_extension("json")).unwrap_or_default();
    let sidecar: Value = serde_json::from_slice(&read).unwrap_or_default();
    let bytes = fs::metadata(file).map_or(0, |about| about.len());
    let whole = (sidecar["state"] == "complete" || sidecar["state"] == "recovered") && sidecar["bytes"] == bytes;
    judgement.note(whole, format!("{name}: the sidecar says {} and the right size", sidecar["state"]), || {
        format!("{name}: {bytes} bytes, but the sidecar says {} and {}", sidecar["state"], sidecar["bytes"])
    });
    let mut undecodable = sidecar["repairs"].as_array().cloned().unwrap_or_default();
    undecodable.retain(|repair| repair["kind"] == "before_key_frame");
    Told { gaps: sidecar["gaps"].as_array().cloned().unwrap_or_default(), undecodable }
}

/// Each hole between two pictures, before the first and behind the last is named where it is.
fn holes(sent: &[Sent], places: &[Place], told: &[Told], terms: Terms, judgement: &mut Judgement) {
    let (Some(first), Some(last)) = (places.first(), places.last()) else {
        return judgement.bad.push(String::from("no picture is in any file"));
    };
    let time = |number: usize| u64::from(sent[number].time_ms);
    let before = time(first.number).saturating_sub(time(0));
    judgement
        .note(before <= SLACK_MS, "begins with the first picture", || format!("{before} ms are missing at the begin"));
    for pair in places.windows(2) {
        let [from, to] = [pair[0], pair[1]];
        let until = to.number.saturating_sub(undecodable(told, to)).max(from.number);
        let lost_ms = time(until).saturating_sub(time(from.number)).saturating_sub(TOLERANCE_MS);
        if lost_ms > SLACK_MS {
            let named = named(told, from, Some(to));
            judge_hole(time(from.number), lost_ms, named, terms, judgement);
        }
    }
    let behind = time(sent.len() - 1).saturating_sub(time(last.number));
    if behind > terms.tail_ms.max(SLACK_MS) {
        judge_hole(time(last.number), behind - terms.tail_ms, named(told, *last, None), terms, judgement);
    }
}

fn judge_hole(at_ms: u64, lost_ms: u64, named: Option<u64>, terms: Terms, judgement: &mut Judgement) {
    let so = named.is_some_and(|named| named.saturating_mul(terms.speed).saturating_add(SLACK_MS) >= lost_ms);
    judgement.note(so, format!("{lost_ms} ms behind {at_ms} ms are missing, and named"), || match named {
        None => format!("{lost_ms} ms behind {at_ms} ms are missing without a name"),
        Some(named) => format!("{lost_ms} ms behind {at_ms} ms are missing, and only {named} ms are named"),
    });
}

/// What the gaps at this place come to; one whose length nobody knows comes to everything.
fn named(told: &[Told], from: Place, to: Option<Place>) -> Option<u64> {
    let is_at = |file: usize, gap: &Value| {
        let at_ms = gap["at_ms"].as_u64().unwrap_or(0);
        let near = |place: Place| place.file == file && at_ms.abs_diff(place.at_ms) <= NEAR_MS;
        near(from) || to.is_some_and(near)
    };
    let all = told.iter().enumerate().flat_map(|(file, told)| told.gaps.iter().map(move |gap| (file, gap)));
    let here = all.filter(|(file, gap)| is_at(*file, gap)).map(|(_, gap)| gap["lost_ms"].as_u64().unwrap_or(u64::MAX));
    here.reduce(u64::saturating_add)
}

/// How many pictures right before this one were dropped with a name, which says where the first of them was: the sound
/// goes on behind a hole, and what the gap says is missing is missing of both.
fn undecodable(told: &[Told], to: Place) -> usize {
    let repairs = told.get(to.file).into_iter().flat_map(|told| &told.undecodable);
    let here = |repair: &&Value| {
        let [from, count] = ["last_ms", "count"].map(|key| repair[key].as_u64().unwrap_or_default());
        (from.saturating_sub(NEAR_MS)..=from + count * PICTURE_MS + NEAR_MS).contains(&to.at_ms)
    };
    let count: u64 = repairs.filter(here).filter_map(|repair| repair["count"].as_u64()).sum();
    usize::try_from(count).unwrap_or(usize::MAX)
}
