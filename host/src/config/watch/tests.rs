//! Files that are written as editors, scripts and accidents write them.

use std::fs;
use std::time::Duration;

use super::*;
use crate::config::load;
use crate::config::tests::Folder;

const ONE: &str = "[[room]]\nurl = \"https://live.example.org/a\"\n";
const TWO: &str = "[[room]]\nurl = \"https://live.example.org/a\"\n[[room]]\nurl = \"https://live.example.org/b\"\n";
const LISTED: &str = "[rooms]\nfile = \"rooms.txt\"\n";

/// Longer than any wait in here, so that a hint that is missed is a failure.
const NEVER: Duration = Duration::from_secs(600);

struct Scene {
    folder: Folder,
    watch: Watch,
}

impl Scene {
    fn new(name: &str, config: &str, rescan: Duration) -> Scene {
        let folder = Folder::new(name);
        folder.write("rooms.txt", "https://live.example.org/a\n");
        folder.write("lyrebird.toml", config);
        let seen = load(&folder.path("lyrebird.toml")).unwrap();
        Scene { watch: Watch::with_rescan(&seen, Clock::system(), rescan), folder }
    }

    /// The next news: the rooms, or the error without the folder's name.
    async fn news(&mut self) -> String {
        let news = tokio::time::timeout(Duration::from_secs(20), self.watch.next()).await;
        match news.expect("news in time").expect("the watch goes on") {
            Ok(snapshot) => {
                let rooms = snapshot.rooms.iter().map(|(room, _)| room.url.rsplit('/').next().unwrap());
                rooms.collect::<Vec<_>>().join(" ")
            }
            Err(error) => error.to_string().replace(&self.folder.path("").display().to_string(), ""),
        }
    }

    /// Whether the watch is silent about what was done: the next news is that of the question.
    async fn asked(&mut self) -> String {
        self.watch.ask();
        self.news().await
    }
}

#[tokio::test]
async fn a_file_that_is_written_or_replaced_is_read() {
    let mut scene = Scene::new("watch-written", ONE, NEVER);
    scene.folder.write("lyrebird.toml", TWO);
    assert_eq!(scene.news().await, "a b");
    scene.folder.write("draft", ONE);
    fs::rename(scene.folder.path("draft"), scene.folder.path("lyrebird.toml")).unwrap();
    assert_eq!(scene.news().await, "a");
    scene.watch.close().await;
}

#[tokio::test]
async fn a_list_of_rooms_is_watched_too() {
    let mut scene = Scene::new("watch-list", LISTED, NEVER);
    scene.folder.write("rooms.txt", "https://live.example.org/b\n");
    assert_eq!(scene.news().await, "b");
    // Another list, and then that one.
    scene.folder.write("more.txt", "https://live.example.org/c\n");
    scene.folder.write("lyrebird.toml", "[rooms]\nfile = \"more.txt\"\n");
    assert_eq!(scene.news().await, "c");
    scene.folder.write("more.txt", "https://live.example.org/d\n");
    assert_eq!(scene.news().await, "d");
    scene.watch.close().await;
}

/// Each broken content is told once, and what follows it is taken, also where it is what was in force.
#[tokio::test]
async fn a_broken_file_is_told_once() {
    let mut scene = Scene::new("watch-broken", ONE, Duration::from_millis(50));
    scene.folder.write("lyrebird.toml", "[chek]\n");
    assert!(scene.news().await.starts_with("lyrebird.toml:1:2: unknown key `chek`"));
    scene.folder.write("lyrebird.toml", "[output\n");
    assert!(scene.news().await.starts_with("lyrebird.toml:1:8: unclosed table"));
    scene.folder.write("lyrebird.toml", ONE);
    assert_eq!(scene.news().await, "a");
    assert_eq!(scene.asked().await, "a");
    scene.watch.close().await;
}

