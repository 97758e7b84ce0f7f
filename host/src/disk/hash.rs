//! The hash of what is appended to a file, kept up while it grows.

/// BLAKE3 hashes sixteen pieces of 1 KiB at once, but only from whole places on: slices as tags come, hashed one by one,
/// cost two and a half times as much as this copy and its hash.
const PIECE: usize = 32 << 10;

/// A hash that goes on.
#[derive(Debug, Default)]
pub(super) struct Hash {
    hasher: Box<blake3::Hasher>,
    piece: Vec<u8>,
}

impl Hash {
    /// Goes on with these bytes.
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PIECE - self.piece.len()));
            self.piece.extend_from_slice(now);
            bytes = later;
            if self.piece.len() == PIECE {
                self.hasher.update(&self.piece);
                self.piece.clear();
            }
        }
    }

    /// The hash of all so far, in hex. More may follow.
    pub(super) fn finish(&mut self) -> String {
        self.hasher.update(&self.piece);
        self.piece.clear();
        self.hasher.finalize().to_hex().to_string()
    }
}
