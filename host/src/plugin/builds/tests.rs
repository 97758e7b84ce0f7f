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
