//! `cargo xtask bench flv`: what the engine costs. In memory: GB a second through reader and remuxer, and allocations a
//! tag. File to file: CPU seconds a GiB of `flv fix`, against `cp` and `ffmpeg -c copy` in the same run, in turn.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    unsafe_code,
    reason = "a program for the people who build this one; only an allocator can count allocations"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use lyrebird_flv::{Item, Options, Reader, Remuxer, Segment, Step};
use lyrebird_tests::broadcast;
use lyrebird_tests::measure::{Cpu, cpu_of, median, number, seconds};
use lyrebird_tests::place::Place;

/// What a socket gives at once when it is busy.
const CHUNK: usize = 64 << 10;

/// Beyond one in so many tags an allocation is no amortised buffer any more. A tag that straddles two chunks is joined in
/// a buffer of its own: that is one a chunk, whatever the tags are.
const TAGS_AN_ALLOCATION: u64 = 20;

#[global_allocator]
static ALLOCATOR: Counting = Counting;
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

/// The system's allocator, counted.
struct Counting;

// SAFETY: every call goes on to the system's allocator with the arguments that came; counting touches no memory of theirs.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.realloc(memory, layout, size) }
    }
}

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let (mib, rounds) = (number(&words, "--mib", 1024), number(&words, "--rounds", 5));
    println!("| {mib} MiB in memory, {rounds} rounds | GB/s, median | least … most | tags | chunks | allocations |");
    println!("|---|---|---|---|---|---|");
    in_memory("1080p60, 8 Mbit/s", &broadcast::full_hd(mib), rounds);
    in_memory("720p30, 1.2 Mbit/s", &broadcast::thrifty(mib), rounds);
    for (name, stream) in [("8 Mbit/s", broadcast::full_hd as fn(usize) -> Vec<u8>), ("1.2 Mbit/s", broadcast::thrifty)]
    {
        from_file_to_file(name, mib, rounds, stream);
    }
}

/// What one round came to.
struct Round {
    gb_a_second: f64,
    tags: u64,
    allocations: u64,
}

fn in_memory(name: &str, stream: &[u8], rounds: usize) {
    let rounds: Vec<Round> = (0..rounds).map(|_| round(stream)).collect();
    let speeds: Vec<f64> = rounds.iter().map(|round| round.gb_a_second).collect();
    let (least, most) =
        (speeds.iter().copied().fold(f64::INFINITY, f64::min), speeds.iter().copied().fold(0.0, f64::max));
    let Round { tags, allocations, .. } = *rounds.last().expect("a round");
    let chunks = stream.len().div_ceil(CHUNK) as u64;
    println!("| {name} | {:.2} | {least:.2} … {most:.2} | {tags} | {chunks} | {allocations} |", median(&speeds));
    assert!(allocations < chunks + tags / TAGS_AN_ALLOCATION, "{allocations} allocations for {tags} tags");
}

/// The stream through the engine, to the framing of a file; nothing is copied out.
fn round(stream: &[u8]) -> Round {
    // As from the network: each chunk is memory of its own, which a payload keeps alive.
    let chunks: Vec<Bytes> = stream.chunks(CHUNK).map(|chunk| BytesMut::from(chunk).freeze()).collect();
    let (before, begin) = (ALLOCATIONS.load(Ordering::Relaxed), Instant::now());
    let (mut reader, mut remuxer) = (Reader::new(), Remuxer::new(Options::default()));
    let mut steps = Vec::new();
    let (mut segment, mut tags) = (None, 0_u64);
    let mut write = |steps: &mut Vec<Step>| {
        for step in steps.drain(..) {
            match step {
                Step::Cut(cut) => segment = Some(Segment::open(&cut)),
                Step::Write(tag) => {
                    std::hint::black_box(segment.as_mut().expect("a cut comes first").append(&tag));
                    tags += 1;
                }
                step @ (Step::Note(_) | Step::Looping) => panic!("a whole stream is mended: {step:?}"),
            }
        }
    };
    let mut take = |remuxer: &mut Remuxer, item: Item| {
        remuxer.push(item, &mut steps);
        write(&mut steps);
    };
    for chunk in chunks {
        reader.push(chunk);
        while let Some(item) = reader.next().expect("FLV") {
            take(&mut remuxer, item);
        }
    }
    while let Some(item) = reader.finish().expect("FLV") {
        // The last tag is cut off where the MiB are full.
        if matches!(item, Item::Tag(_)) {
            take(&mut remuxer, item);
        }
    }
    remuxer.finish(&mut steps);
    write(&mut steps);
    let lasted = begin.elapsed().as_secs_f64();
    let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
    Round { gb_a_second: stream.len() as f64 / 1e9 / lasted, tags, allocations }
}

