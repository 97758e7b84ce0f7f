//! `doctor` as a person and a script have it: what it finds of real folders, plugins and programs, and its exit code.

use std::fs;
use std::time::Duration;

use lyrebird_tests::clip::{self, Clip};
use lyrebird_tests::feed::Feed;
use lyrebird_tests::needs;
use lyrebird_tests::origin::{Answer, Origin};
use lyrebird_tests::place::{HURRY, Place, wait_until};
use lyrebird_tests::program::{Finished, Signal};
use lyrebird_tests::volume::SmallVolume;
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(60);

/// What it finds with the place's config: state and text of each finding about `topic`.
fn findings(said: &Finished, topic: &str) -> Vec<(String, String)> {
    let document = said.json();
    let all = document["findings"].as_array().unwrap();
    let text = |one: &Value, field: &str| one[field].as_str().unwrap().to_owned();
    let about = all.iter().filter(|one| text(one, "topic") == topic);
    about.map(|one| (text(one, "state"), text(one, "text"))).collect()
}

#[track_caller]
fn expect(said: &Finished, topic: &str, state: &str, words: &str) {
    let found = findings(said, topic);
    let is_there = found.iter().any(|(its, text)| its == state && text.contains(words));
    assert!(is_there, "no `{state}` of {topic} with `{words}`: {found:?}");
}

fn doctor(place: &Place) -> Finished {
    place.run(&["doctor", "-c", "lyrebird.toml", "--json"])
}

#[test]
fn it_speaks_of_all_that_a_recording_needs() {
    let place = Place::new("doctor-whole");
    place.configure(&format!("{HURRY}[[room]]\nurl = \"http://127.0.0.1:9/a.flv\"\n"));
    let said = doctor(&place).expect_code(0);
    expect(&said, "output", "ok", "recordings` on ");
    expect(&said, "space", "ok", "free, `min_free` is 1 MiB");
    let sync = findings(&said, "sync");
    assert!(sync.first().is_some_and(|(_, text)| text.starts_with("a sync took ")), "{sync:?}");
    expect(&said, "data", "ok", "/data` on ");
    expect(&said, "owners", "ok", "no `run` and no `record` works with it");
    expect(&said, "plugins", "ok", "direct@");
    expect(&said, "open files", "ok", "1 rooms on air at once need about ");
    for topic in ["ffmpeg", "clock", "memory"] {
        assert_eq!(findings(&said, topic).len(), 1, "{topic}");
    }
    assert_eq!(said.json()["healthy"], true);
    assert!(place.files().is_empty(), "the trial left something: {:?}", place.files());
}

#[test]
fn a_person_reads_a_line_each_with_its_hint() {
    let place = Place::new("doctor-lines");
    place.configure(&HURRY.replace("1MiB", "1048576GiB"));
    let said = place.run(&["doctor", "-c", "lyrebird.toml"]).expect_code(1).stdout;
    assert!(said.contains("✗ space       `"), "{said}");
    assert!(said.contains("\n              hint: make room, or lower `[output] min_free`\n"), "{said}");
}

#[test]
fn folders_that_are_not_there_are_not_made() {
    let place = Place::new("doctor-later");
    place.configure(&HURRY.replace("[output]", "[output]\ndir = \"later\"\nfallback = [\"recordings\"]"));
    let said = doctor(&place).expect_code(0);
    expect(&said, "sync", "note", "is made with the first recording");
    expect(&said, "fallback", "warning", "on the same volume as `");
    assert!(!place.root().join("later").exists());
}

#[test]
fn a_volume_in_memory_is_told_and_a_full_one_with_a_fallback_is_no_error() {
    let place = Place::new("doctor-memory");
    place.configure(&HURRY.replace("[output]", "[output]\nfallback = [\"spare\"]"));
    fs::create_dir(place.root().join("spare")).unwrap();
    if !needs::can_mount() {
        eprintln!("SKIPPED: no volume can be mounted here (that needs root)");
        return;
    }
    let volume = SmallVolume::mount(place.out(), "600k");
    let said = doctor(&place).expect_code(0);
    expect(&said, "output", "warning", "tmpfs is memory: a restart or a power cut empties it");
    expect(&said, "space", "warning", "has 600 KiB free, `min_free` is 1 MiB");
    place.configure(HURRY);
    expect(&doctor(&place).expect_code(1), "space", "error", "has 600 KiB free");
    drop(volume);
}

#[test]
fn without_a_picker_nothing_can_be_recorded() {
    let place = Place::new("doctor-pickers");
    place.configure(HURRY);
    let empty = place.root().join("empty");
    fs::create_dir(&empty).unwrap();
    fs::write(empty.join("broken.wasm"), "no component").unwrap();
    let told = place.lyrebird_with(&empty, &["doctor", "-c", "lyrebird.toml", "--json"]);
    let said = lyrebird_tests::program::Run::start(told, None).finish(LIMIT).expect_code(1);
    expect(&said, "plugins", "warning", "broken@? (refused)");
    expect(&said, "plugins", "error", "no picker in ");
}

#[test]
fn ffmpeg_is_named_with_its_place_and_missed_without_harm() {
    let place = Place::new("doctor-ffmpeg");
    let fake = place.write("fake-ffmpeg", "#!/bin/sh\necho ffmpeg version 99.1-fake Copyright\n");
    fs::set_permissions(&fake, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    place.configure(&format!("{HURRY}[ffmpeg]\npath = \"{}\"\n", fake.display()));
    expect(&doctor(&place).expect_code(0), "ffmpeg", "ok", &format!("99.1-fake, `{}`", fake.display()));
    place.configure(&format!("{HURRY}[ffmpeg]\npath = \"no-such-ffmpeg\"\n"));
    expect(&doctor(&place).expect_code(0), "ffmpeg", "note", "cannot run `no-such-ffmpeg`");
}

#[test]
fn who_works_with_the_data_directory_is_told() {
    let place = Place::new("doctor-owners");
    let origin = Origin::start();
    let feed = Feed::new();
    origin.answers("/live.flv", [Answer::live(&feed)]);
    clip::play(&feed, &[(Clip::Small, 200)], 3);
    let run = place.record(&origin.url("/live.flv"), &["--once"]);
    wait_until("media was written", LIMIT, || place.files().iter().any(|name| name.ends_with("live.flv.part")));
    let said = doctor(&place).expect_code(0);
    expect(&said, "owners", "note", &format!("`record` works with it: process {} on ", run.id()));
    expect(&said, "owners", "note", ", since 20");
    assert!(place.files().iter().any(|name| name.ends_with("live.flv.part")), "the doctor took a growing file");
    run.signal(Signal::TERM);
    run.finish(LIMIT);
}

#[test]
fn few_open_files_for_many_rooms_are_a_warning() {
    let place = Place::new("doctor-limit");
    let room = |number: u32| format!("[[room]]\nurl = \"http://127.0.0.1:9/{number}.flv\"\n");
    place.configure(&format!("{HURRY}{}", (0..50).map(room).collect::<String>()));
    let told = place.lyrebird(&["doctor", "-c", "lyrebird.toml", "--json"]);
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "ulimit -n 256; exec \"$0\" \"$@\""]).arg(told.get_program()).args(told.get_args());
    limited.current_dir(place.root());
    let said = lyrebird_tests::program::Run::start(limited, None).finish(LIMIT).expect_code(0);
    expect(&said, "open files", "warning", "at most 256; 50 rooms on air at once need about 492");
}
