//! Volumes that are slow, or do not answer at all.

use std::fs;
use std::thread;
use std::time::Duration;

use lyrebird_tests::clip::{self, Clip};
use lyrebird_tests::feed::Feed;
use lyrebird_tests::image::{Image, Kind};
use lyrebird_tests::inject::{Fault, WRITES};
use lyrebird_tests::needs;
use lyrebird_tests::numbered;
use lyrebird_tests::origin::Answer;
use lyrebird_tests::place::{recordings_below, wait_until};
use lyrebird_tests::program::binary;
use lyrebird_tests::verify::{Terms, judge, judge_named};

use super::scene::{LIMIT, ROOM, STOPPED, Scene, stop};

const OTHER: &str = "/other.flv";
/// Of each picture: with it half of the volume's queue is full in two seconds.
const HEAVY: usize = 400_000;

/// 512 KiB/s where ten MiB come: the sender is held up, and what is written is whole.
#[test]
fn row_14_a_slow_volume() {
    if !needs::row(14) {
        return;
    }
    let scene = Scene::new("slow");
    let run = scene.start();
    scene.plays(40, HEAVY, 1);
    let part = scene.grows(1 << 20);
    let fault = Fault::inject(&run, &[&part], WRITES, "delay_enter=500000", scene.place.root().join("strace"));
    fault.bites();
    thread::sleep(Duration::from_secs(3));
    drop(fault);
    scene.has_sent(5_500);
    stop(run).expect_code(130);
    scene.is_named(STOPPED);
}

/// One volume hangs for longer than its queue may be full; a room on another one does not notice. Of the first room
/// whole groups are missing, with their name, and it goes on by itself.
#[test]
fn row_13_a_volume_that_hangs() {
    if !needs::row(13) {
        return;
    }
    let scene = Scene::new("hung");
    scene.configure("patience = \"1s\"\n");
    let (slow, fast) = (scene.place.out().join("live"), scene.place.out().join("other"));
    fs::create_dir_all(&slow).unwrap();
    let image = Image::mount(scene.place.root().join("image"), &slow, Kind::Xfs);
    let beside = Feed::new();
    scene.origin.answers(OTHER, [Answer::live(&beside)]);
    let run = scene.place.record(&scene.origin.url(ROOM), &[&scene.origin.url(OTHER), "--name", "{{ title }}/x"]);
    scene.plays(20, 2 * HEAVY, 1);
    let player = clip::play_tags(&beside, numbered::stream(Clip::Small, 6, 0), 1);
    scene.has_sent(1_000);
    let frozen = image.freeze();
    // The queue is full after some seconds.
    run.wait_for_text("the volume takes nothing", Duration::from_secs(30));
    thread::sleep(Duration::from_secs(1));
    drop(frozen);
    run.wait_for_text("cause=\"queue\"", LIMIT);
    player.join().unwrap();
    wait_until("the other room's file is whole", LIMIT, || recordings_below(&fast).len() == 1);
    stop(run).expect_code(130);
    judge(&scene.origin.receptions(OTHER), &recordings_below(&fast), Some(&binary())).expect_good();
    assert_eq!(scene.origin.receptions(OTHER).len(), 1);
    let files = recordings_below(&slow);
    judge_named(&scene.origin.receptions(ROOM), &files, &binary(), Terms { tail_ms: 4_000, ..STOPPED }).expect_good();
}

/// The same for less long: nothing is missing at all.
#[test]
fn row_13_a_volume_that_hangs_for_a_moment() {
    if !needs::row(13) {
        return;
    }
    let scene = Scene::new("hung-short");
    let image = Image::mount(scene.place.root().join("image"), &scene.place.out(), Kind::Xfs);
    let run = scene.start();
    scene.plays(60, HEAVY / 20, 1);
    scene.has_sent(2_000);
    let frozen = image.freeze();
    thread::sleep(Duration::from_secs(3));
    drop(frozen);
    scene.has_sent(6_000);
    stop(run).expect_code(130);
    assert_eq!(scene.origin.receptions(ROOM).len(), 1);
    let files = scene.place.recordings();
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(scene.place.sidecar(&files[0])["gaps"], serde_json::json!([]));
    scene.is_named(STOPPED);
}
