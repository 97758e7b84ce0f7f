//! `cargo xtask bench plugins`: how many calls of plugins two cores make, how long a call takes beside guests that spin,
//! and how soon a directory of plugins answers.
//!
//! It speaks to the plugin host as a library, with the program's allocator and logging: from outside, a call of 100 µs
//! would be lost in what surrounds it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the people who build this one"
)]

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lyrebird::logging::{self, Color, Form};
use lyrebird::plugin::Picker;
use lyrebird_tests::build::Build;
use lyrebird_tests::measure::{Report, flag, median, number};
use lyrebird_tests::place::Place;
use lyrebird_tests::program;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

mod calls;
mod house;

use calls::{Pace, beside, percentile};
use house::{House, copies};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Calls of one plugin that the host lets run side by side.
const SIDE_BY_SIDE: usize = 8;

/// How much later good calls may be for other guests that spin, in ms.
const AIM_LATER_MS: f64 = 25.0;

/// From a file in its place to the first answer of it, a picker in Rust, in s.
const AIM_SWAP: f64 = 1.5;

/// Calls a second of a picker in Rust, on two cores.
const AIM_CALLS: f64 = 8_000.0;

/// How the process is called that swaps builds and tells its memory: what other parts took is not in it.
const MEMORY: &str = "--memory";

struct Plan {
    seconds: u64,
    rounds: u64,
    plugins: usize,
}

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let plan = Plan {
        seconds: number(&words, "--seconds", 5),
        rounds: number(&words, "--rounds", 5),
        plugins: number(&words, "--plugins", 20),
    };
    logging::init("info", Form::Text, Color::Never).unwrap();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    if flag(&words, MEMORY) {
        return print_memory(&runtime);
    }
    let (place, mut report) = (Place::new("bench-plugins"), Report::new("plugins", &[], &words));
    let parts = ["--rate", "--latency", "--start", "--swap"];
    let wanted = |part: &str| flag(&words, part) || !parts.iter().any(|part| flag(&words, part));
    if wanted("--rate") {
        rate(&plan, &runtime, &place, &mut report);
    }
    if wanted("--latency") {
        latency(&plan, &runtime, &place, &mut report);
    }
    if wanted("--start") {
        start(&plan, &runtime, &place, &mut report);
    }
    if wanted("--swap") {
        swap(&plan, &runtime, &place, &mut report);
    }
    println!("{}", report.text());
}

/// Calls a second, each of a fresh instance, and what each costs the processor.
fn rate(plan: &Plan, runtime: &Runtime, place: &Place, report: &mut Report) {
    let house = runtime.block_on(House::open(&[program::plugins(), program::guests()], &place.data()));
    let guests = ["idle", "direct"];
    let mut found = [(); 2].map(|()| (Vec::new(), Vec::new(), Vec::new()));
    for round in 0..plan.rounds {
        eprintln!("calls a second, round {}", round + 1);
        let mut idle = 0.0;
        for (guest, (calls, cpu, ratio)) in guests.iter().zip(&mut found) {
            let pace = runtime.block_on(Pace::of(&house, guest, SIDE_BY_SIDE, Duration::from_secs(plan.seconds)));
            if *guest == "idle" {
                idle = pace.calls_a_second;
            }
            calls.push(pace.calls_a_second);
            cpu.push(pace.cpu_us_a_call);
            ratio.push(pace.calls_a_second / idle);
        }
    }
    report.table(
        format!("checks of one room, {SIDE_BY_SIDE} side by side, each of a fresh instance; {} rounds", plan.rounds),
        &[
            ("guest", "picker in Rust"),
            ("calls_per_second", "calls a second"),
            ("cpu_us_per_call", "CPU µs a call"),
            ("of_idle", "× idle"),
            ("aim", "aim"),
        ],
    );
    let names = ["`idle`: does nothing", "`direct`: reads a URL"];
    for ((name, (calls, cpu, ratio)), guest) in names.iter().zip(&found).zip(guests) {
        let aim = if guest == "direct" { aim(median(calls) >= AIM_CALLS, "≥ 8,000") } else { json!("") };
        report.row(vec![json!(name), json!(median(calls)), json!(median(cpu)), json!(median(ratio)), aim]);
    }
    runtime.block_on(house.close());
}

