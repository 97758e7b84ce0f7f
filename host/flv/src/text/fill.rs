//! Payload bytes that are made from a number and give the number back.

/// Bytes that carry the seed (little end first) and go on with noise, cut to the size. The noise has the top bit set, so
/// nothing in it looks like a tag.
pub(super) fn fill(seed: u32, bytes: usize) -> Vec<u8> {
    seed.to_le_bytes().into_iter().chain(noise(seed)).take(bytes).collect()
}

/// The seed that made these bytes; for bytes that no seed made, a hash of them.
pub(super) fn seed_of(bytes: &[u8]) -> u32 {
    let (first, rest) = bytes.split_at_checked(4).unwrap_or((bytes, &[]));
    let seed = first.iter().rev().fold(0_u32, |seed, byte| seed << 8 | u32::from(*byte));
    if rest.iter().copied().eq(noise(seed).take(rest.len())) { seed } else { hash(bytes) }
}

fn noise(seed: u32) -> impl Iterator<Item = u8> {
    // Xorshift (Marsaglia 2003); its state must not be 0.
    let mut state = seed.wrapping_mul(0x9e37_79b9) ^ 0x5bd1_e995;
    std::iter::repeat_with(move || {
        if state == 0 {
            state = 1;
        }
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let [byte, ..] = state.to_be_bytes();
        byte | 0x80
    })
}

/// FNV-1a, folded to 32 bits; never 0, which means "no seed".
fn hash(bytes: &[u8]) -> u32 {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    let [a, b, c, d, e, f, g, h] = hash.to_be_bytes();
    (u32::from_be_bytes([a, b, c, d]) ^ u32::from_be_bytes([e, f, g, h])).max(1)
}
