//! What the first bytes of a connection are, when they are not FLV.
//!
//! A connection may also begin inside a tag, that is with any bytes at all: a verdict needs marks that media bytes do
//! not bear by chance.

/// So many printable bytes in a row are text. An encoder's settings, which stand as text in the first key frame of many
/// streams, are shorter.
const TEXT: usize = 1024;

/// A mark of two characters counts when so many bytes are text.
const SHORT_TEXT: usize = 16;

/// Length of a packet of MPEG-TS, its first byte, and how many packets in a row are no chance.
const TS_PACKET: usize = 188;
const TS_SYNC: u8 = 0x47;
const TS_PROOF: usize = 3;

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
    let text = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).trim_ascii_start();
    // Before the longer marks of bytes: the shortest of these are there first, however the network cuts.
    if let Some(name) = by_text_mark(text) {
        return Look::Other(name);
    }
    if let Some(look) = by_magic(first) {
        return look;
    }
    let enough = first.len() >= SHORT_TEXT || all;
    if enough && is_text(first.get(..SHORT_TEXT).unwrap_or(first)) && is_json_start(text) {
        return Look::Other("JSON");
    }
    match is_text(first) {
        true if first.is_empty() && all => Look::Media,
        true if first.len() >= TEXT || all => Look::Other("plain text"),
        true => Look::Unsure,
        false if is_adts(first) => Look::Other("AAC without a container"),
        false => by_period(first, all),
    }
}

fn is_json_start(text: &[u8]) -> bool {
    match text {
        [b'{', next, ..] => matches!(next, b'"' | b'}') || next.is_ascii_whitespace(),
        [b'[', next, ..] => matches!(next, b'{' | b'[' | b'"' | b']' | b'0'..=b'9') || next.is_ascii_whitespace(),
        _ => false,
    }
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
        // Each piece of an HLS stream that is sound alone begins with one, too.
        [b'I', b'D', b'3', 2..=4, ..] => Look::Other("MP3 or AAC without a container"),
        [b'f', b'L', b'a', b'C', ..] => Look::Other("FLAC"),
        [b'F' | b'C' | b'Z', b'W', b'S', ..] => Look::Other("a Flash film"),
        [0x30, 0x26, 0xb2, 0x75, ..] => Look::Other("ASF"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Look::Other("Zstandard"),
        [0, 0, 0, 1, 0x67 | 0x09 | 0x40 | 0x46, ..] => Look::Other("H.264 or H.265 without a container"),
        [b'%', b'P', b'D', b'F', ..] => Look::Other("a PDF file"),
        [b'P', b'K', 3, 4, ..] => Look::Other("a ZIP file"),
        [3, _, _, _, _, 0, 0, 0, 0, ..] => Look::Other("an RTMP handshake"),
        [_, _, _, _, a, b, c, d, ..] if is_mp4_box(&[*a, *b, *c, *d]) => Look::Other("MP4"),
        _ => return None,
    };
    Some(look)
}

/// Boxes that files and fragments of MP4 begin with (ISO 14496-12, 4.2), behind their size.
fn is_mp4_box(kind: &[u8; 4]) -> bool {
    matches!(kind, b"ftyp" | b"styp" | b"moof" | b"moov" | b"sidx" | b"emsg" | b"prft" | b"mdat" | b"free")
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

/// MPEG-TS: a sync byte every 188 bytes, be it from the middle of a packet on (ISO 13818-1, 2.4.3.2).
fn by_period(first: &[u8], all: bool) -> Look {
    let packets = |start| first.iter().skip(start).step_by(TS_PACKET);
    let has_sync =
        |start, count| packets(start).len() >= TS_PROOF && packets(start).take(count).all(|byte| *byte == TS_SYNC);
    match () {
        () if has_sync(0, TS_PROOF) => Look::Other("MPEG-TS"),
        () if first.len() < ENOUGH && !all => Look::Unsure,
        () if (1..TS_PACKET).any(|start| has_sync(start, ENOUGH)) => Look::Other("MPEG-TS"),
        () => Look::Media,
    }
}

/// ADTS: a frame header, and the next one where the length says (ISO 13818-7, 6.2).
fn is_adts(first: &[u8]) -> bool {
    let length = |rest: &[u8]| match rest {
        [0xff, 0xf0 | 0xf1 | 0xf8 | 0xf9, _, a, b, c, ..] => {
            Some(usize::from(a & 3) << 11 | usize::from(*b) << 3 | usize::from(c >> 5)).filter(|length| *length > 7)
        }
        _ => None,
    };
    let next = length(first).and_then(|length| first.get(length..));
    next.is_some_and(|next| length(next).is_some())
}

/// Whether it is UTF-8 without control characters; the last character may be cut off.
fn is_text(bytes: &[u8]) -> bool {
    let plain = bytes.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x80..));
    plain && std::str::from_utf8(bytes).err().is_none_or(|err| err.error_len().is_none())
}
