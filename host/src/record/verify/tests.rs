//! What an index may say, and what not.

use bytes::Bytes;
use lyrebird_flv::{Tag, Track};

use super::State;
use super::index::Index;

fn tag(track: Track, time_ms: u32, offset: u64, payload: &'static [u8]) -> Tag {
    Tag { track, time_ms, offset, payload: Bytes::from_static(payload) }
}

/// A configuration at 100, sound at 150, key frames at 200 (0 ms) and 400 (1,500 ms), another picture at 300.
#[track_caller]
fn check(times: &[f64], offsets: &[f64], expected: &[&str]) {
    let mut index = Index::new(times, offsets);
    index.hear(&tag(Track::Video, 0, 100, &[0x17, 0, 0, 0, 0, 1]));
    index.hear(&tag(Track::Audio, 0, 150, &[0xaf, 1, 1]));
    index.hear(&tag(Track::Video, 0, 200, &[0x17, 1, 0, 0, 0, 1]));
    index.hear(&tag(Track::Video, 500, 300, &[0x27, 1, 0, 0, 0, 1]));
    index.hear(&tag(Track::Video, 1500, 400, &[0x17, 1, 0, 0, 0, 1]));
    let faults = match index.finish().1 {
        State::Wrong(faults) => faults.into_iter().map(|fault| fault.why).collect(),
        _ => Vec::new(),
    };
    assert_eq!(faults, expected);
}

#[test]
fn entries() {
    check(&[0.0, 0.0, 1.5], &[100.0, 200.0, 400.0], &[]);
    check(&[1.5, 0.0], &[400.0, 200.0], &[]);
    check(&[], &[], &[]);
    check(&[0.0, 1.5], &[200.0, 300.0], &["leads to no key frame"]);
    check(&[0.0], &[150.0], &["leads to a tag that is no video"]);
    check(&[0.0, 1.0], &[200.0, 400.0], &["says 1 s, the key frame there has 1500 ms"]);
    let nowhere = "leads to byte 250, where no tag begins";
    check(&[0.0, 1.5], &[250.0, 400.0], &[nowhere]);
    check(&[0.0], &[9000.0], &["leads to byte 9000, where no tag begins"]);
    check(&[0.0, 1.5], &[200.0], &["it has 2 times and 1 positions"]);
}
