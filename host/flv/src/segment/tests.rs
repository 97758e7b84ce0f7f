use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::cut::{CutReason, Facts};
use crate::index::{CAPACITY, WRITTEN};
use crate::script::{Metadata, Script, Value};

/// A file in memory, written as a recorder does it.
pub(crate) struct File {
    pub(crate) segment: Segment,
    pub(crate) bytes: Vec<u8>,
}

impl File {
    pub(crate) fn open(cut: &Cut) -> File {
        let segment = Segment::open(cut);
        let bytes = segment.head().to_vec();
        File { segment, bytes }
    }

    pub(crate) fn write(&mut self, tag: &Tag) {
        let frame = self.segment.append(tag);
        self.bytes.extend(frame.head);
        self.bytes.extend(&tag.payload);
        self.bytes.extend(frame.tail);
    }

    pub(crate) fn patch(&mut self, depth: Depth) {
        for patch in self.segment.patch(depth) {
            let at = usize::try_from(patch.offset).unwrap();
            self.bytes[at..at + patch.bytes.len()].copy_from_slice(&patch.bytes);
        }
    }
}

pub(crate) fn cut(has_video: bool, has_audio: bool) -> Cut {
    let payload = b"\x02\x00\x0aonMetaData\x03\x00\x07encoder\x02\x00\x03obs\x00\x06stereo\x01\x01\x00\x00\x09";
    Cut {
        why: CutReason::Start,
        metadata: Metadata::parse(payload).unwrap().unwrap(),
        facts: Facts {
            width: has_video.then_some(1280),
            height: has_video.then_some(720),
            fps: None,
            video_codec_id: has_video.then_some(0x6876_6331),
            audio_codec_id: has_audio.then_some(10),
        },
        has_video,
        has_audio,
    }
}

/// `V 40 key`, `V 0 header`, `V 80`, `A 0 header`, `A 23`, `S 5`: track, time, what.
pub(crate) fn tag(line: &str) -> Tag {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (track, payload): (Track, &[u8]) = match (words[0], words.get(2)) {
        ("V", Some(&"header")) => (Track::Video, &[0x17, 0, 0, 0, 0, 1]),
        ("V", Some(&"key")) => (Track::Video, &[0x17, 1, 0, 0, 0, 2, 2]),
        ("V", _) => (Track::Video, &[0x27, 1, 0, 0, 0, 3]),
        ("A", Some(&"header")) => (Track::Audio, &[0xaf, 0, 0x12, 0x10]),
        ("A", _) => (Track::Audio, &[0xaf, 1, 4]),
        _ => (Track::Script, b"\x02\x00\x04onFI\x05"),
    };
    Tag { track, time_ms: words[1].parse().unwrap(), payload: Bytes::from_static(payload), offset: 0 }
}

fn write(cut: &Cut, lines: &str) -> File {
    let mut file = File::open(cut);
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        file.write(&tag(line));
    }
    file
}

/// The metadata of a file as players read it.
fn show(file: &[u8]) -> String {
    let script = Script::read(&file[24..]).unwrap();
    let mut out = format!("flags {}\n", file[4]);
    for (name, value) in script.values[0].fields() {
        let name = String::from_utf8_lossy(name);
        match value {
            Value::Number(number) => out.push_str(&format!("{name} {number}\n")),
            Value::Boolean(boolean) => out.push_str(&format!("{name} {boolean}\n")),
            Value::String(text) => out.push_str(&format!("{name} {:?}\n", String::from_utf8_lossy(text))),
            Value::Object(arrays) => {
                for (name, array) in arrays {
                    let Value::StrictArray(numbers) = array else { panic!("{array:?}") };
                    let used: Vec<f64> = numbers.iter().map(|number| number.number().unwrap()).take(8).collect();
                    out.push_str(&format!("  {} {}: {used:?}\n", String::from_utf8_lossy(name), numbers.len()));
                }
            }
            other => panic!("{other:?}"),
        }
    }
    out
}

