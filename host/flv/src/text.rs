//! FLV as text that people write and compare: fixtures of tests, and what `lyrebird flv inspect --tags` prints.
//!
//! One line a tag: track, time in ms, what it is.
//!
//! ```text
//! S 0 onMetaData width=1280 encoder=x   an ECMA array of numbers, texts and `true`/`false`
//! V 0 header 720p                       a decoder configuration: 720p (also if none is named), 1080p, 480p, 360p
//! A 0 header                            AAC 44.1 kHz stereo; or `mono`, `48k`, `he`
//! V 0 key                               AVC key frame of 90 bytes
//! A 23                                  AAC sound of 15 bytes
//! V 40 2000 #7f cts=80                  AVC inter frame: payload bytes, seed of the content (hexadecimal), composition time
//! V 80 end                              end of sequence
//! V 0 key hevc                          codecs: hevc (CodecID 12), av1 (13), codec=4 (any other),
//!                                       avc1, hvc1, av01, vp09, vp08 (enhanced; with `cts` CodedFrames, else CodedFramesX)
//! A 0 mp3                               mp3, codec=11 (any other), mp4a, Opus, fLaC, ac-3, ec-3, .mp3 (enhanced)
//! V 40 first=37 key                     another first byte
//! V 40 hex=9600 200 #1                  first bytes as they are, then content up to the size
//! ```
//!
//! Content is made from its seed and size alone; without a seed it is seed 0, so frames are alike: a still picture, mute
//! sound. A header with a seed is another configuration of the same picture. [`line()`] finds the seed of such content; for
//! any other it gives a hash, in the same place. So the lines of a real recording are a fixture of the same shape, in which
//! equal payloads are equal, and the lines of that fixture are the same lines.
//!
//! What [`stream`] understands besides:
//!
//! ```text
//! flv                                   an FLV header; `flags=4`, `offset=20`. One stands before the first line by itself,
//! nohead                                unless that is `nohead` or `flv`
//! garbage 37 #5                         noise without anything that looks like a tag; `zeros 37`
//! bytes 17 00 00                        these bytes
//! truncate 5                            takes away the last 5 bytes
//! type 15 0 20                          a tag of an unknown type: type, time, payload bytes
//! V 40 back=7 size=99 id=1 encrypted    wrong PreviousTagSize, wrong DataSize, StreamID, filter bit
//! -- Start                              ignored, as are empty lines and words in parentheses
//! ```

mod configs;
mod fill;
mod payload;
mod script;
mod words;

use bytes::Bytes;

use crate::codec::{Body, classify};
use crate::tag::TAG_HEADER;
use crate::{Tag, Track};
use fill::fill;
use words::Framing;

/// The line of a tag.
pub fn line(tag: &Tag) -> String {
    let mut line = format!("{} {}", words::letter(tag.track), tag.time_ms);
    if !words::write(&mut line, tag.track, &tag.payload) {
        line.push_str(match classify(tag) {
            Body::VideoHeader(_) | Body::AudioHeader(_) => " (header)",
            Body::VideoKey => " (key)",
            Body::VideoInter | Body::Audio | Body::Script => "",
            Body::VideoEnd | Body::AudioEnd => " (end)",
            Body::VideoExtra | Body::AudioExtra => " (extra)",
            Body::Command => " (command)",
            Body::Empty => " (empty)",
            Body::Short => " (short)",
            Body::Unknown => " (unknown)",
        });
    }
    line
}

/// The FLV bytes that the lines describe. Errors name line and word.
pub fn stream(text: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    for_each_line(text, |number, words| {
        if number == 0 && !matches!(words, ["flv" | "nohead", ..]) {
            push_flv_header(&mut out, 5, 9);
        }
        push_line(&mut out, words)
    })?;
    #[cfg(test)]
    crate::seeds::keep(&out);
    Ok(out)
}

/// The tags that the lines describe, with the offsets that they have in [`stream`]'s bytes; for what works on tags, so
/// lines that describe no tag are errors.
pub fn tags(text: &str) -> Result<Vec<Tag>, String> {
    let mut tags = Vec::new();
    let mut offset = 13;
    for_each_line(text, |_, words| {
        let [letter, time, rest @ ..] = words else { return Err("no tag".into()) };
        let track = words::track(letter).ok_or_else(|| format!("`{letter}` is no track"))?;
        let (payload, _) = words::payload(track, rest)?;
        let tag = Tag { track, time_ms: words::time(Some(time))?, payload: Bytes::from(payload), offset };
        offset += u64::try_from(tag.payload.len() + TAG_HEADER + 4).map_err(|err| err.to_string())?;
        tags.push(tag);
        Ok(())
    })?;
    Ok(tags)
}

