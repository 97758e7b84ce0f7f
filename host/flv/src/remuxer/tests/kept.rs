//! What a new connection sends again of a group, and goes on with, when a segment of another configuration came between.

mod anywhere;

use expect_test::{Expect, expect};

use super::{fixed_point, remux};
use crate::remuxer::Options;
use crate::remuxer::repeats::MOST_HELD_BYTES;
use crate::text;

/// A stream that breaks off within its second group.
const NEWER: &str = "V 0 header
    A 0 header
    V 50000 key 30 #1
    A 50000 15 #1
    V 50040 30 #2
    A 50023 15 #2
    V 50080 key 30 #3
    A 50046 15 #3
    V 50120 30 #4
    A 50069 15 #4
    ";

/// An older one, of which nothing was received.
const OLDER: &str = "V 0 header 1080p
    A 0 header
    V 10000 key 30 #a
    A 10000 15 #a
    ";

/// How the first goes on.
const NEW: &str = "V 50160 30 #5
    A 50092 15 #5
    V 50200 key 30 #6
    A 50115 15 #6
    ";

fn again(between: &str, again: &str) -> String {
    format!("{NEWER}reconnect 1000\n{between}reconnect 2000\n{again}")
}

/// What comes behind the first file. Every file comes out the same again.
fn check(input: &str, expected: Expect) {
    let output = remux(input, Options::default());
    let behind = output.find("-- HeaderChanged").and_then(|at| output.get(at..));
    expected.assert_eq(behind.unwrap_or_default());
    let parts = input.split("reconnect 1000\n").flat_map(|part| part.split("reconnect 2000\n"));
    let connections: Vec<Vec<u8>> = parts.map(|part| text::stream(part).unwrap()).collect();
    let first = fixed_point::remux(&connections, usize::MAX);
    for (file, lines) in first.files.iter().zip(&first.lines[1..]) {
        let again = fixed_point::remux(std::slice::from_ref(file), 1000);
        assert!(again.notes.is_empty() && again.files == [file.clone()], "{lines}\nagain:\n{}", again.lines.concat());
    }
}

