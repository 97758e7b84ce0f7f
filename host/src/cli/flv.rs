//! `flv` at the door: files are read in pieces, however large they are.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use lyrebird_flv::inspect::{Inspector, MetadataValue, Report, TrackReport};
use lyrebird_flv::{Item, text};
use serde_json::{Map, Value, json};

use super::exit::{Exit, Failed};
use super::output;
use crate::config::open_file;
use crate::disk::Pieces;
use progress::Progress;

pub(super) mod fix;
mod progress;
pub(super) mod verify;

/// Faults that are printed; JSON has all that the inspector kept.
const SHOWN_FAULTS: usize = 20;

/// `flv inspect`. A file that cannot be read does not keep the others from being told; the exit code says so.
pub(super) fn inspect(files: &[PathBuf], json: bool, tags: bool, color: crate::logging::Color) -> Result<Exit, Failed> {
    let mut exit = Exit::Done;
    for file in files {
        match look(file, tags) {
            Ok(report) if json => output::json(&document(file, &report))?,
            Ok(_) if tags => {}
            Ok(report) => print(file, &report),
            Err(error) => {
                output::error(format!("{error:#}"), color);
                exit = Exit::Failed;
            }
        }
    }
    Ok(exit)
}

fn look(path: &Path, tags: bool) -> anyhow::Result<Report> {
    let shown = shown(path);
    let (file, total) = open(path)?;
    if total == 0 {
        bail!("`{shown}` is empty");
    }
    let progress = Progress::new("reading", path, total);
    let (mut pieces, mut read) = (Pieces::of(file), 0);
    let mut inspector = Inspector::new();
    loop {
        let piece = pieces.next_piece().with_context(|| format!("cannot read `{shown}`"))?;
        if piece.is_empty() {
            break;
        }
        read += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        progress.at(read);
        inspector.push(piece);
        while let Some(item) = inspector.next().with_context(|| format!("`{shown}`"))? {
            tell(&item, tags);
        }
    }
    while let Some(item) = inspector.finish().with_context(|| format!("`{shown}`"))? {
        tell(&item, tags);
    }
    Ok(inspector.report())
}

/// A file to be read, and its length.
fn open(path: &Path) -> anyhow::Result<(File, u64)> {
    let shown = shown(path);
    if path.is_dir() {
        bail!("`{shown}` is a folder\nhint: name the files in it");
    }
    let file = open_file(path).map_err(|error| {
        let denied = error.kind() == std::io::ErrorKind::PermissionDenied;
        let hint = if denied { "\nhint: its owner can let you read it: `chmod o+r`, or `chown`" } else { "" };
        anyhow!("cannot open `{shown}`: {error}{hint}")
    })?;
    let bytes = file.metadata().with_context(|| format!("cannot look at `{shown}`"))?.len();
    Ok((file, bytes))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// `1:02:03.004`.
fn clock_time(ms: u64) -> String {
    format!("{}:{:02}:{:02}.{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000)
}

fn tell(item: &Item, tags: bool) {
    match item {
        Item::Tag(tag) if tags => output::line(text::line(tag)),
        Item::Note(note) if tags => {
            output::line(format!("# {} at byte {}, {} bytes", note.kind.name(), note.offset, note.bytes));
        }
        _ => {}
    }
}

fn document(file: &Path, report: &Report) -> Value {
    let track = |track: &TrackReport| {
        json!({
            "codec": track.codec, "headers": track.headers, "tags": track.tags, "key_frames": track.key_frames,
            "first_ms": track.first_ms, "last_ms": track.last_ms,
            "width": track.picture.as_ref().map(|picture| picture.width),
            "height": track.picture.as_ref().map(|picture| picture.height),
        })
    };
    let metadata: Map<String, Value> =
        report.metadata.iter().map(|(name, value)| (name.clone(), known(value))).collect();
    let faults: Vec<Value> = report
        .faults
        .iter()
        .map(
            |fault| json!({ "kind": fault.kind, "offset": fault.offset, "at_ms": fault.at_ms, "detail": fault.detail }),
        )
        .collect();
    let counts: Map<String, Value> =
        report.fault_counts.iter().map(|(kind, count)| ((*kind).to_owned(), json!(count))).collect();
    json!({
        "file": file.to_string_lossy(), "bytes": report.bytes, "duration_ms": report.duration_ms, "tags": report.tags,
        "tracks": { "video": report.video.as_ref().map(track), "audio": report.audio.as_ref().map(track) },
        "metadata": metadata, "faults": faults, "fault_counts": counts,
    })
}

fn known(value: &MetadataValue) -> Value {
    match value {
        MetadataValue::Number(number) => json!(number),
        MetadataValue::Text(text) => json!(text),
        MetadataValue::Boolean(truth) => json!(truth),
    }
}

fn print(file: &Path, report: &Report) {
    output::line(output::safe(&file.display().to_string()));
    output::line(format!("  {} bytes, {}, {} tags", report.bytes, clock_time(report.duration_ms), report.tags));
    for (name, track) in [("video", &report.video), ("audio", &report.audio)] {
        let Some(track) = track else { continue };
        let size =
            track.picture.as_ref().map_or(String::new(), |picture| format!(" {}x{}", picture.width, picture.height));
        let keys = if name == "video" { format!(", {} key frames", track.key_frames) } else { String::new() };
        let span = match (track.first_ms, track.last_ms) {
            (Some(first), Some(last)) => format!(", {} to {}", clock_time(first), clock_time(last)),
            _ => String::new(),
        };
        output::line(format!(
            "  {name}  {}{size}, {} headers, {} tags{keys}{span}",
            track.codec, track.headers, track.tags
        ));
    }
    for (kind, count) in &report.fault_counts {
        output::line(format!("  fault  {kind}: {count}"));
    }
    for fault in report.faults.iter().take(SHOWN_FAULTS) {
        let detail = output::safe(&fault.detail);
        output::line(format!("    {} at byte {}, {}: {detail}", fault.kind, fault.offset, clock_time(fault.at_ms)));
    }
    if report.fault_counts.is_empty() {
        output::line("  no faults");
    }
}
