//! Files of ours that come in again, whole and not.

use expect_test::{Expect, expect};

use super::fixed_point::remux;
use crate::segment::head::METADATA_AT;
use crate::tag::{BACK_POINTER, TAG_HEADER};
use crate::text;

/// Three groups of eight frames at 200 ms, with sound.
fn file() -> Vec<u8> {
    let frame = |number: u32| {
        let (time, key) = (number * 200, if number.is_multiple_of(8) { "key " } else { "" });
        format!("V {time} {key}#{number:x}\nA {time} #{number:x}\n")
    };
    let frames: String = (0..24).map(frame).collect();
    let bytes = text::stream(&format!("V 0 header\nA 0 header\n{frames}")).unwrap();
    let output = remux(&[bytes], usize::MAX);
    let [file] = output.files.as_slice() else { panic!("{} files", output.files.len()) };
    file.clone()
}

/// Where each tag behind the metadata begins, and the end.
fn places(file: &[u8]) -> Vec<usize> {
    let mut at = METADATA_AT;
    let mut places = Vec::new();
    while at < file.len() {
        places.push(at);
        let size = u32::from_be_bytes([0, file[at + 1], file[at + 2], file[at + 3]]);
        at += TAG_HEADER + usize::try_from(size).unwrap() + BACK_POINTER;
    }
    places.push(at);
    places.remove(0);
    places
}

fn check(damage: impl Fn(&mut Vec<u8>, &[usize]), expected: Expect) {
    let mut bytes = file();
    let places = places(&bytes);
    damage(&mut bytes, &places);
    let again = remux(&[bytes.clone()], 1000);
    assert_eq!(remux(&[bytes], 7), again, "chunks matter");
    for file in &again.files {
        let third = remux(std::slice::from_ref(file), 1000);
        assert!(third.files == [file.clone()] && third.notes.is_empty(), "no fixed point");
    }
    // What is told, and what stands around it.
    let lines = again.lines.concat();
    let lines: Vec<&str> = lines.lines().collect();
    let is_near = |place: &usize| {
        lines.iter().enumerate().any(|(note, line)| line.starts_with("-- note") && note.abs_diff(*place) < 3)
    };
    let near: String = (0..lines.len()).filter(is_near).map(|place| lines[place].to_owned() + "\n").collect();
    expected.assert_eq(&near);
}

/// The tag of the picture with this number.
fn picture(number: usize) -> usize {
    2 + 2 * number
}

#[test]
fn a_whole_file() {
    check(|_, _| {}, expect![""]);
}

#[test]
fn a_frame_that_vanished() {
    check(
        |bytes, places| drop(bytes.drain(places[picture(4)]..places[picture(5)])),
        expect![[r#"
            V 1400 #7
            A 1400 #7
            -- note damage
            V 1600 key #8
            A 1600 #8
        "#]],
    );
}

#[test]
fn most_of_a_group_that_vanished() {
    check(
        |bytes, places| drop(bytes.drain(places[picture(2)]..places[picture(7)])),
        expect![[r#"
            V 1400 #7
            A 1400 #7
            -- note damage gap damage 1000 ms
            V 1600 key #8
            A 1600 #8
        "#]],
    );
}

#[test]
fn a_group_that_vanished() {
    check(
        |bytes, places| drop(bytes.drain(places[picture(8)]..places[picture(16)])),
        expect![[r#"
            V 1400 #7
            A 1400 #7
            -- note damage
            -- note jump gap jump 1600 ms
            V 1600 key #10
            A 1600 #10
        "#]],
    );
}

#[test]
fn the_end_that_vanished() {
    check(
        |bytes, places| bytes.truncate(places[picture(20)]),
        expect![[r#"
            V 3800 #13
            A 3800 #13
            -- note damage gap damage 800 ms
        "#]],
    );
}

#[test]
fn a_group_that_stands_twice() {
    check(
        |bytes, places| {
            let group = bytes[places[picture(0)]..places[picture(8)]].to_vec();
            bytes.splice(places[picture(8)]..places[picture(8)], group);
        },
        expect![[r#"
            V 1400 #7
            A 1400 #7
            -- note damage
            -- note repeat 8 tags
            V 1600 key #8
            -- note repeat 8 tags
            A 1600 #8
            V 1800 #9
        "#]],
    );
}

#[test]
fn a_file_that_goes_on_with_its_last_group() {
    check(
        |bytes, places| {
            let group = bytes[places[picture(16)]..].to_vec();
            bytes.extend(group);
        },
        expect![[r#"
            V 4600 #17
            A 4600 #17
            -- note repeat 8 tags
            -- note repeat 8 tags
        "#]],
    );
}

#[test]
fn a_file_that_goes_on_with_another_stream() {
    check(
        |bytes, _| bytes.extend(text::stream("nohead\nV 9000 key #100\nA 9000 #100\nV 9200 #101").unwrap()),
        expect![[r#"
            V 4600 #17
            A 4600 #17
            -- note jump gap jump 4200 ms
            V 4800 key #100
            A 4800 #100
        "#]],
    );
}

#[test]
fn a_tag_that_was_overwritten() {
    check(
        |bytes, places| {
            let tag = places[picture(3)]..places[picture(4)];
            bytes[tag].fill(0);
        },
        expect![[r#"
            V 400 #2
            A 400 #2
            -- note garbage
            -- note damage gap damage 200 ms
            V 800 #4
            A 800 #4
        "#]],
    );
}

/// What was recorded in a stream that changed its configuration for a moment looks like a repeat, and is none.
#[test]
fn a_group_that_looks_like_a_repeat() {
    let group = "V 0 key #1\nA 5 #1\nA 25 #1\n";
    let again = "V 40 key #1\nA 45 #1\nA 65 #1\nV 80 #9\n";
    let changed = "V 0 header hevc\nV 0 header\n";
    let input = text::stream(&format!("V 0 header\nA 0 header\n{group}{changed}{again}")).unwrap();
    let first = remux(&[input], usize::MAX);
    let second = remux(&first.files, 1000);
    assert_eq!((second.files, second.notes.len()), (first.files, 0));
}
