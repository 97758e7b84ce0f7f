//! Killed, or left without an answer, at every step of a notice: never told twice, and taken back or reported.

use std::time::Duration;

use lyrebird_tests::bilibili::{Endpoint, Plan, Trouble};
use lyrebird_tests::place::wait_until;
use lyrebird_tests::program::{Finished, Run};

use super::{LIMIT, ROOM, Story, nothing_happens_for, stop};

/// What is said of a notice of which nobody can know whether it was told.
const UNKNOWN: &str = "nobody knows whether the target was told";
/// Longer than a program is left alive.
const LATE: Duration = Duration::from_secs(5);

/// Watches a room that goes live until so many announcements were asked for.
fn announcing(story: &Story, calls: u64) -> Run {
    let run = story.start();
    story.platform.go_live(ROOM);
    wait_until("it announces", LIMIT, || story.platform.count(Endpoint::CreateDynamic) >= calls);
    run
}

/// The session ends under a new program, which says that it cannot know, and posts nothing.
fn ends_unknown(story: &Story, run: Run) -> Finished {
    run.wait_for_text(UNKNOWN, LIMIT);
    story.is_received();
    story.platform.go_dark(ROOM);
    run.wait_for_text("session over", LIMIT);
    let finished = stop(run);
    assert_eq!(finished.stderr.matches(UNKNOWN).count(), 1, "told once");
    story.platform.expect_no_violation();
    finished
}

#[test]
fn a_kill_before_the_answer_to_an_announcement() {
    let story = Story::new("run-killed-announcing");
    story.platform.plan(Plan::new(Trouble::Late(LATE)).at(Endpoint::CreateDynamic));
    announcing(&story, 1).kill_9();
    story.platform.heal();
    story.only_post();
    let run = story.start();
    ends_unknown(&story, run);
    assert_eq!(story.only_post().removed, None, "nobody has its number");
}

#[test]
fn an_announcement_whose_answer_is_lost() {
    let story = Story::new("run-answer-lost");
    story.platform.plan(Plan::new(Trouble::DiesWhenDone).at(Endpoint::CreateDynamic).times(1));
    let run = announcing(&story, 1);
    ends_unknown(&story, run);
    assert_eq!(story.only_post().removed, None, "nobody has its number");
}

/// The same to the one who asks, who cannot know that nothing was posted.
#[test]
fn an_announcement_that_was_lost_on_its_way() {
    let story = Story::new("run-announcement-lost");
    story.platform.plan(Plan::new(Trouble::Dies).at(Endpoint::CreateDynamic).times(1));
    let run = announcing(&story, 1);
    ends_unknown(&story, run);
    assert!(story.platform.posts().is_empty());
}

#[test]
fn a_kill_right_after_the_answer_to_an_announcement() {
    for (name, after_ms) in [("run-killed-announced-0", 0), ("run-killed-announced-60", 60)] {
        let story = Story::new(name);
        let run = announcing(&story, 1);
        std::thread::sleep(Duration::from_millis(after_ms));
        run.kill_9();
        let run = story.start();
        story.is_received();
        // What is in doubt is looked for after some seconds.
        nothing_happens_for(if after_ms == 0 { 6 } else { 1 });
        story.platform.go_dark(ROOM);
        run.wait_for_text("session over", LIMIT);
        let is_removed = || story.only_post().removed.is_some();
        if after_ms > 0 {
            wait_until("the notice was taken back", LIMIT, is_removed);
        } else {
            nothing_happens_for(1);
        }
        let finished = stop(run);
        assert_ne!(is_removed(), finished.stderr.contains(UNKNOWN), "taken back, or reported:\n{}", finished.stderr);
        story.platform.expect_no_violation();
    }
}

#[test]
fn a_kill_before_anything_was_announced() {
    let story = Story::new("run-killed-before");
    story.platform.plan(Plan::new(Trouble::Status(500)).at(Endpoint::CreateDynamic));
    let run = announcing(&story, 2);
    // In the pause of 2 s after the second try: while a call is under way nobody can know what becomes of it.
    std::thread::sleep(Duration::from_millis(500));
    run.kill_9();
    story.platform.heal();
    assert!(story.platform.posts().is_empty());
    let run = story.start();
    story.is_announced();
    story.is_received();
    story.ends_well(run);
}

/// Killed while a call to take the notice back is under way; whether that call did it is `trouble`'s.
fn killed_while_taking_back(name: &str, trouble: Trouble) {
    let story = Story::new(name);
    let run = story.on_air();
    story.platform.plan(Plan::new(trouble).at(Endpoint::RemoveDynamic));
    story.platform.go_dark(ROOM);
    wait_until("it takes the notice back", LIMIT, || story.platform.count(Endpoint::RemoveDynamic) == 1);
    run.kill_9();
    story.platform.heal();
    let run = story.start();
    wait_until("it was tried again", LIMIT, || story.platform.count(Endpoint::RemoveDynamic) == 2);
    story.is_taken_back();
    run.wait_for_text("the announcement was taken back", LIMIT);
    stop(run);
    story.only_post();
    story.platform.expect_no_violation();
    // It is settled: a third program has nothing to do.
    let run = story.start();
    let looks = story.platform.count(Endpoint::BaseInfo);
    wait_until("it looks at the room", LIMIT, || story.platform.count(Endpoint::BaseInfo) > looks + 1);
    stop(run);
    assert_eq!(story.platform.count(Endpoint::RemoveDynamic), 2);
    story.is_recorded_whole();
}

#[test]
fn a_kill_before_the_answer_to_a_retraction() {
    killed_while_taking_back("run-killed-retracted", Trouble::Late(LATE));
}

#[test]
fn a_kill_in_a_retraction_that_was_never_made() {
    killed_while_taking_back("run-killed-retracting", Trouble::Silence);
}
