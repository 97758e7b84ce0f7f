//! What is missing where bytes were lost, down to a single frame.

use expect_test::expect;

use super::{check, remux};
use crate::remuxer::{Options, Repeats};

/// Video at 40 ms and audio at 20 ms up to 10160, a break of 100 ms, and what follows: the notes alone.
fn notes(behind: &str, options: Options) -> String {
    let lines = (0..=4).map(|frame| {
        let (time, sound) = (10_000 + frame * 40, 10_000 + frame * 40 + 20);
        let key = if frame == 0 { "key" } else { "30" };
        format!("V {time} {key} #{frame}1\nA {time} 15 #{frame}1\nA {sound} 15 #{frame}2\n")
    });
    let before: String = lines.collect();
    let input = format!("V 0 header\nA 0 header\n{before}reconnect 100\nV 0 header\nA 0 header\n{behind}");
    remux(&input, options).lines().filter_map(|line| line.strip_prefix("-- note ")).collect::<Vec<_>>().join(", ")
}

fn check_notes(behind: &str, expected: &str) {
    assert_eq!(notes(behind, Options::default()), expected, "{behind}");
    assert_eq!(notes(behind, Options { repeats: Repeats::Keep }), expected, "kept: {behind}");
}

#[test]
fn natural_distance_is_seamless() {
    check_notes("V 10200 key #a\nA 10200 15 #a\nA 10220 15 #b\nV 10240 30 #b", "");
    check_notes("A 10200 15 #a\nV 10200 key #a\nA 10220 15 #b\nV 10240 30 #b", "");
}

#[test]
fn jitter_is_no_hole() {
    check_notes("V 10220 key #a\nA 10208 15 #a", "");
    check_notes("A 10195 15 #a\nV 10185 key #a", "");
}

#[test]
fn one_frame_is_missing() {
    check_notes("V 10240 key #a\nA 10200 15 #a", "connection gap connection 40 ms");
    check_notes("A 10220 15 #a\nV 10200 key #a", "connection gap connection 20 ms");
    check_notes("V 10200 key #a\nA 10220 15 #a", "connection gap connection 20 ms");
}

#[test]
fn both_tracks_lack_the_same() {
    check_notes("V 10528 key #a\nA 10528 15 #a\nA 10548 15 #b", "connection gap connection 328 ms");
    check_notes("A 10528 15 #a\nV 10528 key #a\nA 10548 15 #b", "connection gap connection 328 ms");
    check_notes("V 10660 key #a\nA 10660 15 #a", "connection gap connection 460 ms");
    check_notes("V 10661 key #a\nA 10661 15 #a", "connection gap connection 461 ms");
}

#[test]
fn video_waits_for_a_key_frame_behind_a_seamless_join() {
    check_notes("V 10200 30 #a\nA 10200 15 #a\nA 10220 15 #b\nV 10240 key #b", "before_key_frame 1 tags");
}

#[test]
fn the_hole_is_before_what_waits_for_a_key_frame() {
    check_notes(
        "V 10300 30 #a\nV 10340 30 #b\nV 10380 key #c\nA 10200 15 #a",
        "before_key_frame 2 tags, connection gap connection 100 ms",
    );
}

#[test]
fn overlap_with_a_hole_behind_it() {
    let again = "V 10000 key #01\nA 10000 15 #01\nA 10020 15 #02\nV 10040 30 #11\nA 10040 15 #11\nA 10060 15 #12
        V 10080 30 #21\nA 10080 15 #21\nA 10100 15 #22\nV 10120 30 #31\nA 10120 15 #31\nA 10140 15 #32
        V 10160 30 #41\nA 10160 15 #41\nA 10180 15 #42\n";
    let told = |behind: &str| notes(&format!("{again}{behind}"), Options::default());
    assert_eq!(told("V 10200 30 #a\nA 10200 15 #a\nV 10240 30 #b"), "repeat 5 tags, repeat 10 tags");
    assert_eq!(
        told("V 10400 30 #a\nA 10400 15 #a\nV 10440 30 #b"),
        "repeat 5 tags, connection gap connection 200 ms, repeat 10 tags"
    );
}

