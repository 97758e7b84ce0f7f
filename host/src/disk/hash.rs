//! The hash of what is appended to a file, kept up while it grows.

/// BLAKE3 hashes sixteen pieces of 1 KiB at once, but only from whole places on: elsewhere it takes two and a half times
/// as long. So only what begins or ends between such places is copied and waits for its rest.
const PIECE: usize = 16 << 10;

/// A hash that goes on.
#[derive(Clone, Debug, Default)]
pub struct Hash {
    hasher: Box<blake3::Hasher>,
    /// What stands behind the last whole place.
    piece: Vec<u8>,
}

impl Hash {
    /// Goes on with these bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        let missing = (PIECE - self.piece.len()) % PIECE;
        let (first, bytes) = bytes.split_at(bytes.len().min(missing));
        self.piece.extend_from_slice(first);
        if self.piece.len() == PIECE {
            self.hasher.update(&self.piece);
            self.piece.clear();
        }
        let (whole, last) = bytes.split_at(bytes.len() - bytes.len() % PIECE);
        self.hasher.update(whole);
        self.piece.extend_from_slice(last);
    }

    /// The hash of all so far, in hex. More may follow.
    pub fn finish(&mut self) -> String {
        self.hasher.update(&self.piece);
        self.piece.clear();
        self.hasher.finalize().to_hex().to_string()
    }
}
