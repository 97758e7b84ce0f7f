//! `config` at the door: what is wrong and where, what to begin with, what editors read.

use std::fs;

use lyrebird_tests::place::Place;
use serde_json::{Value, json};

/// A config with one fault of each kind that only the whole program can tell.
const WRONG: &str = r#"[output]
name = "{{ streamr }}"
[plugin.direct]
settings = { depth = 1 }
[plugin.drect]
[[notify]]
name = "family"
plugin = "direct"
[[room]]
url = "https://example.test/watch"
[[room]]
url = "https://example.test/live.flv"
plugin = "nobody"
[rooms]
file = "rooms.txt"
"#;

#[test]
fn what_is_wrong_has_its_place() {
    let place = Place::new("config-wrong");
    place.configure(WRONG);
    place.write("rooms.txt", "https://example.test/a.flv\n#https://example.test/a.flv\nhttps://example.test/page\n");
    let finished = place.run(&["config", "check"]).expect_code(2);
    assert!(finished.stdout.is_empty(), "{}", finished.stdout);
    for line in [
        "error: lyrebird.toml:2:8: the template of names `{{ streamr }}` is broken",
        "error: lyrebird.toml:4:1: plugin `direct` has no settings, `depth` is set",
        "note: lyrebird.toml:5:9: there is no plugin `drect`",
        "error: lyrebird.toml:8:10: plugin `direct` is no notifier",
        "error: lyrebird.toml:10:7: no picker takes `https://example.test/watch`",
        "error: lyrebird.toml:12:7: there is no plugin `nobody`",
        "note: rooms.txt:2:2: `https://example.test/a.flv` is at rooms.txt:1:1 already",
        "error: rooms.txt:3:1: no picker takes `https://example.test/page`",
    ] {
        assert!(finished.stderr.lines().any(|told| told.starts_with(line)), "`{line}` is not in: {}", finished.stderr);
    }
    let document = place.run(&["config", "check", "--json"]).expect_code(2).json();
    assert_eq!((&document["valid"], &document["rooms"]), (&json!(false), &json!(4)));
    assert_eq!(document["faults"].as_array().unwrap().len(), 6, "{document:#}");
    let first = &document["faults"][0];
    assert_eq!((&first["file"], &first["line"], &first["column"]), (&json!("lyrebird.toml"), &json!(2), &json!(8)));
    assert!(!place.root().join("data").exists(), "a check leaves nothing behind");
}

#[test]
fn a_config_that_is_no_config_is_told_as_json_too() {
    let place = Place::new("config-broken");
    place.configure("[check]\njitter = 2\nrate = \"often\"\n");
    let document = place.run(&["config", "check", "--json"]).expect_code(2).json();
    assert_eq!((&document["valid"], &document["rooms"]), (&json!(false), &Value::Null));
    assert_eq!(document["faults"][0]["line"], 3, "{document:#}");
    place.configure("[check]\njitter = 2\n[http]\nstall = 0\n");
    let document = place.run(&["config", "check", "--json"]).expect_code(2).json();
    let lines: Vec<_> = document["faults"].as_array().unwrap().iter().map(|fault| &fault["line"]).collect();
    assert_eq!(lines, [2, 4], "{document:#}");
}

/// What is printed to begin with is right, and found where a config is looked for.
#[test]
fn a_beginner_gets_a_config_that_is_fine() {
    let place = Place::new("config-default");
    let finished = place.run(&["config", "check"]).expect_code(2);
    assert!(finished.stderr.contains("hint: `lyrebird config default > lyrebird.toml`"), "{}", finished.stderr);
    let text = place.run(&["config", "default"]).expect_code(0).stdout;
    let own = place.write("home/.config/lyrebird/lyrebird.toml", &text);
    let said = place.run(&["config", "check"]).expect_code(0).stdout;
    assert_eq!(said.trim(), format!("{}: fine, 0 rooms, 0 targets", own.display()));
    place.configure("[[room]]\nurl = \"http://example.test/a.flv\"\nenabled = false\n");
    let said = place.run(&["config", "check"]).expect_code(0).stdout;
    assert_eq!(said.trim(), "lyrebird.toml: fine, 1 room (1 paused), 0 targets");
}

#[test]
fn the_schema_is_json() {
    let place = Place::new("config-schema");
    let schema: Value = serde_json::from_str(&place.run(&["config", "schema"]).expect_code(0).stdout).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert!(schema["properties"]["room"]["items"]["properties"]["min_quality"].is_object());
}

/// Without plugins the file alone is judged, and that is said.
#[test]
fn without_plugins_the_file_alone_is_judged() {
    let place = Place::new("config-alone");
    place.configure("[[room]]\nurl = \"https://example.test/watch\"\n");
    let nothing = place.root().join("nothing");
    fs::create_dir(&nothing).unwrap();
    let command = place.lyrebird_with(&nothing, &["config", "check"]);
    let finished = lyrebird_tests::program::Run::start(command, None).finish(std::time::Duration::from_secs(30));
    let finished = finished.expect_code(0);
    assert!(finished.stderr.starts_with("note: there are no plugins here"), "{}", finished.stderr);
}
