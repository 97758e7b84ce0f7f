//! Files that are synced while they grow.

use crate::disk::syncer::{Due, Growing, Rounds};

use super::*;

/// Waits for what another thread does soon.
async fn soon(what: &str, mut is: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if is() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{what} did not happen");
}

/// An empty one that grows.
pub(super) fn grown(temp: &Temp, file: std::fs::File) -> Open {
    let folder = rustix::fs::open(&temp.0, rustix::fs::OFlags::RDONLY, rustix::fs::Mode::empty()).unwrap();
    let (name, stem, ext) = (String::from("x.flv"), String::from("x"), String::from("flv"));
    Open::new(Opening { file, folder, path: temp.0.clone(), name, stem, ext, bytes: 0, hash: None }).unwrap()
}

/// A file that is this device, whose volume syncs a hundred times a second.
fn device(temp: &Temp, path: &str) -> (Arc<volume::Volume>, Arc<Open>) {
    let file = std::fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).unwrap();
    let open = grown(temp, file);
    let volume = Arc::new(
        volume::Volume::start(Some(Duration::from_millis(10)), Arc::default(), 32 << 20, Calls::default()).unwrap(),
    );
    let open = Arc::new(open);
    volume.grows(&open);
    (volume, open)
}

#[test]
fn a_round_takes_what_needs_it_one_after_the_other() {
    let at = Duration::from_secs;
    let mut rounds = Rounds::new(at(5), at(100));
    assert_eq!(rounds.wait(at(101)), at(4));
    assert_eq!(rounds.due(at(104), || panic!("before its time")), None::<Due<&str>>);
    assert_eq!(rounds.due(at(105), || vec!["a", "b"]), Some(Due::One("a")));
    // There is more: nobody waits.
    assert_eq!(rounds.wait(at(105)), at(0));
    assert_eq!(rounds.due(at(106), || panic!("in a round")), Some(Due::One("b")));
    assert_eq!(rounds.wait(at(106)), at(4));
    // One that takes longer than the interval is gone through first.
    assert_eq!(rounds.due(at(110), || vec!["a", "b"]), Some(Due::One("a")));
    assert_eq!(rounds.due(at(120), || panic!("in a round")), Some(Due::One("b")));
    assert_eq!(rounds.due(at(120), || vec!["c"]), Some(Due::One("c")));
    assert_eq!(rounds.due(at(125), Vec::new), None);
    assert_eq!(rounds.wait(at(125)), at(5));
}

#[test]
fn many_are_synced_at_once_and_one_by_one_where_that_fails() {
    let at = Duration::from_secs;
    let mut rounds = Rounds::new(at(5), at(0));
    let many: Vec<u32> = (0..32).collect();
    assert_eq!(rounds.due(at(5), || many.clone()), Some(Due::All(many.clone())));
    assert_eq!(rounds.wait(at(6)), at(4));
    rounds.one_by_one(many.clone());
    let each: Vec<_> = (0..33).map(|_| rounds.due(at(6), || panic!("in a round"))).collect();
    assert_eq!(each, many.into_iter().map(|file| Some(Due::One(file))).chain([None]).collect::<Vec<_>>());
}

#[test]
fn memory_that_is_short_brings_the_next_round_forward_but_not_more_than_one_a_second() {
    let at = Duration::from_millis;
    let mut rounds = Rounds::new(at(5_000), at(0));
    rounds.hurry();
    assert_eq!(rounds.wait(at(400)), at(600));
    assert_eq!(rounds.due(at(1_000), || vec!["a"]), Some(Due::One("a")));
    rounds.hurry();
    assert_eq!(rounds.due(at(1_900), || panic!("too early")), None);
    assert_eq!(rounds.due(at(2_000), || vec!["a"]), Some(Due::One("a")));
    // Nobody hurries any more.
    assert_eq!(rounds.wait(at(2_000)), at(5_000));
}

