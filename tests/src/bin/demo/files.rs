//! What was recorded, compared with what was sent, frame by frame.

use std::fs;
use std::path::{Path, PathBuf};

use lyrebird_tests::ffprobe;
use lyrebird_tests::flv::{self, AUDIO, VIDEO};
use lyrebird_tests::origin::{Connection, Role, Sent};
use lyrebird_tests::program;
use lyrebird_tests::verify::{Judgement, expected, judge};
use serde_json::Value;

use crate::scenes::{FIRST, Room, SECOND, Story};
use crate::stage::{Stage, number};
use crate::table;
use crate::teller::Teller;

/// The most media that a kill may cost: what was in the batch and in the sockets.
const MOST_LOST_MS: u64 = 1_000;
/// The sender's clock and ours agree so far about how long nobody recorded.
const TOLERANCE_MS: u64 = 600;

/// What the kill cost a room.
#[derive(Debug)]
struct Killed {
    /// Sent, and not in the file.
    frames: usize,
    /// Their media time.
    lost_ms: u64,
    /// From the last frame of one file to the first one of the next, by the sender's clock.
    gap_ms: u64,
}

/// Judges all files of all rooms, and shows them.
pub(crate) fn verify(stage: &Stage, story: &Story, teller: &mut Teller) {
    println!("\nEvery frame that the platform sent is now looked for in the files: there once, in order, untouched,");
    println!(
        "sound in step, length as sent, what is missing named in the sidecar, no fault in `lyrebird flv inspect`;"
    );
    if ffprobe::is_there() {
        println!("ffprobe counts the same frames and the same length, and FFmpeg decodes all of them.\n");
    } else {
        println!("(no ffprobe here, so FFmpeg was not asked for its opinion).\n");
    }
    let (mut rows, mut rooms, mut bad) = (Vec::new(), Vec::new(), Vec::new());
    for (room, before) in [FIRST, SECOND].into_iter().zip(story.before_kill) {
        let files = stage.segments(room);
        let mut receptions = stage.platform.receptions(room.id);
        let later = receptions.split_off(before.min(receptions.len()));
        let (earlier_files, later_files) = files.split_at(expected(&receptions).len().min(files.len()));
        let killed = cut_off(&mut receptions, &later, earlier_files.last());
        for (receptions, files) in [(&receptions, earlier_files), (&later, later_files)] {
            let judgement = judge(receptions, files, Some(&program::binary()));
            teller.count(judgement.good.len(), judgement.bad.len());
            rows.extend(files.iter().map(|file| row(room, file, &judgement)));
            bad.extend(judgement.bad);
        }
        rooms.push((room, files, killed));
    }
    table::show(["streamer", "file", "picture", "length", "video + audio", "missing", "sidecar", "checks"], &rows);
    println!();
    bad.iter().for_each(|line| println!("  FAILED  {line}"));
    for (room, files, killed) in rooms {
        over_the_kill(room, &files, killed, teller);
    }
}

/// What was sent in the last moments before the kill cannot be in the file: it is taken out of what has to be there.
fn cut_off(earlier: &mut [Connection], later: &[Connection], file: Option<&PathBuf>) -> Option<Killed> {
    let found = sent_in(file?);
    let last = expected(earlier).pop()?.as_begun(&found).media;
    let kept = found.iter().filter(|tag| is_frame(tag)).count();
    let frames = last.len().saturating_sub(kept);
    let last_kept = last.get(kept.checked_sub(1)?)?.time_ms;
    let first_later = later.first()?.tags.iter().find(|tag| tag.role == Role::Key)?.time_ms;
    let tags = &mut earlier.last_mut()?.tags;
    for _ in 0..frames {
        tags.truncate(tags.iter().rposition(is_frame)?);
    }
    Some(Killed {
        frames,
        lost_ms: u64::from(last.last()?.time_ms.saturating_sub(last_kept)),
        gap_ms: u64::from(first_later.saturating_sub(last_kept)),
    })
}

