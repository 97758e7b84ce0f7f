//! Compares what was recorded with what the origin knows that it sent, frame by frame.
//!
//! Three judges: the reader in `flv`, `lyrebird flv inspect`, and FFmpeg's tools where they are there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::flv::{self, AUDIO, SCRIPT, VIDEO};
use crate::origin::{Connection, Role, Sent};

mod expect;
mod named;

pub use expect::{Expected, Hole, expected};
pub use named::{Terms, judge_named};

/// Lengths that differ by less are equal: two frames and a rounding.
const TOLERANCE_MS: u64 = 100;
/// A hole that is shorter leaves no trace that anybody has to name.
const SMALL_HOLE_MS: u64 = 100;

/// What was found, in words.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// What is as it should be.
    pub good: Vec<String>,
    /// What is not.
    pub bad: Vec<String>,
}

impl Judgement {
    /// Fails the test if anything is bad.
    #[track_caller]
    pub fn expect_good(&self) {
        assert!(self.bad.is_empty(), "the files are not what was sent:\n  {}", self.bad.join("\n  "));
    }

    fn note(&mut self, so: bool, good: impl Into<String>, bad: impl FnOnce() -> String) {
        if so { self.good.push(good.into()) } else { self.bad.push(bad()) }
    }
}

/// Judges the files, in the order of the cuts, against everything that the connections carried.
pub fn judge(receptions: &[Connection], files: &[PathBuf], program: Option<&Path>) -> Judgement {
    let expected = expected(receptions);
    let mut judgement = Judgement::default();
    judgement.note(files.len() == expected.len(), format!("{} files, one a configuration", files.len()), || {
        format!("{} files where {} configurations were sent: {files:?}", files.len(), expected.len())
    });
    for (expected, file) in expected.iter().zip(files) {
        judge_file(expected, file, program, &mut judgement);
    }
    judgement
}

fn judge_file(expected: &Expected, file: &Path, program: Option<&Path>, judgement: &mut Judgement) {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => return judgement.bad.push(format!("{name}: {error}")),
    };
    let found: Vec<Sent> = match flv::parse(&bytes) {
        Ok(tags) => tags.iter().map(Sent::from).collect(),
        Err(why) => return judgement.bad.push(format!("{name}: {why}")),
    };
    let expected = &expected.as_begun(&found);
    beginning(&name, &found, judgement);
    for (kind, word) in [(VIDEO, "video"), (AUDIO, "audio")] {
        order(&name, word, &media(&expected.media, kind), &media(&found, kind), judgement);
    }
    let recorded: Vec<Sent> = found.iter().filter(|tag| is_media(tag)).copied().collect();
    clocks(&name, expected, &recorded, judgement);
    let length_ms = length_ms(&recorded);
    sidecar(&name, expected, length_ms, file, judgement);
    if let Some(program) = program {
        inspect(&name, program, file, &found, judgement);
    }
    if crate::ffprobe::is_there() {
        probe(&name, file, &recorded, judgement);
    }
}

/// FLV header, metadata, one header of each track at time 0, and a key frame as the first picture.
pub(crate) fn beginning(name: &str, found: &[Sent], judgement: &mut Judgement) {
    let script_first = found.first().is_some_and(|tag| tag.kind == SCRIPT && tag.time_ms == 0);
    let before: Vec<&Sent> = found.iter().skip(1).take_while(|tag| tag.role == Role::Header).collect();
    let kinds: Vec<u8> = before.iter().map(|tag| tag.kind).collect();
    let at_zero = before.iter().all(|tag| tag.time_ms == 0);
    let key = found.iter().find(|tag| tag.kind == VIDEO && is_media(tag)).is_none_or(|tag| tag.role == Role::Key);
    let early = found.iter().find(|tag| is_media(tag)).is_some_and(|tag| u64::from(tag.time_ms) <= TOLERANCE_MS);
    let so = script_first && kinds == [VIDEO, AUDIO] && at_zero && key && early;
    judgement.note(so, format!("{name}: begins with metadata, both headers and a key frame at 0"), || {
        format!("{name}: a wrong beginning: {:?}", found.get(..6).unwrap_or(found))
    });
}

