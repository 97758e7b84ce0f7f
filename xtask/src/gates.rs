//! What a change has to pass, what a visitor looks at, and what is measured.

use std::process::Command;

use crate::artefacts::{self, For, Shelves};
use crate::setup;
use crate::shell::{Outcome, Stop, cargo, has, root, run, say};

/// The whole story in less than two minutes, told and verified by the test crate's `demo`.
pub(crate) fn demo() -> Outcome {
    let shelves = artefacts::plugins(For::Tests)?;
    let program = artefacts::everything()?;
    let mut demo = Command::new(artefacts::program("debug", "demo")?);
    run(with_artefacts(&mut demo, &shelves, &program))
}

/// All tests of the workspace, with the real program and the real plugins at hand.
pub(crate) fn test(words: &[&str]) -> Outcome {
    setup::ffmpeg()?;
    setup::faults();
    let shelves = artefacts::plugins(For::Tests)?;
    let program = artefacts::everything()?;
    say("running the tests");
    let mut tests = cargo();
    tests.args(["test", "--workspace", "--no-fail-fast"]).args(words);
    if std::env::var_os(TEST_THREADS).is_none() {
        // Most of them wait most of their time: for a stream in real time, for a pause to be over.
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        tests.env(TEST_THREADS, (cores + 1).to_string());
    }
    run(with_artefacts(&mut tests, &shelves, &program))
}

/// By which libtest is told how many tests run beside each other.
const TEST_THREADS: &str = "RUST_TEST_THREADS";

/// Formatting, lints, docs, tests.
pub(crate) fn ci() -> Outcome {
    say("formatting");
    run(cargo().args(["fmt", "--all", "--check"]))?;
    setup::c_compiler()?;
    say("lints");
    run(cargo().args(["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    say("docs");
    run(cargo().args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    test(&[])
}

/// What is measured: CPU time of recording one stream as fast as it comes, and many in real time, the engine in memory
/// and from file to file, watching many dark rooms, and calls of plugins.
pub(crate) const BENCHES: [&str; 5] = ["record", "live", "flv", "watch", "plugins"];

/// Those that compare with no other program.
const ALONE: [&str; 2] = ["watch", "plugins"];

/// Programs that these are compared with, and the word that makes each tell its version.
const RIVALS: [(&str, &str); 2] = [("curl", "--version"), ("ffmpeg", "-version")];

/// Runs one of the [`BENCHES`].
pub(crate) fn bench(name: &str, words: &[&str]) -> Outcome {
    if !BENCHES.contains(&name) {
        return Err(Stop::usage(format!("there is no bench `{name}`; there are: {}", BENCHES.join(", "))));
    }
    for (program, version) in RIVALS {
        if !ALONE.contains(&name) && !has(program, version) {
            return Err(Stop::because(format!(
                "the bench compares with {program}, which is not here: on Debian run `apt-get install {program}`"
            )));
        }
    }
    let shelves = artefacts::plugins(For::Tests)?;
    let program = artefacts::release(For::Tests)?;
    let mut bench = Command::new(artefacts::program("release", &format!("bench-{name}"))?);
    bench.args(words);
    run(with_artefacts(&mut bench, &shelves, &program))
}

/// Licences and advisories, as `deny.toml` says.
pub(crate) fn deny() -> Outcome {
    if !has("cargo-deny", "--version") {
        return Err(Stop::because("cargo-deny is not installed: run `cargo install --locked cargo-deny`"));
    }
    run(Command::new("cargo-deny").args(["check"]).current_dir(root()))
}

/// The command, told where program, plugins and guests are.
pub(crate) fn with_artefacts<'a>(
    command: &'a mut Command,
    shelves: &Shelves,
    program: &std::path::Path,
) -> &'a mut Command {
    command
        .env("LYREBIRD_BIN", program)
        .env("LYREBIRD_PLUGINS", &shelves.plugins)
        .env("LYREBIRD_GUESTS", &shelves.guests)
}
