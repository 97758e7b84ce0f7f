//! `cargo xtask bench live`: what it costs to record many streams in real time, in CPU, memory and system calls, against
//! as many `curl -o` and `ffmpeg -c copy`, in turn, medians.
//!
//! The origin is a process of its own, whose CPU time nobody counts. It sends what is due each 40 ms, a picture of 25 a
//! second with its sound, to each stream at another moment: so they come from encoders, and so they wake a recorder.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the people who build this one"
)]

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use lyrebird_tests::measure::{
    Report, calls_of_processes, counter, cpu_of_process, flag, median, number, open_files, pss_kib,
};
use lyrebird_tests::place::{Place, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

mod origin;

/// How long until all streams flow: the recorder asks its picker room by room.
const START: Duration = Duration::from_secs(60);
/// How long after that nothing is measured: connections, first files.
const SETTLE: Duration = Duration::from_secs(3);
/// How long system calls are counted for, behind what is measured.
const COUNTED: Duration = Duration::from_secs(5);
/// How long a program may take to end.
const END: Duration = Duration::from_secs(30);

/// What is measured.
#[derive(Clone, Copy)]
struct Plan {
    rooms: usize,
    mbit: f64,
    seconds: u64,
    rounds: usize,
    tick_ms: u64,
}

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let plan = Plan {
        rooms: number(&words, "--rooms", 0),
        mbit: number(&words, "--mbit", 8.0),
        seconds: number(&words, "--seconds", 15),
        rounds: number(&words, "--rounds", 3),
        tick_ms: number(&words, "--tick", 40),
    };
    if words.first().is_some_and(|word| word == "serve") {
        return origin::serve(plan.mbit, plan.tick_ms);
    }
    // The two that are promised, or the one that was asked for.
    let plans = match plan.rooms {
        0 => vec![Plan { rooms: 50, mbit: 8.0, ..plan }, Plan { rooms: 200, mbit: 2.0, ..plan }],
        _ => vec![plan],
    };
    let mut report = Report::new("live", &["curl", "ffmpeg"], &words);
    for plan in plans {
        measure(&plan, flag(&words, "--alone"), &mut report);
    }
    println!("{}", report.text());
}

/// One of the programs that are compared.
struct Rival {
    name: &'static str,
    start: Box<dyn Fn() -> Vec<Child>>,
    output: PathBuf,
    rounds: Vec<Round>,
}

/// What one round came to.
struct Round {
    cpu_percent: f64,
    pss_mib: f64,
    mib_a_second: f64,
    calls_per_mib: Option<f64>,
    files: usize,
}

fn measure(plan: &Plan, alone: bool, report: &mut Report) {
    let (mut origin, base) = start_origin(plan);
    eprintln!("{} streams of {} Mbit/s, {} rounds of {} s in turn", plan.rooms, plan.mbit, plan.rounds, plan.seconds);
    let place = Place::new("bench-live");
    let mut rivals = rivals(&place, &base, plan.rooms, alone);
    for round in 0..plan.rounds {
        for rival in &mut rivals {
            let result = run(rival, plan, place.root());
            eprintln!(
                "  round {}: {:<9} {:>6.1} % of a core, {:>6.1} MiB, {:>5.1} MiB/s",
                round + 1,
                rival.name,
                result.cpu_percent,
                result.pss_mib,
                result.mib_a_second
            );
            rival.rounds.push(result);
        }
    }
    table(&rivals, plan, report);
    origin.kill().ok();
    origin.wait().ok();
}

