use super::*;

const MOUNTS: &str = "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n\
                      31 27 0:28 / /mnt/a\\040b rw - nfs4 nas:/x rw\n\
                      32 27 8:17 / /mnt rw - ext4 /dev/sdb1 rw\n\
                      33 27 8:17 / /mnt rw - xfs /dev/sdc1 rw\n";

#[test]
fn the_nearest_mount_is_the_volume() {
    let check = |path: &str, mount: &str, volume: &str| {
        let found = around(MOUNTS, Path::new(path)).unwrap();
        assert_eq!((found.mount.as_path(), found.volume.as_str()), (Path::new(mount), volume), "{path}");
    };
    check("/srv/a", "/", "ext4 /dev/vda");
    check("/mnt/a b/recordings", "/mnt/a b", "nfs4 nas:/x");
    check("/mnt/a", "/mnt", "xfs /dev/sdc1");
    check("/mnt2", "/", "ext4 /dev/vda");
}

fn place(mount: &str, volume: &str) -> Place {
    Place { mount: PathBuf::from(mount), volume: volume.to_owned() }
}

#[test]
fn only_a_volume_that_is_gone_is_missed() {
    let note = Note { folder: PathBuf::from("/mnt/rec"), place: place("/mnt", "nfs4 nas:/x"), id: String::from("1") };
    let check = |real: &str, is_marked: bool, now: Place, is_missing: bool| {
        let judged = judge(&note, Path::new(real), is_marked, &now);
        assert_eq!(judged.is_err(), is_missing, "{real} {is_marked} {now:?}");
    };
    let (root, same) = (place("/", "ext4 /dev/vda"), place("/mnt", "nfs4 nas:/x"));
    check("/mnt/rec", false, root.clone(), true);
    // A container's folder, whose volume is missing outside.
    check("/mnt/rec", false, place("/mnt", "ext4 /dev/vda"), true);
    // Somebody says that it is meant, or it was used before.
    check("/mnt/rec", true, root.clone(), false);
    // Emptied.
    check("/mnt/rec", false, same, false);
    // The link leads elsewhere.
    check("/srv/rec", false, root, false);
    // A disk of its own.
    check("/mnt/rec", false, place("/mnt/rec", "xfs /dev/sdd1"), false);
}

#[test]
fn what_is_missing_is_said_with_what_to_do() {
    let note = Note { folder: PathBuf::from("/mnt/rec"), place: place("/mnt", "nfs4 nas:/x"), id: String::from("1") };
    let missing = judge(&note, Path::new("/mnt/rec"), false, &place("/", "ext4 /dev/vda")).unwrap_err();
    assert_eq!(
        missing.why,
        "the volume of `/mnt/rec` is not mounted: it was `nfs4 nas:/x` at `/mnt`, now `ext4 /dev/vda` at `/` is there"
    );
    assert_eq!(
        missing.hint,
        "mount it; or, if what is there now is meant, make an empty file `/mnt/rec/.lyrebird.volume`"
    );
}

#[test]
fn a_folder_is_marked_once_and_an_empty_mark_is_filled() {
    let folder = std::env::temp_dir().join(format!("lyrebird-known-{}", new_id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(MARK), "").unwrap();
    let first = mark(&folder).unwrap();
    assert!(!first.is_empty());
    assert_eq!(mark(&folder).unwrap(), first);
    assert!(fs::read_to_string(folder.join(MARK)).unwrap().ends_with(&format!("{WORDS}\n")));
    fs::remove_dir_all(folder).unwrap();
}

/// A folder of the topmost volume: no file of ours is in it, and nothing is noted.
#[tokio::test]
async fn the_topmost_volume_is_left_alone() {
    let data = std::env::temp_dir().join(format!("lyrebird-known-{}", new_id()));
    fs::create_dir_all(&data).unwrap();
    let known = Known::noted_in(&data);
    known.remember(&data).await;
    assert_eq!(known.recognise(&data).await, Ok(()));
    let is_top = here(&data).1.is_some_and(|place| place.mount == Path::new("/"));
    assert_eq!(fs::read_dir(&data).unwrap().count(), if is_top { 0 } else { 2 });
    fs::remove_dir_all(data).unwrap();
}
