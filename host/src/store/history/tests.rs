use std::time::{Duration, UNIX_EPOCH};

use serde_json::json;

use super::*;
use crate::clock::Clock;
use crate::event::{Event, Kind};
use crate::model::{Broadcast, RoomKey};
use crate::store::tests::Folder;
use crate::store::{KnownRoom, NoticeRow, Owing, SessionRow};

const HOUR: Duration = Duration::from_secs(3_600);

fn clock() -> Clock {
    Clock::manual(UNIX_EPOCH + 1_000_000 * HOUR / 2)
}

fn session(id: &str, room: &str, clock: &Clock) -> SessionRow {
    SessionRow {
        id: id.to_owned(),
        platform: String::from("p"),
        room: room.to_owned(),
        input: format!("https://p.test/{room}"),
        broadcast: Broadcast { streamer: format!("Ann {room}"), ..Broadcast::default() },
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

fn event(clock: &Clock, kind: Kind, session: &str, data: Value) -> Event {
    let room = RoomKey { platform: String::from("p"), id: String::from("1") };
    Event::now(clock, kind, Some(&room), Some(session), data)
}

fn notice(session: &str, target: &str, state: &str, clock: &Clock) -> NoticeRow {
    NoticeRow {
        session: session.to_owned(),
        target: target.to_owned(),
        plugin: String::from("teller"),
        event: String::from("{}"),
        state: state.to_owned(),
        receipt: None,
        wanted_at: clock.now(),
        doubted_at: None,
        announced_at: None,
        over_at: None,
        retracted_at: None,
    }
}

/// Ids of the sessions that a filter finds.
async fn found(store: &Store, filter: Filter) -> Vec<String> {
    store.history(filter, 10).await.unwrap().into_iter().map(|row| row.session).collect()
}

#[tokio::test]
async fn a_session_is_opened_seen_over_and_never_opened_again() {
    let (folder, clock) = (Folder::new(), clock());
    let store = Store::open_with(&folder.0, clock.clone());
    let row = session("s1", "1", &clock);
    store.session_opened(&row).await.unwrap();
    clock.advance(HOUR);
    store.session_opened(&session("s2", "2", &clock)).await.unwrap();
    store.session_seen("s1", clock.now()).await.unwrap();
    let named = SessionRow { stem: Some(String::from("x")), number: 3, seen_at: clock.now(), ..row.clone() };
    store.session_opened(&named).await.unwrap();
    assert_eq!(store.sessions_open().await.unwrap(), [named.clone(), session("s2", "2", &clock)]);

    store.session_over("s1", "offline", clock.now()).await.unwrap();
    clock.advance(HOUR);
    store.session_over("s1", "again", clock.now()).await.unwrap();
    store.session_opened(&row).await.unwrap();
    store.session_seen("s1", clock.now()).await.unwrap();
    assert_eq!(store.sessions_open().await.unwrap().len(), 1);
    let ended = store.history(Filter::All, 10).await.unwrap().remove(1);
    assert_eq!((ended.session.as_str(), ended.why.as_deref()), ("s1", Some("offline")));
}

/// Where a stream itself shows that a room is live, its first file is opened before its session is noted.
#[tokio::test]
async fn a_file_may_be_told_before_its_session() {
    let (folder, clock) = (Folder::new(), clock());
    let store = Store::open_with(&folder.0, clock.clone());
    let data =
        |number: u32| json!({ "file": format!("/r/a/x_{number}.flv"), "folder": "a", "stem": "x", "number": number });
    let place = async || {
        let row = store.sessions_open().await.unwrap().remove(0);
        (row.folder, row.stem, row.number)
    };
    let known = |number| (Some(String::from("a")), Some(String::from("x")), number);
    store.note_events(vec![event(&clock, Kind::SegmentOpened, "s1", data(1))]).await.unwrap();
    let row = session("s1", "1", &clock);
    store.session_opened(&row).await.unwrap();
    assert_eq!(place().await, known(1));
    // The next run takes it up, and its first file is the faster again.
    let kept = SessionRow { folder: Some(String::from("a")), stem: Some(String::from("x")), number: 1, ..row };
    store.note_events(vec![event(&clock, Kind::SegmentOpened, "s1", data(2))]).await.unwrap();
    store.session_opened(&kept).await.unwrap();
    assert_eq!(place().await, known(2));
}

#[tokio::test]
async fn history_tells_segments_gaps_and_notices() {
    let (folder, clock) = (Folder::new(), clock());
    let store = Store::open_with(&folder.0, clock.clone());
    store.session_opened(&session("s1", "https://p.test/live.flv?sign=secret", &clock)).await.unwrap();
    let closed = |file: &str, bytes: u32, state: &str| {
        let data = json!({ "file": file, "bytes": bytes, "duration_ms": bytes * 2, "state": state, "end": "cut" });
        event(&clock, Kind::SegmentClosed, "s1", data)
    };
    let events = vec![
        event(&clock, Kind::SegmentOpened, "s1", json!({ "file": "/r/b.flv", "why": "start" })),
        event(&clock, Kind::Gap, "s1", json!({ "cause": "stall", "at_ms": 5, "lost_ms": 70, "file": "/r/b.flv" })),
        closed("/r/b.flv.part", 3, "recording"),
        closed("/r/b.flv", 10, "complete"),
        closed("/r/b.flv.part", 4, "recording"),
        event(&clock, Kind::SegmentOpened, "s1", json!({ "file": "/r/thrown-away.flv", "why": "start" })),
        event(&clock, Kind::Repair, "s1", json!({ "kind": "repeat" })),
    ];
    store.note_events(events.clone()).await.unwrap();
    clock.advance(HOUR);
    store.note_events(vec![closed("/r/a.flv", 20, "recovered")]).await.unwrap();
    store.note_events(events).await.unwrap();
    let told = NoticeRow { announced_at: Some(clock.now()), ..notice("s1", "family", "told", &clock) };
    store.note_notice(&told).await.unwrap();

    let row = store.history(Filter::All, 10).await.unwrap().remove(0);
    let shown = serde_json::to_value(&row).unwrap();
    assert_eq!(shown["room"], "https://p.test/live.flv?sign=…");
    assert_eq!(shown["broadcast"]["streamer"], "Ann https://p.test/live.flv?sign=secret");
    assert_eq!((&shown["ended_at"], &shown["notices"][0]["retracted_at"]), (&Value::Null, &Value::Null));
    assert!(shown["notices"][0]["announced_at"].as_str().unwrap().starts_with("20"), "{shown:#}");
    assert_eq!(shown["gaps"], json!([{ "cause": "stall", "at_ms": 5, "lost_ms": 70 }]));
    let segment = |file: &str, bytes: u32, state: &str| json!({ "file": file, "bytes": bytes, "duration_ms": bytes * 2, "state": state });
    let whole = [segment("/r/b.flv", 10, "complete"), segment("/r/a.flv", 20, "recovered")];
    let growing = segment("/r/thrown-away.flv", 0, "recording");
    assert_eq!(shown["segments"], json!([whole[0], growing, whole[1]]));

    store.session_over("s1", "offline", clock.now()).await.unwrap();
    let over = serde_json::to_value(store.history(Filter::All, 10).await.unwrap().remove(0)).unwrap();
    assert_eq!(over["segments"], json!(whole), "a file without media was thrown away");
}

#[tokio::test]
async fn sessions_are_found_by_their_rooms() {
    let (folder, clock) = (Folder::new(), clock());
    let store = Store::open_with(&folder.0, clock.clone());
    for (id, room) in [("s1", "1"), ("s2", "2"), ("s3", "1"), ("s4", "%")] {
        store.session_opened(&session(id, room, &clock)).await.unwrap();
        clock.advance(HOUR);
    }
    let rooms = |ids: &[&str]| Filter::Rooms(ids.iter().map(|id| (String::from("p"), (*id).to_owned())).collect());
    assert_eq!(found(&store, Filter::All).await, ["s4", "s3", "s2", "s1"]);
    assert_eq!(found(&store, rooms(&["1"])).await, ["s3", "s1"]);
    assert_eq!(found(&store, rooms(&["1", "2"])).await, ["s3", "s2", "s1"]);
    assert_eq!(found(&store, rooms(&["%"])).await, ["s4"]);
    assert_eq!(found(&store, rooms(&["3"])).await, Vec::<String>::new());
    assert_eq!(found(&store, rooms(&[])).await, Vec::<String>::new());
    assert_eq!(store.history(Filter::All, 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn rooms_are_known_by_all_their_names() {
    let (folder, clock) = (Folder::new(), clock());
    let store = Store::open_with(&folder.0, clock.clone());
    let key = |platform: &str, id: &str| RoomKey { platform: platform.to_owned(), id: id.to_owned() };
    store.session_opened(&session("s1", "1", &clock)).await.unwrap();
    clock.advance(HOUR);
    let broadcast = Broadcast { streamer: String::from("Eve"), ..Broadcast::default() };
    store.session_opened(&SessionRow { broadcast, ..session("s2", "1", &clock) }).await.unwrap();
    for secret in ["x", "y"] {
        let url = format!("https://p.test/live.flv?sign={secret}");
        store.session_opened(&session(secret, &url, &clock)).await.unwrap();
    }
    store.story(&key("q", "1").into(), "check", "offline");
    store.story(&key("p", "2").into(), "check", "offline");
    store.note_resolved("p@0.1.0", "https://p.test/short", "1").await;
    store.note_resolved("another@0.1.0", "https://p.test/2", "2").await;
    store.note_resolved("another@0.1.0", "https://p.test/3", "3").await;
    let shown = |room: KnownRoom| format!("{}:{} {:?} {:?}", room.platform, room.room, room.inputs, room.streamers);
    let rooms = store.rooms_known().await.unwrap();
    let signed = rooms.iter().find(|room| room.room.contains("live.flv")).unwrap();
    assert_eq!((signed.room.as_str(), signed.ids.len()), ("https://p.test/live.flv?sign=…", 2));
    let others = rooms.into_iter().filter(|room| !room.room.contains("live.flv"));
    assert_eq!(
        others.map(shown).collect::<Vec<_>>(),
        [
            r#"p:1 ["https://p.test/1", "https://p.test/short"] ["Eve", "Ann 1"]"#,
            r#"p:2 ["https://p.test/2"] []"#,
            "q:1 [] []",
        ]
    );
}

#[tokio::test]
async fn a_rooms_last_events_are_told_in_order() {
    let (folder, clock) = (Folder::new(), clock());
    let store = Store::open_with(&folder.0, clock.clone());
    let key = |id: &str| RoomKey { platform: String::from("p"), id: id.to_owned() };
    for (kind, room, data) in [
        (Kind::Gap, Some("1"), json!({ "n": 1 })),
        (Kind::Gap, Some("2"), json!({ "n": 2 })),
        (Kind::PluginRefused, None, json!({ "n": 3, "plugin": "a" })),
        (Kind::PluginRefused, None, json!({ "n": 4, "plugin": "b" })),
        (Kind::CheckFailed, None, json!({ "n": 5, "plugin": "a@1.0.0" })),
        (Kind::Repair, Some("1"), json!({ "n": 6 })),
        (Kind::DiskLow, Some("1"), json!({ "n": 7 })),
    ] {
        let event = Event::now(&clock, kind, room.map(key).as_ref(), None, data);
        store.note_events(vec![event]).await.unwrap();
        clock.advance(HOUR);
    }
    let numbers = async |plugin: Option<&str>, limit: u32| -> Vec<i64> {
        let events = store.events_of("p", "1", plugin, limit).await.unwrap();
        assert!(events.is_sorted_by_key(|event| event.at));
        events.iter().map(|event| event.data["n"].as_i64().unwrap()).collect()
    };
    assert_eq!(numbers(None, 10).await, [1, 7]);
    assert_eq!(numbers(Some("a@1.0.0"), 10).await, [1, 3, 5, 7]);
    assert_eq!(numbers(Some("a@1.0.0"), 2).await, [5, 7]);
}

#[tokio::test]
async fn events_go_when_they_are_old() {
    let (folder, clock) = (Folder::new(), clock());
    let store = Store::open_with(&folder.0, clock.clone());
    let count = || {
        let connection = rusqlite::Connection::open(folder.0.join("lyrebird.db")).unwrap();
        connection.query_row("SELECT count(*) FROM event", [], |row| row.get::<_, u32>(0)).unwrap()
    };
    let gap = || event(&clock, Kind::Gap, "s1", json!({ "cause": "stall", "at_ms": 5, "lost_ms": 70 }));
    store.note_events(vec![gap(), gap()]).await.unwrap();
    clock.advance(89 * 24 * HOUR);
    store.note_events(vec![gap()]).await.unwrap();
    assert_eq!(count(), 3);
    clock.advance(2 * 24 * HOUR);
    store.note_events(vec![gap()]).await.unwrap();
    assert_eq!(count(), 2);
    store.session_opened(&session("s1", "1", &clock)).await.unwrap();
    assert_eq!(store.history(Filter::All, 1).await.unwrap()[0].gaps.len(), 4, "a session's gaps are kept for ever");
}

#[tokio::test]
async fn what_is_owed_names_its_owner() {
    let (folder, clock) = (Folder::new(), clock());
    let store = Store::open_with(&folder.0, clock.clone());
    store.session_opened(&session("s1", "1", &clock)).await.unwrap();
    store.session_opened(&session("s2", "2", &clock)).await.unwrap();
    store.session_over("s2", "offline", clock.now()).await.unwrap();
    let receipt = |row: NoticeRow| NoticeRow { receipt: Some(String::from("r")), ..row };
    for row in [
        notice("s1", "a", "wanted", &clock),
        notice("s1", "b", "calling", &clock),
        receipt(notice("s2", "a", "told", &clock)),
        NoticeRow { over_at: Some(clock.now()), ..notice("s3", "a", "doubt", &clock) },
        notice("s4", "a", "told", &clock),
        receipt(notice("s4", "b", "retracted", &clock)),
        notice("s4", "c", "unknown", &clock),
    ] {
        store.note_notice(&row).await.unwrap();
        store.note_notice(&row).await.unwrap();
    }
    let owing = |session: &str, owner: Option<&str>, is_over: bool| Owing {
        session: session.to_owned(),
        owner: owner.map(str::to_owned),
        is_over,
    };
    let expected = [owing("s1", Some("run"), false), owing("s2", Some("run"), true), owing("s3", None, true)];
    assert_eq!(store.owing().await.unwrap(), expected);
    assert_eq!(store.notices_of("s1").await.unwrap()[1], notice("s1", "b", "calling", &clock));
}

#[tokio::test]
async fn a_reader_changes_nothing() {
    let (folder, clock) = (Folder::new(), clock());
    let reader = Store::read_only(&folder.0);
    assert_eq!(found(&reader, Filter::All).await, Vec::<String>::new());
    assert_eq!(folder.files(), Vec::<String>::new(), "a reader makes no file");

    let store = Store::open_with(&folder.0, clock.clone());
    store.session_opened(&session("s1", "1", &clock)).await.unwrap();
    assert_eq!(found(&reader, Filter::All).await, ["s1"], "beside a writer");
    assert!(reader.session_over("s1", "no", clock.now()).await.is_err());
    store.close().await;
    let bytes = std::fs::read(folder.0.join("lyrebird.db")).unwrap();
    assert_eq!(found(&reader, Filter::All).await, ["s1"], "after a writer");
    assert!(reader.session_over("s1", "no", clock.now()).await.is_err());
    reader.close().await;
    assert_eq!(folder.files(), ["lyrebird.db"]);
    assert_eq!(std::fs::read(folder.0.join("lyrebird.db")).unwrap(), bytes);

    std::fs::write(folder.0.join("lyrebird.db"), "this is no database".repeat(1000)).unwrap();
    assert!(reader.history(Filter::All, 1).await.is_err());
    assert_eq!(folder.files(), ["lyrebird.db"], "a broken file is left to the one who may write");
}

#[tokio::test]
async fn a_file_of_the_first_version_is_brought_up_to_date() {
    let folder = Folder::new();
    let path = folder.0.join("lyrebird.db");
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(
        "CREATE TABLE kv (plugin TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, expires INTEGER,
           PRIMARY KEY (plugin, key)) STRICT, WITHOUT ROWID;
         CREATE TABLE resolved (plugin TEXT NOT NULL, input TEXT NOT NULL, id TEXT NOT NULL,
           PRIMARY KEY (plugin, input)) STRICT, WITHOUT ROWID;
         INSERT INTO kv VALUES ('a', 'k', x'01', NULL);
         PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(old);
    assert_eq!(found(&Store::read_only(&folder.0), Filter::All).await, Vec::<String>::new());
    let store = Store::open(&folder.0);
    assert_eq!(store.kv_get("a", "k").await, Ok(Some(vec![1])));
    assert_eq!(store.sessions_open().await, Ok(vec![]));
}
