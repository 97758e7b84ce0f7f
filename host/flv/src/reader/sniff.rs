//! What the first bytes of a connection are, when they are not FLV.
//!
//! A connection may also begin inside a tag, that is with any bytes at all: a verdict needs marks that media bytes do
//! not bear by chance.

/// So many printable bytes in a row are text. An encoder's settings, which stand as text in the first key frame of many
/// streams, are shorter.
const TEXT: usize = 1024;

/// A mark of two characters counts when so many bytes are text.
const SHORT_TEXT: usize = 16;

/// The most that a verdict needs.
pub(super) const ENOUGH: usize = TEXT;

/// What the first bytes look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// An FLV header.
    Flv,
    /// Could be the middle of an FLV stream.
    Media,
    /// Something else.
    Other(&'static str),
    /// Too few bytes to say.
    Unsure,
}

/// The verdict on a connection's first bytes; `all`: no more will come.
pub(super) fn look(first: &[u8], all: bool) -> Look {
    if let Some(look) = by_magic(first) {
        return look;
    }
    let text = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).trim_ascii_start();
    if let Some(name) = by_text_mark(text) {
        return Look::Other(name);
    }
    let enough = first.len() >= SHORT_TEXT || all;
    if enough && is_text(first.get(..SHORT_TEXT).unwrap_or(first)) && is_json_start(text) {
        return Look::Other("JSON");
    }
    match is_text(first) {
        true if first.is_empty() && all => Look::Media,
        true if first.len() >= TEXT || all => Look::Other("plain text"),
        true => Look::Unsure,
        false => by_period(first, all),
    }
}

fn is_json_start(text: &[u8]) -> bool {
    matches!(text, [b'{', b'"' | b'}' | b'\r' | b'\n' | b' ', ..] | [b'[', b'{' | b'[' | b'"' | b']', ..])
}

fn by_magic(first: &[u8]) -> Option<Look> {
    let look = match first {
        [b'F', b'L', b'V', ..] => Look::Flv,
        [0x1f, 0x8b, 8, ..] => Look::Other("gzip"),
        [0xff, 0xd8, 0xff, ..] => Look::Other("a JPEG picture"),
        [0x89, b'P', b'N', b'G', ..] => Look::Other("a PNG picture"),
        [b'G', b'I', b'F', b'8', ..] => Look::Other("a GIF picture"),
        [b'R', b'I', b'F', b'F', ..] => Look::Other("a RIFF file"),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Look::Other("Matroska"),
        [b'O', b'g', b'g', b'S', ..] => Look::Other("Ogg"),
        [b'I', b'D', b'3', 2..=4, ..] => Look::Other("MP3"),
        [b'%', b'P', b'D', b'F', ..] => Look::Other("a PDF file"),
        [b'P', b'K', 3, 4, ..] => Look::Other("a ZIP file"),
        [3, _, _, _, _, 0, 0, 0, 0, ..] => Look::Other("an RTMP handshake"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..]
        | [_, _, _, _, b's', b't', b'y', b'p', ..]
        | [_, _, _, _, b'm', b'o', b'o', b'f', ..]
        | [_, _, _, _, b'm', b'o', b'o', b'v', ..]
        | [_, _, _, _, b's', b'i', b'd', b'x', ..] => Look::Other("MP4"),
        _ => return None,
    };
    Some(look)
}

/// Marks that are long enough to stand for themselves.
fn by_text_mark(text: &[u8]) -> Option<&'static str> {
    const MARKS: [(&[u8], &str); 12] = [
        (b"#EXTM3U", "an HLS playlist"),
        (b"<!doctype html", "HTML"),
        (b"<html", "HTML"),
        (b"<head", "HTML"),
        (b"<body", "HTML"),
        (b"<script", "HTML"),
        (b"<!--", "HTML"),
        (b"<title", "HTML"),
        (b"<h1>", "HTML"),
        (b"<?xml", "XML"),
        (b"<MPD", "a DASH manifest"),
        (b"<error", "XML"),
    ];
    let starts = |mark: &[u8]| text.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark));
    MARKS.iter().find(|(mark, _)| starts(mark)).map(|(_, name)| *name)
}

/// MPEG-TS: a sync byte every 188 bytes.
fn by_period(first: &[u8], all: bool) -> Look {
    if first.first() != Some(&0x47) {
        // A short start may still be one of the longer magics.
        return if first.len() < 9 && !all { Look::Unsure } else { Look::Media };
    }
    match (first.get(188), first.get(376)) {
        (Some(0x47), Some(0x47)) => Look::Other("MPEG-TS"),
        (Some(0x47), None) | (None, None) if !all => Look::Unsure,
        _ => Look::Media,
    }
}

/// Whether it is UTF-8 without control characters; the last character may be cut off.
fn is_text(bytes: &[u8]) -> bool {
    let plain = bytes.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x80..));
    plain && std::str::from_utf8(bytes).err().is_none_or(|err| err.error_len().is_none())
}
