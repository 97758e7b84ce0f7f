//! Any stream over any connections: what was received is in the files once, in order, whatever was sent again.
#![allow(clippy::as_conversions, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use bytes::Bytes;
use lyrebird_flv::codec::classify;
use lyrebird_flv::{Options, Reader, Remuxer, Step, Track, text};
use proptest::prelude::*;

/// One picture each 40 ms, with two sounds.
const FRAME_MS: usize = 40;

/// How often the encoder makes a key frame, changes its configuration, and begins its clock anew with that.
#[derive(Clone, Debug)]
struct Encoder {
    group: usize,
    changes: Vec<usize>,
    restarts: bool,
    sound_changes: bool,
}

/// From where a connection begins, in frames before or behind the place where the one before broke off, and how many
/// frames it brings from there.
#[derive(Clone, Copy, Debug)]
struct Connection {
    begins: isize,
    brings: usize,
}

#[derive(Clone, Debug)]
struct Broadcast {
    encoder: Encoder,
    /// The server's clock begins with each connection; else it is the encoder's.
    is_clock_anew: bool,
    connections: Vec<Connection>,
}

impl Encoder {
    /// The number of the configuration in force.
    fn configuration(&self, frame: usize) -> usize {
        self.changes.iter().filter(|change| **change * self.group <= frame).count()
    }

    fn time(&self, frame: usize) -> usize {
        let last = self.changes.iter().map(|change| change * self.group).filter(|change| *change <= frame).max();
        match last.filter(|_| self.restarts) {
            Some(change) => (frame - change) * FRAME_MS,
            None => 500_000 + frame * FRAME_MS,
        }
    }

    fn headers(&self, frame: usize) -> String {
        let number = self.configuration(frame);
        let video = ["", " 1080p", " hevc"][number % 3];
        let audio = if self.sound_changes { ["", " 48k"][number % 2] } else { "" };
        format!("V 0 header{video}\nA 0 header{audio}\n")
    }

    fn frame(&self, lines: &mut String, frame: usize, at: usize) {
        let codec = if self.configuration(frame) % 3 == 2 { " hevc" } else { "" };
        let key = if frame.is_multiple_of(self.group) { "key" } else { "" };
        writeln!(lines, "V {at} {key}{codec} 30 #{:x}", frame + 1).unwrap();
        writeln!(lines, "A {at} 20 #{:x}\nA {} 20 #{:x}", 2 * frame + 1, at + 20, 2 * frame + 2).unwrap();
    }
}

/// What was sent of each track, and what came out, by the numbers in the payloads.
#[derive(Default)]
struct Heard {
    /// Frames of the stream that some connection brought, none that was missed before.
    sent: BTreeSet<usize>,
    /// Frames at which a connection began behind what was missed.
    missed: Vec<usize>,
    video: Vec<usize>,
    audio: Vec<usize>,
}

impl Heard {
    /// Whether a picture came behind what was missed, and before a key frame.
    fn is_lost(&self, group: usize, frame: usize) -> bool {
        self.missed.iter().any(|from| (*from..from.next_multiple_of(group)).contains(&frame))
    }

    /// Where a connection begins that sends again: with what was received, else nobody could tell what it is. Behind what
    /// was missed, where the clocks of both sides differ.
    fn begin(&self, broadcast: &Broadcast, from: usize) -> usize {
        let is_new = broadcast.is_clock_anew || broadcast.encoder.restarts;
        let first = self.missed.last().copied().filter(|_| is_new).unwrap_or_default();
        let known = |frame: &usize| self.sent.contains(frame) && !self.is_lost(broadcast.encoder.group, *frame);
        let last = self.sent.last().copied().unwrap_or_default();
        (from.max(first)..=last).find(known).unwrap_or(last + 1)
    }
}

