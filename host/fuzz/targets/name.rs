//! Any template with any facts: every part of a name is one legal component of bounded length on every common file
//! system, nothing leads outside the folder, and a name that was made safe stays as it is.
#![no_main]

use std::path::Component;
use std::time::{Duration, SystemTime};

use libfuzzer_sys::fuzz_target;
use lyrebird::config::DEFAULT_NAME;
use lyrebird::model::{Broadcast, Candidate, Quality, RoomKey, Transport};
use lyrebird::record::name::{Facts, Name, check_template, name};
use lyrebird_fuzz::{fields, input, keep};

/// Bytes of a component, and of what is added to the last one: ` (99)`, `_9999`, `.json.tmp`.
const MOST_BYTES: usize = 200;
const ADDED_BYTES: usize = 24;

/// Template, streamer, title, category, quality, room.
const SEEDS: [[&str; 6]; 10] = [
    [DEFAULT_NAME, "Ann", "Hello", "", "source", "1"],
    ["{{ streamer }}/{{ title }}", "A/B", "../../etc/passwd", "", "", "http://h/x.flv?a=b"],
    ["../{{ title }}", "", "a\\b:c*d?e\"f<g>h|i", "", "", "con"],
    ["{{ title }}/", "", "con.flv\u{202e}", "\u{200b}", "", ""],
    ["{{ title }}", "", "e\u{200b}\u{301}\u{338}<\u{338}", "", "", ""],
    ["{{ title }} {{ category }}", "", "👨\u{200d}👩\u{200d}👧字", "LPT²", "", ""],
    ["{{ start | date('%Y/%m %:z %3f') }}/{{ title | upper }}", "", "ß\u{149}ŉ", "", "原画", ""],
    ["{% if cdn %}{{ cdn }}/{% endif %}{% for x in title %}{{ x }}.{% endfor %}", "", "aux", "", "", ""],
    ["{% set a = title ~ title %}{{ a | replace('a', streamer) | length }}", "b", "aaa", "", "", ""],
    ["{{ quality }}{{ codec }}{{ transport }}{{ session }}{{ broadcast | default('x') }}", "", "", "", "q", ""],
];

fuzz_target!(
    init: keep(SEEDS.map(|seed| input(&seed))),
    |input: &[u8]| {
        let [template, streamer, title, category, quality, room] = fields(input);
        let texts = [streamer.as_str(), &title, &category, &quality, &room];
        let (made, broken) = named(&template, texts);
        is_legal(&made);
        // One that is told to be broken is, and its name is the default's.
        if let Some(why) = &broken {
            assert!(!why.is_empty());
            assert_eq!(made, named(DEFAULT_NAME, texts).0);
        }
        let _ = check_template(&template);
        for part in made.folder.iter().map(|part| part.to_str().expect("text")).chain([made.stem.as_str()]) {
            let (again, broken) = named("{{ title }}/{{ title }}", ["", part, "", "", ""]);
            assert_eq!(broken, None);
            is_legal(&again);
            assert_eq!(again.folder.to_str(), Some(part), "a legal name was made another");
        }
        let (again, _) = named("{{ title }}", ["", &made.stem, "", "", ""]);
        assert_eq!(again, Name { folder: Default::default(), stem: made.stem }, "a legal name was made another");
    }
);

fn named(template: &str, [streamer, title, category, quality, room]: [&str; 5]) -> (Name, Option<String>) {
    let room = RoomKey { platform: String::from("platform"), id: room.to_owned() };
    let broadcast = Broadcast {
        streamer: streamer.to_owned(),
        title: title.to_owned(),
        category: Some(category.to_owned()),
        ..Broadcast::default()
    };
    let candidate = Candidate {
        url: String::new(),
        transport: Transport::Flv,
        codec: None,
        quality: Quality { label: quality.to_owned(), ..Quality::default() },
        cdn: Some(category.to_owned()),
        headers: Vec::new(),
        expires_at: None,
        extra: Vec::new(),
    };
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    name(template, &Facts { room: &room, broadcast: &broadcast, candidate: &candidate, session: "s", start })
}

fn is_legal(name: &Name) {
    assert!(name.folder.components().all(|part| matches!(part, Component::Normal(_))), "{name:?} leads outside");
    let folder = name.folder.to_str().expect("text");
    for part in folder.split('/').filter(|_| !folder.is_empty()) {
        is_component(part, MOST_BYTES);
    }
    is_component(&name.stem, MOST_BYTES - ADDED_BYTES);
    is_component(&format!("{} (99)_9999.json.tmp", name.stem), MOST_BYTES);
}

/// What Linux, macOS and Windows, and the file systems of memory cards, take as one name.
fn is_component(part: &str, most: usize) {
    assert!((1..=most).contains(&part.len()), "{part:?} has {} bytes", part.len());
    let forbidden = |letter: char| {
        let reordering = ('\u{202a}'..='\u{202e}').contains(&letter) || ('\u{2066}'..='\u{2069}').contains(&letter);
        letter.is_control() || reordering || "/\\:*?\"<>|".contains(letter)
    };
    assert!(!part.contains(forbidden), "{part:?} has a forbidden character");
    assert!(!part.starts_with(['.', '-', ' ']) && !part.ends_with(['.', ' ']), "{part:?} begins or ends badly");
    let base = part.split('.').next().unwrap_or(part).trim_end().to_uppercase();
    let device = ["CON", "PRN", "AUX", "NUL", "COM1", "COM9", "LPT1", "LPT9"].contains(&base.as_str());
    assert!(!device, "{part:?} is a device of Windows");
}
