//! The first time stamps of a recording.

use expect_test::expect;

use super::check;

/// Pictures and sound side by side, the first of each stamped like this.
fn stream(video: u32, audio: u32) -> String {
    let frames = |(n, at): (u32, u32)| match n {
        0 => format!("V {video} key #0\nA {audio} #0\n"),
        _ => format!("V {at} #{n:x}\nA {at} #{n:x}\n"),
    };
    let lines: String = (0..100).map(|n| frames((n, 7000 + n * 40))).collect();
    format!("V 0 header\nA 0 header\n{lines}")
}

#[test]
fn one_wild_stamp_at_the_begin() {
    for wild in [0x7000_0000, 0x9000_0000, 0xffff_f000, 1, 20_000] {
        for (video, audio) in [(wild, 7000), (7000, wild)] {
            let output = super::remux(&stream(video, audio), crate::remuxer::Options::default());
            let last = output.lines().rfind(|line| line.starts_with("V ")).unwrap();
            let last_ms: i64 = last.split(' ').nth(1).unwrap().parse().unwrap();
            assert!((3960 - last_ms).abs() <= 40, "{wild:x}: {last}");
            let notes: Vec<&str> = output.lines().filter(|line| line.contains("note")).collect();
            assert_eq!(notes, ["-- note jump"], "{wild:x} {video}");
        }
    }
}

#[test]
fn a_slide_and_late_sound_are_no_wild_stamp() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         A 2000
         A 2023
         V 2040 key
         A 2046",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 2000
            A 2023
            V 2040 key
            A 2046
        "#]],
    );
}

#[test]
fn clocks_without_a_common_begin() {
    check(
        "V 0 header
         A 0 header
         V 1300000000 key
         A 0
         A 23
         V 1300000040
         A 46
         V 1300000080",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            -- note tracks_apart 1 tags
            V 0 key
            A 0
            A 0
            V 40
            A 23
            V 80
        "#]],
    );
    check(
        "V 0 header
         A 0 header
         V 7000 key
         A 1300000000
         V 7040
         A 1300000023",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            -- note tracks_apart 1 tags
            V 0 key
            A 0
            V 40
            A 23
        "#]],
    );
}

#[test]
fn apart_by_an_hour_at_most() {
    for (apart, last) in [(3_600_000_u32, 3_600_023), (3_600_001, 23)] {
        let input = format!("V 0 header\nA 0 header\nV 7 key\nA {}\nV 47\nA {}", 7 + apart, 30 + apart);
        let output = super::remux(&input, crate::remuxer::Options::default());
        assert!(output.contains("tracks_apart") && output.ends_with(&format!("A {last}\n")), "{output}");
    }
}
