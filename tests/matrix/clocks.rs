//! The clock of the day jumps: sessions live by the clock that never goes back.

use lyrebird_tests::bilibili::Endpoint;
use lyrebird_tests::jump::Jump;
use lyrebird_tests::needs;
use lyrebird_tests::place::wait_until;
use lyrebird_tests::program::Run;

use crate::run::{LIMIT, ROOM, Story, nothing_happens_for};

const DAY_SECONDS: i64 = 86_400;

fn start(story: &Story, clock: &Jump) -> Run {
    clock.to(0);
    let mut command = story.place.lyrebird(&["run", "-c", "lyrebird.toml", "--log", "info,lyrebird=debug"]);
    clock.give_to(&mut command);
    Run::start(command, None)
}

#[test]
fn row_45_a_clock_that_jumps_by_a_day_ends_no_session() {
    if !needs::row(45) {
        return;
    }
    let story = Story::new("run-clock");
    let clock = Jump::new(&story.place);
    let run = start(&story, &clock);
    story.platform.go_live(ROOM);
    story.is_announced();
    story.flows(1);
    for days in [1, -1, 0] {
        clock.to(days * DAY_SECONDS);
        let before = story.platform.count(Endpoint::BaseInfo);
        wait_until("it looks on", LIMIT, || story.platform.count(Endpoint::BaseInfo) > before + 2);
        assert_eq!(story.only_post().removed, None, "after a jump to {days} days");
    }
    assert_eq!(story.platform.receptions(ROOM).len(), 1);
    let finished = story.ends_well(run);
    assert_eq!(finished.stderr.matches("session over").count(), 1, "{}", finished.stderr);
    story.is_recorded_whole();
}

/// A machine whose clock was a day ahead, or behind, until it was set right between two starts.
#[test]
fn row_45_a_clock_that_was_set_right_between_two_starts() {
    if !needs::row(45) {
        return;
    }
    for (name, days) in [("run-clock-behind", -1), ("run-clock-ahead", 1)] {
        let story = Story::new(name);
        let clock = Jump::new(&story.place);
        let run = start(&story, &clock);
        clock.to(days * DAY_SECONDS);
        story.platform.go_live(ROOM);
        story.is_announced();
        story.flows(1);
        nothing_happens_for(1);
        run.kill_9();
        let run = start(&story, &clock);
        story.flows(2);
        story.ends_well(run);
    }
}
