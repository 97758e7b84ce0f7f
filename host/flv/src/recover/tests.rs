use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::segment::Depth;
use crate::segment::tests::{File, any_tags, cut, tag};

fn salvage(bytes: &[u8], chunk: usize) -> Salvage {
    let mut recovery = Recovery::new();
    bytes.chunks(chunk).for_each(|chunk| recovery.push(Bytes::copy_from_slice(chunk)));
    recovery.finish()
}

/// The file as it is after salvage.
fn mend(bytes: &[u8], salvaged: &Salvaged) -> Vec<u8> {
    let whole = usize::try_from(salvaged.whole_bytes).unwrap();
    let mut mended = bytes.to_vec();
    mended.resize(whole, 0);
    mended[whole - salvaged.tail.len()..].copy_from_slice(&salvaged.tail);
    let head = salvaged.head.as_ref().expect("a head that fits");
    mended[..head.len()].copy_from_slice(head);
    mended
}

fn file() -> File {
    let mut file = File::open(&cut(true, true));
    for line in ["V 0 header", "A 0 header", "V 0 key", "A 0", "A 23", "V 40", "V 1000 key"] {
        file.write(&tag(line));
    }
    file
}

fn check(bytes: &[u8], expected: Expect) {
    let shown = match salvage(bytes, 4096) {
        Salvage::Nothing => "nothing".to_owned(),
        Salvage::Foreign => "foreign".to_owned(),
        Salvage::Media(Salvaged { whole_bytes, broken_bytes, tags, duration_ms, last_ms, hole_ms, head, .. }) => {
            let Some(head) = head else {
                return expected.assert_eq(&format!("{tags} tags, {duration_ms} ms, another head"));
            };
            let media_bytes = usize::try_from(whole_bytes).unwrap() - head.len();
            let hole = hole_ms.map_or(String::new(), |hole_ms| format!(", hole at {hole_ms} ms"));
            format!("{tags} tags, {media_bytes} + {broken_bytes} bytes, {duration_ms} ms, last {last_ms} ms{hole}")
        }
    };
    expected.assert_eq(&shown);
}

#[test]
fn a_file_that_was_never_closed() {
    let file = file();
    check(&file.bytes, expect!["7 tags, 141 + 0 bytes, 1960 ms, last 1000 ms"]);
    let Salvage::Media(salvaged) = salvage(&file.bytes, 1000) else { panic!("ours") };
    assert_eq!(salvaged.head, Some(file.segment.head()));
}

#[test]
fn a_cut_off_end() {
    let bytes = file().bytes;
    check(&bytes[..bytes.len() - 1], expect!["7 tags, 141 + 0 bytes, 1960 ms, last 1000 ms"]);
    check(&[&bytes, &[0; 5000][..]].concat(), expect!["7 tags, 141 + 5000 bytes, 1960 ms, last 1000 ms"]);
    let mut holed = bytes.clone();
    let end = holed.len();
    holed[end - 30..].fill(0);
    check(&holed, expect!["5 tags, 98 + 43 bytes, 46 ms, last 23 ms"]);
}

#[test]
fn a_file_without_media() {
    check(&[], expect!["nothing"]);
    let bytes = File::open(&cut(true, true)).bytes;
    check(&bytes[..20], expect!["nothing"]);
    check(&bytes[..bytes.len() - 1], expect!["nothing"]);
    check(&bytes, expect!["nothing"]);
}

#[test]
fn a_file_of_others() {
    check(&[b'x'; 100], expect!["foreign"]);
    check(b"FLV\x01\x05\0\0\0\x09\0\0\0\0\x09\0\0\x02\0\0\0\0\0\0\0\x17\0\0\0\0\x0d............", expect!["foreign"]);
    // A head of ours in which a byte before the numbers is damaged.
    let mut bytes = file().bytes;
    bytes[30] ^= 1;
    check(&bytes, expect!["7 tags, 1960 ms, another head"]);
    // Flags that are wrong are put right.
    let mut bytes = file().bytes;
    bytes[4] = 4;
    check(&bytes, expect!["7 tags, 1960 ms, another head"]);
}

