use super::*;

const WHOLE: &str = r#"
name = "example"
version = "0.1.0"
description = "Rooms of example.com"
license = "MIT OR Apache-2.0"
platform = "example"
rooms = ["live.example.com/*", "ex.am/*"]
live = "by-check"
hosts = ["api.example.com", "*.example.com", "http://old.example.com", "api.example.com:8443", "setting:api"]
cookies = ["*.example.com"]
batch = 50
interval = "10s"

[[settings]]
name = "api"
type = "url"
default = "https://api.example.com"
help = "Where the API is"

[[settings]]
name = "key"
secret = true

[[samples]]
input = "https://live.example.com/1"
id = "1"
"#;

/// The whole manifest with one text replaced by another: what is said about it.
fn check(from: &str, to: &str, says: &str) {
    assert!(WHOLE.contains(from), "{from}");
    match parse(&WHOLE.replacen(from, to, 1)) {
        Ok(manifest) => panic!("`{to}` was taken: {manifest:?}"),
        Err(error) => assert!(error.contains(says), "`{to}`: {error}"),
    }
}

#[test]
fn every_key_is_read() {
    let manifest = parse(WHOLE).unwrap();
    assert_eq!(manifest.label(), "example@0.1.0");
    assert_eq!((manifest.batch, manifest.interval), (50, Duration::from_secs(10)));
    assert_eq!(manifest.live, Live::ByCheck);
    let hosts: Vec<String> = manifest.hosts.iter().map(ToString::to_string).collect();
    assert_eq!(
        hosts,
        ["api.example.com", "*.example.com", "http://old.example.com", "api.example.com:8443", "setting:api"]
    );
    assert_eq!(manifest.asks().last().unwrap(), "cookie for *.example.com");
    assert_eq!(manifest.settings[1].kind, SettingKind::String);
}

#[test]
fn what_is_wrong_is_told_in_few_words() {
    let long = "x".repeat(50_000);
    for wrong in ["name = \"", "version = \"", "live = \"", "id = \""] {
        let error = parse(&WHOLE.replacen(wrong, &format!("{wrong}{long}"), 1)).unwrap_err();
        assert!(error.len() < 1_100, "{wrong}: {} bytes", error.len());
    }
}

#[test]
fn a_name_and_a_version_are_enough() {
    let manifest = parse("name = \"tiny\"\nversion = \"1.0.0\"").unwrap();
    assert_eq!((manifest.platform.as_str(), manifest.batch, manifest.interval), ("tiny", 1, Duration::ZERO));
    assert!(manifest.hosts.is_empty() && manifest.rooms.is_empty());
}

#[test]
fn every_mistake_is_named() {
    check("batch = 50", "bacth = 50", "line 11: unknown field `bacth`, expected one of");
    check("name = \"example\"", "", "missing field `name`");
    check("name = \"example\"", "name = \"Exa mple\"", "lower-case letters");
    check("0.1.0", "0.1", "write it as `1.2.3`");
    check("ex.am/*", "https://ex.am/*", "has a scheme");
    check("by-check", "by-guess", "`by-check` or `by-media`");
    check("\"http://old", "\"ftp://old", "neither http nor https");
    check("\"*.example.com\", \"http", "\"*\", \"http", "`hosts`: `*` is no host");
    check("setting:api", "setting:nope", "does not declare");
    check("batch = 50", "batch = 0", "1 to 500");
    check("10s", "10 parsecs", "no span of time");
    check("10s", "2d", "longer than a day");
    check("type = \"url\"", "type = \"uri\"", "string, number, boolean or url");
    check("\"https://api.example.com\"", "\"api\"", "not an http or https URL");
    check("secret = true", "secret = true\ndefault = \"x\"", "a secret has no default");
    check("name = \"key\"", "name = \"api\"", "declared twice");
    check("id = \"1\"", "id = \"\"", "each one line");
    check("Rooms of example.com", "two\\nlines", "one line");
}

#[test]
fn what_is_shown_everywhere_is_short() {
    check("version = \"0.1.0\"", &format!("version = \"0.1.0-{}\"", "a".repeat(60)), "at most 64 are taken");
    check("id = \"1\"", "id = \"1\\nhint: x\"", "each one line");
    check("id = \"1\"", &format!("id = \"{}\"", "a".repeat(1_025)), "each one line");
}
