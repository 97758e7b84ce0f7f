//! kill -9 at any moment, and two recorders on one folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lyrebird_tests::clip::{self, Clip};
use lyrebird_tests::feed::{Feed, Join};
use lyrebird_tests::ffprobe;
use lyrebird_tests::flv::{self, Tag};
use lyrebird_tests::origin::{Answer, Origin, Sent};
use lyrebird_tests::place::{Place, wait_until};
use lyrebird_tests::program::{Finished, Run, Signal, binary};
use lyrebird_tests::verify::judge;

const ROOM: &str = "/live.flv";
const LIMIT: Duration = Duration::from_secs(40);

fn parts(place: &Place) -> Vec<PathBuf> {
    let names = place.files().into_iter().filter(|name| name.ends_with(".part"));
    names.map(|name| place.out().join(name)).collect()
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |about| about.len())
}

/// A room that is on air for two minutes at three times real time, and a recorder that has written so many bytes.
fn recording(place: &Place, bytes: u64) -> (Origin, Run) {
    let origin = Origin::start();
    let feed = Feed::new();
    origin.answers(ROOM, [Answer::live(&feed)]);
    clip::play(&feed, &[(Clip::Large, 240)], 3);
    let run = place.record::<&str>(&origin.url(ROOM), &[]);
    wait_until("the .part has grown", LIMIT, || parts(place).first().is_some_and(|part| size(part) > bytes));
    (origin, run)
}

fn media(tags: &[Tag]) -> Vec<u64> {
    tags.iter().filter(|tag| tag.is_media()).map(Tag::digest).collect()
}

/// Starts a recorder in the same folder for a room that is dark; salvage is what it does first.
fn restart(place: &Place) -> Finished {
    let dark = Origin::start();
    let run = place.record::<&str>(&dark.url("/dark.flv"), &[]);
    wait_until("the .part is gone", LIMIT, || parts(place).is_empty());
    wait_until("the dark room was looked at", LIMIT, || !dark.connections("/dark.flv").is_empty());
    run.signal(Signal::INT);
    run.finish(LIMIT).expect_code(130)
}

#[test]
fn row_01_killed_and_salvaged() {
    let place = Place::quick("killed");
    let (origin, run) = recording(&place, 400 << 10);
    run.kill_9();
    let left = parts(&place).remove(0);
    let left_bytes = fs::read(&left).unwrap();
    let sent: Vec<Sent> = origin.receptions(ROOM).remove(0).tags;
    let told = restart(&place).stdout;

    let recovered = place.recordings();
    assert_eq!(recovered.len(), 1, "{:?}", place.files());
    assert_eq!(told.lines().collect::<Vec<_>>(), [recovered[0].to_str().unwrap()], "who mended it says so");
    let sidecar = place.sidecar(&recovered[0]);
    assert_eq!((&sidecar["state"], &sidecar["end"]), (&"recovered".into(), &"killed".into()), "{sidecar:#}");
    let reception = &sidecar["receptions"][0];
    assert!(reception["reason"] == "killed" && reception["ended_at"].is_string(), "{sidecar:#}");
    let gap = &sidecar["gaps"][0];
    assert!(gap["cause"] == "restart" && gap["at_ms"].as_u64() > Some(0) && gap["lost_ms"].is_null(), "{sidecar:#}");
    let bytes = fs::read(&recovered[0]).unwrap();
    assert_eq!(sidecar["bytes"], bytes.len());
    let found = media(&flv::parse(&bytes).expect("whole tags alone"));
    let expected: Vec<u64> = sent.iter().filter(|tag| is_media(tag)).map(|tag| tag.digest).collect();
    assert_eq!(found[..], expected[..found.len()], "what was written is what was sent");
    assert_eq!(found, whole_media(&left_bytes), "no whole tag that was in the file is lost");
    let probe = ffprobe::probe(&recovered[0]).unwrap();
    let last = flv::parse(&bytes).unwrap().last().unwrap().time_ms;
    assert!(probe.duration_ms.abs_diff(u64::from(last)) < 150, "{} ms, the last tag is at {last}", probe.duration_ms);
    ffprobe::decode(&recovered[0]).unwrap();
}

fn is_media(tag: &Sent) -> bool {
    use lyrebird_tests::origin::Role;
    matches!(tag.role, Role::Key | Role::Media)
}

/// The media tags that are whole in a file that may end anywhere.
fn whole_media(bytes: &[u8]) -> Vec<u64> {
    let mut splitter = flv::Splitter::default();
    splitter.push(bytes);
    let tags: Vec<Tag> = std::iter::from_fn(|| splitter.next_tag().ok().flatten()).collect();
    media(&tags)
}

