//! What a start meets in the first output folder: one that takes nothing keeps nobody from recording to the next.

use lyrebird_tests::image::{Image, Kind};
use lyrebird_tests::inject::Fault;
use lyrebird_tests::needs;
use lyrebird_tests::place::recordings_below;

use super::scene::{LIMIT, STOPPED, Scene, parts, stop};

const SPARE: &str = "patience = \"1s\"\nfallback = [\"spare\"]\n";

/// An error of the disk has made it so, and the machine was started again.
#[test]
fn row_11_a_volume_that_is_read_only_at_the_start() {
    if !needs::row(11) {
        return;
    }
    let scene = Scene::new("first-erofs");
    scene.configure(SPARE);
    let image = Image::mount(scene.place.root().join("image"), &scene.place.out(), Kind::Ext4);
    image.turn_read_only();
    let spare = scene.place.root().join("spare");
    let run = scene.start();
    scene.plays(120, 4_000, 1);
    run.wait_for_text("the output folder cannot be used, another one serves", LIMIT);
    scene.has_sent(1_500);
    let finished = stop(run).expect_code(130);
    assert!(finished.stderr.contains("Read-only file system"), "{}", finished.stderr);
    assert_eq!(recordings_below(&spare).len(), 1, "{}", finished.stderr);
    scene.is_named(STOPPED);
    // Without another one nothing can be recorded, which is told at once.
    scene.configure("");
    scene.start().finish(LIMIT).expect_code(74).expect_stderr("hint: `lyrebird doctor` tells what works there");
}

#[test]
fn row_13_a_volume_that_hangs_at_the_start() {
    if !needs::row(13) {
        return;
    }
    let scene = Scene::new("first-hung");
    scene.configure(SPARE);
    let image = Image::mount(scene.place.root().join("image"), &scene.place.out(), Kind::Xfs);
    // No program ends that waits for such a volume: also where this fails it is let go before the program is waited for.
    let held = (image.freeze(), scene.start());
    scene.plays(120, 4_000, 1);
    held.1.wait_for_text("it does not answer in 1s", LIMIT);
    scene.grows_elsewhere(&scene.place.out());
    let (frozen, run) = held;
    drop(frozen);
    stop(run).expect_code(130);
    scene.is_named(STOPPED);
}

/// Some file systems have no such thing as a folder that is synced.
#[test]
fn row_12_a_folder_that_cannot_be_synced() {
    if !needs::row(9) {
        return;
    }
    let scene = Scene::new("no-folder-sync");
    let run = scene.start();
    scene.plays(120, 4_000, 1);
    let part = scene.grows(50 << 10);
    let told = scene.place.root().join("strace");
    let fault = Fault::inject(&run, &[part.parent().unwrap()], "fsync", "error=EINVAL", told);
    let finished = stop(run).expect_code(130);
    assert!(fault.count() > 0, "the folder was not synced");
    assert_eq!(scene.recordings().len(), 1, "{}", finished.stderr);
    assert!(parts(&scene.place.out()).is_empty(), "{}", finished.stderr);
    scene.is_named(STOPPED);
}
