//! An output folder that is not any more what it was: gone, moved, another volume, or without a free inode.

use std::fs;
use std::time::Duration;

use lyrebird_tests::image::{Image, Kind};
use lyrebird_tests::needs;
use lyrebird_tests::place::{HURRY, VOLUME_MARK, wait_until};
use lyrebird_tests::program::Run;
use lyrebird_tests::volume::SmallVolume;

use super::scene::{LIMIT, STOPPED, Scene, parts, stop};
use crate::run::nothing_happens_for;

/// A descriptor does not care what its folder is called: the file goes on, and gets its name where it lies.
#[test]
fn row_12_a_folder_that_is_moved() {
    let scene = Scene::new("moved");
    let run = scene.start();
    scene.plays(120, 4_000, 1);
    scene.grows(200 << 10);
    let moved = scene.place.root().join("elsewhere");
    fs::rename(scene.place.out(), &moved).unwrap();
    let before = scene.origin.receptions(super::scene::ROOM)[0].tags.len();
    wait_until("it goes on", LIMIT, || scene.origin.receptions(super::scene::ROOM)[0].tags.len() > before + 200);
    stop(run).expect_code(130);
    let files = lyrebird_tests::place::recordings_below(&moved);
    assert_eq!(files.len(), 1, "{files:?}");
    scene.are_named(&files, STOPPED);
}

/// Deleted under a recorder: what was wrong is said by its name. The file that grew goes on until it would be cut.
#[test]
fn row_12_a_folder_that_is_deleted() {
    let (_scene, run) = deleted("deleted");
    let told = stop(run).stderr;
    assert_eq!(told.matches("ERROR cannot write").count(), 1, "told once:\n{told}");
}

/// Made again by somebody: it goes on by itself.
#[test]
fn row_12_a_folder_that_was_deleted_is_there_again() {
    let (scene, run) = deleted("deleted-again");
    fs::create_dir_all(scene.place.out()).unwrap();
    wait_until("a file grows again", Duration::from_secs(60), || !parts(&scene.place.out()).is_empty());
    stop(run).expect_code(130);
    assert!(!scene.place.recordings().is_empty(), "{:?}", scene.place.files());
}

fn deleted(name: &str) -> (Scene, Run) {
    let scene = Scene::new(name);
    scene.place.configure(&HURRY.replace("[output]", "[output]\nsplit = { duration = \"2s\" }"));
    let run = scene.start();
    scene.plays(240, 4_000, 1);
    scene.grows(200 << 10);
    fs::remove_dir_all(scene.place.out()).unwrap();
    run.wait_for_text("it is gone: deleted, moved, or its volume was unmounted", LIMIT);
    (scene, run)
}

/// What runs needs no inode to go on; what would begin is told what is missing.
#[test]
fn row_07_no_inode_is_left() {
    if !needs::row(7) {
        return;
    }
    let scene = Scene::new("inodes");
    scene.configure("");
    let _volume = SmallVolume::mount(scene.place.out(), "64m,nr_inodes=80");
    let run = scene.start();
    scene.plays(240, 4_000, 1);
    scene.grows(100 << 10);
    let fillers = scene.place.out().join("fillers");
    fs::create_dir(&fillers).unwrap();
    let taken = (0..100).take_while(|number| fs::File::create(fillers.join(number.to_string())).is_ok()).count();
    assert!(taken > 10, "{taken} inodes were free");
    run.wait_for_text("has space but only 0 inodes left", LIMIT);
    let second = scene.place.record::<&str>(&scene.origin.url("/second.flv"), &[]);
    scene.origin.answers("/second.flv", [lyrebird_tests::origin::Answer::live(&scene.feed)]);
    second.wait_for_text("inode", LIMIT);
    let told = stop(second);
    assert!(!told.stderr.contains("no space is left"), "{}", told.stderr);
    assert_eq!(parts(&scene.place.out()).len(), 1, "the first one runs on");
    fs::remove_dir_all(&fillers).unwrap();
    run.wait_for_text("has room again", LIMIT);
    let told = stop(run).expect_code(130).stderr;
    assert_eq!(told.matches("ERROR").count(), 1, "told once:\n{told}");
    assert_eq!(scene.origin.receptions(super::scene::ROOM).len(), 1);
    scene.is_named(STOPPED);
}

