//! A gzip body without end: DEFLATE (RFC 1951) of zeros, 258 of them in 13 bits, written by hand.

/// Bits as DEFLATE packs them.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    fn push(&mut self, bit: u8) {
        if self.used == 0 {
            self.bytes.push(0);
        }
        *self.bytes.last_mut().unwrap() |= bit << self.used;
        self.used = (self.used + 1) % 8;
    }

    /// Huffman codes go in from their highest bit.
    fn code(&mut self, code: u16, length: u32) {
        (0..length).rev().for_each(|at| self.push(u8::try_from(code >> at & 1).unwrap()));
    }

    /// "258 bytes again, from 1 back": length symbol 285, distance symbol 0.
    fn run(&mut self) {
        self.code(0b1100_0101, 8);
        self.code(0, 5);
    }
}

/// gzip's head, the start of a block with fixed codes, one zero, and runs up to a byte's border.
pub(super) fn fuse() -> Vec<u8> {
    let mut bits = Bits { bytes: vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255], used: 0 };
    // Not the last block; fixed Huffman codes; the literal 0.
    [0, 1, 0].into_iter().for_each(|bit| bits.push(bit));
    bits.code(0b0011_0000, 8);
    while bits.used != 0 {
        bits.run();
    }
    bits.bytes
}

/// Any number of these goes on for ever: 64 KiB in, 10 MiB out.
pub(super) fn charge() -> Vec<u8> {
    let mut bits = Bits::default();
    while bits.bytes.len() < 64 << 10 || bits.used != 0 {
        bits.run();
    }
    bits.bytes
}
