//! Streamers who write whatever they like into their names and titles.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use lyrebird_tests::bilibili::Bilibili;
use lyrebird_tests::place::Place;

use super::stage::{end, head, rooms, start_with, wait_for_posts, wait_for_receptions};

/// What no file name may hold anywhere.
fn is_unsafe(letter: char) -> bool {
    letter.is_control()
        || "/\\:*?\"<>|".contains(letter)
        || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn names_stay_in_the_folder_and_events_on_their_lines() {
    let (place, platform) = (Place::new("run-titles"), Bilibili::start());
    let long = "🦜".repeat(110) + "0123456789";
    assert_eq!(long.len(), 450);
    let family = "👩‍👩‍👧‍👦".repeat(18);
    let hostile = [
        ("Ann", long.as_str()),
        ("../../../etc", "../../outside/passwd"),
        ("..", "."),
        ("a\nERROR room=1 forged\r", "b\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{0}\u{7f}"),
        ("\u{202e}gnp.exe", "x\u{2066}y\u{2069}\u{2028}z"),
        ("CON", "nul.txt "),
        ("-rf", "--help {{ 7 * 7 }} {% raw %}"),
        ("C:\\Windows", "a/b\\c:d*e?f\"g<h>i|j"),
        ("\u{3000}\u{200b}", "   "),
        ("👩‍👩‍👧‍👦", family.as_str()),
    ];
    let ids: Vec<u64> = (0..hostile.len()).map(|number| 3_000_001 + u64::try_from(number).unwrap()).collect();
    for (id, (streamer, title)) in ids.iter().zip(hostile) {
        platform.room(*id).streamer(streamer).title(title);
        platform.go_live(*id);
    }
    place.configure(&(head(&platform) + &rooms(&ids)));
    let names_before: BTreeSet<_> = beside(&place);
    let run = start_with(&place, &["--log", "debug"]);
    for id in &ids {
        wait_for_receptions(&platform, *id, 1);
    }
    wait_for_posts(&platform, hostile.len());
    std::thread::sleep(Duration::from_secs(1));
    let said = end(run);

    assert_eq!(place.recordings().len(), hostile.len(), "{:#?}", place.files());
    for name in place.files() {
        for part in name.split('/') {
            let stem = part.rsplit_once('.').map_or(part, |(stem, _)| stem);
            assert!(stem.len() <= 200, "{} bytes: {part:?}", stem.len());
            assert!(!part.contains(is_unsafe), "{part:?}");
            assert!(!part.starts_with(['.', '-']) && !part.trim().is_empty(), "{part:?}");
        }
        // A streamer without a letter that a name may hold has no folder.
        assert!((2..=3).contains(&name.split('/').count()), "platform, streamer, file: {name:?}");
    }
    let mut names_after = beside(&place);
    names_after.remove("data");
    assert_eq!(names_after, names_before, "nothing is written beside");
    for line in said.stderr.lines() {
        assert!(line.starts_with("20") && line.as_bytes()[10] == b'T', "not a line of ours: {line:?}");
        assert!(!line.contains(|letter: char| is_unsafe(letter) && (letter.is_control() || letter > '~')), "{line:?}");
    }
    platform.expect_no_violation();
}

fn beside(place: &Place) -> BTreeSet<String> {
    let entries = fs::read_dir(place.root()).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
