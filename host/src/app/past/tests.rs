use std::time::{Duration, SystemTime};

use serde_json::json;

use super::*;
use crate::clock::Clock;
use crate::event::{Event, Kind};
use crate::model::{Broadcast, RoomKey};
use crate::store::NoticeRow;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("lyrebird-past-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Folder(path)
    }

    /// All files below, with what is in them.
    fn content(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.0.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push((path.clone(), std::fs::read(path).unwrap()));
                }
            }
        }
        files.sort();
        files
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn key(id: &str) -> RoomKey {
    RoomKey { platform: String::from("p"), id: id.to_owned() }
}

fn session(id: &str, room: &str, streamer: &str, now: SystemTime) -> SessionRow {
    let room_url = format!("https://p.test/{room}?sign=secret");
    let streamer = streamer.to_owned();
    SessionRow {
        id: id.to_owned(),
        platform: String::from("p"),
        room: room.to_owned(),
        input: format!("https://p.test/{room}"),
        broadcast: Broadcast { streamer, room_url, started_at: Some(1_700_000_000), ..Broadcast::default() },
        owner: String::from("run"),
        started_at: now,
        seen_at: now,
        ended_at: None,
        why: None,
        folder: None,
        stem: None,
        number: 0,
    }
}

/// A room that was dark, went live and gives media; and one that was only ever asked about.
async fn scene(folder: &Folder) -> Store {
    let clock = Clock::manual(SystemTime::now() - Duration::from_secs(100));
    let store = Store::open_with(&folder.0, clock.clone());
    let next = || clock.advance(Duration::from_secs(1));
    store.story(&key("https://p.test/12").into(), "check", "network: no route");
    store.story(&key("34").into(), "check", "offline");
    for (what, detail) in [("picker", "a@1.0.0"), ("check", "offline"), ("wait", "4 s"), ("check", "live: x")] {
        next();
        store.story(&key("12").into(), what, detail);
    }
    next();
    store.session_opened(&session("s1", "12", "Ann", clock.now())).await.unwrap();
    next();
    let started = json!({ "candidate": "flv 10000", "url": "…" });
    let lost = json!({ "plugin": "a", "reason": "too large" });
    let closed = json!({ "state": "complete", "file": "a.flv", "duration_ms": 2_930, "end": "stopped" });
    let events = vec![
        Event::now(&clock, Kind::PluginRefused, None, None, lost),
        Event::now(&clock, Kind::SegmentClosed, Some(&key("12")), Some("s1"), closed),
        Event::now(&clock, Kind::ReceptionStarted, Some(&key("12")), Some("s1"), started),
    ];
    // They are noted later than they happen.
    next();
    store.story(&key("12").into(), "candidate", "flv 10000: the best");
    next();
    store.note_events(events).await.unwrap();
    let told = NoticeRow {
        session: String::from("s1"),
        target: String::from("family"),
        plugin: String::from("teller"),
        event: String::from("{}"),
        state: String::from("told"),
        receipt: None,
        wanted_at: clock.now(),
        doubted_at: None,
        announced_at: Some(clock.now()),
        over_at: None,
        retracted_at: None,
    };
    store.note_notice(&told).await.unwrap();
    store
}

fn lines(story: &RoomStory) -> Vec<String> {
    story.lines.iter().map(|line| format!("{}: {}", line.what, line.text)).collect()
}

#[tokio::test]
async fn a_story_is_in_order_and_complete() {
    let folder = Folder::new("story");
    let store = scene(&folder).await;
    let past = Past::open(&folder.0);
    let story = past.why("https://p.test/12").await.unwrap();
    let expected = [
        "check: network: no route",
        "picker: a@1.0.0",
        "check: offline",
        "wait: 4 s",
        "check: live: x",
        "plugin: a was not taken: too large",
        "file: complete: a.flv (2 s of media, stopped)",
        "reception: media comes: flv 10000",
        "candidate: flv 10000: the best",
        "notice: family: told",
    ];
    assert_eq!(lines(&story), expected);
    assert_eq!((story.streamer.as_deref(), story.picker.as_deref()), (Some("Ann"), Some("a@1.0.0")));
    assert!(matches!(story.now, Now::Unwatched(Some(_))), "{:?}", story.now);
    assert_eq!(story.session.as_ref().unwrap().broadcast["room_url"], "https://p.test/12?sign=…");

    let owner = crate::app::owner::Owner::run(&folder.0).unwrap();
    let story = past.why("ann").await.unwrap();
    assert!(matches!(&story.now, Now::Recording(_, from) if from == "flv 10000"), "{:?}", story.now);
    let alive: Vec<_> = story.alive.iter().map(|one| (one.is_run, one.pid)).collect();
    assert_eq!(alive, [(true, Some(std::process::id()))]);
    let dark = past.why("34").await.unwrap();
    assert!(matches!(&dark.now, Now::Waiting { until: None, last: Some(last) } if last.text == "offline"));
    drop((owner, store));
}

