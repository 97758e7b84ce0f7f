use super::*;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::UNIX_EPOCH;

/// A folder of one test, gone with it.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("lyrebird-store-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(super) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn bytes(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

#[tokio::test]
async fn keeps_what_it_is_given() {
    let folder = Folder::new();
    let store = Store::open(&folder.0.join("deep/er"));
    assert_eq!(store.kv_get("a", "k").await, Ok(None));
    store.kv_set("a", "k", bytes("one"), None).await.unwrap();
    store.kv_set("a", "k", bytes("two"), None).await.unwrap();
    assert_eq!(store.kv_get("a", "k").await, Ok(Some(bytes("two"))));
    assert_eq!(store.kv_get("b", "k").await, Ok(None));
    store.note_resolved("a", "https://a.example/1", "1").await;
    store.close().await;

    let again = Store::open(&folder.0.join("deep/er"));
    assert_eq!(again.kv_get("a", "k").await, Ok(Some(bytes("two"))));
    assert_eq!(again.resolved("a", "https://a.example/1").await.as_deref(), Some("1"));
    assert_eq!(again.resolved("b", "https://a.example/1").await, None);
    again.kv_delete("a", "k").await.unwrap();
    again.kv_delete("a", "k").await.unwrap();
    assert_eq!(again.kv_get("a", "k").await, Ok(None));
}

#[tokio::test]
async fn forgets_in_time() {
    let folder = Folder::new();
    let clock = Clock::manual(UNIX_EPOCH + Duration::from_secs(1_000_000));
    let store = Store::open_with(&folder.0, clock.clone());
    store.kv_set("a", "k", bytes("v"), Some(Duration::from_secs(10))).await.unwrap();
    clock.advance(Duration::from_secs(9));
    assert_eq!(store.kv_get("a", "k").await, Ok(Some(bytes("v"))));
    clock.advance(Duration::from_secs(1));
    assert_eq!(store.kv_get("a", "k").await, Ok(None));
    store.kv_set("a", "k", bytes("w"), Some(Duration::MAX)).await.unwrap();
    assert_eq!(store.kv_get("a", "k").await, Ok(Some(bytes("w"))));
}

#[tokio::test]
async fn has_bounds() {
    let folder = Folder::new();
    let clock = Clock::manual(UNIX_EPOCH + Duration::from_secs(1_000_000));
    let store = Store::open_with(&folder.0, clock.clone());
    let set = |key: String, size: usize, ttl| {
        let store = store.clone();
        async move { store.kv_set("a", &key, vec![0; size], ttl).await }
    };
    assert_eq!(set(String::from("k"), MAX_VALUE + 1, None).await, Err(StoreError::TooLarge));
    assert_eq!(set("k".repeat(MAX_KEY + 1), 1, None).await, Err(StoreError::TooLarge));
    let room = MAX_VALUE - 2;
    for at in 0..15 {
        set(format!("{at:02}"), room, None).await.unwrap();
    }
    set(String::from("15"), room, Some(Duration::from_secs(5))).await.unwrap();
    assert_eq!(set(String::from("16"), 0, None).await, Err(StoreError::Quota));
    set(String::from("00"), room, None).await.unwrap();
    store.kv_set("b", "k", bytes("v"), None).await.unwrap();
    clock.advance(Duration::from_secs(5));
    set(String::from("16"), room, None).await.unwrap();
}

#[tokio::test]
async fn a_broken_file_is_put_aside() {
    for garbage in
        [b"this is no database, not at all".repeat(1000), [b"SQLite format 3\0".to_vec(), vec![7; 9000]].concat()]
    {
        let folder = Folder::new();
        std::fs::write(folder.0.join("lyrebird.db"), &garbage).unwrap();
        let clock = Clock::manual(UNIX_EPOCH + Duration::from_secs(77));
        let store = Store::open_with(&folder.0, clock);
        store.kv_set("a", "k", bytes("v"), None).await.unwrap();
        assert_eq!(store.kv_get("a", "k").await, Ok(Some(bytes("v"))));
        store.close().await;
        assert_eq!(folder.files(), ["lyrebird.db", "lyrebird.db.broken-77"]);
        assert_eq!(std::fs::read(folder.0.join("lyrebird.db.broken-77")).unwrap(), garbage);
    }
}

#[tokio::test]
async fn no_place_is_an_error_alone() {
    let folder = Folder::new();
    std::fs::write(folder.0.join("file"), "x").unwrap();
    let store = Store::open(&folder.0.join("file/data"));
    assert!(matches!(store.kv_get("a", "k").await, Err(StoreError::Io(text)) if text.contains("cannot open")));
    assert!(matches!(store.kv_set("a", "k", vec![], None).await, Err(StoreError::Io(_))));
    store.note_resolved("a", "b", "c").await;
    assert_eq!(store.resolved("a", "b").await, None);
}