fn for_each_line(text: &str, mut each: impl FnMut(usize, &[&str]) -> Result<(), String>) -> Result<(), String> {
    let mut told = 0;
    for (number, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.first().is_none_or(|first| first.starts_with("--")) {
            continue;
        }
        each(told, &words).map_err(|why| format!("line {}: {why}", number + 1))?;
        told += 1;
    }
    Ok(())
}

fn push_line(out: &mut Vec<u8>, words: &[&str]) -> Result<(), String> {
    match words {
        ["nohead"] => {}
        ["flv", properties @ ..] => {
            let (mut flags, mut offset) = (5, 9);
            for property in properties {
                match property.split_once('=') {
                    Some(("flags", value)) => flags = number(value)?,
                    Some(("offset", value)) => offset = number(value)?,
                    _ => return Err(format!("what is `{property}`?")),
                }
            }
            push_flv_header(out, flags, offset);
        }
        ["garbage" | "?", bytes] => out.extend(fill(0, number(bytes)?)),
        ["garbage" | "?", bytes, seed] => {
            let seed = u32::from_str_radix(seed.trim_start_matches('#'), 16).map_err(|err| err.to_string())?;
            out.extend(fill(seed, number(bytes)?));
        }
        ["zeros", bytes] => out.resize(out.len() + number::<usize>(bytes)?, 0),
        ["bytes", hex @ ..] => out.extend(words::bytes_of(&hex.concat())?),
        ["truncate", bytes] => out.truncate(out.len().saturating_sub(number(bytes)?)),
        ["type", tag_type, time, rest @ ..] => {
            let (payload, framing) = words::payload(Track::Script, &[&["hex="], rest].concat())?;
            push_tag(out, number(tag_type)?, words::time(Some(time))?, &payload, framing)?;
        }
        [letter, time, rest @ ..] => {
            let track = words::track(letter).ok_or_else(|| format!("what is `{letter}`?"))?;
            let (payload, framing) = words::payload(track, rest)?;
            push_tag(out, track.tag_type(), words::time(Some(time))?, &payload, framing)?;
        }
        [word, ..] => return Err(format!("what is `{word}`?")),
        [] => {}
    }
    Ok(())
}

fn number<N: std::str::FromStr>(word: &str) -> Result<N, String> {
    word.parse().map_err(|_| format!("`{word}` is no number, or too large"))
}

/// The FLV header and the back pointer behind it (FLV 10.1, E.2 and E.3).
fn push_flv_header(out: &mut Vec<u8>, flags: u8, offset: u32) {
    let start = out.len();
    out.extend_from_slice(b"FLV\x01");
    out.push(flags);
    out.extend_from_slice(&offset.to_be_bytes());
    let longer = usize::try_from(offset).unwrap_or(0).saturating_sub(9).min(4096);
    out.resize(start + 9 + longer, 0);
    out.extend_from_slice(&[0; 4]);
}

fn push_tag(out: &mut Vec<u8>, tag_type: u8, time_ms: u32, payload: &[u8], framing: Framing) -> Result<(), String> {
    let bytes = u32::try_from(payload.len()).ok().filter(|bytes| *bytes < 1 << 24).ok_or("too large for a tag")?;
    let [_, size @ ..] = framing.size.unwrap_or(bytes).to_be_bytes();
    let [extension, time @ ..] = time_ms.to_be_bytes();
    let [_, stream_id @ ..] = framing.stream_id.to_be_bytes();
    out.push(if framing.encrypted { tag_type | 0x20 } else { tag_type });
    out.extend_from_slice(&size);
    out.extend_from_slice(&time);
    out.push(extension);
    out.extend_from_slice(&stream_id);
    out.extend_from_slice(payload);
    out.extend_from_slice(&framing.back.unwrap_or(bytes + 11).to_be_bytes());
    Ok(())
}

#[cfg(test)]
mod tests;
