//! `flv verify`: praise for a recording of our own, and the name of what is wrong with one that somebody touched.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lyrebird_tests::clip::Clip;
use lyrebird_tests::origin::{Answer, Origin};
use lyrebird_tests::place::{HURRY, Place};
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(30);

/// A recording with its sidecar.
fn recorded(place: &Place) -> PathBuf {
    let origin = Origin::start();
    origin.answers("/live.flv", [Answer::file(Clip::Small.bytes(), "video/x-flv")]);
    place.record::<&str>(&origin.url("/live.flv"), &[]).finish(LIMIT).expect_code(0);
    place.recordings().remove(0)
}

fn verify(place: &Place, file: &Path, code: i32) -> Value {
    place.run(&["flv", "verify", "--json", file.to_str().unwrap()]).expect_code(code).json()
}

fn states(document: &Value) -> [&str; 3] {
    ["metadata", "index", "hash"].map(|part| document[part]["state"].as_str().unwrap())
}

/// Where the bytes stand.
fn find(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes.windows(wanted.len()).position(|window| window == wanted).unwrap()
}

#[test]
fn a_recording_is_whole() {
    let place = Place::new("verify-good");
    let file = recorded(&place);
    let document = verify(&place, &file, 0);
    let fields = ["file", "bytes", "duration_ms", "verdict", "fixed_point", "difference", "repairs", "gaps"];
    for field in fields {
        assert!(document.get(field).is_some(), "{field} is missing in {document:#}");
    }
    assert_eq!((&document["verdict"], &document["fixed_point"]), (&json!("whole"), &json!(true)), "{document:#}");
    assert_eq!(states(&document), ["right", "right", "right"], "{document:#}");
    assert!(document["index"]["entries"].as_u64().unwrap() >= 2);
    assert_eq!(document["bytes"], fs::metadata(&file).unwrap().len());
    let told = place.run(&["flv", "verify", file.to_str().unwrap()]).expect_code(0).stdout;
    assert!(told.contains("whole") && told.contains(".json"), "{told}");
}

/// Nobody hashed it: nothing is claimed, and what else can be judged is.
#[test]
fn a_recording_without_a_hash() {
    let place = Place::new("verify-off");
    place.configure(&HURRY.replacen("[output]\n", "[output]\nhash = \"off\"\n", 1));
    let file = recorded(&place);
    let sidecar = place.sidecar(&file);
    assert_eq!((&sidecar["state"], sidecar.get("blake3")), (&json!("complete"), Some(&Value::Null)), "{sidecar:#}");
    let document = verify(&place, &file, 0);
    assert_eq!((&document["verdict"], states(&document)), (&json!("whole"), ["right", "right", "absent"]));
    let beside = file.with_extension("json");
    assert_eq!(document["hash"], json!({ "state": "absent", "sidecar": beside, "found": null }));
    let told = || place.run(&["flv", "verify", file.to_str().unwrap()]).expect_code(0).stdout;
    let with = told();
    assert!(with.contains("no hash in ") && with.contains(".json"), "{with}");
    fs::remove_file(beside).unwrap();
    let without = told();
    assert!(without.contains("no hash: there is no sidecar"), "{without}");

    // Its recorder was killed before it could name the file.
    fs::rename(&file, file.with_extension("flv.part")).unwrap();
    let origin = Origin::start();
    origin.answers("/other.flv", [Answer::file(Clip::Small.bytes(), "video/x-flv")]);
    place.record::<&str>(&origin.url("/other.flv"), &[]).finish(LIMIT).expect_code(0);
    let sidecar = place.sidecar(&file);
    assert_eq!((&sidecar["state"], &sidecar["blake3"]), (&json!("recovered"), &Value::Null), "{sidecar:#}");
    verify(&place, &file, 0);
}

