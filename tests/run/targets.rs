//! A target that does not answer, or does not accept us.

use std::time::Duration;

use lyrebird_tests::bilibili::{Endpoint, Plan, Trouble};

use super::{LIMIT, ROOM, Story, nothing_happens_for, stop};

/// An outage: the third try, after pauses of 1 and 2 s, is behind it.
const OUTAGE: Duration = Duration::from_secs(2);

#[test]
fn a_target_that_is_back_is_told_once() {
    let story = Story::new("run-target-down");
    story.platform.plan(Plan::new(Trouble::Status(500)).at(Endpoint::CreateDynamic).lasts(OUTAGE));
    let run = story.on_air();
    nothing_happens_for(2);
    let finished = story.ends_well(run);
    assert!(story.platform.count(Endpoint::CreateDynamic) > 1, "it was down");
    assert_eq!(finished.stderr.matches("the target fails").count(), 1, "told once:\n{}", finished.stderr);
}

#[test]
fn a_session_that_was_over_before_its_target_was_back_is_never_told() {
    let story = Story::new("run-target-down-for-long");
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
    // The next pause would have been 4 s.
    nothing_happens_for(5);
    stop(run);
    assert_eq!(platform.count(Endpoint::CreateDynamic), tries);
    // Nor by the next start.
    let run = story.start();
    nothing_happens_for(2);
    stop(run);
    assert!(platform.posts().is_empty());
    platform.expect_no_violation();
}

#[test]
fn a_notice_that_cannot_be_taken_back_now_is_later() {
    let story = Story::new("run-retract-fails");
    let run = story.on_air();
    story.platform.plan(Plan::new(Trouble::Status(500)).at(Endpoint::RemoveDynamic).times(2));
    story.ends_well(run);
    assert_eq!(story.platform.count(Endpoint::RemoveDynamic), 3);
    story.is_recorded_whole();
}

/// Only a person can mend it: said once, as an event too, and the recording goes on.
fn not_accepted(story: &Story) {
    let platform = &story.platform;
    let run = story.start();
    platform.go_live(ROOM);
    run.wait_for_text("login_expired", LIMIT);
    story.flows(1);
    nothing_happens_for(3);
    platform.go_dark(ROOM);
    run.wait_for_text("session over", LIMIT);
    let finished = stop(run);
    let said = finished.stderr.lines().filter(|line| line.contains("the target fails")).count();
    let events = finished.stderr.lines().filter(|line| line.contains("login_expired")).count();
    assert_eq!((said, events), (1, 1), "each once:\n{}", finished.stderr);
    assert_eq!(platform.count(Endpoint::CreateDynamic), 1, "asking more often is what gets accounts banned");
    assert!(platform.posts().is_empty());
    story.is_recorded_whole();
}

#[test]
fn a_login_that_is_no_longer_accepted() {
    let story = Story::new("run-login-expired");
    story.platform.login_is_valid(false);
    not_accepted(&story);
    story.platform.expect_no_violation();
}

#[test]
fn a_token_that_does_not_belong_to_the_login() {
    let story = Story::new("run-wrong-token");
    let token = "bili_jct=0123456789abcdef0123456789abcdef";
    let story = story.where_config_says(token, "bili_jct=00000000000000000000000000000000");
    not_accepted(&story);
}
