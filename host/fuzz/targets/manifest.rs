//! Any text as `plugin.toml`: reading never panics, what is taken keeps every promise of the manifest and is read again
//! as it is printed, and what is wrong is told in few words.
#![no_main]

use std::collections::HashSet;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use lyrebird::http::host::HostPattern;
use lyrebird::plugin::fuzzing::{manifest, takes};
use lyrebird::plugin::{HostEntry, Manifest};
use lyrebird_fuzz::{FIELD, fields, input, keep};

/// The longest that is said about a manifest: it stands in one line of a table.
const MOST_WORDS: usize = 2 << 10;

const SEEDS: [&str; 6] = [
    include_str!("../../../plugins/direct/plugin.toml"),
    include_str!("../../../tests/guests/lantern/plugin.toml"),
    include_str!("../../../tests/guests/misbehaving/plugin.toml"),
    include_str!("../../../tests/guests/start-trap/plugin.toml"),
    include_str!("../../../tests/guests/telltale/plugin.toml"),
    "name = 'x'\nversion = '1.0.0-rc.1+b'\nbatch = 500\ninterval = '1h30m'\nrooms = ['*.flv', 'a/*b*']\n\
     hosts = ['*.a:81', 'http://[::1]:80', 'setting:n']\nsettings = [{ name = 'n', type = 'url', default = 'http://a' }]",
];

fuzz_target!(
    init: keep(SEEDS.map(|text| input(&[text, "https://lantern.test/room/42?a=b"]))),
    |input: &[u8]| {
        let [text, url] = fields(input);
        match manifest(&text) {
            Ok(manifest) => {
                keeps_its_promises(&manifest);
                takes(&manifest, &url);
            }
            Err(why) => {
                assert!(!why.is_empty() && why.len() <= MOST_WORDS, "{} bytes are said", why.len());
                assert!(!why.contains(FIELD));
            }
        }
    }
);

fn keeps_its_promises(manifest: &Manifest) {
    for word in [&manifest.name, &manifest.platform] {
        let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        assert!((1..=40).contains(&word.len()) && word.chars().all(fits), "`{word}` becomes a part of names");
    }
    assert!((1..=500).contains(&manifest.batch) && manifest.interval <= Duration::from_secs(86_400));
    let lines = [&manifest.description, &manifest.license].into_iter();
    for line in lines.chain(manifest.settings.iter().map(|setting| &setting.help)) {
        assert!(line.len() <= 500 && !line.chars().any(char::is_control), "{line:?} is not a line");
    }
    let patterns = manifest.hosts.iter().filter_map(|host| match host {
        HostEntry::Pattern(pattern) => Some(pattern),
        HostEntry::Setting(name) => {
            assert!(manifest.settings.iter().any(|setting| setting.name == *name), "there is no setting `{name}`");
            None
        }
    });
    for pattern in patterns.chain(&manifest.cookies) {
        let again = HostPattern::parse(&pattern.to_string()).expect("what we print we read");
        assert_eq!(*pattern, again, "`{pattern}` is another pattern when it is read again");
    }
    let names: HashSet<&str> = manifest.settings.iter().map(|setting| setting.name.as_str()).collect();
    assert_eq!(names.len(), manifest.settings.len(), "two settings have one name");
    for setting in &manifest.settings {
        let default = setting.default.as_deref().filter(|text| !text.is_empty());
        assert!(default.is_none_or(|text| setting.kind.takes(text) && !setting.secret), "{setting:?}");
    }
    // What is granted is kept in this form, and compared with it.
    let asked = manifest.hosts.len() + manifest.cookies.len();
    let defaults = manifest.settings.iter().filter(|setting| setting.default.is_some()).count();
    assert!((asked..=asked + defaults).contains(&manifest.asks().len()), "{:?}", manifest.asks());
}
