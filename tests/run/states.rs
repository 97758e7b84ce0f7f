//! Rooms that are neither simply live nor simply dark.

use std::time::Duration;

use lyrebird_tests::bilibili::{Bilibili, Endpoint, Wall};
use lyrebird_tests::place::{Place, wait_until};
use lyrebird_tests::program::Run;

use super::{LIMIT, ROOM, Story, config, nothing_happens_for, stop};

const LOCKED: u64 = 23_000_001;
const HIDDEN: u64 = 23_000_002;
/// One that its number does not tell from a short one: its id is asked for.
const GONE: u64 = 404;

#[test]
fn old_videos_in_a_loop_are_neither_announced_nor_recorded() {
    let story = Story::new("run-round");
    let platform = &story.platform;
    platform.go_round(ROOM);
    let run = story.start();
    let checks = platform.count(Endpoint::BaseInfo);
    wait_until("it was looked at again", LIMIT, || platform.count(Endpoint::BaseInfo) > checks + 1);
    assert!(platform.posts().is_empty() && platform.receptions(ROOM).is_empty());
    platform.go_live(ROOM);
    story.is_announced();
    story.flows(1);
    platform.go_round(ROOM);
    story.is_taken_back();
    story.ends_well(run);
    story.is_recorded_whole();
}

/// The platform tells no ways to receive its loop: there is a session without media, which ends with the loop.
#[test]
fn a_loop_that_is_wished_for_is_a_session() {
    let page = "https://live.bilibili.com/22637261\"\n";
    let story = Story::new("run-replay").where_config_says(page, &format!("{page}replay = true\n"));
    let platform = &story.platform;
    platform.go_round(ROOM);
    let run = story.start();
    story.is_announced();
    let busiest = [Endpoint::BaseInfo, Endpoint::PlayInfo];
    nothing_happens_for(3);
    let densest = platform.densest(&busiest, Duration::from_secs(1));
    assert!(densest <= 6, "{densest} questions in a second");
    story.ends_well(run);
    assert!(story.place.recordings().is_empty());
}

#[test]
fn rooms_behind_walls_do_not_hold_up_the_others() {
    let (place, platform) = (Place::new("run-walls"), Bilibili::start());
    platform.room(ROOM).title("Dawn chorus");
    platform.room(LOCKED).behind(Some(Wall::Locked));
    platform.room(HIDDEN).behind(Some(Wall::Hidden));
    place.configure(&config(&platform, &[GONE, LOCKED, HIDDEN, ROOM]));
    let run = Run::start(place.lyrebird(&["run", "-c", "lyrebird.toml"]), None);
    run.wait_for_text("no such room", LIMIT);
    platform.go_live(LOCKED);
    platform.go_live(HIDDEN);
    run.wait_for_text(&format!("room {HIDDEN} is hidden by the platform"), LIMIT);
    platform.go_live(ROOM);
    let is_told = || platform.visible_posts().iter().any(|post| post.text.contains("Dawn chorus"));
    wait_until("the open room is announced", LIMIT, is_told);
    let has_media = || platform.receptions(ROOM).first().is_some_and(|one| one.tags.len() > 50);
    wait_until("it is recorded", LIMIT, has_media);
    platform.go_dark(ROOM);
    wait_until("the notice was taken back", LIMIT, || !is_told());
    // Nothing of it could be recorded, but it was announced.
    assert_eq!(platform.visible_posts().len(), 1);
    platform.go_dark(HIDDEN);
    wait_until("the hidden room's notice too", LIMIT, || platform.visible_posts().is_empty());
    let finished = stop(run);
    for said in ["no such room", "is hidden by"] {
        assert_eq!(finished.stderr.matches(said).count(), 1, "`{said}` once:\n{}", finished.stderr);
    }
    let has_locked = platform.posts().iter().any(|post| post.text.contains(&format!("Room {LOCKED}")));
    assert!(!has_locked, "what the platform has locked is not on air: {:?}", platform.posts());
    assert_eq!(place.recordings().len(), 1);
}

/// The platform locks the room in mid-broadcast, and its media ends.
#[test]
fn a_room_that_is_locked_in_mid_broadcast_is_taken_back() {
    let story = Story::new("run-locked-meanwhile");
    let run = story.on_air();
    story.platform.room(ROOM).behind(Some(Wall::Locked));
    story.ends_well(run);
    story.is_recorded_whole();
}

#[test]
fn a_room_that_is_gone_in_mid_broadcast_is_taken_back() {
    let story = Story::new("run-gone-meanwhile");
    let run = story.on_air();
    story.platform.room(ROOM).behind(Some(Wall::Gone));
    story.ends_well(run);
    story.is_recorded_whole();
}
