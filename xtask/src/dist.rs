//! A release: one directory that works wherever it is copied to.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::artefacts;
use crate::shell::{Outcome, Stop, cargo, output_of, root, say, strings_of};

const UNIT: &str = include_str!("lyrebird@.service");

/// Builds the release into `directory`, which must be empty or not there.
pub(crate) fn dist(directory: &Path) -> Outcome {
    // Cargo runs xtask where the user stands, so a relative path means what they think.
    fs::create_dir_all(directory)?;
    if fs::read_dir(directory)?.next().is_some() {
        return Err(Stop::because(format!(
            "{} is not empty: a release goes into a fresh directory",
            directory.display()
        )));
    }
    let shelves = artefacts::plugins()?;
    let built = artefacts::release()?;
    let program = directory.join(format!("lyrebird{}", std::env::consts::EXE_SUFFIX));
    fs::copy(built, &program)?;
    copy_all(&shelves.plugins, &directory.join("plugins"), "wasm")?;
    completions(&program, &directory.join("completions"))?;
    licences(&directory.join("licences"))?;
    fs::write(directory.join("lyrebird@.service"), UNIT)?;
    for document in ["README.md", "CHANGELOG.md"] {
        fs::copy(root().join(document), directory.join(document))?;
    }
    say(format!("{} is complete; try {} plugin list", directory.display(), program.display()));
    Ok(())
}

fn copy_all(from: &Path, to: &Path, extension: &str) -> Outcome {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if let (Some(name), true) = (path.file_name(), path.extension().is_some_and(|found| found == extension)) {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}

fn completions(program: &Path, directory: &Path) -> Outcome {
    fs::create_dir_all(directory)?;
    for (shell, file) in [("bash", "lyrebird.bash"), ("zsh", "_lyrebird"), ("fish", "lyrebird.fish")] {
        // A bare name would be looked up in PATH.
        let text = output_of(Command::new(fs::canonicalize(program)?).args(["completions", shell]))?;
        fs::write(directory.join(file), text)?;
    }
    Ok(())
}

/// Our own licences, and the licence texts of every crate that the program and the plugins contain.
fn licences(directory: &Path) -> Outcome {
    fs::create_dir_all(directory)?;
    for own in ["LICENSE-MIT", "LICENSE-APACHE"] {
        fs::copy(root().join(own), directory.join(own))?;
    }
    let mut tree = cargo();
    tree.args(["tree", "--locked", "--package", "lyrebird", "--package", "lyrebird-plugin", "--edges", "normal"]);
    tree.args(["--prefix", "none", "--no-dedupe", "--format", "{p}\t{l}"]);
    let contained: BTreeSet<(String, String)> = output_of(&mut tree)?.lines().filter_map(dependency).collect();
    let metadata = output_of(cargo().args(["metadata", "--locked", "--format-version", "1"]))?;
    let manifests = strings_of(&metadata, "manifest_path");
    let mut list = String::from("Lyrebird contains these crates; their licence texts lie beside this list.\n\n");
    for (package, licence) in &contained {
        list.push_str(&format!("{package}: {licence}\n"));
        let folder =
            manifests.iter().filter_map(|path| Path::new(path).parent()).find(|folder| folder.ends_with(package));
        if let Some(folder) = folder {
            licence_texts(folder, &directory.join(package))?;
        }
    }
    fs::write(directory.join("DEPENDENCIES.txt"), list)?;
    Ok(())
}

/// `NAME-VERSION` and licence of a line of `cargo tree`; none for a crate of ours, which has a path behind its version.
fn dependency(line: &str) -> Option<(String, String)> {
    let (package, licence) = line.split_once('\t')?;
    if package.contains("(/") {
        return None;
    }
    let mut words = package.split(' ');
    let name = words.next()?;
    let version = words.next()?.trim_start_matches('v');
    Some((format!("{name}-{version}"), licence.to_owned()))
}

fn licence_texts(from: &Path, to: &Path) -> Outcome {
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let Some(name) = path.file_name().map(|name| name.to_string_lossy().to_uppercase()) else { continue };
        let is_licence =
            ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"].iter().any(|word| name.starts_with(word));
        if is_licence && path.is_file() {
            fs::create_dir_all(to)?;
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}