/// Every frame that was sent is there once, in its track's order, untouched.
fn order(name: &str, word: &str, sent: &[Sent], found: &[Sent], judgement: &mut Judgement) {
    let digests = |tags: &[Sent]| tags.iter().map(|tag| tag.digest).collect::<Vec<_>>();
    let differs = digests(sent).iter().zip(&digests(found)).position(|(sent, found)| sent != found);
    let so = sent.len() == found.len() && differs.is_none();
    judgement.note(so, format!("{name}: all {} {word} frames, in order, untouched", found.len()), || {
        let place = differs.unwrap_or(sent.len().min(found.len()));
        let time = sent.get(place).map_or(0, |tag| tag.time_ms);
        format!(
            "{name}: {} {word} frames where {} were sent, the first difference at frame {place} (sent at {time} ms)",
            found.len(),
            sent.len()
        )
    });
}

/// Both tracks are moved by one offset, which changes at holes alone.
fn clocks(name: &str, expected: &Expected, recorded: &[Sent], judgement: &mut Judgement) {
    let mut worst = 0;
    for kind in [VIDEO, AUDIO] {
        let (sent, found) = (media(&expected.media, kind), media(recorded, kind));
        let mut offsets: Vec<i64> =
            sent.iter().zip(&found).map(|(sent, found)| i64::from(found.time_ms) - i64::from(sent.time_ms)).collect();
        offsets.dedup();
        worst = worst.max(offsets.len());
    }
    let allowed = 1 + expected.holes.len();
    judgement.note(worst <= allowed, format!("{name}: both tracks keep the sender's clock"), || {
        format!("{name}: the distance to the sender's clock changed {} times, at most {allowed} are explained", worst)
    });
    let last = |kind| {
        let (sent, found) = (media(&expected.media, kind), media(recorded, kind));
        sent.last().zip(found.last()).map(|(sent, found)| i64::from(found.time_ms) - i64::from(sent.time_ms))
    };
    if let (Some(video), Some(audio)) = (last(VIDEO), last(AUDIO)) {
        judgement.note(video == audio, format!("{name}: picture and sound end in step"), || {
            format!("{name}: at the end video is {} ms off audio", video - audio)
        });
    }
}

/// The sidecar says complete, knows the size, and names what is missing.
fn sidecar(name: &str, expected: &Expected, length_ms: u64, file: &Path, judgement: &mut Judgement) {
    let path = file.with_extension("json");
    let read = fs::read(&path).map_err(|error| error.to_string());
    let parsed = read.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).map_err(|error| error.to_string()));
    let sidecar = match parsed {
        Ok(sidecar) => sidecar,
        Err(why) => return judgement.bad.push(format!("{name}: no sidecar to read at {}: {why}", path.display())),
    };
    let bytes = fs::metadata(file).map_or(0, |about| about.len());
    let whole = (sidecar["state"] == "complete" || sidecar["state"] == "recovered") && sidecar["bytes"] == bytes;
    judgement.note(whole, format!("{name}: the sidecar says {} and the right size", sidecar["state"]), || {
        format!("{name}: {bytes} bytes, but the sidecar says {} and {}", sidecar["state"], sidecar["bytes"])
    });
    let holes_ms: u64 = expected.holes.iter().map(|hole| hole.lost_ms).sum();
    let gaps = sidecar["gaps"].as_array().cloned().unwrap_or_default();
    // What passed while no program ran lies beside the connections, not between them.
    let between = gaps.iter().filter(|gap| gap["cause"] != "restart");
    let named_ms: u64 = between.filter_map(|gap| gap["lost_ms"].as_u64()).sum();
    judgement.note(
        holes_ms < SMALL_HOLE_MS || named_ms.abs_diff(holes_ms) <= 2 * TOLERANCE_MS,
        format!("{name}: {} gaps named, {named_ms} ms", gaps.len()),
        || format!("{name}: {holes_ms} ms were never sent, the sidecar names {named_ms} ms: {gaps:?}"),
    );
    let span_ms = self::length_ms(&expected.media);
    let closed_up = span_ms.saturating_sub(holes_ms);
    let so = length_ms.abs_diff(span_ms) <= TOLERANCE_MS || length_ms.abs_diff(closed_up) <= TOLERANCE_MS;
    judgement.note(so, format!("{name}: {length_ms} ms long, as sent"), || {
        format!("{name}: {length_ms} ms long, but {span_ms} ms with {holes_ms} ms of holes were sent")
    });
}

