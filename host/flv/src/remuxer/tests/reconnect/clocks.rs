//! New connections by another clock.

use std::ops::Range;

use expect_test::expect;

use super::super::{check, remux};
use crate::remuxer::Options;

#[test]
fn overlap_with_the_clock_set_anew() {
    check(
        "V 10000 header
         A 10000 header
         V 10000 key #1
         A 10000 15 #1
         V 10040 30 #2
         A 10023 15 #2
         V 10080 30 #3
         A 10046 15 #3
         reconnect 3000
         V 0 header
         A 0 header
         V 0 key #1
         A 0 15 #1
         V 40 30 #2
         A 23 15 #2
         V 80 30 #3
         V 120 30 #4
         A 46 15 #3
         A 69 15 #4",
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
            -- note repeat 3 tags
            V 120 #4
            -- note repeat 3 tags
            A 69 #4
        "#]],
    );
}

#[test]
fn clock_set_anew_without_overlap() {
    check(
        "V 10000 header
         A 10000 header
         V 10000 key #1
         A 10000 15 #1
         V 10040 30 #2
         A 10023 15 #2
         reconnect 3000
         V 0 header
         A 0 header
         A 0 15 #3
         V 0 30 #3
         A 23 15 #4
         V 40 key #4
         V 80 30 #5",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key #1
            A 0 #1
            V 40 #2
            A 23 #2
            -- note connection gap connection 3000 ms
            A 46 #3
            A 69 #4
            -- note before_key_frame 1 tags
            V 86 key #4
            V 126 #5
        "#]],
    );
}

#[test]
fn restarted_encoder_joined_late() {
    check(
        "V 0 header
         A 0 header
         V 0 key #1
         A 0 15 #1
         V 9000 key #2
         A 9000 15 #2
         V 9040 30 #3
         A 9023 15 #3
         reconnect 3000
         V 0 header
         A 0 header
         A 7000 15 #4
         V 7000 key #4
         A 7023 15 #5
         V 7040 30 #5
         V 7080 30 #6",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key #1
            A 0 #1
            V 9000 key #2
            A 9000 #2
            V 9040 #3
            A 9023 #3
            -- note connection gap connection 3000 ms
            A 15778 #4
            V 15778 key #4
            A 15801 #5
            V 15818 #5
            V 15858 #6
        "#]],
    );
}

