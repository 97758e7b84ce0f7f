//! What is kept of a file until a sync has taken it, as text.

use std::fmt::Write;

use bytes::Bytes;
use expect_test::{Expect, expect};

use crate::disk::kept::{Kept, Tail};
use crate::disk::ring::Ring;

/// Words: `aaK` is a batch of three bytes with a restart before `K`; `sync N`, `shed N` and `tail N` say what follows.
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
                let Tail { safe, from, batches } = kept.tail(number(1));
                let texts: Vec<&str> = batches.iter().map(|batch| std::str::from_utf8(batch).unwrap()).collect();
                writeln!(told, "{line}: {safe}, from {from} {}", texts.join("|")).unwrap();
            }
            batch => {
                let text = batch.concat();
                let restarts: Vec<usize> = text.match_indices(char::is_uppercase).map(|(at, _)| at).collect();
                kept.push(Bytes::copy_from_slice(text.as_bytes()), &restarts);
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

/// Memory that is free again is used for the next batch, and what is kept and what is free are never more than there is.
#[test]
fn memory_is_used_again() {
    let ring = Ring::of(1000);
    let full = |ring: &Ring, room: usize| {
        let mut piece = ring.memory(room);
        piece.resize(room, 7);
        piece.freeze()
    };
    let (first, second) = (full(&ring, 400), full(&ring, 400));
    let place = first.as_ptr();
    ring.spent(first);
    // Another holder: the writer has it yet.
    let held = second.clone();
    ring.spent(second);
    let again = full(&ring, 300);
    assert_eq!(again.as_ptr(), place);
    assert_ne!(full(&ring, 400).as_ptr(), held.as_ptr());
    // Much too large for what is asked for.
    ring.spent(again);
    assert_ne!(full(&ring, 10).as_ptr(), place);
    assert_eq!(full(&ring, 400).as_ptr(), place);
    // There is no room for it beside what is kept.
    assert_eq!(ring.took(900), 0);
    ring.spent(held);
    ring.freed(900);
    assert!(ring.memory(400).capacity() >= 400);
}
