//! What senders do to their clocks.

use expect_test::expect;

use super::check;
use crate::remuxer::Options;

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
            -- Start
            V 0 header 720p
            -- note jump
            -- note jump
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
            -- note tracks_apart 1 tags
            V 0 key
            A 50000
            V 40
            A 50023
            V 80
            A 50046
        "#]],
    );
}

/// Times of the pictures in a stream without sound.
fn pictures(times: impl IntoIterator<Item = i64>) -> (Vec<i64>, String) {
    let lines = times.into_iter().enumerate();
    let lines: String =
        lines.map(|(n, at)| format!("V {at} {} #{n:x}\n", if n % 10 == 0 { "key" } else { "30" })).collect();
    let output = super::remux(&format!("V 0 header\n{lines}"), crate::remuxer::Options::default());
    let times = output.lines().filter(|line| line.starts_with("V ") && !line.contains("header"));
    let times = times.map(|line| line.split(' ').nth(1).unwrap().parse().unwrap()).collect();
    let notes: Vec<&str> = output.lines().filter_map(|line| line.strip_prefix("-- note ")).collect();
    (times, notes.join(", "))
}

#[test]
fn camera_gives_way_to_slides() {
    for step in [600, 1000, 2000, 10_000] {
        let times: Vec<i64> = (0..50).map(|n| n * 40).chain((1..20).map(|n| 49 * 40 + n * step)).collect();
        assert_eq!(pictures(times.clone()), (times.clone(), String::new()), "{step}");
        let back: Vec<i64> = times.iter().copied().chain((1..50).map(|n| times.last().unwrap() + n * 40)).collect();
        assert_eq!(pictures(back.clone()), (back, String::new()), "{step} and back");
    }
}

#[test]
fn sound_stops_where_slides_begin() {
    for (alone, step) in [(0, 600), (0, 2000), (5, 2000), (50, 10_000)] {
        let camera: String = (0..50)
            .map(|n| format!("V {0} {1} #{n:x}\nA {0} #{n:x}\n", n * 40, if n % 10 == 0 { "key" } else { "30" }))
            .collect();
        let times: Vec<i64> = (0..alone).map(|n| 2000 + n * 40).collect();
        let last = times.last().copied().unwrap_or(1960);
        let times: Vec<i64> = times.into_iter().chain((1..20).map(|n| last + n * step)).collect();
        let slides: String = times.iter().map(|at| format!("V {at} key #{at:x}\n")).collect();
        let output = super::remux(&format!("V 0 header\nA 0 header\n{camera}{slides}"), Options::default());
        assert!(!output.contains("note"), "{alone} {step}: {output}");
        assert!(output.contains(&format!("V {} key", times.last().unwrap())), "{alone} {step}: {output}");
    }
}

#[test]
fn one_long_step_without_sound_is_a_jump() {
    for step in [600, 2000, 10_000, 10_001, 60_000] {
        let times = (0..50).map(|n| n * 40).chain((0..50).map(|n| 49 * 40 + step + n * 40));
        let expected: Vec<i64> = (0..100).map(|n| n * 40).collect();
        assert_eq!(pictures(times), (expected, format!("jump gap jump {} ms", step - 40)), "{step}");
    }
}

#[test]
fn half_a_second_is_no_jump() {
    let times: Vec<i64> = (0..50).map(|n| n * 40).chain((0..50).map(|n| 49 * 40 + 500 + n * 40)).collect();
    assert_eq!(pictures(times.clone()), (times, String::new()));
    let times = (0..50).map(|n| n * 40).chain((0..50).map(|n| 49 * 40 + 501 + n * 40));
    assert_eq!(pictures(times).1, "jump gap jump 461 ms");
}
