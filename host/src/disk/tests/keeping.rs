//! What is kept of a file until a sync has taken it, as text.

use std::fmt::Write;

use expect_test::{Expect, expect};

use super::syncs::grown;
use super::*;
use crate::disk::kept::{Kept, Tail};
use crate::disk::ring::Ring;

/// Words: `aaK` is a block of three bytes with a restart before `K`; `sync N`, `shed N` and `tail N` say what follows.
fn check(script: &str, expected: Expect) {
    let mut kept = Kept::behind(100);
    let mut told = String::new();
    for line in script.lines().map(str::trim) {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |place: usize| words.get(place).and_then(|word| word.parse().ok()).unwrap_or(0_u64);
        match words.as_slice() {
            ["sync", ..] => writeln!(told, "{line}: {} freed", bytes(&kept.synced(number(1)))).unwrap(),
            ["shed", ..] => {
                let gone = kept.shed(usize::try_from(number(1)).unwrap());
                writeln!(told, "{line}: {} gone", bytes(&gone)).unwrap();
            }
            ["tail", ..] => {
                let Tail { safe, from, blocks } = kept.tail(number(1));
                let texts: Vec<&str> = blocks.iter().map(|batch| std::str::from_utf8(batch).unwrap()).collect();
                writeln!(told, "{line}: {safe}, from {from} {}", texts.join("|")).unwrap();
            }
            batch => {
                let text = batch.concat();
                let restarts: Vec<usize> = text.match_indices(char::is_uppercase).map(|(at, _)| at).collect();
                kept.push(Bytes::copy_from_slice(text.as_bytes()), restarts.into_iter());
            }
        }
    }
    expected.assert_eq(&told);
}

fn bytes(batches: &[Bytes]) -> usize {
    batches.iter().map(Bytes::len).sum()
}

#[test]
fn from_the_restart_before_what_is_safe() {
    check(
        "Aaa
         aaBbb
         bbbCc
         ccc
         tail 100
         tail 104
         tail 106
         sync 106
         tail 106
         sync 114
         tail 114",
        expect![[r#"
            tail 100: 100, from 100 Aaa|aaBbb|bbbCc|ccc
            tail 104: 104, from 100 Aaa|aaBbb|bbbCc|ccc
            tail 106: 106, from 105 Bbb|bbbCc|ccc
            sync 106: 3 freed
            tail 106: 106, from 105 Bbb|bbbCc|ccc
            sync 114: 5 freed
            tail 114: 114, from 111 Cc|ccc
        "#]],
    );
}

#[test]
fn memory_that_is_short_takes_the_oldest() {
    check(
        "Aaa
         aaaBbb
         bb
         shed 2
         tail 102
         shed 5
         tail 102
         Ccc
         tail 102",
        expect![[r#"
            shed 2: 3 gone
            tail 102: 102, from 106 Bbb|bb
            shed 5: 6 gone
            tail 102: 102, from 111 
            tail 102: 102, from 111 Ccc
        "#]],
    );
}

/// Nothing that could begin a file: it is of no use, and not kept beyond its sync.
#[test]
fn without_a_restart() {
    check(
        "aaa
         aaa
         tail 100
         sync 103
         sync 106
         tail 106",
        expect![[r#"
            tail 100: 100, from 106 
            sync 103: 3 freed
            sync 106: 3 freed
            tail 106: 106, from 106 
        "#]],
    );
}

/// Pushes so many pieces of 1 MiB; gives how many are kept then.
fn pour(kept: &mut Kept, pieces: usize) -> usize {
    let piece = Bytes::from(vec![0; 1 << 20]);
    for _ in 0..pieces {
        kept.push(piece.clone(), [0].into_iter());
        let excess = kept.excess();
        kept.shed(excess);
    }
    kept.tail(0).blocks.len()
}

#[test]
fn little_of_a_file_that_outruns_the_syncs() {
    let mut kept = Kept::behind(0);
    assert_eq!(pour(&mut kept, 16), 16);
    assert_eq!(pour(&mut kept, 1), 3);
    assert_eq!(pour(&mut kept, 20), 3);
    // It still outran this one; the next takes all that has come since.
    kept.synced(37 << 20);
    assert_eq!(pour(&mut kept, 9), 3);
    kept.synced(46 << 20);
    assert_eq!(pour(&mut kept, 15), 16);
}

/// Memory that is free again is used for the next batch, and what is kept and what is free are never more than there is.
#[test]
fn memory_is_used_again() {
    let ring = Ring::of(4 * BLOCK);
    let full = || {
        let mut block = ring.block();
        block.resize(BLOCK - 1, 7);
        block.freeze()
    };
    let (first, second) = (full(), full());
    let place = first.as_ptr();
    ring.spent(vec![first]);
    // Another holder: the writer has it yet.
    let held = second.clone();
    ring.spent(vec![second, Bytes::from_static(b"not ours")]);
    let again = full();
    assert_eq!(again.as_ptr(), place);
    assert_ne!(full().as_ptr(), held.as_ptr());
    // There is no room for it beside what is kept.
    assert_eq!([ring.took(4 * BLOCK), ring.took(7)], [0, 7]);
    ring.spent(vec![again]);
    ring.freed(4 * BLOCK + 7);
    ring.spent(vec![held]);
    assert_ne!(full().as_ptr(), full().as_ptr());
}

/// Where nothing is kept for a sync, the memory of a batch is free when it is written, and is the next batch's.
#[test]
fn memory_is_used_again_as_soon_as_it_is_written() {
    let (temp, ring) = (Temp::new(), Arc::new(Ring::default()));
    let open = grown(&temp, std::fs::File::create(temp.0.join("x.flv")).unwrap());
    open.kept().begin(&ring, false);
    let (mut places, mut others) = (std::collections::HashSet::new(), Vec::new());
    for byte in 0..20 {
        let mut block = ring.block();
        block.resize(BLOCK, byte);
        let batch = vec![block.freeze()];
        places.insert(batch[0].as_ptr());
        open.kept().push(&batch, &[]);
        open.append(batch);
        // Takes the place of a block that was given back to the allocator.
        others.push(Vec::<u8>::with_capacity(BLOCK));
    }
    assert_eq!(places.len(), 1);
    assert_eq!(std::fs::read(temp.0.join("x.flv")).unwrap().len(), 20 * BLOCK);
}
