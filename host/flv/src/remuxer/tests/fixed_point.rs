//! What holds for any stream: chunks do not matter, times never go back, and what was written comes out the same again.

use bytes::Bytes;
use proptest::prelude::*;

use crate::note::{Note, NoteKind};
use crate::reader::{Item, Reader};
use crate::remuxer::{Options, Remuxer, Step};
use crate::segment::{Depth, Segment};
use crate::tag::Track;
use crate::text;

/// Files and notes that come of the connections' bytes.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Output {
    pub(super) files: Vec<Vec<u8>>,
    pub(super) notes: Vec<Note>,
    /// The steps of each file; those before the first are a file of their own.
    pub(super) lines: Vec<String>,
}

/// The lines around the first that differs.
fn apart(first: &str, again: &str) -> String {
    let same = first.lines().zip(again.lines()).take_while(|(a, b)| a == b).count();
    let part = |text: &str| text.lines().skip(same.saturating_sub(8)).take(14).collect::<Vec<_>>().join("\n");
    format!("-- first, from line {same} on:\n{}\n-- again:\n{}", part(first), part(again))
}

pub(super) fn remux(connections: &[Vec<u8>], chunk_bytes: usize) -> Output {
    let mut reader = Reader::new();
    let mut remuxer = Remuxer::new(Options::default());
    let mut steps = Vec::new();
    for (number, bytes) in connections.iter().enumerate() {
        if number > 0 {
            reader.reconnected();
            remuxer.reconnected(3000);
        }
        for chunk in bytes.chunks(chunk_bytes) {
            reader.push(Bytes::copy_from_slice(chunk));
            while let Ok(Some(item)) = reader.next() {
                remuxer.push(item, &mut steps);
            }
        }
        while let Ok(Some(item)) = reader.finish() {
            remuxer.push(item, &mut steps);
        }
    }
    remuxer.finish(&mut steps);
    write(steps)
}

fn write(steps: Vec<Step>) -> Output {
    let mut output = Output { lines: vec![String::new()], ..Output::default() };
    let mut open: Option<(Segment, Vec<u8>)> = None;
    let mut last = [0, 0];
    for step in steps {
        if matches!(step, Step::Cut(_)) {
            output.lines.push(String::new());
        }
        *output.lines.last_mut().unwrap() += &(super::told(&step) + "\n");
        match step {
            Step::Cut(cut) => {
                output.files.extend(open.take().map(close));
                let segment = Segment::open(&cut);
                let head = segment.head().to_vec();
                open = Some((segment, head));
                last = [0, 0];
            }
            Step::Write(tag) => {
                let (segment, file) = open.as_mut().expect("a cut comes first");
                let last = &mut last[usize::from(tag.track == Track::Video)];
                assert!(tag.time_ms >= *last, "time goes back:\n{}", output.lines.concat());
                *last = tag.time_ms;
                let frame = segment.append(&tag);
                file.extend([&frame.head[..], &tag.payload, &frame.tail].concat());
            }
            Step::Note(note) => output.notes.push(note),
            Step::Looping => {}
        }
    }
    output.files.extend(open.take().map(close));
    output
}

fn close((mut segment, mut file): (Segment, Vec<u8>)) -> Vec<u8> {
    for patch in segment.patch(Depth::All) {
        let at = usize::try_from(patch.offset).unwrap();
        file[at..at + patch.bytes.len()].copy_from_slice(&patch.bytes);
    }
    file
}

