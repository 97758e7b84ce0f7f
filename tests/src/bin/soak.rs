//! `cargo xtask soak`: many rooms whose servers misbehave, recorded by a program that is killed, frozen, restarted and
//! starved of disk, as the dice of a seed have it; then every frame is asked after.
//!
//! It is played in acts of some minutes, each with a seed of its own, so that a finding can be had again in minutes.
//! Exit code 1 when anything is not as it should be.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the people who build this one"
)]

use std::env;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lyrebird_tests::chaos::act::{Act, Outcome};
use lyrebird_tests::chaos::check::Counts;
use lyrebird_tests::measure::number;
use lyrebird_tests::place::{Place, scratch};
use serde_json::json;

/// The longest act: what is found in it can be had again in this time.
const ACT: u64 = 5;
/// The usual time between two deeds.
const PACE: Duration = Duration::from_secs(16);
/// Findings of an act that are printed.
const SHOWN: usize = 40;

struct Plan {
    minutes: u64,
    rooms: usize,
    seed: u64,
    json: bool,
}

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let plan = Plan {
        minutes: number(&words, "--minutes", 5),
        rooms: number(&words, "--rooms", 30),
        seed: number(&words, "--seed", any_seed()),
        json: words.iter().any(|word| word == "--json"),
    };
    println!("{} min, {} rooms, seed {}", plan.minutes, plan.rooms, plan.seed);
    let mut left = plan.minutes;
    let (mut acts, mut failed, mut counts) = (0, Vec::new(), Counts::default());
    while left > 0 {
        let minutes = left.min(ACT);
        left -= minutes;
        let seed = plan.seed.wrapping_add(acts);
        acts += 1;
        let outcome = play(&plan, seed, minutes);
        counts += outcome.counts;
        if !outcome.findings.is_empty() {
            failed.push((seed, minutes));
        }
    }
    if acts > 1 {
        println!("all: {}", sentence(&counts));
    }
    for (seed, minutes) in &failed {
        println!("to have it again: cargo xtask soak --minutes {minutes} --rooms {} --seed {seed}", plan.rooms);
    }
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn play(plan: &Plan, seed: u64, minutes: u64) -> Outcome {
    let place = Place::at(&folder(seed));
    let act = Act { seed, rooms: plan.rooms, lasts: Duration::from_secs(60 * minutes), pace: PACE, has_volume: true };
    let is_terminal = std::io::stdout().is_terminal();
    let mut shown = None;
    let outcome = act.play(&place, &mut |at, what| {
        let second = at.as_secs();
        if is_terminal && (shown != Some(second) || !what.is_empty()) {
            shown = Some(second);
            print!("\r\x1b[K{second:>5} of {} s  {what}", 60 * minutes);
            std::io::stdout().flush().ok();
        } else if !what.is_empty() {
            println!("{:>8.1} s  {what}", at.as_secs_f64());
        }
    });
    if is_terminal {
        print!("\r\x1b[K");
    }
    let deeds: Vec<String> = outcome.deeds.iter().map(|(deed, times)| format!("{times} × {deed}")).collect();
    let [errors, warnings] = outcome.complaints;
    println!("seed {seed}: {}", deeds.join(", "));
    println!("seed {seed}: {}", sentence(&outcome.counts));
    println!("seed {seed}: {errors} errors and {warnings} warnings in the recorder's log");
    for finding in outcome.findings.iter().take(SHOWN) {
        println!("FOUND {finding}");
    }
    if outcome.findings.is_empty() {
        std::fs::remove_dir_all(place.root()).ok();
        println!("seed {seed}: all is well");
    } else {
        let kept = place.root().display();
        println!("seed {seed}: {} findings; logs and files are in {kept}", outcome.findings.len());
    }
    if plan.json {
        println!("{}", summary(plan, seed, minutes, &outcome));
    }
    outcome
}

fn summary(plan: &Plan, seed: u64, minutes: u64, outcome: &Outcome) -> serde_json::Value {
    let Counts { sent, recorded, in_hand, on_its_way, no_disk, damaged, late, .. } = outcome.counts;
    let Counts { overlaps, rewinds, receptions, files, recovered, gaps, worst_kill_ms, .. } = outcome.counts;
    let deeds: serde_json::Map<String, serde_json::Value> =
        outcome.deeds.iter().map(|(deed, times)| (deed.replace(' ', "_"), json!(times))).collect();
    json!({
        "seed": seed, "minutes": minutes, "rooms": plan.rooms, "deeds": deeds, "findings": outcome.findings,
        "frames": {
            "sent": sent, "recorded": recorded, "in_hand": in_hand, "on_its_way": on_its_way, "no_disk": no_disk,
            "damaged": damaged, "late": late, "overlaps": overlaps, "rewinds": rewinds,
        },
        "receptions": receptions, "files": files, "recovered": recovered, "gaps": gaps, "worst_kill_ms": worst_kill_ms,
    })
}

fn sentence(counts: &Counts) -> String {
    let Counts { sent, recorded, in_hand, on_its_way, no_disk, damaged, late, .. } = counts;
    let Counts { overlaps, rewinds, receptions, files, recovered, gaps, worst_kill_ms, .. } = counts;
    format!(
        "{recorded} of {sent} frames in {files} files ({recovered} recovered), from {receptions} receptions; {gaps} gaps \
         named; not recorded: {in_hand} in hand at a kill (the oldest {worst_kill_ms} ms), {on_its_way} on their way at an \
         end, {no_disk} while the disk was full, {damaged} broken by the sender, {late} sent when later ones were \
         written; {overlaps} in two lives' files; {rewinds} connections began before the recording"
    )
}

fn folder(seed: u64) -> PathBuf {
    scratch().with_file_name("soak").join(seed.to_string())
}

fn any_seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(since.subsec_nanos()) ^ (since.as_secs() & 0xffff)
}