/// Behind what was sent again the clock is set anew: from there on nothing was received before, whatever its time says.
#[test]
fn a_clock_set_anew_behind_what_was_sent_again() {
    check(
        "V 0 header
         V 100000 key 30 #1
         V 100040 30 #2
         V 100080 30 #3
         V 100120 30 #4
         reconnect 1000
         V 0 header
         V 100000 key 30 #1
         V 100040 30 #2
         V 100080 30 #3
         V 100120 30 #4
         flv
         V 0 header
         V -9000 key 30 #5
         V -8960 30 #6
         V -8920 30 #7",
        expect![[r#"
            -- Start
            V 0 header 720p
            -- note header_repeated
            -- note configuration_repeated 1 tags
            -- note repeat 4 tags
            -- note connection gap connection 1000 ms
            V 0 key 30 #1
            V 40 #2
            V 80 #3
            V 120 #4
            V 160 key 30 #5
            V 200 #6
            V 240 #7
        "#]],
    );
}

/// What is sent live lies, by its clock, in a hole of what was received, and nothing that it could repeat is near.
#[test]
fn a_clock_between_two_that_were_received_is_not_waited_for() {
    check(
        "V 0 header
         A 0 header
         V 0 key #1
         A 0 15 #1
         V 40 30 #2
         A 23 15 #2
         reconnect 300
         V 42000 key #3
         A 42000 15 #3
         V 42040 30 #4
         A 42023 15 #4
         reconnect 300
         V 1461 key #5
         A 1461 15 #5
         V 1501 30 #6
         A 1484 15 #6
         cut now
         V 1541 key #7
         A 1541 15 #7",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key #1
            A 0 #1
            V 40 #2
            A 23 #2
            -- note connection gap connection 41920 ms
            V 80 key #3
            A 80 #3
            V 120 #4
            A 103 #4
            -- note connection gap connection 300 ms
            V 160 key #5
            A 160 #5
            V 200 #6
            A 183 #6
            -- Asked(Duration)
            V 0 header 720p
            A 0 header
            V 0 key #7
            A 0 #7
        "#]],
    );
}

/// Pictures each 40 ms, every tenth a key frame, and sounds each 21 ms, in the order of their times. Both count from this
/// number.
fn frames(from: i64, pictures: Range<i64>, first_sound: i64, sounds: Range<i64>, number: i64) -> String {
    let mut lines: Vec<(i64, String)> = Vec::new();
    for picture in pictures {
        let (at, key) = (from + 40 * picture, if picture % 10 == 0 { "key" } else { "30" });
        lines.push((at, format!("V {at} {key} #{:x}\n", number + picture)));
    }
    for sound in sounds {
        let at = from + first_sound + 21 * sound;
        lines.push((at, format!("A {at} 15 #{:x}\n", number + sound)));
    }
    lines.sort();
    lines.into_iter().map(|(_, line)| line).collect()
}

/// What is written of a track, by its numbers.
fn numbers(output: &str, track: &str) -> Vec<i64> {
    let lines = output.lines().filter(|line| line.starts_with(track));
    lines.filter_map(|line| i64::from_str_radix(line.split_once('#')?.1, 16).ok()).collect()
}

/// A group, and behind a break so much of a stale one by another clock; on the next connection that group again.
fn behind_a_stale_group(pictures: i64, sounds: i64) -> String {
    let group = frames(100_000, 0..10, 8, 0..18, 0x100);
    let stale = frames(44_000, 0..pictures, 11, 0..sounds, 0x1000);
    format!("V 0 header\nA 0 header\n{group}reconnect 1500\n{stale}reconnect 2000\n{group}")
}

/// Holds that each of these is written once, and so much of it was sent again.
fn check_once(input: &str, pictures: [i64; 2], sounds: [i64; 2], repeats: &[&str]) {
    let output = remux(input, Options::default());
    for (track, [new, stale]) in [("V", pictures), ("A", sounds)] {
        let mut numbers = numbers(&output, track);
        numbers.sort_unstable();
        let expected = (0x100..0x100 + new).chain(0x1000..0x1000 + stale).collect::<Vec<i64>>();
        assert_eq!(numbers, expected, "{output}");
    }
    let told: Vec<&str> = output.lines().filter_map(|line| line.strip_prefix("-- note repeat ")).collect();
    assert_eq!(told, repeats, "{output}");
}

/// Behind a break a server first sends a group of long ago by another clock, and on the next connection goes on with
/// what was broken off; there the next key frame may be stamped a little early.
#[test]
fn a_stale_group_between_a_break_and_its_end() {
    // Of the first, two sounds of what goes on fall between the last sound before the break and the first stale one.
    for (pictures, sounds) in [(3, 4), (8, 14), (20, 38), (75, 142)] {
        for early in [0, 70] {
            let key_frame = format!("V {} key #10a\n", 100_400 - early);
            let goes_on = frames(100_000, 11..120, 8, 18..220, 0x100);
            let input = behind_a_stale_group(pictures, sounds) + &key_frame + &goes_on;
            check_once(&input, [120, pictures], [220, sounds], &["10 tags", "18 tags"]);
        }
    }
}

/// Behind that, all of it by a clock that strays a little.
#[test]
fn what_a_stale_group_stands_in_is_sent_again() {
    for (pictures, sounds) in [(3, 4), (75, 142)] {
        let goes_on = frames(100_000, 10..30, 8, 18..56, 0x100);
        let again = frames(100_000, 0..60, 11, 0..112, 0x100);
        let input = behind_a_stale_group(pictures, sounds) + &goes_on + "reconnect 1000\n" + &again;
        check_once(&input, [60, pictures], [112, sounds], &["18 tags", "10 tags", "56 tags", "30 tags"]);
    }
}

/// Behind a break nothing was missed, but the clock was set anew; later something was missed. All of it is sent again by
/// a third clock.
#[test]
fn what_went_on_by_another_clock_is_sent_again() {
    let anew = 44_000 - 800;
    let input = [
        "V 0 header\nA 0 header\n".to_owned(),
        frames(100_000, 0..20, 8, 0..38, 0x100),
        "reconnect 1500\n".to_owned(),
        frames(anew, 20..30, 8, 38..57, 0x100),
        "reconnect 500\n".to_owned(),
        frames(anew, 40..50, 8, 76..95, 0x100),
        "reconnect 2000\n".to_owned(),
        frames(7_000, 10..80, 8, 19..152, 0x100),
    ];
    let output = remux(&input.concat(), Options::default());
    let expected = |missed: Range<i64>, end| (0..end).filter(|number| !missed.contains(number)).collect::<Vec<i64>>();
    let told = |track| numbers(&output, track).into_iter().map(|number| number - 0x100).collect::<Vec<i64>>();
    assert_eq!(told("V"), expected(30..40, 80), "{output}");
    assert_eq!(told("A"), expected(57..76, 152), "{output}");
}

/// What is sent live lies, by its clock, shortly before something that was received.
#[test]
fn live_media_in_a_hole_is_released() {
    let clip = |at: i64, number| frames(at, 0..20, 8, 0..38, number);
    let live = "V 1600 key #901\nA 1608 15 #902\nV 1640 30 #903\nA 1629 15 #904\n";
    let behind = "V 1680 30 #905\nA 1650 15 #906\n";
    let input =
        ["V 0 header\nA 0 header\n", &clip(0, 0x100), "reconnect 4000\n", &clip(5000, 0x200), "reconnect 900\n"];
    let input = input.concat() + live + "release\ncut now\n" + behind + "V 1720 key #907\n";
    let output = remux(&input, Options::default());
    let (before, after) = output.split_once("-- Asked(Duration)").unwrap();
    assert_eq!(numbers(before, "V")[40..], [0x901, 0x903], "{output}");
    assert_eq!(numbers(before, "A")[76..], [0x902, 0x904], "{output}");
    assert_eq!((numbers(after, "V"), numbers(after, "A")), (vec![0x907], vec![0x906]), "{output}");
}

/// What is proved to be sent again stays a repeat.
#[test]
fn a_repeat_is_released_as_one() {
    let part = |sent: Range<i64>| frames(7_000, sent, 8, 0..0, 0x100);
    let input = ["V 0 header\n", &frames(100, 0..60, 8, 0..0, 0x100), "reconnect 900\n", &part(0..20), "release\n"];
    let output = remux(&(input.concat() + &part(20..80)), Options::default());
    assert_eq!(numbers(&output, "V"), (0x100..0x100 + 80).collect::<Vec<i64>>(), "{output}");
}
