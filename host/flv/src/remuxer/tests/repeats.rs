//! Groups that are sent again on one connection.

use expect_test::expect;

use super::{check, remux};
use crate::remuxer::{Options, Repeats};

const HEADERS: &str = "V 0 header\nA 0 header\n";

/// A group of 1 s that begins at this time: 5 pictures and 10 sounds, all of their own content.
fn group(at: i64, seed: u32) -> String {
    (0..5).map(|frame| picture(at + 200 * frame, seed * 0x100 + u32::try_from(frame).unwrap(), frame == 0)).collect()
}

fn picture(at: i64, seed: u32, is_key: bool) -> String {
    let key = if is_key { "key" } else { "30" };
    format!("V {at} {key} #{seed:x}\nA {at} 15 #{seed:x}a\nA {} 15 #{seed:x}b\n", at + 100)
}

/// Of a still picture and muted sound.
fn still(at: i64) -> String {
    (0..5)
        .map(|frame| {
            format!(
                "V {0} {1}\nA {0}\nA {2}\n",
                at + 200 * frame,
                if frame == 0 { "key" } else { "30" },
                at + 200 * frame + 100
            )
        })
        .collect()
}

fn groups(groups: &[(i64, u32)]) -> String {
    groups.iter().map(|(at, seed)| group(*at, *seed)).collect()
}

/// What comes out: for each second of the file the frames of video and audio in it; then the notes.
fn told(input: &str, options: Options) -> String {
    let output = remux(&format!("{HEADERS}{input}"), options);
    let mut seconds: Vec<[u32; 2]> = Vec::new();
    let mut notes = String::new();
    for line in output.lines().filter(|line| !line.contains("header")) {
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            [track @ ("V" | "A"), time, ..] => {
                let second = time.parse::<usize>().unwrap() / 1000;
                seconds.resize(seconds.len().max(second + 1), [0, 0]);
                seconds[second][usize::from(*track == "A")] += 1;
            }
            ["--", "Start"] => {}
            _ => notes += &format!("; {}", line.trim_start_matches("-- ")),
        }
    }
    let frames: Vec<String> = seconds.iter().map(|[video, audio]| format!("{video}+{audio}")).collect();
    frames.join(" ") + &notes
}

fn check_groups(groups_in: &[(i64, u32)], expected: &str) {
    assert_eq!(told(&groups(groups_in), Options::default()), expected, "{groups_in:?}");
}

const REPEAT: &str = "; note repeat 5 tags; note repeat 10 tags";

#[test]
fn sent_twice_with_the_same_times() {
    check_groups(&[(0, 1), (1000, 2), (1000, 2), (2000, 3)], &format!("5+10 5+10 5+10{REPEAT}"));
    check_groups(
        &[(0, 1), (1000, 2), (0, 1), (1000, 2), (2000, 3)],
        "5+10 5+10 5+10; note repeat 10 tags; note repeat 20 tags",
    );
}

#[test]
fn sent_twice_with_shifted_times() {
    check_groups(&[(0, 1), (1000, 2), (2000, 2), (3000, 3), (4000, 4)], &format!("5+10 5+10 5+10 5+10{REPEAT}"));
    check_groups(&[(0, 1), (1000, 2), (700_000, 2), (701_000, 3)], &format!("5+10 5+10 5+10{REPEAT}"));
    check_groups(&[(5000, 1), (6000, 2), (0, 2), (1000, 3)], &format!("5+10 5+10 5+10{REPEAT}"));
}

/// A server that pulls a stream again may put sound and pictures together in another order.
#[test]
fn sent_twice_in_another_order() {
    let second = |at: i64, order: [usize; 8]| -> String {
        let mut lines: Vec<String> = Vec::new();
        for frame in 0..4_i64 {
            let (key, time) = (if frame == 0 { "key" } else { "30" }, at + 250 * frame);
            lines.push(format!("V {time} {key} #{frame:x}7\n"));
            lines.push(format!("A {} 15 #{frame:x}8\n", time + 20));
        }
        order.map(|place| lines[place].clone()).concat()
    };
    let usual = [0, 1, 2, 3, 4, 5, 6, 7];
    // The last first order begins with a sound that stands behind the key frame later.
    let other =
        [[usual, [0, 2, 1, 4, 3, 6, 5, 7]], [usual, [0, 1, 3, 5, 7, 2, 4, 6]], [[1, 0, 2, 3, 4, 5, 6, 7], usual]];
    for [first, other] in other {
        for at in [1000, 5000] {
            let input = [group(0, 1), second(1000, first), second(at, other), group(at + 1000, 3)].concat();
            let expected = "5+10 4+4 5+10; note repeat 4 tags; note repeat 4 tags";
            assert_eq!(told(&input, Options::default()), expected, "{other:?} at {at}");
        }
    }
}

