//! Rules of the remuxer, one named test a fault.

mod fixed_point;
mod reconnect;

use bytes::Bytes;
use expect_test::{Expect, expect};

use super::{Options, Remuxer, Repeats, Step};
use crate::cut::{Ask, CutReason};
use crate::reader::Reader;
use crate::text;

/// The steps that follow from a stream, as text. Besides what fixtures understand: `reconnect 5000` (the bytes below
/// come from a new connection, after so many ms), `cut` and `cut now`.
fn remux(input: &str, options: Options) -> String {
    let mut reader = Reader::new();
    let mut remuxer = Remuxer::new(options);
    let mut steps = Vec::new();
    let mut part = String::new();
    let mut fresh = true;
    for line in input.lines().map(str::trim).chain(["end"]) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if !matches!(words.as_slice(), ["reconnect", _] | ["cut", ..] | ["end"]) {
            part.push_str(line);
            part.push('\n');
            continue;
        }
        let head = if fresh { "" } else { "nohead\n" };
        fresh = false;
        reader.push(Bytes::from(text::stream(&format!("{head}{part}")).unwrap()));
        part.clear();
        if let ["reconnect", _] | ["end"] = words.as_slice() {
            while let Some(item) = reader.finish().unwrap() {
                remuxer.push(item, &mut steps);
            }
        }
        while let Some(item) = reader.next().unwrap() {
            remuxer.push(item, &mut steps);
        }
        match words.as_slice() {
            ["reconnect", dark_ms] => {
                reader.reconnected();
                remuxer.reconnected(dark_ms.parse().unwrap());
                fresh = true;
            }
            ["cut", "now"] => remuxer.cut_now(CutReason::Asked(Ask::Duration)),
            ["cut"] => remuxer.cut_at_next_key_frame(CutReason::Asked(Ask::Size)),
            _ => remuxer.finish(&mut steps),
        }
    }
    steps.iter().map(|step| told(step) + "\n").collect()
}

fn told(step: &Step) -> String {
    match step {
        Step::Cut(cut) => format!("-- {:?}", cut.why),
        Step::Write(tag) => text::line(tag),
        Step::Note(note) => {
            let gap = note.gap.map_or(String::new(), |(cause, ms)| format!(" gap {} {ms} ms", cause.name()));
            let tags = if note.tags > 0 { format!(" {} tags", note.tags) } else { String::new() };
            format!("-- note {}{tags}{gap}", note.kind.name())
        }
    }
}

fn check(input: &str, expected: Expect) {
    expected.assert_eq(&remux(input, Options::default()));
}

#[test]
fn plain_stream() {
    check(
        "S 0 onMetaData width=1280
         V 0 header 720p
         A 0 header
         V 0 key
         A 0
         A 23
         V 40 30
         V 80 key",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            A 23
            V 40
            V 80 key
        "#]],
    );
}

#[test]
fn same_header_again() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         A 0
         V 40 header
         V 40 key first=17
         A 40 header first=ae
         A 46",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            -- note configuration_repeated 1 tags
            V 40 key
            -- note configuration_repeated 1 tags
            A 46
        "#]],
    );
}

#[test]
fn changed_video_header() {
    check(
        "V 0 header
         A 0 header
         V 1000 key
         A 1000
         A 1023
         V 1040 header 1080p
         V 1040 key
         A 1046
         V 1080",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            A 23
            -- HeaderChanged(Video)
            V 0 header 1080p
            A 0 header
            V 0 key
            A 6
            V 40
        "#]],
    );
}

#[test]
fn changed_audio_header_in_mid_group() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         A 0
         V 40
         A 46 header mono
         A 46
         V 80
         A 92
         V 120 key
         A 138",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            V 40
            -- HeaderChanged(Audio)
            V 0 header 720p
            A 0 header mono
            A 0
            A 46
            -- note before_key_frame 1 tags
            V 74 key
            A 92
        "#]],
    );
}

#[test]
fn both_headers_changed() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         A 0
         V 40 header 1080p
         A 40 header mono
         V 40 key
         A 40
         V 80",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            -- HeaderChanged(Video)
            V 0 header 1080p
            A 0 header mono
            V 0 key
            A 0
            V 40
        "#]],
    );
}

