use std::collections::HashSet;

use super::{KEY, hash};

/// Lengths around what is taken at a time: bytes, words, pairs, blocks.
const LENGTHS: [usize; 13] = [1, 7, 8, 9, 15, 16, 17, 95, 96, 97, 191, 200, 1009];

/// All of these have a hash of their own.
fn check(payloads: impl IntoIterator<Item = Vec<u8>>) {
    let payloads: Vec<Vec<u8>> = payloads.into_iter().collect();
    let hashes: HashSet<u64> = payloads.iter().map(|payload| hash(payload, 0)).collect();
    assert_eq!(hashes.len(), payloads.len());
}

#[test]
fn every_bit_counts() {
    for length in LENGTHS {
        for ground in [0x00, 0xff, 0x5a] {
            let plain = vec![ground; length];
            let flipped = (0..length * 8).map(|bit| {
                let mut payload = plain.clone();
                payload[bit / 8] ^= 1 << (bit % 8);
                payload
            });
            check(flipped.chain([plain.clone()]));
        }
    }
}

#[test]
fn the_length_counts() {
    for ground in [0x00, 0xff] {
        check((0..2000).map(|length| vec![ground; length]));
    }
}

#[test]
fn the_place_counts() {
    let words: Vec<[u8; 8]> = (0..48_u64).map(|word| (word * 3).to_le_bytes()).collect();
    let swapped = (0..words.len()).flat_map(|a| (0..a).map(move |b| (a, b))).map(|(a, b)| {
        let mut words = words.clone();
        words.swap(a, b);
        words.concat()
    });
    check(swapped.chain([words.concat()]));
}

/// A word that makes a factor of the multiplication 0 hides neither its neighbour nor what was before.
#[test]
fn a_zero_hides_nothing() {
    let plain = KEY.to_le_bytes().repeat(24);
    for at in 0..plain.len() {
        for byte in 1..=255 {
            let mut changed = plain.clone();
            changed[at] ^= byte;
            check([plain.clone(), changed]);
        }
    }
}
