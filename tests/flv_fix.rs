//! `flv fix`: what a user has in the end for each way in which a file can be broken, and that nothing is left behind
//! where there is no end.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lyrebird_tests::clip::{self, Clip};
use lyrebird_tests::ffprobe;
use lyrebird_tests::flv::{self, HEAD, Tag, VIDEO};
use lyrebird_tests::needs::{self, Need};
use lyrebird_tests::place::{Place, wait_until};
use lyrebird_tests::program::{Finished, Run, Signal};
use lyrebird_tests::volume::SmallVolume;
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(30);

/// A sparse file of this size is read in some seconds; the machine may be busy.
const SPARSE_LIMIT: Duration = Duration::from_secs(300);
const SPARSE_BYTES: u64 = 20 << 30;

/// More than the program, a piece, a batch and what the engine looks ahead need; far less than a large file.
const MOST_MEMORY_KIB: u64 = 150 << 10;

fn encode(tags: &[Tag]) -> Vec<u8> {
    HEAD.into_iter().chain(tags.iter().flat_map(Tag::encode)).collect()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn fix(place: &Place, input: &Path, more: &[&str]) -> Finished {
    let out = place.out();
    place.run(&[&["flv", "fix", path(input), "-o", path(&out), "--json"], more].concat())
}

fn outputs(document: &Value) -> Vec<PathBuf> {
    document["outputs"].as_array().unwrap().iter().map(|one| PathBuf::from(one["file"].as_str().unwrap())).collect()
}

fn kinds(document: &Value) -> Vec<&str> {
    document["repairs"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect()
}

fn media(bytes: &[u8]) -> Vec<u64> {
    flv::parse(bytes).unwrap().iter().filter(|tag| tag.is_media()).map(Tag::digest).collect()
}

/// It plays, has the length that was promised, is what the engine would write, and is written so again.
fn expect_whole(place: &Place, document: &Value) {
    for (number, output) in outputs(document).iter().enumerate() {
        let promised = document["outputs"][number]["duration_ms"].as_u64().unwrap();
        assert_eq!(document["outputs"][number]["bytes"], fs::metadata(output).unwrap().len());
        let probe = ffprobe::probe(output).unwrap();
        assert!(probe.duration_ms.abs_diff(promised) < 60, "{probe:?}, promised {promised} ms");
        place.run(&["flv", "verify", path(output)]).expect_code(0);
        let again = place.root().join("again");
        let document = place.run(&["flv", "fix", path(output), "-o", path(&again), "--json"]).expect_code(0).json();
        assert_eq!((&document["verdict"], &document["repairs"]), (&json!("clean"), &json!([])), "{document:#}");
        let same = fs::read(output).unwrap() == fs::read(again.join(output.file_name().unwrap())).unwrap();
        assert!(same, "a file that was mended is mended again");
        fs::remove_dir_all(again).unwrap();
    }
}

#[test]
fn a_file_without_faults_is_clean() {
    let place = Place::new("fix-clean");
    let input = place.write("clip.flv", Clip::Small.bytes());
    let document = fix(&place, &input, &[]).expect_code(0).json();
    for field in ["input", "outputs", "repairs", "gaps", "lost_tags", "lost_bytes", "verdict"] {
        assert!(document.get(field).is_some(), "{field} is missing in {document:#}");
    }
    assert_eq!((&document["verdict"], &document["lost_tags"]), (&json!("clean"), &json!(0)));
    assert_eq!(document["outputs"][0]["why"], "start");
    assert_eq!(place.files(), ["clip.flv"]);
    assert_eq!(media(&fs::read(&outputs(&document)[0]).unwrap()), media(Clip::Small.bytes()));
    expect_whole(&place, &document);

    // Without a folder it stands beside the input, which stays as it is.
    place.run(&["flv", "fix", path(&input)]).expect_code(0);
    assert!(place.root().join("clip.fixed.flv").is_file());
    assert_eq!(fs::read(&input).unwrap(), Clip::Small.bytes());
}

#[test]
fn what_is_broken_is_repaired() {
    let place = Place::new("fix-repaired");
    let tags = Clip::Small.tags();
    let mut bytes = HEAD.to_vec();
    for (number, tag) in tags.iter().enumerate() {
        // The server dropped half a minute, and its clock was at 15 days in the beginning.
        let jump = if number >= 80 { 30_000 } else { 0 };
        let mut encoded = Tag { time_ms: tag.time_ms + 1_300_000_000 + jump, ..tag.clone() }.encode();
        let tail = encoded.len() - 2;
        match number {
            40 => encoded[tail] ^= 0xff,
            60 => encoded.splice(0..0, HEAD).for_each(drop),
            _ => {}
        }
        bytes.extend(encoded);
    }
    let input = place.write("broken.flv", bytes);
    let document = fix(&place, &input, &[]).expect_code(0).json();
    assert_eq!(document["verdict"], "repaired", "{document:#}");
    for kind in ["back_pointer", "header_repeated", "jump"] {
        assert!(kinds(&document).contains(&kind), "{kind} is missing in {document:#}");
    }
    let gap = &document["gaps"][0];
    assert!(gap["lost_ms"].as_u64().unwrap().abs_diff(30_000) < 200, "{gap}");
    assert_eq!((&gap["cause"], &gap["output"]), (&json!("jump"), &json!(0)));
    let before: Vec<u64> = tags.iter().filter(|tag| tag.is_media()).map(Tag::digest).collect();
    assert_eq!(media(&fs::read(&outputs(&document)[0]).unwrap()), before, "all of it, in order, untouched");
    assert!(document["outputs"][0]["duration_ms"].as_u64().unwrap().abs_diff(2_880) < 100, "{document:#}");
    expect_whole(&place, &document);

    let told = place.run(&["flv", "fix", path(&input)]).expect_code(0).stdout;
    for word in ["repaired", "back pointer: 1", "0:00:3", "broken.fixed.flv"] {
        assert!(told.contains(word), "`{word}` is missing in\n{told}");
    }
}

#[test]
fn what_is_lost_is_counted_and_the_code_is_65() {
    let place = Place::new("fix-lossy");
    let tags = Clip::Small.tags();
    let (before, after) = (encode(&tags[..100]), encode(&tags[102..])[HEAD.len()..].to_vec());
    let torn = tags[100].encode().len() + tags[101].encode().len();
    let input = place.write("torn.flv", [before, vec![0; torn], after.clone()].concat());
    let document = fix(&place, &input, &[]).expect_code(65).json();
    assert_eq!((&document["verdict"], &document["lost_bytes"]), (&json!("lossy"), &json!(torn)), "{document:#}");
    assert!(document["lost_tags"].as_u64().unwrap() >= 1);
    let left = tags.iter().enumerate().filter(|(number, tag)| !(100..102).contains(number) && tag.is_media());
    assert_eq!(
        media(&fs::read(&outputs(&document)[0]).unwrap()),
        left.map(|(_, tag)| tag.digest()).collect::<Vec<_>>()
    );
    expect_whole(&place, &document);

    // The end that is missing is a loss; the PreviousTagSize behind the last tag is none.
    let whole = encode(&tags);
    let cut_off = place.write("cut_off.flv", &whole[..whole.len() - 40]);
    assert_eq!(kinds(&fix(&place, &cut_off, &[]).expect_code(65).json()), ["truncated"]);
    let bare = place.write("bare.flv", &whole[..whole.len() - 2]);
    let document = fix(&place, &bare, &[]).expect_code(0).json();
    assert_eq!((kinds(&document), &document["verdict"]), (vec!["truncated"], &json!("repaired")));

    // Several files: each is told, and the first code that is not 0 is the program's.
    let good = place.write("good.flv", Clip::Large.bytes());
    let page = place.write("page.flv", "<!DOCTYPE html><html></html>");
    let out = place.root().join("several");
    let all = [&good, &input, &page].map(|file| path(file));
    let finished = place.run(&[&["flv", "fix", "--json", "-o", path(&out)], &all[..]].concat()).expect_code(65);
    let verdicts: Vec<Value> = finished.json_lines().iter().map(|document| document["verdict"].clone()).collect();
    assert_eq!(verdicts, ["clean", "lossy", "unrepairable"]);
    finished.expect_stderr("HTML");
}

#[test]
fn a_changed_picture_gives_several_files() {
    let place = Place::new("fix-cuts");
    let input = place.write("two.flv", clip::file(&[(Clip::Small, 2), (Clip::Large, 2)]));
    let document = fix(&place, &input, &[]).expect_code(0).json();
    assert_eq!(place.files(), ["two.flv", "two_2.flv"]);
    assert_eq!(document["outputs"][1]["why"], "video_header_changed");
    let sizes = outputs(&document).iter().map(|output| ffprobe::probe(output).unwrap().size).collect::<Vec<_>>();
    assert_eq!(sizes, [Some((320, 180)), Some((640, 360))]);
    expect_whole(&place, &document);

    // Cuts that are wished for.
    let long = place.write("long.flv", clip::file(&[(Clip::Small, 12)]));
    let document = fix(&place, &long, &["--repeats", "keep", "--split-duration", "4s"]).expect_code(0).json();
    assert_eq!((outputs(&document).len(), &document["outputs"][1]["why"]), (3, &json!("duration")), "{document:#}");
}

#[test]
fn what_holds_nothing_is_unrepairable() {
    let place = Place::new("fix-nothing");
    let headers: Vec<Tag> = Clip::Small.tags().into_iter().filter(|tag| !tag.is_media()).collect();
    for (name, content, words) in [
        ("page.flv", b"<!DOCTYPE html><html></html>".to_vec(), "HTML"),
        ("empty.flv", Vec::new(), "empty"),
        ("headers.flv", encode(&headers), "no picture and no sound"),
        ("zeros.flv", vec![0; 6 << 20], "no tag"),
    ] {
        let input = place.write(name, content);
        let finished = fix(&place, &input, &[]).expect_code(1);
        assert_eq!((&finished.json()["verdict"], &finished.json()["outputs"]), (&json!("unrepairable"), &json!([])));
        assert!(finished.stderr.contains(words) && finished.stderr.contains(name), "{}", finished.stderr);
    }
    for (input, words) in [(place.out(), "is a folder"), (place.root().join("nowhere.flv"), "nowhere.flv")] {
        fix(&place, &input, &[]).expect_code(1).expect_stderr(words);
    }
    assert!(place.files().is_empty(), "{:?}", place.files());
}

#[test]
fn nothing_is_overwritten() {
    let place = Place::new("fix-exists");
    let input = place.write("recordings/two.flv", clip::file(&[(Clip::Small, 2), (Clip::Large, 2)]));
    let before = fs::read(&input).unwrap();
    let refused = |more: &str| {
        fix(&place, &input, &[]).expect_code(2).expect_stderr(more).expect_stderr("hint: ");
    };
    refused("two.flv");
    assert_eq!((fs::read(&input).unwrap(), place.files()), (before.clone(), vec![String::from("two.flv")]));

    // A name that is taken further on: no first half is left.
    let elsewhere = place.write("two.flv", &before);
    for taken in ["two_2.flv", "two.flv.part"] {
        fs::remove_file(&input).ok();
        place.write(&format!("recordings/{taken}"), "somebody's");
        fix(&place, &elsewhere, &[]).expect_code(2).expect_stderr(taken);
        assert_eq!(place.files(), [taken]);
        assert_eq!(fs::read_to_string(place.out().join(taken)).unwrap(), "somebody's");
        fs::remove_file(place.out().join(taken)).unwrap();
    }
}

#[test]
fn a_full_disk_is_74_and_leaves_nothing() {
    if !needs::has(Need::Mounts) {
        return;
    }
    let place = Place::new("fix-full");
    let _volume = SmallVolume::mount(place.out(), "300k");
    let input = place.write("long.flv", clip::file(&[(Clip::Small, 2), (Clip::Large, 12)]));
    let finished = fix(&place, &input, &["--repeats", "keep"]).expect_code(74);
    finished.expect_stderr("no space is left").expect_stderr("hint: ");
    assert!(place.files().is_empty(), "{:?}", place.files());
}

/// A recording whose rest a power cut left as a hole.
fn sparse(place: &Place) -> PathBuf {
    let input = place.write("sparse.flv", Clip::Small.bytes());
    fs::OpenOptions::new().write(true).open(&input).unwrap().set_len(SPARSE_BYTES).unwrap();
    input
}

#[test]
fn a_sparse_file_of_20_gib_takes_seconds_and_little_memory() {
    let place = Place::new("fix-sparse");
    let input = sparse(&place);
    let out = place.out();
    let arguments = ["flv", "fix", path(&input), "-o", path(&out), "--json"];
    let mut run = Run::start(place.lyrebird(&arguments), None);
    let mut most = 0;
    wait_until("the file is mended", SPARSE_LIMIT, || {
        let status = fs::read_to_string(format!("/proc/{}/status", run.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        most =
            line.and_then(|line| line.split_whitespace().next()?.parse().ok()).map_or(most, |kib: u64| kib.max(most));
        !run.is_running()
    });
    let document = run.finish(LIMIT).expect_code(65).json();
    assert!(most > 0 && most < MOST_MEMORY_KIB, "{most} KiB");
    assert!(document["outputs"][0]["duration_ms"].as_u64().unwrap().abs_diff(2_900) < 100, "{document:#}");
    let clip = u64::try_from(Clip::Small.bytes().len()).unwrap();
    assert_eq!(document["lost_bytes"], SPARSE_BYTES - clip);
    expect_whole(&place, &document);
}

#[test]
fn a_signal_leaves_nothing() {
    let place = Place::new("fix-signal");
    let input = sparse(&place);
    let run = Run::start(place.lyrebird(&["flv", "fix", path(&input), "-o", "recordings"]), None);
    wait_until("it writes", LIMIT, || !place.files().is_empty());
    assert_eq!(place.files(), ["sparse.flv.part"], "no name before the end");
    run.signal(Signal::INT);
    run.finish(LIMIT).expect_code(130);
    assert!(place.files().is_empty(), "{:?}", place.files());
}

/// What `fix` leaves when it is killed is no recording that a recorder would take for its own.
#[test]
fn what_a_killed_fix_leaves_is_no_flv() {
    let place = Place::new("fix-killed");
    let input = sparse(&place);
    let run = Run::start(place.lyrebird(&["flv", "fix", path(&input), "-o", "recordings"]), None);
    wait_until("it writes", LIMIT, || !place.files().is_empty());
    run.kill_9();
    let left = fs::read(place.out().join("sparse.flv.part")).unwrap();
    assert!(left.iter().take(HEAD.len()).all(|byte| *byte == 0), "a head before the end");
}

/// A file that a dead recorder left is mended under its own name, one without a header is joined at its first tag.
#[test]
fn unfinished_and_headless_files() {
    let place = Place::new("fix-part");
    let part = place.write("a.flv.part", Clip::Small.bytes());
    fix(&place, &part, &[]).expect_code(0);
    let tags = Clip::Small.tags();
    let headless = place.write("b.flv", &encode(&tags)[HEAD.len()..]);
    let document = fix(&place, &headless, &[]).expect_code(0).json();
    assert_eq!((kinds(&document), &document["verdict"]), (vec!["header_missing"], &json!("repaired")));
    assert_eq!(place.files(), ["a.flv", "b.flv"]);
    // Nothing but sound.
    let sound: Vec<Tag> = tags.into_iter().filter(|tag| tag.kind != VIDEO).collect();
    let document = fix(&place, &place.write("c.flv", encode(&sound)), &[]).expect_code(0).json();
    expect_whole(&place, &document);
}
