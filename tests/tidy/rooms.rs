//! Files are rooms: small, with a sign on the door, under a name that says what they are about.

use std::collections::BTreeSet;
use std::fs;

use super::{Text, none, read, root, rust, texts};

const MOST_LINES: usize = 400;

#[test]
fn a_file_has_at_most_400_lines() {
    let long = rust().into_iter().filter(|file| file.text.lines().count() > MOST_LINES);
    none(long.map(|file| format!("{} has {}", file.path, file.text.lines().count())).collect(), "too long");
}

/// Clippy counts; this holds that it does, everywhere, and up to 70.
#[test]
fn a_function_has_at_most_70_lines() {
    assert!(read("clippy.toml").contains("too-many-lines-threshold = 70"));
    let manifest: toml::Value = toml::from_str(&read("Cargo.toml")).unwrap();
    let lints = &manifest["workspace"]["lints"]["clippy"];
    assert_eq!(lints["too_many_lines"].as_str(), Some("deny"));
    let deaf = texts().into_iter().filter(|file| file.path.ends_with("/Cargo.toml") && !file.path.contains("/fuzz/"));
    let deaf = deaf.filter(|file| !file.text.contains("[lints]\nworkspace = true"));
    none(deaf.map(|file| file.path).collect(), "crates that do not take the workspace's lints");
    // What `bindgen!` writes into one room is nobody's style.
    let ours = rust().into_iter().filter(|file| file.path != "host/src/plugin/bindings.rs");
    let escapes = ours.filter(|file| file.text.contains(&["clippy::too_many", "_lines"].concat()));
    none(escapes.map(|file| file.path).collect(), "the length of functions is not for bargaining");
}

#[test]
fn every_file_has_a_sign_on_the_door() {
    let bare = rust().into_iter().filter(|file| !file.is_tests() && !file.text.starts_with("//! "));
    none(bare.map(|file| file.path).collect(), "files that do not begin with `//!` and what they are for");
    let skeletons = rust().into_iter().filter(|file| file.path != "tests/tidy/rooms.rs");
    let skeletons =
        skeletons.filter(|file| file.text.starts_with("//! Skeleton") || file.text.starts_with("//! (to be built"));
    none(skeletons.map(|file| file.path).collect(), "files that say nothing but that they will");
}

#[test]
fn names_name_a_subject() {
    let empty = ["mod", "utils", "util", "common", "helpers", "helper", "manager", "service", "misc", "core", "types"];
    let wrong = rust().into_iter().filter(|file| {
        let stem = file.path.rsplit('/').next().unwrap().trim_end_matches(".rs");
        // The SDK's `types` are the contract's interface `types`.
        empty.contains(&stem) && file.path != "plugin-sdk/src/types.rs"
    });
    none(wrong.map(|file| file.path).collect(), "names that name nothing (and `foo.rs` beside `foo/`, never `mod.rs`)");
}

#[test]
fn the_top_level_is_as_agreed() {
    let agreed: BTreeSet<&str> = [
        ".cargo",
        ".ci",
        ".git",
        ".gitignore",
        ".gitattributes",
        "CHANGELOG.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "clippy.toml",
        "deny.toml",
        "docs",
        "host",
        "plugin-sdk",
        "plugins",
        "recordings",
        "rust-toolchain.toml",
        "rustfmt.toml",
        "target",
        "tests",
        "wit",
        "xtask",
    ]
    .into();
    let there: Vec<String> =
        fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    none(there.into_iter().filter(|name| !agreed.contains(name.as_str())).collect(), "not of the house's plan");
    let needed = [
        "README.md",
        "CHANGELOG.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "deny.toml",
        ".ci/run",
        "docs/architecture.md",
        "docs/glossary.md",
        "docs/style.md",
        "docs/plugin-spec.md",
    ];
    none(needed.iter().filter(|path| !root().join(path).is_file()).map(ToString::to_string).collect(), "missing");
}

#[test]
fn decisions_are_numbered_and_tell_why() {
    let decisions: Vec<Text> = texts().into_iter().filter(|file| file.is_below("docs/decisions/")).collect();
    assert!(decisions.len() >= 5, "where are the decisions?");
    for (index, decision) in decisions.iter().enumerate() {
        let number = format!("docs/decisions/{:04}-", index + 1);
        assert!(decision.path.starts_with(&number), "{} should begin with {number}", decision.path);
        for heading in ["## Context", "## Decision", "## Consequences"] {
            assert!(decision.text.contains(heading), "{} has no `{heading}`", decision.path);
        }
    }
}

#[test]
fn every_plugin_has_its_papers() {
    let manifests = texts().into_iter().filter(|file| file.is_below("plugins/") && file.path.ends_with("/Cargo.toml"));
    let bare = manifests.flat_map(|file| {
        let folder = file.path.trim_end_matches("Cargo.toml").to_owned();
        ["plugin.toml", "README.md"].map(|paper| format!("{folder}{paper}"))
    });
    none(bare.filter(|path| !root().join(path).is_file()).collect(), "papers that a plugin lacks");
}

/// Commands that people are told to type exist.
#[test]
fn documents_name_commands_that_exist() {
    let xtask = read("xtask/src/main.rs");
    let readme = read("README.md");
    for command in ["cargo xtask demo", "cargo xtask test"] {
        assert!(readme.contains(command), "README.md does not name `{command}`");
    }
    let mut unknown = Vec::new();
    for document in texts().into_iter().filter(|file| file.path.ends_with(".md") || file.path == ".ci/run") {
        for (number, line) in document.lines() {
            for after in line.split("cargo xtask ").skip(1) {
                let word: String = after.chars().take_while(char::is_ascii_lowercase).collect();
                if !word.is_empty() && !xtask.contains(&format!("[\"{word}\"")) {
                    unknown.push(format!("{}:{number}: cargo xtask {word}", document.path));
                }
            }
        }
    }
    none(unknown, "commands that do not exist");
}

#[test]
fn nothing_names_the_machine_it_was_written_on() {
    let marks: Vec<String> = [["/wor", "k/"], ["/ro", "ot/"], ["/ho", "me/"], ["../sha", "red"], ["/tmp/", "bash"]]
        .map(|two| two.concat())
        .into();
    let mut found = Vec::new();
    for file in texts() {
        for (number, line) in file.lines() {
            found.extend(
                marks.iter().filter(|mark| line.contains(*mark)).map(|_| format!("{}:{number}: {line}", file.path)),
            );
        }
    }
    none(found, "paths of one machine");
}

#[test]
fn unsafe_code_says_why_it_is_sound() {
    let permission = ["allow(unsafe", "_code"].concat();
    let mut mute = Vec::new();
    for file in rust() {
        let lines: Vec<&str> = file.text.lines().collect();
        for (index, line) in lines.iter().enumerate().filter(|(_, line)| line.contains(&permission)) {
            let near = lines[index.saturating_sub(6)..lines.len().min(index + 12)].join("\n");
            if !near.contains("SAFETY:") {
                mute.push(format!("{}:{}: {line}", file.path, index + 1));
            }
        }
    }
    none(mute, "unsafe code without `// SAFETY:`");
}
