//! What happens to a network below HTTP: a cable that is pulled, packets that are lost.

use std::fs;
use std::thread;
use std::time::Duration;

use lyrebird_tests::needs;
use lyrebird_tests::network::Network;
use lyrebird_tests::origin::Origin;
use lyrebird_tests::place::HURRY;
use lyrebird_tests::program::Run;
use lyrebird_tests::verify::Terms;

use super::scene::{ROOM, STOPPED, Scene, stop};

fn start(scene: &Scene, network: &Network) -> Run {
    Run::start(network.put(&scene.place.record_command::<&str>(&scene.origin.url(ROOM), &[])), None)
}

/// How many connections came to the origin.
fn tries(origin: &Origin) -> usize {
    origin.connections(ROOM).len()
}

/// Longer than the stall limit and several pauses: it goes on in the same file, and comes back once.
#[test]
fn row_22_a_cable_that_is_pulled() {
    if !needs::row(22) {
        return;
    }
    let network = Network::new();
    let scene = Scene::at("cable", network.address());
    let run = start(&scene, &network);
    scene.plays(120, 0, 1);
    scene.has_sent(1_500);
    let before = tries(&scene.origin);
    network.pull();
    // Longer than a stall.
    thread::sleep(Duration::from_millis(3_500));
    network.plug();
    scene.is_received_again(2);
    assert!(tries(&scene.origin) <= before + 2, "{} connections where one was needed", tries(&scene.origin) - before);
    stop(run).expect_code(130);
    let files = scene.recordings();
    assert_eq!(files.len(), 1, "{files:?}");
    let sidecar = scene.place.sidecar(&files[0]);
    assert_eq!(sidecar["gaps"][0]["cause"], "stall", "{sidecar:#}");
    scene.is_named(STOPPED);
}

/// A stream of 2 Mbit/s through 1 Mbit/s: the sender is held up, the connection stays, and what is there is whole.
#[test]
fn row_23_a_network_that_is_too_narrow() {
    if !needs::row(23) {
        return;
    }
    let network = Network::new();
    let scene = Scene::at("narrow", network.address());
    let run = start(&scene, &network);
    scene.plays(120, 10_000, 1);
    let part = scene.grows(100 << 10);
    network.narrows(1_000);
    let before = fs::metadata(&part).unwrap().len();
    thread::sleep(Duration::from_secs(5));
    let came = fs::metadata(&part).unwrap().len() - before;
    assert!((300 << 10..1_100 << 10).contains(&came), "{came} bytes came in 5 s");
    stop(run).expect_code(130);
    assert_eq!(scene.origin.receptions(ROOM).len(), 1);
    // What the network still holds at the end was sent, and nobody knows of it here.
    scene.is_named(Terms { tail_ms: 60_000, ..STOPPED });
}

/// It keeps up or says what is missing; what is there is whole.
#[test]
fn row_23_a_network_that_loses_packets() {
    if !needs::row(23) {
        return;
    }
    let network = Network::new();
    let scene = Scene::at("loss", network.address());
    // As patient as the config begins: a lost packet that is lost again takes seconds, and is no end of a session.
    scene
        .place
        .configure(&HURRY.replace("stall = \"2s\"", "stall = \"15s\"").replace("grace = \"4s\"", "grace = \"60s\""));
    let run = start(&scene, &network);
    scene.plays(120, 0, 1);
    // What is lost before anything has come nobody here could name.
    scene.grows(80 << 10);
    network.loses(30);
    // How fast it gets on is for TCP to say: every packet that is lost twice doubles the pause.
    scene.grows(82 << 10);
    thread::sleep(Duration::from_secs(2));
    stop(run).expect_code(130);
    // What the network still holds at the end was sent, and nobody knows of it here.
    scene.is_named(Terms { tail_ms: 60_000, ..STOPPED });
}
