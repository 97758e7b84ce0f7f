//! A hash of payloads.

/// A hash of a payload, for comparison within one process: six lanes, so that the processor multiplies without a pause.
/// What differs in `seed`, the hash of a configuration, differs.
pub(in super::super) fn hash(bytes: &[u8], seed: u64) -> u64 {
    let [mut a, mut b, mut c] = [KEY, KEY.rotate_left(16), KEY.rotate_left(32)];
    let [mut d, mut e, mut f] = [!a, !b, !c];
    let (pairs, rest) = bytes.as_chunks::<16>();
    let (blocks, pairs) = pairs.as_chunks::<6>();
    for [first, second, third, fourth, fifth, sixth] in blocks {
        (a, b, c) = (mix(a, words(first)), mix(b, words(second)), mix(c, words(third)));
        (d, e, f) = (mix(d, words(fourth)), mix(e, words(fifth)), mix(f, words(sixth)));
    }
    let mut lanes = [a, b, c, d, e, f];
    lanes.iter_mut().zip(pairs).for_each(|(lane, pair)| *lane = mix(*lane, words(pair)));
    // Where there are enough before it, the last bytes are taken with some of those: the length tells them apart.
    let last = bytes.last_chunk().map_or_else(|| words(&padded(rest)), words);
    let [a, b, c, d, e, f] = lanes;
    let start = seed ^ u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let hash = [[a, b], [c, d], [e, f], last].into_iter().fold(start, mix);
    // Once more, so that what came last is mixed as well as what came first.
    mix(hash, [0, 0])
}

fn padded(rest: &[u8]) -> [u8; 16] {
    let mut padded = [0; 16];
    padded.iter_mut().zip(rest).for_each(|(padded, byte)| *padded = *byte);
    padded
}

const KEY: u64 = 0x9e37_79b9_7f4a_7c15;

/// Multiplies two words to 128 bits, as wyhash does, and keeps both halves. The factors stay in: one that is 0 must not
/// blot out what it is multiplied with.
#[inline]
fn mix(lane: u64, [first, second]: [u64; 2]) -> u64 {
    let (first, second) = (first ^ KEY, second ^ lane);
    let (low, high) = first.carrying_mul(second, 0);
    first ^ second.rotate_left(32) ^ low ^ high
}

#[inline]
fn words(pair: &[u8; 16]) -> [u64; 2] {
    let [a, b, c, d, e, f, g, h, second @ ..] = *pair;
    [u64::from_le_bytes([a, b, c, d, e, f, g, h]), u64::from_le_bytes(second)]
}

#[cfg(test)]
mod tests;
