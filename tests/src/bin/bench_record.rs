//! `cargo xtask bench record`: CPU seconds to record 1 GiB of FLV from a local origin as fast as it comes, against
//! `curl -o` and `ffmpeg -c copy` in the same run, in turn, medians. And system calls a MiB, in a run of their own.
//!
//! Once with 8 Mbit/s, once with the small tags of 1.2 Mbit/s. With hash and sync off the recorder syncs none of the
//! media; only what makes and names a file still is: its head, its sidecar, their folder.
//!
//! The origin is a process of its own with the whole stream in memory, so that it costs the others the same.
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
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use lyrebird_tests::broadcast;
use lyrebird_tests::measure::{Cpu, Report, calls_of_command, counter, cpu_of, median, number, seconds};
use lyrebird_tests::place::Place;
use lyrebird_tests::program;
use serde_json::json;

/// What is measured, how much, how often.
struct Plan {
    mib: usize,
    rounds: usize,
}

/// Streams, by their Mbit/s.
const STREAMS: [f64; 2] = [8.0, 1.2];

/// Bursts that may go by until all plugins are compiled.
const MOST_WARM_UPS: usize = 20;

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let plan = Plan { mib: number(&words, "--mib", 1024), rounds: number(&words, "--rounds", 5) };
    let one = number(&words, "--mbit", 0.0);
    if words.first().is_some_and(|word| word == "serve") {
        return serve(plan.mib, one);
    }
    let mut report = Report::new("record", &["curl", "ffmpeg"], &words);
    for mbit in STREAMS.into_iter().filter(|mbit| one == 0.0 || one == *mbit) {
        measure(&plan, mbit, &mut report);
    }
    println!("{}", report.text());
}

/// The origin: says its port, then sends the stream to whoever asks, until its stdin is closed.
fn serve(mib: usize, mbit: f64) {
    let bytes = broadcast::of_rate(mib << 20, (mbit * 1_000.0) as usize);
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client may leave early.
            send(stream, &bytes).ok();
        }
    });
    std::io::stdin().read_to_end(&mut Vec::new()).ok();
}

fn send(mut stream: TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    let mut request = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    while request.read_line(&mut line)? > 2 {
        line.clear();
    }
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        bytes.len()
    )?;
    stream.write_all(bytes)
}

/// One of the programs that are compared.
struct Rival {
    name: &'static str,
    command: Box<dyn Fn() -> Command>,
    output: PathBuf,
    cpu: Vec<Cpu>,
    wall: Vec<Duration>,
    calls_per_mib: Option<f64>,
}