/// The same with a last tag as a crash of the machine leaves it.
fn is_cut_off(name: &str, tail: &[u8]) {
    let place = Place::quick(name);
    let (_origin, run) = recording(&place, 300 << 10);
    run.kill_9();
    let left = parts(&place).remove(0);
    let mut bytes = fs::read(&left).unwrap();
    let whole = whole_media(&bytes);
    bytes.extend_from_slice(tail);
    fs::write(&left, bytes).unwrap();
    restart(&place);
    let recovered = place.recordings().remove(0);
    let tags = flv::parse(&fs::read(&recovered).unwrap()).expect("whole tags alone");
    assert_eq!(media(&tags), whole);
    ffprobe::decode(&recovered).unwrap();
}

#[test]
fn row_01_a_torn_tag_is_cut_off() {
    is_cut_off("tail-torn", b"\x09\x00\x10\x00\x00\x10\x00\x00\x00\x00\x00\x17\x01");
}

#[test]
fn row_01_zeros_where_a_tag_should_be_are_cut_off() {
    is_cut_off("tail-zeros", &[0; 4_096]);
}

/// Killed before there was anything worth keeping: the pair is removed and reported.
#[test]
fn row_01_nothing_is_left_of_nothing() {
    let place = Place::quick("nothing");
    let origin = Origin::start();
    let feed = Feed::new();
    origin.answers(ROOM, [Answer::live(&feed).joins(Join::Start)]);
    // Headers alone: the room is live, but there is no media yet.
    clip::stream(&[(Clip::Small, 1)]).into_iter().filter(|tag| !tag.is_media()).for_each(|tag| feed.push(tag));
    let run = place.record::<&str>(&origin.url(ROOM), &[]);
    wait_until("it was received", LIMIT, || !origin.receptions(ROOM).is_empty());
    std::thread::sleep(Duration::from_millis(500));
    run.kill_9();
    restart(&place);
    assert_eq!(place.files(), [""; 0]);
}

/// The room is still live: within ten seconds of the restart it is recorded again, beside what was salvaged.
#[test]
fn row_01_a_restart_goes_on_recording() {
    let place = Place::quick("goes-on");
    let (origin, run) = recording(&place, 200 << 10);
    run.kill_9();
    let run = place.record(&origin.url(ROOM), &["--duration", "6s"]);
    wait_until("it is received again", Duration::from_secs(10), || origin.receptions(ROOM).len() == 2);
    run.finish(LIMIT).expect_code(0);
    let recordings = place.recordings();
    assert_eq!(recordings.len(), 2, "{:?}", place.files());
    let states: Vec<String> =
        recordings.iter().map(|file| place.sidecar(file)["state"].as_str().unwrap_or_default().to_owned()).collect();
    assert!(states.contains(&String::from("recovered")) && states.contains(&String::from("complete")), "{states:?}");
    recordings.iter().for_each(|file| ffprobe::decode(file).unwrap());
}

/// Two recorders on one folder: neither touches what the other has open, and both have everything.
#[test]
fn row_18_two_recorders_on_one_folder() {
    let place = Place::quick("two");
    let origin = Origin::start();
    let feed = Feed::new();
    origin.answers(ROOM, [Answer::live(&feed).joins(Join::Start)]);
    let tags = clip::stream(&[(Clip::Small, 24)]);
    feed.push(tags[0].clone());
    let one = Run::start(place.record_command(&origin.url(ROOM), &["--once", "--name", "same"]), None);
    wait_until("the first one receives", LIMIT, || origin.receptions(ROOM).len() == 1);
    let player = clip::play(&feed, &[(Clip::Small, 24)], 3);
    wait_until("the first one has begun its file", LIMIT, || parts(&place).len() == 1);
    let other = Run::start(place.record_command(&origin.url(ROOM), &["--once", "--name", "same"]), None);
    wait_until("both have a file of their own", LIMIT, || parts(&place).len() == 2);
    one.finish(LIMIT).expect_code(0);
    other.finish(LIMIT).expect_code(0);
    player.join().unwrap();
    let recordings = place.recordings();
    assert_eq!(recordings.len(), 2, "{:?}", place.files());
    for connection in origin.receptions(ROOM) {
        let whole = recordings.iter().any(|file| {
            judge(std::slice::from_ref(&connection), std::slice::from_ref(file), Some(&binary())).bad.is_empty()
        });
        assert!(whole, "no file holds all that one of the recorders was sent");
    }
}
