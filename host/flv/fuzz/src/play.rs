//! The engine, driven as a recording drives it.

use bytes::Bytes;
use lyrebird_flv::{Fault, Item, Options, Reader, Remuxer, Step};

use crate::Plan;

/// What became of an input.
#[derive(Debug, Default, PartialEq)]
pub struct Played {
    /// What the reader gave.
    pub items: Vec<Item>,
    /// What the remuxer made of it.
    pub steps: Vec<Step>,
    /// What ended each connection that no engine can mend.
    pub faults: Vec<Fault>,
}

/// Plays the connections one behind the other, each in these chunks.
pub fn play(connections: impl IntoIterator<Item = Vec<Bytes>>, plan: &Plan) -> Played {
    let mut reader = Reader::new();
    let mut remuxer = Remuxer::new(Options { repeats: plan.repeats, ..Options::default() });
    let mut played = Played::default();
    for (number, chunks) in connections.into_iter().enumerate() {
        if number > 0 {
            reader.reconnected();
            remuxer.reconnected(plan.dark_ms);
        }
        for chunk in chunks {
            reader.push(chunk);
            take(&mut played, &mut remuxer, || reader.next());
        }
        take(&mut played, &mut remuxer, || reader.finish());
    }
    remuxer.finish(&mut played.steps);
    played.faults.dedup();
    played
}

fn take(played: &mut Played, remuxer: &mut Remuxer, mut next: impl FnMut() -> Result<Option<Item>, Fault>) {
    loop {
        match next() {
            Ok(Some(item)) => {
                played.items.push(item.clone());
                remuxer.push(item, &mut played.steps);
            }
            Ok(None) => return,
            Err(fault) => return played.faults.push(fault),
        }
    }
}
