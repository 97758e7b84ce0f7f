//! Where tags go on, when the reader has lost its place.
//!
//! Every position is a candidate; the one whose chain is proved by the fewest bytes of input wins. So a false header
//! that claims megabytes does not hold up the true one behind it. All is done in the order of the input bytes that it
//! needs, never by what happens to be here: the outcome does not depend on how the network cut the stream.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::chain::{Chain, Header, TAG_HEADER_BYTES, Verdict};
use super::window::{Window, widen};

/// A chain must be proved within so many bytes: two key frames of the largest streams there are.
pub(super) const LOOK_AHEAD: u64 = 4 << 20;

/// So many candidates are followed at a time. In media bytes a handful are alive; only hostile input has more.
const MOST_CANDIDATES: usize = 4096;

/// A nonzero StreamID of an unknown stream is believed below this; live servers that fill it write 1.
const LARGEST_STREAM_ID: u32 = 0xff;

/// A search for the next chain of tags.
#[derive(Debug)]
pub(super) struct Search {
    /// Next position to look at.
    scan: u64,
    /// Chains end before this.
    limit: u64,
    /// By the input offset that each needs next, then by position.
    candidates: BinaryHeap<Reverse<(u64, Chain)>>,
}

/// How far a search has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Tags (or an FLV header and tags) go on here.
    At(u64),
    /// Not here yet.
    Wants,
    /// Nowhere, as far as was to be looked.
    Nowhere,
}

impl Search {
    /// Looks at every position from `scan` on.
    pub(super) fn from(scan: u64) -> Search {
        Search { scan, limit: u64::MAX, candidates: BinaryHeap::new() }
    }

    /// The same, for chains that end by `limit`.
    pub(super) fn within(scan: u64, limit: u64) -> Search {
        Search { scan, limit, candidates: BinaryHeap::new() }
    }

    /// Looks at every position from `at` on, and gives `at` itself the benefit of the doubt: whatever its type.
    pub(super) fn doubting(at: u64) -> Search {
        let mut search = Search::from(at.saturating_add(1));
        search.candidates.push(Reverse((at.saturating_add(TAG_HEADER_BYTES), Chain::expected(at))));
        search
    }

    /// Nothing before this is needed any more.
    pub(super) fn keeps_from(&self) -> u64 {
        self.scan.saturating_sub(LOOK_AHEAD)
    }

    /// Goes on with what is here, up to the position `last`.
    pub(super) fn go_on(&mut self, window: &Window, last: u64) -> Found {
        loop {
            let wanted = self.candidates.peek().map_or(u64::MAX, |Reverse((wanted, _))| *wanted);
            let scan_until = wanted.min(window.end()).min(self.limit).checked_sub(TAG_HEADER_BYTES);
            if let Some(found) = scan_until.and_then(|until| self.scan(window, until.min(last))) {
                return found;
            }
            if self.scan > last {
                return Found::Nowhere;
            }
            // A new candidate may want less than the one before.
            let Some(Reverse((wanted, mut chain))) = self.candidates.peek().copied() else {
                return Found::Wants;
            };
            if wanted > window.end() {
                if scan_until.is_none_or(|until| self.scan > until) {
                    return Found::Wants;
                }
                continue;
            }
            self.candidates.pop();
            let limit = self.limit.min(chain.start.saturating_add(LOOK_AHEAD));
            match chain.judge(window, wanted, limit) {
                Verdict::Holds => return Found::At(chain.start),
                Verdict::Breaks => {}
                Verdict::Wants(offset) => self.candidates.push(Reverse((offset, chain))),
            }
        }
    }

    /// The input has ended: the first candidate that reaches to its end. The one at `trusted` needs no proof, unless
    /// there is one with proof that does not follow from it.
    pub(super) fn at_end(&mut self, window: &Window, trusted: Option<u64>) -> Option<u64> {
        let mut chains: Vec<Chain> = self.candidates.drain().map(|Reverse((_, chain))| chain).collect();
        chains.sort_unstable();
        let (trusted, others): (Vec<Chain>, Vec<Chain>) =
            chains.into_iter().partition(|chain| Some(chain.start) == trusted);
        let proved = others.iter().find(|chain| chain.holds_at_end(window));
        let trusted = trusted.first().filter(|chain| match proved {
            Some(proved) => chain.tags() > 1 || chain.tags() == 1 && chain.next() == proved.start,
            None => chain.tags() > 0 || chain.holds_at_end(window),
        });
        trusted.or(proved).map(|chain| chain.start)
    }

    /// Looks at the positions up to `until`, or to the first that is a candidate.
    fn scan(&mut self, window: &Window, until: u64) -> Option<Found> {
        while self.scan <= until {
            let run = window.run_at(self.scan);
            if run.is_empty() {
                return None;
            }
            let most = usize::try_from(until.saturating_sub(self.scan)).unwrap_or(usize::MAX).saturating_add(1);
            let run = run.get(..most).unwrap_or(run);
            let Some(skipped) = run.iter().position(|byte| matches!(byte, 8 | 9 | 18 | b'F')) else {
                self.scan = self.scan.saturating_add(widen(run.len()));
                continue;
            };
            let at = self.scan.saturating_add(widen(skipped));
            self.scan = at.saturating_add(1);
            if is_whole_flv_header(window, at) {
                return Some(Found::At(self.ends_at(at).unwrap_or(at)));
            }
            if self.candidates.len() < MOST_CANDIDATES && is_candidate(window, at) {
                self.candidates.push(Reverse((at.saturating_add(TAG_HEADER_BYTES), Chain::new(at))));
                return None;
            }
        }
        None
    }

    /// The first candidate whose last tag ends just here.
    fn ends_at(&self, at: u64) -> Option<u64> {
        let chains = self.candidates.iter().map(|Reverse((_, chain))| chain);
        chains.filter(|chain| chain.tags() > 0 && chain.next() == at).map(|chain| chain.start).min()
    }
}

fn is_candidate(window: &Window, at: u64) -> bool {
    Header::read(window, at)
        .is_some_and(|header| header.track.is_some() && header.size > 0 && header.stream_id <= LARGEST_STREAM_ID)
}

/// Amid garbage only the header that everyone writes is believed: version 1, no odd flags, DataOffset 9.
fn is_whole_flv_header(window: &Window, at: u64) -> bool {
    let mut bytes = [0; 9];
    let [f, l, v, version, flags, offset @ ..] = match window.copy_to(at, &mut bytes) {
        true => bytes,
        false => return false,
    };
    [f, l, v, version] == *b"FLV\x01" && flags & !5 == 0 && offset == [0, 0, 0, 9]
}