fn check(cut: &Cut, lines: &str, expected: Expect) {
    let mut file = write(cut, lines);
    let size = file.bytes.len();
    file.patch(Depth::All);
    assert_eq!(file.bytes.len(), size);
    assert_eq!(u64::try_from(size).unwrap(), file.segment.bytes());
    expected.assert_eq(&show(&file.bytes));
}

#[test]
fn a_file_says_what_is_in_it() {
    check(
        &cut(true, true),
        "V 0 header
         A 0 header
         V 0 key
         A 0
         A 23
         V 40
         A 46
         V 1000 key
         V 1040",
        expect![[r#"
            flags 5
            duration 1.08
            filesize 74199
            lasttimestamp 1.04
            width 1280
            height 720
            videocodecid 1752589105
            audiocodecid 10
            hasKeyframes true
            encoder "obs"
            stereo true
              times 3: [0.0, 0.0, 1.0]
              filepositions 3: [74019.0, 74059.0, 74156.0]
              spacer 8186: [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
        "#]],
    );
}

#[test]
fn audio_only_has_no_index() {
    check(
        &cut(false, true),
        "A 0 header
         A 0
         A 23
         A 4294967295",
        expect![[r#"
            flags 4
            duration 4294968.295
            filesize 248
            lasttimestamp 4294967.295
            audiocodecid 10
            hasKeyframes false
            encoder "obs"
            stereo true
        "#]],
    );
}

#[test]
fn an_empty_file_is_framed() {
    let file = write(&cut(true, true), "");
    assert_eq!(file.bytes.len(), usize::try_from(file.segment.head_bytes()).unwrap());
    let size = u32::from_be_bytes([0, file.bytes[14], file.bytes[15], file.bytes[16]]);
    let tail = file.bytes.last_chunk::<4>().unwrap();
    assert_eq!(u32::from_be_bytes(*tail), size + 11);
    assert_eq!(usize::try_from(size).unwrap() + 13 + 11 + 4, file.bytes.len());
    assert_eq!((file.segment.duration_ms(), file.segment.last_ms(), file.segment.media_bytes()), (0, 0, 0));
}

fn check_duration(lines: &str, expected_ms: u64) {
    assert_eq!(write(&cut(true, true), lines).segment.duration_ms(), expected_ms, "{lines}");
}

#[test]
fn duration_ends_with_the_last_frame_of_the_longer_track() {
    check_duration("V 0 key\nV 40\nV 80\nA 0\nA 23\nA 46", 120);
    check_duration("V 0 key\nV 40\nA 0\nA 50\nA 100", 150);
    check_duration("V 0 key", 0);
    // Steps back and tags at one time are no frame's length.
    check_duration("A 0\nA 23\nA 23\nA 20", 46);
    // Nor is a pause.
    check_duration("V 0 key\nV 9000", 10_000);
    // A header takes no time, wherever it stands.
    check_duration("V 0 key\nV 40\nV 500 header\nS 9000", 80);
}

#[test]
fn a_frame_holds_the_whole_time() {
    let frame = Segment::open(&cut(true, true)).append(&tag("V 305419896 key"));
    assert_eq!(frame.head, [9, 0, 0, 7, 0x34, 0x56, 0x78, 0x12, 0, 0, 0]);
    assert_eq!(frame.tail, [0, 0, 0, 18]);
}

#[test]
fn a_full_index_halves_and_never_grows() {
    let mut file = write(&cut(true, false), "V 0 header");
    let head = file.segment.head_bytes();
    for second in 0..10_000 {
        file.write(&tag(&format!("V {} key", second * 1000)));
        if second % 500 == 0 {
            file.patch(Depth::All);
        }
    }
    file.patch(Depth::All);
    assert_eq!(file.segment.head_bytes(), head);
    let end = usize::try_from(head).unwrap();
    assert!(file.bytes[..end] == *file.segment.head());
    expect![[r#"
        flags 1
        duration 10000
        filesize 294017
        lasttimestamp 9999
        width 1280
        height 720
        videocodecid 1752589105
        hasKeyframes true
        encoder "obs"
        stereo true
          times 3978: [0.0, 0.0, 4.0, 8.0, 12.0, 16.0, 20.0, 24.0]
          filepositions 3978: [73996.0, 74017.0, 74105.0, 74193.0, 74281.0, 74369.0, 74457.0, 74545.0]
          spacer 236: [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    "#]]
    .assert_eq(&show(&file.bytes));
}

#[test]
fn every_entry_points_at_a_key_frame() {
    let mut file = write(&cut(true, false), "V 0 header");
    for second in 0..9000 {
        file.write(&tag(&format!("V {} key", second * 700)));
        file.write(&tag(&format!("V {}", second * 700 + 40)));
    }
    file.patch(Depth::All);
    let script = Script::read(&file.bytes[24..]).unwrap();
    let keyframes = script.values[0].field("keyframes").unwrap();
    let numbers = |name| match keyframes.field(name) {
        Some(Value::StrictArray(numbers)) => numbers.iter().filter_map(Value::number).collect::<Vec<f64>>(),
        other => panic!("{other:?}"),
    };
    let (times, offsets) = (numbers("times"), numbers("filepositions"));
    assert_eq!(times.len(), offsets.len());
    assert!(times.len() > CAPACITY / 2 && times.len() <= CAPACITY);
    for (time, offset) in times.into_iter().zip(offsets).skip(1) {
        let at = usize::try_from(crate::segment::head::whole(offset).unwrap()).unwrap();
        assert_eq!(file.bytes[at..][11..13], [0x17, 1]);
        let [a, b, c, d] = [file.bytes[at + 7], file.bytes[at + 4], file.bytes[at + 5], file.bytes[at + 6]];
        assert_eq!(crate::index::seconds(u32::from_be_bytes([a, b, c, d]).into()), time);
    }
}

#[test]
fn roles() {
    let check = |track, payload: &[u8], role| assert_eq!(Role::of(track, payload), role, "{payload:02x?}");
    check(Track::Video, &[], Role::Media);
    check(Track::Video, &[0x17, 0], Role::Media); // Too short.
    check(Track::Video, &[0x17, 0, 0, 0, 0, 1], Role::Configuration);
    check(Track::Video, &[0x1c, 0, 0, 0, 0, 1], Role::Configuration);
    check(Track::Video, &[0x17, 1, 0, 0, 0, 9], Role::KeyFrame);
    check(Track::Video, &[0x47, 1, 0, 0, 0, 9], Role::KeyFrame); // Generated by a server.
    check(Track::Video, &[0x27, 1, 0, 0, 0, 9], Role::Inter);
    check(Track::Video, &[0x17, 2, 0, 0, 0], Role::Media); // End of sequence.
    check(Track::Video, &[0x12, 0], Role::KeyFrame);
    check(Track::Video, &[0x57, 0], Role::Media); // Command.
    check(Track::Video, b"\x90hvc1\x01", Role::Configuration);
    check(Track::Video, b"\x91hvc1\0\0\0\x09", Role::KeyFrame);
    check(Track::Video, b"\x93hvc1\x09", Role::KeyFrame);
    check(Track::Video, b"\xc3hvc1\x09", Role::KeyFrame); // Generated by a server.
    check(Track::Video, b"\xa3hvc1\x09", Role::Inter);
    check(Track::Video, b"\x94hvc1\x02", Role::Media);
    check(Track::Video, b"\x96\0av01\0\x81", Role::Configuration);
    check(Track::Video, b"\x96\x01av01\0\x09", Role::KeyFrame);
    check(Track::Video, b"\x96\x01av01\x01\x09", Role::Media); // Another track.
    check(Track::Video, b"\x97\x02\x09\x09\x09\x01av01\x09", Role::KeyFrame);
    check(Track::Video, &[0x97, 255, 0], Role::Media);
    check(Track::Audio, &[0xaf, 0, 0x12], Role::Configuration);
    check(Track::Audio, &[0xaf, 1, 9], Role::Media);
    check(Track::Audio, b"\x90mp4a\x12", Role::Configuration);
    check(Track::Audio, b"\x95\0mp4a\0\x12", Role::Configuration);
    check(Track::Audio, &[0x2f, 0], Role::Media);
    check(Track::Script, &[2], Role::Script);
}

pub(crate) fn any_tag() -> impl Strategy<Value = Tag> {
    let payload = prop_oneof![
        prop::sample::select(vec!["V 0 header", "V 0 key", "V 0 key", "V 0", "A 0 header", "A 0", "S 0"]).prop_map(
            |line| {
                let tag = tag(line);
                (tag.track, tag.payload)
            }
        ),
        (prop::sample::select(vec![Track::Audio, Track::Video]), prop::collection::vec(any::<u8>(), 1..100))
            .prop_map(|(track, payload)| (track, payload.into())),
    ];
    (payload, 0..3_000_u32).prop_map(|((track, payload), time_ms)| Tag { track, time_ms, payload, offset: 0 })
}

/// Tags whose times go on by what each of them says.
pub(crate) fn any_tags() -> impl Strategy<Value = Vec<Tag>> {
    prop::collection::vec(any_tag(), 0..60).prop_map(|mut tags| {
        let mut now_ms = 0;
        for tag in &mut tags {
            now_ms += tag.time_ms;
            tag.time_ms = now_ms;
        }
        tags
    })
}

proptest! {
    #[test]
    fn a_patched_head_is_the_head_made_anew(
        tags in any_tags(),
        many in 0..9_000_u32,
        every in 1..3_000_usize,
        has_video in any::<bool>(),
    ) {
        let mut file = File::open(&cut(has_video, true));
        let size = file.bytes.len();
        let more = (0..many).map(|n| tag(&format!("V {} key", n * 501)));
        for (n, tag) in tags.into_iter().chain(more).enumerate() {
            file.write(&tag);
            if n % every == 0 {
                file.patch(if n % 2 == 0 { Depth::All } else { Depth::Numbers });
            }
        }
        file.patch(Depth::All);
        prop_assert!(file.bytes[..size] == *file.segment.head());
        prop_assert_eq!(file.bytes.len(), usize::try_from(file.segment.bytes()).unwrap());
    }

    #[test]
    fn a_finished_file_is_a_fixed_point(tags in any_tags(), has_video in any::<bool>()) {
        let first = cut(has_video, true);
        let mut once = File::open(&first);
        tags.iter().for_each(|tag| once.write(tag));
        once.patch(Depth::All);
        let payload = &once.bytes[24..once.bytes.len()];
        let end = usize::try_from(once.segment.head_bytes()).unwrap() - 24 - 4;
        let metadata = Metadata::parse(&payload[..end]).unwrap().unwrap();
        let written = |metadata: &Metadata| {
            let mut out = Vec::new();
            metadata.write(&mut out);
            out
        };
        prop_assert_eq!(written(&metadata), written(&first.metadata));
        let mut again = File::open(&Cut { metadata, ..first });
        tags.iter().for_each(|tag| again.write(tag));
        again.patch(Depth::All);
        prop_assert!(once.bytes == again.bytes);
    }
}

#[test]
fn capacity_is_as_promised() {
    assert_eq!(WRITTEN, 2 * 4096 * 9 + 57);
}

/// Players die of a seek by an index in which nothing stands.
#[test]
fn an_index_of_no_use_is_not_offered() {
    let named = |file: &File, name: &str| {
        let script = Script::read(&file.bytes[24..file.segment.head().len() - 4]).unwrap();
        assert!(script.whole);
        script.values[0].field(name).is_some()
    };
    let mut file = write(&cut(true, true), "V 0 header\nA 0 header\nV 0\nV 40");
    file.patch(Depth::All);
    assert!(named(&file, "unindexed") && !named(&file, "keyframes"));
    assert_eq!(file.segment.index_bytes(), None);
    file.write(&tag("V 80 key"));
    let patched = file.segment.patch(Depth::All).pop().unwrap().bytes.len();
    assert_eq!(file.segment.index_bytes(), Some(patched));
    file.patch(Depth::All);
    assert!(named(&file, "keyframes") && !named(&file, "unindexed"));
    assert_eq!(file.bytes[..file.segment.head().len()], file.segment.head());
}
