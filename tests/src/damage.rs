//! Damage done to a stream on purpose, by place or by seed, and the account of it: which media payloads it costs, which
//! it brings twice, and how long the stream is on one clock. So a test can say what must come out.
//!
//! Works on the tags of [`flv`](crate::flv) and on the bytes that they travel as; the engine is not asked.

use std::ops::Range;

use bytes::Bytes;

use crate::flv::{AUDIO, HEAD, Tag, VIDEO};

/// Numbers that look like chance and are the same for the same seed (xorshift).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Any seed; two that differ throw differently.
    pub fn new(seed: u64) -> Self {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % end
    }

    /// One of the places.
    pub fn one_of(&mut self, places: &[usize]) -> usize {
        places[self.below(places.len())]
    }
}

/// Where in a tag a bit is turned over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// In the reserved bits of its type: nobody knows such a tag, and it is lost.
    Kind,
    /// In DataSize: the PreviousTagSize behind it still tells where the tag ends, and nothing is lost.
    Size,
    /// Behind the codec's own header: the payload is another one, and framed as well as before.
    Body,
    /// In the PreviousTagSize: nothing is lost.
    Back,
}

/// One tag of the stream, and what has become of it.
#[derive(Clone, Debug)]
struct Piece {
    tag: Tag,
    /// The time on the clock of the undamaged stream.
    at_ms: u32,
    /// It stands in the stream for the second time.
    is_copy: bool,
    /// It cannot be read any more.
    is_lost: bool,
    /// A decoder gets something else than was encoded.
    is_changed: bool,
    /// An FLV header stands before it.
    has_head: bool,
    /// What travels.
    bytes: Vec<u8>,
}

impl Piece {
    fn new(tag: &Tag) -> Self {
        Piece {
            tag: tag.clone(),
            at_ms: tag.time_ms,
            is_copy: false,
            is_lost: false,
            is_changed: false,
            has_head: false,
            bytes: tag.encode(),
        }
    }

    fn set_time(&mut self, time_ms: u32) {
        self.tag.time_ms = time_ms;
        self.bytes = self.tag.encode();
    }

    /// Media that has to come out, once.
    fn is_left(&self) -> bool {
        self.tag.is_media() && !self.is_lost && !self.is_copy
    }
}

/// A stream that can be damaged. A *place* is the number of a tag in it, as it stands at that moment.
#[derive(Clone, Debug)]
pub struct Stream {
    pieces: Vec<Piece>,
    /// Media that does not stand in the stream any more.
    gone: Vec<Tag>,
}

impl Stream {
    /// An undamaged one. Its times must not be far from 0.
    pub fn new(tags: &[Tag]) -> Self {
        Stream { pieces: tags.iter().map(Piece::new).collect(), gone: Vec::new() }
    }

    /// The bytes as a file, its FLV header before them.
    pub fn bytes(&self) -> Vec<u8> {
        let has = |kind: u8| u8::from(self.pieces.iter().any(|piece| piece.tag.kind == kind));
        let mut head = HEAD;
        head[4] = has(AUDIO) << 2 | has(VIDEO);
        let mut bytes = head.to_vec();
        for piece in &self.pieces {
            if piece.has_head {
                bytes.extend(head);
            }
            bytes.extend(&piece.bytes);
        }
        bytes
    }

    /// Places of the tags that are asked for.
    pub fn places(&self, wanted: impl Fn(&Tag) -> bool) -> Vec<usize> {
        (0..self.pieces.len()).filter(|place| wanted(&self.pieces[*place].tag)).collect()
    }

    /// Places of the media tags of a part of the stream, in hundredths of its length.
    pub fn media_within(&self, part: Range<usize>) -> Vec<usize> {
        let media = self.places(Tag::is_media);
        media[media.len() * part.start / 100..media.len() * part.end / 100].to_vec()
    }

    /// The first place at or behind `at_ms` where a group begins; in a stream without pictures, any media.
    pub fn group_at(&self, at_ms: u32) -> usize {
        let has_keys = self.pieces.iter().any(|piece| piece.tag.is_key());
        let begins = |tag: &Tag| if has_keys { tag.is_key() } else { tag.is_media() };
        let found = self.pieces.iter().position(|piece| begins(&piece.tag) && piece.tag.time_ms >= at_ms);
        found.unwrap_or(self.pieces.len())
    }

