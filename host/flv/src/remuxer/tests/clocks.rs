//! Clocks that wrap, drift and are set anew, over many frames.

use super::remux;
use crate::remuxer::Options;

/// Both tracks around a place where the time stamp wraps or changes its sign, in several interleavings: the output is
/// that of a stream that starts at 0.
#[test]
fn wraps_do_not_show() {
    // Video every 40 ms, audio every 20; `late` frames of audio come that many places later in the file.
    let lines = |start: i64, mask: i64, late: usize| {
        let mut tags: Vec<(usize, i64, String)> = Vec::new();
        for frame in 0..100_usize {
            let at = i64::try_from(frame).unwrap() * 40;
            let key = if frame % 25 == 0 { "key" } else { "30" };
            tags.push((frame * 4, at, format!("V {} {key} #{frame:x}", (start + at) & mask)));
            for half in 0..2 {
                let at = at + 20 * i64::try_from(half).unwrap();
                tags.push((
                    frame * 4 + 1 + half + late * 4,
                    at,
                    format!("A {} 15 #{frame:x}{half}", (start + at) & mask),
                ));
            }
        }
        tags.sort_by_key(|(place, ..)| *place);
        let lines: Vec<String> = tags.into_iter().map(|(_, _, line)| line).collect();
        format!("V 0 header\nA 0 header\n{}", lines.join("\n"))
    };
    let told = |input: &str| remux(input, Options::default());
    for late in [0, 1, 3, 10] {
        let expected = told(&lines(0, i64::MAX, late));
        assert!(!expected.contains("note"), "{expected}");
        for (at, mask) in
            [(1_i64 << 31, 0xffff_ffff), (1 << 32, 0xffff_ffff), (1 << 24, 0x00ff_ffff), (1 << 24, 0xffff_ffff)]
        {
            for before in [20, 40, 60, 2000, 2020] {
                let output = told(&lines(at - before, mask, late));
                let notes = output.lines().filter(|line| line.contains("note")).collect::<Vec<_>>().join(",");
                let is_short = at == 1 << 24 && mask == 0x00ff_ffff;
                assert_eq!(notes, if is_short { "-- note short_clock 1 tags" } else { "" }, "{at} {before} {late}");
                assert_eq!(output.replace("-- note short_clock 1 tags\n", ""), expected, "{at} {before} {late}");
            }
        }
    }
}

/// Holes of any length around that of a jump, with either track first behind them: sound stays with the picture.
#[test]
fn a_hole_parts_no_tracks() {
    for hole_ms in (300..1_500_i64).step_by(7) {
        for sound_ms in [-30, -10, 0, 10, 30] {
            let mut lines = String::from("V 0 header\nA 0 header\n");
            for frame in 0..60_i64 {
                let at = 1_000 + frame * 40 + if frame < 30 { 0 } else { hole_ms };
                let key = if frame % 30 == 0 { "key" } else { "30" };
                let [first, second] = [at + sound_ms, at + sound_ms + 20];
                let [picture, sounds] = [
                    format!("V {at} {key} #{frame:x}\n"),
                    format!("A {first} 15 #{frame:x}1\nA {second} 15 #{frame:x}2\n"),
                ];
                lines += &if sound_ms < 0 { sounds + &picture } else { picture + &sounds };
            }
            let output = remux(&lines, Options::default());
            let last = |track: &str| -> i64 {
                let line = output.lines().rfind(|line| line.starts_with(track)).unwrap();
                line.split(' ').nth(1).unwrap().parse().unwrap()
            };
            let apart = last("A") - last("V") - sound_ms - 20;
            assert!(apart.abs() <= 30, "{apart} ms apart behind {hole_ms} ms, sound at {sound_ms} ms");
        }
    }
}

/// An hour in which each key frame steps back by 70 ms, while sound tells the real time.
#[test]
fn steps_back_make_no_drift() {
    let mut lines = String::from("V 0 header\nA 0 header\n");
    let real_ms = 3_600_000_i64;
    for frame in 0..real_ms / 40 {
        let at = frame * 40;
        let (place, key) = (frame % 50, if frame % 50 == 0 { "key" } else { "30" });
        // The pictures of a group run ahead, and the next key frame takes it back.
        lines += &format!("V {} {key} #{frame:x}\nA {at} 15 #{frame:x}\n", at + place * 70 / 49);
    }
    let output = remux(&lines, Options::default());
    let last = |track: &str| -> i64 {
        let line = output.lines().rfind(|line| line.starts_with(track)).unwrap();
        line.split(' ').nth(1).unwrap().parse().unwrap()
    };
    assert!((last("V ") - real_ms).abs() < 200, "{}", last("V "));
    assert_eq!(last("A "), real_ms - 40);
}

#[test]
fn clocks_reset_at_different_tags() {
    for audio_late in [0, 1, 5, 20] {
        let mut lines = String::from("V 0 header\nA 0 header\n");
        for frame in 0..200_i64 {
            let at = |reset: bool| if reset { (frame - 100) * 40 } else { 1_300_000_000 + frame * 40 };
            let (video, audio) = (at(frame >= 100), at(frame >= 100 + audio_late));
            let key = if frame % 25 == 0 { "key" } else { "30" };
            lines += &format!("V {video} {key} #{frame:x}\nA {audio} 15 #{frame:x}\n");
        }
        let output = remux(&lines, Options::default());
        for (number, line) in output.lines().filter(|line| line.starts_with("V ") && line.contains('#')).enumerate() {
            let at: i64 = line.split(' ').nth(1).unwrap().parse().unwrap();
            let expected = i64::try_from(number + 1).unwrap() * 40;
            assert!((at - expected).abs() <= 80, "{audio_late}: {line} for {expected}");
        }
        assert!(!output.contains("gap"), "{audio_late}");
    }
}
