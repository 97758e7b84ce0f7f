//! Names that try to leave the folder, names that no file system takes, names that are taken.

use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;

use lyrebird_tests::clip::{self, Clip};
use lyrebird_tests::origin::{Answer, Origin};
use lyrebird_tests::place::Place;
use lyrebird_tests::program::Finished;

const LIMIT: Duration = Duration::from_secs(30);

/// Records a finished file with these arguments.
fn record(place: &Place, more: &[&str]) -> Finished {
    let origin = Origin::start();
    origin.answers("/clip.flv", [Answer::file(clip::file(&[(Clip::Small, 2)]), "video/x-flv")]);
    place.record(&origin.url("/clip.flv"), more).finish(LIMIT).expect_code(0)
}

/// Checks all cases beside each other; each waits most of its time.
fn at_once(cases: &[&str], check: impl Fn(usize, &str) + Sync) {
    let check = &check;
    thread::scope(|scope| {
        let checked: Vec<_> =
            cases.iter().enumerate().map(|(index, case)| scope.spawn(move || check(index, case))).collect();
        checked.into_iter().for_each(|one| one.join().unwrap_or_else(|why| resume_unwind(why)));
    });
}

/// Everything that lies in a place but not below its output folder, and is not the program's own.
fn outside(place: &Place) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(place.root()).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !["recordings", "data", "home", "lyrebird.toml"].contains(&name.as_str()) {
            found.push(name);
        }
    }
    found
}

/// One file and its sidecar, below the folder, under a name that every file system takes.
fn check_safe(place: &Place) -> String {
    assert_eq!(outside(place), [""; 0], "written outside of the folder");
    let files = place.files();
    assert_eq!(files.len(), 2, "{files:?}");
    for component in files.iter().flat_map(|name| name.split('/')) {
        let wrong =
            |one: char| "\\:*?\"<>|".contains(one) || one.is_control() || ('\u{202a}'..='\u{202e}').contains(&one);
        assert!(!component.contains(wrong), "{component:?}");
        assert!(component.len() <= 255 && !component.starts_with(['.', '-', ' ']), "{component:?}");
        let stem = component.split('.').next().unwrap().to_ascii_uppercase();
        assert!(!["CON", "NUL", "AUX", "PRN", "COM1", "LPT1"].contains(&stem.as_str()), "{component:?}");
    }
    files.into_iter().find(|name| name.ends_with(".flv")).expect("a recording")
}

#[test]
fn row_16_templates_that_climb() {
    let templates = ["../../escape", "/absolute", "a/../../b", "./.hidden", "..", "{{ '../' * 4 }}x"];
    at_once(&templates, |index, template| {
        let place = Place::quick(&format!("climb-{index}"));
        record(&place, &["--name", template]);
        check_safe(&place);
    });
}

#[test]
fn row_16_titles_are_hostile() {
    let long = "名".repeat(150);
    let titles = [
        "../../../etc/passwd",
        "a/b\\c:d*e?f\"g<h>i|j",
        "new\nline\r\nand\u{7}bell",
        "\u{202e}gpj.exe",
        "CON",
        "nul.txt",
        "...",
        "-rf",
        "   ",
        "{{ 7 * 7 }}",
        &long,
    ];
    at_once(&titles, |index, title| {
        let place = Place::quick(&format!("title-{index}"));
        record(&place, &["--name", "{{ title }}", "--option", &format!("title={title}")]);
        let name = check_safe(&place);
        assert!(!name.starts_with("49"), "a title is no template: {name}");
        assert!(!name.contains('/'), "a title makes no folders: {name}");
    });
}

#[test]
fn row_16_a_name_of_folders_is_kept() {
    let place = Place::quick("folders");
    record(
        &place,
        &["--name", "{{ platform }}/{{ streamer }}/{{ title }}", "--option", "name=A B", "--option", "title=Song"],
    );
    assert_eq!(check_safe(&place), "direct/A B/Song.flv");
}

#[test]
fn row_17_a_name_that_is_taken_is_not_touched() {
    for taken in ["song.flv", "song.json", "song.mp4", "song.jpg"] {
        let place = Place::quick(&format!("taken-{taken}"));
        place.write(&format!("recordings/{taken}"), "precious");
        record(&place, &["--name", "song"]);
        assert_eq!(std::fs::read_to_string(place.out().join(taken)).unwrap(), "precious");
        assert!(place.files().contains(&String::from("song (2).flv")), "{:?}", place.files());
    }
}

/// A link that somebody has put there does not lead out.
#[test]
fn row_16_a_link_does_not_lead_out() {
    let place = Place::quick("link");
    let elsewhere = place.root().join("home/elsewhere");
    std::fs::create_dir_all(&elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, place.out().join("direct")).unwrap();
    let origin = Origin::start();
    origin.answers("/clip.flv", [Answer::file(clip::file(&[(Clip::Small, 2)]), "video/x-flv")]);
    let run = place.record(&origin.url("/clip.flv"), &["--name", "{{ platform }}/x", "--once"]);
    // Refused or recorded elsewhere in the folder, but never through the link.
    thread::sleep(Duration::from_secs(3));
    drop(run);
    assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 0, "written through a link");
}

/// Broken for this title alone, which nobody can know at the start.
#[test]
fn row_16_a_broken_template_falls_back_and_says_so() {
    let place = Place::quick("broken-template");
    let finished = record(&place, &["--name", "{% if title == 'clip' %}{{ titel }}{% endif %}x"]);
    assert!(check_safe(&place).ends_with(".flv"));
    assert!(finished.stderr.contains("template"), "{}", finished.stderr);
}