    /// Takes tags out. What is no media stays.
    pub fn drop_tags(&mut self, places: Range<usize>) {
        let taken: Vec<Piece> = self.pieces.splice(places.clone(), []).collect();
        let (media, other): (Vec<Piece>, Vec<Piece>) = taken.into_iter().partition(|piece| piece.tag.is_media());
        self.gone.extend(media.into_iter().filter(|piece| !piece.is_copy).map(|piece| piece.tag));
        self.pieces.splice(places.start..places.start, other);
    }

    /// Sends a run once more, directly behind itself, with its times moved.
    pub fn repeat(&mut self, places: Range<usize>, by_ms: u32) {
        let mut copies = self.pieces[places.clone()].to_vec();
        copies.retain(|piece| piece.tag.is_media());
        for copy in &mut copies {
            copy.is_copy = true;
            copy.set_time(copy.tag.time_ms.wrapping_add(by_ms));
        }
        self.pieces.splice(places.end..places.end, copies);
    }

    /// Sends all from a place to the end over and over again, times going on.
    pub fn loop_end(&mut self, from: usize, rounds: u32) {
        let end = self.places(Tag::is_media).last().map_or(0, |last| last + 1);
        let times = || self.pieces[from..end].iter().map(|piece| piece.tag.time_ms);
        let (first, last) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
        // A round is as long as its distance to the next would have been: one frame more than from first to last.
        let frame_ms = self.distance_ms(from..end);
        for round in (1..=rounds).rev() {
            let run = self.pieces[from..end].to_vec();
            let copies = run.into_iter().filter(|piece| piece.tag.is_media()).map(|mut copy| {
                copy.is_copy = true;
                copy.set_time(copy.tag.time_ms + round * (last - first + frame_ms));
                copy
            });
            self.pieces.splice(end..end, copies);
        }
    }

    /// Moves the sender's clock for all tags from a place on; it wraps as in FLV.
    pub fn shift(&mut self, from: usize, by_ms: i32) {
        for piece in &mut self.pieces[from..] {
            piece.set_time(piece.tag.time_ms.wrapping_add_signed(by_ms));
        }
    }

    /// Turns over one bit of a media tag.
    pub fn flip_bit(&mut self, place: usize, spot: Spot, dice: &mut Dice) {
        let piece = &mut self.pieces[place];
        let body = piece.tag.body.len();
        let (byte, bit) = match spot {
            Spot::Kind => (0, 6 + dice.below(2)),
            // The lowest of the three bytes: a tag that claims megabytes is another matter.
            Spot::Size => (3, 2 + dice.below(6)),
            // Nine bytes hold the longest header before a payload: FourCC and composition time.
            Spot::Body => (11 + body.min(9) + dice.below(body.saturating_sub(9).max(1)), dice.below(8)),
            Spot::Back => (11 + body + 3, dice.below(8)),
        };
        piece.bytes[byte] ^= 1 << bit;
        match spot {
            Spot::Kind => piece.is_lost = true,
            Spot::Body => {
                piece.tag.body = Bytes::copy_from_slice(&piece.bytes[11..11 + body]);
                piece.is_changed = true;
            }
            Spot::Size | Spot::Back => {}
        }
    }

    /// Ends the stream inside the tag at a place, of which so many bytes stay. One that lacks no more than its
    /// PreviousTagSize is whole.
    pub fn truncate(&mut self, place: usize, left_bytes: usize) {
        let behind = self.pieces.split_off(place + 1);
        self.gone.extend(behind.into_iter().filter(|piece| piece.is_left()).map(|piece| piece.tag));
        let last = &mut self.pieces[place];
        last.bytes.truncate(left_bytes);
        last.is_lost |= left_bytes < last.tag.body.len() + 11;
    }

    /// Puts another stream behind this one, FLV header and all, with the clock that it has.
    pub fn join(mut self, other: Stream) -> Stream {
        let media = |pieces: &[Piece]| -> Vec<u32> {
            pieces.iter().filter(|piece| piece.tag.is_media()).map(|piece| piece.at_ms).collect()
        };
        let end_ms = media(&self.pieces).into_iter().max().unwrap_or(0) + self.distance_ms(0..self.pieces.len());
        let start_ms = media(&other.pieces).into_iter().min().unwrap_or(0);
        let mut behind = other.pieces;
        for piece in &mut behind {
            piece.at_ms = end_ms + piece.at_ms.saturating_sub(start_ms);
        }
        if let Some(first) = behind.first_mut() {
            first.has_head = true;
        }
        self.pieces.extend(behind);
        self.gone.extend(other.gone);
        self
    }

