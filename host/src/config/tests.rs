//! What a user writes, and what he is told.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

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
            hint: known keys here: file"#]],
    );
}

#[test]
fn a_wrong_value_says_how_it_is_written() {
    check(
        "[check]\ninterval = \"soon\"\n",
        expect!["lyrebird.toml:2:12: `soon` is no span of time, write it as `30s`, `500ms`, `1h30m` or `2d`"],
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

#[test]
fn every_key_of_the_docs_is_known() {
    let docs = include_str!("../../../docs/cli.md");
    let toml = docs.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let config = parse(Path::new("docs/cli.md"), toml).unwrap();
    assert_eq!(config.output.split.size, Some(Size(8 << 30)));
    assert_eq!(config.output.split.duration, Some(Span(Duration::from_secs(6 * 3_600))));
    assert_eq!(config.plugin["NAME"].cookie, Some(Text::Env(String::from("SITE_COOKIE"))));
    assert_eq!(config.http.ip, Ip::Any);
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
fn a_secret_is_never_printed() {
    let config = parse(Path::new("x"), "[plugin.a]\ncookie = \"SESSDATA=canary\"\n").unwrap();
    assert!(!format!("{config:?}").contains("canary"));
    assert_eq!(config.plugin["a"].cookie.as_ref().unwrap().resolve("a").unwrap().reveal(), "SESSDATA=canary");
}
