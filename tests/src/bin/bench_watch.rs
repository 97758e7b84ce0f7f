//! `cargo xtask bench watch`: what it costs to watch many rooms of one platform that are dark, and how soon a room that
//! goes live is on the disk.
//!
//! The program runs with its usual config but for where the platform is; nothing is shortened unless `--interval` says so.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    reason = "a program for the people who build this one"
)]

use std::env;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use lyrebird_tests::bilibili::{Bilibili, Endpoint};
use lyrebird_tests::measure::{cpu_of_process, number};
use lyrebird_tests::place::{Place, wait_until};
use lyrebird_tests::program::{Run, Signal};

/// The first room's id.
const FIRST: u64 = 2_000_001;
/// Calls of the program's start, which are made once: ids are remembered.
const START: Duration = Duration::from_secs(120);
/// How long the program may take to end.
const END: Duration = Duration::from_secs(20);

struct Plan {
    rooms: u64,
    interval: u64,
    seconds: u64,
    rounds: u64,
}

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let number = |name, usual| number(&words, name, usual);
    let plan = Plan {
        rooms: number("--rooms", 50),
        interval: number("--interval", 30),
        seconds: number("--seconds", 180),
        rounds: number("--rounds", 6),
    };
    let (place, platform) = (Place::new("bench-watch"), Bilibili::start());
    let ids: Vec<u64> = (0..plan.rooms).map(|number| FIRST + number).collect();
    for id in &ids {
        platform.room(*id);
    }
    let rooms: String = ids.iter().map(|id| format!("[[room]]\nurl = \"https://live.bilibili.com/{id}\"\n")).collect();
    let check = format!("[check]\ninterval = {}\ngrace = \"5s\"\n", plan.interval);
    place.configure(&format!("{check}{}{rooms}", platform.table("bilibili", false)));
    let run = Run::start(place.lyrebird(&["run"]), None);
    println!("{} rooms of one platform, every {} s", plan.rooms, plan.interval);
    wait_until("all rooms were looked at", START, || asked_for_all(&platform, &ids));
    idle(&plan, &platform, run.id());
    latency(&plan, &platform, &place, &ids);
    platform.expect_no_violation();
    run.signal(Signal::TERM);
    run.finish(END).expect_code(0);
}

fn asked_for_all(platform: &Bilibili, ids: &[u64]) -> bool {
    let asked = platform.requests_to(Endpoint::BaseInfo);
    ids.iter().all(|id| asked.iter().any(|asked| asked.target.contains(&id.to_string())))
}

/// Requests, processor and memory while nothing happens.
fn idle(plan: &Plan, platform: &Bilibili, pid: u32) {
    // The first minute is the start's.
    thread::sleep(Duration::from_secs(plan.interval));
    let (requests, cpu, begin) = (platform.requests().len(), cpu_of_process(pid).all(), Instant::now());
    thread::sleep(Duration::from_secs(plan.seconds));
    let minutes = begin.elapsed().as_secs_f64() / 60.0;
    let requests = (platform.requests().len() - requests) as f64 / minutes;
    let cpu = (cpu_of_process(pid).all() - cpu).as_secs_f64() / minutes;
    println!("  idle for {:.1} minutes:", minutes);
    println!("    {requests:.2} requests a minute");
    println!("    {cpu:.3} CPU s a minute");
    println!("    {:.1} MiB resident, {:.1} MiB at most", kib(pid, "VmRSS:") / 1024.0, kib(pid, "VmHWM:") / 1024.0);
}

/// Time from live to the first byte of media on the disk, from moments that are spread over the interval.
fn latency(plan: &Plan, platform: &Bilibili, place: &Place, ids: &[u64]) {
    let mut took = Vec::new();
    for round in 0..plan.rounds {
        let id = ids[usize::try_from(round).unwrap() % ids.len()];
        // Each round has a room of its own: the one before may still be closing its file.
        let folder = place.out().join("bilibili").join(format!("Streamer of {id}"));
        // So that the moments are spread: rounds of one length would meet the same one.
        thread::sleep(Duration::from_millis(plan.interval * 1_000 * (round * 7 % plan.rounds) / plan.rounds / 2));
        platform.go_live(id);
        let begin = Instant::now();
        wait_until("media is on the disk", Duration::from_secs(3 * plan.interval + 10), || written(&folder) > 0);
        took.push(begin.elapsed().as_secs_f64());
        platform.go_dark(id);
    }
    took.sort_by(f64::total_cmp);
    let all: Vec<String> = took.iter().map(|seconds| format!("{seconds:.1}")).collect();
    println!("  from live to the first byte on the disk: {} s", all.join(", "));
}

/// Bytes of media below the folder.
fn written(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let size = |path: &Path| match path.is_dir() {
        true => written(path),
        false if path.extension().is_some_and(|kind| kind == "json") => 0,
        false => fs::metadata(path).map_or(0, |about| about.len()),
    };
    entries.flatten().map(|entry| size(&entry.path())).sum()
}

/// User and system time of the process and its threads.
fn kib(pid: u32, name: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
