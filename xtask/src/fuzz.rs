//! `cargo xtask fuzz`: the engine's fuzz targets, begun with its fixtures.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::shell::{Outcome, Stop, cargo, has, root, run, say};

/// What can be fuzzed, each by its file in `host/flv/fuzz/targets`.
const TARGETS: [&str; 4] = ["reader", "remuxer", "script", "files"];

/// How long each runs if nobody says.
const SECONDS: u32 = 60;

/// Larger inputs find nothing that smaller ones do not, and are slow.
const LARGEST_INPUT: &str = "-max_len=16384";

/// An input that takes so long is a finding, in seconds.
const SLOWEST_INPUT: &str = "-timeout=10";

/// So is one that takes so much memory, in MiB.
const MOST_MEMORY: &str = "-rss_limit_mb=1024";

/// Fuzzes one target, or all in turn; ends with the first finding.
pub(crate) fn fuzz(words: &[&str]) -> Outcome {
    let (targets, seconds) = wishes(words)?;
    prepare()?;
    let shelf = root().join("target/fuzz");
    let seeds = shelf.join("seeds");
    if seeds.exists() {
        fs::remove_dir_all(&seeds)?;
    }
    fs::create_dir_all(&seeds)?;
    say("fixtures become the first inputs");
    run(cargo().args(["test", "--quiet", "-p", "lyrebird-flv", "--lib"]).env("LYREBIRD_SEEDS", &seeds))?;
    for target in targets {
        say(format!("fuzzing {target} for {seconds} s"));
        one(target, seconds, &shelf, &seeds)?;
    }
    Ok(())
}

fn wishes<'a>(words: &[&'a str]) -> Outcome<(Vec<&'a str>, u32)> {
    let mut targets = Vec::new();
    let mut seconds = SECONDS;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--seconds" => {
                let number = words.next().and_then(|number| number.parse().ok());
                seconds = number.ok_or_else(|| Stop::usage("--seconds wants a number"))?;
            }
            target if TARGETS.contains(&target) => targets.push(target),
            other => {
                return Err(Stop::usage(format!("there is no target `{other}`; there are: {}", TARGETS.join(", "))));
            }
        }
    }
    if targets.is_empty() {
        targets = TARGETS.to_vec();
    }
    Ok((targets, seconds))
}

/// Neither can be had by the way: a compiler of another channel is hundreds of megabytes.
fn prepare() -> Outcome {
    if !has("cargo-fuzz", "--version") {
        return Err(Stop::because("cargo-fuzz is not installed: run `cargo install --locked cargo-fuzz`"));
    }
    let nightly = Command::new("rustc").arg("+nightly").arg("--version").output();
    if !nightly.is_ok_and(|output| output.status.success()) {
        return Err(Stop::because("fuzzing needs a nightly compiler: run `rustup toolchain install nightly`"));
    }
    Ok(())
}

fn one(target: &str, seconds: u32, shelf: &Path, seeds: &Path) -> Outcome {
    let (corpus, findings) = (shelf.join("corpus").join(target), shelf.join("findings").join(target));
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&findings)?;
    let mut fuzz = Command::new("cargo");
    fuzz.current_dir(root().join("host/flv/fuzz"));
    // Nothing in the engine is unsafe; without the sanitizer it is tried many times as often.
    fuzz.args(["+nightly", "fuzz", "run", "--fuzz-dir", ".", "--sanitizer", "none", target]);
    fuzz.args([&corpus, seeds]).arg("--").args([LARGEST_INPUT, SLOWEST_INPUT, MOST_MEMORY, "-print_final_stats=1"]);
    fuzz.arg(format!("-max_total_time={seconds}")).arg(format!("-artifact_prefix={}/", findings.display()));
    run(&mut fuzz).inspect_err(|_| {
        say(format!("the input is in {}; `lyrebird flv inspect --tags` tells it as a fixture", findings.display()));
    })
}