    /// The two streams that a group's first tag parts; the second begins with what is no media, its clock at 0.
    pub fn part_at(&self, place: usize) -> (Stream, Stream) {
        let (before, behind) = self.pieces.split_at(place);
        let headers = before.iter().filter(|piece| !piece.tag.is_media());
        let start_ms = behind.iter().map(|piece| piece.tag.time_ms).min().unwrap_or(0);
        let mut second: Vec<Piece> = headers.chain(behind).cloned().collect();
        for piece in &mut second {
            piece.set_time(piece.tag.time_ms.saturating_sub(start_ms));
            piece.at_ms = piece.tag.time_ms;
        }
        (Stream { pieces: before.to_vec(), gone: self.gone.clone() }, Stream { pieces: second, gone: Vec::new() })
    }

    /// Payloads of a track that must come out, each once, in this order.
    pub fn left(&self, kind: u8) -> Vec<u64> {
        let left = self.pieces.iter().filter(|piece| piece.is_left() && piece.tag.kind == kind);
        left.map(|piece| piece.tag.digest()).collect()
    }

    /// How many media tags the damage costs.
    pub fn lost(&self) -> usize {
        self.gone.len() + self.pieces.iter().filter(|piece| piece.is_lost && piece.tag.is_media()).count()
    }

    /// How many media tags stand in the stream that stood there before.
    pub fn repeated(&self) -> usize {
        self.pieces.iter().filter(|piece| piece.is_copy).count()
    }

    /// Takes the copies for media of their own: where nobody can tell them from it.
    pub fn own_copies(&mut self) {
        for piece in &mut self.pieces {
            piece.at_ms = if piece.is_copy { piece.tag.time_ms } else { piece.at_ms };
            piece.is_copy = false;
        }
    }

    /// From the first to the last media tag that is left, on the clock of the undamaged stream: to its begin, and to its
    /// end, where a picture stands as long as the one before it did.
    pub fn length_ms(&self) -> (u64, u64) {
        let times = |kind: u8| -> Vec<u64> {
            let left = self.pieces.iter().filter(|piece| piece.is_left() && piece.tag.kind == kind);
            left.map(|piece| u64::from(piece.at_ms)).collect()
        };
        let tracks = [times(AUDIO), times(VIDEO)];
        let start_ms = tracks.iter().flatten().min().copied().unwrap_or(0);
        let last_ms = tracks.iter().flatten().max().copied().unwrap_or(0);
        let ends = tracks.iter().filter_map(|times| match times.as_slice() {
            [.., before, last] => Some(2 * last - before),
            _ => None,
        });
        (last_ms - start_ms, ends.max().unwrap_or(last_ms).max(last_ms) - start_ms)
    }

    /// Whether a decoder gets each payload that it needs for those that are left. The end may be missing.
    pub fn is_decodable(&self) -> bool {
        let behind = |tag: &Tag| {
            let later = self.pieces.iter().filter(|piece| piece.is_left() && piece.tag.kind == VIDEO);
            later.map(|piece| piece.at_ms).max().is_some_and(|last_ms| last_ms > tag.time_ms)
        };
        let broken = self.pieces.iter().filter(|piece| piece.is_lost && piece.tag.kind == VIDEO);
        let lost = self.gone.iter().filter(|tag| tag.kind == VIDEO).chain(broken.map(|piece| &piece.tag));
        !lost.into_iter().any(behind) && !self.pieces.iter().any(|piece| piece.is_changed)
    }

    /// The usual distance of two frames of the track that has more of them.
    fn distance_ms(&self, places: Range<usize>) -> u32 {
        let distance = |kind: u8| {
            let run = self.pieces[places.clone()].iter().filter(|piece| piece.tag.kind == kind && piece.tag.is_media());
            let times: Vec<u32> = run.map(|piece| piece.tag.time_ms).collect();
            let span = times.last().zip(times.first()).map_or(0, |(last, first)| last.saturating_sub(*first));
            span.checked_div(u32::try_from(times.len()).unwrap().saturating_sub(1))
        };
        [AUDIO, VIDEO].into_iter().filter_map(distance).min().unwrap_or(0)
    }
}
