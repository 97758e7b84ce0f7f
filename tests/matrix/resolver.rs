//! Name servers that do not know, fail, or say nothing.

use std::time::{Duration, Instant};

use lyrebird_tests::needs;
use lyrebird_tests::place::{HURRY, wait_until};
use lyrebird_tests::program::Run;
use lyrebird_tests::resolver::{FAILS, GOOD, NOWHERE, Resolver, SILENT};

use super::scene::{LIMIT, ROOM, STOPPED, Scene, stop};

/// Rooms whose names cannot be resolved are asked for again, at a bearable rate, and told; the one beside them is
/// recorded from one connection.
#[test]
fn row_24_names_that_cannot_be_resolved() {
    if !needs::row(24) {
        return;
    }
    let (scene, resolver) = (Scene::new("resolver"), Resolver::start());
    scene.place.configure(&HURRY.replace("[http]", "[http]\nconnect_timeout = \"3s\""));
    let port = scene.origin.authority().rsplit_once(':').unwrap().1.to_owned();
    let rooms = [GOOD, NOWHERE, FAILS, SILENT].map(|host| format!("http://{host}:{port}{ROOM}"));
    let others: Vec<&str> = rooms[1..].iter().map(String::as_str).collect();
    let command = scene.place.record_command(&rooms[0], &others);
    let run = Run::start(resolver.give_to(&command, &scene.place.root().join("resolv.conf")), None);
    let begin = Instant::now();
    scene.plays(120, 0, 1);
    for host in [NOWHERE, FAILS, SILENT] {
        run.wait_for_text(host, LIMIT);
    }
    wait_until("the name that fails was asked for again", LIMIT, || resolver.count(FAILS) > 8);
    scene.has_sent(3_000);
    let seconds = begin.elapsed().as_secs() + 1;
    for host in [NOWHERE, FAILS, SILENT] {
        // One look a second; the system's resolver asks for two kinds of address, and twice where it gets no answer.
        let count = u64::try_from(resolver.count(host)).unwrap();
        assert!(count > 1 && count <= 8 * seconds, "{host} was asked for {count} times in {seconds} s");
    }
    run_ends_in_time(run);
    assert_eq!(scene.origin.receptions(ROOM).len(), 1);
    scene.is_named(STOPPED);
}

/// A question that nobody answers does not hold the end up.
fn run_ends_in_time(run: Run) {
    let begin = Instant::now();
    stop(run).expect_code(130);
    assert!(begin.elapsed() < Duration::from_secs(15), "it took {:?} to end", begin.elapsed());
}
