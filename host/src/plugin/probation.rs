//! Whether a build that has just come is worth keeping: a count of what its calls gave, and what the build before it
//! could do. Pure: whoever calls it says what time it is.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use sha2::{Digest, Sha256};

/// Calls that gave something, after which a build is kept.
const CALLS: u32 = 10;

/// Time after which it is kept, however few there were.
const TIME: Duration = Duration::from_secs(600);

/// Strikes of one export in a row that end it.
const STRIKES: usize = 3;

/// Rooms of one plugin that are remembered as read: more than anybody watches of one platform, 160 KiB at most.
const ROOMS: usize = 20_000;

/// What a call, or one room's part of it, said of the build that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// It gave an answer that makes sense; about this room, where it was about one.
    Answer(Option<String>),
    /// It could not read what the platform said about this room.
    Unread(String, String),
    /// It is to blame, whatever the platform said; the text says for what.
    Strike(String),
    /// Nothing: the platform, the network or the host had the word.
    Nothing,
}

/// What a build has shown so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Health {
    /// Strikes since its last answer.
    streak: u32,
    answers: u32,
    read: HashSet<u64>,
}

impl Health {
    /// What an earlier run has seen of a build that was good: rooms that it could read.
    pub(super) fn remembered(read: HashSet<u64>) -> Health {
        Health { read, ..Health::default() }
    }

    /// Takes what a call said, room by room: an unread room that was read before is as good as a strike.
    pub(super) fn hear(&mut self, call: &[Mark]) {
        let (mut answered, mut struck) = (false, false);
        for said in call {
            match said {
                Mark::Answer(room) => {
                    answered = true;
                    if let Some(room) = room.as_deref().filter(|_| self.read.len() < ROOMS) {
                        self.read.insert(print(room));
                    }
                }
                Mark::Unread(room, _) => struck |= self.read.remove(&print(room)),
                Mark::Strike(_) => struck = true,
                Mark::Nothing => {}
            }
        }
        self.answers = self.answers.saturating_add(u32::from(answered));
        self.streak = if answered { 0 } else { self.streak.saturating_add(u32::from(struck)) };
    }

    /// Whether it was well when it was last called.
    pub(super) fn is_well(&self) -> bool {
        self.streak == 0
    }

    /// Whether it has ever given an answer.
    pub(super) fn has_answered(&self) -> bool {
        self.answers > 0
    }

    /// The rooms that it can read, for [`Health::remembered`]; none where it was not well when it was last called.
    pub(super) fn rooms(&self) -> HashSet<u64> {
        if self.is_well() { self.read.clone() } else { HashSet::new() }
    }

    /// Whether it could read what the platform says about this room.
    fn could_read(&self, room: &str) -> bool {
        self.read.contains(&print(room))
    }
}

/// The same in every run; what it was made of, which may be a signed URL, cannot be found from it.
fn print(room: &str) -> u64 {
    Sha256::digest(room).iter().take(8).fold(0, |print, byte| (print << 8) | u64::from(*byte))
}

/// What is decided about a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ruling {
    /// It is not known yet.
    Open,
    /// It is kept.
    Passed,
    /// The build before it answers again; the text says what it did.
    Failed(String),
}

/// A build's first calls.
#[derive(Clone, Debug)]
pub(super) struct Probation {
    since: Duration,
    answers: u32,
    /// Of each export that strikes now.
    rows: BTreeMap<&'static str, Row>,
}

/// An export's strikes since its last answer.
#[derive(Clone, Debug, Default)]
struct Row {
    strikes: Vec<String>,
    last: Duration,
}

impl Probation {
    /// Begins at this moment.
    pub(super) fn begin(now: Duration) -> Probation {
        Probation { since: now, answers: 0, rows: BTreeMap::new() }
    }

    /// One call of an export, room by room. `before` is what the build before it has shown, where there is one to go back
    /// to.
    ///
    /// A strike is a call: one answer of the platform that cannot be read speaks once, for however many rooms it was. And
    /// what a call says of other rooms takes nothing back: a build that has lost some of them is worse than the one before.
    /// Nor does what another export answers: one that finds streams and cannot tell any more who is live is no good.
    pub(super) fn hear(
        &mut self,
        export: &'static str,
        call: &[Mark],
        before: Option<&Health>,
        now: Duration,
    ) -> Ruling {
        let mut strikes = call.iter().filter_map(|said| match said {
            Mark::Strike(why) => Some(why),
            Mark::Unread(room, why) if before.is_some_and(|before| before.could_read(room)) => Some(why),
            Mark::Unread(..) | Mark::Answer(_) | Mark::Nothing => None,
        });
        if let Some(why) = strikes.next() {
            let row = self.rows.entry(export).or_default();
            row.strikes.push(why.clone());
            row.last = now;
            if before.is_some_and(Health::is_well) && row.strikes.len() >= STRIKES {
                return Ruling::Failed(format!("{STRIKES} strikes in a row: {}", distinct(&row.strikes)));
            }
            // There is nothing to go back to: the last ones tell as much as all of them.
            row.strikes.truncate(STRIKES);
        } else if call.iter().any(|said| matches!(said, Mark::Answer(_))) {
            // What is asked for once in a while must not hold against it for ever that it failed once.
            self.rows.retain(|struck, row| *struck != export && now.saturating_sub(row.last) < TIME);
            self.answers = self.answers.saturating_add(1);
        }
        self.look(now)
    }

    /// Whether it has lasted long enough.
    pub(super) fn look(&self, now: Duration) -> Ruling {
        let is_long = self.answers >= CALLS || now.saturating_sub(self.since) >= TIME;
        // One that has begun to fail is not let go.
        if is_long && self.rows.is_empty() { Ruling::Passed } else { Ruling::Open }
    }
}

/// Each once, in order.
fn distinct(texts: &[String]) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for text in texts {
        if !seen.contains(&text.as_str()) {
            seen.push(text);
        }
    }
    seen.join("; ")
}

#[cfg(test)]
mod tests;
