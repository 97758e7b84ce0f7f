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
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use lyrebird_tests::clip::Clip;
use lyrebird_tests::flv::{HEAD, Tag, VIDEO};
use lyrebird_tests::place::Place;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// 8 Mbit/s, as a good 1080p60 stream has it.
const BYTES_PER_SECOND: usize = 1_000_000;
/// A key frame is so many times as large as another one.
const KEY_WEIGHT: usize = 5;
/// The kernel's unit in /proc/PID/stat on every Linux that we promise.
const TICK: Duration = Duration::from_millis(10);

/// What is measured, how much, how often.
struct Plan {
    mib: usize,
    rounds: usize,
}

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let number = |name: &str, usual: usize| {
        let at = words.iter().position(|word| word == name);
        at.map_or(usual, |at| words[at + 1].parse().expect("a number"))
    };
    let plan = Plan { mib: number("--mib", 1024), rounds: number("--rounds", 5) };
    if words.first().is_some_and(|word| word == "serve") { serve(plan.mib) } else { measure(&plan) }
}

/// The stream: the large clip in a loop, filled up with filler NAL units (H.264, 7.4.2.7) to the wanted rate.
fn stream(mib: usize) -> Vec<u8> {
    let total = mib << 20;
    let mut bytes = Vec::with_capacity(total + (1 << 20));
    bytes.extend_from_slice(&HEAD);
    let once = Clip::Large.tags();
    once.iter().filter(|tag| !tag.is_media()).for_each(|tag| bytes.extend(tag.encode()));
    let media: Vec<&Tag> = once.iter().filter(|tag| tag.is_media()).collect();
    let weight: usize =
        media.iter().filter(|tag| tag.kind == VIDEO).map(|tag| if tag.is_key() { KEY_WEIGHT } else { 1 }).sum();
    let round_ms = 2_880;
    let share = BYTES_PER_SECOND * round_ms / 1000 / weight;
    let filled: Vec<Tag> = media.iter().map(|tag| fill(tag, share)).collect();
    let mut from_ms = 0;
    while bytes.len() < total {
        for tag in &filled {
            bytes.extend(Tag { time_ms: from_ms + tag.time_ms, ..tag.clone() }.encode());
        }
        from_ms += u32::try_from(round_ms).unwrap();
    }
    bytes
}

fn fill(tag: &Tag, share: usize) -> Tag {
    let wanted = if tag.is_key() { share * KEY_WEIGHT } else { share };
    if tag.kind != VIDEO || tag.body.len() + 16 > wanted {
        return tag.clone();
    }
    let filler = wanted - tag.body.len() - 4;
    let mut body = tag.body.to_vec();
    body.extend_from_slice(&u32::try_from(filler).unwrap().to_be_bytes());
    body.push(0x0c);
    body.resize(wanted - 1, 0xff);
    body.push(0x80);
    Tag { body: body.into(), ..tag.clone() }
}

/// The origin: says its port, then sends the stream to whoever asks, until its stdin is closed.
fn serve(mib: usize) {
    let bytes = stream(mib);
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

/// CPU time of one run.
#[derive(Clone, Copy)]
struct Cpu {
    user: Duration,
    system: Duration,
}

impl Cpu {
    fn all(self) -> Duration {
        self.user + self.system
    }
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

/// CPU time of a child with all its threads, read between its end and its burial.
fn cpu_of(mut child: Child, name: &str) -> Cpu {
    let pid = Pid::from_child(&child);
    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).unwrap();
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    // Fields are counted behind the name, which stands in brackets and may hold anything (proc_pid_stat(5)).
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let [user, system] = [11, 12].map(|field: usize| TICK * fields[field].parse::<u32>().unwrap());
    let status = child.wait().unwrap();
    assert!(status.success(), "{name} ended with {status}");
    Cpu { user, system }
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

fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}
