//! `cargo xtask …`: everything around the product that is more than one plain cargo command.
//!
//! Depends on nothing but std, so that it is there a second after the clone. It only starts other programs, says in
//! words what it does, and passes their exit codes on.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program whose job is to tell people what it does")]

mod artefacts;
mod dist;
mod fuzz;
mod gates;
mod setup;
mod shell;
mod soak;

use std::process::ExitCode;

use shell::{Outcome, Stop};

const USAGE: &str = "\
usage: cargo xtask COMMAND

  demo             two broadcasts announced, recorded over a break and a kill, and verified (80 s; works without FFmpeg)
  test [FILTER]    builds program and plugins, then runs all tests against them
  ci               formatting, lints, docs, tests: what has to be green before a change is shown to anybody
  plugins          builds every plugin to target/plugins/NAME.wasm, every test guest to target/guests/NAME.wasm
  bench [NAME]     measures, also against other programs; NAME: record [--mib N] [--mbit N] [--rounds N],
                   live [--rooms N] [--mbit N] [--seconds S] [--rounds N] [--tick MS] [--alone],
                   flv [--mib N] [--rounds N], watch [--rooms N] [--interval S] [--seconds S] [--rounds N] or
                   plugins [--rate] [--latency] [--start] [--seconds S] [--rounds N] [--plugins N];
                   without a NAME all; --json with all but flv
  fuzz [TARGET]    any bytes against the FLV engine and the host, by cargo-fuzz; TARGET: reader, remuxer, script or files of
                   the engine, manifest, component, address, name or config of the host; without one all in turn;
                   --seconds N for each (60)
  soak             many rooms whose servers misbehave, recorded by a program that is killed, frozen and starved of disk;
                   then each frame is asked after: --minutes N (5), --rooms M (30), --seed S (any, printed), --json
  dist DIR         a release that works outside the checkout: program, plugins, config, unit, completions, licences
  deny             licences and advisories of the dependencies, by cargo-deny

What these need and the machine lacks (wasm target, FFmpeg for the tests) is installed, asked for, or named.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match dispatch(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop { code, message }) => {
            if let Some(message) = message {
                eprintln!("xtask: {message}");
            }
            ExitCode::from(code)
        }
    }
}

fn dispatch(words: &[&str]) -> Outcome {
    match words {
        ["demo"] => gates::demo(),
        ["test", rest @ ..] => gates::test(rest),
        ["ci"] => gates::ci(),
        ["plugins"] => artefacts::plugins(artefacts::For::Tests).map(drop),
        ["bench"] => gates::BENCHES.iter().try_for_each(|name| gates::bench(name, &[])),
        ["bench", name, rest @ ..] => gates::bench(name, rest),
        ["fuzz", rest @ ..] => fuzz::fuzz(rest),
        ["soak", rest @ ..] => soak::soak(rest),
        ["dist", directory] => dist::dist(directory.as_ref()),
        ["dist", ..] => Err(Stop::usage("dist wants one directory: cargo xtask dist DIR")),
        ["deny"] => gates::deny(),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        [other, ..] => Err(Stop::usage(format!("there is no command `{}` like this\n\n{USAGE}", other))),
    }
}
