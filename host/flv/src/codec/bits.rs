//! Bits of a parameter set, in the words of its specification. Everything is an `Option`: the bits may end anywhere.

/// No parameter set that is to be believed is longer.
const MOST_BYTES: usize = 4096;

/// Reads from the first bit on.
pub(super) struct Bits {
    bytes: Vec<u8>,
    at: usize,
}

impl Bits {
    /// The bits as they stand.
    pub(super) fn of(bytes: &[u8]) -> Bits {
        Bits { bytes: bytes.iter().copied().take(MOST_BYTES).collect(), at: 0 }
    }

    /// The bits of a NAL unit, without the bytes that prevent start codes (H.264, 7.4.1).
    pub(super) fn of_nal(nal: &[u8]) -> Bits {
        let mut bytes = Vec::with_capacity(nal.len().min(MOST_BYTES));
        let mut zeros = 0;
        for byte in nal.iter().take(MOST_BYTES) {
            if zeros >= 2 && *byte == 3 {
                zeros = 0;
                continue;
            }
            zeros = if *byte == 0 { zeros + 1 } else { 0 };
            bytes.push(*byte);
        }
        Bits { bytes, at: 0 }
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let set = byte >> (7 - self.at % 8) & 1 == 1;
        self.at += 1;
        Some(set)
    }

    /// An unsigned number of up to 32 bits.
    pub(super) fn bits(&mut self, count: u32) -> Option<u32> {
        let mut number = 0;
        for _ in 0..count {
            number = number << 1 | u32::from(self.flag()?);
        }
        Some(number)
    }

    pub(super) fn skip(&mut self, count: usize) -> Option<()> {
        self.at = self.at.checked_add(count)?;
        (self.at <= self.bytes.len() * 8).then_some(())
    }

    /// ue(v), Exp-Golomb (H.264, 9.1); AV1's uvlc() is the same.
    pub(super) fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let rest = self.bits(zeros)?;
        Some((1_u32 << zeros) - 1 + rest)
    }

    /// se(v), Exp-Golomb with a sign.
    pub(super) fn se(&mut self) -> Option<i32> {
        let code = self.ue()?;
        let size = i32::try_from(code.div_ceil(2)).ok()?;
        Some(if code % 2 == 1 { size } else { -size })
    }

    /// Steps over so many ue(v).
    pub(super) fn skip_ue(&mut self, count: usize) -> Option<()> {
        (0..count).try_for_each(|_| self.ue().map(|_| ()))
    }
}