/// How long good calls take, alone and beside guests that spin.
fn latency(plan: &Plan, runtime: &Runtime, place: &Place, report: &mut Report) {
    let house = runtime.block_on(House::open(&[program::plugins(), program::guests()], &place.data()));
    let spinning = [0, 1, 8];
    // A round's p50, p99 and longest.
    let mut found: Vec<Vec<[f64; 3]>> = vec![Vec::new(); spinning.len()];
    for round in 0..plan.rounds {
        for (spinning, found) in spinning.iter().zip(&mut found) {
            eprintln!("good calls beside {spinning} that spin, round {}", round + 1);
            let times = runtime.block_on(beside(&house, *spinning, Duration::from_secs(2 * plan.seconds)));
            found.push([0.5, 0.99, 1.0].map(|share| percentile(&times, share)));
        }
    }
    report.table(
        format!("good calls, one after the other with a pause; {} rounds", plan.rounds),
        &[
            ("beside", "beside"),
            ("p50_ms", "p50, ms"),
            ("p99_ms", "p99, ms"),
            ("most_ms", "longest, ms"),
            ("later_ms", "p99 later than alone, ms"),
            ("aim", "aim"),
        ],
    );
    let medians = |rounds: &[[f64; 3]]| {
        [0, 1, 2].map(|which| median(&rounds.iter().map(|round| round[which]).collect::<Vec<_>>()))
    };
    let [_, alone, _] = medians(&found[0]);
    for (name, rounds) in ["nobody", "one call that spins", "eight calls that spin"].iter().zip(&found) {
        let [p50, p99, most] = medians(rounds);
        let later = p99 - alone;
        let aim = if *name == "nobody" { json!("") } else { aim(later <= AIM_LATER_MS, "≤ 25 ms later") };
        report.row(vec![json!(name), json!(p50), json!(p99), json!(most), json!(later), aim]);
    }
    runtime.block_on(house.close());
}

/// From nothing to the first answer of every plugin in a directory.
fn start(plan: &Plan, runtime: &Runtime, place: &Place, report: &mut Report) {
    let shelf = place.root().join("shelf");
    copies(&["direct", "bilibili", "lantern", "misbehaving", "idle"], plan.plugins, &shelf);
    let mut found = [Vec::new(), Vec::new()];
    for round in 0..plan.rounds {
        let data = place.root().join(format!("data-{round}"));
        for (which, found) in ["nothing compiled", "all compiled before"].iter().zip(&mut found) {
            eprintln!("{} plugins, {which}, round {}", plan.plugins, round + 1);
            let (house, took) = runtime.block_on(House::open_and_ask(&shelf, &data, plan.plugins));
            found.push(took.as_secs_f64());
            runtime.block_on(house.close());
        }
    }
    report.table(
        format!("until each of {} plugins has answered, engine and all; {} rounds", plan.plugins, plan.rounds),
        &[("start", "start"), ("seconds", "s")],
    );
    for (name, seconds) in ["cold: nothing is compiled", "warm: from the cache"].iter().zip(&found) {
        report.row(vec![json!(name), json!(median(seconds))]);
    }
}

