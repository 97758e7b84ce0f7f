//! How an input is played, told by its own last bytes.

use bytes::Bytes;
use lyrebird_flv::Repeats;

/// Bytes at the end of an input that are the plan, too.
const TAIL: usize = 12;

/// How the bytes of an input reach the engine.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    seed: u64,
    /// Where the connection breaks, in 1/256 of the input; 0: nowhere.
    pub breaks_at: u8,
    /// So many of the last bytes come again on the new connection, in 1/256 of the input.
    pub overlap: u8,
    /// How long no bytes came.
    pub dark_ms: u64,
    /// What becomes of repeats.
    pub repeats: Repeats,
}

impl Plan {
    /// The plan in an input's last bytes; the usual one where it is too short.
    pub fn of(input: &[u8]) -> Plan {
        let tail = input.last_chunk::<TAIL>().copied().unwrap_or_default();
        let [a, b, c, d, e, f, g, h, breaks_at, overlap, dark, options] = tail;
        Plan {
            seed: u64::from_le_bytes([a, b, c, d, e, f, g, h]) | 1,
            breaks_at,
            overlap,
            dark_ms: u64::from(dark) * 97,
            repeats: if options & 0x80 == 0 { Repeats::Drop } else { Repeats::Keep },
        }
    }

    /// The bytes of each connection.
    pub fn connections<'a>(&self, input: &'a [u8]) -> Vec<&'a [u8]> {
        if self.breaks_at == 0 {
            return vec![input];
        }
        let at = input.len() * usize::from(self.breaks_at) / 256;
        let again = at.saturating_sub(input.len() * usize::from(self.overlap) / 256);
        vec![&input[..at], &input[again..]]
    }

    /// The bytes in chunks of 1 byte to some KiB.
    pub fn chunks(&self, mut bytes: &[u8]) -> Vec<Bytes> {
        let mut state = self.seed;
        let mut chunks = Vec::new();
        while !bytes.is_empty() {
            // xorshift64
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let most = 1 << (state >> 60);
            let (chunk, rest) = bytes.split_at((1 + (state & 0xffff) as usize % most).min(bytes.len()));
            chunks.push(Bytes::copy_from_slice(chunk));
            bytes = rest;
        }
        chunks
    }
}
