use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::*;
use crate::model::Broadcast;

fn row(id: u32) -> SessionRow {
    SessionRow {
        id: id.to_string(),
        platform: String::from("site"),
        room: String::from("7"),
        input: String::from("https://site/7"),
        broadcast: Broadcast::default(),
        owner: String::from("run"),
        started_at: SystemTime::UNIX_EPOCH + Duration::from_secs(id.into()),
        seen_at: SystemTime::UNIX_EPOCH,
        ended_at: None,
        why: None,
        folder: None,
        stem: None,
        number: 0,
    }
}

fn key() -> RoomKey {
    RoomKey { platform: String::from("site"), id: String::from("7") }
}

fn left_open(count: u32) -> Kept {
    let kept = Kept::default();
    kept.change(|state| state.rows = (1..=count).map(|id| (row(id), SystemTime::UNIX_EPOCH)).collect());
    kept.entering("https://site/7");
    kept
}

#[test]
fn a_session_waits_for_every_room_that_may_be_its_own() {
    let kept = left_open(2);
    assert_eq!(kept.unclaimed(), Vec::<String>::new());
    let claimed = kept.claim(&key(), "https://site/7").map(|(row, _)| row.id);
    assert_eq!(claimed.as_deref(), Some("2"), "the newest goes on");
    assert_eq!(kept.unclaimed(), ["1"], "only one can");
    assert_eq!(kept.unclaimed(), Vec::<String>::new(), "given out once");
}

/// A room that claims its session finds it, whoever looks at the same moment for those that nobody will claim.
#[test]
fn a_sweep_takes_no_session_from_the_room_that_claims_it() {
    for _ in 0..2_000 {
        let (kept, both, is_claimed) = (left_open(1), Barrier::new(2), AtomicBool::new(false));
        std::thread::scope(|scope| {
            let sweep = scope.spawn(|| {
                let mut taken = Vec::new();
                both.wait();
                while !is_claimed.load(Ordering::Acquire) {
                    taken.extend(kept.unclaimed());
                }
                taken
            });
            both.wait();
            let claimed = kept.claim(&key(), "https://site/7");
            is_claimed.store(true, Ordering::Release);
            assert_eq!(sweep.join().unwrap(), Vec::<String>::new());
            assert!(claimed.is_some());
        });
    }
}
