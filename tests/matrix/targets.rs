//! A target that does not answer for a time: told once, taken back in the end, and no recording notices.

use std::time::Duration;

use lyrebird_tests::bilibili::{Endpoint, Plan, Trouble};
use lyrebird_tests::place::wait_until;

use crate::run::{LIMIT, ROOM, Story, nothing_happens_for, stop};

/// An outage: the third try, after pauses of 1 and 2 s, is behind it.
const OUTAGE: Duration = Duration::from_secs(2);

#[test]
fn row_51_a_target_that_is_back_is_told_once() {
    let story = Story::new("run-target-down");
    story.platform.plan(Plan::new(Trouble::Status(500)).at(Endpoint::CreateDynamic).lasts(OUTAGE));
    let run = story.on_air();
    nothing_happens_for(2);
    let finished = story.ends_well(run);
    assert!(story.platform.count(Endpoint::CreateDynamic) > 1, "it was down");
    assert_eq!(finished.stderr.matches("the target fails").count(), 1, "told once:\n{}", finished.stderr);
}

#[test]
fn row_51_a_session_that_was_over_before_its_target_was_back_is_never_told() {
    let story = Story::new("run-target-down-for-long").where_config_says("grace = \"3s\"", "grace = \"1s\"");
    let platform = &story.platform;
    platform.plan(Plan::new(Trouble::Status(500)).at(Endpoint::CreateDynamic));
    let run = story.start();
    platform.go_live(ROOM);
    story.flows(1);
    platform.go_dark(ROOM);
    run.wait_for_text("session over", LIMIT);
    let tries = platform.count(Endpoint::CreateDynamic);
    assert!(tries > 1, "it was tried");
    platform.heal();
    // The next pause would have been 4 s, and has begun.
    nothing_happens_for(4);
    stop(run);
    assert_eq!(platform.count(Endpoint::CreateDynamic), tries);
    // Nor by the next start.
    let (run, looks) = (story.start(), platform.count(Endpoint::BaseInfo));
    wait_until("it looked at the room twice", LIMIT, || platform.count(Endpoint::BaseInfo) > looks + 1);
    stop(run);
    assert!(platform.posts().is_empty());
    platform.expect_no_violation();
}

#[test]
fn row_51_a_notice_that_cannot_be_taken_back_now_is_later() {
    let story = Story::new("run-retract-fails");
    let run = story.on_air();
    story.platform.plan(Plan::new(Trouble::Status(500)).at(Endpoint::RemoveDynamic).times(2));
    story.ends_well(run);
    assert_eq!(story.platform.count(Endpoint::RemoveDynamic), 3);
    story.is_recorded_whole();
}
