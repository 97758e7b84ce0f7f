//! `flv fix` at the door: where the outputs go, what is told of them, what a signal does.

use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, anyhow};
use serde_json::{Value, json};

use super::super::args::Fix;
use super::super::exit::{Exit, Failed};
use super::super::output;
use super::super::signals::Signals;
use super::progress::Progress;
use super::{clock_time, open, shown};
use crate::config::Split;
use crate::disk::{DiskError, DiskFault, LockFile};
use crate::logging::Color;
use crate::record::mend::{GapNote, Go, MendError, Mended, Order, Output, Tally, Verdict, mend};

/// Gaps that are printed; JSON has all.
const SHOWN_GAPS: usize = 10;

/// Mends each file. A signal stops it, and what is not whole yet goes.
pub(in crate::cli) async fn fix(args: Fix, color: Color) -> Result<Exit, Failed> {
    let mut signals = Signals::new()?;
    let stop = Arc::new(AtomicBool::new(false));
    let heard = Arc::clone(&stop);
    let mut work = tokio::task::spawn_blocking(move || fix_all(&args, &heard, color));
    let mut caught = None;
    loop {
        tokio::select! {
            done = &mut work => {
                let exit = done.map_err(anyhow::Error::new)??;
                return Ok(exit.or(caught.map(Exit::Signal)).unwrap_or(Exit::Done));
            }
            number = signals.next() => {
                if let Some(first) = caught {
                    process::exit(i32::from(Exit::Signal(first).code()));
                }
                caught = Some(number);
                stop.store(true, Ordering::Relaxed);
            }
        }
    }
}

/// The first code that is not 0; none where all went well, or somebody stopped it.
fn fix_all(args: &Fix, stop: &AtomicBool, color: Color) -> anyhow::Result<Option<Exit>> {
    let mut exit = None;
    for file in &args.files {
        let done = one(args, file, stop, color);
        let code = match &done {
            Ok(mended) if args.json => {
                output::json(&document(file, mended))?;
                code(mended)
            }
            Ok(mended) => {
                print(file, mended);
                code(mended)
            }
            Err(Trouble::Stopped) => return Ok(None),
            Err(Trouble::Unrepairable(error)) => {
                if args.json {
                    output::json(&unrepairable(file))?;
                }
                output::error(format!("{error:#}"), color);
                Some(Exit::Failed)
            }
            Err(Trouble::Other(exit, error)) => {
                output::error(format!("{error:#}"), color);
                Some(*exit)
            }
        };
        exit = exit.or(code);
    }
    Ok(exit)
}

fn code(mended: &Mended) -> Option<Exit> {
    (mended.tally.verdict() == Verdict::Lossy).then_some(Exit::Lossy)
}

/// Why a file has no output.
enum Trouble {
    Stopped,
    Unrepairable(anyhow::Error),
    Other(Exit, anyhow::Error),
}

fn one(args: &Fix, path: &Path, stop: &AtomicBool, color: Color) -> Result<Mended, Trouble> {
    if stop.load(Ordering::Relaxed) {
        return Err(Trouble::Stopped);
    }
    let (file, total) = open(path).map_err(|error| Trouble::Other(Exit::Failed, error))?;
    if total == 0 {
        return Err(Trouble::Unrepairable(anyhow!("`{}` is empty", shown(path))));
    }
    if is_part(path) && !LockFile::is_free(path) {
        output::note(format!("`{}` is still being written: what has come so far is taken", shown(path)), color);
    }
    let order = order(args, path).map_err(|error| Trouble::Other(Exit::Usage, error))?;
    let progress = Progress::new("fixing", path, total);
    let mended = mend(file, order, &mut |read| {
        progress.at(read);
        if stop.load(Ordering::Relaxed) { Go::Stop } else { Go::On }
    });
    drop(progress);
    mended.map_err(|error| trouble(path, error))
}

fn is_part(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "part")
}

/// The name without the `.part` of a file that is not finished.
pub(super) fn whole_name(path: &Path) -> PathBuf {
    if is_part(path) { path.with_extension("") } else { path.to_owned() }
}

