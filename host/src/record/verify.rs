//! Whether a file is what this program would write: a fixed point of the engine, with an index that leads to its key
//! frames, metadata that is true, and the bytes that its sidecar has the hash of. Blocking; writes nothing.

use std::fs::File;
use std::io;

use bytes::Bytes;
use lyrebird_flv::{Fault, Item, Options, Reader, Remuxer, Repeats, Segment, Step, TAG_HEADER};

use super::flv::engine;
use super::mend::{Go, Tally};
use crate::config;
use crate::disk::{Hash, Pieces};

mod head;
mod index;
mod same;

#[cfg(test)]
mod tests;

pub use head::FieldFault;
use head::Head;
pub use index::EntryFault;
use index::Index;
use same::Same;
pub use same::{Difference, Where};

/// Where the metadata tag stands: behind the header and the first PreviousTagSize (FLV 10.1, E.2 and E.3).
const METADATA_AT: usize = 13;

/// What was found of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State<F> {
    /// It is as it must be.
    Right,
    /// It is not; what was found, the first of it at least.
    Wrong(F),
    /// There is none.
    Absent,
}

/// A file's faults, and what it is.
#[derive(Clone, Debug)]
pub struct Findings {
    /// Its length.
    pub bytes: u64,
    /// Its media time, as the engine would have it.
    pub duration_ms: u64,
    /// Where the engine would write something else, first; none in a fixed point.
    pub difference: Option<Difference>,
    /// What the engine would mend.
    pub tally: Tally,
    /// The index of key frames.
    pub index: State<Vec<EntryFault>>,
    /// How many entries that has.
    pub entries: usize,
    /// What `onMetaData` says.
    pub metadata: State<Vec<FieldFault>>,
    /// The bytes behind the metadata against the hash that was given: wrong with the one that they have.
    pub hash: State<String>,
}

impl Findings {
    /// Whether nothing is wrong.
    pub fn is_whole(&self) -> bool {
        let Findings { difference, index, metadata, hash, .. } = self;
        let right = (index, metadata, hash);
        difference.is_none()
            && !matches!(right, (State::Wrong(_), _, _) | (_, State::Wrong(_), _) | (_, _, State::Wrong(_)))
    }
}

/// Why a file cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It is no FLV.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// It cannot be read.
    #[error("it cannot be read")]
    Read(#[source] io::Error),
    /// It holds nothing that plays.
    #[error("it holds no picture and no sound that can be played")]
    NoMedia,
    /// Somebody wanted it to stop.
    #[error("stopped")]
    Stopped,
}

/// Judges a file. `repeats` as for mending: what would be dropped has no place in a whole file. `blake3` is the hash, in
/// hex, that its sidecar names; `watch` is told how many bytes have been read.
///
/// # Errors
/// As [`VerifyError`] says.
pub fn verify(
    input: File,
    repeats: config::Repeats,
    blake3: Option<&str>,
    watch: &mut dyn FnMut(u64) -> Go,
) -> Result<Findings, VerifyError> {
    let mut pieces = Pieces::of(input);
    let mut work = Work::new(engine(repeats), blake3.is_some());
    loop {
        let piece = pieces.next_piece().map_err(VerifyError::Read)?;
        if piece.is_empty() {
            break;
        }
        work.take(piece)?;
        if watch(work.read) == Go::Stop {
            return Err(VerifyError::Stopped);
        }
    }
    while let Some(item) = work.reader.finish()? {
        work.hear(item);
    }
    work.remuxer.finish(&mut work.steps);
    work.compare();
    work.finish(blake3)
}

struct Work {
    reader: Reader,
    remuxer: Remuxer,
    steps: Vec<Step>,
    same: Same,
    /// What the engine would write, up to its first cut.
    layout: Option<Segment>,
    cuts: usize,
    tally: Tally,
    head: Head,
    index: Option<Index>,
    hashed: Option<Hashed>,
    read: u64,
}

impl Work {
    fn new(repeats: Repeats, hashes: bool) -> Self {
        Work {
            reader: Reader::new(),
            remuxer: Remuxer::new(Options { repeats }),
            steps: Vec::new(),
            same: Same::default(),
            layout: None,
            cuts: 0,
            tally: Tally::default(),
            head: Head::default(),
            index: None,
            hashed: hashes.then(Hashed::default),
            read: 0,
        }
    }

    fn take(&mut self, piece: Bytes) -> Result<(), Fault> {
        if let Some(hashed) = &mut self.hashed {
            hashed.hear(self.read, &piece);
        }
        self.read += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        self.same.came(piece.clone());
        self.reader.push(piece);
        while let Some(item) = self.reader.next()? {
            self.hear(item);
        }
        Ok(())
    }

    fn hear(&mut self, item: Item) {
        if let Item::Tag(tag) = &item {
            if self.head.hear(tag) {
                self.index = self.head.index();
            }
            if let Some(index) = &mut self.index {
                index.hear(tag);
            }
        }
        self.remuxer.push(item, &mut self.steps);
        self.compare();
    }

    fn compare(&mut self) {
        let mut steps = std::mem::take(&mut self.steps);
        for step in steps.drain(..) {
            match step {
                Step::Note(note) => self.tally.note(&note, self.cuts.checked_sub(1), self.read),
                Step::Cut(cut) => {
                    self.cuts += 1;
                    match &self.layout {
                        None => {
                            let layout = Segment::open(&cut);
                            self.same.begins(layout.head_bytes());
                            self.layout = Some(layout);
                        }
                        Some(_) => self.same.cut(),
                    }
                }
                Step::Write(tag) if self.cuts == 1 => {
                    let Some(layout) = &mut self.layout else { continue };
                    let frame = layout.append(&tag);
                    self.same.tag(&tag, &frame);
                }
                Step::Write(_) | Step::Looping => {}
            }
        }
        self.steps = steps;
    }

    fn finish(mut self, blake3: Option<&str>) -> Result<Findings, VerifyError> {
        let Some(layout) = &self.layout else { return Err(VerifyError::NoMedia) };
        let difference = self.same.finish(&layout.head(), self.read);
        let is_ours = difference.is_none() || self.same.is_laid_out();
        let metadata = self.head.judge(layout, self.read, self.cuts == 1, is_ours);
        let (entries, index) = self.index.map_or((0, State::Absent), Index::finish);
        let hash = match (self.hashed, blake3) {
            (Some(mut hashed), Some(noted)) => {
                let found = hashed.hash.finish();
                if found.eq_ignore_ascii_case(noted) { State::Right } else { State::Wrong(found) }
            }
            _ => State::Absent,
        };
        let (bytes, duration_ms) = (self.read, layout.duration_ms());
        Ok(Findings { bytes, duration_ms, difference, tally: self.tally, index, entries, metadata, hash })
    }
}

/// The hash of what stands behind the metadata tag.
#[derive(Default)]
struct Hashed {
    hash: Hash,
    /// Where it begins; none before the tag's header was seen.
    from: Option<usize>,
}

impl Hashed {
    /// The next piece, which stands at `at`. The first one is large enough to hold the metadata tag's header.
    fn hear(&mut self, at: u64, piece: &[u8]) {
        let from = *self.from.get_or_insert_with(|| match piece.get(METADATA_AT..) {
            Some(&[18, a, b, c, ..]) => {
                let payload = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
                METADATA_AT + TAG_HEADER + payload + lyrebird_flv::BACK_POINTER
            }
            _ => METADATA_AT,
        });
        let skipped = from.saturating_sub(usize::try_from(at).unwrap_or(usize::MAX));
        self.hash.update(piece.get(skipped..).unwrap_or_default());
    }
}
