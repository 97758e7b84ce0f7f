//! Volumes that refuse: a device that fails, a quota, a file system that has turned read-only, syncs that fail behind
//! writes that did not.

use std::fs;
use std::path::{Path, PathBuf};

use lyrebird_tests::image::{Image, Kind};
use lyrebird_tests::inject::{Fault, SYNCS, WRITES};
use lyrebird_tests::needs;
use lyrebird_tests::place::{recordings_below, wait_until};
use lyrebird_tests::program::Run;
use lyrebird_tests::verify::Terms;
use lyrebird_tests::volume::SmallVolume;

use super::scene::{LIMIT, STOPPED, Scene, parts, salvage, stop};

const SPARE: &str = "fallback = [\"spare\"]\n";

fn spare(scene: &Scene) -> PathBuf {
    scene.place.root().join("spare")
}

/// A recorder whose file has begun to grow.
fn growing(name: &str) -> (Scene, Run, PathBuf) {
    let scene = Scene::new(name);
    scene.configure(SPARE);
    let run = scene.start();
    scene.plays(240, 4_000, 1);
    let part = scene.grows(200 << 10);
    (scene, run, part)
}

/// Calls on the file that grows fail so: it goes on in the spare folder, told once.
fn refuses(name: &str, calls: &str, error: &str, words: &str) -> Scene {
    let (scene, run, part) = growing(name);
    let told = scene.place.root().join("strace");
    let fault = Fault::inject(&run, &[&part], calls, &format!("error={error}"), told);
    fault.bites();
    run.wait_for_text(words, LIMIT);
    // What mends the file is not to be held up by what broke it.
    drop(fault);
    scene.grows_elsewhere(&part);
    let finished = stop(run).expect_code(130);
    assert_eq!(finished.stderr.matches("WARN a volume failed").count(), 1, "told once:\n{}", finished.stderr);
    assert_eq!(recordings_below(&spare(&scene)).len(), 1, "{}", finished.stderr);
    scene
}

/// The same where the file that failed is whole at once; or gone, if all of it is in the other.
fn is_closed_where_it_fails(name: &str, error: &str, words: &str) -> Scene {
    let scene = refuses(name, WRITES, error, words);
    assert!(parts(&scene.place.out()).is_empty(), "{:?}", scene.place.files());
    assert!(scene.place.recordings().len() <= 1, "{:?}", scene.place.files());
    scene.is_named(STOPPED);
    scene
}

#[test]
fn row_08_a_quota_that_is_used_up() {
    if needs::row(8) {
        is_closed_where_it_fails("quota", "EDQUOT", "the disk quota is used up");
    }
}

#[test]
fn row_09_a_device_that_fails() {
    if needs::row(9) {
        is_closed_where_it_fails("eio", "EIO", "the device failed");
    }
}

/// Media that came is in one of the files, each picture of it.
fn lacks_nothing(scene: &Scene) {
    for file in scene.recordings() {
        let sidecar = scene.place.sidecar(&file);
        let gaps = sidecar["gaps"].as_array().cloned().unwrap_or_default();
        let is_ours = |gap: &serde_json::Value| gap["cause"] == "disk" && gap["lost_ms"] != 0;
        assert!(!gaps.iter().any(is_ours), "what had come could have been kept: {}", sidecar["gaps"]);
    }
    scene.is_named(Terms { overlap: true, ..STOPPED });
}

/// The batch that failed is still in hand.
#[test]
fn row_09_a_device_that_fails_loses_nothing_that_had_come() {
    if needs::row(9) {
        lacks_nothing(&is_closed_where_it_fails("eio-whole", "EIO", "the device failed"));
    }
}

#[test]
fn row_05_a_full_disk_loses_nothing_that_had_come() {
    if needs::row(9) {
        lacks_nothing(&is_closed_where_it_fails("enospc-whole", "ENOSPC", "no space is left"));
    }
}

/// A sync that fails takes what came since the last good one with it: that comes from memory into the next file.
#[test]
fn row_10_a_sync_that_fails() {
    if needs::row(9) {
        let scene = refuses("sync-eio", SYNCS, "EIO", "the device failed");
        salvage(&scene.place);
        lacks_nothing(&scene);
    }
}

/// The image's own volume is full: writes succeed, and their syncs do not.
#[test]
fn row_10_writes_that_fail_late() {
    if !(needs::row(10) && needs::row(5)) {
        return;
    }
    let scene = Scene::new("late");
    scene.configure(SPARE);
    let backing = scene.place.root().join("backing");
    fs::create_dir_all(&backing).unwrap();
    let _volume = SmallVolume::mount(backing.clone(), "12m");
    let mut image = Image::mount(backing.join("image"), &scene.place.out(), Kind::Ext4Held);
    let run = scene.start();
    scene.plays(240, 4_000, 1);
    let part = scene.grows(300 << 10);
    let filler = fill(&backing);
    scene.grows_elsewhere(&part);
    stop(run);
    // Read from the device, not from what the kernel remembers of it.
    image.unmount();
    fs::remove_file(filler).unwrap();
    image.mount_again();
    salvage(&scene.place);
    lacks_nothing(&scene);
}

fn fill(folder: &Path) -> PathBuf {
    use std::io::Write;
    let path = folder.join("filler");
    let mut filler = fs::File::create(&path).unwrap();
    while filler.write_all(&[0; 4096]).is_ok() {}
    path
}

#[test]
fn row_11_a_volume_that_turns_read_only() {
    if !needs::row(11) {
        return;
    }
    let scene = Scene::new("erofs");
    scene.configure(SPARE);
    let mut image = Image::mount(scene.place.root().join("image"), &scene.place.out(), Kind::Ext4);
    let run = scene.start();
    scene.plays(240, 4_000, 1);
    let part = scene.grows(200 << 10);
    image.turn_read_only();
    scene.grows_elsewhere(&part);
    let finished = stop(run);
    assert!(finished.stderr.contains("the volume is read-only"), "{}", finished.stderr);
    // Another start, on a volume that was mended, makes the first file whole.
    image.unmount();
    image.mount_again();
    salvage(&scene.place);
    wait_until("both files are whole", LIMIT, || scene.recordings().len() == 2);
    scene.is_named(Terms { overlap: true, ..STOPPED });
}
