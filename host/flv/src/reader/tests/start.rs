//! How a connection begins.

use expect_test::expect;

use super::{check, check_start, read};
use crate::text;

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
fn data_offset_that_lies() {
    for offset in [0, 5, 13, 4000, 0xffff_ffff_u32] {
        let mut bytes = text::stream("V 0 key\nA 0\nV 40\nA 23").unwrap();
        bytes[5..9].copy_from_slice(&offset.to_be_bytes());
        for chunk in [1, 1000] {
            expect![[r#"
                V 0 key
                A 0
                V 40
                A 23
            "#]]
            .assert_eq(&read(bytes.chunks(chunk)));
        }
    }
}

#[test]
fn first_back_pointer_missing() {
    check(
        "flv\ntruncate 4\nV 0 key\nA 0\nV 40\nflv\ntruncate 4\nV 0 key\nA 0\nV 40",
        expect![[r#"
            -- back_pointer at 9
            V 0 key
            A 0
            V 40
            -- header_repeated at 189
            -- back_pointer at 198
            V 0 key
            A 0
            V 40
        "#]],
    );
}

#[test]
fn joined_behind_a_tag_without_back_pointer() {
    check(
        "V 0 key\nA 0\ntruncate 4\nflv\nV 0 key\nA 0",
        expect![[r#"
        V 0 key
        -- back_pointer at 118 1 tags
        A 0
        -- header_repeated at 144
        V 0 key
        A 0
    "#]],
    );
    check(
        "V 0 key\nA 0 back=7\nflv\nV 0 key\nA 0",
        expect![[r#"
        V 0 key
        -- back_pointer at 118 1 tags
        A 0
        -- header_repeated at 148
        V 0 key
        A 0
    "#]],
    );
    check(
        "V 0 key\nA 0\ntruncate 8\nflv\nV 0 key\nA 0",
        expect![[r#"
        V 0 key
        -- garbage at 118 22 bytes
        -- header_repeated at 140
        V 0 key
        A 0
    "#]],
    );
}

#[test]
fn joined_at_a_tag_whose_size_is_wrong() {
    check(
        "nohead\nV 0 key size=80\nA 0\nV 40\nA 23",
        expect![[r#"
        -- header_missing at 0
        -- back_pointer at 0 1 tags
        V 0 key
        A 0
        V 40
        A 23
    "#]],
    );
}

#[test]
fn one_tag_alone() {
    check(
        "V 0 key",
        expect![[r#"
        V 0 key
    "#]],
    );
    check(
        "V 0 key\ntruncate 4",
        expect![[r#"
        -- truncated at 13
        V 0 key
    "#]],
    );
    check(
        "V 0 key size=70",
        expect![[r#"
        -- back_pointer at 13 1 tags
        V 0 key
    "#]],
    );
    check(
        "nohead\nV 0 key",
        expect![[r#"
            -- header_missing at 0
            -- back_pointer at 0 1 tags
            V 0 key
        "#]],
    );
    check(
        "nohead\nV 0 key\ntruncate 4",
        expect![[r#"
        -- header_missing at 0
        -- back_pointer at 0 1 tags
        V 0 key
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
    check_start(
        &[[0xff; 100].as_slice(), &[[0x47].as_slice(), &[0xff; 187]].concat().repeat(5)].concat(),
        expect!["not FLV, it looks like MPEG-TS"],
    );
    check_start(b"\0\0\0\x18emsg\x01\0\0\0", expect!["not FLV, it looks like MP4"]);
    check_start(b"\0\0\x01\0moof\0\0\0\x10mfhd", expect!["not FLV, it looks like MP4"]);
    check_start(b"ID3\x04\0\0\0\0\0\x3fPRIV", expect!["not FLV, it looks like MP3 or AAC without a container"]);
    check_start(
        &[0xff, 0xf1, 0x50, 0x80, 0x01, 0x3f, 0xfc, 1, 2, 0xff, 0xf1, 0x50, 0x80, 0x01, 0x3f, 0xfc],
        expect!["not FLV, it looks like AAC without a container"],
    );
    check_start(b"\0\0\0\x01\x67\x64", expect!["not FLV, it looks like H.264 or H.265 without a container"]);
    check_start(b"[{\"code\": 1, \"a\": 2}]", expect!["not FLV, it looks like JSON"]);
    check_start(b" [1,2,3,4,5,6,7]", expect!["not FLV, it looks like JSON"]);
    check_start(b"<h1>free beer</h1>", expect!["not FLV, it looks like HTML"]);
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
    // ` [1,2,3]`
    check(
        "nohead\nbytes 205b312c322c335d",
        expect![[r#"
        -- not FLV, it looks like JSON
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