/// The machine was started anew, and the volume is not mounted: nothing is written to the one below, until somebody says
/// that it is meant, or the volume is there.
#[test]
fn row_56_a_volume_that_is_not_mounted_after_a_restart() {
    if !needs::row(56) {
        return;
    }
    let scene = Scene::new("absent");
    scene.plays(240, 4_000, 1);
    let volume = SmallVolume::mount(scene.place.out(), "64m");
    let run = scene.start();
    scene.grows(50 << 10);
    stop(run).expect_code(130);
    assert!(scene.place.out().join(VOLUME_MARK).is_file());
    drop(volume);
    let run = scene.start();
    run.wait_for_text("is not mounted: it was `tmpfs tmpfs` at", LIMIT);
    nothing_happens_for(2);
    assert!(scene.place.files().is_empty(), "written to the volume below: {:?}", scene.place.files());
    let volume = SmallVolume::mount(scene.place.out(), "64m");
    wait_until("a file grows on it", LIMIT, || !parts(&scene.place.out()).is_empty());
    let said = stop(run).expect_code(130).stderr;
    assert_eq!(said.matches("ERROR nothing is recorded there").count(), 1, "told once:\n{said}");
    drop(volume);
    assert!(scene.place.files().is_empty(), "written to the volume below: {:?}", scene.place.files());
    // Whoever makes this file means what is there now.
    fs::write(scene.place.out().join(VOLUME_MARK), "").unwrap();
    let run = scene.start();
    scene.grows(50 << 10);
    let said = stop(run).expect_code(130).stderr;
    assert!(!said.contains("is not mounted"), "{said}");
}

/// The same for a recorder that was killed: when its volume is mounted, what it left there is made whole at once, not only
/// by another start.
#[test]
fn row_56_what_a_killed_recorder_left_on_a_volume_that_comes_later() {
    if !needs::row(56) || !needs::row(2) {
        return;
    }
    let scene = Scene::new("later");
    fs::create_dir_all(scene.place.out()).unwrap();
    scene.plays(240, 4_000, 1);
    let mut volume = Image::mount(scene.place.root().join("image"), &scene.place.out(), Kind::Ext4);
    let run = scene.start();
    scene.grows(100 << 10);
    run.kill_9();
    volume.unmount();
    let run = scene.start();
    run.wait_for_text("is not mounted: it was", LIMIT);
    volume.mount_again();
    wait_until("the first file is whole", LIMIT, || !scene.recordings().is_empty());
    assert_eq!(scene.place.sidecar(&scene.recordings()[0])["state"], "recovered");
    run.wait_for_text("recovered an unfinished file", LIMIT);
    wait_until("another file grows on it", LIMIT, || !parts(&scene.place.out()).is_empty());
    stop(run).expect_code(130);
}

/// The disk is swapped: an empty volume lies where the full one did. What was begun is kept on the old one, and nothing
/// is written silently to what is below.
#[test]
fn row_56_a_volume_that_is_another_one() {
    if !needs::row(56) {
        return;
    }
    let scene = Scene::new("swapped");
    let first = SmallVolume::mount(scene.place.out(), "64m");
    let run = scene.start();
    scene.plays(240, 4_000, 1);
    scene.grows(200 << 10);
    drop(first);
    // For a moment there is no volume at all, but the folder of the one below.
    nothing_happens_for(3);
    assert!(scene.place.files().is_empty(), "written to the volume below: {:?}", scene.place.files());
    let _second = SmallVolume::mount(scene.place.out(), "64m");
    wait_until("a file grows again", Duration::from_secs(60), || !parts(&scene.place.out()).is_empty());
    stop(run).expect_code(130);
    assert!(!scene.place.recordings().is_empty(), "{:?}", scene.place.files());
}
