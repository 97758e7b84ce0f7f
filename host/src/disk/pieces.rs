//! A file that is read once, from its beginning to its end, in large pieces. Blocking.
//!
//! What the file system knows to be a hole is not read: it is handed out as the same zeros again and again, which stay
//! in the processor's cache. A file that a power cut left as 20 GB of nothing costs seconds then, and no memory.

use std::fs::File;
use std::io;

use bytes::Bytes;
use rustix::buffer::spare_capacity;
use rustix::fs::{Advice, SeekFrom};
use rustix::io::Errno;

/// How much is read at once: large enough that the calls cost nothing, small enough to stay in the cache until what was
/// read is written again.
const PIECE: usize = 1 << 20;

/// What a hole holds.
static ZEROS: [u8; PIECE] = [0; PIECE];

/// A file on its way through.
#[derive(Debug)]
pub struct Pieces {
    file: File,
    at: u64,
    /// Up to here the file system has said that there is data.
    data_until: u64,
    /// Up to here it has said that there is none.
    hole_until: u64,
}

impl Pieces {
    /// From the file's first byte, wherever it was read to before.
    pub fn of(file: File) -> Self {
        // A hint that may be refused.
        let _ = rustix::fs::fadvise(&file, 0, None, Advice::Sequential);
        Pieces { file, at: 0, data_until: 0, hole_until: 0 }
    }

    /// The file's length now; it may grow.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn bytes(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// The next piece, empty at the end of the file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn next_piece(&mut self) -> io::Result<Bytes> {
        self.look_for_data()?;
        let piece = match usize::try_from(self.hole_until.saturating_sub(self.at)) {
            Ok(0) => self.read()?,
            hole => Bytes::from_static(ZEROS.get(..hole.unwrap_or(PIECE)).unwrap_or(&ZEROS)),
        };
        self.at += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        Ok(piece)
    }

    fn look_for_data(&mut self) -> io::Result<()> {
        if self.at < self.data_until || self.at < self.hole_until {
            return Ok(());
        }
        match rustix::fs::seek(&self.file, SeekFrom::Data(self.at)) {
            Ok(data) if data > self.at => self.hole_until = data,
            Ok(_) => self.data_until = rustix::fs::seek(&self.file, SeekFrom::Hole(self.at)).unwrap_or(u64::MAX),
            // Nothing but a hole up to the end, or the end.
            Err(Errno::NXIO) => self.hole_until = self.bytes()?,
            // The file system does not know.
            Err(_) => self.data_until = u64::MAX,
        }
        Ok(())
    }

    fn read(&self) -> io::Result<Bytes> {
        let mut piece = Vec::with_capacity(PIECE);
        while piece.len() < PIECE {
            let at = self.at + u64::try_from(piece.len()).unwrap_or(u64::MAX);
            match rustix::io::pread(&self.file, spare_capacity(&mut piece), at) {
                Ok(0) => break,
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Bytes::from(piece))
    }
}
