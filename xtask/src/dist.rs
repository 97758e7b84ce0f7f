//! A release: one directory that works wherever it is copied to.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::artefacts::{self, For};
use crate::shell::{Outcome, Stop, cargo, output_of, root, say, strings_of};

const UNIT: &str = include_str!("lyrebird.service");

/// Documents, at the same places as in the checkout, so that their links to each other work.
const DOCUMENTS: [&str; 6] = ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE", "docs", "wit"];

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
    let shelves = artefacts::plugins(For::Release)?;
    let built = artefacts::release(For::Release)?;
    let program = directory.join(format!("lyrebird{}", std::env::consts::EXE_SUFFIX));
    fs::copy(built, &program)?;
    // A bare name would be looked up in PATH.
    let program = fs::canonicalize(program)?;
    plugins(&shelves.plugins, directory)?;
    completions(&program, &directory.join("completions"))?;
    fs::write(directory.join("lyrebird.toml"), output_of(Command::new(&program).args(["config", "default"]))?)?;
    fs::write(directory.join("lyrebird.service"), UNIT)?;
    for document in DOCUMENTS {
        copy(&root().join(document), &directory.join(document))?;
    }
    licences(&directory.join("licences"))?;
    say(format!("{} is complete; try {} plugin list", directory.display(), program.display()));
    Ok(())
}

/// The components, and what their authors tell about each.
fn plugins(shelf: &Path, directory: &Path) -> Outcome {
    for name in artefacts::crates_below("plugins")? {
        let folder = Path::new("plugins").join(&name);
        fs::create_dir_all(directory.join(&folder))?;
        fs::copy(shelf.join(format!("{name}.wasm")), directory.join("plugins").join(format!("{name}.wasm")))?;
        fs::copy(root().join(&folder).join("README.md"), directory.join(&folder).join("README.md"))?;
    }
    Ok(())
}

/// A file, or a folder with all that is in it.
fn copy(from: &Path, to: &Path) -> Outcome {
    if from.is_file() {
        fs::copy(from, to)?;
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

fn completions(program: &Path, directory: &Path) -> Outcome {
    fs::create_dir_all(directory)?;
    for (shell, file) in [("bash", "lyrebird.bash"), ("zsh", "_lyrebird"), ("fish", "lyrebird.fish")] {
        let text = output_of(Command::new(program).args(["completions", shell]))?;
        fs::write(directory.join(file), text)?;
    }
    Ok(())
}

/// The licence texts of every crate that the program and the plugins contain.
fn licences(directory: &Path) -> Outcome {
    fs::create_dir_all(directory)?;
    let mut tree = cargo();
    tree.args(["tree", "--locked", "--edges", "normal", "--prefix", "none", "--no-dedupe", "--format", "{p}\t{l}"]);
    tree.args(["--package", "lyrebird"]);
    for plugin in artefacts::crates_below("plugins")? {
        tree.args(["--package", &plugin]);
    }
    let contained: BTreeSet<(String, String)> = output_of(&mut tree)?.lines().filter_map(dependency).collect();
    let metadata = output_of(cargo().args(["metadata", "--locked", "--format-version", "1"]))?;
    let manifests = strings_of(&metadata, "manifest_path");
    let mut list = String::from("Lyrebird contains these crates; their licence texts lie beside this list.\n\n");
    for (package, licence) in &contained {
        let folder =
            manifests.iter().filter_map(|path| Path::new(path).parent()).find(|folder| folder.ends_with(package));
        let texts = folder.map_or(Ok(0), |folder| licence_texts(folder, &directory.join(package)))?;
        let note = if texts == 0 { " (its package has no text)" } else { "" };
        list.push_str(&format!("{package}: {licence}{note}\n"));
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

/// Copies them and says how many there are.
fn licence_texts(from: &Path, to: &Path) -> Outcome<usize> {
    let mut count = 0;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let Some(name) = path.file_name().map(|name| name.to_string_lossy().to_uppercase()) else { continue };
        let is_licence =
            ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"].iter().any(|word| name.starts_with(word));
        if is_licence && path.is_file() {
            fs::create_dir_all(to)?;
            fs::copy(&path, to.join(name))?;
            count += 1;
        }
    }
    Ok(count)
}