#[test]
fn an_earlier_group_comes_again() {
    check_groups(
        &[(0, 1), (1000, 2), (2000, 3), (3000, 1), (4000, 2), (5000, 3), (6000, 4)],
        "5+10 5+10 5+10 5+10; note repeat 15 tags; note repeat 30 tags",
    );
}

#[test]
fn another_group_in_between_resets_nothing() {
    check_groups(
        &[(0, 1), (1000, 2), (2000, 1), (3000, 3)],
        "5+10 5+10 5+10; note repeat 5 tags; note jump; note repeat 10 tags",
    );
}

#[test]
fn sixteen_groups_are_remembered() {
    let first: Vec<(i64, u32)> = (0..17).map(|number| (number * 1000, u32::try_from(number).unwrap() + 1)).collect();
    let with =
        |seed: u32| told(&groups(&[&first[..], &[(17_000, seed)], &[(18_000, 99)]].concat()), Options::default());
    assert!(!with(1).contains("repeat"), "{}", with(1));
    assert!(with(2).contains("repeat 5 tags"), "{}", with(2));
}

/// More frames have come than are remembered.
#[test]
fn found_behind_what_is_forgotten() {
    let mut sent: Vec<(i64, u32)> = (0..300).zip(1..).map(|(second, seed)| (second * 1000, seed)).collect();
    sent.extend([(300_000, 290), (301_000, 301)]);
    let notes = "; note repeat 5 tags; note jump; note repeat 10 tags";
    check_groups(&sent, &format!("{}{notes}", ["5+10"; 301].join(" ")));
}

#[test]
fn differing_in_its_last_frame_it_is_kept() {
    let changed = group(2000, 2).replace("V 2800 30 #204", "V 2800 30 #77");
    let input = format!("{}{}{changed}{}", group(0, 1), group(1000, 2), group(3000, 3));
    assert_eq!(told(&input, Options::default()), "5+10 5+10 5+10 5+10");
}

#[test]
fn the_newest_group_comes_again_and_goes_on() {
    let part: String =
        (0..3).map(|frame| picture(1000 + 200 * frame, 0x200 + u32::try_from(frame).unwrap(), frame == 0)).collect();
    let input = |at| format!("{}{part}{}{}", group(0, 1), group(at, 2), group(at + 1000, 3));
    let expected = "5+10 5+10 5+10; note repeat 3 tags; note repeat 6 tags";
    assert_eq!(told(&input(1000), Options::default()), expected);
    assert_eq!(told(&input(50_000), Options::default()), expected);
}

#[test]
fn still_and_mute_is_kept() {
    let input: String = (0..6).map(|number| still(number * 1000)).collect();
    assert_eq!(told(&input, Options::default()), "5+10 5+10 5+10 5+10 5+10 5+10");
    let input = format!("{}{}{}{}", still(0), still(1000), still(0), still(1000));
    assert_eq!(told(&input, Options::default()), "5+10 5+10 5+10 5+10; note jump");
}

/// Encoders number the pictures, and give the key frame one of two numbers.
#[test]
fn still_with_numbered_pictures_is_kept() {
    let input: String = (0..8_i64)
        .flat_map(|number| {
            (0..5_i64).map(move |frame| {
                let at = number * 1000 + 200 * frame;
                let first = if frame == 0 {
                    format!("key #{}", number % 2)
                } else {
                    format!("hex=2701000000{frame:02x}7442bf00000300000301 23")
                };
                format!("V {at} {first}\nA {at}\nA {}\n", at + 100)
            })
        })
        .collect();
    assert_eq!(told(&input, Options::default()), ["5+10"; 8].join(" "));
}