/// Where the outputs of a file go.
fn order(args: &Fix, path: &Path) -> anyhow::Result<Order> {
    let stem = whole_name(path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let stem = stem.with_context(|| format!("`{}` has no name", shown(path)))?;
    let (folder, stem) = match &args.output {
        Some(folder) => (folder.clone(), stem),
        None => (path.parent().map(Path::to_path_buf).unwrap_or_default(), format!("{stem}.fixed")),
    };
    let split = Split { size: args.split_size, duration: args.split_duration, title: false };
    Ok(Order { folder, stem, repeats: args.repeats.into(), split })
}

fn trouble(path: &Path, error: MendError) -> Trouble {
    let told = |error: MendError, hint: &str| {
        let error = anyhow::Error::new(error).context(format!("cannot mend `{}`", shown(path)));
        anyhow!("{error:#}{hint}")
    };
    match error {
        MendError::Stopped => Trouble::Stopped,
        MendError::Fault(_) => Trouble::Unrepairable(told(error, "")),
        MendError::NoMedia => Trouble::Unrepairable(told(
            error,
            "\nhint: `lyrebird flv inspect` tells what is in it; without sequence headers and a key frame nothing plays",
        )),
        MendError::Read(_) => Trouble::Other(Exit::Failed, told(error, "")),
        MendError::Disk(ref refused) => {
            let exit = if refused.fault == DiskFault::Exists { Exit::Usage } else { Exit::Disk };
            let hint = hint(refused);
            Trouble::Other(exit, told(error, hint))
        }
    }
}

fn hint(refused: &DiskError) -> &'static str {
    match refused.fault {
        DiskFault::Exists => {
            "\nhint: name another folder with `-o DIR`, or move that file away; a `.part` that nobody writes any more may be removed"
        }
        DiskFault::Full | DiskFault::Quota | DiskFault::Inodes => {
            "\nhint: nothing was left behind; make room, or name a folder on another volume with `-o DIR`"
        }
        DiskFault::Denied | DiskFault::ReadOnly => "\nhint: name a folder that may be written to with `-o DIR`",
        _ => "",
    }
}

fn document(file: &Path, mended: &Mended) -> Value {
    let Mended { outputs, tally } = mended;
    let outputs: Vec<Value> = outputs
        .iter()
        .map(|output| {
            json!({
                "file": output.file.to_string_lossy(), "bytes": output.bytes, "duration_ms": output.duration_ms,
                "tags": output.tags, "why": output.why,
            })
        })
        .collect();
    json!({
        "input": file.to_string_lossy(), "outputs": outputs, "repairs": repairs(tally), "gaps": gaps(tally),
        "unlisted_gaps": tally.unlisted_gaps, "lost_tags": tally.lost_tags, "lost_bytes": tally.lost_bytes,
        "verdict": tally.verdict().word(),
    })
}

/// What a file is told as that holds nothing that could be mended.
fn unrepairable(file: &Path) -> Value {
    json!({
        "input": file.to_string_lossy(), "outputs": [], "repairs": [], "gaps": [], "unlisted_gaps": 0,
        "lost_tags": 0, "lost_bytes": 0, "verdict": "unrepairable",
    })
}

/// The repairs for JSON.
pub(super) fn repairs(tally: &Tally) -> Vec<Value> {
    tally.repairs.iter().map(|(kind, count)| json!({ "kind": kind, "count": count })).collect()
}

/// The gaps for JSON.
pub(super) fn gaps(tally: &Tally) -> Vec<Value> {
    let one = |gap: &GapNote| {
        json!({
            "cause": gap.cause, "at_ms": gap.at_ms, "lost_ms": gap.lost_ms, "offset": gap.offset,
            "output": gap.output,
        })
    };
    tally.gaps.iter().map(one).collect()
}

fn print(file: &Path, mended: &Mended) {
    let Mended { outputs, tally } = mended;
    let verdict = match tally.verdict() {
        Verdict::Clean => "clean: nothing had to be mended",
        Verdict::Repaired => "repaired: nothing was lost",
        Verdict::Lossy => "lossy: some of it could not be saved",
    };
    output::line(format!("{}  {verdict}", output::safe(&shown(file))));
    print_tally(tally);
    if tally.lost_tags > 0 {
        output::line(format!("  lost    at least {} tags, {} bytes", tally.lost_tags, tally.lost_bytes));
    }
    for Output { file, bytes, duration_ms, tags, why } in outputs {
        let why = if *why == "start" { String::new() } else { format!(", {}", why.replace('_', " ")) };
        let (file, length) = (output::safe(&file.to_string_lossy()), clock_time(*duration_ms));
        output::line(format!("  output  {file}  {length}, {bytes} bytes, {tags} tags{why}"));
    }
}

/// Repairs and gaps, a line each.
pub(super) fn print_tally(tally: &Tally) {
    for (kind, count) in &tally.repairs {
        output::line(format!("  mended  {}: {count}", kind.replace('_', " ")));
    }
    for gap in tally.gaps.iter().take(SHOWN_GAPS) {
        output::line(format!(
            "  gap     {} are missing at {}: {}",
            clock_time(gap.lost_ms),
            clock_time(gap.at_ms),
            gap.cause
        ));
    }
    let more = tally.gaps.len().saturating_sub(SHOWN_GAPS);
    if more > 0 {
        output::line(format!("  gap     and {more} more"));
    }
}