/// From a file in its place to the first answer of the build in it.
fn swap(plan: &Plan, runtime: &Runtime, place: &Place, report: &mut Report) {
    let shelf = place.root().join("swapped");
    copies(&["direct"], 1, &shelf);
    let file = shelf.join("dire00.wasm");
    let built = Build::at(&file);
    let found: Vec<f64> = runtime.block_on(async {
        let house = House::open(std::slice::from_ref(&shelf), &place.root().join("data-swap")).await;
        let watched = house.watch();
        let picker = house.picker("dire00").await;
        let sample = picker.manifest().samples[0].clone();
        let mut found = Vec::new();
        for round in 0..plan.rounds {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let version = format!("1.0.{round}");
            let begin = Instant::now();
            built.clone().version(&version).put(&file);
            while picker.label() != format!("dire00@{version}") {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            picker.resolve(&sample.input).await.unwrap();
            found.push(begin.elapsed().as_secs_f64());
        }
        watched.close().await;
        house.close().await;
        found
    });
    report.table(
        format!("from a file in its place to the first answer of the new build; {} rounds", plan.rounds),
        &[("plugin", "plugin"), ("seconds", "s"), ("most", "most"), ("aim", "aim")],
    );
    let (middle, most) = (median(&found), found.iter().copied().fold(0.0, f64::max));
    let within = aim(most <= AIM_SWAP, &format!("{AIM_SWAP} s"));
    report.row(vec![json!("direct, compiled anew"), json!(middle), json!(most), within]);
    report.table(
        String::from("memory of the process while 50 callers ask and three builds take turns"),
        &[("swaps", "swaps"), ("resident", "MiB"), ("anonymous", "without files, MiB")],
    );
    for row in memory() {
        report.row(row);
    }
}

/// What a process of its own has in memory after so many swaps, resident, and of that what no file holds.
fn memory() -> Vec<Vec<Value>> {
    let mut asked = Command::new(env::current_exe().unwrap());
    let told = asked.arg(MEMORY).stderr(Stdio::inherit()).output().unwrap();
    assert!(told.status.success(), "{}", told.status);
    let rows = String::from_utf8(told.stdout).unwrap();
    rows.lines().map(|row| row.split(' ').map(|cell| cell.parse().unwrap()).collect()).collect()
}

fn print_memory(runtime: &Runtime) {
    let place = Place::new("bench-plugins-memory");
    let shelf = place.root().join("swapped");
    copies(&["direct"], 1, &shelf);
    let built = Build::at(&shelf.join("dire00.wasm"));
    for (swaps, resident, anonymous) in runtime.block_on(many_swaps(&shelf, &built, &place.data())) {
        println!("{swaps} {resident:.1} {anonymous:.1}");
    }
}

/// What the process has in memory after so many swaps under 50 callers.
async fn many_swaps(shelf: &Path, built: &Build, data: &Path) -> Vec<(u32, f64, f64)> {
    const SWAPS: [u32; 4] = [20, 60, 100, 200];
    let file = shelf.join("dire00.wasm");
    built.clone().version("2.0.0").put(&file);
    let house = House::open(&[shelf.to_owned()], data).await;
    let (watched, picker) = (house.watch(), house.picker("dire00").await);
    let callers: Vec<_> = (0..50).map(|_| tokio::spawn(ask_on(picker.clone()))).collect();
    let mut found = Vec::new();
    for swap in 1..=200 {
        let version = format!("2.0.{}", swap % 3);
        built.clone().version(&version).put(&file);
        watched.ask();
        while picker.label() != format!("dire00@{version}") {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        if SWAPS.contains(&swap) {
            found.push((swap, memory_mib("VmRSS:"), memory_mib("RssAnon:")));
        }
    }
    assert!(callers.iter().all(|caller| !caller.is_finished()), "a call failed");
    callers.iter().for_each(|caller| caller.abort());
    watched.close().await;
    house.close().await;
    found
}

/// Asks again and again; an error would be a call that failed for a swap's sake.
async fn ask_on(picker: Picker) {
    let sample = picker.manifest().samples[0].clone();
    loop {
        assert_eq!(picker.resolve(&sample.input).await.as_ref(), Ok(&sample.id));
    }
}

/// One of the figures that the kernel has of the process.
fn memory_mib(figure: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(figure)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

fn aim(met: bool, aim: &str) -> Value {
    json!(format!("{aim}: {}", if met { "met" } else { "missed" }))
}