#[test]
fn muted_and_moving_is_a_repeat() {
    let mute = |at: i64, seed: u32| {
        group(at, seed).lines().map(|line| if line.starts_with('A') { line.split(" 15 ").next().unwrap().to_owned() } else { line.to_owned() } + "\n").collect::<String>()
    };
    let input = [mute(0, 1), mute(1000, 2), mute(2000, 1), mute(3000, 2), mute(4000, 3)].concat();
    assert_eq!(told(&input, Options::default()), "5+10 5+10 5+10; note repeat 10 tags; note repeat 20 tags");
}

#[test]
fn ten_in_a_row_are_a_loop() {
    let last = |rounds: usize| -> Vec<(i64, u32)> {
        (0..rounds * 3)
            .map(|number| (i64::try_from(number).unwrap() * 1000, u32::try_from(number % 3).unwrap() + 1))
            .collect()
    };
    assert!(!told(&groups(&last(4)), Options::default()).contains("looping"));
    let looped = told(&groups(&last(5)), Options::default());
    assert_eq!(looped.matches("looping").count(), 1, "{looped}");
    assert!(looped.starts_with("5+10 5+10 5+10;"), "{looped}");
    let kept = told(&groups(&last(5)), Options { repeats: Repeats::Keep });
    assert_eq!(kept, ["5+10"; 15].join(" "));
}

#[test]
fn a_loop_with_the_same_times() {
    let one = [group(0, 1), group(1000, 2)].concat();
    let looped = told(&one.repeat(7), Options::default());
    assert!(looped.starts_with("5+10 5+10;") && looped.contains("looping"), "{looped}");
    let looped = told(&group(0, 1).repeat(12), Options::default());
    assert!(looped.starts_with("5+10;") && looped.contains("looping"), "{looped}");
}

#[test]
fn a_loop_behind_a_reconnection() {
    let one = [group(0, 1), group(1000, 2)].concat();
    let looped = told(&format!("{one}reconnect 500\n{HEADERS}{}", one.repeat(6)), Options::default());
    assert!(looped.starts_with("5+10 5+10;") && looped.contains("looping"), "{looped}");
}

#[test]
fn sound_alone_in_groups_of_a_second() {
    let sound = |from: i64, to: i64| {
        (from..to).map(|number| format!("A {} 15 #{:x}\n", 1000 + number * 100, number + 1)).collect::<String>()
    };
    let told = |input: String| {
        let output = remux(&format!("A 0 header\n{input}"), Options::default());
        let sounds = output.lines().filter(|line| line.starts_with("A ") && line.contains('#')).count();
        let notes: Vec<&str> = output.lines().filter_map(|line| line.strip_prefix("-- note ")).collect();
        format!("{sounds}: {}", notes.join(", "))
    };
    assert_eq!(told(sound(0, 60)), "60: ");
    assert_eq!(told(sound(0, 40) + &sound(10, 60)), "60: repeat 30 tags");
    assert_eq!(told(sound(0, 40) + &sound(15, 60)), "60: repeat 25 tags");
    // With other times rule (a) says nothing.
    let shifted = sound(20, 40).replace("A ", "A 9");
    assert!(!told(sound(0, 40) + &shifted).contains("repeat"));
}

#[test]
fn silence_alone_is_kept() {
    let sound = (0..40).map(|number| format!("A {}\n", number * 100)).collect::<String>();
    let output = remux(&format!("A 0 header\n{sound}{sound}"), Options::default());
    assert!(!output.contains("repeat"), "{output}");
    assert_eq!(output.lines().filter(|line| line.starts_with("A ")).count(), 81);
}

#[test]
fn held_back_until_the_end() {
    check(
        "V 0 header
         A 0 header
         V 0 key #1
         A 0 15 #1
         V 40 30 #2
         A 23 15 #2
         V 80 key #1
         A 80 15 #1",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key #1
            A 0 #1
            V 40 #2
            A 23 #2
            V 80 key #1
            A 80 #1
        "#]],
    );
}

#[test]
fn a_new_configuration_ends_the_group() {
    check(
        "V 0 header
         V 0 key #1
         V 1000 30 #2
         V 2000 30 #3
         V 3000 key #1
         V 3040 30 #2
         V 3080 30 #3
         V 3120 header 1080p
         V 3120 key #5",
        expect![[r#"
            -- Start
            V 0 header 720p
            V 0 key #1
            V 1000 #2
            V 2000 #3
            -- note repeat 3 tags
            -- HeaderChanged(Video)
            V 0 header 1080p
            V 0 key #5
        "#]],
    );
}
