use super::*;
use crate::clock::Clock;
use crate::store::tests::Folder;

fn room(id: &str) -> Arc<RoomKey> {
    Arc::new(RoomKey { platform: String::from("p"), id: id.to_owned() })
}

/// The story as lines: seconds from..to, how often, what, detail.
async fn told(store: &Store, id: &str) -> Vec<String> {
    let second = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let line = |row: StoryRow| {
        format!("{}..{} ×{} {}: {}", second(row.at), second(row.last_at), row.count, row.what, row.detail)
    };
    store.stories("p", id).await.unwrap().into_iter().map(line).collect()
}

#[tokio::test]
async fn what_repeats_itself_is_counted() {
    let (folder, clock) = (Folder::new(), Clock::manual(SystemTime::UNIX_EPOCH));
    let store = Store::open_with(&folder.0, clock.clone());
    let after = |seconds: u64| clock.advance(Duration::from_secs(seconds));
    store.story(&room("1"), "check", "offline");
    store.story(&room("1"), "wait", "30 s");
    store.story(&room("2"), "check", "offline");
    for _ in 0..5 {
        after(10);
        store.story(&room("1"), "check", "offline");
    }
    assert_eq!(told(&store, "1").await, ["0..0 ×1 check: offline", "0..0 ×1 wait: 30 s"], "not a write for each");
    after(10);
    store.story(&room("1"), "check", "offline");
    assert_eq!(told(&store, "1").await[0], "0..0 ×1 check: offline", "it waits for others");
    after(10);
    store.story(&room("1"), "check", "offline");
    assert_eq!(told(&store, "1").await, ["0..0 ×1 wait: 30 s", "0..70 ×8 check: offline"], "and not for long");
    after(10);
    store.story(&room("1"), "check", "offline");
    store.story(&room("1"), "check", "live");
    after(5);
    store.story(&room("1"), "check", "live");
    let expected = ["0..0 ×1 wait: 30 s", "0..80 ×9 check: offline", "80..80 ×1 check: live"];
    assert_eq!(told(&store, "1").await, expected, "the last count is told with the change");
    store.close().await;
    let again = Store::open_with(&folder.0, clock);
    assert_eq!(told(&again, "1").await[2], "80..85 ×2 check: live", "the end tells what was counted");
    assert_eq!(told(&again, "2").await, ["0..0 ×1 check: offline"]);
}

#[test]
fn what_repeats_itself_in_many_rooms_is_written_together() {
    let (mut pad, now) = (Pad::default(), SystemTime::UNIX_EPOCH);
    let rooms: Vec<_> = (0..200).map(|number| room(&number.to_string())).collect();
    let mut look = |passed: u32, detail: &str| -> Vec<usize> {
        let tell = |room| {
            let news = pad.tell(room, "check", detail, (now, passed));
            news.iter().for_each(|news| pad.handed_over(&news.room, news.id, passed));
            news.len()
        };
        rooms.iter().map(tell).filter(|lines| *lines > 0).collect()
    };
    assert_eq!(look(0, "offline"), [1; 200], "what is new is written at once");
    assert_eq!(look(30, "offline"), [0; 0]);
    assert_eq!(look(60, "offline"), [64, 64, 64]);
    // The other eight, with what is written next.
    let mut last = vec![9];
    last.extend([1; 199]);
    assert_eq!(look(65, "live"), last);
}

#[tokio::test]
async fn a_room_keeps_its_last_lines() {
    let (folder, clock) = (Folder::new(), Clock::manual(SystemTime::UNIX_EPOCH));
    let store = Store::open_with(&folder.0, clock.clone());
    for second in 0..250 {
        store.story(&room("1"), "check", &format!("{second} {}", "x".repeat(2_000)));
        clock.advance(Duration::from_secs(1));
        // The line is handed over without waiting: this waits for it.
        store.kv_get("a", "k").await.unwrap();
    }
    let lines = told(&store, "1").await;
    assert_eq!(lines.len(), 200);
    assert!(lines[0].starts_with("50..50 ×1 check: 50 x"), "{}", lines[0]);
    assert!(lines[0].len() < 1_100);
}

#[tokio::test]
async fn a_teller_never_waits() {
    let folder = Folder::new();
    let place = folder.0.join("file");
    std::fs::write(&place, "x").unwrap();
    let store = Store::open(&place);
    for line in 0..10_000 {
        store.story(&room("1"), "check", &line.to_string());
    }
    assert!(store.stories("p", "1").await.is_err());
}
