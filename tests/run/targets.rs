//! A target that does not accept us.

use lyrebird_tests::bilibili::Endpoint;

use super::{LIMIT, ROOM, Story, nothing_happens_for, stop};

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
