//! Hours of a stream over many connections: nothing adds up. Times, lengths and frames of the file are compared with what
//! was on air.
#![allow(clippy::as_conversions, clippy::cast_possible_truncation, clippy::unwrap_used, clippy::cast_sign_loss)]

use bytes::Bytes;
use lyrebird_flv::codec::classify;
use lyrebird_flv::{Options, Reader, Remuxer, Step, Track, text};

/// One frame each 40 ms, a key frame each 2 s.
const FRAME_MS: i64 = 40;
const GROUP: i64 = 50;

/// How the stream is sent.
#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    /// With sound, each 20 ms.
    sound: bool,
    /// Each connection's clock begins at 0.
    anew: bool,
    /// Each key frame is stamped so much too early.
    early_ms: i64,
    /// A connection begins with so many frames that the one before has sent.
    again: i64,
    /// So many frames pass between two connections.
    dark: i64,
    /// After so many frames the pictures, or the pictures and the sound, are coded in another way, and back.
    changes: Option<i64>,
}

const HOURS: i64 = 3;
const FRAMES: i64 = HOURS * 3_600_000 / FRAME_MS;

/// A connection breaks after so many frames: 45 in three hours, two of them beside a key frame.
const CONNECTION: i64 = 6_017;

/// The configurations in force at this frame.
fn headers(sent: Sent, number: i64) -> String {
    let state = sent.changes.map_or(0, |changes| number / changes % if sent.sound { 3 } else { 2 });
    let video = if state == 0 { "" } else { " 1080p" };
    let audio = if state == 2 { " 48k" } else { "" };
    let audio = if sent.sound { format!("A 0 header{audio}\n") } else { String::new() };
    format!("V 0 header{video}\n{audio}")
}

/// The frames from `from` to `to`, on a connection whose clock is `zero` at 0.
fn connection(sent: Sent, from: i64, to: i64, zero: i64) -> Vec<u8> {
    let mut lines = headers(sent, from);
    for number in from..to {
        if number > from && sent.changes.is_some_and(|changes| number % changes == 0) {
            lines += &headers(sent, number);
        }
        let at = (number - zero) * FRAME_MS;
        let is_key = number % GROUP == 0;
        let (key, early) = if is_key { ("key", sent.early_ms) } else { ("30", 0) };
        lines += &format!("V {} {key} #{number:x}\n", at - early);
        if sent.sound {
            lines += &format!("A {at} 20 #{number:x}1\nA {} 20 #{number:x}2\n", at + 20);
        }
    }
    text::stream(&lines).unwrap()
}

/// Lengths of the tracks in all files that came out, and how many frames are in it.
struct Got {
    video_ms: i64,
    audio_ms: i64,
    pictures: i64,
    sounds: i64,
    lost_ms: i64,
}

fn receive(sent: Sent) -> Got {
    let (mut reader, mut remuxer, mut steps) = (Reader::new(), Remuxer::new(Options::default()), Vec::new());
    let (mut got, mut files) = (Got { video_ms: 0, audio_ms: 0, pictures: 0, sounds: 0, lost_ms: 0 }, 0);
    let mut begin_ms = 0;
    let mut from = 0;
    while from < FRAMES {
        let to = (from + CONNECTION).min(FRAMES);
        if from > 0 {
            reader.reconnected();
            remuxer.reconnected((sent.dark * FRAME_MS) as u64);
        }
        // A server begins with a key frame.
        let first = (from - sent.again).max(0).div_euclid(GROUP) * GROUP;
        let bytes = Bytes::from(connection(sent, first, to, if sent.anew { first } else { 0 }));
        for start in (0..bytes.len()).step_by(64 << 10) {
            reader.push(bytes.slice(start..bytes.len().min(start + (64 << 10))));
            while let Some(item) = reader.next().unwrap() {
                remuxer.push(item, &mut steps);
            }
        }
        while let Some(item) = reader.finish().unwrap() {
            remuxer.push(item, &mut steps);
        }
        from = to + sent.dark;
    }
    remuxer.finish(&mut steps);
    for step in steps {
        match step {
            Step::Cut(_) => {
                files += 1;
                begin_ms = if got.pictures > 0 { got.video_ms + FRAME_MS } else { 0 };
            }
            Step::Write(tag) if classify(&tag).is_frame() => match tag.track {
                Track::Video => (got.video_ms, got.pictures) = (begin_ms + i64::from(tag.time_ms), got.pictures + 1),
                _ => (got.audio_ms, got.sounds) = (begin_ms + i64::from(tag.time_ms), got.sounds + 1),
            },
            Step::Note(note) => got.lost_ms += note.gap.map_or(0, |(_, lost_ms)| lost_ms.cast_signed()),
            Step::Write(_) | Step::Looping => {}
        }
    }
    let changes = sent.changes.map_or(0, |changes| (FRAMES - 1) / changes);
    assert_eq!(files, 1 + changes, "{sent:?}");
    got
}