/// Another server stamps the same frames a little differently.
#[test]
fn overlap_with_times_that_stray() {
    let lines = |start: i64, sound: i64, jitter: &dyn Fn(i64) -> i64, from: i64, to: i64| -> String {
        let line = |frame: i64| {
            let (at, name) = (start + frame * 40, frame + 1);
            let key = if frame % 5 == 0 { "key" } else { "30" };
            let (video, first, second) = (at + jitter(frame), at + sound + jitter(frame + 1), at + 20 + sound);
            format!("V {video} {key} #{name:x}1\nA {first} 15 #{name:x}1\nA {second} 15 #{name:x}2\n")
        };
        (from..to).map(line).collect()
    };
    for sound in [-50, -10, -1, 0, 1, 10, 50] {
        for start in [10_000, 0] {
            let jitters: [&dyn Fn(i64) -> i64; 3] = [&|_| 0, &|frame| frame % 2, &|frame| frame % 3 - 1];
            for jitter in jitters {
                let again = lines(start, sound, jitter, 5, 18);
                let input = format!(
                    "V 0 header\nA 0 header\n{}reconnect 900\nV 0 header\nA 0 header\n{again}",
                    lines(10_000, 0, &|_| 0_i64, 0, 13)
                );
                let output = remux(&input, Options::default());
                let frames = output.lines().filter(|line| line.contains('#')).count();
                assert_eq!(frames, 18 * 3, "sound {sound}, start {start}:\n{output}");
                assert!(!output.contains("gap"), "sound {sound}, start {start}:\n{output}");
            }
        }
    }
}

/// Still pictures and silence equal themselves at any time, so they prove nothing about times that stray.
#[test]
fn still_and_mute_behind_a_gap_is_no_overlap() {
    let lines = |frames: std::ops::Range<i64>, from: i64| -> String {
        let line = |frame: i64| {
            let at = from + frame * 40;
            format!("V {at} {}\nA {at}\nA {}\n", if frame % 10 == 0 { "key" } else { "30" }, at + 20)
        };
        frames.map(line).collect()
    };
    for start in [0, 7, -60_000] {
        let behind = lines(200..260, start);
        let output =
            remux(&format!("V 0 header\nA 0 header\n{}reconnect 4500\n{behind}", lines(0..100, 0)), Options::default());
        assert_eq!(output.lines().filter(|line| line.contains("header")).count(), 2);
        let frames = output.lines().filter(|line| !line.starts_with("--") && !line.contains("header")).count();
        assert_eq!(frames, 160 * 3, "{start}:\n{output}");
        assert!(output.contains("gap connection"), "{start}:\n{output}");
    }
}

#[test]
fn damage_takes_media_away() {
    check(
        "V 0 header
         A 0 header
         V 0 key #1
         A 0 15 #1
         V 40 30 #2
         A 23 15 #2
         V 80 30 #3
         A 46 15 #3
         garbage 300
         V 200 30 #4
         A 138 15 #4
         V 240 30 #5",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key #1
            A 0 #1
            V 40 #2
            A 23 #2
            V 80 #3
            A 46 #3
            -- note garbage
            -- note damage gap damage 80 ms
            V 200 #4
            A 138 #4
            V 240 #5
        "#]],
    );
}

#[test]
fn damage_between_whole_tags_takes_nothing() {
    check(
        "V 0 header
         V 0 key #1
         V 40 30 #2
         garbage 300
         V 80 30 #3
         V 120 30 #4",
        expect![[r#"
            -- Start
            V 0 header 720p
            -- note garbage
            V 0 key #1
            V 40 #2
            V 80 #3
            V 120 #4
        "#]],
    );
}

#[test]
fn damage_that_takes_seconds() {
    check(
        "V 0 header
         V 0 key #1
         V 40 30 #2
         V 80 30 #3
         garbage 300
         V 5080 30 #4
         V 5120 30 #5
         V 9120 30 #6
         V 9160 30 #7",
        expect![[r#"
            -- Start
            V 0 header 720p
            -- note garbage
            -- note damage gap damage 4960 ms
            -- note jump gap jump 3960 ms
            V 0 key #1
            V 40 #2
            V 80 #3
            V 120 #4
            V 160 #5
            V 200 #6
            V 240 #7
        "#]],
    );
}
