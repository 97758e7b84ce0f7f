//! One fault each, put at a tag.

use super::stream::{Random, Sent};
use crate::tag::Track;

pub(super) const FAULTS: [&str; 21] = [
    "pointer wrong",
    "pointers all wrong",
    "pointer missing",
    "garbage",
    "zeros",
    "fake header",
    "fake headers",
    "size zero",
    "size a few off",
    "size far too large",
    "size and pointer",
    "type flipped",
    "header zeroed",
    "body cut short",
    "body longer",
    "hole",
    "zeros over",
    "zeros from the body's end",
    "flv header",
    "unknown tag",
    "stream id",
];

/// Puts the fault at a tag.
pub(super) fn damage(random: &mut Random, tags: &mut Vec<Sent>, fault: &str, at: usize) {
    if !damage_framing(random, tags, fault, at) && !damage_bytes(random, tags, fault, at) {
        put_before(random, &mut tags[at], fault);
    }
}

/// Header or PreviousTagSize.
fn damage_framing(random: &mut Random, tags: &mut [Sent], fault: &str, at: usize) -> bool {
    let tag = &mut tags[at];
    match fault {
        "pointer wrong" => tag.pointer = random.bytes(4),
        "pointers all wrong" => {
            let wrong = [vec![0; 4], vec![0, 0, 0, 11], vec![0xff; 4]][random.below(3)].clone();
            tags.iter_mut().for_each(|tag| tag.pointer.clone_from(&wrong));
        }
        "pointer missing" => tag.pointer.clear(),
        "size zero" => tag.header[1..4].fill(0),
        "size a few off" => {
            let size = (tag.body.len() + 20).saturating_sub(random.below(40)).max(1) as u32;
            tag.header[1..4].copy_from_slice(&size.to_be_bytes()[1..]);
        }
        "size far too large" => tag.header[1] = 1 + random.below(255) as u8,
        "size and pointer" => {
            let size = (tag.body.len() + 20 + random.below(100_000)) as u32;
            tag.header[1..4].copy_from_slice(&size.to_be_bytes()[1..]);
            tag.pointer = (size + 11).to_be_bytes().to_vec();
            tag.whole = false;
        }
        "type flipped" => {
            tag.header[0] ^= 1 << random.below(8);
            tag.whole = false;
        }
        "header zeroed" => {
            tag.header.fill(0);
            tag.whole = false;
        }
        "stream id" => tag.header[10] = 1 + random.below(200) as u8,
        _ => return false,
    }
    true
}

/// What runs over the ends of tags.
fn damage_bytes(random: &mut Random, tags: &mut Vec<Sent>, fault: &str, at: usize) -> bool {
    let tag = &mut tags[at];
    match fault {
        "body cut short" => {
            let keep = random.below(tag.body.len());
            tag.body.truncate(keep);
            tag.whole = false;
        }
        "body longer" => {
            let more = 1 + random.below(3000);
            let more = random.bytes(more);
            tag.body.extend(more);
            tag.whole = false;
        }
        "hole" => {
            // Bytes are missing from within this tag to within another.
            let last = (at + random.below(6)).min(tags.len() - 1);
            let keep = random.below(tags[at].body.len());
            tags[at].body.truncate(keep);
            tags[at].whole = false;
            if last > at {
                tags[at].pointer.clear();
                tags.drain(at + 1..last);
                let next = &mut tags[at + 1.min(last - at)];
                let cut = random.below(next.body.len());
                next.header.clear();
                next.body.drain(..cut);
                next.whole = false;
            }
        }
        "zeros over" => {
            let last = (at + random.below(6)).min(tags.len() - 1);
            let keep = random.below(tags[at].body.len());
            tags[at].body[keep..].fill(0);
            tags[at].whole = false;
            if last > at {
                tags[at].pointer.fill(0);
                for tag in &mut tags[(at + 1).min(last)..last] {
                    tag.header.fill(0);
                    tag.body.fill(0);
                    tag.pointer.fill(0);
                    tag.whole = false;
                }
                let cut = random.below(tags[last].body.len());
                tags[last].header.fill(0);
                tags[last].body[..cut].fill(0);
                tags[last].whole = false;
            }
        }
        "zeros from the body's end" => {
            let zeros = random.below(4);
            tag.pointer[zeros..].fill(0);
            if let Some(next) = tags.get_mut(at + 1) {
                next.header.fill(0);
                next.body.fill(0);
                next.whole = false;
            }
        }
        _ => return false,
    }
    true
}

/// What stands between tags.
fn put_before(random: &mut Random, tag: &mut Sent, fault: &str) {
    let count = 1 + random.below(3000);
    match fault {
        "garbage" => tag.before = random.bytes(count),
        "zeros" => tag.before = vec![0; count],
        "fake header" | "fake headers" => {
            for _ in 0..if fault == "fake header" { 1 } else { 5 } {
                let limit = 1 << [6, 10, 16, 19, 22][random.below(5)];
                let size = random.below(limit) as u32;
                let [_, size @ ..] = size.to_be_bytes();
                let kind = [8, 9][random.below(2)];
                tag.before.extend([&[kind][..], &size, &random.bytes(4), &[0, 0, 0]].concat());
                let count = random.below(60);
                tag.before.extend(random.bytes(count));
            }
        }
        "flv header" => tag.before = b"FLV\x01\x05\0\0\0\x09\0\0\0\0".to_vec(),
        "unknown tag" => {
            let size = 1 + random.below(400);
            let mut other = Sent::new(Track::Script, 0, random.bytes(size));
            other.header[0] = [1, 15, 16, 0x28, 0x29, 0x88, 255][random.below(7)];
            tag.before = [other.header, other.body, other.pointer].concat();
        }
        other => unreachable!("{other}"),
    }
}