fn row(room: Room, file: &Path, judgement: &Judgement) -> [String; 8] {
    let about = format!("{}: ", file.file_name().unwrap_or_default().to_string_lossy());
    let of_file = |lines: &[String]| lines.iter().filter(|line| line.starts_with(&about)).count();
    let (good, bad) = (of_file(&judgement.good), of_file(&judgement.bad));
    let found = sent_in(file);
    let frames = |kind| found.iter().filter(|tag| tag.kind == kind && is_frame(tag)).count();
    let size = ffprobe::probe(file).ok().and_then(|probe| probe.size);
    let sidecar = sidecar_of(file);
    let length_ms = sidecar.get("last_ms").and_then(Value::as_u64).unwrap_or(0);
    let short = if number(file) == 1 { String::from("….flv") } else { format!("…_{}.flv", number(file)) };
    [
        room.streamer.to_owned(),
        short,
        size.map_or_else(|| String::from("?"), |(width, height)| format!("{width}x{height}")),
        format!("{:4.1} s", seconds(length_ms)),
        format!("{:4} + {:4}", frames(VIDEO), frames(AUDIO)),
        missing(&sidecar),
        sidecar.get("state").and_then(Value::as_str).unwrap_or("?").to_owned(),
        if bad == 0 { format!("{good} ok") } else { format!("{bad} FAILED") },
    ]
}

/// One session over the kill, and what it cost is named.
fn over_the_kill(room: Room, files: &[PathBuf], killed: Option<Killed>, teller: &mut Teller) {
    let sidecars: Vec<Value> = files.iter().map(|file| sidecar_of(file)).collect();
    let mut sessions: Vec<&Value> = sidecars.iter().filter_map(|sidecar| sidecar.get("session")).collect();
    sessions.dedup();
    let what = format!("{}: its {} files belong to one session, before and after the kill", room.streamer, files.len());
    teller.check(matches!(sessions.as_slice(), [Value::String(_)]), what, || format!("{sessions:?}"));
    let Some(killed) = killed else {
        teller.check(false, format!("{}: files before and after the kill", room.streamer), || format!("{files:?}"));
        return;
    };
    let what = format!(
        "{}: the kill cost the {} frames ({:.1} s) that were on their way to the disk, no more",
        room.streamer,
        killed.frames,
        seconds(killed.lost_ms)
    );
    teller.check(killed.lost_ms <= MOST_LOST_MS, what, || format!("at most {MOST_LOST_MS} ms were expected"));
    let gap = sidecars.last().and_then(|sidecar| sidecar.pointer("/gaps/0"));
    let gap = gap.filter(|gap| gap.get("cause").is_some_and(|cause| cause == "restart"));
    let named_ms = gap.and_then(|gap| gap.get("lost_ms").and_then(Value::as_u64));
    let what = format!("{}: the {:.1} s in which nobody recorded are named", room.streamer, seconds(killed.gap_ms));
    teller.check(named_ms.is_some_and(|ms| ms.abs_diff(killed.gap_ms) <= TOLERANCE_MS), what, || {
        format!("{:?} ms in the sidecar, {} ms by the sender's clock", named_ms, killed.gap_ms)
    });
}

/// The sidecar beside a file; null where there is none to read.
fn sidecar_of(file: &Path) -> Value {
    let bytes = fs::read(file.with_extension("json")).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

/// The gaps of a sidecar in few words.
fn missing(sidecar: &Value) -> String {
    let gaps = sidecar.get("gaps").and_then(Value::as_array).cloned().unwrap_or_default();
    let words = gaps.iter().map(|gap| {
        let cause = gap.get("cause").and_then(Value::as_str).unwrap_or("?");
        gap["lost_ms"]
            .as_u64()
            .map_or_else(|| format!("{cause} at its end"), |ms| format!("{cause} {:.1} s", seconds(ms)))
    });
    words.collect::<Vec<_>>().join(", ")
}

fn sent_in(file: &Path) -> Vec<Sent> {
    let tags = fs::read(file).map_err(|error| error.to_string()).and_then(|bytes| flv::parse(&bytes));
    tags.unwrap_or_default().iter().map(Sent::from).collect()
}

fn is_frame(tag: &Sent) -> bool {
    matches!(tag.role, Role::Key | Role::Media)
}

fn seconds(ms: u64) -> f64 {
    std::time::Duration::from_millis(ms).as_secs_f64()
}
