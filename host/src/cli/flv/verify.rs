//! `flv verify` at the door: finds the sidecar, prints what was found.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use serde_json::{Value, json};

use super::super::args::Verify;
use super::super::exit::{Exit, Failed};
use super::super::output;
use super::fix::{gaps, print_tally, repairs, whole_name};
use super::progress::Progress;
use super::{clock_time, open, shown};
use crate::config::open_file;
use crate::disk::LockFile;
use crate::logging::Color;
use crate::record::mend::Go;
use crate::record::sidecar::Sidecar;
use crate::record::verify::{Difference, Findings, State, VerifyError, Where, verify as judge};

/// Sidecars of ours are some kilobytes.
const SIDECAR_BYTES: u64 = 4 << 20;

/// Judges each file.
pub(in crate::cli) fn verify(args: &Verify, color: Color) -> Result<Exit, Failed> {
    let mut exit = Exit::Done;
    for file in &args.files {
        let is_whole = match one(args, file) {
            Ok(Found::Growing) => {
                if args.json {
                    output::json(&bare(file, "growing"))?;
                }
                let shown = shown(file);
                output::error(
                    format!("`{shown}` is still being written\nhint: it can be judged when it has lost its `.part`"),
                    color,
                );
                false
            }
            Ok(Found::Judged(findings, sidecar)) => {
                if args.json {
                    output::json(&document(file, &findings, sidecar.as_deref()))?;
                } else {
                    print(file, &findings, sidecar.as_deref());
                }
                findings.is_whole()
            }
            Err(Trouble::NotMedia(error)) => {
                if args.json {
                    output::json(&bare(file, "unrepairable"))?;
                }
                output::error(format!("{error:#}"), color);
                false
            }
            Err(Trouble::Unread(error)) => {
                output::error(format!("{error:#}"), color);
                false
            }
        };
        if !is_whole {
            exit = Exit::Failed;
        }
    }
    Ok(exit)
}

enum Found {
    /// A recorder holds its lock.
    Growing,
    /// With the sidecar beside it, where there is one of ours.
    Judged(Box<Findings>, Option<PathBuf>),
}

enum Trouble {
    NotMedia(anyhow::Error),
    Unread(anyhow::Error),
}

fn one(args: &Verify, path: &Path) -> Result<Found, Trouble> {
    let (file, total) = open(path).map_err(Trouble::Unread)?;
    if path.extension().is_some_and(|extension| extension == "part") && !LockFile::is_free(path) {
        return Ok(Found::Growing);
    }
    if total == 0 {
        return Err(Trouble::NotMedia(anyhow!("`{}` is empty", shown(path))));
    }
    let (sidecar, noted) = noted_hash(path).unzip();
    let noted = noted.flatten();
    let progress = Progress::new("verifying", path, total);
    let judged = judge(file, args.repeats.into(), noted.as_deref(), &mut |read| {
        progress.at(read);
        Go::On
    });
    drop(progress);
    let told = |error: VerifyError| anyhow::Error::new(error).context(format!("cannot verify `{}`", shown(path)));
    match judged {
        Ok(findings) => Ok(Found::Judged(Box::new(findings), sidecar)),
        Err(error @ (VerifyError::Fault(_) | VerifyError::NoMedia)) => Err(Trouble::NotMedia(told(error))),
        Err(error @ (VerifyError::Read(_) | VerifyError::Stopped)) => Err(Trouble::Unread(told(error))),
    }
}

/// The sidecar beside the file, where there is one of ours, and the hash in it, if it has one.
fn noted_hash(path: &Path) -> Option<(PathBuf, Option<String>)> {
    let sidecar = whole_name(path).with_extension("json");
    let mut content = Vec::new();
    open_file(&sidecar).ok()?.take(SIDECAR_BYTES).read_to_end(&mut content).ok()?;
    Some((sidecar, Sidecar::from_json(&content)?.blake3))
}

fn word<F>(state: &State<F>) -> &'static str {
    match state {
        State::Right => "right",
        State::Wrong(_) => "wrong",
        State::Absent => "absent",
    }
}

