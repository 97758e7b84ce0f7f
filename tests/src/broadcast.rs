//! Hours of a broadcast, made of one small clip: in a loop, with times that go on, filled up to a real stream's rate.

use bytes::Bytes;

use crate::clip::Clip;
use crate::flv::{HEAD, Tag, VIDEO};

/// A key frame is so many times as large as another one.
const KEY_WEIGHT: usize = 5;
/// One round of the clip.
const ROUND_MS: u32 = 2_880;

/// 8 Mbit/s, as a good stream of 1080p60 has it.
pub fn full_hd(mib: usize) -> Vec<u8> {
    broadcast(mib << 20, 1_000_000)
}

/// 1.2 Mbit/s, as a thrifty stream of 720p30 has it: small tags.
pub fn thrifty(mib: usize) -> Vec<u8> {
    broadcast(mib << 20, 150_000)
}

/// So much of a stream of so many kbit/s.
pub fn of_rate(total_bytes: usize, kbit_per_second: usize) -> Vec<u8> {
    broadcast(total_bytes, kbit_per_second * 125)
}

fn broadcast(total_bytes: usize, bytes_per_second: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(total_bytes + (1 << 20));
    bytes.extend_from_slice(&HEAD);
    let once = Clip::Large.tags();
    once.iter().filter(|tag| !tag.is_media()).for_each(|tag| bytes.extend(tag.encode()));
    let media: Vec<&Tag> = once.iter().filter(|tag| tag.is_media()).collect();
    let weight: usize =
        media.iter().filter(|tag| tag.kind == VIDEO).map(|tag| if tag.is_key() { KEY_WEIGHT } else { 1 }).sum();
    let share = bytes_per_second * ROUND_MS as usize / 1000 / weight;
    let filled: Vec<Tag> = media.iter().map(|tag| fill(tag, share)).collect();
    let mut from_ms = 0_u32;
    while bytes.len() < total_bytes {
        for tag in &filled {
            bytes.extend(Tag { time_ms: from_ms + tag.time_ms, body: marked(tag, from_ms), ..tag.clone() }.encode());
        }
        from_ms += ROUND_MS;
    }
    bytes
}

/// A real encoder never makes the same picture twice; what is sent twice is a repeat. So the filler says which round it is.
fn marked(tag: &Tag, from_ms: u32) -> Bytes {
    let mut body = tag.body.to_vec();
    if let [.., a, b, c, d, 0x80] = body.as_mut_slice()
        && tag.kind == VIDEO
        && [*a, *b, *c, *d] == [0xff; 4]
    {
        // Without zeros, which would begin another NAL unit's start code.
        [*a, *b, *c, *d] = [21, 14, 7, 0].map(|bits| 0x80 | (((from_ms / ROUND_MS) >> bits) & 0x7f) as u8);
    }
    body.into()
}

/// Fills a picture up with a filler NAL unit (H.264, 7.4.2.7).
fn fill(tag: &Tag, share: usize) -> Tag {
    let wanted = if tag.is_key() { share * KEY_WEIGHT } else { share };
    if tag.kind != VIDEO || tag.body.len() + 16 > wanted {
        return tag.clone();
    }
    let filler = wanted - tag.body.len() - 4;
    let mut body = tag.body.to_vec();
    body.extend_from_slice(&u32::try_from(filler).unwrap().to_be_bytes());
    body.push(0x0c);
    body.resize(wanted - 1, 0xff);
    body.push(0x80);
    Tag { body: body.into(), ..tag.clone() }
}