#[test]
fn header_changed_and_taken_back() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         A 0
         V 40 header 1080p
         V 40 header 720p
         V 40
         A 46",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            V 40
            A 46
        "#]],
    );
}

#[test]
fn several_headers_before_media() {
    check(
        "V 0 header 1080p
         A 0 header mono
         V 0 header 720p
         A 0 header
         V 0 key
         A 0",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
        "#]],
    );
}

#[test]
fn audio_header_late_is_moved_to_the_front() {
    check(
        "V 0 header
         V 0 key
         V 40
         A 50
         A 60 header
         A 60
         V 80",
        expect![[r#"
            -- note unconfigured 1 tags
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            V 40
            A 60
            V 80
        "#]],
    );
}

#[test]
fn first_audio_header_after_written_media() {
    check(
        "V 0 header
         V 0 key
         V 1000
         V 2000
         A 2010 header
         A 2010
         V 2040
         V 3000 key
         A 3010",
        expect![[r#"
            -- Start
            V 0 header 720p
            V 0 key
            V 1000
            V 2000
            -- LateHeader(Audio)
            V 0 header 720p
            A 0 header
            A 0
            -- note before_key_frame 1 tags
            V 990 key
            A 1000
        "#]],
    );
}

#[test]
fn codec_switched() {
    check(
        "V 0 header
         V 0 key
         V 40
         V 80 header hevc
         V 80 key hevc
         V 120 hevc",
        expect![[r#"
            -- Start
            V 0 header 720p
            V 0 key
            V 40
            -- HeaderChanged(Video)
            V 0 header hevc 720p
            V 0 key hevc
            V 40 hevc
        "#]],
    );
}

#[test]
fn audio_only() {
    check(
        "A 0 mp3
         A 1000 mp3
         A 2000 mp3",
        expect![[r#"
            -- Start
            A 0 mp3
            A 1000 mp3
            A 2000 mp3
        "#]],
    );
}

#[test]
fn end_of_sequence_then_the_same() {
    check(
        "V 0 header
         V 0 key
         V 40
         V 80 end
         V 80 header
         V 80 key",
        expect![[r#"
            -- note configuration_repeated 1 tags
            -- Start
            V 0 header 720p
            V 0 key
            V 40
            V 80 end
            V 80 key
        "#]],
    );
}

#[test]
fn joined_in_mid_group() {
    check(
        "V 1000 header
         A 1000 header
         A 1000
         V 1000
         A 1023
         V 1040
         A 1046
         V 1080 key
         A 1070
         A 1093
         V 1120",
        expect![[r#"
            -- note before_key_frame 2 tags
            -- note before_key_frame 3 tags
            -- Start
            V 0 header 720p
            A 0 header
            V 10 key
            A 0
            A 23
            V 50
        "#]],
    );
}

#[test]
fn never_a_key_frame() {
    check(
        "V 0 header
         V 0
         V 10000
         V 20000
         V 20040",
        expect![[r#"
            -- note no_key_frame 1 tags
            -- note before_key_frame 2 tags
            -- Start
            V 0 header 720p
            V 0
            V 40
        "#]],
    );
}

#[test]
fn asked_to_cut() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         A 0
         cut
         V 40
         A 30
         V 80 key
         A 70
         A 93
         V 120
         cut now
         V 160
         A 116
         V 200 key
         A 200",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            V 40
            A 30
            -- Asked(Size)
            V 0 header 720p
            A 0 header
            V 10 key
            A 0
            A 23
            V 50
            -- note before_key_frame 1 tags
            -- Asked(Duration)
            V 0 header 720p
            A 0 header
            A 0
            V 84 key
            A 84
        "#]],
    );
}

#[test]
fn metadata_late_repeated_and_broken() {
    check(
        "V 0 header
         V 0 key
         S 0 onMetaData encoder=x
         V 1000
         V 2000
         S 2000 onMetaData encoder=x
         S 2000 onMetaData encoder=y
         S 2000 hex=0200
         V 2040",
        expect![[r#"
            -- Start
            V 0 header 720p
            V 0 key
            V 1000
            V 2000
            -- note script 1 tags
            -- note script 1 tags
            -- note script 1 tags
            V 2040
        "#]],
    );
}

#[test]
fn starts_below_zero_and_wraps() {
    check(
        "V 4294967200 header
         A 4294967200 header
         V 4294967200 key
         A 4294967200
         V 4294967240
         V 4294967280
         V 24
         A 30",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            V 40
            V 80
            V 120
            A 126
        "#]],
    );
}

#[test]
fn crosses_2_31() {
    check(
        "V 2147483600 header
         A 0 header
         V 2147483600 key
         A 2147483600
         V 2147483640
         V 2147483680
         A 2147483690",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            V 40
            V 80
            A 90
        "#]],
    );
}

#[test]
fn upper_byte_is_never_filled() {
    check(
        "V 16777100 header
         A 0 header
         V 16777100 key
         A 16777100
         V 16777140
         V 16777180
         A 16777190
         V 4
         A 10
         V 44",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            V 40
            V 80
            A 90
            -- note short_clock 1 tags
            V 120
            A 126
            V 160
        "#]],
    );
}

#[test]
fn jump_forward() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         A 0
         A 23
         V 40
         A 46
         V 80
         A 69
         V 30080
         A 30092
         V 30120
         A 30115",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            A 23
            V 40
            A 46
            V 80
            A 69
            -- note jump gap jump 29960 ms
            V 120
            A 132
            V 160
            A 155
        "#]],
    );
}

#[test]
fn clock_reset() {
    check(
        "V 1300000000 header
         A 1300000000 header
         V 1300000000 key
         A 1300000000
         A 1300000023
         V 1300000040
         A 1300000046
         V 0 key
         A 5
         V 40
         A 28",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            A 23
            V 40
            A 46
            -- note jump
            V 80 key
            A 85
            V 120
            A 108
        "#]],
    );
}

#[test]
fn small_steps_back_at_each_key_frame() {
    check(
        "V 0 header
         V 0 key
         V 100
         V 200
         V 130 key
         V 230
         V 330
         V 260 key
         V 360
         V 460",
        expect![[r#"
            -- note jump
            -- note jump
            -- Start
            V 0 header 720p
            V 0 key
            V 100
            V 200
            V 200 key
            V 230
            V 330
            V 330 key
            V 360
            V 460
        "#]],
    );
}

#[test]
fn slide_show() {
    check(
        "V 0 header
         V 0 key
         V 2000 key
         V 4000 key
         V 6000 key",
        expect![[r#"
            -- Start
            V 0 header 720p
            V 0 key
            V 2000 key
            V 4000 key
            V 6000 key
        "#]],
    );
}

#[test]
fn first_audio_tags_at_zero() {
    check(
        "V 1300000 header
         A 0 header
         A 0
         A 0
         V 1300000 key
         A 1300010
         V 1300040
         A 1300033",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            A 0
            A 0
            V 0 key
            A 10
            V 40
            A 33
        "#]],
    );
}

#[test]
fn audio_late_in_file_order() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         V 40
         V 80
         A 0
         A 23
         V 120
         cut
         V 160 key
         A 46
         A 100
         A 160
         V 200",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            V 40
            V 80
            A 0
            A 23
            V 120
            -- Asked(Size)
            V 0 header 720p
            A 0 header
            V 114 key
            A 0
            A 54
            A 114
            V 154
        "#]],
    );
}

#[test]
fn clocks_far_apart() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         A 50000
         V 40
         A 50023
         V 80
         A 50046",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 50000
            -- note tracks_apart 1 tags
            V 40
            A 50023
            V 80
            A 50046
        "#]],
    );
}

#[test]
fn repeats_are_kept_if_wished() {
    let input = "V 0 header
         V 0 key
         V 1000 30 #1
         V 2000 30 #2
         reconnect 700
         V 0 header
         V 0 key
         V 1000 30 #1";
    expect![[r#"
        -- Start
        V 0 header 720p
        V 0 key
        V 1000 #1
        V 2000 #2
        -- note connection gap connection 700 ms
        V 3000 key
        V 4000 #1
    "#]]
    .assert_eq(&remux(input, Options { repeats: Repeats::Keep }));
}
