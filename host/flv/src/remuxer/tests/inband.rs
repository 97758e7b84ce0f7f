//! Streams whose video header never comes, or late, while the parameter sets stand in the key frames.

use expect_test::{Expect, expect};

use super::fixed_point;
use crate::text;

/// The sequence header of a fixture's line, as it stands in a tag: its start, and the sets in it.
fn header(line: &str) -> (Vec<u8>, Vec<Vec<u8>>) {
    let payload = text::tags(line).unwrap().remove(0).payload.to_vec();
    let record = &payload[5..];
    let mut sets = Vec::new();
    let mut take = |count: u8, mut at: usize| {
        for _ in 0..count {
            let size = usize::from(u16::from_be_bytes([record[at], record[at + 1]]));
            sets.push(record[at + 2..at + 2 + size].to_vec());
            at += 2 + size;
        }
        at
    };
    if line.contains("hevc") {
        (0..record[22]).fold(23, |at, _| take(record[at + 2], at + 3));
    } else {
        let pictures = take(record[5] & 0x1f, 6);
        take(record[pictures], pictures + 1);
    }
    (payload, sets)
}

/// A line of a key frame that begins with these bytes and holds these NAL units.
fn key_frame(at: u32, start: &[u8], units: &[&[u8]]) -> String {
    let mut payload = start.to_vec();
    for unit in units {
        payload.extend(u32::try_from(unit.len()).unwrap().to_be_bytes());
        payload.extend_from_slice(unit);
    }
    let hex: String = payload.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("V {at} hex={hex}\n")
}

/// What is written of tracks and told, without payloads.
fn check(input: &str, expected: Expect) {
    let output = fixed_point::remux(&[text::stream(input).unwrap()], usize::MAX);
    for file in &output.files {
        let again = fixed_point::remux(std::slice::from_ref(file), 1000);
        assert!(again.files == [file.clone()] && again.notes.is_empty(), "no fixed point: {:?}", again.notes);
    }
    let lines = output.lines.concat();
    let short = |line: &str| match line.split_once(" hex=") {
        Some((start, hex)) => format!("{start} {} bytes\n", hex.split(' ').next().unwrap().len() / 2),
        None => format!("{line}\n"),
    };
    expected.assert_eq(&lines.lines().map(short).collect::<String>());
}

fn avc(at: u32) -> String {
    let (_, sets) = header("V 0 header");
    key_frame(at, &[0x17, 1, 0, 0, 0], &[&sets[0], &sets[1], &[0x65, 1, 2, 3]])
}

#[test]
fn avc_without_a_header() {
    check(
        &format!("A 0 header\nA 0\nV 0 30 #1\n{}V 80 30 #2\nA 100\n{}", avc(40), avc(120)),
        expect![[r#"
        -- Start
        V 0 header 720p
        A 0 header
        -- note configuration_made 1 tags
        -- note unconfigured 1 tags
        A 0
        V 40 key 51 #abaa6789
        V 80 #2
        A 100
        V 120 key 51 #abaa6789
    "#]],
    );
}

/// The sender's own header may say the same in other bytes: without what a high profile adds, say.
#[test]
fn a_late_header_that_says_the_same() {
    let (mut sent, _) = header("V 0 header");
    sent.truncate(sent.len() - 4);
    let sent: String = sent.iter().map(|byte| format!("{byte:02x}")).collect();
    check(
        &format!("A 0 header\nA 0\n{}V 40 30 #1\nA 50\nV 0 hex={sent}\n{}A 90", avc(0), avc(80)),
        expect![[r#"
        -- Start
        V 0 header 720p
        A 0 header
        -- note configuration_made 1 tags
        A 0
        V 0 key 51 #abaa6789
        V 40 #1
        A 50
        -- note configuration_repeated 1 tags
        V 80 key 51 #abaa6789
        A 90
    "#]],
    );
}

#[test]
fn a_late_header_that_says_something_else() {
    check(
        &format!("A 0 header\nA 0\n{}V 40 30 #1\nA 50\nV 0 header 1080p\nV 80 key\nA 90", avc(0)),
        expect![[r#"
        -- Start
        V 0 header 720p
        A 0 header
        -- note configuration_made 1 tags
        A 0
        V 0 key 51 #abaa6789
        V 40 #1
        A 50
        -- HeaderChanged(Video)
        V 0 header 1080p
        A 0 header
        V 0 key
        A 10
    "#]],
    );
}

#[test]
fn hevc_without_a_header() {
    let (_, sets) = header("V 0 header hevc 720p");
    let units: Vec<&[u8]> = sets.iter().map(Vec::as_slice).chain([&[0x26, 1, 2, 3][..]]).collect();
    let legacy = key_frame(0, &[0x1c, 1, 0, 0, 0], &units);
    let enhanced = key_frame(0, &[0x93, b'h', b'v', b'c', b'1'], &units);
    check(
        &format!("{legacy}V 40 hevc 30 #1"),
        expect![[r#"
        -- Start
        V 0 header hevc 720p
        -- note configuration_made 1 tags
        V 0 key hevc 98 #94f37213
        V 40 hevc #1
    "#]],
    );
    check(
        &format!("{enhanced}V 40 hvc1 30 #1"),
        expect![[r#"
        -- Start
        V 0 header hvc1 720p
        -- note configuration_made 1 tags
        V 0 key hvc1 98 #94f37213
        V 40 hvc1 #1
    "#]],
    );
}

#[test]
fn key_frames_that_say_nothing() {
    let (_, sets) = header("V 0 header");
    let start = [0x17, 1, 0, 0, 0];
    // No picture parameter set; a size that is too large; Annex B.
    let frames = [
        key_frame(0, &start, &[&sets[0], &[0x65, 1]]),
        key_frame(40, &[&start[..], &[0, 0, 1, 0]].concat(), &[&sets[0], &sets[1]]),
        key_frame(80, &[&start[..], &[0, 0, 0, 1, 0x67]].concat(), &[&sets[1]]),
    ];
    check(
        &format!("A 0 header\nA 0\n{}A 100", frames.concat()),
        expect![[r#"
        -- Start
        A 0 header
        -- note unconfigured 3 tags
        A 0
        A 100
    "#]],
    );
}

/// What is made is what the encoder's own header is, for both codecs.
#[test]
fn the_same_as_the_senders() {
    for line in ["V 0 header", "V 0 header 1080p", "V 0 header hevc 720p", "V 0 header hevc 1080p"] {
        let (sent, sets) = header(line);
        let start = [sent[0], 1, 0, 0, 0];
        let units: Vec<&[u8]> = sets.iter().map(Vec::as_slice).collect();
        let frame = text::tags(&key_frame(0, &start, &units)).unwrap().remove(0);
        let made = crate::codec::inband::header(&frame).unwrap();
        assert_eq!(made.payload, sent, "{line}");
    }
}
