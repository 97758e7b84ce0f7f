//! What a user writes, and what he is told.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use expect_test::{Expect, expect};

use super::*;

fn check(text: &str, expected: Expect) {
    let told = match parse(Path::new("lyrebird.toml"), text) {
        Ok(config) => format!("{config:#?}"),
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&told);
}

#[test]
fn a_misspelt_key_names_its_place_and_its_neighbour() {
    check(
        "[output]\ndir = \"x\"\nnmae = \"y\"\n",
        expect![[r#"
            lyrebird.toml:3:1: unknown key `nmae`
            hint: did you mean `name`?"#]],
    );
    check(
        "[chekc]\ninterval = \"30s\"\n",
        expect![[r#"
            lyrebird.toml:1:2: unknown key `chekc`
            hint: did you mean `check`?"#]],
    );
    check(
        "[rooms]\nwhatever = 1\n",
        expect![[r#"
            lyrebird.toml:2:1: unknown key `whatever`
            hint: known here: file"#]],
    );
}

#[test]
fn a_wrong_value_says_how_it_is_written() {
    check(
        "[check]\ninterval = \"soon\"\n",
        expect!["lyrebird.toml:2:12: `soon` is no span of time, write it as `30s`, `500ms`, `1h30m` or `2d`"],
    );
    check(
        "[output]\nsync = \"never\"\n",
        expect!["lyrebird.toml:2:8: `never` is no span of time, write it as `5s` or `1m`, or `off`"],
    );
    check("[output]\nsync = 0\n", expect!["lyrebird.toml:2:8: `output.sync` is 0, it must be more"]);
    check("[output]\npatience = 0\n", expect!["lyrebird.toml:2:12: `output.patience` is 0, it must be more"]);
    check(
        "[output]\npatience = \"61s\"\n",
        expect![
            "lyrebird.toml:2:12: `output.patience` must be at most 1m: servers give up a connection that is not read"
        ],
    );
    check(
        "[check]\nrate = \"2\"\n",
        expect!["lyrebird.toml:2:8: `2` is no rate, write it as `2/s`, `30/m` or `100/h`"],
    );
    check(
        "[plugin.x]\ncookie = { evn = \"A\" }\n",
        expect![[r#"lyrebird.toml:2:10: expected a text, a number, { env = "NAME" } or { file = "PATH" }"#]],
    );
}

#[test]
fn broken_toml_names_its_place() {
    check("[output\n", expect!["lyrebird.toml:1:8: unclosed table, expected `]`"]);
}

/// A folder of one test, gone with it.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("lyrebird-config-{name}-{}", std::process::id()));
        fs::remove_dir_all(&path).ok();
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(super) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// Each table of the file: how its head is written, and where the schema has its keys.
const TABLES: [(&str, &str); 12] = [
    ("", ""),
    ("[output]", "/properties/output"),
    ("[output.split]", "/properties/output/properties/split"),
    ("[check]", "/properties/check"),
    ("[http]", "/properties/http"),
    ("[ffmpeg]", "/properties/ffmpeg"),
    ("[plugins]", "/properties/plugins"),
    ("[plugin.direct]", "/properties/plugin/additionalProperties"),
    ("[plugin.direct.limits]", "/properties/plugin/additionalProperties/properties/limits"),
    ("[[notify]]", "/properties/notify/items"),
    ("[[room]]", "/properties/room/items"),
    ("[rooms]", "/properties/rooms"),
];

/// The keys that a table may have, in the parser's own words.
fn keys(head: &str) -> BTreeSet<String> {
    let error = toml::from_str::<Config>(&format!("{head}\n\"?\" = 1\n")).unwrap_err();
    let keys = error.message().split('`').skip(3).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    assert!(!keys.is_empty(), "{head}: {error}");
    keys
}

/// The default file with every `#key` as a key.
fn everything() -> String {
    let lines = DEFAULT_TEXT.lines().map(|line| match line.strip_prefix('#') {
        Some(key) if !key.is_empty() && !key.starts_with(' ') => key,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn schema() -> serde_json::Value {
    serde_json::from_str(SCHEMA).unwrap()
}

#[test]
fn the_default_file_says_the_defaults() {
    assert_eq!(parse(Path::new("default.toml"), DEFAULT_TEXT).unwrap(), Config::default());
}

#[test]
fn every_key_is_in_the_default_file_the_schema_and_the_docs() {
    let everything = everything();
    parse(Path::new("default.toml"), &everything).unwrap_or_else(|error| panic!("{error}"));
    let schema = schema();
    let docs = include_str!("../../../docs/config.md");
    for (head, place) in TABLES {
        let keys = keys(head);
        let known = schema.pointer(&format!("{place}/properties")).and_then(serde_json::Value::as_object);
        let known: BTreeSet<String> = known.unwrap_or_else(|| panic!("{place}")).keys().cloned().collect();
        assert_eq!(keys, known, "the schema's keys of {head}");
        if head.is_empty() {
            continue;
        }
        let (_, section) = everything
            .split_once(&format!("\n{head}\n"))
            .unwrap_or_else(|| panic!("{head} is not in the default file"));
        let section = section.split("\n[").next().unwrap();
        let (_, documented) = docs
            .split_once(&format!("## `{}`", head.replace("direct", "NAME")))
            .unwrap_or_else(|| panic!("{head} is not in docs/config.md"));
        let documented = documented.split("\n## ").next().unwrap();
        for key in keys {
            // A table of its own is written as one.
            let table = format!("[{}.{key}]", head.trim_matches(['[', ']']));
            let written = section.lines().any(|line| line.starts_with(&format!("{key} = ")));
            assert!(written || everything.contains(&table), "{head} {key} is not in the default file");
            assert!(documented.contains(&format!("\n| `{key}` |")), "{head} {key} is not in docs/config.md");
        }
    }
}

/// A table that is added to the config is added to [`TABLES`].
#[test]
fn every_table_is_looked_at() {
    fn objects(place: &str, value: &serde_json::Value, found: &mut BTreeSet<String>) {
        let serde_json::Value::Object(fields) = value else { return };
        if fields.contains_key("properties") {
            found.insert(place.to_owned());
        }
        fields.iter().for_each(|(name, value)| objects(&format!("{place}/{name}"), value, found));
    }
    let mut found = BTreeSet::new();
    objects("", &serde_json::json!({ "properties": schema()["properties"] }), &mut found);
    assert_eq!(found, TABLES.iter().map(|(_, place)| (*place).to_owned()).collect());
}

/// What the schema calls a default is the default file's value.
#[test]
fn the_schema_has_the_defaults() {
    let schema = schema();
    let table: toml::Value = toml::from_str(&everything()).unwrap();
    let table = serde_json::to_value(table).unwrap();
    let mut compared = 0;
    for (head, place) in TABLES.iter().filter(|(head, _)| !head.is_empty()) {
        let path = head.trim_matches(['[', ']']).replace('.', "/");
        let path = if head.starts_with("[[") { format!("/{path}/0") } else { format!("/{path}") };
        let values = table.pointer(&path).unwrap_or_else(|| panic!("{path}"));
        let properties = schema.pointer(&format!("{place}/properties")).unwrap().as_object().unwrap();
        for (key, property) in properties.iter().filter(|(key, _)| *key != "hosts") {
            if let Some(default) = property.get("default") {
                assert_eq!(default, &values[key], "{head} {key}");
                compared += 1;
            }
        }
    }
    assert!(compared > 25, "{compared}");
}

#[test]
fn the_schema_knows_every_kind_of_event() {
    let schema = schema();
    let kinds = schema.pointer("/properties/notify/items/properties/on/items/enum").unwrap();
    let known: Vec<&str> = crate::event::Kind::ALL.iter().map(|kind| kind.word()).collect();
    assert_eq!(kinds, &serde_json::json!(known));
}

#[test]
fn every_example_of_the_docs_is_a_config() {
    let docs = [include_str!("../../../docs/config.md"), include_str!("../../../docs/cli.md")];
    let examples: Vec<&str> = docs.iter().flat_map(|page| page.split("```toml\n").skip(1)).collect();
    assert!(!examples.is_empty());
    for example in examples {
        let example = example.split("```").next().unwrap();
        parse(Path::new("docs/config.md"), example).unwrap_or_else(|error| panic!("{error}\n{example}"));
    }
}

#[test]
fn a_config_is_looked_for_in_the_usual_places() {
    let places = |config: Option<&str>, home: Option<&str>| {
        let places = usual_places(config.map(Path::new), home.map(Path::new));
        places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(places(Some("/c"), Some("/h")), "lyrebird.toml /c/lyrebird/lyrebird.toml");
    assert_eq!(places(None, Some("/h")), "lyrebird.toml /h/.config/lyrebird/lyrebird.toml");
    assert_eq!(places(None, None), "lyrebird.toml");
}

#[test]
fn spans_and_sizes_are_read_as_people_write_them() {
    let span = |text: &str| text.parse::<Span>().map(|span| span.0.as_millis());
    assert_eq!(span("1h30m"), Ok(5_400_000));
    assert_eq!(span("500ms"), Ok(500));
    assert_eq!(span("0.5s"), Ok(500));
    assert_eq!(span("90"), Ok(90_000));
    assert!(span("").is_err() && span("h").is_err() && span("-1s").is_err() && span("1e400s").is_err());
    let size = |text: &str| text.parse::<Size>().map(|size| size.0);
    assert_eq!(size("8GiB"), Ok(8 << 30));
    assert_eq!(size("500MB"), Ok(500_000_000));
    assert_eq!(size("1.5 KiB"), Ok(1_536));
    assert!(size("lots").is_err() && size("999999999999TiB").is_err());
}

#[test]
fn a_secret_that_is_not_there_is_named_by_its_key_and_place() {
    let check = |text: &str, expected: &str| {
        let told = parse(Path::new("x"), text).unwrap().find_secrets().map_err(|error| error.to_string());
        let hint = "\nhint: put the secret there, or leave the key out";
        assert_eq!(told, Err(format!("cannot read {expected}{hint}")));
    };
    let unset = "the environment variable `LYREBIRD_TEST_UNSET` is not set";
    let place = "{ env = \"LYREBIRD_TEST_UNSET\" }";
    check(&format!("[plugin.a]\ncookie = {place}\n"), &format!("`plugin.a.cookie`: {unset}"));
    check(&format!("[plugin.a]\nsettings = {{ key = {place} }}\n"), &format!("`plugin.a.settings.key`: {unset}"));
    check(&format!("[http]\nproxy = {place}\n"), &format!("`http.proxy`: {unset}"));
    check(
        "[plugin.a]\ncookie = { file = \"/proc/nowhere\" }\n",
        "`plugin.a.cookie`: file `/proc/nowhere`: No such file or directory (os error 2)",
    );
    check(
        "[plugin.a]\ncookie = { file = \"/dev/null\" }\n",
        "`plugin.a.cookie`: file `/dev/null`: it is no file but a pipe or a device",
    );
    assert!(parse(Path::new("x"), "[plugin.a]\ncookie = \"a=b\"\n").unwrap().find_secrets().is_ok());
}

#[test]
fn a_secret_is_never_printed() {
    let config = parse(Path::new("x"), "[plugin.a]\ncookie = \"SESSDATA=canary\"\n").unwrap();
    assert!(!format!("{config:?}").contains("canary"));
    assert_eq!(config.plugin["a"].cookie.as_ref().unwrap().resolve("a").unwrap().reveal(), "SESSDATA=canary");
}
