//! Framing, one named test a fault.

mod chunks;

use bytes::Bytes;
use expect_test::{Expect, expect};

use super::{Item, Reader};
use crate::note::Fault;
use crate::text;

/// All that comes out of these chunks, as text.
fn read<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> String {
    let mut reader = Reader::new();
    let mut out = String::new();
    let mut told = |item: Result<Option<Item>, Fault>| {
        let line = match item {
            Ok(None) => return false,
            Ok(Some(Item::Tag(tag))) => text::line(&tag),
            Ok(Some(Item::Note(note))) => {
                let tags = if note.tags > 0 { format!(" {} tags", note.tags) } else { String::new() };
                let bytes = if note.bytes > 0 { format!(" {} bytes", note.bytes) } else { String::new() };
                format!("-- {} at {}{tags}{bytes}", note.kind.name(), note.offset)
            }
            Err(fault) => {
                if !out.contains("not FLV") {
                    out.push_str(&format!("-- {fault}\n"));
                }
                return false;
            }
        };
        out.push_str(&line);
        out.push('\n');
        true
    };
    for chunk in chunks {
        reader.push(Bytes::copy_from_slice(chunk));
        while told(reader.next()) {}
    }
    if reader.fault.is_none() {
        while told(reader.finish()) {}
    }
    out
}

/// Reads it in one piece and byte by byte: both must give the same.
fn check(input: &str, expected: Expect) {
    let bytes = text::stream(input).unwrap();
    let whole = read([bytes.as_slice()].into_iter());
    expected.assert_eq(&whole);
    assert_eq!(read(bytes.chunks(1)), whole, "byte by byte");
    assert_eq!(read(bytes.chunks(7)), whole, "in sevens");
}

fn check_start(bytes: &[u8], expected: Expect) {
    let mut reader = Reader::new();
    reader.push(Bytes::copy_from_slice(bytes));
    let fault = reader.next().map_or_else(|fault| fault.to_string(), |item| format!("{item:?}"));
    expected.assert_eq(&fault);
}

