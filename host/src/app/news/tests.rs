use std::time::SystemTime;

use serde_json::json;

use super::*;
use crate::clock::Clock;
use crate::event::{self, Kind, new_id};
use crate::model::{Broadcast, RoomKey};
use crate::store::{Filter, SessionRow};

fn session(clock: &Clock) -> SessionRow {
    SessionRow {
        id: String::from("s1"),
        platform: String::from("p"),
        room: String::from("7"),
        input: String::new(),
        broadcast: Broadcast::default(),
        owner: String::from("run"),
        started_at: clock.now(),
        seen_at: clock.now(),
        ended_at: None,
        why: None,
        folder: None,
        stem: None,
        number: 0,
    }
}

#[tokio::test]
async fn what_history_keeps_is_written_at_once_and_other_events_together() {
    let dir = std::env::temp_dir().join(format!("lyrebird-news-{}", new_id()));
    let clock = Clock::manual(SystemTime::UNIX_EPOCH);
    let store = Store::open_with(&dir, clock.clone());
    store.session_opened(&session(&clock)).await.unwrap();
    let (events, queue) = event::queue();
    let hearers = Hearers { store: store.clone(), ledger: Arc::default(), clock: clock.clone() };
    let task = tokio::spawn(tell(queue, hearers));
    let room = RoomKey { platform: String::from("p"), id: String::from("7") };
    let send = |kind: Kind, at: u32| {
        let data = json!({ "cause": "stall", "at_ms": at, "lost_ms": 1 });
        events.send(Event::now(&clock, kind, Some(&room), Some("s1"), data));
    };
    let gaps = || async { store.history(Filter::All, 1).await.unwrap()[0].gaps.len() };
    let all = || async { store.events_of("p", "7", None, 10_000).await.unwrap().len() };
    send(Kind::ReceptionEnded, 0);
    // So that it has been taken in: it waits for more, but not for long.
    tokio::task::yield_now().await;
    assert_eq!(all().await, 0);
    clock.advance(GATHERED);
    tokio::task::yield_now().await;
    assert_eq!(all().await, 1);
    send(Kind::Gap, 1);
    tokio::task::yield_now().await;
    assert_eq!(gaps().await, 1, "a kill would lose it");
    for at in 2..1_000 {
        send(Kind::Gap, at);
    }
    drop(events);
    task.await.unwrap();
    assert_eq!((gaps().await, all().await), (999, 1_000), "all is there when the last sender is gone");
    store.close().await;
    std::fs::remove_dir_all(dir).ok();
}

#[tokio::test]
async fn a_database_that_does_not_work_holds_nobody_up() {
    let file = std::env::temp_dir().join(format!("lyrebird-news-{}", new_id()));
    std::fs::write(&file, "x").unwrap();
    let (events, queue) = event::queue();
    let hearers = Hearers { store: Store::open(&file), ledger: Arc::default(), clock: Clock::system() };
    let task = tokio::spawn(tell(queue, hearers));
    for _ in 0..2_000 {
        events.send(Event::now(&Clock::system(), Kind::Gap, None, None, json!({})));
    }
    drop(events);
    tokio::time::timeout(Duration::from_secs(20), task).await.unwrap().unwrap();
    std::fs::remove_file(file).ok();
}