#[tokio::test]
async fn a_person_finds_what_he_means() {
    let folder = Folder::new("find");
    let store = scene(&folder).await;
    store.session_opened(&session("s2", "123", "Eve", SystemTime::now())).await.unwrap();
    let past = Past::open(&folder.0);
    let found = async |word: &str| -> String {
        match past.history(Some(word), 10).await {
            Ok(rows) => rows.into_iter().map(|row| row.session).collect::<Vec<_>>().join(" "),
            Err(PastError::Unknown(_, near)) => format!("near: {}", near.join(" ")),
            Err(error) => panic!("{error}"),
        }
    };
    for (word, expected) in [
        ("12", "s1"),
        ("p:12", "s1"),
        ("P:123", "s2"),
        ("https://p.test/123", "s2"),
        ("https://p.test/12", "s1"),
        ("p.test/12", "s1 s2"),
        ("ANN", "s1"),
        ("ev", "s2"),
        ("34", ""),
        ("%", "near: "),
        ("", "near: "),
        ("p:132", "near: p:12 p:123"),
    ] {
        assert_eq!(found(word).await, expected, "{word}");
    }
    let rows = past.history(None, 10).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.session.as_str()).collect::<Vec<_>>(), ["s1", "s2"], "newest last");
    assert!(rows[0].broadcast["started_at"].as_str().unwrap().starts_with("2023-11-1"), "{}", rows[0].broadcast);
    let several = past.why("p.test/12").await.unwrap_err().to_string();
    assert_eq!(several, "`p.test/12` may be 2 rooms\nhint: `p:12`, `p:123`");
    let unknown = past.why("p:132").await.unwrap_err().to_string();
    assert_eq!(unknown, "nothing is known of a room `p:132`\nhint: did you mean `p:12`, `p:123`?");
}

#[tokio::test]
async fn a_room_is_found_by_the_name_that_the_config_has_for_it() {
    let folder = Folder::new("own");
    scene(&folder).await.close().await;
    let own = |name: &str, url: &str| OwnName { name: name.to_owned(), url: url.to_owned() };
    let names = vec![own("Garden", "https://p.test/12"), own("pond", "https://p.test/99")];
    let past = Past::open(&folder.0).with_names(names);
    for word in ["garden", "GARDEN", "rden"] {
        assert_eq!(past.why(word).await.unwrap().room, "12", "{word}");
        assert_eq!(past.history(Some(word), 10).await.unwrap().len(), 1, "{word}");
    }
    let near = past.why("gadren").await.unwrap_err().to_string();
    assert_eq!(near, "nothing is known of a room `gadren`\nhint: did you mean `Garden`?");
    let unseen = past.why("pond").await.unwrap_err().to_string();
    assert!(unseen.contains("a room is known from its first check on"), "{unseen}");
}

#[tokio::test]
async fn looking_makes_and_changes_nothing() {
    let folder = Folder::new("look");
    let past = Past::open(&folder.0);
    assert_eq!(past.history(None, 10).await.unwrap(), []);
    let unknown = past.why("x").await.unwrap_err().to_string();
    assert!(unknown.starts_with("nothing is known of a room `x`\nhint: "), "{unknown}");
    assert!(!folder.0.exists(), "no data directory is made");

    scene(&folder).await.close().await;
    let before = folder.content();
    let read_only = |is: bool| {
        let mut permissions = std::fs::metadata(&folder.0).unwrap().permissions();
        permissions.set_readonly(is);
        std::fs::set_permissions(&folder.0, permissions).unwrap();
    };
    read_only(true);
    let told = (past.why("12").await, past.history(None, 10).await);
    read_only(false);
    assert_eq!(told.0.unwrap().room, "12");
    assert_eq!(told.1.unwrap().len(), 1);
    assert!(folder.content() == before);
}
