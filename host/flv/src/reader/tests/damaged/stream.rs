//! A stream of which every byte's tag is known.

use crate::tag::Track;

/// SplitMix64 (Steele, Lea, Flood 2014): the same streams in every run.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    pub(super) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

/// A tag as it stands in the stream, and what became of it.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) header: Vec<u8>,
    pub(super) body: Vec<u8>,
    pub(super) pointer: Vec<u8>,
    /// Bytes that stand before it and are none of a tag.
    pub(super) before: Vec<u8>,
    pub(super) whole: bool,
}

impl Sent {
    pub(super) fn new(track: Track, time_ms: u32, body: Vec<u8>) -> Sent {
        let [_, size @ ..] = u32::try_from(body.len()).unwrap().to_be_bytes();
        let [extension, time @ ..] = time_ms.to_be_bytes();
        let header = [&[track.tag_type()][..], &size, &time, &[extension, 0, 0, 0]].concat();
        let pointer = u32::try_from(body.len() + 11).unwrap().to_be_bytes().to_vec();
        Sent { header, body, pointer, before: Vec::new(), whole: true }
    }
}

/// Some seconds of a stream: video of 25 frames a second, sound of 43.
pub(super) fn stream(random: &mut Random, tracks: usize) -> Vec<Sent> {
    let start: u32 = [0, 1_300_000_000, 0xffff_f000, 0x00ff_ff00][random.below(4)];
    let mut tags = Vec::new();
    if random.below(2) == 0 {
        tags.push(Sent::new(Track::Script, 0, b"\x02\x00\x0aonMetaData\x05".to_vec()));
    }
    for frame in 0..(20 + random.below(40)) {
        let size = if frame % 12 == 0 { 2000 + random.below(9000) } else { 20 + random.below(800) };
        if tracks != 1 {
            let first = if frame % 12 == 0 { 0x17 } else { 0x27 };
            let body = [vec![first, 1, 0, 0, 0], random.bytes(size)].concat();
            tags.push(Sent::new(Track::Video, start.wrapping_add(frame as u32 * 40), body));
        }
        for sound in 0..2 {
            if tracks != 2 {
                let size = 5 + random.below(300);
                let body = [vec![0xaf, 1], random.bytes(size)].concat();
                tags.push(Sent::new(Track::Audio, start.wrapping_add((frame * 40 + sound * 20) as u32), body));
            }
        }
    }
    tags
}
