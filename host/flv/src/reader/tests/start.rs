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
