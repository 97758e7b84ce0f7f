//! The recorder is there: as long as it runs, it receives each room or asks for it again and again.

use std::time::Duration;

use super::{AFTER_FULL, Case, Verdict};

/// The longest time without a connection or an attempt: what a server asks for, or the pauses that grow.
const LONGEST: Duration = Duration::from_secs(20);
/// A recorder that starts, or that has been frozen, needs a moment.
const START: Duration = Duration::from_secs(10);

pub(super) fn check(case: &Case<'_>, verdict: &mut Verdict) {
    for life in &case.fate.lives {
        let mut there = life.from;
        for connection in case.past.connections.iter().filter(|one| one.came >= life.from && one.came <= life.until) {
            absent(case, there, connection.came, life.from, verdict);
            there = there.max(connection.ended.unwrap_or(life.until));
        }
        absent(case, there, life.until, life.from, verdict);
    }
}

fn absent(case: &Case<'_>, from: Duration, until: Duration, start: Duration, verdict: &mut Verdict) {
    let mut from = if from == start { from + START } else { from };
    for frozen in &case.fate.frozen {
        if from <= frozen.1 && until >= frozen.0 {
            from = from.max(frozen.1);
        }
    }
    let is_full = case.fate.full.iter().any(|full| from <= full.1 + AFTER_FULL && until >= full.0);
    let absent = until.saturating_sub(from);
    if absent > LONGEST && !is_full {
        let (at, absent) = (from.as_secs_f64(), absent.as_secs_f64());
        verdict.findings.push(format!("nobody asked for the room for {absent:.1} s from {at:.1} s on"));
    }
}
