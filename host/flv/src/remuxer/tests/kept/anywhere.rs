//! The same, broken off anywhere.

use proptest::prelude::*;

use super::super::fixed_point;
use crate::note::NoteKind;
use crate::text;

/// A stream: pictures each 40 ms, every so manieth a key frame, and two sounds behind each.
fn stream(pictures: u32, group: u32, from: u32) -> Vec<String> {
    let lines = (0..pictures).flat_map(|number| {
        let (at, key) = (from + 40 * number, if number % group == 0 { "key 30" } else { "30" });
        [
            format!("V {at} {key} #1{number:x}"),
            format!("A {} 15 #1{number:x}", at + 5),
            format!("A {} 15 #2{number:x}", at + 25),
        ]
    });
    lines.collect()
}

fn bytes(video: &str, lines: &[String]) -> Vec<u8> {
    text::stream(&format!("V 0 header {video}\nA 0 header\n{}", lines.join("\n"))).unwrap()
}

/// Track, time, and number of each frame.
fn frames(lines: &str) -> Vec<(String, i64, String)> {
    let frames = lines.lines().filter(|line| line.contains('#') && !line.contains("header"));
    let words = frames.map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    words.map(|words| (words[0].clone(), words[1].parse().unwrap(), words[words.len() - 1].clone())).collect()
}

proptest! {
    #![proptest_config(fixed_point::cases())]

    #[test]
    fn a_group_goes_on_where_it_broke(
        (pictures, group) in (12_u32..40, 2_u32..20),
        (broken, begin, anew) in (10_usize..36, 0_usize..4, prop_oneof![Just(50_000_u32), Just(0), Just(900_000)]),
        older in 1_u32..30,
    ) {
        let whole = stream(pictures, group, 50_000);
        let broken = broken.min(whole.len() - 1);
        let keys = (0..broken).rev().filter(|line| whole[*line].contains("key"));
        let begin = keys.take(begin + 1).last().unwrap();
        let stale: Vec<String> = stream(older, 10, 10_000).iter().map(|line| line.replace("#", "#f")).collect();
        let again = stream(pictures, group, anew);
        let connections =
            [bytes("720p", &whole[..broken]), bytes("1080p", &stale), bytes("720p", &again[begin..])];
        let first = fixed_point::remux(&connections, usize::MAX);
        let last = first.lines.last().unwrap();
        prop_assert_eq!(&fixed_point::remux(&connections, 13), &first, "chunks matter");
        prop_assert_eq!(first.files.len(), 3, "{}", first.lines.concat());
        for file in &first.files {
            let again = fixed_point::remux(std::slice::from_ref(file), 1000);
            prop_assert!(again.notes.is_empty() && again.files == [file.clone()], "{}", again.lines.concat());
        }
        // From the last key frame on if the group goes on, else from there on.
        let from = (0..=broken).rev().find(|line| whole[*line].contains("key")).unwrap();
        let written = frames(last);
        let expected = frames(&again[from..].join("\n"));
        prop_assert_eq!(written.len(), expected.len(), "{}", first.lines.concat());
        let offset = expected[0].1 - written[0].1;
        for (frame, expected) in written.into_iter().zip(expected) {
            prop_assert_eq!((frame.0, frame.1 + offset, frame.2), expected, "{}", last);
        }
        let lost = first.notes.iter().filter(|note| note.kind == NoteKind::Connection).count();
        prop_assert_eq!(lost, 1, "{}", first.lines.concat());
        let gone = [NoteKind::BeforeKeyFrame, NoteKind::Jump];
        prop_assert!(!first.notes.iter().any(|note| gone.contains(&note.kind)), "{}", first.lines.concat());
    }
}