/// One of the programs that are compared.
struct Rival {
    name: &'static str,
    command: Box<dyn Fn(&Path) -> Command>,
    cpu: Vec<Cpu>,
}

fn from_file_to_file(name: &str, mib: usize, rounds: usize, stream: fn(usize) -> Vec<u8>) {
    let place = Place::new("bench-flv");
    let input = place.root().join("input.flv");
    fs::write(&input, stream(mib)).unwrap();
    let mut rivals = rivals(&place, &input);
    for round in 0..rounds {
        for rival in &mut rivals {
            let folder = place.root().join("output");
            fs::remove_dir_all(&folder).ok();
            fs::create_dir_all(&folder).unwrap();
            let mut command = (rival.command)(&folder);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            rival.cpu.push(cpu_of(command.spawn().unwrap(), rival.name));
            let written = fs::read_dir(&folder).unwrap().flatten().map(|entry| entry.metadata().unwrap().len());
            let written: u64 = written.sum();
            assert!(written * 100 >= (mib as u64 * 99) << 20, "{} has written {written} bytes only", rival.name);
            println!("  {name}, round {}: {:<8} {:>6.2} CPU s", round + 1, rival.name, seconds(rival.cpu[round].all()));
        }
    }
    let medians: Vec<f64> = rivals
        .iter()
        .map(|rival| median(&rival.cpu.iter().map(|cpu| seconds(cpu.all())).collect::<Vec<f64>>()))
        .collect();
    let gib = mib as f64 / 1024.0;
    let ffmpeg = *medians.last().expect("ffmpeg is the last");
    println!("\n| {name}, file to file | CPU s a GiB, median | × ffmpeg |\n|---|---|---|");
    for (rival, cpu) in rivals.iter().zip(&medians) {
        println!("| {} | {:.2} | {:.2} |", rival.name, cpu / gib, cpu / ffmpeg);
    }
    println!();
}

fn rivals(place: &Place, input: &Path) -> Vec<Rival> {
    let ours = PathBuf::from(place.lyrebird::<&str>(&[]).get_program());
    let [first, second, third] = [input.to_path_buf(), input.to_path_buf(), input.to_path_buf()];
    let rival = |name, command| Rival { name, command, cpu: Vec::new() };
    vec![
        rival(
            "flv fix",
            Box::new(move |folder: &Path| {
                let mut command = Command::new(&ours);
                command.args(["flv", "fix"]).arg(&first).arg("-o").arg(folder);
                command
            }),
        ),
        rival(
            "cp",
            Box::new(move |folder: &Path| {
                let mut command = Command::new("cp");
                command.arg(&second).arg(folder.join("copy.flv"));
                command
            }),
        ),
        rival(
            "ffmpeg",
            Box::new(move |folder: &Path| {
                let mut command = Command::new("ffmpeg");
                command.args(["-nostdin", "-v", "quiet", "-i"]).arg(&third);
                command.args(["-c", "copy", "-f", "flv"]).arg(folder.join("copy.flv"));
                command
            }),
        ),
    ]
}
