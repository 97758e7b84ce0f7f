//! What counts as lost, and how it is summed up.

use lyrebird_flv::{Cause, Note, NoteKind};

use super::{Tally, Verdict};

/// How much of the input had been read.
const READ: u64 = 10_000;

#[track_caller]
fn check(note: Note, expected: Verdict) {
    let mut tally = Tally::default();
    tally.note(&note, Some(0), READ);
    assert_eq!(tally.verdict(), expected, "{note:?}");
}

fn note(kind: NoteKind, offset: u64, tags: u64, bytes: u64) -> Note {
    Note { tags, bytes, ..Note::repair(kind, offset, 0) }
}

#[test]
fn what_is_lost() {
    assert_eq!(Tally::default().verdict(), Verdict::Clean);
    check(note(NoteKind::Garbage, 500, 0, 50), Verdict::Lossy);
    check(note(NoteKind::Unconfigured, 500, 3, 900), Verdict::Lossy);
    check(note(NoteKind::Repeat, 500, 3, 900), Verdict::Repaired);
    check(note(NoteKind::BeforeKeyFrame, 500, 3, 900), Verdict::Repaired);
    // The rest of a tag, and the PreviousTagSize of one.
    check(note(NoteKind::HeaderMissing, 0, 0, 700), Verdict::Lossy);
    check(note(NoteKind::HeaderMissing, 0, 0, 4), Verdict::Repaired);
    // A last tag, and the PreviousTagSize behind one.
    check(note(NoteKind::Truncated, READ - 100, 0, 100), Verdict::Lossy);
    check(note(NoteKind::Truncated, READ - 100, 0, 2), Verdict::Repaired);
    // An encrypted tag, and three empty ones.
    check(note(NoteKind::TagSkipped, 500, 1, 700), Verdict::Lossy);
    check(note(NoteKind::TagSkipped, 500, 3, 6), Verdict::Repaired);
}

#[test]
fn sums_and_gaps() {
    let mut tally = Tally::default();
    let jump = |offset| Note { gap: Some((Cause::Jump, 900)), ..note(NoteKind::Jump, offset, 0, 0) };
    tally.note(&note(NoteKind::Garbage, 500, 0, 50), None, READ);
    tally.note(&jump(550), Some(0), READ);
    tally.note(&jump(5_000), Some(1), READ);
    let gaps: Vec<_> = tally.gaps.iter().map(|gap| (gap.output, gap.cause, gap.lost_ms, gap.offset)).collect();
    assert_eq!(gaps, [(Some(0), "jump", 900, 550), (Some(1), "jump", 900, 5_000)]);
    assert_eq!(tally.repairs, [("garbage", 1), ("jump", 2)]);
    assert_eq!((tally.lost_tags, tally.lost_bytes), (1, 50));
}
