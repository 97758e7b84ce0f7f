//! `run` and `record` with one data directory: whose sessions are whose.

use lyrebird_tests::bilibili::{Asked, Bilibili, Endpoint};
use lyrebird_tests::place::wait_until;
use lyrebird_tests::program::{Run, Signal};

use super::{LIMIT, ROOM, Story, config, stop};

/// Dark, and nobody's concern.
const OTHER: u64 = 23_000_001;

impl Story {
    fn records(&self, room: u64) -> Run {
        self.place.share_compiled();
        self.place.record::<&str>(&format!("https://live.bilibili.com/{room}"), &[])
    }

    /// `record` of the room, which goes live, until it is announced and recorded.
    fn recorded(&self) -> Run {
        let run = self.records(ROOM);
        self.platform.go_live(ROOM);
        self.is_announced();
        self.flows(1);
        run
    }
}

#[test]
fn what_a_killed_record_announced_the_next_run_takes_back() {
    let story = Story::new("run-after-record");
    story.recorded().kill_9();
    story.platform.go_dark(ROOM);
    assert_eq!(story.only_post().removed, None);
    let run = story.start();
    story.is_taken_back();
    run.wait_for_text("recovered", LIMIT);
    stop(run);
    story.only_post();
    story.has_no_part();
    let files = story.place.recordings();
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(story.place.sidecar(&files[0])["state"], "recovered");
    story.platform.expect_no_violation();
}

#[test]
fn what_a_killed_record_announced_the_next_record_takes_back() {
    let story = Story::new("record-after-record");
    story.recorded().kill_9();
    story.platform.room(OTHER);
    let run = story.records(OTHER);
    // The room is still live, but nobody watches it any more.
    story.is_taken_back();
    run.signal(Signal::TERM);
    run.finish(LIMIT).expect_code(143);
    story.only_post();
    story.platform.expect_no_violation();
}

#[test]
fn a_record_of_the_same_broadcast_leaves_one_notice_in_the_end_none() {
    let story = Story::new("record-again");
    story.recorded().kill_9();
    let run = story.records(ROOM);
    story.flows(2);
    wait_until("one notice stands", LIMIT, || story.platform.visible_posts().len() == 1);
    run.signal(Signal::TERM);
    run.finish(LIMIT).expect_code(143);
    assert!(story.platform.visible_posts().is_empty(), "the end of a record takes back");
    story.platform.expect_no_violation();
    story.has_no_part();
}

#[test]
fn a_record_leaves_the_sessions_of_a_run_alone() {
    let story = Story::new("record-beside-run");
    let run = story.on_air();
    story.platform.room(OTHER);
    let record = story.records(OTHER);
    let asked_by_record = |asked: &Asked| asked.target.contains(&OTHER.to_string());
    let looks = || story.platform.requests_to(Endpoint::BaseInfo).iter().filter(|asked| asked_by_record(asked)).count();
    wait_until("it looked at its room", LIMIT, || looks() > 1);
    record.signal(Signal::TERM);
    record.finish(LIMIT).expect_code(143);
    assert_eq!(story.only_post().removed, None);
    story.ends_well(run);
    story.is_recorded_whole();
}

/// A second data directory is another house.
#[test]
fn a_second_run_with_its_own_data_is_welcome() {
    let platform = Bilibili::start();
    platform.room(ROOM);
    let [one, two] = ["run-house-one", "run-house-two"].map(lyrebird_tests::place::Place::new);
    let runs = [&one, &two].map(|place| {
        place.configure(&config(&platform, &[ROOM]));
        Run::start(place.lyrebird(&["run", "-c", "lyrebird.toml"]), None)
    });
    platform.go_live(ROOM);
    wait_until("each has announced it", LIMIT, || platform.visible_posts().len() == 2);
    platform.go_dark(ROOM);
    wait_until("each has taken it back", LIMIT, || platform.visible_posts().is_empty());
    runs.into_iter().for_each(|run| drop(stop(run)));
}
