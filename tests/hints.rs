//! What somebody is told who has typed something wrong, or written it: once, and with what to do.

use std::fs;
use std::time::Duration;

use lyrebird_tests::place::Place;
use lyrebird_tests::program::Run;

const LIMIT: Duration = Duration::from_secs(30);

/// Less than a group of any stream could only record nothing.
#[test]
fn a_limit_that_records_nothing_is_a_wrong_command_line() {
    let place = Place::new("limits");
    for (option, value, least) in [
        ("--max-size", "5", "100KB"),
        ("--max-size", "0", "100KB"),
        ("--duration", "0s", "1s"),
        ("--duration", "999ms", "1s"),
    ] {
        let finished = place.run(&["record", "http://127.0.0.1:9/a.flv", option, value]).expect_code(2);
        let is_told = |line: &str| line.contains(option) && line.contains(&format!("at least {least}"));
        assert!(finished.stderr.lines().any(is_told), "{}", finished.stderr);
        assert!(finished.stderr.lines().any(|line| line.starts_with("hint: write it")), "{}", finished.stderr);
    }
}

#[test]
fn a_plugins_directory_that_is_not_there_is_told_once() {
    let place = Place::new("no-plugins");
    let nowhere = place.root().join("nowhere");
    let finished = Run::start(place.lyrebird_with(&nowhere, &["plugin", "list"]), None).finish(LIMIT).expect_code(1);
    let told = format!("{}{}", finished.stdout, finished.stderr);
    assert!(told.matches("nowhere").count() == 1 && told.starts_with("error: "), "{told}");
    let url = "http://127.0.0.1:9/a.flv";
    let finished = Run::start(place.lyrebird_with(&nowhere, &["check", url]), None).finish(LIMIT).expect_code(4);
    assert!(finished.stderr.contains("cannot read a plugins directory"), "{}", finished.stderr);
    let empty = place.root().join("empty");
    fs::create_dir(&empty).unwrap();
    let finished = Run::start(place.lyrebird_with(&empty, &["plugin", "list"]), None).finish(LIMIT).expect_code(0);
    assert!(finished.stdout.starts_with("no plugins in ") && finished.stderr.is_empty(), "{}", finished.stderr);
}

/// Nothing would be heard of it but that the platform takes us for a stranger.
#[test]
fn a_cookie_that_cannot_be_sent_is_told_without_its_value() {
    let place = Place::new("no-cookie");
    place.write("cookie.txt", "SESSDATA=canary; name=Ménure\n");
    place.configure("[plugin.direct]\ncookie = { file = \"cookie.txt\" }\n");
    let is_told = |told: &str| {
        assert!(told.contains("cookie.txt`") && told.contains("its character 24 is not ASCII"), "{told}");
        assert!(told.lines().any(|line| line.starts_with("hint: write it as a browser sends it")), "{told}");
        assert!(!told.contains("canary") && !told.contains("nure"), "{told}");
    };
    let told = place.run(&["config", "check"]).expect_code(2).stderr;
    assert!(told.starts_with("error: lyrebird.toml:2:1: cookie of plugin `direct`"), "{told}");
    is_told(&told);
    is_told(&place.run(&["run"]).expect_code(2).stderr);
    place.write("cookie.txt", "SESSDATA=canary; name=M%C3%A9nure\nanother line\n");
    place.run(&["config", "check"]).expect_code(0);
}