/// One thing that happens in a stream.
#[derive(Clone, Debug)]
enum Event {
    /// Frames at 40 ms, every so many of them a key frame, with sound.
    Play {
        frames: u32,
        group: u32,
    },
    VideoOnly {
        frames: u32,
    },
    AudioOnly {
        frames: u32,
    },
    /// Pictures of one track far apart, beside nothing or sound that is rarer still.
    Sparse {
        frames: u32,
        every_ms: i64,
        sound_every: u32,
    },
    Pause(i64),
    Header(&'static str),
    Raw(String),
    Reconnect {
        back_ms: i64,
    },
    /// A new connection sends all of an earlier one again: the last, or one before.
    Stale {
        back: usize,
    },
    /// The last lines are sent again, with times so much later.
    Again {
        lines: usize,
        shift_ms: i64,
    },
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => (1_u32..60, 1_u32..30).prop_map(|(frames, group)| Event::Play { frames, group }),
        1 => prop_oneof![4 => 1_u32..60, 1 => 60_u32..600].prop_map(|frames| Event::VideoOnly { frames }),
        1 => (1_u32..12, 200_i64..4000, 1_u32..9)
            .prop_map(|(frames, every_ms, sound_every)| Event::Sparse { frames, every_ms, sound_every }),
        1 => (1_u32..100).prop_map(|frames| Event::AudioOnly { frames }),
        1 => (-90_000_i64..90_000).prop_map(Event::Pause),
        1 => (-700_i64..700).prop_map(Event::Pause),
        2 => prop_oneof![
            Just("V 0 header 720p"), Just("V 0 header 1080p"), Just("A 0 header"), Just("A 0 header mono"),
            Just("V 0 avc1 key first=94 #7"), Just("V 0 avc1 key first=94 #8"),
            Just("V 0 header hevc"), Just("A 0 mp3 #1"), Just("A 0 hex=956d70346101020304"), Just("A 0 hex=956d70346101020305"),
            Just("V 0 hex=d46176633102 30 #1"), Just("V 0 end"), Just("S 0 onMetaData encoder=x"), Just("S 0 onMetaData encoder=y"),
        ].prop_map(Event::Header),
        1 => prop_oneof![
            Just("garbage 40".to_owned()), Just("zeros 40".to_owned()), Just("flv".to_owned()), Just("truncate 9".to_owned()),
            Just("type 15 0 20".to_owned()), Just("V 0 end".to_owned()),
        ].prop_map(Event::Raw),
        1 => (-3000_i64..200_000).prop_map(|back_ms| Event::Reconnect { back_ms }),
        1 => (0_usize..4).prop_map(|back| Event::Stale { back }),
        2 => (1_usize..200, prop_oneof![Just(0_i64), 0_i64..9000, -90_000_i64..90_000])
            .prop_map(|(lines, shift_ms)| Event::Again { lines, shift_ms }),
    ]
}

fn streams(start_ms: u32, events: &[Event]) -> Vec<Vec<u8>> {
    let mut connections = vec![String::new()];
    let (mut now, mut seed) = (i64::from(start_ms), 0_u32);
    let raw = |time: i64| u32::from_be_bytes(time.to_be_bytes()[4..].try_into().unwrap());
    for event in events {
        let text = connections.last_mut().unwrap();
        match event {
            Event::Play { frames, group } => {
                for frame in 0..*frames {
                    seed += 1;
                    let key = if frame % group == 0 { "key" } else { "" };
                    *text += &format!(
                        "V {} {key} #{seed:x}\nA {} #{seed:x}\nA {} #{seed:x}\n",
                        raw(now),
                        raw(now + 5),
                        raw(now + 25)
                    );
                    now += 40;
                }
            }
            Event::VideoOnly { frames } => {
                for _ in 0..*frames {
                    seed += 1;
                    *text += &format!("V {} #{seed:x}\n", raw(now));
                    now += 40;
                }
            }
            Event::AudioOnly { frames } => {
                for _ in 0..*frames {
                    *text += &format!("A {}\n", raw(now));
                    now += 23;
                }
            }
            Event::Sparse { frames, every_ms, sound_every } => {
                for frame in 0..*frames {
                    seed += 1;
                    let key = if frame % 5 == 0 { "key" } else { "" };
                    *text += &format!("V {} {key} #{seed:x}\n", raw(now));
                    if frame % sound_every == 0 {
                        *text += &format!("A {} #{seed:x}\n", raw(now + 5));
                    }
                    now += every_ms;
                }
            }
            Event::Pause(ms) => now += ms,
            Event::Again { lines, shift_ms } => {
                let all: Vec<String> = text.lines().map(str::to_owned).collect();
                for line in all.iter().skip(all.len().saturating_sub(*lines)) {
                    *text += &match line.split(' ').collect::<Vec<_>>().as_slice() {
                        [track @ ("V" | "A"), time, rest @ ..] if !line.contains("header") => {
                            let time = time.parse::<i64>().unwrap() + shift_ms;
                            format!("{track} {} {}\n", raw(time), rest.join(" "))
                        }
                        _ => format!("{line}\n"),
                    };
                }
                now += shift_ms;
            }
            Event::Header(line) => *text += &format!("{line}\n"),
            Event::Raw(line) => *text += &format!("{line}\n"),
            Event::Reconnect { back_ms } => {
                now -= back_ms;
                connections.push(String::new());
            }
            Event::Stale { back } => {
                let stale = connections.iter().rev().nth(*back).cloned();
                connections.push(stale.unwrap_or_default());
            }
        }
    }
    connections.iter().map(|text| text::stream(text).unwrap()).collect()
}