fn document(file: &Path, findings: &Findings, sidecar: Option<&Path>) -> Value {
    let Findings { bytes, duration_ms, difference, tally, index, entries, metadata, hash } = findings;
    let difference = difference
        .as_ref()
        .map(|Difference { offset, at, at_ms }| json!({ "offset": offset, "where": at.word(), "at_ms": at_ms }));
    let index_faults: Vec<Value> = match index {
        State::Wrong(faults) => faults.iter().map(|it| json!({ "entry": it.entry, "detail": it.why })).collect(),
        _ => Vec::new(),
    };
    let metadata_faults: Vec<Value> = match metadata {
        State::Wrong(faults) => {
            faults.iter().map(|it| json!({ "field": it.field, "is": it.is, "should": it.should })).collect()
        }
        _ => Vec::new(),
    };
    let found = if let State::Wrong(found) = hash { Some(found) } else { None };
    json!({
        "file": file.to_string_lossy(), "bytes": bytes, "duration_ms": duration_ms,
        "verdict": if findings.is_whole() { "whole" } else { "faulty" },
        "fixed_point": difference.is_none(), "difference": difference,
        "repairs": repairs(tally), "gaps": gaps(tally),
        "index": { "state": word(index), "entries": entries, "faults": index_faults },
        "metadata": { "state": word(metadata), "faults": metadata_faults },
        "hash": { "state": word(hash), "sidecar": sidecar.map(Path::to_string_lossy), "found": found },
    })
}

/// What cannot be judged, and why not.
fn bare(file: &Path, verdict: &str) -> Value {
    json!({
        "file": file.to_string_lossy(), "bytes": null, "duration_ms": null, "verdict": verdict, "fixed_point": null,
        "difference": null, "repairs": [], "gaps": [], "index": null, "metadata": null, "hash": null,
    })
}

fn print(file: &Path, findings: &Findings, sidecar: Option<&Path>) {
    let verdict = if findings.is_whole() { "whole" } else { "faulty" };
    output::line(format!("{}  {verdict}", output::safe(&shown(file))));
    output::line(format!("  {} bytes, {}", findings.bytes, clock_time(findings.duration_ms)));
    match &findings.difference {
        None => output::line("  layout    as it would be written"),
        Some(difference) => output::line(format!("  layout    {}", told(difference))),
    }
    print_tally(&findings.tally);
    match &findings.metadata {
        State::Right => output::line("  metadata  right"),
        State::Absent => output::line("  metadata  there is none"),
        State::Wrong(faults) => {
            for fault in faults {
                let is = fault.is.as_deref().unwrap_or("nothing");
                let should = fault.should.as_deref().map(|should| format!(", it should say {should}"));
                let should = should.unwrap_or_default();
                output::line(format!("  metadata  wrong: {} says {}{should}", fault.field, output::safe(is)));
            }
        }
    }
    match &findings.index {
        State::Right => output::line(format!("  index     right, {} entries", findings.entries)),
        State::Absent => output::line("  index     there is none"),
        State::Wrong(faults) => {
            for fault in faults {
                let entry = fault.entry.map(|entry| format!("entry {entry} ")).unwrap_or_default();
                output::line(format!("  index     wrong: {entry}{}", fault.why));
            }
        }
    }
    let named = sidecar.map(|sidecar| output::safe(&shown(sidecar))).unwrap_or_default();
    match &findings.hash {
        State::Right => output::line(format!("  hash      as in {named}")),
        State::Absent if sidecar.is_some() => output::line(format!("  hash      no hash in {named}")),
        State::Absent => output::line("  hash      no hash: there is no sidecar"),
        State::Wrong(_) => output::line(format!("  hash      wrong: not the bytes that {named} tells of")),
    }
}

fn told(difference: &Difference) -> String {
    let Difference { offset, at, at_ms } = difference;
    let time = at_ms.map(|at_ms| format!(" ({})", clock_time(at_ms))).unwrap_or_default();
    match at {
        Where::Head => format!("differs from byte {offset} on, in the header or the metadata"),
        Where::Tag => format!("differs from byte {offset} on{time}: the tag would be written otherwise, or not at all"),
        Where::Cut => format!("differs from byte {offset} on: another file would begin there"),
        Where::End => format!("bytes from {offset} on would not be written"),
    }
}
