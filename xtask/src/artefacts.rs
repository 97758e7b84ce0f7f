//! What demo, tests and releases run: plugins as components, and the program.

use std::fs;
use std::path::{Path, PathBuf};

use crate::setup::{self, WASM};
use crate::shell::{Outcome, Stop, cargo, root, run, say, target};

/// Where the plugins of one kind of directory end up.
pub(crate) struct Shelves {
    /// The workspace's plugins.
    pub(crate) plugins: PathBuf,
    /// The tests' misbehaving ones.
    pub(crate) guests: PathBuf,
    /// What cargo builds into.
    pub(crate) target: PathBuf,
}

/// Whom components are built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// Demo, tests and benches: the plugins, and the tests' misbehaving guests.
    Tests,
    /// Users: the plugins alone.
    Release,
}

/// Builds every plugin, and for tests every guest, and puts them on their shelves under the names of their crates.
pub(crate) fn plugins(whom: For) -> Outcome<Shelves> {
    setup::wasm_target()?;
    let target = target()?;
    let shelves = Shelves { plugins: target.join("plugins"), guests: target.join("guests"), target };
    let (plugins, guests) = components(whom)?;
    say(format!("building {} plugins and {} test guests for {WASM}", plugins.len(), guests.len()));
    let profile = profile()?;
    let mut build = cargo();
    build.args(["build", "--lib", "--target", WASM, "--profile", profile]);
    for name in plugins.iter().chain(&guests) {
        build.args(["--package", name]);
    }
    // Flags for the machine's own processor make no sense for a component.
    run(build.env_remove("RUSTFLAGS"))?;
    let built = shelves.target.join(WASM).join(profile);
    shelve(&built, &plugins, &shelves.plugins)?;
    if whom == For::Tests {
        shelve(&built, &guests, &shelves.guests)?;
    }
    Ok(shelves)
}

/// The crates of the plugins, and of the guests.
fn components(whom: For) -> Outcome<(Vec<String>, Vec<String>)> {
    let guests = match whom {
        For::Tests => crates_below("tests/guests")?,
        For::Release => Vec::new(),
    };
    Ok((crates_below("plugins")?, guests))
}

/// The program, and everything else that demo and tests run. Gives the program's place.
///
/// One build for both: cargo unites the features of all that one command names, so a command that named less would
/// compile the large dependencies a second time.
pub(crate) fn everything() -> Outcome<PathBuf> {
    setup::c_compiler()?;
    say("building lyrebird and its tests (the first time takes some minutes: it carries a compiler for plugins)");
    run(cargo().args(["build", "--workspace", "--bins", "--tests"]))?;
    program("debug", "lyrebird")
}

/// The release of the program; for tests, of what measures it, too.
pub(crate) fn release(whom: For) -> Outcome<PathBuf> {
    setup::c_compiler()?;
    say("building the release (the first time takes some minutes: it carries a compiler for plugins)");
    // Both are named in either case: cargo unites their features, so what is released is what was measured.
    let mut build = cargo();
    build.args(["build", "--release", "--locked", "--package", "lyrebird", "--package", "lyrebird-tests"]);
    match whom {
        For::Tests => build.arg("--bins"),
        For::Release => build.args(["--bin", "lyrebird"]),
    };
    run(&mut build)?;
    program("release", "lyrebird")
}

/// Where cargo puts a program.
pub(crate) fn program(profile: &str, name: &str) -> Outcome<PathBuf> {
    Ok(target()?.join(profile).join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

/// The profile for components: `plugin` if the workspace has one.
fn profile() -> Outcome<&'static str> {
    let manifest = fs::read_to_string(root().join("Cargo.toml"))?;
    let has_own = manifest.lines().any(|line| line.trim() == "[profile.plugin]");
    Ok(if has_own { "plugin" } else { "release" })
}

/// The names of the crates in the folders of a directory, in order.
pub(crate) fn crates_below(directory: &str) -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root().join(directory))? {
        let manifest = entry?.path().join("Cargo.toml");
        if manifest.is_file() {
            names.push(package_name(&manifest)?);
        }
    }
    names.sort();
    Ok(names)
}

/// The first `name = "…"` of a manifest: that of `[package]`, which stands first.
fn package_name(manifest: &Path) -> Outcome<String> {
    fs::read_to_string(manifest)?
        .lines()
        .find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"').map(str::to_owned))
        .ok_or_else(|| Stop::because(format!("{} has no line `name = \"…\"`", manifest.display())))
}

fn shelve(built: &Path, names: &[String], shelf: &Path) -> Outcome {
    fs::create_dir_all(shelf)?;
    for name in names {
        let from = built.join(format!("{}.wasm", name.replace('-', "_")));
        let bytes =
            fs::read(&from).map_err(|error| Stop::because(format!("cannot read {}: {error}", from.display())))?;
        let to = shelf.join(format!("{name}.wasm"));
        if fs::read(&to).is_ok_and(|there| there == bytes) {
            continue;
        }
        // Under another name first: a running host watches the shelf and must never see half a file.
        let unfinished = shelf.join(format!(".{name}.wasm.new"));
        fs::write(&unfinished, &bytes)?;
        fs::rename(&unfinished, &to)?;
        say(format!("{} ({} KiB)", to.display(), bytes.len().div_ceil(1024)));
    }
    remove_strangers(names, shelf)
}

/// A plugin whose crate is gone must not be loaded from an old build.
fn remove_strangers(names: &[String], shelf: &Path) -> Outcome {
    for entry in fs::read_dir(shelf)? {
        let path = entry?.path();
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        if path.extension().is_some_and(|extension| extension == "wasm") && !names.contains(&stem) {
            say(format!("removing {}: there is no such crate any more", path.display()));
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_has_no_guest_of_the_tests() {
        let named = |whom| components(whom).map_err(|stop| stop.message);
        let (plugins, guests) = named(For::Release).expect("the folders are there");
        assert!(plugins.iter().any(|name| name == "direct") && guests.is_empty(), "{plugins:?} {guests:?}");
        let (same, guests) = named(For::Tests).expect("the folders are there");
        assert!(same == plugins && guests.iter().any(|name| name == "misbehaving"), "{same:?} {guests:?}");
    }
}