/// `PROPTEST_CASES` asks for more.
pub(super) fn cases() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { failure_persistence: None, cases: usual.cases.max(400), ..usual }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn output_is_a_fixed_point(
        start_ms in prop_oneof![Just(0_u32), Just(16_770_000), Just(4_294_960_000), Just(2_147_480_000), any::<u32>()],
        events in proptest::collection::vec(event(), 0..25),
    ) {
        let events = [[Event::Header("V 0 header"), Event::Header("A 0 header")].as_slice(), &events].concat();
        let connections = streams(start_ms, &events);
        let first = remux(&connections, usize::MAX);
        prop_assert_eq!(&remux(&connections, 13), &first, "chunks matter");
        for (file, lines) in first.files.iter().zip(&first.lines[1..]) {
            let again = remux(std::slice::from_ref(file), 1000);
            let apart = apart(lines, &again.lines[1..].concat());
            prop_assert!(again.notes.is_empty(), "noted {:?}\n{apart}", again.notes);
            prop_assert_eq!(again.files.len(), 1, "cut again: {}", apart);
            prop_assert!(again.files[0] == *file, "differs: {apart}");
        }
    }

    #[test]
    fn any_bytes_are_harmless(bytes in proptest::collection::vec(any::<u8>(), 0..2000), tags in proptest::collection::vec((0_u8..3, any::<u32>(), proptest::collection::vec(any::<u8>(), 0..20)), 0..60)) {
        let mut remuxer = Remuxer::new(Options::default());
        let mut steps = Vec::new();
        for (number, (track, time_ms, payload)) in tags.into_iter().enumerate() {
            let track = [Track::Audio, Track::Video, Track::Script][usize::from(track)];
            let tag = crate::tag::Tag { track, time_ms, payload: payload.into(), offset: 0 };
            remuxer.push(Item::Tag(tag), &mut steps);
            if number % 20 == 19 {
                remuxer.reconnected(100);
            }
        }
        remuxer.finish(&mut steps);
        write(steps);
        remux(&[[b"FLV\x01\x05\0\0\0\x09\0\0\0\0", bytes.as_slice()].concat()], 100);
    }
}

/// What was recorded as it is, since no key frame came, is taken at once when it comes again.
#[test]
fn a_file_without_key_frames_is_a_fixed_point() {
    let endings = [vec![], vec![Event::Play { frames: 30, group: 9 }], vec![Event::Header("V 0 header 1080p")]];
    for (sound, ending) in [0, 88].into_iter().flat_map(|sound| endings.iter().map(move |ending| (sound, ending))) {
        let start = [Event::Header("V 0 header"), Event::Header("A 0 header"), Event::AudioOnly { frames: sound }];
        let events = [start.as_slice(), &[Event::VideoOnly { frames: 650 }], ending].concat();
        let first = remux(&streams(0, &events), usize::MAX);
        let again = remux(&first.files, 1000);
        assert!(first.notes.iter().any(|note| note.kind == NoteKind::NoKeyFrame));
        assert!(again.notes.is_empty(), "noted {:?}", again.notes);
        assert!(again.files == first.files, "differs: {}", apart(&first.lines.concat(), &again.lines.concat()));
    }
}

/// Sound that began with two frames of the same time, long before the pictures, is not taken for sound without times.
#[test]
fn a_file_that_begins_with_sound_at_0_is_a_fixed_point() {
    let input = "V 0 header\nA 0 header\nA 16\nA 0\nV 1300000 key\nA 1300010\nV 1300040\nA 1300033";
    let first = remux(&[text::stream(input).unwrap()], usize::MAX);
    let again = remux(&first.files, 1000);
    assert!(again.notes.is_empty(), "noted {:?}", again.notes);
    assert!(again.files == first.files, "differs: {}", apart(&first.lines.concat(), &again.lines.concat()));
}

/// The pictures' configuration waits for a frame, and the file that is begun for it has no sound, as all of it was a
/// repeat: the sound that comes first then, and implies its codec, is told in the head all the same.
#[test]
fn sound_beside_a_configuration_that_waited_is_a_fixed_point() {
    let sound = |at: u32| format!("A {at} hex=914f7075730{at:03x}\n");
    let first = format!(
        "{}{}{}V 0 header\nA 0 header\nV 0 key 30 #1\n{}V 40 30 #2\n{}",
        sound(0),
        sound(20),
        sound(40),
        sound(0),
        sound(20)
    );
    let second = format!("{}V 120 header 1080p\n{}V 160 30 #4\n", sound(40), sound(80));
    let first = remux(&[first, second].map(|text| text::stream(&text).unwrap()), usize::MAX);
    for file in &first.files {
        let again = remux(std::slice::from_ref(file), 1000);
        assert!(again.notes.is_empty(), "noted {:?}", again.notes);
        assert!(again.files == [file.clone()], "differs: {}", first.lines.concat());
    }
}
