//! `cargo xtask bench watch`: what it costs to watch many rooms of one platform that are dark, and how soon a room that
//! goes live is on the disk. What a room takes of the memory is told by a run with one room.
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
    clippy::print_stderr,
    reason = "a program for the people who build this one"
)]

use std::env;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use lyrebird_tests::bilibili::{Bilibili, Endpoint};
use lyrebird_tests::measure::{Report, cpu_of_process, median, number, pss_kib};
use lyrebird_tests::place::{Place, wait_until};
use lyrebird_tests::program::{Run, Signal};
use serde_json::json;

/// The first room's id.
const FIRST: u64 = 2_000_001;
/// Calls of the program's start, which are made once: ids are remembered.
const START: Duration = Duration::from_secs(120);
/// How long the program may take to end.
const END: Duration = Duration::from_secs(20);
/// How often it is looked whether all rooms were asked for.
const GLANCE: Duration = Duration::from_millis(500);

struct Plan {
    rooms: u64,
    interval: u64,
    seconds: u64,
    rounds: u64,
}

/// What it came to while nothing happened.
struct Idle {
    requests_a_minute: f64,
    cpu_s_a_minute: f64,
    pss_kib: u64,
    most_kib: f64,
}

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let number = |name, usual| number(&words, name, usual);
    let plan = Plan {
        rooms: number("--rooms", 2_000),
        interval: number("--interval", 30),
        seconds: number("--seconds", 60),
        rounds: number("--rounds", 6),
    };
    let (single, _) = watch(&Plan { rooms: 1, seconds: 0, rounds: 0, ..plan });
    let (idle, latency) = watch(&plan);
    let mut report = Report::new("watch", &[], &words);
    let title = format!("{} dark rooms of one platform, each looked at every {} s", plan.rooms, plan.interval);
    report.table(
        title,
        &[
            ("requests_per_minute", "requests a minute"),
            ("cpu_s_per_minute", "CPU s a minute"),
            ("cpu_percent", "% of a core"),
            ("pss_mib", "memory (PSS), MiB"),
            ("peak_mib", "most ever (RSS), MiB"),
            ("kib_per_room", "KiB a room"),
            ("live_to_disk_s", "from live to the disk, s, median"),
        ],
    );
    let more = idle.pss_kib.saturating_sub(single.pss_kib) as f64;
    let kib_a_room = if plan.rooms > 1 { json!(more / (plan.rooms - 1) as f64) } else { json!(null) };
    report.row(vec![
        json!(idle.requests_a_minute),
        json!(idle.cpu_s_a_minute),
        json!(idle.cpu_s_a_minute / 0.6),
        json!(idle.pss_kib as f64 / 1024.0),
        json!(idle.most_kib / 1024.0),
        kib_a_room,
        if latency.is_empty() { json!(null) } else { json!(median(&latency)) },
    ]);
    println!("{}", report.text());
}

/// The program, from its start to its end.
fn watch(plan: &Plan) -> (Idle, Vec<f64>) {
    let (place, platform) = (Place::new("bench-watch"), Bilibili::start());
    let ids: Vec<u64> = (0..plan.rooms).map(|number| FIRST + number).collect();
    for id in &ids {
        platform.room(*id);
    }
    let rooms: String = ids.iter().map(|id| format!("[[room]]\nurl = \"https://live.bilibili.com/{id}\"\n")).collect();
    let start = |more: &str| {
        let check = format!("[check]\ninterval = {}\ngrace = \"5s\"\n{more}", plan.interval);
        place.configure(&format!("{check}{}{rooms}", platform.table("bilibili", false)));
        let asked = platform.requests_to(Endpoint::BaseInfo).len();
        let run = Run::start(place.lyrebird(&["run"]), None);
        wait_until("all rooms were looked at", START, || asked_for_all(&platform, asked, &ids));
        run
    };
    eprintln!("{} rooms of one platform, every {} s", plan.rooms, plan.interval);
    // Each room's id is asked for once in its life, which the usual budget of requests spreads over many minutes.
    let first = start("rate = \"1000/s\"\n");
    first.signal(Signal::TERM);
    first.finish(END).expect_code(0);
    let run = start("");
    let idle = idle(plan, &platform, run.id());
    let latency = latency(plan, &platform, &place, &ids);
    platform.expect_no_violation();
    run.signal(Signal::TERM);
    run.finish(END).expect_code(0);
    (idle, latency)
}

/// Whether it was asked for all rooms since so many requests.
fn asked_for_all(platform: &Bilibili, since: usize, ids: &[u64]) -> bool {
    thread::sleep(GLANCE);
    let asked = platform.requests_to(Endpoint::BaseInfo).into_iter().skip(since);
    let asked: Vec<String> = asked.map(|asked| asked.target).collect();
    let asked = asked.join(" ");
    ids.iter().all(|id| asked.contains(&id.to_string()))
}

/// Requests, processor and memory while nothing happens.
fn idle(plan: &Plan, platform: &Bilibili, pid: u32) -> Idle {
    // The first interval is the start's.
    thread::sleep(Duration::from_secs(plan.interval));
    let (requests, cpu, begin) = (platform.requests().len(), cpu_of_process(pid).all(), Instant::now());
    thread::sleep(Duration::from_secs(plan.seconds));
    let minutes = begin.elapsed().as_secs_f64() / 60.0;
    Idle {
        requests_a_minute: (platform.requests().len() - requests) as f64 / minutes,
        cpu_s_a_minute: (cpu_of_process(pid).all() - cpu).as_secs_f64() / minutes,
        pss_kib: pss_kib(pid),
        most_kib: kib(pid, "VmHWM:"),
    }
}

/// Time from live to the first byte of media on the disk, from moments that are spread over the interval.
fn latency(plan: &Plan, platform: &Bilibili, place: &Place, ids: &[u64]) -> Vec<f64> {
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
    took
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

/// A line of proc_pid_status(5).
fn kib(pid: u32, name: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
