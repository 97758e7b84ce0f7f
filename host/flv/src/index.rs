//! A file's index of key frames: bounded, of a constant size as written, and the same for the same tags.
//!
//! As written it is the `keyframes` object of `onMetaData`: `times` (seconds), `filepositions` (offsets of tags) and
//! `spacer`, three arrays of numbers whose lengths add up to a constant, so the file never has to move. The spacer stands
//! last and holds zeros: `00` is AMF0's marker of a number, so zero-filled bytes *are* numbers, and only what stands
//! before them ever needs to be written.
//!
//! As long as nothing can be looked up in it, the object has another name: flv.js and mpegts.js die of a seek by an empty
//! index, FFmpeg warns of it, and all of them do well without one.

use crate::script::{count, marker, write_name};

/// Entries of `times` and of `filepositions`, at most: 72 KiB, a minute between entries after three days.
pub(crate) const CAPACITY: usize = 4096;

/// Least distance of two entries in the beginning. Encoders for the web send a key frame each 1 to 10 s; two in half a
/// second help nobody to seek.
const FIRST_DISTANCE_MS: u64 = 500;

/// A number in an array: its marker and eight bytes.
const NUMBER: usize = 9;

/// Bytes before the numbers: of each array a length of 16 bits, the name, a marker and a length of 32 bits.
const NAMES: usize = 3 * (2 + 1 + 4) + "times".len() + "filepositions".len() + "spacer".len();

/// The object's name, and the one that it has before it is of use: as long, so that it can be written over.
pub(crate) const NAME: &str = "keyframes";
pub(crate) const NAME_OF_NONE: &str = "unindexed";
const _: () = assert!(NAME.len() == NAME_OF_NONE.len());

/// Players that skip the first entry need one behind it.
const LEAST_ENTRIES: usize = 2;

/// Bytes of the whole as written, without the object's end marker.
pub(crate) const WRITTEN: usize = 2 + NAME.len() + 1 + NAMES + 2 * CAPACITY * NUMBER;

#[derive(Clone, Debug)]
pub(crate) struct Index {
    /// Where the first video configuration stands. It is the first entry: flv.js and its heirs skip one, since the
    /// tools that index files for the web have always counted the configuration as a key frame.
    configuration: Option<u64>,
    /// (time in ms, offset of the tag), in the order of the file.
    entries: Vec<(u32, u64)>,
    least_distance_ms: u64,
    /// How many bytes of the last patch were not zero: those a shorter one must clear.
    dirty: usize,
}

impl Index {
    pub(crate) fn new() -> Index {
        Index { configuration: None, entries: Vec::new(), least_distance_ms: FIRST_DISTANCE_MS, dirty: 0 }
    }

    /// A video configuration; only the first, and only before key frames, counts.
    pub(crate) fn configuration(&mut self, offset: u64) {
        if self.configuration.is_none() && self.entries.is_empty() {
            self.configuration = Some(offset);
        }
    }

    /// A key frame.
    pub(crate) fn key_frame(&mut self, time_ms: u32, offset: u64) {
        if !self.is_far_enough(time_ms) {
            return;
        }
        // One place is the configuration's, also where there is none.
        if self.entries.len() + 1 == CAPACITY {
            let mut stays = false;
            self.entries.retain(|_| {
                stays = !stays;
                stays
            });
            self.least_distance_ms *= 2;
        }
        if self.is_far_enough(time_ms) {
            self.entries.push((time_ms, offset));
        }
    }

    fn is_far_enough(&self, time_ms: u32) -> bool {
        self.entries
            .last()
            .is_none_or(|(last_ms, _)| u64::from(time_ms) >= u64::from(*last_ms) + self.least_distance_ms)
    }

    /// What the next patch writes: the used part, and zeros over what an earlier and longer one left behind.
    pub(crate) fn patch(&mut self) -> Vec<u8> {
        let mut bytes = self.used();
        let used = bytes.len();
        bytes.resize(used.max(self.dirty), 0);
        self.dirty = used;
        bytes
    }

    /// Whether players can look something up in it.
    pub(crate) fn is_of_use(&self) -> bool {
        !self.entries.is_empty() && self.entries.len() + usize::from(self.configuration.is_some()) >= LEAST_ENTRIES
    }

    /// How many bytes a patch writes.
    pub(crate) fn patch_bytes(&self) -> usize {
        WRITTEN - 2 * (CAPACITY - self.entries.len() - usize::from(self.configuration.is_some())) * NUMBER
    }

    /// The whole as written, zeros included.
    pub(crate) fn whole(&self) -> Vec<u8> {
        let mut bytes = self.used();
        bytes.resize(WRITTEN, 0);
        bytes
    }

    /// Up to and including the spacer's length; zeros follow.
    fn used(&self) -> Vec<u8> {
        let configuration = self.configuration.map(|offset| (0, offset));
        let entries = || configuration.iter().chain(&self.entries);
        let length = entries().count();
        let mut out = Vec::with_capacity(self.patch_bytes());
        write_name(if self.is_of_use() { NAME } else { NAME_OF_NONE }.as_bytes(), &mut out);
        out.push(marker::OBJECT);
        array("times", length, &mut out);
        for (time_ms, _) in entries() {
            number(seconds((*time_ms).into()), &mut out);
        }
        array("filepositions", length, &mut out);
        for (_, offset) in entries() {
            number(double(*offset), &mut out);
        }
        array("spacer", 2 * (CAPACITY - length), &mut out);
        out
    }
}

fn array(name: &str, length: usize, out: &mut Vec<u8>) {
    write_name(name.as_bytes(), out);
    out.push(marker::STRICT_ARRAY);
    out.extend(count(length));
}

fn number(number: f64, out: &mut Vec<u8>) {
    out.push(marker::NUMBER);
    out.extend(number.to_be_bytes());
}

/// Milliseconds as the seconds that metadata counts in.
pub(crate) fn seconds(ms: u64) -> f64 {
    double(ms) / 1000.0
}

/// The number as AMF0 can say it: exact below 2^53.
pub(crate) fn double(number: u64) -> f64 {
    let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
    f64::from(u32::from_be_bytes([a, b, c, d])) * 4_294_967_296.0 + f64::from(u32::from_be_bytes([e, f, g, h]))
}
