//! The words of a line about one tag, and back.

use std::fmt::{Display, Write};

use super::fill::{fill, seed_of};
use super::payload::{LAYOUTS, Layout, Payload, What};
use super::script;
use crate::Track;
use crate::tag::MAX_PAYLOAD;

/// What is deliberately wrong with a tag's framing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Framing {
    /// DataSize, where it lies.
    pub(super) size: Option<u32>,
    /// PreviousTagSize, where it lies.
    pub(super) back: Option<u32>,
    pub(super) stream_id: u32,
    /// The filter bit of the tag type.
    pub(super) encrypted: bool,
}

/// The track that a line's first word names.
pub(super) fn track(letter: &str) -> Option<Track> {
    match letter {
        "V" => Some(Track::Video),
        "A" => Some(Track::Audio),
        "S" => Some(Track::Script),
        _ => None,
    }
}

/// The first word of a track's lines.
pub(super) fn letter(track: Track) -> char {
    match track {
        Track::Video => 'V',
        Track::Audio => 'A',
        Track::Script => 'S',
    }
}

/// A time as lines have it: a number of ms; negative ones are how senders write times below 0.
pub(super) fn time(word: Option<&str>) -> Result<u32, String> {
    let word = word.ok_or("no time")?;
    let time_ms = word.parse::<i64>().map_err(|_| format!("`{word}` is no time"))?;
    u32::try_from(time_ms.rem_euclid(1 << 32)).map_err(|err| err.to_string())
}

/// A payload from the words behind the time.
pub(super) fn payload(track: Track, words: &[&str]) -> Result<(Vec<u8>, Framing), String> {
    let mut parser = Parser::default();
    for word in words {
        parser.take(track, word).map_err(|why| format!("`{word}`: {why}"))?;
    }
    let framing = parser.framing;
    let payload = if let Some(mut head) = parser.hex.take() {
        let bytes = parser.bytes.unwrap_or(head.len());
        head.extend(fill(parser.seed, bytes.saturating_sub(head.len())));
        head
    } else if track == Track::Script {
        script::build(&parser.others, parser.bytes, parser.seed)?
    } else {
        parser.media(track)?.build()
    };
    Ok((payload, framing))
}

#[derive(Default)]
struct Parser<'a> {
    what: Option<What>,
    layout: Option<Layout>,
    first: Option<u8>,
    composition_ms: Option<i32>,
    bytes: Option<usize>,
    seed: u32,
    hex: Option<Vec<u8>>,
    framing: Framing,
    others: Vec<&'a str>,
}

impl<'a> Parser<'a> {
    fn take(&mut self, track: Track, word: &'a str) -> Result<(), String> {
        if word.starts_with('(') {
            return Ok(());
        }
        if let Some(seed) = word.strip_prefix('#') {
            self.seed = u32::from_str_radix(seed, 16).map_err(|err| err.to_string())?;
            return Ok(());
        }
        if let Ok(bytes) = word.parse() {
            self.bytes = Some(bytes).filter(|bytes| *bytes <= MAX_PAYLOAD);
            return self.bytes.map(|_| ()).ok_or_else(|| "too large for a tag".into());
        }
        match word.split_once('=') {
            Some(("hex", hex)) => self.hex = Some(bytes_of(hex)?),
            Some(("size", number)) => self.framing.size = Some(number.parse().map_err(said)?),
            Some(("back", number)) => self.framing.back = Some(number.parse().map_err(said)?),
            Some(("id", number)) => self.framing.stream_id = number.parse().map_err(said)?,
            _ if word == "encrypted" => self.framing.encrypted = true,
            _ if track == Track::Script => self.others.push(word),
            Some(("first", byte)) => self.first = Some(u8::from_str_radix(byte, 16).map_err(said)?),
            Some(("cts", ms)) => self.composition_ms = Some(ms.parse().map_err(said)?),
            Some(("codec", id)) => self.layout = Some(Layout::bare(track, id.parse().map_err(said)?)),
            Some(_) => return Err("nothing has such a property".into()),
            None => match LAYOUTS.iter().find(|layout| layout.track == track && layout.word == word) {
                Some(layout) => self.layout = Some(*layout),
                None if word == "header" => self.what = Some(What::Header),
                None if word == "key" && track == Track::Video => self.what = Some(What::Key),
                None if word == "end" => self.what = Some(What::End),
                None => self.others.push(word),
            },
        }
        Ok(())
    }