#[test]
fn damage_in_the_middle_leaves_what_stands_behind_it() {
    let bytes = file().bytes;
    let mut damaged = bytes.clone();
    let end = damaged.len();
    damaged[end - 60..end - 45].fill(0xff);
    check(&damaged, expect!["6 tags, 141 + 0 bytes, 1960 ms, last 1000 ms, hole at 0 ms"]);
    let Salvage::Media(salvaged) = salvage(&damaged, 4096) else { panic!("ours") };
    let mended = mend(&damaged, &salvaged);
    assert_eq!(mended.len(), bytes.len());
    // The index leads to where the key frames are.
    assert_eq!(salvaged.head, {
        let mut whole = file();
        whole.patch(Depth::All);
        Some(whole.segment.head())
    });
}

#[test]
fn a_head_is_known_by_its_start() {
    let bytes = file().bytes;
    assert!(Recovery::is_ours(&bytes) && Recovery::is_ours(&File::open(&cut(true, false)).bytes));
    assert!(!Recovery::is_ours(&bytes[..70_000]) && !Recovery::is_ours(b"") && !Recovery::is_ours(&bytes[1..]));
}

#[test]
fn metadata_that_claims_too_much_hides_no_tags() {
    let tags = "V 0 header\nA 0 header\nV 0 key\nA 0\nV 40\nA 23";
    // More than the whole file; and in a stream without a header, where a script tag would begin by chance.
    let beyond = format!("S 0 onMetaData\ntruncate 4\nbytes 0000ff00\n{tags}");
    let mut beyond = crate::text::stream(&beyond).unwrap();
    beyond[METADATA_AT + 1] = 1;
    let chance = format!("nohead\nA 0 hex=af01120001f0 30\n{tags}\ngarbage 600");
    for (bytes, tags) in [(beyond, "tags: 6"), (crate::text::stream(&chance).unwrap(), "tags: 7")] {
        let whole = format!("{:?}", salvage(&bytes, bytes.len()));
        assert!(whole.contains(tags), "{whole}");
        assert_eq!(format!("{:?}", salvage(&bytes, 1)), whole);
    }
}

#[test]
fn a_torn_index_is_made_anew() {
    let mut torn = file();
    torn.patch(Depth::All);
    let whole = torn.bytes.clone();
    torn.bytes[400..8000].fill(0xff);
    let Salvage::Media(salvaged) = salvage(&torn.bytes, 777) else { panic!("ours") };
    assert!(mend(&torn.bytes, &salvaged) == whole);
}

proptest! {
    #[test]
    fn whole_tags_are_found_in_any_chunks(tags in any_tags(), end in any::<prop::sample::Index>(), chunk in 1..9_000_usize) {
        let mut file = File::open(&cut(true, true));
        let head = file.bytes.len();
        tags.iter().for_each(|tag| file.write(tag));
        let end = head + end.index(file.bytes.len() - head + 1);
        // What a recorder would have written that ended with the last whole tag.
        let mut kept = File::open(&cut(true, true));
        for tag in &tags {
            if kept.bytes.len() + 11 + tag.payload.len() > end {
                break;
            }
            kept.write(tag);
        }
        kept.patch(Depth::All);
        let mut behind = head;
        let kept_tags = tags.iter().take_while(|tag| {
            behind += 15 + tag.payload.len();
            behind - 4 <= end
        });
        if !kept_tags.into_iter().any(|tag| classify(tag).is_frame()) {
            prop_assert!(matches!(salvage(&file.bytes[..end], chunk), Salvage::Nothing));
            return Ok(());
        }
        let Salvage::Media(salvaged) = salvage(&file.bytes[..end], chunk) else { panic!("ours") };
        prop_assert_eq!(salvaged.broken_bytes, u64::try_from(end.saturating_sub(kept.bytes.len())).unwrap());
        let mended = mend(&file.bytes[..end], &salvaged);
        prop_assert!(mended == kept.bytes);
        let Salvage::Media(again) = salvage(&mended, 4096) else { panic!("ours") };
        prop_assert!(mend(&mended, &again) == mended);
    }

    #[test]
    fn damage_never_panics(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        near in any::<bool>(),
    ) {
        let mut bytes = file().bytes;
        let reach = if near { 300 } else { bytes.len() };
        for (place, byte) in damage {
            bytes[place.index(reach)] = byte;
        }
        salvage(&bytes, 4096);
    }

    #[test]
    fn anything_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..400), chunk in 1..50_usize) {
        salvage(&bytes, chunk);
    }
}
