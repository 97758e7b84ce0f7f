//! A bounded list of faults.

use std::collections::BTreeMap;

/// Something in a file that should be otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// One word for machines: the names of [`NoteKind`](crate::NoteKind), and those of [`Report::faults`].
    ///
    /// [`Report::faults`]: super::Report::faults
    pub kind: &'static str,
    /// Where in the file.
    pub offset: u64,
    /// When: the media time of the file, unwrapped.
    pub at_ms: u64,
    /// For people.
    pub detail: String,
}

/// Findings of one kind that are kept. A file that was recorded with a bad clock has one at each key frame.
const KEPT_OF_A_KIND: u64 = 100;

#[derive(Debug, Default)]
pub(super) struct Faults {
    kept: Vec<Finding>,
    counts: BTreeMap<&'static str, u64>,
}

impl Faults {
    pub(super) fn tell(&mut self, kind: &'static str, offset: u64, at_ms: u64, detail: String) {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        if *count <= KEPT_OF_A_KIND {
            self.kept.push(Finding { kind, offset, at_ms, detail });
        }
    }

    /// What was kept, in the order of the file, and how many there were of each kind.
    pub(super) fn into_parts(mut self) -> (Vec<Finding>, Vec<(&'static str, u64)>) {
        self.kept.sort_by_key(|finding| finding.offset);
        (self.kept, self.counts.into_iter().collect())
    }
}