    fn media(&self, track: Track) -> Result<Payload, String> {
        let usual = LAYOUTS.iter().find(|layout| layout.track == track).copied();
        let layout = self.layout.or(usual).ok_or("no such track")?;
        let what = self.what.unwrap_or(What::Plain);
        let mut payload = Payload {
            what,
            layout,
            first: self.first,
            composition_ms: self.composition_ms,
            config: None,
            bytes: self.bytes,
            seed: self.seed,
        };
        match (what, self.others.as_slice()) {
            (What::Header, []) if self.bytes.is_some() => {}
            (What::Header, []) => {
                payload.config = Some(layout.config(None).ok_or("this codec has no named header: say its size")?);
            }
            (What::Header, [name]) => {
                let config = layout.config(Some(name)).ok_or_else(|| format!("no header is called `{name}`"))?;
                payload.config = Some(config);
            }
            (_, []) => {}
            (_, [word, ..]) => return Err(format!("what is `{word}`?")),
        }
        Ok(payload)
    }
}

fn said(err: impl Display) -> String {
    err.to_string()
}

/// Bytes from hexadecimal digits.
pub(super) fn bytes_of(hex: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut digits = hex.chars();
    while let Some(high) = digits.next() {
        let pair: String = [Some(high), digits.next()].into_iter().flatten().collect();
        bytes.push(u8::from_str_radix(&pair, 16).map_err(said)?);
    }
    Ok(bytes)
}

/// How many bytes of a payload without words are shown as they are.
const SHOWN_BYTES: usize = 16;

/// The words for a payload, each after a space; false if it has none but its bytes.
pub(super) fn write(out: &mut String, track: Track, payload: &[u8]) -> bool {
    let media = match track {
        Track::Script if script::write(out, payload) => return true,
        Track::Script => None,
        Track::Video | Track::Audio => Payload::read(track, payload),
    };
    let said = media.is_some();
    // Writing to a string cannot fail.
    let _ = match media {
        Some(media) => write_media(out, &media),
        None => write_hex(out, payload),
    };
    said
}

fn write_media(out: &mut String, media: &Payload) -> std::fmt::Result {
    match media.what {
        What::Header => out.push_str(" header"),
        What::Key => out.push_str(" key"),
        What::End => out.push_str(" end"),
        What::Plain => {}
    }
    match (media.layout.word, media.layout.shape) {
        ("", _) => {}
        ("codec", super::payload::Shape::Bare(id)) => write!(out, " codec={id}")?,
        (word, _) => write!(out, " {word}")?,
    }
    if let Some(config) = media.config {
        let usual = media.layout.track == Track::Audio
            && media.layout.config(None).map(|usual| usual.name) == Some(config.name);
        if !usual {
            write!(out, " {}", config.name)?;
        }
    }
    if let Some(ms) = media.composition_ms {
        write!(out, " cts={ms}")?;
    }
    if let Some(first) = media.first {
        write!(out, " first={first:02x}")?;
    }
    write_size(out, media.bytes, media.seed)
}

fn write_hex(out: &mut String, payload: &[u8]) -> std::fmt::Result {
    if payload.is_empty() {
        out.push_str(" 0");
        return Ok(());
    }
    let (shown, rest) = payload.split_at_checked(SHOWN_BYTES).unwrap_or((payload, &[]));
    out.push_str(" hex=");
    for byte in shown {
        write!(out, "{byte:02x}")?;
    }
    write_size(out, Some(payload.len()).filter(|_| !rest.is_empty()), seed_of(rest))
}

/// The size, and the seed or hash, where they are worth words.
pub(super) fn write_size(out: &mut String, bytes: Option<usize>, seed: u32) -> std::fmt::Result {
    if let Some(bytes) = bytes {
        write!(out, " {bytes}")?;
    }
    if seed != 0 {
        write!(out, " #{seed:x}")?;
    }
    Ok(())
}