/// A full disk empties files; that must not end all recordings.
#[tokio::test]
async fn an_emptied_file_changes_nothing() {
    let mut scene = Scene::new("watch-emptied", LISTED, NEVER);
    scene.folder.write("rooms.txt", "");
    assert!(scene.news().await.starts_with("rooms.txt: the file has become empty\nhint: "));
    scene.folder.write("rooms.txt", "# nobody\n");
    assert_eq!(scene.news().await, "");
    scene.folder.write("lyrebird.toml", "\n");
    assert!(scene.news().await.starts_with("lyrebird.toml: the file has become empty"));
    scene.watch.close().await;
}

#[tokio::test]
async fn a_removed_file_changes_nothing_until_it_is_back() {
    let mut scene = Scene::new("watch-removed", ONE, NEVER);
    fs::remove_file(scene.folder.path("lyrebird.toml")).unwrap();
    assert!(scene.news().await.starts_with("cannot read config"));
    scene.folder.write("lyrebird.toml", TWO);
    assert_eq!(scene.news().await, "a b");
    scene.watch.close().await;
}

/// What is written in many steps is read when it is whole.
#[tokio::test]
async fn a_half_written_file_is_left_alone() {
    let mut scene = Scene::new("watch-half", ONE, NEVER);
    for end in [1, 9, 12, 30, TWO.len()] {
        scene.folder.write("lyrebird.toml", TWO.get(..end).unwrap());
        tokio::task::yield_now().await;
    }
    assert_eq!(scene.news().await, "a b");
    scene.watch.close().await;
}

/// Without a single hint, as on a network file system.
#[tokio::test]
async fn a_change_without_a_hint_is_found_by_the_rescan() {
    let mut scene =
        Scene::new("watch-rescan", "[plugin.p]\ncookie = { file = \"far/cookie\" }\n", Duration::from_millis(50));
    fs::create_dir(scene.folder.path("far")).unwrap();
    scene.folder.write("far/cookie", "a=1");
    assert_eq!(scene.news().await, "");
    scene.watch.close().await;
}

/// What was written between the first reading and the start counts.
#[tokio::test]
async fn nothing_is_missed_at_the_start() {
    let folder = Folder::new("watch-start");
    folder.write("lyrebird.toml", ONE);
    let seen = load(&folder.path("lyrebird.toml")).unwrap();
    folder.write("lyrebird.toml", TWO);
    let mut scene = Scene { watch: Watch::with_rescan(&seen, Clock::system(), NEVER), folder };
    assert_eq!(scene.news().await, "a b");
    scene.watch.close().await;
}

/// A question is answered even where nothing has changed.
#[tokio::test]
async fn who_asks_gets_an_answer() {
    let mut scene = Scene::new("watch-asked", ONE, NEVER);
    assert_eq!(scene.asked().await, "a");
    scene.folder.write("lyrebird.toml", "[output\n");
    assert!(scene.news().await.contains("unclosed table"));
    assert!(scene.asked().await.contains("unclosed table"));
    scene.watch.close().await;
}

/// A look that takes nothing apart is as sharp as one that does.
#[test]
fn whoever_only_looks_sees_every_change() {
    let folder = Folder::new("watch-look");
    let texts = [
        ("lyrebird.toml", "rooms.file = \"rooms.txt\"\nplugin.p.cookie = { file = \"cookie\" }\n"),
        ("rooms.txt", "https://live.example.org/a\n"),
        ("cookie", "a=1\n"),
    ];
    texts.iter().for_each(|(name, text)| folder.write(name, text));
    let file = folder.path("lyrebird.toml");
    let seen = load(&file).unwrap();
    for (name, text) in texts {
        assert_eq!(seen.sources().print(&file), seen.print);
        folder.write(name, "");
        assert_ne!(seen.sources().print(&file), seen.print, "{name}");
        fs::remove_file(folder.path(name)).unwrap();
        assert_ne!(seen.sources().print(&file), seen.print, "{name}");
        folder.write(name, text);
    }
}