#[test]
fn a_group_goes_on_behind_an_older_stream() {
    check(
        &again(OLDER, &format!("{NEWER}{NEW}")),
        expect![[r#"
            -- HeaderChanged(Video)
            V 0 header 1080p
            A 0 header
            -- note connection gap connection 1000 ms
            V 0 key 30 #a
            A 0 #a
            -- note repeat 2 tags
            -- note repeat 2 tags
            -- HeaderChanged(Video)
            V 0 header 720p
            A 0 header
            V 34 key 30 #3
            A 0 #3
            V 74 #4
            A 23 #4
            V 114 #5
            A 46 #5
            V 154 key 30 #6
            A 69 #6
        "#]],
    );
}

/// Picture and sound in another order: the first new frame is a sound, or some that came is sent again behind it.
#[test]
fn sound_goes_on_before_its_pictures() {
    let early = "A 50092 15 #5\nV 50120 30 #4\nV 50160 30 #5\nA 50115 15 #6\nV 50200 key 30 #6\n";
    let newer = NEWER.replace("    V 50120 30 #4\n", "");
    check(
        &again(OLDER, &format!("{newer}{early}")),
        expect![[r#"
            -- HeaderChanged(Video)
            V 0 header 1080p
            A 0 header
            -- note connection gap connection 1000 ms
            V 0 key 30 #a
            A 0 #a
            -- note repeat 2 tags
            -- note repeat 2 tags
            -- HeaderChanged(Video)
            V 0 header 720p
            A 0 header
            V 34 key 30 #3
            A 0 #3
            A 23 #4
            A 46 #5
            V 74 #4
            V 114 #5
            A 69 #6
            V 154 key 30 #6
        "#]],
    );
}

/// A key frame comes before anything new.
#[test]
fn nothing_goes_on() {
    check(
        &again(OLDER, &format!("{NEWER}V 50160 key 30 #6\nA 50092 15 #5\nV 50200 30 #7\n")),
        expect![[r#"
            -- HeaderChanged(Video)
            V 0 header 1080p
            A 0 header
            -- note connection gap connection 1000 ms
            V 0 key 30 #a
            A 0 #a
            -- note repeat 4 tags
            -- note repeat 4 tags
            -- HeaderChanged(Video)
            V 0 header 720p
            A 0 header
            V 68 key 30 #6
            A 0 #5
            V 108 #7
        "#]],
    );
}

/// The new connection has missed some of what lies behind.
#[test]
fn what_goes_on_later_tells_what_is_missing() {
    let late =
        NEW.replace("A 500", "A 502").replace("V 502", "V 505").replace("V 501", "V 504").replace("A 501", "A 504");
    check(
        &again(OLDER, &format!("{NEWER}{late}")),
        expect![[r#"
            -- HeaderChanged(Video)
            V 0 header 1080p
            A 0 header
            -- note connection gap connection 1000 ms
            V 0 key 30 #a
            A 0 #a
            -- note repeat 2 tags
            -- note repeat 2 tags
            -- HeaderChanged(Video)
            V 0 header 720p
            A 0 header
            -- note connection gap connection 300 ms
            V 34 key 30 #3
            A 0 #3
            V 74 #4
            A 23 #4
            V 414 #5
            A 246 #5
            V 454 key 30 #6
            A 369 #6
        "#]],
    );
}

#[test]
fn with_another_configuration_of_the_sound_alone() {
    let older = OLDER.replace(" 1080p", "").replace("A 0 header", "A 0 header 48k");
    check(
        &again(&older, &format!("{NEWER}{NEW}")),
        expect![[r#"
            -- HeaderChanged(Audio)
            V 0 header 720p
            A 0 header 48k
            -- note connection gap connection 1000 ms
            V 0 key 30 #a
            A 0 #a
            -- note repeat 2 tags
            -- note repeat 2 tags
            -- HeaderChanged(Audio)
            V 0 header 720p
            A 0 header
            V 34 key 30 #3
            A 0 #3
            V 74 #4
            A 23 #4
            V 114 #5
            A 46 #5
            V 154 key 30 #6
            A 69 #6
        "#]],
    );
}

#[test]
fn by_another_clock() {
    let anew = format!("{NEWER}{NEW}").replace(" 50", " 7");
    check(
        &again(OLDER, &anew),
        expect![[r#"
            -- HeaderChanged(Video)
            V 0 header 1080p
            A 0 header
            -- note connection gap connection 1000 ms
            V 0 key 30 #a
            A 0 #a
            -- note repeat 2 tags
            -- note repeat 2 tags
            -- HeaderChanged(Video)
            V 0 header 720p
            A 0 header
            V 34 key 30 #3
            A 0 #3
            V 74 #4
            A 23 #4
            V 114 #5
            A 46 #5
            V 154 key 30 #6
            A 69 #6
        "#]],
    );
}

/// The sound of the older stream ended later than its pictures: both tracks go on behind it by one clock.
#[test]
fn the_group_was_not_sent_from_its_begin() {
    let older = format!("{OLDER}A 10046 15 #c\nA 10069 15 #d\nA 10092 15 #e\n");
    let rest = NEWER.replace("V 50080 key 30 #3\n", "").replace("V 50000 key 30 #1\n", "");
    check(
        &again(&older, &format!("{rest}{NEW}")),
        expect![[r#"
            -- HeaderChanged(Video)
            V 0 header 1080p
            A 0 header
            -- note connection gap connection 1000 ms
            V 0 key 30 #a
            A 0 #a
            A 46 #c
            A 69 #d
            A 92 #e
            -- note repeat 2 tags
            -- note repeat 4 tags
            -- HeaderChanged(Video)
            V 0 header 720p
            A 0 header
            -- note before_key_frame 1 tags
            A 0 #5
            V 108 key 30 #6
            A 23 #6
        "#]],
    );
}

/// The configuration of the sound changes within the group.
#[test]
fn the_sound_changes_within_the_group() {
    let newer = NEWER.replace("A 50069", "A 50050 header 48k\n    A 50069");
    check(
        &format!("{newer}reconnect 1000\n{OLDER}reconnect 2000\n{newer}{NEW}"),
        expect![[r#"
            -- HeaderChanged(Audio)
            V 0 header 720p
            A 0 header 48k
            A 0 #4
            -- HeaderChanged(Video)
            V 0 header 1080p
            A 0 header
            -- note connection gap connection 1000 ms
            V 0 key 30 #a
            A 0 #a
            -- note repeat 2 tags
            -- note repeat 3 tags
            -- HeaderChanged(Video)
            V 0 header 720p
            A 0 header 48k
            V 11 key 30 #3
            V 51 #4
            A 0 #4
            V 91 #5
            A 23 #5
            V 131 key 30 #6
            A 46 #6
        "#]],
    );
}

/// The connection breaks once more before anything new.
#[test]
fn broken_off_within_the_group() {
    check(
        &again(OLDER, &format!("{NEWER}reconnect 2000\n{NEWER}{NEW}")),
        expect![[r#"
            -- HeaderChanged(Video)
            V 0 header 1080p
            A 0 header
            -- note connection gap connection 1000 ms
            V 0 key 30 #a
            A 0 #a
            -- note repeat 6 tags
            -- note repeat 6 tags
            -- HeaderChanged(Video)
            V 0 header 720p
            A 0 header
            V 34 key 30 #3
            A 0 #3
            V 74 #4
            A 23 #4
            V 114 #5
            A 46 #5
            V 154 key 30 #6
            A 69 #6
        "#]],
    );
}

#[test]
fn the_recording_ends_within_the_group() {
    check(
        &again(OLDER, NEWER),
        expect![[r#"
            -- HeaderChanged(Video)
            V 0 header 1080p
            A 0 header
            -- note connection gap connection 1000 ms
            V 0 key 30 #a
            A 0 #a
            -- note repeat 4 tags
            -- note repeat 4 tags
        "#]],
    );
}

#[test]
fn without_pictures() {
    let alone = |text: &str| {
        text.lines().filter(|line| !line.contains("V ")).fold(String::new(), |all, line| all + line + "\n")
    };
    let older = alone(OLDER).replace("header", "header 48k");
    let sounds: String = (4..20).map(|number| format!("A {} 15 #{number:x}\n", 50_000 + 23 * number)).collect();
    let newer = alone(NEWER) + &sounds;
    check(
        &format!("{newer}reconnect 1000\n{older}reconnect 2000\n{newer}A 50460 15 #77\n"),
        expect![[r#"
            -- HeaderChanged(Audio)
            A 0 header 48k
            -- note connection gap connection 1000 ms
            A 0 #a
            -- note repeat 20 tags
            -- HeaderChanged(Audio)
            A 0 header
            A 0 #77
        "#]],
    );
}

/// A group of so many bytes is not kept: its rest waits for a key frame.
#[test]
fn no_more_than_a_bound_is_kept() {
    let told = |bytes: usize| {
        let large: String = (1..4).map(|number| format!("V {} {bytes} #{number}\n", 50_000 + 40 * number)).collect();
        let newer = format!("V 0 header\nV 50000 key 30 #7\n{large}V 50160 30 #8\n");
        let new = "V 50200 30 #9\nV 50240 key 30 #a\nV 50280 30 #b\n";
        let older = OLDER.replace("A ", "-- A ");
        let output = remux(&format!("{newer}reconnect 1000\n{older}reconnect 2000\n{newer}{new}"), Options::default());
        let last = output.split("-- HeaderChanged(Video)\n").last().unwrap().to_owned();
        last.replace(&bytes.to_string(), "large")
    };
    expect![[r#"
        V 0 header 720p
        V 0 key 30 #7
        V 40 large #1
        V 80 large #2
        V 120 large #3
        V 160 #8
        V 200 #9
        V 240 key 30 #a
        V 280 #b
    "#]]
    .assert_eq(&told(MOST_HELD_BYTES / 3 - 1000));
    expect![[r#"
        V 0 header 720p
        -- note before_key_frame 1 tags
        V 0 key 30 #a
        V 40 #b
    "#]]
    .assert_eq(&told(MOST_HELD_BYTES / 3 + 1000));
}
