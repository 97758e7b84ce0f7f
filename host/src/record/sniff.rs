//! What a body is, by its first bytes and what the server calls it. Pure.

use crate::model::Transport;

#[cfg(test)]
mod tests;

/// First bytes that settle every case: two packets of MPEG-TS and the sync byte of a third.
pub(super) const ENOUGH: usize = 377;

/// What to do with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// For the FLV engine, which finds out itself what is none.
    Flv,
    /// Written as it comes, under this extension.
    Raw(String),
    /// A playlist.
    Hls,
    /// No media; the text says what it looks like.
    NotMedia(String),
}

/// Settles what the body is. `whole`: no more bytes will come soon; none as long as it depends on more.
pub(super) fn sniff(first: &[u8], whole: bool, content_type: Option<&str>, transport: &Transport) -> Option<Body> {
    // A server may send the header alone, and the first tag when somebody goes live.
    if *transport == Transport::Flv || (*transport == Transport::Unknown && first.starts_with(b"FLV\x01")) {
        return Some(Body::Flv);
    }
    if first.len() < ENOUGH && !whole {
        return None;
    }
    let found = by_bytes(first);
    if let Some(body @ (Body::Hls | Body::NotMedia(_))) = found {
        return Some(body);
    }
    if let Transport::Raw(extension) = transport {
        return Some(Body::Raw(safe(extension)));
    }
    let content_type = content_type.unwrap_or_default();
    found.or_else(|| by_type(content_type)).or_else(|| {
        let what = if content_type.is_empty() { String::from("nothing known") } else { format!("`{content_type}`") };
        Some(Body::NotMedia(what))
    })
}

fn by_bytes(first: &[u8]) -> Option<Body> {
    let raw = |extension: &str| Some(Body::Raw(extension.to_owned()));
    let sync = |at: usize| first.get(at) == Some(&0x47);
    match first {
        [_, _, _, _, b'f', b't', b'y', b'p', ..] | [_, _, _, _, b's', b't', b'y', b'p', ..] => return raw("mp4"),
        [_, _, _, _, b'm', b'o', b'o', b'f', ..] | [_, _, _, _, b's', b'i', b'd', b'x', ..] => return raw("mp4"),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => {
            let webm = first.windows(4).take(64).any(|window| window == b"webm");
            return raw(if webm { "webm" } else { "mkv" });
        }
        [b'O', b'g', b'g', b'S', ..] => return raw("ogg"),
        [b'f', b'L', b'a', b'C', ..] => return raw("flac"),
        [b'I', b'D', b'3', ..] => return raw("mp3"),
        // ADTS: twelve bits of sync, layer 0.
        [0xff, 0xf0 | 0xf1 | 0xf8 | 0xf9, ..] => return raw("aac"),
        [0xff, second, ..] if second & 0xe0 == 0xe0 && second & 0x06 == 0x02 => return raw("mp3"),
        [] => return Some(Body::NotMedia(String::from("an empty body"))),
        _ if sync(0) && (sync(188) || first.len() <= 188) && (sync(376) || first.len() <= 376) => return raw("ts"),
        _ => {}
    }
    text(first)
}

/// What texts of servers look like.
fn text(first: &[u8]) -> Option<Body> {
    let text = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).trim_ascii_start();
    let begins = |word: &[u8]| text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    let not_media = |what: &str| Some(Body::NotMedia(what.to_owned()));
    if begins(b"#EXTM3U") {
        return Some(Body::Hls);
    }
    if begins(b"<!doctype html") || begins(b"<html") || begins(b"<head") || begins(b"<body") {
        return not_media("HTML");
    }
    match text.first() {
        Some(b'<') => not_media("XML or HTML"),
        Some(b'{' | b'[') if text.iter().take(64).all(|byte| *byte >= 0x20 || byte.is_ascii_whitespace()) => {
            not_media("JSON")
        }
        _ if !text.is_empty() && first.iter().all(|byte| (0x20..0x7f).contains(byte) || byte.is_ascii_whitespace()) => {
            not_media("text")
        }
        _ => None,
    }
}

fn by_type(content_type: &str) -> Option<Body> {
    let raw = |extension: &str| Some(Body::Raw(extension.to_owned()));
    match content_type {
        // Joined in mid-stream a server may leave the FLV header out.
        "video/x-flv" | "video/flv" | "application/x-flv" => Some(Body::Flv),
        "application/vnd.apple.mpegurl" | "application/x-mpegurl" | "audio/mpegurl" | "audio/x-mpegurl" => {
            Some(Body::Hls)
        }
        "video/mp2t" => raw("ts"),
        "video/mp4" => raw("mp4"),
        "video/x-matroska" => raw("mkv"),
        "video/webm" => raw("webm"),
        "audio/mpeg" => raw("mp3"),
        "audio/aac" | "audio/aacp" => raw("aac"),
        _ => None,
    }
}

/// An extension as files have them; never one of ours.
fn safe(extension: &str) -> String {
    let plain = (1..=8).contains(&extension.len()) && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let extension = extension.to_ascii_lowercase();
    if plain && !matches!(extension.as_str(), "part" | "json" | "flv" | "tmp") {
        extension
    } else {
        String::from("bin")
    }
}