/// Our own tool agrees with the reader here.
fn inspect(name: &str, program: &Path, file: &Path, found: &[Sent], judgement: &mut Judgement) {
    let output = match Command::new(program).args(["flv", "inspect", "--json"]).arg(file).output() {
        Ok(output) => output,
        Err(error) => return judgement.bad.push(format!("{name}: cannot start flv inspect: {error}")),
    };
    let Ok(report) = serde_json::from_slice::<Value>(&output.stdout) else {
        let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
        return judgement.bad.push(format!("{name}: flv inspect printed no JSON: {complaints}"));
    };
    let faults = report["faults"].as_array().is_some_and(Vec::is_empty);
    let track = |word: &str| report["tracks"][word]["tags"].as_u64().unwrap_or(0);
    let tags = |kind: u8| found.iter().filter(|tag| tag.kind == kind).count() as u64;
    let counts = [track("video"), track("audio")] == [VIDEO, AUDIO].map(tags);
    let duration_ms = report["duration_ms"].as_u64().unwrap_or(0);
    let so = faults && counts && duration_ms.abs_diff(length_ms(found)) <= TOLERANCE_MS;
    judgement.note(so, format!("{name}: flv inspect finds no fault, {duration_ms} ms"), || {
        format!("{name}: flv inspect disagrees: {report}")
    });
}

/// FFmpeg agrees, and can decode every frame.
fn probe(name: &str, file: &Path, recorded: &[Sent], judgement: &mut Judgement) {
    let probe = match crate::ffprobe::probe(file) {
        Ok(probe) => probe,
        Err(why) => return judgement.bad.push(format!("{name}: {why}")),
    };
    let counts = [VIDEO, AUDIO].map(|kind| media(recorded, kind).len() as u64);
    let so = [probe.video_packets, probe.audio_packets] == counts
        && probe.duration_ms.abs_diff(length_ms(recorded)) <= TOLERANCE_MS;
    judgement.note(so, format!("{name}: ffprobe counts {counts:?} packets, {} ms", probe.duration_ms), || {
        format!("{name}: ffprobe disagrees: {probe:?}, expected {counts:?} and {} ms", length_ms(recorded))
    });
    match crate::ffprobe::decode(file) {
        Ok(()) => judgement.good.push(format!("{name}: FFmpeg decodes every frame")),
        Err(why) => judgement.bad.push(format!("{name}: FFmpeg stumbles: {why}")),
    }
}

fn is_media(tag: &Sent) -> bool {
    matches!(tag.role, Role::Key | Role::Media)
}

fn media(tags: &[Sent], kind: u8) -> Vec<Sent> {
    tags.iter().filter(|tag| tag.kind == kind && is_media(tag)).copied().collect()
}

/// From the first to the last frame.
fn length_ms(tags: &[Sent]) -> u64 {
    let times = tags.iter().filter(|tag| is_media(tag)).map(|tag| u64::from(tag.time_ms));
    times.clone().max().unwrap_or(0) - times.min().unwrap_or(0)
}
