//! A file that somebody recorded, through the engine into files that play. Blocking: for a command that does nothing
//! else.
//!
//! All or nothing: the files get their names when the last one is whole, and none is left behind otherwise.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use lyrebird_flv::{Cut, Fault, Item, Options, Reader, Remuxer, Step, Tag};

use super::flv::{engine, split};
use crate::config::{self, Split};
use crate::disk::{DiskError, Pieces};

mod growing;
mod tally;

#[cfg(test)]
mod tests;

use growing::Growing;
pub use tally::{GapNote, Tally, Verdict};

/// How a file is mended, and where to.
#[derive(Clone, Debug)]
pub struct Order {
    /// The folder of the outputs; made where it is missing.
    pub folder: PathBuf,
    /// Their name without extension; the second one gets `_2`, and so on.
    pub stem: String,
    /// What becomes of media that is there twice.
    pub repeats: config::Repeats,
    /// When to cut beyond what the tags themselves ask for. No titles come by here.
    pub split: Split,
}

/// Whether to go on; asked with each piece that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Go {
    /// On.
    On,
    /// Stop, and leave nothing behind.
    Stop,
}

/// One file that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Where it is.
    pub file: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// Its media time.
    pub duration_ms: u64,
    /// Its tags, without the metadata's.
    pub tags: u64,
    /// Why it begins: a cut's word.
    pub why: &'static str,
}

/// What a file has come to.
#[derive(Clone, Debug)]
pub struct Mended {
    /// In order, at least one.
    pub outputs: Vec<Output>,
    /// What was mended, what is missing, what was lost.
    pub tally: Tally,
}

/// Why there is no output.
#[derive(Debug, thiserror::Error)]
pub enum MendError {
    /// The bytes are no FLV.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// They are, and hold nothing that a decoder could begin with.
    #[error("it holds no picture and no sound that can be played")]
    NoMedia,
    /// The input cannot be read.
    #[error("it cannot be read")]
    Read(#[source] io::Error),
    /// An output cannot be written.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// Somebody wanted it to stop.
    #[error("stopped")]
    Stopped,
}

/// Mends a file; `watch` is told how many bytes have been read.
///
/// # Errors
/// As [`MendError`] says; no output is there then, unless another program took a name in the very moment in which the
/// outputs got theirs.
pub fn mend(input: File, order: Order, watch: &mut dyn FnMut(u64) -> Go) -> Result<Mended, MendError> {
    let mut pieces = Pieces::of(input);
    let mut work = Work::new(order);
    loop {
        let piece = pieces.next_piece().map_err(MendError::Read)?;
        if piece.is_empty() {
            break;
        }
        work.read += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        work.reader.push(piece);
        while let Some(item) = work.reader.next()? {
            work.take(item)?;
        }
        if watch(work.read) == Go::Stop {
            return Err(MendError::Stopped);
        }
    }
    while let Some(item) = work.reader.finish()? {
        work.take(item)?;
    }
    work.remuxer.finish(&mut work.steps);
    work.carry_out()?;
    work.finish(watch)
}

/// A file under way.
struct Work {
    order: Order,
    reader: Reader,
    remuxer: Remuxer,
    steps: Vec<Step>,
    /// The output that grows, and before it those that are done but for their heads.
    growing: Vec<Growing>,
    tally: Tally,
    read: u64,
}

impl Work {
    fn new(order: Order) -> Self {
        let options = Options { repeats: engine(order.repeats) };
        Work {
            order,
            reader: Reader::new(),
            remuxer: Remuxer::new(options),
            steps: Vec::new(),
            growing: Vec::new(),
            tally: Tally::default(),
            read: 0,
        }
    }

    fn take(&mut self, item: Item) -> Result<(), DiskError> {
        self.remuxer.push(item, &mut self.steps);
        // Before the next tag: it may be the one that a cut is asked before.
        if self.steps.is_empty() { Ok(()) } else { self.carry_out() }
    }

    fn carry_out(&mut self) -> Result<(), DiskError> {
        let mut steps = std::mem::take(&mut self.steps);
        let result = steps.drain(..).try_for_each(|step| match step {
            Step::Write(tag) => self.write(tag),
            Step::Cut(cut) => self.cut(&cut),
            Step::Note(note) => {
                let output = self.growing.len().checked_sub(1);
                self.tally.note(&note, output, self.read);
                Ok(())
            }
            // What follows in the file may be something else again.
            Step::Looping => Ok(()),
        });
        self.steps = steps;
        result
    }

    fn write(&mut self, tag: Tag) -> Result<(), DiskError> {
        self.tally.written(&tag);
        // The engine cuts before it writes.
        let Some(growing) = self.growing.last_mut() else { return Ok(()) };
        growing.append(tag)?;
        self.split();
        Ok(())
    }

    fn cut(&mut self, cut: &Cut) -> Result<(), DiskError> {
        if let Some(growing) = self.growing.last_mut() {
            growing.flush()?;
        }
        let number = self.growing.len() + 1;
        let stem = &self.order.stem;
        let name = if number == 1 { format!("{stem}.flv") } else { format!("{stem}_{number}.flv") };
        self.growing.push(Growing::open(&self.order.folder, &name, cut)?);
        Ok(())
    }

    fn split(&mut self) {
        let Some(Growing { layout, .. }) = self.growing.last() else { return };
        split(&mut self.remuxer, &self.order.split, layout.bytes(), layout.duration_ms());
    }

    /// Everything is read: the outputs are made whole, then named.
    fn finish(mut self, watch: &mut dyn FnMut(u64) -> Go) -> Result<Mended, MendError> {
        if self.growing.is_empty() {
            return Err(MendError::NoMedia);
        }
        for growing in &mut self.growing {
            growing.seal()?;
            // A sync may take its time.
            if watch(self.read) == Go::Stop {
                return Err(MendError::Stopped);
            }
        }
        let outputs = self.growing.into_iter().map(Growing::publish).collect::<Result<_, _>>()?;
        Ok(Mended { outputs, tally: self.tally })
    }
}
