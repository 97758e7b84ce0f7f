//! The power goes while a file grows.

use lyrebird_tests::image::{Image, Kind};
use lyrebird_tests::needs;
use lyrebird_tests::verify::Terms;

use super::scene::{ROOM, Scene, salvage};

/// `[output] sync` is a second here, and what may be lost is that and one second more; a busy machine's device may take
/// its time for the sync itself.
const LOST_MS: u64 = 3_500;

/// The file is there, plays, and lacks no more than what came since the last sync.
fn check(name: &str, kind: Kind) {
    if !needs::row(2) {
        return;
    }
    let scene = Scene::new(name);
    let mut image = Image::mount(scene.place.root().join("image"), &scene.place.out(), kind);
    let run = scene.start();
    scene.plays(120, 20_000, 1);
    scene.has_sent(5_000);
    image.cut_power();
    let sent = scene.origin.receptions(ROOM).remove(0);
    run.kill_9();
    image.unmount();
    image.mount_again();
    salvage(&scene.place);
    let recovered = scene.place.recordings();
    assert_eq!(recovered.len(), 1, "{:?}", scene.place.files());
    assert_eq!(scene.place.sidecar(&recovered[0])["state"], "recovered");
    let terms = Terms { speed: 1, tail_ms: LOST_MS, overlap: false };
    lyrebird_tests::verify::judge_named(&[sent], &recovered, &lyrebird_tests::program::binary(), terms).expect_good();
}

#[test]
fn row_02_a_power_cut_on_ext4() {
    check("power-ext4", Kind::Ext4);
}

#[test]
fn row_02_a_power_cut_on_xfs() {
    check("power-xfs", Kind::Xfs);
}
