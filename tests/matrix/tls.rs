//! Servers that are not who they should be.

use lyrebird_tests::origin::{Answer, Origin};
use lyrebird_tests::place::{HURRY, Place, wait_until};
use lyrebird_tests::tls::{CA, Front, Shows};
use lyrebird_tests::verify::Terms;

use super::scene::{LIMIT, ROOM, Scene, stop};

fn trusting(place: &Place) {
    place.share_compiled();
    place.write("ca.pem", CA);
    place.configure(&HURRY.replace("[http]", "[http]\nca = \"ca.pem\""));
}

/// It is refused, told, and never asked without TLS.
fn check_refused(name: &str, shows: Shows, words: &str) {
    let (place, origin) = (Place::new(name), Origin::start());
    let front = Front::of(&origin, shows);
    origin.answers(ROOM, [Answer::html()]);
    trusting(&place);
    let run = place.record::<&str>(&front.url(ROOM), &[]);
    run.wait_for_text(words, LIMIT);
    let told = stop(run).expect_code(130).stderr;
    assert!(origin.connections(ROOM).is_empty() && !front.was_asked_plainly(), "it was asked: {told}");
    assert!(place.files().is_empty(), "{:?}", place.files());
}

#[test]
fn row_25_a_certificate_that_has_expired() {
    check_refused("tls-expired", Shows::Expired, "expired");
}

#[test]
fn row_25_a_certificate_of_another_host() {
    check_refused("tls-host", Shows::WrongHost, "not valid for name");
}

/// Plain HTTP where TLS should be.
#[test]
fn row_25_a_server_that_would_rather_not_encrypt() {
    check_refused("tls-plain", Shows::Nothing, "corrupt message");
}

/// Against which the others are held: the same with a good certificate is recorded.
#[test]
fn row_25_a_good_certificate() {
    let scene = Scene::new("tls-good");
    let front = Front::of(&scene.origin, Shows::Good);
    trusting(&scene.place);
    let run = scene.place.record(&front.url(ROOM), &["--once"]);
    wait_until("it was asked", LIMIT, || !scene.origin.connections(ROOM).is_empty());
    scene.plays(8, 0, 4).join().unwrap();
    run.finish(LIMIT).expect_code(0);
    scene.is_named(Terms { speed: 4, tail_ms: 0, overlap: false });
}
