//! One word, one thing (docs/glossary.md); and no platform by name in the host.

use super::{none, read, texts};

/// Sites with live rooms. The host must never know one.
const PLATFORMS: [&str; 27] = [
    "bilibili",
    "huya",
    "douyu",
    "yy.com",
    "huajiao",
    "longzhu",
    "yizhibo",
    "twitch",
    "douyin",
    "youtube",
    "kick.com",
    "tiktok",
    "kuaishou",
    "panda.tv",
    "zhanqi",
    "niconico",
    "afreeca",
    "sooplive",
    "chzzk",
    "twitcasting",
    "showroom-live",
    "weibo",
    "xiaohongshu",
    "acfun",
    "inke.cn",
    "picarto",
    "bigo.tv",
];

#[test]
fn the_host_knows_no_platform_by_name() {
    let mut found = Vec::new();
    for file in texts().iter().filter(|file| file.is_below("host/")) {
        for (number, line) in file.lines() {
            let line = line.to_lowercase();
            found.extend(
                PLATFORMS
                    .iter()
                    .filter(|name| line.contains(*name))
                    .map(|name| format!("{}:{number}: {name}", file.path)),
            );
        }
    }
    none(found, "what is known of a platform belongs into its plugin");
}

/// Words that the glossary has another word for, and that mean nothing else in our trade. (`part`, `frame`, `channel`,
/// `message` and the like have honest other uses; a reader has to watch those.)
const FORBIDDEN: [(&str, &str); 19] = [
    ("extractor", "picker or platform"),
    ("spider", "picker"),
    ("scraper", "picker"),
    ("nickname", "streamer"),
    ("performer", "streamer"),
    ("anchor", "streamer"),
    ("broadcaster", "streamer"),
    ("addon", "plugin"),
    ("durl", "candidate"),
    ("streaminfo", "candidate"),
    ("download", "reception or recording"),
    ("downloader", "reception or recording"),
    ("downloads", "receptions or recordings"),
    ("cassette", "tape"),
    ("extradata", "sequence header"),
    ("pusher", "notifier"),
    ("webhook", "notifier"),
    ("debounce", "grace"),
    ("livestreamer", "streamer"),
];

/// What platforms call things in their own protocols: to speak one, a plugin has to spell these words.
const SPELLED: [&str; 2] = ["get_anchor_in_room", "anchor_info"];

/// The parts of all identifiers and words of a line: `streamInfo_url` → stream, info, url and streaminfo.
fn parts(line: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for word in line.split(|one: char| !one.is_alphanumeric()) {
        parts.push(word.to_lowercase());
        let mut part = String::new();
        for character in word.chars() {
            if character.is_uppercase() && !part.is_empty() {
                parts.push(std::mem::take(&mut part).to_lowercase());
            }
            part.push(character);
        }
        parts.push(part.to_lowercase());
    }
    parts
}

#[test]
fn one_word_for_one_thing() {
    let mut found = Vec::new();
    let ours = ["host/", "wit/", "plugin-sdk/src/", "plugins/", "tests/src/"];
    for file in
        texts().iter().filter(|file| ours.iter().any(|folder| file.is_below(folder)) && !file.path.ends_with(".lock"))
    {
        for (number, line) in file.lines() {
            // The debouncer is a library's name; its wait is none of ours.
            if line.contains("debouncer") {
                continue;
            }
            let line = SPELLED.iter().fold(line.to_owned(), |line, word| line.replace(word, ""));
            for part in parts(&line) {
                if let Some((word, better)) = FORBIDDEN.iter().find(|(word, _)| *word == part) {
                    found.push(format!("{}:{number}: `{word}`, say {better}", file.path));
                }
            }
        }
    }
    none(found, "words (see docs/glossary.md)");
}

#[test]
fn identifiers_fall_into_words() {
    assert!(parts("fn get_streamInfo(url)").contains(&String::from("streaminfo")));
    assert!(parts("struct DownloadTask;").contains(&String::from("download")));
}

#[test]
fn the_glossary_has_the_words() {
    let glossary = read("docs/glossary.md");
    let words = [
        "platform",
        "room",
        "streamer",
        "plugin",
        "picker",
        "notifier",
        "target",
        "receipt",
        "candidate",
        "session",
        "grace",
        "reception",
        "recording",
        "segment",
        "cut",
        "tag",
        "group",
        "sequence header",
        "timeline",
        "repair",
        "gap",
        "lease",
        "desk",
        "tape",
        "fixture",
    ];
    let missing = words.iter().filter(|word| !glossary.contains(&format!("| {word}")));
    none(missing.map(ToString::to_string).collect(), "words without an entry in docs/glossary.md");
}