fn play(broadcast: &Broadcast) -> Heard {
    let (mut reader, mut remuxer, mut steps) = (Reader::new(), Remuxer::new(Options::default()), Vec::new());
    let mut heard = Heard::default();
    let mut broke = 0_usize;
    for (number, connection) in broadcast.connections.iter().enumerate() {
        let mut from = if number == 0 { 0 } else { broke.saturating_add_signed(connection.begins) };
        if from < broke {
            from = heard.begin(broadcast, from);
        }
        let to = from.max(broke) + connection.brings;
        if number > 0 && from >= broke {
            heard.missed.push(from);
        }
        let mut lines = broadcast.encoder.headers(from);
        for frame in from..to {
            if frame > from && broadcast.encoder.configuration(frame) != broadcast.encoder.configuration(frame - 1) {
                lines += &broadcast.encoder.headers(frame);
            }
            let at = if broadcast.is_clock_anew { (frame - from) * FRAME_MS } else { broadcast.encoder.time(frame) };
            broadcast.encoder.frame(&mut lines, frame, at);
            if frame >= broke {
                heard.sent.insert(frame);
            }
        }
        if number > 0 {
            reader.reconnected();
            let missed = from.saturating_sub(broke) * FRAME_MS;
            remuxer.reconnected(missed as u64 + 300);
        }
        reader.push(Bytes::from(text::stream(&lines).unwrap()));
        while let Some(item) = reader.finish().unwrap() {
            remuxer.push(item, &mut steps);
        }
        broke = to;
    }
    remuxer.finish(&mut steps);
    let numbers: Vec<(Track, usize)> = steps.iter().filter_map(written).collect();
    let of = |track| numbers.iter().filter(|(of, _)| *of == track).map(|(_, number)| *number).collect();
    (heard.video, heard.audio) = (of(Track::Video), of(Track::Audio));
    heard
}

fn written(step: &Step) -> Option<(Track, usize)> {
    let Step::Write(tag) = step else { return None };
    if !classify(tag).is_frame() {
        return None;
    }
    let line = text::line(tag);
    let number = line.split_whitespace().find_map(|word| word.strip_prefix('#')).unwrap_or_else(|| panic!("{line}"));
    Some((tag.track, usize::from_str_radix(number, 16).unwrap() - 1))
}

fn connections() -> impl Strategy<Value = Vec<Connection>> {
    let begins = prop_oneof![4 => -300_isize..0, 1 => Just(0), 1 => 1_isize..200];
    let connection = (begins, 12_usize..250).prop_map(|(begins, brings)| Connection { begins, brings });
    prop::collection::vec(connection, 2..7)
}

fn broadcasts() -> impl Strategy<Value = Broadcast> {
    let encoder = (3_usize..60, prop::collection::vec(1_usize..40, 0..4), any::<bool>(), any::<bool>());
    (encoder, any::<bool>(), connections()).prop_map(|(encoder, is_clock_anew, connections)| {
        let (group, mut changes, restarts, sound_changes) = encoder;
        changes.sort_unstable();
        changes.dedup();
        let encoder = Encoder { group, changes, restarts, sound_changes };
        Broadcast { encoder, is_clock_anew, connections }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_received_is_there_once(broadcast in broadcasts()) {
        let heard = play(&broadcast);
        let sounds: Vec<usize> = heard.sent.iter().flat_map(|frame| [2 * frame, 2 * frame + 1]).collect();
        prop_assert_eq!(difference(&heard.audio, &sounds), None, "sound");
        // Behind what was missed pictures begin with a key frame.
        let group = broadcast.encoder.group;
        prop_assert!(heard.video.is_sorted_by(|one, next| one < next), "pictures come twice");
        // A key frame that was missed may be sent again in time: more than these may be there.
        let mut pictures = heard.sent.iter().filter(|frame| !heard.is_lost(group, **frame));
        prop_assert_eq!(pictures.find(|frame| !heard.video.contains(frame)), None, "a picture is lost");
    }
}

/// Where two rows of numbers begin to differ, with what stands there.
fn difference(one: &[usize], other: &[usize]) -> Option<(usize, Vec<usize>, Vec<usize>)> {
    let place = (0..one.len().max(other.len())).find(|place| one.get(*place) != other.get(*place))?;
    let from = |row: &[usize]| row.iter().skip(place.saturating_sub(1)).take(6).copied().collect();
    Some((place, from(one), from(other)))
}
