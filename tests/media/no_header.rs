//! A video header that never comes, while the encoder repeats its parameter sets in every key frame: the file gets one.

use bytes::Bytes;
use lyrebird_tests::damage::Stream;
use lyrebird_tests::flv::{self, Tag, VIDEO};
use lyrebird_tests::media::{self, Kind};

use super::{Bench, REPAIRED, SECONDS, Wanted};

/// Bytes of a tag before the record, and before the first NAL unit.
const START: usize = 5;

/// Each set in a decoder's configuration record, with its size in four bytes before it.
fn parameter_sets(record: &[u8], is_hevc: bool) -> Vec<u8> {
    let mut sets = Vec::new();
    let mut take = |count: u8, mut at: usize| {
        for _ in 0..count {
            let size = usize::from(u16::from_be_bytes([record[at], record[at + 1]]));
            sets.extend([0, 0, record[at], record[at + 1]]);
            sets.extend_from_slice(&record[at + 2..at + 2 + size]);
            at += 2 + size;
        }
        at
    };
    if is_hevc {
        (0..record[22]).fold(23, |at, _| take(record[at + 2], at + 3));
    } else {
        let pictures = take(record[5] & 0x1f, 6);
        take(record[pictures], pictures + 1);
    }
    sets
}

fn check(kind: Kind) {
    let Some(mut bench) = Bench::new(kind) else { return };
    let mut tags = flv::parse(&kind.make(SECONDS).unwrap()).unwrap();
    let at = tags.iter().position(|tag| tag.kind == VIDEO && tag.is_header()).unwrap();
    let header = tags.remove(at);
    let sets = parameter_sets(&header.body[START..], kind == Kind::Hevc12);
    for key_frame in tags.iter_mut().filter(|tag| tag.is_key()) {
        key_frame.body = Bytes::from([&key_frame.body[..START], &sets, &key_frame.body[START..]].concat());
    }
    tags.retain(|tag: &Tag| !media::is_empty(tag));
    bench.judge(&Stream::new(&tags), &Wanted { name: "no header", verdict: REPAIRED, files: 1 });
    bench.done();
}

#[test]
fn avc() {
    check(Kind::Plain);
    check(Kind::BFrames);
}

#[test]
fn hevc() {
    check(Kind::Hevc12);
}
