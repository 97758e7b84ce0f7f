//! A volume whose k-th call fails, once or from then on: each frame is in one file, or a gap is named.

use std::collections::HashMap;
use std::path::Path;

use rustix::io::Errno;

use super::*;
use crate::disk::tests::Calls;
use crate::record::Level;

/// The frames of a file: content and time.
fn frames(file: &[u8]) -> Vec<(Vec<u8>, u32)> {
    let (mut found, mut at) = (Vec::new(), 13);
    while let Some([kind, a, b, c, d, e, f, high]) = file.get(at..at + 8) {
        let size = usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).unwrap();
        let Some(payload) = file.get(at + 11..at + 11 + size) else { break };
        if matches!(kind, 8 | 9) && payload.get(1) == Some(&1) {
            found.push((payload.to_vec(), u32::from_be_bytes([*high, *d, *e, *f])));
        }
        at += 11 + size + 4;
    }
    found
}

/// Every frame of a file by its content: how often it is there.
fn count(file: &[u8], found: &mut HashMap<Vec<u8>, u32>) {
    frames(file).into_iter().for_each(|(frame, _)| *found.entry(frame).or_default() += 1);
}

/// The files below it that hold media, whole or not, and how often each frame is in them.
fn media(below: &Path) -> (Vec<std::path::PathBuf>, HashMap<Vec<u8>, u32>) {
    let (mut paths, mut found) = (Vec::new(), HashMap::new());
    files(below, &mut paths);
    paths.retain(|path| !path.extension().is_some_and(|end| end == "json" || end == "tmp"));
    paths.iter().for_each(|path| count(&std::fs::read(path).unwrap(), &mut found));
    (paths, found)
}

/// The causes of all gaps in sidecars below a folder.
fn gaps(below: &Path) -> Vec<String> {
    let mut paths = Vec::new();
    files(below, &mut paths);
    paths.retain(|path| path.extension().is_some_and(|end| end == "json"));
    let sidecars = paths.iter().map(|path| std::fs::read(path).unwrap());
    let sidecars = sidecars.map(|json| serde_json::from_slice::<serde_json::Value>(&json).unwrap());
    let causes = |sidecar: serde_json::Value| -> Vec<String> {
        let gaps = sidecar["gaps"].as_array().unwrap().iter();
        gaps.map(|gap| gap["cause"].as_str().unwrap().to_owned()).collect()
    };
    sidecars.flat_map(causes).collect()
}