/// Starts the origin; gives its URL, too.
fn origin(plan: &Plan, mbit: f64) -> (Child, String) {
    let mut origin = Command::new(env::current_exe().unwrap())
        .args(["serve", "--mib", &plan.mib.to_string(), "--mbit", &mbit.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut port = String::new();
    BufReader::new(origin.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let url = format!("http://127.0.0.1:{}/live.flv", port.trim());
    (origin, url)
}

fn measure(plan: &Plan, mbit: f64, report: &mut Report) {
    let (mut origin, url) = origin(plan, mbit);
    eprintln!("{} MiB of {mbit} Mbit/s FLV from {url}, {} rounds in turn", plan.mib, plan.rounds);
    let place = Place::new("bench");
    let mut rivals = rivals(&place, &url);
    for round in 0..plan.rounds {
        for rival in &mut rivals {
            run(rival, plan.mib);
            eprintln!("  round {}: {:<27} {:>6.2} CPU s", round + 1, rival.name, seconds(rival.cpu[round].all()));
        }
    }
    for rival in &mut rivals {
        fresh(&rival.output);
        let calls = calls_of_command(&(rival.command)(), place.root());
        rival.calls_per_mib = calls.map(|calls| calls / plan.mib as f64);
        fs::remove_dir_all(&rival.output).ok();
    }
    table(&rivals, plan, mbit, report);
    origin.kill().ok();
    origin.wait().ok();
}

fn rivals(place: &Place, url: &str) -> Vec<Rival> {
    let config = |name: &str, more: &str| place.write(name, format!("[output]\nmin_free = \"64MiB\"\n{more}"));
    let usual = config("lyrebird.toml", "");
    let off = config("off.toml", "sync = \"off\"\nhash = \"off\"\n");
    compile_plugins(place, url);
    let (out, off_out) = (place.out(), place.root().join("off"));
    let ours = |config: &Path, out: &Path| -> Box<dyn Fn() -> Command> {
        let ours = place.lyrebird(&["record", url]);
        let words: Vec<_> = ours.get_args().map(ToOwned::to_owned).collect();
        let program = ours.get_program().to_owned();
        let (root, home) = (place.root().to_path_buf(), place.root().join("home"));
        let (config, out) = (config.to_path_buf(), out.to_path_buf());
        Box::new(move || {
            let mut command = Command::new(&program);
            command.args(&words).arg("-c").arg(&config).arg("-o").arg(&out);
            command.current_dir(&root).env("HOME", &home);
            command
        })
    };
    let rival = |name, output: &Path, command: Box<dyn Fn() -> Command>| Rival {
        name,
        command,
        output: output.to_path_buf(),
        cpu: Vec::new(),
        wall: Vec::new(),
        calls_per_mib: None,
    };
    let simple = |program: &'static str, words: Vec<String>| -> Box<dyn Fn() -> Command> {
        Box::new(move || {
            let mut command = Command::new(program);
            command.args(&words);
            command
        })
    };
    let (curl, ffmpeg) = (place.root().join("curl"), place.root().join("ffmpeg"));
    let path = |folder: &Path| folder.join("live.flv").to_string_lossy().into_owned();
    let curl_words = ["-sS", "-o", &path(&curl), url].map(String::from).to_vec();
    let ffmpeg_words = ["-nostdin", "-v", "quiet", "-y", "-i", url, "-c", "copy", "-f", "flv", &path(&ffmpeg)];
    vec![
        rival("lyrebird", &out, ours(&usual, &out)),
        rival("lyrebird, hash and sync off", &off_out, ours(&off, &off_out)),
        rival("curl", &curl, simple("curl", curl_words)),
        rival("ffmpeg", &ffmpeg, simple("ffmpeg", ffmpeg_words.map(String::from).to_vec())),
    ]
}

/// Plugins are compiled once in their lives, beside the first recordings; that is not what is measured. A burst may be
/// over before they are.
fn compile_plugins(place: &Place, url: &str) {
    let wanted = files(&program::plugins(), "wasm");
    for _ in 0..MOST_WARM_UPS {
        place.run(&["record", "--once", "--max-size", "500MB", url]);
        if files(&place.data().join("compiled"), "cwasm") >= wanted {
            return;
        }
    }
    panic!("the plugins are not compiled after {MOST_WARM_UPS} bursts");
}

/// How many files of a folder end so.
fn files(folder: &Path, extension: &str) -> usize {
    let entries = fs::read_dir(folder).unwrap().flatten();
    entries.filter(|entry| entry.path().extension().is_some_and(|found| found == extension)).count()
}

/// Runs it once, on an empty folder, and checks that it has written the stream.
fn run(rival: &mut Rival, mib: usize) {
    fresh(&rival.output);
    let begin = Instant::now();
    let child = (rival.command)().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    rival.cpu.push(cpu_of(child, rival.name));
    rival.wall.push(begin.elapsed());
    let written = size(&rival.output);
    assert!(written * 100 >= (mib as u64 * 99) << 20, "{} has written {written} bytes only", rival.name);
    fs::remove_dir_all(&rival.output).unwrap();
}

fn table(rivals: &[Rival], plan: &Plan, mbit: f64, report: &mut Report) {
    let curl = rivals.iter().find(|rival| rival.name == "curl").expect("curl is there");
    let title = format!(
        "{} MiB of {mbit} Mbit/s as fast as it comes, {} rounds in turn; system calls by {}",
        plan.mib,
        plan.rounds,
        counter()
    );
    report.table(
        title,
        &[
            ("program", "program"),
            ("cpu_s", "CPU s, median"),
            ("user_s", "user"),
            ("system_s", "system"),
            ("least_s", "least"),
            ("most_s", "most"),
            ("times_curl", "× curl"),
            ("wall_s", "wall s"),
            ("calls_per_mib", "system calls a MiB"),
        ],
    );
    for rival in rivals {
        let cpu = |part: fn(Cpu) -> Duration| rival.cpu.iter().map(|cpu| seconds(part(*cpu))).collect::<Vec<f64>>();
        let all = cpu(Cpu::all);
        let least = all.iter().copied().fold(f64::INFINITY, f64::min);
        let most = all.iter().copied().fold(0.0, f64::max);
        // Round by round: what else the machine did at that time was much the same for both.
        let ratios: Vec<f64> = all.iter().zip(&curl.cpu).map(|(ours, curl)| ours / seconds(curl.all())).collect();
        let wall = median(&rival.wall.iter().map(|wall| seconds(*wall)).collect::<Vec<f64>>());
        let (user, system) = (median(&cpu(|cpu| cpu.user)), median(&cpu(|cpu| cpu.system)));
        let (name, cpu, ratio) = (rival.name, median(&all), median(&ratios));
        report.row(vec![
            json!(name),
            json!(cpu),
            json!(user),
            json!(system),
            json!(least),
            json!(most),
            json!(ratio),
            json!(wall),
            json!(rival.calls_per_mib),
        ]);
    }
}

fn fresh(folder: &Path) {
    fs::remove_dir_all(folder).ok();
    fs::create_dir_all(folder).unwrap();
}

/// Bytes of everything below a folder.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().flatten();
    entries.map(|entry| if entry.path().is_dir() { size(&entry.path()) } else { entry.metadata().unwrap().len() }).sum()
}
