//! What happens to the process itself: signals, a second one beside it.

use std::time::Duration;

use lyrebird_tests::origin::Origin;
use lyrebird_tests::place::{Place, wait_until};
use lyrebird_tests::program::Signal;

use crate::cli::{is_whole, running};
use crate::run::{Story, stop};

const ROOM: &str = "/live.flv";
const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn row_03_a_signal_ends_it_in_order() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let (place, _origin, run) = running(&format!("signal-{code}"), &[]);
        run.signal(signal);
        let finished = run.finish(Duration::from_secs(15)).expect_code(code);
        let recordings = place.recordings();
        let printed: Vec<&str> = finished.stdout.lines().collect();
        assert_eq!(printed, [recordings[0].to_str().unwrap()], "stdout is for data: the files that are whole");
        assert_eq!(place.files().len(), 2, "{:?}", place.files());
        is_whole(&recordings[0]);
        assert_eq!(place.sidecar(&recordings[0])["state"], "complete");
    }
}

/// The second signal ends it at once; what is there is whole or salvageable, never torn under its final name.
#[test]
fn row_04_the_second_signal_ends_it_at_once() {
    let (place, _origin, mut run) = running("second-signal", &[]);
    run.signal(Signal::INT);
    if run.is_running() {
        run.signal(Signal::INT);
    }
    let finished = run.finish(Duration::from_secs(3));
    assert!(finished.code == 130, "{}", finished.code);
    place.recordings().iter().for_each(|file| is_whole(file));
}

/// A dark room is waited for, and a signal ends the waiting too.
#[test]
fn row_03_a_signal_while_waiting() {
    let place = Place::new("signal-waiting");
    let origin = Origin::start();
    let run = place.record::<&str>(&origin.url(ROOM), &[]);
    wait_until("it looked", LIMIT, || !origin.connections(ROOM).is_empty());
    run.signal(Signal::TERM);
    run.finish(Duration::from_secs(10)).expect_code(143);
    assert!(place.files().is_empty());
}

#[test]
fn row_03_a_stop_in_mid_broadcast_keeps_the_session_and_its_notice() {
    let story = Story::new("run-stopped");
    stop(story.on_air());
    story.has_no_part();
    assert_eq!(story.only_post().removed, None, "a stop takes nothing back");
    let run = story.start();
    story.flows(2);
    assert_eq!(story.only_post().removed, None, "neither does a start");
    story.ends_well(run);
    story.goes_on_in_a_second_file();
}

#[test]
fn row_18_a_second_run_is_refused() {
    let story = Story::new("run-twice");
    let run = story.on_air();
    let second = story.start().finish(LIMIT).expect_code(1);
    let second = second.expect_stderr(&format!("already running (pid {})", run.id()));
    second.expect_stderr("hint: ");
    story.ends_well(run);
    story.is_recorded_whole();
}
