//! Sends a file through the engine by hand: `cargo run --release -p lyrebird-flv --example remux -- IN OUT_STEM`.
//! Without OUT_STEM it measures instead: Reader and Remuxer, memory to memory, chunks of 64 and 256 KiB.
#![allow(clippy::print_stdout)]

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::time::Instant;

use bytes::Bytes;
use lyrebird_flv::{Depth, Options, Reader, Remuxer, Segment, Step};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let input = Bytes::from(fs::read(args.next().ok_or("which file?")?)?);
    match args.next() {
        Some(stem) => remux(&input, &stem),
        None => measure(&input),
    }
}

fn each_step(input: &Bytes, chunk_bytes: usize, mut act: impl FnMut(Step)) -> Result<(), lyrebird_flv::Fault> {
    let (mut reader, mut remuxer, mut steps) = (Reader::new(), Remuxer::new(Options::default()), Vec::new());
    let mut rest = input.clone();
    while !rest.is_empty() {
        // A buffer of its own, as the network gives it.
        reader.push(rest.split_to(chunk_bytes.min(rest.len())));
        while let Some(item) = reader.next()? {
            remuxer.push(item, &mut steps);
        }
        steps.drain(..).for_each(&mut act);
    }
    while let Some(item) = reader.finish()? {
        remuxer.push(item, &mut steps);
    }
    remuxer.finish(&mut steps);
    steps.drain(..).for_each(&mut act);
    Ok(())
}

fn remux(input: &Bytes, stem: &str) -> Result<(), Box<dyn std::error::Error>> {
    let mut steps = Vec::new();
    each_step(input, 64 << 10, |step| steps.push(step))?;
    let mut open: Option<(Segment, File)> = None;
    let mut number = 0;
    for step in steps {
        match step {
            Step::Cut(cut) => {
                close(open.take())?;
                number += 1;
                println!("{stem}_{number}.flv: {:?} {:?}", cut.why, cut.facts);
                let segment = Segment::open(&cut);
                let mut file = File::create(format!("{stem}_{number}.flv"))?;
                file.write_all(&segment.head())?;
                open = Some((segment, file));
            }
            Step::Write(tag) => {
                let (segment, file) = open.as_mut().ok_or("a cut comes first")?;
                let frame = segment.append(&tag);
                file.write_all(&[&frame.head[..], &tag.payload, &frame.tail].concat())?;
            }
            Step::Note(note) => println!("{note:?}"),
            Step::Looping => println!("nothing but repeats"),
        }
    }
    Ok(close(open)?)
}

fn close(open: Option<(Segment, File)>) -> std::io::Result<()> {
    let Some((mut segment, file)) = open else { return Ok(()) };
    segment.patch(Depth::All).iter().try_for_each(|patch| file.write_all_at(&patch.bytes, patch.offset))
}

fn measure(input: &Bytes) -> Result<(), Box<dyn std::error::Error>> {
    for chunk_bytes in [16 << 10, 64 << 10, 256 << 10] {
        let mut best = 0.0_f64;
        for _ in 0..15 {
            let start = Instant::now();
            let mut tags = 0_u64;
            each_step(input, chunk_bytes, |step| tags += u64::from(matches!(step, Step::Write(_))))?;
            let bytes = f64::from(u32::try_from(input.len())?);
            best = best.max(bytes / start.elapsed().as_secs_f64());
            assert!(tags > 0, "nothing was written");
        }
        println!("chunks of {} KiB: {:.2} GB/s", chunk_bytes >> 10, best / 1e9);
    }
    Ok(())
}