#[test]
fn plain() {
    check(
        "V 0 key\nA 0\nV 40\nA 23",
        expect![[r#"
        V 0 key
        A 0
        V 40
        A 23
    "#]],
    );
}

#[test]
fn flags_and_data_offset() {
    check(
        "flv flags=0 offset=20\nV 0 key\nA 0",
        expect![[r#"
        V 0 key
        A 0
    "#]],
    );
}

#[test]
fn no_header() {
    check(
        "nohead\nV 0 key\nA 0\nV 40",
        expect![[r#"
        -- header_missing at 0
        V 0 key
        A 0
        V 40
    "#]],
    );
}

#[test]
fn no_header_but_the_first_back_pointer() {
    check(
        "nohead\nzeros 4\nV 0 key\nA 0\nV 40",
        expect![[r#"
        -- header_missing at 0 4 bytes
        V 0 key
        A 0
        V 40
    "#]],
    );
}

#[test]
fn joined_inside_a_tag() {
    check(
        "nohead\ngarbage 300\nbytes 00 00 01 37\nV 0 key\nA 0\nV 40",
        expect![[r#"
        -- header_missing at 0 304 bytes
        V 0 key
        A 0
        V 40
    "#]],
    );
}

#[test]
fn one_wrong_back_pointer() {
    check(
        "V 0 key\nA 0\nV 40 back=7\nA 23\nV 80\nA 46",
        expect![[r#"
        V 0 key
        A 0
        -- back_pointer at 148 1 tags
        V 40
        A 23
        V 80
        A 46
    "#]],
    );
}

#[test]
fn all_back_pointers_wrong() {
    check(
        "V 0 key back=0\nA 0 back=0\nV 40 back=0\nA 23 back=0\nV 80 back=0",
        expect![[r#"
            -- back_pointer at 13 1 tags
            V 0 key
            A 0
            V 40
            A 23
            V 80
        "#]],
    );
}

#[test]
fn all_back_pointers_wrong_and_no_header() {
    check(
        "nohead\nV 0 key back=0\nA 0 back=0\nV 40 back=0\nA 23 back=0\nV 80 back=0",
        expect![[r#"
            -- header_missing at 0
            -- back_pointer at 0 1 tags
            V 0 key
            A 0
            V 40
            A 23
            V 80
        "#]],
    );
}

#[test]
fn garbage_between_tags() {
    check(
        "V 0 key\ngarbage 100\nA 0\nV 40\nA 23",
        expect![[r#"
        V 0 key
        -- garbage at 118 100 bytes
        A 0
        V 40
        A 23
    "#]],
    );
}

#[test]
fn garbage_that_looks_like_a_tag() {
    check(
        "V 0 key\nbytes 09 00 00 40 00 00 00 00 00 00 00\ngarbage 20\nA 0\nV 40\nA 23\nV 80\nA 46",
        expect![[r#"
        V 0 key
        -- garbage at 118 31 bytes
        A 0
        V 40
        A 23
        V 80
        A 46
    "#]],
    );
}

#[test]
fn zero_run() {
    check(
        "V 0 key\nA 0\nzeros 5000\nV 40 key\nA 23\nV 80",
        expect![[r#"
        V 0 key
        A 0
        -- garbage at 148 5000 bytes
        V 40 key
        A 23
        V 80
    "#]],
    );
}

#[test]
fn zeros_at_the_end() {
    check(
        "V 0 key\nA 0\nzeros 5000",
        expect![[r#"
        V 0 key
        A 0
        -- garbage at 148 5000 bytes
    "#]],
    );
}

#[test]
fn size_too_small_by_three() {
    check(
        "V 0 key\nA 0 100 #1 size=97\nV 40\nA 23\nV 80",
        expect![[r#"
        V 0 key
        -- back_pointer at 118 1 tags
        A 0 100 #1
        V 40
        A 23
        V 80
    "#]],
    );
}

#[test]
fn size_too_large_by_a_few_tags() {
    check(
        "V 0 key\nA 0 100 #1 size=200\nV 40\nA 23\nV 80\nA 46\nV 120",
        expect![[r#"
        V 0 key
        -- back_pointer at 118 1 tags
        A 0 100 #1
        V 40
        A 23
        V 80
        A 46
        V 120
    "#]],
    );
}

#[test]
fn size_of_megabytes() {
    check(
        "V 0 key\nA 0 100 #1 size=9000000 back=9000011\nV 40\nA 23\nV 80\nA 46\nV 120",
        expect![[r#"
        V 0 key
        -- garbage at 118 115 bytes
        V 40
        A 23
        V 80
        A 46
        V 120
    "#]],
    );
}

#[test]
fn large_tag() {
    check(
        "V 0 key 600000 #7\nA 0\nV 40",
        expect![[r#"
        V 0 key 600000 #7
        A 0
        V 40
    "#]],
    );
}

#[test]
fn second_flv_header() {
    check(
        "V 0 key\nA 0\nflv\nV 0 key\nA 0",
        expect![[r#"
        V 0 key
        A 0
        -- header_repeated at 148
        V 0 key
        A 0
    "#]],
    );
}

#[test]
fn second_flv_header_behind_garbage() {
    check(
        "V 0 key\nA 0\ngarbage 50\nflv\nV 0 key\nA 0",
        expect![[r#"
        V 0 key
        A 0
        -- garbage at 148 50 bytes
        -- header_repeated at 198
        V 0 key
        A 0
    "#]],
    );
}

#[test]
fn unknown_type_filtered_and_empty() {
    check(
        "V 0 key\ntype 15 0 20\nA 0 encrypted\nV 40 hex=\nbytes 09000000000028000000000000000b\nA 23\nV 80",
        expect![[r#"
            V 0 key
            -- tag_skipped at 118 1 tags 31 bytes
            -- tag_skipped at 153 1 tags 26 bytes
            -- tag_skipped at 183 1 tags 11 bytes
            -- tag_skipped at 198 1 tags 11 bytes
            A 23
            V 80
        "#]],
    );
}

#[test]
fn truncated_body() {
    check(
        "V 0 key\nA 0\nV 40 key\ntruncate 20",
        expect![[r#"
        V 0 key
        A 0
        -- truncated at 148 85 bytes
    "#]],
    );
}

#[test]
fn truncated_header() {
    check(
        "V 0 key\nA 0\nbytes 09 00 00",
        expect![[r#"
        V 0 key
        A 0
        -- truncated at 148 3 bytes
    "#]],
    );
}

#[test]
fn last_back_pointer_missing() {
    check(
        "V 0 key\nA 0\nV 40 key\ntruncate 4",
        expect![[r#"
        V 0 key
        A 0
        -- truncated at 148
        V 40 key
    "#]],
    );
}

#[test]
fn last_back_pointer_wrong() {
    check(
        "V 0 key\nA 0\nV 40 key back=3",
        expect![[r#"
        V 0 key
        A 0
        -- back_pointer at 148 1 tags
        V 40 key
    "#]],
    );
}

#[test]
fn stream_id_once() {
    check(
        "V 0 key\nA 0 id=1\nV 40\nA 23",
        expect![[r#"
        V 0 key
        -- stream_id at 118 1 tags
        A 0
        V 40
        A 23
    "#]],
    );
}

#[test]
fn stream_id_always() {
    check(
        "V 0 key id=1\nA 0 id=1\nV 40 id=1\nA 23 id=1",
        expect![[r#"
        -- stream_id at 13 1 tags
        V 0 key
        A 0
        V 40
        A 23
    "#]],
    );
}

#[test]
fn not_flv() {
    check_start(b"\xef\xbb\xbf\r\n <!DOCTYPE html><html>", expect!["not FLV, it looks like HTML"]);
    check_start(b"<html>", expect!["not FLV, it looks like HTML"]);
    check_start(b"{\"code\":404, \"message\":\"no\"}", expect!["not FLV, it looks like JSON"]);
    check_start(b"#EXTM3U\n", expect!["not FLV, it looks like an HLS playlist"]);
    check_start(b"<?xml version", expect!["not FLV, it looks like XML"]);
    check_start(b"\0\0\0\x20ftypisom", expect!["not FLV, it looks like MP4"]);
    check_start(b"\x1a\x45\xdf\xa3", expect!["not FLV, it looks like Matroska"]);
    check_start(b"\x1f\x8b\x08\0", expect!["not FLV, it looks like gzip"]);
    check_start(
        &[[0x47; 1].as_slice(), &[0xff; 187], &[0x47], &[0xff; 187], &[0x47]].concat(),
        expect!["not FLV, it looks like MPEG-TS"],
    );
    check_start(b"FL", expect!["None"]);
}

#[test]
fn short_text() {
    check(
        "nohead\nbytes 3430340a",
        expect![[r#"
        -- not FLV, it looks like plain text
    "#]],
    );
}

#[test]
fn nothing() {
    check("nohead", expect![[""]]);
    check("flv", expect![[""]]);
}

#[test]
fn no_tags_at_all() {
    let noise = text::stream("nohead\ngarbage 5000000").unwrap();
    expect![[r#"
        -- not FLV, no tag in 4194304 bytes
    "#]]
    .assert_eq(&read(noise.chunks(65536)));
}
