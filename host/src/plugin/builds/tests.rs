use std::fs::File;

use super::*;

#[test]
fn builds_are_kept_read_and_pruned_by_name() {
    let data = std::env::temp_dir().join(format!("lyrebird-builds-{}", crate::event::new_id()));
    let builds = Builds::of(&data);
    let hashes: Vec<String> = ["one", "two", "three"].map(|wasm| anatomy::hash(wasm.as_bytes())).into();
    for (wasm, hash) in ["one", "two", "three"].iter().zip(&hashes) {
        builds.keep("a", hash, wasm.as_bytes()).unwrap();
        builds.keep("a-b", hash, wasm.as_bytes()).unwrap();
    }
    builds.keep("a", &hashes[0], b"the name says what is in it").unwrap();
    assert_eq!(builds.read("a", &hashes[0]).unwrap(), b"one");

    builds.prune("a", &hashes[1..]).unwrap();
    let there = |name| hashes.iter().map(|hash| builds.file(name, hash).exists()).collect::<Vec<_>>();
    assert_eq!((there("a"), there("a-b")), (vec![false, true, true], vec![true, true, true]));

    std::fs::write(builds.file("a", &hashes[1]), "tw").unwrap();
    assert!(matches!(builds.read("a", &hashes[1]), Err(LoadError::Incomplete)));
    assert!(matches!(builds.read("a", &hashes[0]), Err(LoadError::Io(_))));
    std::fs::remove_dir_all(data).unwrap();
}

#[test]
fn rooms_are_remembered_for_a_day_and_go_with_their_build() {
    let data = std::env::temp_dir().join(format!("lyrebird-builds-{}", crate::event::new_id()));
    let (builds, now) = (Builds::of(&data), SystemTime::now());
    let rooms = HashSet::from([1, u64::MAX]);
    assert_eq!(builds.rooms("a", "b1", now), HashSet::new(), "nobody has noted any");
    builds.keep("a", "b1", b"one").unwrap();
    builds.note_rooms("a", "b1", &HashSet::from([7])).unwrap();
    builds.note_rooms("a", "b1", &rooms).unwrap();
    let file = builds.file("a", "b1").with_extension("json");
    File::options().write(true).open(&file).unwrap().set_modified(now).unwrap();
    assert_eq!(builds.rooms("a", "b1", now + ROOMS_HOLD - Duration::from_secs(1)), rooms);
    assert_eq!(builds.rooms("a", "b1", now + ROOMS_HOLD), HashSet::new());
    assert_eq!(builds.rooms("a", "b1", now - Duration::from_secs(1)), HashSet::new(), "the clock was set back");
    fs::write(&file, "[1, ").unwrap();
    assert_eq!(builds.rooms("a", "b1", SystemTime::now()), HashSet::new());
    builds.prune("a", &[]).unwrap();
    assert_eq!(fs::read_dir(data.join("builds")).unwrap().count(), 0);
    fs::remove_dir_all(data).unwrap();
}
