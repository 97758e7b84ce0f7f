//! What holds for any bytes, however they are cut.

use bytes::Bytes;
use proptest::prelude::*;

use super::{Reader, read};
use crate::text;

/// A line of a stream with faults.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => (0_u32..2000, 1_usize..200, 0_u32..9).prop_map(|(time, bytes, seed)| format!("V {time} {bytes} #{seed}")),
        6 => (0_u32..2000, 1_usize..60, 0_u32..9).prop_map(|(time, bytes, seed)| format!("A {time} {bytes} #{seed}")),
        1 => (0_u32..2000, 0_u32..200).prop_map(|(time, back)| format!("A {time} back={back}")),
        1 => (0_u32..2000, 0_u32..400).prop_map(|(time, size)| format!("V {time} size={size}")),
        1 => (0_u32..2000, 0_u32..3).prop_map(|(time, id)| format!("V {time} id={id}")),
        1 => (1_usize..100).prop_map(|bytes| format!("zeros {bytes}")),
        1 => (1_usize..100).prop_map(|bytes| format!("garbage {bytes}")),
        1 => Just("type 15 0 20".to_owned()),
        1 => Just("A 0 encrypted".to_owned()),
        1 => Just("flv".to_owned()),
        1 => (1_usize..40).prop_map(|bytes| format!("truncate {bytes}")),
        1 => proptest::collection::vec(prop_oneof![Just(0_u8), Just(8), Just(9), Just(18), Just(15), any::<u8>()], 1..60)
            .prop_map(|bytes| format!("bytes {}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn chunking_never_changes_what_is_read(
        header in any::<bool>(),
        lines in proptest::collection::vec(line(), 0..30),
        cuts in proptest::collection::vec(1_usize..300, 1..10),
    ) {
        let text = format!("{}\n{}", if header { "flv" } else { "nohead" }, lines.join("\n"));
        let bytes = text::stream(&text).unwrap();
        let whole = read([bytes.as_slice()].into_iter());
        let mut rest = bytes.as_slice();
        let chunks = std::iter::from_fn(|| {
            let cut = cuts[rest.len() % cuts.len()];
            let (chunk, behind) = rest.split_at_checked(cut).unwrap_or((rest, &[]));
            rest = behind;
            (!chunk.is_empty()).then_some(chunk)
        });
        prop_assert_eq!(read(chunks), whole.clone());
        prop_assert_eq!(read(bytes.chunks(1)), whole);
    }

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..3000), flv in any::<bool>()) {
        let bytes = if flv { [b"FLV\x01\x05\0\0\0\x09\0\0\0\0", bytes.as_slice()].concat() } else { bytes };
        let whole = read([bytes.as_slice()].into_iter());
        prop_assert_eq!(read(bytes.chunks(11)), whole);
    }
}

/// What lies further apart than the reader looks.
#[test]
fn chunking_changes_nothing_far_out() {
    let tags = "V 0 header\nV 0 key\nA 0\nV 40\nA 23";
    for stream in [
        format!("nohead\ngarbage 4300000\n{tags}"),
        format!("nohead\ngarbage 4194200\nV 0 200 back=7\n{tags}"),
        format!("{tags}\nV 80 5000000 size=300 #1\nA 46\nV 120\nA 69"),
        format!("{tags}\nV 80 4194200 size=300 #1\nA 46\nV 120\nA 69"),
    ] {
        let bytes = text::stream(&stream).unwrap();
        let whole = read([bytes.as_slice()].into_iter());
        for chunk in [999, 65_536] {
            assert_eq!(read(bytes.chunks(chunk)), whole, "{stream}");
        }
    }
}

/// A chunk that ends within a tag is free as soon as its whole tags are: no memory of the network waits for the next one.
#[test]
fn a_chunk_is_let_go() {
    let bytes = text::stream("V 0 header\nV 0 key 40\nV 40 200 #1\nV 80 200 #2").unwrap();
    for end in 1..=bytes.len() {
        let mut reader = Reader::new();
        let chunk = Bytes::copy_from_slice(&bytes[..end]);
        reader.push(chunk.clone());
        while reader.next().unwrap().is_some() {}
        reader.let_go();
        // A first piece without a whole tag is waited with as it is.
        assert!(chunk.is_unique() || end < 60, "{end} of {} bytes", bytes.len());
        reader.push(Bytes::copy_from_slice(&bytes[end..]));
        let rest = std::iter::from_fn(|| reader.next().unwrap()).count();
        assert!(rest > 0 || end + 4 > bytes.len(), "{end}");
    }
}
