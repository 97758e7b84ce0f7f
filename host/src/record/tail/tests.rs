use expect_test::expect;
use lyrebird_flv::{Segment, text};

use super::*;

/// Batches as a segment hands them over: each of these lines, framed.
fn batches(parts: &[&str]) -> Vec<Bytes> {
    let mut segment = Segment::open(&cut());
    let frame = |tag: &Tag, segment: &mut Segment| {
        let frame = segment.append(tag);
        [&frame.head[..], &tag.payload, &frame.tail].concat()
    };
    let mut batch = |part: &&str| {
        let tags = text::tags(part).unwrap();
        Bytes::from(tags.iter().flat_map(|tag| frame(tag, &mut segment)).collect::<Vec<u8>>())
    };
    parts.iter().map(&mut batch).collect()
}

fn cut() -> Cut {
    Cut {
        why: lyrebird_flv::CutReason::Start,
        metadata: lyrebird_flv::Metadata::default(),
        facts: lyrebird_flv::Facts::default(),
        has_video: true,
        has_audio: true,
    }
}

fn tail(safe: u64, from: u64, parts: &[&str]) -> Option<Tail> {
    let begin = Begin { cut: cut(), tags: Vec::new() };
    Tail::of(disk::Tail { safe, from, blocks: batches(parts) }, Some(begin), String::from("flv"))
}

#[test]
fn tags_come_out_as_they_went_in() {
    let tail = tail(100, 90, &["V 4000 key #1\nA 3990 #2", "V 70000000 30 #3"]).unwrap();
    let lines: String = tail.tags().map(|tag| text::line(&tag) + "\n").collect();
    expect![[r#"
        V 4000 key #1
        A 3990 #2
        V 70000000 #3
    "#]]
    .assert_eq(&lines);
    assert_eq!((tail.from_ms, tail.until_ms, tail.stays, tail.is_torn), (4000, 70_000_000, 90, false));
}

#[test]
fn what_fell_out_of_memory_is_a_tear() {
    let tail = tail(100, 130, &["V 4000 key"]).unwrap();
    assert_eq!((tail.stays, tail.is_torn), (100, true));
    assert!(super::Tail::of(disk::Tail::default(), None, String::new()).is_none());
}

/// A torn batch, which nobody makes, gives what is whole in it.
#[test]
fn a_torn_batch_is_no_panic() {
    let whole = batches(&["V 0 key #1\nV 40 30 #2"]).remove(0);
    for end in 0..whole.len() {
        assert!(tags(std::iter::once(whole.slice(..end))).count() <= 1);
    }
}

/// What is kept is cut into blocks anywhere.
#[test]
fn blocks_of_any_size_give_the_same_tags() {
    let whole = batches(&["V 0 key #1\nA 3 #2\nV 40 300 #3\nV 80 20 #4"]).remove(0);
    let told = |blocks: Vec<Bytes>| tags(blocks.into_iter()).map(|tag| text::line(&tag) + "\n").collect::<String>();
    let expected = told(vec![whole.clone()]);
    assert_eq!(expected.lines().count(), 4);
    for size in 1..whole.len() {
        assert_eq!(told(whole.chunks(size).map(Bytes::copy_from_slice).collect()), expected, "blocks of {size}");
    }
}