fn start_origin(plan: &Plan) -> (Child, String) {
    let mut origin = Command::new(env::current_exe().unwrap())
        .args(["serve", "--mbit", &plan.mbit.to_string(), "--tick", &plan.tick_ms.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut port = String::new();
    BufReader::new(origin.stdout.take().unwrap()).read_line(&mut port).unwrap();
    (origin, format!("http://127.0.0.1:{}", port.trim()))
}

fn rivals(place: &Place, base: &str, rooms: usize, alone: bool) -> Vec<Rival> {
    let urls: Vec<String> = (0..rooms).map(|number| format!("{base}/{number}.flv")).collect();
    let config = place.write("lyrebird.toml", "[output]\nmin_free = \"64MiB\"\n");
    // Plugins are compiled once in their lives, beside the first recordings; that is not what is measured.
    place.run(&["record", "--once", "--duration", "5s", urls[0].as_str()]);
    let ours = place.lyrebird::<&str>(&[]);
    let (program, words) = (ours.get_program().to_owned(), ours.get_args().map(ToOwned::to_owned).collect::<Vec<_>>());
    let (root, home, out) = (place.root().to_path_buf(), place.root().join("home"), place.out());
    let lyrebird: Box<dyn Fn() -> Vec<Child>> = {
        let (urls, out) = (urls.clone(), out.clone());
        Box::new(move || {
            let mut command = Command::new(&program);
            command.args(&words).arg("record").args(&urls).arg("-c").arg(&config).arg("-o").arg(&out);
            command.current_dir(&root).env("HOME", &home);
            vec![quiet(command)]
        })
    };
    let many = |name: &'static str, words: fn(&str, &Path) -> Command| {
        let (urls, output) = (urls.clone(), place.root().join(name));
        let folder = output.clone();
        let start: Box<dyn Fn() -> Vec<Child>> = Box::new(move || {
            let file = |number: usize| folder.join(format!("{number}.flv"));
            urls.iter().enumerate().map(|(number, url)| quiet(words(url, &file(number)))).collect()
        });
        Rival { name, start, output, rounds: Vec::new() }
    };
    let mut rivals = vec![Rival { name: "lyrebird", start: lyrebird, output: out, rounds: Vec::new() }];
    if !alone {
        rivals.push(many("curl", |url, file| {
            let mut curl = Command::new("curl");
            curl.args(["-sS", url, "-o"]).arg(file);
            curl
        }));
        rivals.push(many("ffmpeg", |url, file| {
            let mut ffmpeg = Command::new("ffmpeg");
            ffmpeg.args(["-nostdin", "-v", "quiet", "-y", "-i", url, "-c", "copy", "-f", "flv"]).arg(file);
            ffmpeg
        }));
    }
    rivals
}

fn quiet(mut command: Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// One round of one of them, in an empty folder.
fn run(rival: &Rival, plan: &Plan, folder: &Path) -> Round {
    fs::remove_dir_all(&rival.output).ok();
    fs::create_dir_all(&rival.output).unwrap();
    let mut children = (rival.start)();
    let pids: Vec<u32> = children.iter().map(Child::id).collect();
    wait_until("all streams flow", START, || media(&rival.output).0 == plan.rooms);
    thread::sleep(SETTLE);
    let cpu = || pids.iter().map(|pid| cpu_of_process(*pid).all()).sum::<Duration>();
    let (bytes, before, begin) = (media(&rival.output).1, cpu(), Instant::now());
    thread::sleep(Duration::from_secs(plan.seconds));
    let (bytes, used, lasted) = (media(&rival.output).1 - bytes, cpu() - before, begin.elapsed().as_secs_f64());
    let pss_mib = pids.iter().map(|pid| pss_kib(*pid)).sum::<u64>() as f64 / 1024.0;
    let files = pids.iter().map(|pid| open_files(*pid)).sum();
    let mib_a_second = bytes as f64 / lasted / 1_048_576.0;
    let calls = calls_of_processes(&pids, COUNTED, folder);
    let calls_per_mib = calls.map(|calls| calls / (mib_a_second * COUNTED.as_secs_f64()));
    end(&mut children);
    fs::remove_dir_all(&rival.output).unwrap();
    let expected = plan.rooms as f64 * plan.mbit / 8.388_608;
    assert!(mib_a_second > 0.75 * expected, "{} has written {mib_a_second:.1} MiB/s only", rival.name);
    Round { cpu_percent: 100.0 * used.as_secs_f64() / lasted, pss_mib, mib_a_second, calls_per_mib, files }
}

fn end(children: &mut [Child]) {
    for child in children.iter() {
        kill_process(Pid::from_child(child), Signal::TERM).unwrap();
    }
    let deadline = Instant::now() + END;
    for child in children {
        while child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "a program did not end in {END:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// How many files of media there are that hold some, and their bytes.
fn media(folder: &Path) -> (usize, u64) {
    let Ok(entries) = fs::read_dir(folder) else { return (0, 0) };
    entries.flatten().fold((0, 0), |(files, bytes), entry| {
        let path = entry.path();
        if path.is_dir() {
            let (more, further) = media(&path);
            return (files + more, bytes + further);
        }
        let length = entry.metadata().map_or(0, |about| about.len());
        let is_media = path.extension().is_none_or(|kind| kind != "json");
        if is_media && length > 4_096 { (files + 1, bytes + length) } else { (files, bytes) }
    })
}

fn table(rivals: &[Rival], plan: &Plan, report: &mut Report) {
    let title = format!(
        "{} streams of {} Mbit/s in real time, {} rounds of {} s in turn; system calls by {}",
        plan.rooms,
        plan.mbit,
        plan.rounds,
        plan.seconds,
        counter()
    );
    report.table(
        title,
        &[
            ("program", "program"),
            ("cpu_percent", "% of a core, median"),
            ("least_percent", "least"),
            ("most_percent", "most"),
            ("times_lyrebird", "× lyrebird"),
            ("pss_mib", "memory (PSS), MiB"),
            ("mib_per_s", "MiB/s"),
            ("calls_per_mib", "system calls a MiB"),
            ("open_files", "open files"),
        ],
    );
    let middle = |rival: &Rival, figure: fn(&Round) -> f64| -> f64 {
        median(&rival.rounds.iter().map(figure).collect::<Vec<f64>>())
    };
    let ours = middle(&rivals[0], |round| round.cpu_percent);
    for rival in rivals {
        let cpu: Vec<f64> = rival.rounds.iter().map(|round| round.cpu_percent).collect();
        let calls: Vec<f64> = rival.rounds.iter().filter_map(|round| round.calls_per_mib).collect();
        let calls = if calls.is_empty() { Value::Null } else { json!(median(&calls)) };
        report.row(vec![
            json!(rival.name),
            json!(median(&cpu)),
            json!(cpu.iter().copied().fold(f64::INFINITY, f64::min)),
            json!(cpu.iter().copied().fold(0.0, f64::max)),
            json!(median(&cpu) / ours),
            json!(middle(rival, |round| round.pss_mib)),
            json!(middle(rival, |round| round.mib_a_second)),
            calls,
            json!(rival.rounds.iter().map(|round| round.files).max()),
        ]);
    }
}