/// The file is as long as what was received, to within a frame a connection; nothing is there twice, or missing without a
/// word. Where the clock is new nobody knows how long ago the first key frame was sent: to within a group.
#[track_caller]
fn check(sent: Sent) {
    let got = receive(sent);
    let connections = FRAMES / (CONNECTION + sent.dark) + 1;
    let told_ms = got.video_ms + got.lost_ms;
    let on_air_ms = (FRAMES - 1) * FRAME_MS;
    let slack_ms = connections * FRAME_MS * if sent.anew && sent.dark > 0 { GROUP } else { 1 };
    assert!((told_ms - on_air_ms).abs() <= slack_ms, "{sent:?}: {told_ms} ms of {on_air_ms}");
    if sent.sound {
        assert!((got.video_ms - got.audio_ms).abs() <= 2 * FRAME_MS, "{sent:?}: sound and picture drift apart");
    }
    if sent.dark == 0 {
        assert_eq!(got.pictures, FRAMES, "{sent:?}");
        assert_eq!(got.sounds, if sent.sound { 2 * FRAMES } else { 0 }, "{sent:?}");
    }
}

#[test]
fn one_clock_and_seconds_sent_again() {
    check(Sent { sound: true, again: 100, ..Sent::default() });
    check(Sent { again: 100, ..Sent::default() });
}

#[test]
fn a_new_clock_and_seconds_sent_again() {
    check(Sent { sound: true, anew: true, again: 100, ..Sent::default() });
    check(Sent { anew: true, again: 100, ..Sent::default() });
}

#[test]
fn one_clock_and_seconds_that_are_missing() {
    check(Sent { sound: true, dark: 170, ..Sent::default() });
    check(Sent { dark: 170, ..Sent::default() });
}

#[test]
fn a_new_clock_and_seconds_that_are_missing() {
    check(Sent { sound: true, anew: true, dark: 170, ..Sent::default() });
    check(Sent { anew: true, dark: 170, ..Sent::default() });
}

#[test]
fn each_key_frame_70_ms_early() {
    check(Sent { sound: true, early_ms: 70, again: 100, ..Sent::default() });
    check(Sent { early_ms: 70, again: 100, ..Sent::default() });
    check(Sent { sound: true, early_ms: 70, anew: true, again: 100, ..Sent::default() });
    check(Sent { sound: true, early_ms: 70, anew: true, dark: 170, ..Sent::default() });
}

/// The configuration changes each minute, and what is sent again goes back over it.
#[test]
fn seconds_sent_again_over_a_change() {
    for sound in [true, false] {
        for anew in [true, false] {
            check(Sent { sound, anew, again: 300, changes: Some(1_500), ..Sent::default() });
        }
    }
}

/// The configuration changes, and changes back, while nothing is received.
#[test]
fn seconds_missing_over_a_change() {
    check(Sent { sound: true, dark: 170, changes: Some(1_500), ..Sent::default() });
}
