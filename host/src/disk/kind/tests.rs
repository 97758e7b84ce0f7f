use super::trial::{CONTENT, TRIAL};
use super::*;
use crate::disk::tests::Temp;

/// In a container every start has the same process number: what one left that was killed must not stop the next.
#[test]
fn what_a_killed_trial_left_goes_and_what_a_running_one_has_stays() {
    let temp = Temp::new();
    let name = |number: u32| format!("{TRIAL}{}-{number}", std::process::id());
    for left in [format!("{}.part", name(1)), name(2), String::from(".lyrebird-1")] {
        std::fs::write(temp.0.join(left), CONTENT).unwrap();
    }
    std::fs::write(temp.0.join(".lyrebird-notes"), "somebody's own, and longer").unwrap();
    let held = std::fs::File::create(temp.0.join(format!("{}.part", name(3)))).unwrap();
    held.lock().unwrap();
    trial(&temp.0).unwrap();
    let mut there = [String::from(".lyrebird-notes"), format!("{}.part", name(3))];
    there.sort();
    assert_eq!(temp.tree(), there.join("\n"));
    drop(held);
    trial(&temp.0).unwrap();
    assert_eq!(temp.tree(), ".lyrebird-notes");
}

#[test]
fn a_volume_has_the_name_that_the_kernel_gives_it() {
    let check = |listed, magic, expected: (&str, Keeping)| {
        let (name, keeping) = name(listed, magic);
        assert_eq!((name.as_str(), keeping), expected);
    };
    check(Some("ext4"), 0xef53, ("ext4", Keeping::Journal));
    check(Some("ext2"), 0xef53, ("ext2", Keeping::NoJournal));
    check(Some("fuse.sshfs"), 0x6573_5546, ("fuse.sshfs", Keeping::Program));
    check(Some("nfs4"), 0x6969, ("nfs4", Keeping::Remote));
    check(Some("newfs"), 0xef53, ("newfs", Keeping::Unknown));
    check(None, 0x9123_683e, ("btrfs", Keeping::Journal));
    check(None, 0x0102_1994, ("tmpfs", Keeping::Memory));
    check(None, 0x1234, ("0x1234", Keeping::Unknown));
    check(None, 0, ("0x0", Keeping::Unknown));
}

#[test]
fn a_trial_tells_how_the_folder_did_and_leaves_nothing() {
    let temp = Temp::new();
    let tried = trial(&temp.0).unwrap();
    assert_eq!((tried.locks, tried.renaming), (Locks::Hold, Renaming::OneStep));
    assert!(tried.ahead_seconds.abs() <= 1, "{tried:?}");
    assert!(tried.file_sync < std::time::Duration::from_secs(60), "{tried:?}");
    assert_eq!(temp.tree(), "");
}

#[test]
fn a_folder_that_is_gone_fails_its_trial() {
    let temp = Temp::new();
    let error = trial(&temp.0.join("gone")).unwrap_err();
    assert!(format!("{error:#}").starts_with("cannot make a file there: "), "{error:#}");
}