/// As many files as one sync takes at once; where that one fails each is asked by itself, and none is lost for it.
#[tokio::test]
async fn forty_files() {
    for calls in [Calls::default(), Calls::failing(80..81, rustix::io::Errno::IO)] {
        let temp = Temp::new();
        let disk = Disk::failing(Duration::from_millis(500), calls);
        let root = disk.root(&temp.0).await.unwrap();
        let mut files = Vec::new();
        for number in 0..40 {
            files.push(root.create(new("", &format!("{number}"))).await.unwrap());
        }
        for file in &files {
            assert_eq!(file.write(batch(b"abc"), &[0], LONG).await.unwrap(), None);
        }
        soon("the sync", || files.iter().all(|file| file.is_safe(7))).await;
        for file in &files {
            file.seal(Vec::new()).await.unwrap();
        }
        assert_eq!((disk.unsynced().kept, disk.unsynced().fell_out), (0, 0));
    }
}

#[tokio::test]
async fn a_growing_file_is_synced_after_each_batch_and_then_left_alone() {
    let temp = Temp::new();
    let (volume, open) = device(&temp, temp.0.join("x").to_str().unwrap());
    for bytes in [3, 6] {
        let room = volume.room(&open, 3, LONG).await.unwrap();
        volume.write(&open, batch(b"abc"), room).unwrap();
        soon("the write", || open.bytes() == bytes).await;
        soon("the sync", || !open.is_unsynced()).await;
    }
    volume.patch(&open, vec![(0, Bytes::from_static(b"x"))]).await.unwrap();
    soon("the patch", || std::fs::read(temp.0.join("x")).unwrap() == b"xbcabc").await;
    soon("the sync of a patch", || !open.is_unsynced()).await;
}

/// A device that takes every write and no sync.
#[tokio::test]
async fn a_failed_sync_ends_the_file_and_is_never_tried_again() {
    let temp = Temp::new();
    let (volume, open) = device(&temp, "/dev/null");
    let file = OutputFile::of(Arc::clone(&volume), Arc::clone(&open));
    file.write(batch(b"abc"), &[], LONG).await.unwrap();
    soon("the sync", || open.lost().is_err()).await;
    let error = file.write(batch(b"def"), &[], LONG).await.unwrap_err();
    assert!(error.is_lost(), "{error}");
    assert_eq!(open.bytes(), 3);
    // What would sync it again is refused: it would be told that all is well.
    assert!(!open.is_unsynced());
    assert!(file.seal(Vec::new()).await.unwrap_err().is_lost());
    assert!(file.into_old().await.unwrap_err().is_lost());
    assert!(open.sync().unwrap_err().is_lost());
}

#[test]
fn a_round_is_asked_for_once() {
    let growing = Growing::default();
    assert_eq!([growing.hurry(), growing.hurry(), growing.is_hurried(), growing.hurry()], [true, false, true, false]);
    growing.unsynced();
    assert_eq!([growing.is_hurried(), growing.hurry()], [false, true]);
}

/// Nobody wants syncs: none is made, the end of the file included, and what is written is kept only from its last group on,
/// for the moment in which a write fails.
#[tokio::test]
async fn without_syncs_what_is_written_counts_as_safe() {
    let temp = Temp::new();
    let root = Disk::new(None).root(&temp.0).await.unwrap();
    let file = root.create(new("", "a")).await.unwrap();
    for (content, restarts) in [(b"Abc", &[0][..]), (b"dEf", &[1]), (b"ghi", &[])] {
        file.write(batch(content), restarts, LONG).await.unwrap();
    }
    soon("the writes", || file.is_safe(13)).await;
    let fault = DiskError::plain("write", "a.flv", DiskFault::Full);
    let tail = file.end_by(&fault);
    assert_eq!((tail.safe, tail.from, tail.blocks.concat()), (13, 8, b"Efghi".to_vec()));
    // A device that takes every write and no sync.
    let (volume, open) = device(&temp, "/dev/null");
    open.kept().begin(volume.ring(), false);
    let file = OutputFile::of(Arc::clone(&volume), Arc::clone(&open));
    file.write(batch(b"abc"), &[], LONG).await.unwrap();
    soon("the write", || open.bytes() == 3 && !open.is_unsynced()).await;
    assert_eq!(file.seal(Vec::new()).await.unwrap().bytes, 3);
    assert_eq!(volume.ring().state(), Unsynced { fell_out: 0, kept: 0, ..volume.ring().state() });
}
