//! Rooms that are neither simply live nor simply dark.

use std::time::Duration;

use lyrebird_tests::bilibili::{Bilibili, Endpoint, Wall};
use lyrebird_tests::clip::{self, Clip};
use lyrebird_tests::feed::Feed;
use lyrebird_tests::origin::{Answer, Origin};
use lyrebird_tests::place::{HURRY, Place, percent, wait_until};
use lyrebird_tests::program::{Run, guests};

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

/// The platform tells no ways to receive its loop: that is told once, and nobody is told of a room that is not on air,
/// neither before the broadcast nor after it.
#[test]
fn a_loop_that_cannot_be_received_is_not_announced() {
    let page = "https://live.bilibili.com/22637261\"\n";
    let story = Story::new("run-replay").where_config_says(page, &format!("{page}replay = true\n"));
    let platform = &story.platform;
    platform.go_round(ROOM);
    let run = story.start();
    run.wait_for_text("a replay that the platform offers no way to receive", LIMIT);
    nothing_happens_for(3);
    let densest = platform.densest(&[Endpoint::BaseInfo, Endpoint::PlayInfo], Duration::from_secs(1));
    assert!(densest <= 6, "{densest} questions in a second");
    assert!(platform.posts().is_empty() && story.place.files().is_empty());
    platform.go_live(ROOM);
    story.is_announced();
    story.flows(1);
    platform.go_round(ROOM);
    story.is_taken_back();
    let finished = story.ends_well(run);
    story.is_recorded_whole();
    let told = finished.stderr.matches("no way to receive").count();
    assert_eq!(told, 2, "once before the broadcast and once after it:\n{}", finished.stderr);
}

/// Media is what a loop's session begins with.
#[test]
fn a_loop_that_can_be_received_is_recorded() {
    let (place, origin, feed) = (Place::new("run-replay-media"), Origin::start(), Feed::new());
    origin.answers("/loop.flv", [Answer::status(404), Answer::live(&feed)]);
    let (media, picker) = (percent(&origin.url("/loop.flv")), "[plugin.misbehaving]\ninterval = \"1s\"\n");
    let private = "[plugins]\nallow_private_hosts = [\"127.0.0.1\"]\n";
    let room = format!("[[room]]\nurl = \"https://misbehaving.test/replay?media={media}\"\nreplay = true\n");
    place.configure(&format!("{HURRY}{picker}{private}{room}"));
    let arguments = ["run", "-c", "lyrebird.toml", "--log", "info,lyrebird=debug"];
    let run = Run::start(place.lyrebird_with(&guests(), &arguments), None);
    clip::play(&feed, &[(Clip::Small, 60)], 3);
    wait_until("it was tried again", LIMIT, || origin.connections("/loop.flv").len() > 1);
    run.wait_for_text("segment opened", LIMIT);
    let finished = stop(run);
    let (refused, session) = (finished.stderr.find("no media, trying again"), finished.stderr.find(" live "));
    assert!(refused.is_some() && refused < session, "no session before its media:\n{}", finished.stderr);
    assert_eq!(place.recordings().len(), 1, "{:?}", place.files());
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
