//! `cargo xtask fuzz`: the fuzz targets of the engine and of the host, begun with what their crates have at hand.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::shell::{Outcome, Stop, cargo, has, root, run, say};

/// A crate of fuzz targets.
struct Field {
    /// Where it is.
    folder: &'static str,
    /// Each by its file in the folder's `targets`; no two fields have one of the same name.
    targets: &'static [&'static str],
    /// What is done with an input that was found.
    next: &'static str,
}

const ENGINE: Field = Field {
    folder: "host/flv/fuzz",
    targets: &["reader", "remuxer", "script", "files"],
    next: "`lyrebird flv inspect --tags` tells it as a fixture",
};

const HOST: Field = Field {
    folder: "host/fuzz",
    targets: &["manifest", "component", "address", "name", "config", "tape"],
    next: "what it broke stands above",
};

const FIELDS: [&Field; 2] = [&ENGINE, &HOST];

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
    let engine = seeds.join("engine");
    fs::create_dir_all(&engine)?;
    if targets.iter().any(|(field, _)| field.folder == ENGINE.folder) {
        say("fixtures become the first inputs");
        run(cargo().args(["test", "--quiet", "-p", "lyrebird-flv", "--lib"]).env("LYREBIRD_SEEDS", &engine))?;
    }
    for (field, target) in targets {
        let seeds = if field.folder == ENGINE.folder { engine.clone() } else { seeds.join(target) };
        fs::create_dir_all(&seeds)?;
        say(format!("fuzzing {target} for {seconds} s"));
        one(field, target, seconds, &shelf, &seeds)?;
    }
    Ok(())
}

type Chosen = (&'static Field, &'static str);

fn wishes(words: &[&str]) -> Outcome<(Vec<Chosen>, u32)> {
    let all = || FIELDS.iter().flat_map(|field| field.targets.iter().map(|target| (*field, *target)));
    let mut targets = Vec::new();
    let mut seconds = SECONDS;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if *word == "--seconds" {
            let number = words.next().and_then(|number| number.parse().ok());
            seconds = number.ok_or_else(|| Stop::usage("--seconds wants a number"))?;
            continue;
        }
        let known = all().find(|(_, target)| target == word).ok_or_else(|| {
            let names: Vec<&str> = all().map(|(_, target)| target).collect();
            Stop::usage(format!("there is no target `{word}`; there are: {}", names.join(", ")))
        })?;
        targets.push(known);
    }
    if targets.is_empty() {
        targets = all().collect();
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

fn one(field: &Field, target: &str, seconds: u32, shelf: &Path, seeds: &Path) -> Outcome {
    let (corpus, findings) = (shelf.join("corpus").join(target), shelf.join("findings").join(target));
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&findings)?;
    let mut fuzz = Command::new("cargo");
    // Targets of the host make their first inputs themselves.
    fuzz.current_dir(root().join(field.folder)).env("LYREBIRD_SEEDS", seeds);
    // Nothing of ours is unsafe there; without the sanitizer it is tried many times as often.
    fuzz.args(["+nightly", "fuzz", "run", "--fuzz-dir", ".", "--sanitizer", "none", target]);
    fuzz.args([&corpus, seeds]).arg("--").args([LARGEST_INPUT, SLOWEST_INPUT, MOST_MEMORY, "-print_final_stats=1"]);
    fuzz.arg(format!("-max_total_time={seconds}")).arg(format!("-artifact_prefix={}/", findings.display()));
    run(&mut fuzz).inspect_err(|_| {
        say(format!("the input is in {}; {}", findings.display(), field.next));
    })
}
