//! Streams with one or two faults each, made from a seed: the reader loses the broken tags, and none besides.
#![allow(clippy::as_conversions, clippy::cast_possible_truncation)]

mod faults;
mod stream;

use std::collections::BTreeMap;

use bytes::Bytes;

use super::{Item, Reader};
use crate::tag::Tag;
use faults::{FAULTS, damage};
use stream::{Random, stream};

fn read(bytes: &[u8], chunk: usize) -> (Vec<Tag>, Vec<String>) {
    let mut reader = Reader::new();
    let (mut tags, mut notes) = (Vec::new(), Vec::new());
    let mut take = |item| match item {
        Item::Tag(tag) => tags.push(tag),
        Item::Note(note) => notes.push(format!("{} at {} {}", note.kind.name(), note.offset, note.bytes)),
    };
    for chunk in bytes.chunks(chunk) {
        reader.push(Bytes::copy_from_slice(chunk));
        while let Some(item) = reader.next().unwrap() {
            take(item);
        }
    }
    while let Some(item) = reader.finish().unwrap() {
        take(item);
    }
    (tags, notes)
}

/// What of the stream was read wrongly, in words.
fn check(seed: u64, faults: &[&str], head: bool) -> Option<String> {
    let random = &mut Random(seed);
    let tracks = random.below(3);
    let mut sent = stream(random, tracks);
    // Some tags are whole between two faults; the last goes first, for one of them takes tags away.
    let room = sent.len() / faults.len();
    for (number, fault) in faults.iter().enumerate().rev() {
        // Two faults among the first tags of a stream without a header leave nothing to go by.
        let least = if faults.len() > 1 && !head { 3 } else { 0 };
        let at = number * room + least + random.below(if faults.len() > 1 { room - 8 } else { room });
        damage(random, &mut sent, fault, at);
    }
    let mut bytes = if head { b"FLV\x01\x05\0\0\0\x09\0\0\0\0".to_vec() } else { Vec::new() };
    let mut places = BTreeMap::new();
    for (number, tag) in sent.iter().enumerate() {
        bytes.extend(&tag.before);
        places.insert(bytes.len() as u64, number);
        bytes.extend(&tag.header);
        bytes.extend(&tag.body);
        bytes.extend(&tag.pointer);
    }
    let (tags, notes) = read(&bytes, bytes.len());
    assert_eq!(read(&bytes, 1 + random.below(2000)), (tags.clone(), notes.clone()), "chunks, seed {seed}");
    let mut seen = vec![false; sent.len()];
    let mut wrong = Vec::new();
    for tag in tags {
        match places.get(&tag.offset) {
            Some(number) if sent[*number].body == tag.payload || !sent[*number].whole => seen[*number] = true,
            Some(number) => wrong.push(format!("tag {number} changed")),
            None => wrong.push(format!("false tag at {}", tag.offset)),
        }
    }
    let lost: Vec<usize> = (0..sent.len()).filter(|number| sent[*number].whole && !seen[*number]).collect();
    if !lost.is_empty() {
        wrong.push(format!("lost {lost:?} of {}", sent.len()));
    }
    (!wrong.is_empty()).then(|| format!("seed {seed} {faults:?} head {head}: {wrong:?}; {notes:?}"))
}

#[test]
fn one_fault_loses_the_broken_tags_alone() {
    for fault in FAULTS {
        let wrong: Vec<String> = (0..150).filter_map(|seed| check(seed, &[fault], seed % 5 != 0)).collect();
        assert!(wrong.is_empty(), "{fault}: {} wrong\n{}", wrong.len(), wrong.join("\n"));
    }
}

#[test]
fn two_faults_lose_the_broken_tags_alone() {
    let faults = FAULTS.iter().filter(|fault| **fault != "pointers all wrong");
    for (number, fault) in faults.clone().enumerate() {
        for other in faults.clone().skip(number) {
            let wrong: Vec<String> = (0..25).filter_map(|seed| check(seed, &[fault, other], seed % 5 != 0)).collect();
            assert!(wrong.is_empty(), "{fault}, {other}: {} wrong\n{}", wrong.len(), wrong.join("\n"));
        }
    }
}

/// The tag in front of the fault is proved by its PreviousTagSize, which is wrong as all others are. A DataSize that is
/// wrong has nothing left that could tell the right one.
#[test]
fn a_fault_where_all_pointers_are_wrong_loses_the_broken_tags_alone() {
    let hopeless = ["size zero", "size a few off", "size far too large", "stream id", "fake headers", "unknown tag"];
    for fault in FAULTS.iter().filter(|fault| !hopeless.contains(fault)) {
        let faults = ["pointers all wrong", *fault];
        let wrong: Vec<String> = (0..50).filter_map(|seed| check(seed, &faults, true)).collect();
        assert!(wrong.is_empty(), "{fault}: {} wrong\n{}", wrong.len(), wrong.join("\n"));
    }
}
