//! What we take from others: under which licences, in which versions, and who may have it.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use super::{none, read, root};

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| String::from("cargo"));
    let output =
        Command::new(cargo).args(arguments).args(["--offline", "--locked"]).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What cargo knows of all packages that are built here: other platforms' ones may not be at hand.
fn packages() -> Vec<Value> {
    let version = Command::new("rustc").arg("-vV").current_dir(root()).output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host triple");
    let metadata = cargo(&["metadata", "--format-version", "1", "--filter-platform", host]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// The one list of licences is `deny.toml`'s.
fn allowed() -> BTreeSet<String> {
    let deny: toml::Value = toml::from_str(&read("deny.toml")).unwrap();
    let list = deny["licenses"]["allow"].as_array().unwrap();
    list.iter().map(|licence| licence.as_str().unwrap().to_owned()).collect()
}

/// Whether an SPDX expression can be met with the allowed licences. `/` is the old way to write OR.
fn is_met(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ").replace(" WITH ", "\u{1}");
    let words: Vec<String> = spaced.split_whitespace().map(|word| word.replace('\u{1}', " WITH ")).collect();
    let mut at = 0;
    any_of(&words, &mut at, allowed)
}

fn any_of(words: &[String], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut met = all_of(words, at, allowed);
    while words.get(*at).is_some_and(|word| word == "OR") {
        *at += 1;
        met |= all_of(words, at, allowed);
    }
    met
}

fn all_of(words: &[String], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut met = one_of(words, at, allowed);
    while words.get(*at).is_some_and(|word| word == "AND") {
        *at += 1;
        met &= one_of(words, at, allowed);
    }
    met
}

fn one_of(words: &[String], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if word == "(" {
        let met = any_of(words, at, allowed);
        *at += 1;
        return met;
    }
    allowed.contains(word)
}

#[test]
fn licences_are_read_right() {
    let allowed = BTreeSet::from(["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(String::from));
    for good in
        ["MIT", "GPL-3.0 OR MIT", "MIT/Apache-2.0", "(GPL-3.0 OR ISC) AND MIT", "Apache-2.0 WITH LLVM-exception"]
    {
        assert!(is_met(good, &allowed), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "Apache-2.0", "(MIT OR ISC) AND OpenSSL"] {
        assert!(!is_met(bad, &allowed), "{bad}");
    }
}

#[test]
fn every_dependency_has_an_allowed_licence() {
    let allowed = allowed();
    let mut foreign = Vec::new();
    for package in packages() {
        let licence = package["license"].as_str().unwrap_or_default();
        if !is_met(licence, &allowed) {
            foreign.push(format!("{} {}: `{licence}`", package["name"], package["version"]));
        }
    }
    none(foreign, "licences that deny.toml does not allow");
}

/// What the engine may depend on, also through others; each by a decision.
const ENGINE: [&str; 2] = ["lyrebird-flv", "bytes"];

#[test]
fn the_flv_engine_depends_on_bytes_alone() {
    let tree =
        cargo(&["tree", "--package", "lyrebird-flv", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"]);
    let names: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    let more = names.iter().filter(|name| !name.is_empty() && !ENGINE.contains(*name));
    none(more.map(ToString::to_string).collect(), "dependencies of lyrebird-flv");
}

/// Plugins depend on the SDK, never on the host or on each other.
#[test]
fn plugins_know_the_sdk_alone() {
    let metadata: Value = serde_json::from_str(&cargo(&["metadata", "--format-version", "1", "--no-deps"])).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |package: &Value| package["name"].as_str().unwrap().to_owned();
    let root = format!("{}/plugins/", metadata["workspace_root"].as_str().unwrap());
    let is_plugin = |package: &&Value| package["manifest_path"].as_str().unwrap().starts_with(&root);
    let ours: BTreeSet<String> = packages.iter().map(name).collect();
    let mut wrong = Vec::new();
    for package in packages.iter().filter(is_plugin) {
        for dependency in package["dependencies"].as_array().unwrap() {
            let other = dependency["name"].as_str().unwrap();
            if ours.contains(other) && other != "lyrebird-plugin" {
                wrong.push(format!("{} depends on {other}", name(package)));
            }
        }
    }
    none(wrong, "plugins know the SDK alone");
}

#[test]
fn wasmtime_is_new_enough() {
    let lock: toml::Value = toml::from_str(&read("Cargo.lock")).unwrap();
    let packages = lock["package"].as_array().unwrap();
    let versions: Vec<&str> = packages
        .iter()
        .filter(|package| package["name"].as_str() == Some("wasmtime"))
        .map(|package| package["version"].as_str().unwrap())
        .collect();
    assert_eq!(versions.len(), 1, "one engine: {versions:?}");
    let numbers: Vec<u32> = versions[0].split('.').map(|number| number.parse().unwrap()).collect();
    assert!(numbers >= vec![48, 0, 8], "wasmtime {} has known holes", versions[0]);
    assert_eq!(numbers[0], 48, "48 is the long-term release; another one is a decision");
}

/// The one TLS library builds everywhere without cmake and nasm.
#[test]
fn there_is_one_cryptography() {
    let lock = read("Cargo.lock");
    for unwanted in ["aws-lc-sys", "openssl-sys", "native-tls"] {
        assert!(!lock.contains(&format!("name = \"{unwanted}\"")), "{unwanted} has crept in");
    }
    assert!(lock.contains("name = \"ring\""));
}
