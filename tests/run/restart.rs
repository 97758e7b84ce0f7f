//! Stopped in mid-broadcast, and started again: the session goes on, or is ended by what the room does meanwhile.

use std::time::Duration;

use lyrebird_tests::bilibili::{Endpoint, Plan, Trouble};
use lyrebird_tests::place::wait_until;

use super::{LIMIT, ROOM, Story, nothing_happens_for, stop};

/// Longer than any test here: whatever is taken back before was not waited for.
const LONG_GRACE: &str = "grace = \"300s\"";

#[test]
fn a_room_that_went_dark_meanwhile_is_taken_back_at_once() {
    let story = Story::new("run-dark-meanwhile").where_config_says("grace = \"3s\"", LONG_GRACE);
    stop(story.on_air());
    story.platform.go_dark(ROOM);
    assert_eq!(story.only_post().removed, None);
    let run = story.start();
    story.is_taken_back();
    stop(run);
    story.only_post();
    assert_eq!(story.platform.receptions(ROOM).len(), 1, "there was nothing to receive");
    story.is_recorded_until_the_stop();
    story.platform.expect_no_violation();
}

#[test]
fn another_broadcast_meanwhile_is_another_session() {
    let story = Story::new("run-other-meanwhile").where_config_says("grace = \"3s\"", LONG_GRACE);
    let platform = &story.platform;
    stop(story.on_air());
    platform.go_dark(ROOM);
    // The platform tells broadcasts apart by their first second.
    std::thread::sleep(Duration::from_millis(1_100));
    platform.room(ROOM).title("Evening chorus");
    platform.go_live(ROOM);
    let run = story.start();
    wait_until("the other broadcast was announced", LIMIT, || platform.posts().len() == 2);
    wait_until("the first one was taken back", LIMIT, || platform.posts()[0].removed.is_some());
    story.flows(2);
    platform.go_dark(ROOM);
    nothing_happens_for(2);
    stop(run);
    let posts = platform.posts();
    assert_eq!(posts.len(), 2, "each was announced once: {posts:?}");
    assert_eq!(posts[1].removed, None, "its grace runs");
    let files = story.place.recordings();
    assert_eq!(files.len(), 2, "{files:?}");
    let [first, second] = [0, 1].map(|index| story.place.sidecar(&files[index])["session"].clone());
    assert_ne!(first, second, "two sessions");
    assert!(files.iter().any(|file| file.to_string_lossy().contains("Evening chorus")), "{files:?}");
    platform.expect_no_violation();
}

/// The platform does not answer the restarted program: nobody knows whether the room is dark.
#[test]
fn a_restart_that_hears_nothing_takes_nothing_back() {
    let story = Story::new("run-deaf-restart");
    let platform = &story.platform;
    stop(story.on_air());
    let before = platform.count(Endpoint::BaseInfo);
    let lasts = Duration::from_secs(5);
    platform.plan(Plan::new(Trouble::Status(502)).at(Endpoint::BaseInfo).at(Endpoint::PlayInfo).lasts(lasts));
    let run = story.start();
    wait_until("it asked in vain", LIMIT, || platform.count(Endpoint::BaseInfo) > before + 1);
    assert_eq!(story.only_post().removed, None);
    story.flows(2);
    story.ends_well(run);
    story.goes_on_in_a_second_file();
}