#[tokio::test]
async fn comes_back_when_the_place_does() {
    let folder = Folder::new();
    let place = folder.0.join("data");
    std::fs::write(&place, "x").unwrap();
    let clock = Clock::manual(UNIX_EPOCH);
    let store = Store::open_with(&place, clock.clone());
    assert!(store.kv_get("a", "k").await.is_err());
    std::fs::remove_file(&place).unwrap();
    assert!(store.kv_get("a", "k").await.is_err(), "it is not tried at every question");
    clock.advance(Duration::from_secs(60));
    assert_eq!(store.kv_get("a", "k").await, Ok(None));
}

#[tokio::test]
async fn two_programs_share_it() {
    let folder = Folder::new();
    let stores: Vec<Store> = (0..4).map(|_| Store::open(&folder.0)).collect();
    let work = stores.iter().enumerate().map(|(at, store)| async move {
        for round in 0..20 {
            store.kv_set("a", &format!("{at}-{round}"), bytes("v"), None).await.unwrap();
        }
    });
    futures_util::future::join_all(work).await;
    for at in 0..4 {
        assert_eq!(stores[0].kv_get("a", &format!("{at}-19")).await, Ok(Some(bytes("v"))));
    }
}

/// Another program has just begun to write to a file that is not in WAL yet: SQLite does not wait for it.
#[tokio::test]
async fn a_file_that_another_program_is_making_is_waited_for() {
    let folder = Folder::new();
    let other = rusqlite::Connection::open(folder.0.join("lyrebird.db")).unwrap();
    other.execute_batch("CREATE TABLE x (a); BEGIN IMMEDIATE").unwrap();
    let store = Store::open(&folder.0);
    // The answer is right however long it is held; it is held so long that one who does not wait is refused.
    let held = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        other.execute_batch("COMMIT").unwrap();
    };
    let (answer, ()) = tokio::join!(store.kv_get("a", "k"), held);
    assert_eq!(answer, Ok(None));
}

/// Whoever only looks has what was kept, may change it for himself, and leaves the file as it is.
#[tokio::test]
async fn a_copy_is_nobody_elses() {
    let folder = Folder::new();
    let place = folder.0.join("data");
    let nothing = Store::passing(Some(&place), Clock::system());
    nothing.kv_set("a", "k", bytes("mine"), None).await.unwrap();
    assert_eq!(nothing.kv_get("a", "k").await, Ok(Some(bytes("mine"))));
    assert!(!place.exists());
    let store = Store::open(&place);
    store.kv_set("a", "k", bytes("kept"), None).await.unwrap();
    store.note_resolved("a", "https://a.example/1", "1").await;
    store.close().await;
    let file = || std::fs::read(place.join("lyrebird.db")).unwrap();
    let before = file();
    let copy = Store::passing(Some(&place), Clock::system());
    assert_eq!(copy.kv_get("a", "k").await, Ok(Some(bytes("kept"))));
    assert_eq!(copy.resolved("a", "https://a.example/1").await.as_deref(), Some("1"));
    copy.kv_set("a", "k", bytes("mine"), None).await.unwrap();
    assert_eq!(copy.kv_get("a", "k").await, Ok(Some(bytes("mine"))));
    copy.close().await;
    assert!(file() == before && std::fs::read_dir(&place).unwrap().count() == 1);
}

/// A directory that hangs holds up nobody for long, and is used again when it comes back.
#[tokio::test]
async fn a_place_that_hangs_is_given_up() {
    let folder = Folder::new();
    let store = Store::open(&folder.0);
    store.kv_set("a", "k", bytes("v"), None).await.unwrap();
    let (release, hang) = std::sync::mpsc::channel::<()>();
    let (tell, begun) = oneshot::channel();
    let asking = store.clone();
    let stuck = tokio::spawn(async move {
        let question = move |_: &mut File| {
            tell.send(()).unwrap();
            hang.recv().map_err(|gone| StoreError::Io(gone.to_string()))
        };
        asking.ask(question).await
    });
    begun.await.unwrap();
    // From here on time passes by itself: the thread hangs and cannot be overtaken.
    tokio::time::pause();
    let begin = tokio::time::Instant::now();
    assert!(matches!(stuck.await.unwrap(), Err(StoreError::Io(text)) if text.contains("does not answer")));
    // Whoever comes next knows it sooner, however many they are.
    for _ in 0..2 * QUEUE {
        assert_eq!(store.resolved("a", "https://a.example/1").await, None);
    }
    assert!(store.kv_set("a", "k", bytes("w"), None).await.is_err());
    store.close().await;
    assert!(begin.elapsed() < 3 * PATIENCE, "{:?}", begin.elapsed());
    tokio::time::resume();
    release.send(()).unwrap();
    let mut answer = store.kv_get("a", "k").await;
    while answer.is_err() {
        answer = store.kv_get("a", "k").await;
    }
    assert_eq!(answer, Ok(Some(bytes("v"))));
    assert!(!store.0.hangs.load(Ordering::Relaxed));
}

#[tokio::test]
async fn a_newer_file_is_left_as_it_is() {
    let folder = Folder::new();
    let store = Store::open(&folder.0);
    store.kv_set("a", "k", bytes("v"), None).await.unwrap();
    store.close().await;
    let path = folder.0.join("lyrebird.db");
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert_eq!(Store::open(&folder.0).kv_get("a", "k").await, Ok(Some(bytes("v"))));
}
