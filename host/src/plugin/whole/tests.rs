use std::os::unix::fs::MetadataExt;

use super::*;

#[test]
fn a_file_is_replaced_or_added_and_no_draft_is_left() {
    let folder = std::env::temp_dir().join(format!("lyrebird-whole-{}", crate::event::new_id()));
    fs::create_dir(&folder).unwrap();
    let names = || {
        let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let (one, other) = (folder.join("one"), folder.join("other"));
    replace(&one, b"first", Readers::Usual).unwrap();
    let held = fs::metadata(&one).unwrap().ino();
    replace(&one, b"second", Readers::User).unwrap();
    let facts = fs::metadata(&one).unwrap();
    assert_eq!((fs::read(&one).unwrap(), facts.mode() & 0o777), (b"second".to_vec(), 0o600));
    assert_ne!(facts.ino(), held, "whoever has the old one open keeps it as it was");

    add(&other, b"first", Readers::User).unwrap();
    let held = fs::metadata(&other).unwrap().ino();
    add(&other, b"second", Readers::User).unwrap();
    assert_eq!((fs::read(&other).unwrap(), fs::metadata(&other).unwrap().ino()), (b"first".to_vec(), held));
    assert_eq!(names(), ["one", "other"]);

    // What fails says where, and changes nothing.
    fs::create_dir(folder.join("taken")).unwrap();
    fs::write(folder.join("taken/x"), "").unwrap();
    let told = replace(&folder.join("taken"), b"x", Readers::Usual).unwrap_err().to_string();
    assert!(told.starts_with(&format!("`{}/taken`: ", folder.display())), "{told}");
    let nowhere = replace(&folder.join("no/one"), b"x", Readers::Usual).unwrap_err();
    assert_eq!(nowhere.kind(), io::ErrorKind::NotFound);
    assert!(nowhere.to_string().contains(&format!("`{}/no/.", folder.display())), "{nowhere}");
    assert_eq!(names(), ["one", "other", "taken"]);
    fs::remove_dir_all(folder).unwrap();
}
