//! The program's own state: who writes it, who leaves it as it is, and what works without it.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use lyrebird_tests::clip::{self, Clip};
use lyrebird_tests::origin::{Answer, Origin};
use lyrebird_tests::place::Place;
use lyrebird_tests::program::{Run, guests};

const LIMIT: Duration = Duration::from_secs(60);

/// Everything below a folder, itself too: names, times of change, bytes.
fn tree(folder: &Path) -> Vec<(String, i64, i64, Vec<u8>)> {
    let about = fs::metadata(folder).unwrap();
    let mut found = vec![(folder.display().to_string(), about.mtime(), about.mtime_nsec(), Vec::new())];
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let (path, about) = (entry.path(), entry.metadata().unwrap());
        match about.is_dir() {
            true => found.extend(tree(&path)),
            false => {
                found.push((path.display().to_string(), about.mtime(), about.mtime_nsec(), fs::read(&path).unwrap()))
            }
        }
    }
    found.sort();
    found
}

fn end(command: Command, code: i32) {
    Run::start(command, None).finish(LIMIT).expect_code(code);
}

/// An origin with one clip, and its URL.
fn clip_at() -> (Origin, String) {
    let origin = Origin::start();
    origin.answers("/clip.flv", [Answer::file(clip::file(&[(Clip::Small, 2)]), "video/x-flv")]);
    let url = origin.url("/clip.flv");
    (origin, url)
}

/// Every command that only looks, with an answer.
fn look_at_everything(place: &Place, url: &str) {
    let guest = guests().join("telltale.wasm");
    for arguments in [
        &["check", url][..],
        &["plugin", "list"],
        &["plugin", "inspect", guest.to_str().unwrap()],
        &["doctor", "-o", "recordings"],
    ] {
        end(place.lyrebird(arguments), 0);
    }
    // One that is not in the cache, and keeps things in its store.
    end(place.lyrebird_with(&guests(), &["plugin", "list"]), 0);
}

#[test]
fn only_record_writes_the_data_directory() {
    let place = Place::new("state-looks");
    let data = place.root().join("data");
    let (_origin, url) = clip_at();
    look_at_everything(&place, &url);
    assert!(!data.exists(), "a command that only looks made it");

    place.record(&url, &["--once"]).finish(LIMIT).expect_code(0);
    // What else is compiled has a folder of its own, in that of the compiled plugins.
    let compiled = data.join("compiled");
    let parts = || -> (Vec<_>, Vec<_>) {
        let all = tree(&data).into_iter().filter(|(name, ..)| Path::new(name) != compiled);
        all.partition(|(name, ..)| Path::new(name).starts_with(compiled.join("tried")))
    };
    let (tried, before) = parts();
    assert!(tried.is_empty());
    let kept = |end: &str| before.iter().any(|(name, ..)| name.ends_with(end));
    assert!(kept("plugins.lock") && kept("lyrebird.db") && kept(".cwasm"), "{before:?}");
    look_at_everything(&place, &url);
    let (tried, after) = parts();
    assert!(after == before, "a command that only looks changed it");
    let codes = || fs::read_dir(compiled.join("tried")).unwrap().count();
    assert!(!tried.is_empty() && codes() > 0, "what it compiled is kept");
    let count = codes();
    look_at_everything(&place, &url);
    assert_eq!(codes(), count, "and is not compiled again");

    fs::set_permissions(&data, fs::Permissions::from_mode(0o500)).unwrap();
    look_at_everything(&place, &url);
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
}

/// As the tests call it, but with no place for its state.
fn homeless(place: &Place, arguments: &[&str]) -> Command {
    let told = place.lyrebird(arguments);
    let mut command = Command::new(told.get_program());
    let mut words = told.get_args();
    while let Some(word) = words.next() {
        match word == "--data" {
            true => drop(words.next()),
            false => drop(command.arg(word)),
        }
    }
    command.env_clear().current_dir(place.root()).env("NO_COLOR", "1");
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command
}

#[test]
fn only_record_needs_a_data_directory() {
    let place = Place::new("state-nowhere");
    let (_origin, url) = clip_at();
    let file = place.write("clip.flv", Clip::Small.bytes());
    let guest = guests().join("telltale.wasm");
    for arguments in [
        &["check", &url][..],
        &["plugin", "list"],
        &["plugin", "inspect", guest.to_str().unwrap()],
        &["flv", "inspect", file.to_str().unwrap()],
        &["completions", "bash"],
    ] {
        end(homeless(&place, arguments), 0);
    }
    let said = Run::start(homeless(&place, &["doctor", "-o", "recordings"]), None).finish(LIMIT).expect_code(1).stdout;
    assert!(said.contains("--data DIR") && said.contains("direct@"), "{said}");
    let refused = Run::start(homeless(&place, &["record", &url]), None).finish(LIMIT).expect_code(2);
    refused.expect_stderr("hint: name one with `--data DIR`");
    assert!(fs::read_dir(place.out()).unwrap().next().is_none());
}