fn files(below: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// What came of a stream of ten seconds in small pieces.
struct Came {
    calls: u64,
    frames: usize,
    twice: usize,
    parts: usize,
    is_named: bool,
    tree: String,
}

const SECONDS: u32 = 5;
const FRAMES: usize = 5 * 35;

async fn record(calls: Calls, has_spare: bool) -> Came {
    let mut script = vec![ok("video/x-flv"), flv(&seconds(0, 1))];
    for second in 1..SECONDS {
        script.extend([Act::Pause(100), Act::Send(fixture::tags(&seconds(second, second + 1)))]);
    }
    // The second connection finds a stream that is over.
    let mut scene = Scene::new(vec![script]).await;
    scene.hands.disk = Disk::failing(Duration::from_millis(40), calls.clone());
    if has_spare {
        scene.plan.roots.push(scene.temp.0.join("spare"));
    }
    let mut recording = scene.recording();
    scene.receive(&mut recording).await;
    let summary = recording.close("ended").await;
    let (paths, found) = media(&scene.temp.0);
    Came {
        calls: calls.made(),
        frames: found.len(),
        twice: found.values().filter(|count| **count > 1).count(),
        parts: paths.iter().filter(|path| path.extension().is_some_and(|end| end == "part")).count(),
        is_named: !summary.gaps.is_empty(),
        tree: scene.temp.tree(),
    }
}

/// For every k behind the first file's making, until no call is left: nothing lost without a name, nothing twice in
/// finished files. Where no file can begin at all there is none to name a gap in; the room is told, and asked again.
async fn check(fault: Errno, forever: bool, has_spare: bool) {
    for number in 1..200 {
        let to = if forever { u64::MAX } else { number + 1 };
        let came = record(Calls::failing(number..to, fault), has_spare).await;
        let what = format!(
            "{fault:?} from call {number} of {}, forever: {forever}, spare: {has_spare}\n{}",
            came.calls, came.tree
        );
        let is_whole = came.frames == FRAMES;
        assert!(is_whole || came.is_named, "{} of {FRAMES} frames, no gap named: {what}", came.frames);
        // What nobody could finish is salvaged by the next start.
        assert!(came.twice == 0 || came.parts > 0, "{} frames twice: {what}", came.twice);
        if !forever {
            assert!(is_whole, "{} of {FRAMES} frames: one call that fails costs nothing: {what}", came.frames);
        }
        if came.calls <= number {
            return;
        }
    }
    panic!("there is no end of calls");
}

#[tokio::test]
async fn a_device_that_fails_once() {
    check(Errno::IO, false, false).await;
}

#[tokio::test]
async fn a_device_that_fails_once_beside_a_spare_one() {
    check(Errno::IO, false, true).await;
}

#[tokio::test]
async fn a_device_that_fails_for_ever() {
    check(Errno::IO, true, false).await;
    check(Errno::ROFS, true, true).await;
}

/// A volume that makes files and takes nothing, or nothing for a while. Where that is over at the next call nothing is
/// lost; else what was written before stays, and the rest is named. A full one without another beside it is not tried again:
/// what the connection would have brought nobody knows.
#[tokio::test]
async fn a_volume_that_makes_files_and_takes_no_bytes() {
    tokio::join!(
        takes_no_bytes(Errno::IO, false),
        takes_no_bytes(Errno::NOSPC, true),
        takes_no_bytes(Errno::TIMEDOUT, true),
        takes_no_bytes(Errno::FBIG, false),
    );
}

async fn takes_no_bytes(fault: Errno, has_spare: bool) {
    for number in 0..20 {
        for lasts in [1, 2, u64::MAX] {
            let came = record(Calls::failing_writes(number..number.saturating_add(lasts), fault), has_spare).await;
            let (calls, tree) = (came.calls, &came.tree);
            let what = format!("{fault:?} from write {number} of {calls}, {lasts} times, spare: {has_spare}\n{tree}");
            let is_whole = came.frames == FRAMES;
            assert!(is_whole || came.is_named, "{} of {FRAMES} frames, no gap named: {what}", came.frames);
            assert!(came.twice == 0 || came.parts > 0, "{} frames twice: {what}", came.twice);
            assert!(lasts > 1 || is_whole, "{} of {FRAMES} frames: one call costs nothing: {what}", came.frames);
            if calls <= number {
                return;
            }
        }
    }
    panic!("there is no end of writes");
}

/// The last bytes of a recording find a volume that takes nothing any more. What it had taken before stays, though it was
/// to be written again elsewhere, and what is missing is named in the file's sidecar.
#[tokio::test]
async fn the_end_that_no_volume_takes_is_named_in_the_file() {
    for number in 1..4 {
        let mut script = vec![ok("video/x-flv"), flv(&seconds(0, 1))];
        for second in 1..SECONDS {
            script.extend([Act::Pause(300), Act::Send(fixture::tags(&seconds(second, second + 1)))]);
        }
        let mut scene = Scene::new(vec![script]).await;
        let calls = Calls::failing_writes(number..u64::MAX, Errno::IO);
        scene.hands.disk = Disk::failing(Duration::from_secs(60), calls);
        let mut recording = scene.recording();
        scene.receive(&mut recording).await;
        let summary = recording.close("ended").await;
        let [closed] = &summary.segments[..] else { panic!("{number}: {summary:?}\n{}", scene.temp.tree()) };
        let kept = frames(&std::fs::read(&closed.file).unwrap()).len();
        assert!(kept > 30 && kept < FRAMES, "{number}: {kept} frames");
        let sidecar = std::fs::read(closed.file.with_extension("json")).unwrap();
        let gaps = sidecar::Sidecar::from_json(&sidecar).unwrap().gaps;
        assert!(gaps.iter().any(|gap| gap.cause == "disk" && gap.lost_ms > Some(0)), "{number}: {gaps:?}");
    }
}

/// What is between the last frame before a full disk and the first one behind it is named between just these two: in
/// the file that ends with the one, or in that which begins with the other.
#[tokio::test]
async fn what_a_full_disk_takes_is_named_where_it_is_missing() {
    let sent: HashMap<Vec<u8>, u32> = frames(&whole(&seconds(0, 8))).into_iter().collect();
    for number in 4.. {
        let mut script = vec![ok("video/x-flv"), flv(&seconds(0, 1))];
        for second in 1..4 {
            script.extend([Act::Pause(150), Act::Send(fixture::tags(&seconds(second, second + 1)))]);
        }
        script.push(Act::Pause(300));
        let behind = vec![ok("video/x-flv"), flv(&seconds(6, 8)), Act::Pause(100)];
        let mut scene = Scene::new(vec![script, behind]).await;
        let calls = Calls::failing(number..u64::MAX, Errno::NOSPC);
        scene.hands.disk = Disk::failing(Duration::from_millis(400), calls.clone());
        let mut recording = scene.recording();
        let is_full = matches!(scene.receive(&mut recording).await.reason, EndReason::DiskFull(_));
        calls.mend();
        if !is_full {
            return assert!(number > 5, "no call failed");
        }
        scene.receive(&mut recording).await;
        recording.close("ended").await;
        let mut paths = Vec::new();
        files(&scene.temp.0, &mut paths);
        let (mut before, mut behind) = (None::<(u32, u64, Vec<sidecar::Gap>)>, None);
        for path in paths.iter().filter(|path| path.extension().is_some_and(|end| end == "flv")) {
            let times = frames(&std::fs::read(path).unwrap()).into_iter().map(|(frame, _)| sent[&frame]);
            let times: Vec<u32> = times.collect();
            let (first, last) = (times[0], times[times.len() - 1]);
            let sidecar = std::fs::read(path.with_extension("json")).unwrap();
            let gaps = sidecar::Sidecar::from_json(&sidecar).unwrap().gaps;
            if first >= 6_000 {
                behind = Some(gaps);
            } else if before.as_ref().is_none_or(|(latest, ..)| *latest < last) {
                before = Some((last, u64::from(last - first), gaps));
            }
        }
        let at_end = before.as_ref().is_some_and(|(_, lasts_ms, gaps)| gaps.iter().any(|gap| gap.at_ms >= *lasts_ms));
        let at_start = behind.iter().flatten().any(|gap| gap.at_ms == 0 && gap.cause == "disk");
        let tree = scene.temp.tree();
        assert!(at_end || at_start, "from call {number}: before {before:?}, behind {behind:?}\n{tree}");
    }
}

/// The end of a file that finds no volume is kept in memory, from the last key frame on. What of it the full volume had
/// taken stays there until it is elsewhere: there may never be room again, and a kill takes all memory.
#[tokio::test]
async fn what_a_full_disk_had_taken_stays_where_it_is() {
    let second = seconds(1, 2);
    let lines: Vec<&str> = second.lines().collect();
    let (begun, rest) = lines.split_at(18);
    let mut most = 0;
    // On a busy machine the second group may come in a batch of its own.
    for number in [2, 3, 4, 2, 3, 4] {
        let script = vec![
            ok("video/x-flv"),
            flv(&format!("{}{}\n", seconds(0, 1), begun.join("\n"))),
            Act::Pause(300),
            Act::Send(fixture::tags(&format!("{}\n", rest.join("\n")))),
            Act::Pause(300),
        ];
        let mut scene = Scene::new(vec![script]).await;
        let calls = Calls::failing(number..u64::MAX, Errno::NOSPC);
        scene.hands.disk = Disk::failing(Duration::from_secs(60), calls.clone());
        let mut recording = scene.recording();
        if !matches!(scene.receive(&mut recording).await.reason, EndReason::DiskFull(_)) {
            continue;
        }
        let part = scene.temp.0.join("Ann/show.flv.part");
        let taken = std::fs::read(part).map(|file| frames(&file).len()).unwrap_or_default();
        most = most.max(taken);
        calls.mend();
        let root = scene.temp.0.clone();
        scene.hands.gates.set(&root, Level::Shut, String::from("full"));
        let summary = recording.close("stopped").await;
        let finished = summary.segments.first().map(|closed| frames(&std::fs::read(&closed.file).unwrap()).len());
        assert_eq!(finished.unwrap_or_default(), taken, "from call {number}: {}", scene.temp.tree());
        assert!(summary.gaps.iter().any(|gap| gap.cause == "disk"), "from call {number}: {:?}", summary.gaps);
    }
    assert!(most > 40, "the second group's begin was never written: {most}");
}

/// No room is left just where a new file is due: the end of the old one, which could not be written any more, has a file
/// as soon as one can be made, not only when the recording is over.
#[tokio::test]
async fn the_end_of_a_file_that_was_cut_has_its_place_before_the_next_file() {
    let mut was_short = false;
    for number in 2.. {
        let cut = format!("{}V 2000 header 1080p\n{}", seconds(1, 2), seconds(2, 3));
        let first = vec![
            ok("video/x-flv"),
            flv(&seconds(0, 1)),
            Act::Pause(300),
            Act::Send(fixture::tags(&cut)),
            Act::Pause(100),
        ];
        let other = fixture::whole(&format!("V 0 header 1080p\nA 0 header\n{}", seconds(6, 8)));
        let behind = vec![ok("video/x-flv"), Act::Send(other), Act::Pause(600)];
        let mut scene = Scene::new(vec![first, behind]).await;
        let calls = Calls::failing(number..u64::MAX, Errno::NOSPC);
        scene.hands.disk = Disk::failing(Duration::from_secs(60), calls.clone());
        let mut recording = scene.recording();
        if !matches!(scene.receive(&mut recording).await.reason, EndReason::DiskFull(_)) {
            break;
        }
        calls.mend();
        scene.receive(&mut recording).await;
        // It is killed.
        drop(recording);
        let (paths, found) = media(&scene.temp.0);
        let lost = |from, to| {
            let sent = frames(&whole(&seconds(from, to)));
            sent.iter().filter(|(frame, _)| !found.contains_key(frame)).count()
        };
        assert_eq!(lost(0, 1), 0, "from call {number}: {}", scene.temp.tree());
        // A fault that is heard of in the pause ends the reception there.
        let is_read = lost(1, 2) == 0;
        let is_named = gaps(&scene.temp.0).iter().any(|cause| cause == "disk");
        assert!(is_read || lost(1, 2) == 35 && is_named, "from call {number}: {}", scene.temp.tree());
        was_short |= is_read && paths.len() > 2;
    }
    assert!(was_short, "the end was never in a file of its own");
}

/// When the end of a file has got a file of its own, the first one is finished at once, not when the recording closes a
/// file again: a kill meanwhile would leave the same media in both.
#[tokio::test]
async fn a_file_whose_end_is_elsewhere_is_finished_at_once() {
    let mut first = vec![ok("video/x-flv"), flv(&seconds(0, 1))];
    for second in 1..3 {
        first.extend([Act::Pause(150), Act::Send(fixture::tags(&seconds(second, second + 1)))]);
    }
    first.push(Act::Pause(300));
    let behind = vec![ok("video/x-flv"), flv(&seconds(6, 8)), Act::Pause(600)];
    let mut was_carried = false;
    for number in 4.. {
        let mut scene = Scene::new(vec![first.clone(), behind.clone()]).await;
        let calls = Calls::failing(number..u64::MAX, Errno::NOSPC);
        scene.hands.disk = Disk::failing(Duration::from_secs(60), calls.clone());
        let mut recording = scene.recording();
        if !matches!(scene.receive(&mut recording).await.reason, EndReason::DiskFull(_)) {
            break;
        }
        calls.mend();
        scene.receive(&mut recording).await;
        let mut paths = Vec::new();
        files(&scene.temp.0, &mut paths);
        let parts = paths.iter().filter(|path| path.extension().is_some_and(|end| end == "part")).count();
        assert!(parts <= 1, "from call {number}: {}", scene.temp.tree());
        was_carried |= paths.len() > 4;
        recording.close("ended").await;
    }
    assert!(was_carried, "no file's end was ever in another one");
}