/// One byte of what `find` is told, so many bytes behind it.
#[track_caller]
fn check(wanted: &[u8], behind: usize, expected: [&str; 3], fixed_point: bool) -> Value {
    let place = Place::new(&format!("verify-{}-{behind}", wanted.len()));
    let file = recorded(&place);
    let mut bytes = fs::read(&file).unwrap();
    let at = find(&bytes, wanted) + wanted.len() + behind;
    bytes[at] ^= 0x10;
    fs::write(&file, bytes).unwrap();
    let document = verify(&place, &file, 1);
    assert_eq!(states(&document), expected, "{document:#}");
    assert_eq!((&document["verdict"], &document["fixed_point"]), (&json!("faulty"), &json!(fixed_point)));
    document
}

#[test]
fn one_byte_of_a_picture() {
    let picture = Clip::Small.tags().iter().find(|tag| tag.is_key()).unwrap().body.clone();
    check(&picture[..200], 7, ["right", "right", "wrong"], true);
}

#[test]
fn one_byte_of_the_index() {
    // Behind the name a marker, a length of 32 bits, the configuration's entry and the first key frame's marker.
    let document = check(b"filepositions", 1 + 4 + 9 + 1 + 5, ["right", "wrong", "right"], false);
    assert_eq!(document["index"]["faults"][0]["entry"], 1, "{document:#}");
    assert_eq!(document["difference"]["where"], "head");
    // The name with its length, which `lasttimestamp` does not have in it.
    check(b"\0\x05times", 1 + 4 + 9 + 9 + 1 + 2, ["right", "wrong", "right"], false);
}

#[test]
fn one_byte_of_the_metadata() {
    let document = check(b"duration", 1 + 2, ["wrong", "right", "right"], false);
    let fault = &document["metadata"]["faults"][0];
    assert_eq!((&fault["field"], &fault["should"]), (&json!("duration"), &json!("2.902")), "{document:#}");
    assert!(document["difference"]["offset"].as_u64().unwrap() < 100, "{document:#}");
}

#[test]
fn a_file_that_ends_or_goes_on() {
    let place = Place::new("verify-end");
    let file = recorded(&place);
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() - 30]).unwrap();
    let document = verify(&place, &file, 1);
    assert_eq!(document["difference"]["where"], "end", "{document:#}");
    assert_eq!((document["repairs"][0]["kind"].as_str(), states(&document)[2]), (Some("truncated"), "wrong"));

    let mut more = bytes.clone();
    let at = bytes.len() / 2 + bytes.len() / 3;
    more.splice(at..at, [0xaa; 50]);
    fs::write(&file, more).unwrap();
    let document = verify(&place, &file, 1);
    assert_eq!(document["difference"]["where"], "tag", "{document:#}");
    let offset = document["difference"]["offset"].as_u64().unwrap();
    assert!(usize::try_from(offset).unwrap() <= at, "{document:#}");
}

#[test]
fn files_of_others_and_no_files() {
    let place = Place::new("verify-others");
    let foreign = place.write("foreign.flv", Clip::Small.bytes());
    let document = verify(&place, &foreign, 1);
    assert_eq!(states(&document), ["right", "absent", "absent"], "{document:#}");
    assert_eq!(document["difference"]["where"], "head");

    let page = place.write("page.flv", "<!DOCTYPE html><html></html>");
    assert_eq!(verify(&place, &page, 1)["verdict"], "unrepairable");
    for (name, words) in [("recordings", "is a folder"), ("nowhere.flv", "nowhere.flv")] {
        place.run(&["flv", "verify", name]).expect_code(1).expect_stderr(words);
    }
}

#[test]
fn a_file_that_still_grows_is_not_judged() {
    let place = Place::new("verify-grows");
    let part = place.write("a.flv.part", Clip::Small.bytes());
    let lock = fs::File::open(&part).unwrap();
    lock.lock().unwrap();
    assert_eq!(verify(&place, &part, 1)["verdict"], "growing");
    place.run(&["flv", "verify", part.to_str().unwrap()]).expect_code(1).expect_stderr("still being written");
    lock.unlock().unwrap();
    assert_eq!(verify(&place, &part, 1)["verdict"], "faulty");
}
