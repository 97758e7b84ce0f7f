//! `cargo xtask soak`: the test crate's soak, with the program and its plugins at hand.

use std::process::Command;

use crate::artefacts::{self, For};
use crate::gates::with_artefacts;
use crate::shell::{Outcome, Stop, run};

/// Words that want a number behind them.
const NUMBERS: [&str; 3] = ["--minutes", "--rooms", "--seed"];

/// Records a storm and judges what is left of it.
pub(crate) fn soak(words: &[&str]) -> Outcome {
    check(words)?;
    let shelves = artefacts::plugins(For::Tests)?;
    let program = artefacts::everything()?;
    let mut soak = Command::new(artefacts::program("debug", "soak")?);
    soak.args(words);
    run(with_artefacts(&mut soak, &shelves, &program))
}

/// Before minutes of building: what is misspelt is no seed.
fn check(words: &[&str]) -> Outcome {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if NUMBERS.contains(word) {
            let is_number = words.next().is_some_and(|number| number.parse::<u64>().is_ok());
            if !is_number {
                return Err(Stop::usage(format!("{word} wants a number")));
            }
        } else if *word != "--json" {
            return Err(Stop::usage(format!(
                "soak does not know `{word}`; it knows {} and --json",
                NUMBERS.join(", ")
            )));
        }
    }
    Ok(())
}
