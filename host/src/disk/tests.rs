use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;

use super::beneath::Beneath;
use super::create::{is_taken, numbered};
use super::hash::Hash;
use super::open::{Open, Opening};
use super::ring::BLOCK;
use super::*;

pub(crate) use super::calls::Calls;
mod keeping;
mod syncs;

/// A folder that goes with the test.
pub(crate) struct Temp(pub(crate) PathBuf);

impl Temp {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("lyrebird-disk-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Temp(path)
    }

    /// All below it, sorted, one a line.
    pub(crate) fn tree(&self) -> String {
        fn walk(top: &Path, path: &Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(path).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && !path.is_symlink() {
                    walk(top, &path, found);
                } else {
                    found.push(path.strip_prefix(top).unwrap().display().to_string());
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.0, &self.0, &mut found);
        found.sort();
        found.join("\n")
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Volumes that sync as often as they do where nobody says how often.
pub(crate) fn disk() -> Disk {
    Disk::new(Duration::from_secs(5))
}

/// Longer than any test.
const LONG: Duration = Duration::from_secs(60);

fn new(folder: &str, stem: &str) -> NewFile {
    NewFile {
        folder: PathBuf::from(folder),
        stem: stem.to_owned(),
        ext: String::from("flv"),
        head: Bytes::from_static(b"HEAD"),
        sidecar: b"{}".to_vec(),
        hash: Some(Hash::default()),
    }
}

fn batch(content: &[u8]) -> Vec<Bytes> {
    vec![Bytes::copy_from_slice(content)]
}

#[tokio::test]
async fn a_file_appears_under_its_name_only_when_it_is_whole() {
    let temp = Temp::new();
    let disk = disk();
    let root = disk.root(&temp.0).await.unwrap();
    let file = root.create(new("a/b", "name")).await.unwrap();
    assert_eq!(temp.tree(), "a/b/name.flv.part\na/b/name.json");
    file.write(batch(b"abc"), &[], LONG).await.unwrap();
    file.write(batch(&[b'x'; 10_000]), &[], LONG).await.unwrap();
    file.patch(vec![(1, Bytes::from_static(b"oo"))]).await.unwrap();
    let sealed = file.seal(vec![(3, Bytes::from_static(b"t"))]).await.unwrap();
    let mut behind = b"abc".to_vec();
    behind.extend([b'x'; 10_000]);
    assert_eq!(sealed, Sealed { bytes: 10_007, blake3: Some(blake3::hash(&behind).to_hex().to_string()) });
    assert_eq!(temp.tree(), "a/b/name.flv.part\na/b/name.json");
    let path = file.publish(Some(b"{\"done\":1}".to_vec())).await.unwrap();
    assert_eq!(path, temp.0.join("a/b/name.flv"));
    assert_eq!(temp.tree(), "a/b/name.flv\na/b/name.json");
    assert_eq!(std::fs::read(&path).unwrap(), [b"Hoot".as_slice(), &behind].concat());
    assert_eq!(std::fs::read(temp.0.join("a/b/name.json")).unwrap(), b"{\"done\":1}");
    drop((root, file));
    assert!(disk.shut_down(Duration::from_secs(5)).await);
}

#[tokio::test]
async fn nothing_that_exists_is_replaced() {
    let temp = Temp::new();
    let root = disk().root(&temp.0).await.unwrap();
    std::fs::write(temp.0.join("name.txt"), "mine").unwrap();
    std::fs::write(temp.0.join("name (2).flv.part"), "mine").unwrap();
    let file = root.create(new("", "name")).await.unwrap();
    assert_eq!(file.stem(), "name (3)");
    // Taken while we wrote.
    std::fs::write(temp.0.join("name (3).flv"), "mine").unwrap();
    std::fs::write(temp.0.join("name (3) (2).ts"), "mine").unwrap();
    file.seal(Vec::new()).await.unwrap();
    let path = file.publish(Some(b"{}".to_vec())).await.unwrap();
    assert_eq!(path, temp.0.join("name (3) (3).flv"));
    assert_eq!(
        temp.tree(),
        "name (2).flv.part\nname (3) (2).ts\nname (3) (3).flv\nname (3) (3).json\nname (3).flv\nname.txt"
    );
    let none = root.create(new("", "other")).await.unwrap();
    none.seal(Vec::new()).await.unwrap();
    none.publish(None).await.unwrap();
    assert!(temp.0.join("other.flv").exists() && !temp.0.join("other.json").exists());
}

#[tokio::test]
async fn nothing_is_written_outside() {
    let temp = Temp::new();
    let outside = Temp::new();
    std::os::unix::fs::symlink(&outside.0, temp.0.join("link")).unwrap();
    std::os::unix::fs::symlink(outside.0.join("target"), temp.0.join("name.json")).unwrap();
    std::fs::write(temp.0.join("file"), "").unwrap();
    let root = disk().root(&temp.0).await.unwrap();
    for (folder, stem) in
        [("..", "x"), ("link", "x"), ("link/deeper", "x"), ("/tmp", "x"), ("a/../..", "x"), ("file/x", "x")]
    {
        let error = root.create(new(folder, stem)).await.unwrap_err();
        assert_eq!(error.fault, DiskFault::Outside, "{folder}: {error:?}");
    }
    for stem in ["../x", "a/b", "/x"] {
        assert!(root.create(new("", stem)).await.is_err(), "{stem}");
    }
    // The link occupies the stem; it is not followed.
    assert_eq!(root.create(new("", "name")).await.unwrap().stem(), "name (2)");
    assert_eq!(outside.tree(), "");
}

#[test]
fn the_walk_without_openat2_is_as_strict() {
    let temp = Temp::new();
    std::os::unix::fs::symlink("/tmp", temp.0.join("link")).unwrap();
    for beneath in [Beneath::open(&temp.0).unwrap(), Beneath::open(&temp.0).unwrap().without_openat2()] {
        assert!(beneath.make_folder(Path::new("a/b/c")).is_ok());
        assert!(beneath.folder(Path::new("a/b")).is_ok());
        assert!(beneath.folder(Path::new("")).is_ok());
        for path in ["link", "link/x", "..", "a/../..", "/", "a/b/c/d"] {
            assert!(beneath.folder(Path::new(path)).is_err(), "{path}");
        }
    }
}

#[test]
fn names_are_given_without_replacing_on_every_kind_of_file_system() {
    let temp = Temp::new();
    let folder = rustix::fs::open(&temp.0, rustix::fs::OFlags::RDONLY, rustix::fs::Mode::empty()).unwrap();
    type Rename = fn(&std::os::fd::OwnedFd, &str, &str) -> rustix::io::Result<()>;
    let ways: [Rename; 3] = [publish::rename_new, publish::link_new, publish::reserve_new];
    for rename in ways {
        std::fs::write(temp.0.join("from"), "new").unwrap();
        std::fs::write(temp.0.join("there"), "old").unwrap();
        assert_eq!(rename(&folder, "from", "there"), Err(rustix::io::Errno::EXIST));
        assert_eq!(rename(&folder, "from", "to"), Ok(()));
        assert_eq!(temp.tree(), "there\nto");
        assert_eq!(std::fs::read(temp.0.join("to")).unwrap(), b"new");
        std::fs::remove_file(temp.0.join("to")).unwrap();
    }
}

#[test]
fn a_stem_is_free_when_no_file_of_it_exists() {
    let kind = rustix::fs::FileType::RegularFile;
    let is_taken_by = |stem: &str, name: &str| is_taken(&[(name.to_owned(), kind)], stem);
    for name in ["a", "a.flv", "a.json", "a.flv.part", "a.txt", "a.json.tmp", "a.live.chat.json"] {
        assert!(is_taken_by("a", name), "{name}");
    }
    for name in ["ab.flv", "a (2).flv", "a_2.flv", "a.20.15 title.flv", "b.flv"] {
        assert!(!is_taken_by("a", name), "{name}");
    }
    assert_eq!([numbered("a", 1), numbered("a", 2)], ["a", "a (2)"]);
}

#[tokio::test]
async fn what_was_left_behind_is_found_and_taken_once() {
    let temp = Temp::new();
    let root = disk().root(&temp.0).await.unwrap();
    let file = root.create(new("a", "name")).await.unwrap();
    file.write(batch(b"abcdef"), &[], LONG).await.unwrap();
    std::fs::write(temp.0.join("a/alone.json"), "{}").unwrap();
    std::fs::write(temp.0.join("a/whole.json"), "{}").unwrap();
    std::fs::write(temp.0.join("a/whole.flv"), "").unwrap();
    std::os::unix::fs::symlink(&temp.0, temp.0.join("loop")).unwrap();
    let found = root.leftovers().await.unwrap();
    let leftover = |stem: &str, ext: &str| Leftover { folder: PathBuf::from("a"), stem: stem.into(), ext: ext.into() };
    assert_eq!(
        found,
        Found { parts: vec![leftover("name", "flv")], sidecars: vec![leftover("alone", "")], cut_short: false }
    );
    assert!(matches!(root.take(&found.parts[0]).await.unwrap(), Taken::Locked));
    drop(file.into_old().await.unwrap());
    let Taken::Mine(old) = root.take(&found.parts[0]).await.unwrap() else { panic!("not ours") };
    assert!(matches!(root.take(&found.parts[0]).await.unwrap(), Taken::Locked));
    assert_eq!((old.bytes(), old.locked, old.ext()), (10, true, "flv"));
    assert_eq!(old.read(2, 100).await.unwrap(), "ADabcdef");
    assert_eq!(old.sidecar().await.unwrap().unwrap(), b"{}");
    old.mend(7, vec![(0, Bytes::from_static(b"head")), (7, Bytes::from_static(b"!"))]).await.unwrap();
    let path = old.publish(Some(b"{}".to_vec())).await.unwrap();
    assert_eq!(std::fs::read(path).unwrap(), b"headabc!");
    assert!(matches!(root.take(&found.parts[0]).await.unwrap(), Taken::Gone));
    root.remove_sidecar(&found.sidecars[0]).await.unwrap();
    assert_eq!(temp.tree(), "a/name.flv\na/name.json\na/whole.flv\na/whole.json\nloop");
}

/// An output file that is something else.
fn disguised(temp: &Temp, file: std::fs::File) -> OutputFile {
    let folder = rustix::fs::open(&temp.0, rustix::fs::OFlags::RDONLY, rustix::fs::Mode::empty()).unwrap();
    let (name, stem, ext) = (String::from("x.flv"), String::from("x"), String::from("flv"));
    let open =
        Open::new(Opening { file, folder, path: temp.0.clone(), name, stem, ext, bytes: 0, hash: None }).unwrap();
    OutputFile::new(
        Arc::new(
            volume::Volume::start(Some(Duration::from_secs(5)), Arc::default(), 32 << 20, Calls::default()).unwrap(),
        ),
        open,
    )
}

#[tokio::test(start_paused = true)]
async fn a_slow_disk_holds_up_for_a_moment_and_then_the_queue_takes_more() {
    use std::io::Read;
    const EIGHTH: usize = volume::AHEAD_BYTES / 8;
    let temp = Temp::new();
    let (mut reader, writer) = std::io::pipe().unwrap();
    let file = disguised(&temp, std::os::fd::OwnedFd::from(writer).into());
    let start = tokio::time::Instant::now();
    let send = async |numbers: std::ops::Range<u8>| {
        for number in numbers {
            file.write(batch(&vec![number; EIGHTH]), &[], LONG).await.unwrap();
        }
        start.elapsed()
    };
    // Nobody reads: the first fill the file's share, each that follows waits a little.
    assert_eq!(send(0..8).await, Duration::ZERO);
    let waited = send(8..32).await;
    assert!((24 * 20..24 * 25).contains(&waited.as_millis()), "{waited:?}");
    drop(file);
    let mut content = Vec::new();
    reader.read_to_end(&mut content).unwrap();
    let wanted: Vec<u8> = (0..32).flat_map(|number| vec![number; EIGHTH]).collect();
    assert!(content == wanted);
}

#[tokio::test]
async fn a_full_device_is_told_in_its_own_words_and_nothing_follows() {
    let temp = Temp::new();
    let file = disguised(&temp, std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    file.write(batch(b"abc"), &[], LONG).await.unwrap();
    let error = file.seal(Vec::new()).await.unwrap_err();
    assert_eq!(error.fault, DiskFault::Full);
    assert_eq!(error.to_string(), "cannot write `x.flv`: no space is left on the volume");
    assert_eq!(file.write(batch(b"abc"), &[], LONG).await.unwrap_err().fault, DiskFault::Full);
}

#[test]
fn every_refusal_has_its_own_words() {
    use rustix::io::Errno;
    let kinds = [
        (Errno::NOSPC, DiskFault::Full),
        (Errno::DQUOT, DiskFault::Quota),
        (Errno::IO, DiskFault::Io),
        (Errno::ROFS, DiskFault::ReadOnly),
        (Errno::NAMETOOLONG, DiskFault::NameTooLong),
        (Errno::ACCESS, DiskFault::Denied),
        (Errno::MFILE, DiskFault::Descriptors),
        (Errno::LOOP, DiskFault::Outside),
        (Errno::STALE, DiskFault::Gone),
        (Errno::BADMSG, DiskFault::Other),
    ];
    for (errno, fault) in kinds {
        assert_eq!(DiskFault::of(&errno.into()), fault);
    }
}

#[tokio::test]
async fn a_name_that_is_too_long_is_an_error_that_leaves_nothing() {
    let temp = Temp::new();
    let root = disk().root(&temp.0).await.unwrap();
    let error = root.create(new("", &"x".repeat(300))).await.unwrap_err();
    assert_eq!(error.fault, DiskFault::NameTooLong);
    // The sidecar's name fits, the file's does not.
    assert!(root.create(new("", &"x".repeat(248))).await.is_err());
    assert_eq!(temp.tree(), "");
    assert!(root.space().await.unwrap().free_bytes > 0);
}

#[test]
fn a_batch_is_full_at_its_size() {
    let mut batch = Batch::default();
    batch.append(b"head");
    batch.append(&vec![7; BATCH_BYTES - 5]);
    assert_eq!((batch.bytes(), batch.is_full()), (BATCH_BYTES - 1, false));
    batch.append(b"t");
    assert!(batch.is_full());
    let taken = batch.take().concat();
    assert_eq!((&taken[..5], &taken[BATCH_BYTES - 2..]), (b"head\x07".as_slice(), b"\x07t".as_slice()));
    assert!(batch.is_empty() && !batch.is_full());
}

#[test]
fn a_batch_uses_memory_again_that_nobody_holds() {
    let ring = Arc::new(Ring::default());
    let mut batch = Batch::on(Arc::clone(&ring));
    let mut fill = |byte: u8| {
        (0..9).for_each(|_| batch.append(&vec![byte; BATCH_BYTES / 8]));
        batch.take()
    };
    let held: Vec<Vec<Bytes>> = (0..20).map(&mut fill).collect();
    let mut places = std::collections::HashSet::new();
    for byte in 20..120 {
        let taken = fill(byte);
        places.extend(taken.iter().map(|block| block.as_ptr().addr()));
        ring.spent(taken);
    }
    assert_eq!(places.len(), held[0].len());
    let whole = |(byte, content): (u8, &Vec<Bytes>)| {
        let content = content.concat();
        content.len() == BATCH_BYTES / 8 * 9 && content.iter().all(|is| *is == byte)
    };
    assert!((0..).zip(&held).all(whole));
}

#[test]
fn blocks_lie_at_whole_places_of_a_file() {
    let (mut batch, mut file, mut places) = (Batch::default(), Vec::new(), Vec::new());
    for size in [5, 40_000, BLOCK, 3 * BLOCK + 1, 1, BATCH_BYTES] {
        batch.append(&vec![7; size]);
        for (number, block) in batch.take().iter().enumerate() {
            places.extend((number > 0).then_some(file.len() % BLOCK));
            assert!(!block.is_empty() && block.len() <= BLOCK);
            file.extend_from_slice(block);
        }
    }
    assert_eq!(file.len(), 5 + 40_000 + BLOCK + 3 * BLOCK + 1 + 1 + BATCH_BYTES);
    assert!(places.len() > 20 && places.iter().all(|place| *place == 0), "{places:?}");
}

#[test]
fn a_hash_is_the_same_in_pieces_of_any_size() {
    let content: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    let whole = blake3::hash(&content).to_hex().to_string();
    for sizes in [[1_000_000, 1], [16 << 10, 16 << 10], [16 << 10, 1], [70_001, 13], [1, 40_000], [16_383, 16_385]] {
        let (mut hash, mut rest) = (Hash::default(), content.as_slice());
        for size in sizes.into_iter().cycle() {
            let (now, later) = rest.split_at(rest.len().min(size));
            hash.update(now);
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        assert_eq!(hash.finish(), whole, "{sizes:?}");
    }
}

#[test]
fn this_process_is_alive_and_another_boot_is_not() {
    let me = Owner::me();
    assert_eq!(me.is_alive(), Some(true));
    assert_eq!(Owner { boot: String::from("other"), ..me.clone() }.is_alive(), Some(false));
    assert_eq!(Owner { began: Some(1), ..me.clone() }.is_alive(), Some(false), "our number was another process's");
    assert_eq!(Owner { began: None, ..me.clone() }.is_alive(), Some(true), "an older version did not note it");
    assert_eq!(Owner { host: String::from("elsewhere.invalid"), ..me }.is_alive(), None);
}

/// In place a sidecar is written only where its blocks are there: the rest of a longer one would be lost.
#[test]
fn a_file_has_room_for_what_its_blocks_hold() {
    let temp = Temp::new();
    std::fs::write(temp.0.join("a.json"), [b'x'; 5_000]).unwrap();
    std::fs::File::open(temp.0.join("a.json")).unwrap().sync_all().unwrap();
    let folder = std::os::fd::OwnedFd::from(std::fs::File::open(&temp.0).unwrap());
    assert!(publish::has_room(&folder, "a.json", 5_000));
    assert!(!publish::has_room(&folder, "a.json", 1 << 20));
    assert!(!publish::has_room(&folder, "none.json", 1));
}
