use std::time::Duration;

use serde_json::Value;

use super::*;
use crate::event::new_id;
use crate::model::Broadcast;
use crate::store::{Filter, PastSegment, SessionRow};

fn sidecar(session: &str, state: State, bytes: u64) -> Vec<u8> {
    Sidecar { session: session.to_owned(), state, bytes, last_ms: Some(4_000), ..Sidecar::default() }.to_json()
}

/// Of four files that the history takes for growing one is whole, and nobody has noted it.
#[tokio::test]
async fn a_file_whose_end_nobody_noted_is_found() {
    let dir = std::env::temp_dir().join(format!("lyrebird-finished-{}", new_id()));
    std::fs::create_dir_all(&dir).unwrap();
    let clock = Clock::system();
    let store = Store::open_with(&dir, clock.clone());
    let now = clock.now();
    let session = SessionRow {
        id: String::from("s1"),
        platform: String::from("p"),
        room: String::from("7"),
        input: String::new(),
        broadcast: Broadcast::default(),
        owner: String::from("run"),
        started_at: now,
        seen_at: now,
        ended_at: None,
        why: None,
        folder: None,
        stem: None,
        number: 0,
    };
    store.session_opened(&session).await.unwrap();
    let files = [
        ("whole.flv", sidecar("s1", State::Complete, 3)),
        ("other.flv", sidecar("s2", State::Complete, 3)),
        ("torn.flv", sidecar("s1", State::Complete, 4)),
        ("grows.flv.part", sidecar("s1", State::Recording, 3)),
    ];
    let room = RoomKey { platform: String::from("p"), id: String::from("7") };
    let mut opened = Vec::new();
    for (name, sidecar) in files {
        let file = dir.join(name.trim_end_matches(".part"));
        std::fs::write(dir.join(name), "FLV").unwrap();
        std::fs::write(file.with_extension("json"), sidecar).unwrap();
        let data = json!({ "file": file, "folder": "", "stem": name, "number": 1 });
        opened.push(Event::now(&clock, Kind::SegmentOpened, Some(&room), Some("s1"), data));
    }
    store.note_events(opened).await.unwrap();
    clock.sleep(Duration::from_millis(2)).await;
    note_finished(&store, &clock).await;
    let segments = store.history(Filter::All, 1).await.unwrap().remove(0).segments;
    let done: Vec<&PastSegment> = segments.iter().filter(|one| one.state != "recording").collect();
    assert_eq!(segments.len(), 4);
    assert_eq!(done.len(), 1, "{done:?}");
    assert!(done[0].file.ends_with("whole.flv"));
    let facts = (done[0].bytes, done[0].duration_ms, Value::from(done[0].state.as_str()));
    assert_eq!(facts, (3, 4_000, Value::from("complete")));
    store.close().await;
    std::fs::remove_dir_all(dir).unwrap();
}
