//! Whether an index leads where it says: to a key frame, at its time. Pure.

use lyrebird_flv::codec::{Body, classify};
use lyrebird_flv::{Tag, Track};

use super::State;

/// Faults that are kept; a wrong index is mostly wrong as a whole.
const KEPT: usize = 20;

/// Seconds as a double are not exact; so much is rounding.
const ROUNDING_MS: f64 = 1.0;

/// One entry as the file has it: its place in the index from 0, seconds, and where it leads.
#[derive(Clone, Copy, Debug)]
struct Entry {
    number: usize,
    time: f64,
    offset: f64,
}

/// What is wrong about an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryFault {
    /// Its place in the index, from 0; none where it is the index as a whole.
    pub entry: Option<usize>,
    /// In words.
    pub why: String,
}

/// An index, while the tags go by.
#[derive(Debug)]
pub(super) struct Index {
    /// By offset.
    entries: Vec<Entry>,
    next: usize,
    faults: Vec<EntryFault>,
}

impl Index {
    /// The two arrays of it.
    pub(super) fn new(times: &[f64], offsets: &[f64]) -> Self {
        let mut faults = Vec::new();
        if times.len() != offsets.len() {
            let why = format!("it has {} times and {} positions", times.len(), offsets.len());
            faults.push(EntryFault { entry: None, why });
        }
        let entry = |(number, (&time, &offset)): (usize, (&f64, &f64))| Entry { number, time, offset };
        let mut entries: Vec<Entry> = times.iter().zip(offsets).enumerate().map(entry).collect();
        entries.sort_by(|one, other| one.offset.total_cmp(&other.offset));
        Index { entries, next: 0, faults }
    }

    /// The next tag.
    pub(super) fn hear(&mut self, tag: &Tag) {
        let at = float(tag.offset);
        while let Some(entry) = self.entries.get(self.next).copied().filter(|entry| entry.offset <= at) {
            self.next += 1;
            if entry.offset < at {
                self.nowhere(entry);
                continue;
            }
            match classify(tag) {
                // By an old custom the decoder configuration is the first entry.
                Body::VideoHeader(_) => {}
                Body::VideoKey if (entry.time * 1000.0 - f64::from(tag.time_ms)).abs() <= ROUNDING_MS => {}
                Body::VideoKey => {
                    let why = format!("says {} s, the key frame there has {} ms", entry.time, tag.time_ms);
                    self.fault(entry.number, why);
                }
                _ if tag.track == Track::Video => self.fault(entry.number, String::from("leads to no key frame")),
                _ => self.fault(entry.number, String::from("leads to a tag that is no video")),
            }
        }
    }

    /// How many entries there are, and what is wrong.
    pub(super) fn finish(mut self) -> (usize, State<Vec<EntryFault>>) {
        while let Some(entry) = self.entries.get(self.next).copied() {
            self.next += 1;
            self.nowhere(entry);
        }
        let state = if self.faults.is_empty() { State::Right } else { State::Wrong(self.faults) };
        (self.entries.len(), state)
    }

    fn nowhere(&mut self, entry: Entry) {
        self.fault(entry.number, format!("leads to byte {}, where no tag begins", entry.offset));
    }

    fn fault(&mut self, number: usize, why: String) {
        if self.faults.len() < KEPT {
            self.faults.push(EntryFault { entry: Some(number), why });
        }
    }
}

/// Exact below 2^53, which no file reaches.
pub(super) fn float(number: u64) -> f64 {
    let (high, low) = (u32::try_from(number >> 32), u32::try_from(number & 0xffff_ffff));
    f64::from(high.unwrap_or(u32::MAX)) * 4_294_967_296.0 + f64::from(low.unwrap_or(u32::MAX))
}
