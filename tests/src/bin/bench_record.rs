//! `cargo xtask bench record`: CPU seconds to record 1 GiB of 8 Mbit/s FLV from a local origin as fast as it comes,
//! against `curl -o` and `ffmpeg -c copy` in the same run, in turn, medians. And system calls a MiB, by strace.
//!
//! The origin is a process of its own with the whole stream in memory, so that it costs the others the same.
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
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use lyrebird_tests::broadcast;
use lyrebird_tests::measure::{Cpu, cpu_of, median, number, seconds};
use lyrebird_tests::place::Place;

/// What is measured, how much, how often.
struct Plan {
    mib: usize,
    rounds: usize,
}

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let plan = Plan { mib: number(&words, "--mib", 1024), rounds: number(&words, "--rounds", 5) };
    if words.first().is_some_and(|word| word == "serve") { serve(plan.mib) } else { measure(&plan) }
}

/// The origin: says its port, then sends the stream to whoever asks, until its stdin is closed.
fn serve(mib: usize) {
    let bytes = broadcast::full_hd(mib);
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

fn measure(plan: &Plan) {
    let mut origin = Command::new(env::current_exe().unwrap())
        .args(["serve", "--mib", &plan.mib.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut port = String::new();
    BufReader::new(origin.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let url = format!("http://127.0.0.1:{}/live.flv", port.trim());
    println!("{} MiB of 8 Mbit/s FLV from {url}, {} rounds in turn", plan.mib, plan.rounds);

    let place = Place::new("bench");
    let mut rivals = rivals(&place, &url);
    for round in 0..plan.rounds {
        for rival in &mut rivals {
            run(rival, plan.mib);
            println!("  round {}: {:<9} {:>6.2} CPU s", round + 1, rival.name, seconds(rival.cpu[round].all()));
        }
    }
    if strace_is_there() {
        rivals.iter_mut().for_each(|rival| count_calls(rival, plan.mib, place.root()));
    } else {
        println!("  (no strace here: system calls are not counted)");
    }
    table(&rivals, plan.mib);
    origin.kill().ok();
    origin.wait().ok();
}

fn rivals(place: &Place, url: &str) -> Vec<Rival> {
    place.write("lyrebird.toml", "[output]\nmin_free = \"64MiB\"\n");
    // The plugin is compiled once in its life; that is not what is measured.
    place.run(&["plugin", "list"]);
    let (out, config) = (place.out(), place.root().join("lyrebird.toml"));
    let root = place.root().to_path_buf();
    let ours = place.lyrebird(&["record", url]);
    let words: Vec<_> = ours.get_args().map(ToOwned::to_owned).collect();
    let program = ours.get_program().to_owned();
    let home = place.root().join("home");
    let lyrebird = {
        let out = out.clone();
        move || {
            let mut command = Command::new(&program);
            command.args(&words).arg("-c").arg(&config).arg("-o").arg(&out);
            command.current_dir(&root).env("HOME", &home);
            command
        }
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
        rival("lyrebird", &out, Box::new(lyrebird)),
        rival("curl", &curl, simple("curl", curl_words)),
        rival("ffmpeg", &ffmpeg, simple("ffmpeg", ffmpeg_words.map(String::from).to_vec())),
    ]
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

fn strace_is_there() -> bool {
    Command::new("strace")
        .arg("-V")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// One more run below strace, which slows it down and therefore counts alone.
fn count_calls(rival: &mut Rival, mib: usize, folder: &Path) {
    fresh(&rival.output);
    let summary = folder.join("strace.txt");
    let own = (rival.command)();
    let mut command = Command::new("strace");
    command.args(["-f", "-c", "-o"]).arg(&summary).arg(own.get_program()).args(own.get_args());
    if let Some(folder) = own.get_current_dir() {
        command.current_dir(folder);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    let text = fs::read_to_string(&summary).unwrap_or_default();
    let total = text.lines().find(|line| line.trim_end().ends_with("total"));
    let calls = total.and_then(|line| line.split_whitespace().nth(3)).and_then(|calls| calls.parse::<f64>().ok());
    rival.calls_per_mib = calls.map(|calls| calls / mib as f64);
    fs::remove_dir_all(&rival.output).ok();
}

fn table(rivals: &[Rival], mib: usize) {
    let curl = rivals.iter().find(|rival| rival.name == "curl").expect("curl is there");
    println!("\n| {mib} MiB | CPU s, median | user | system | least … most | × curl | wall s | system calls a MiB |");
    println!("|---|---|---|---|---|---|---|---|");
    for rival in rivals {
        let cpu = |part: fn(Cpu) -> Duration| rival.cpu.iter().map(|cpu| seconds(part(*cpu))).collect::<Vec<f64>>();
        let all = cpu(Cpu::all);
        let (user, system) = (median(&cpu(|cpu| cpu.user)), median(&cpu(|cpu| cpu.system)));
        let least = all.iter().copied().fold(f64::INFINITY, f64::min);
        let most = all.iter().copied().fold(0.0, f64::max);
        // Round by round: what else the machine did at that time was much the same for both.
        let ratios: Vec<f64> = all.iter().zip(&curl.cpu).map(|(ours, curl)| ours / seconds(curl.all())).collect();
        let calls = rival.calls_per_mib.map_or_else(|| String::from("?"), |calls| format!("{calls:.1}"));
        let wall = median(&rival.wall.iter().map(|wall| seconds(*wall)).collect::<Vec<f64>>());
        let (cpu, ratio, name) = (median(&all), median(&ratios), rival.name);
        println!(
            "| {name} | {cpu:.2} | {user:.2} | {system:.2} | {least:.2} … {most:.2} | {ratio:.2} | {wall:.2} | {calls} |"
        );
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
