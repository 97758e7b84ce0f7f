//! A platform that wants to be left alone: nothing is known then, and nothing known is never read as "offline".

use std::time::Duration;

use lyrebird_tests::bilibili::{Endpoint, Plan, Status, Trouble};
use lyrebird_tests::origin::How;
use lyrebird_tests::place::wait_until;

use super::{LIMIT, ROOM, Story, nothing_happens_for, stop};

/// Everything that is asked about rooms.
fn at_every_question(trouble: Trouble) -> Plan {
    let asked = [
        Endpoint::Nav,
        Endpoint::InfoByRoom,
        Endpoint::RoomInit,
        Endpoint::GetInfo,
        Endpoint::StreamerOfRoom,
        Endpoint::MasterInfo,
        Endpoint::BaseInfo,
        Endpoint::StatusByUids,
        Endpoint::PlayInfo,
    ];
    asked.into_iter().fold(Plan::new(trouble), Plan::at)
}

impl Story {
    /// From now on every question meets this trouble; one has.
    #[track_caller]
    fn meets(&self, trouble: Trouble) {
        let before = self.platform.count(Endpoint::BaseInfo);
        self.platform.plan(at_every_question(trouble));
        wait_until("a check met the trouble", LIMIT, || self.platform.count(Endpoint::BaseInfo) > before);
    }

    /// All is well again, and has been seen to be.
    #[track_caller]
    fn recovers(&self) {
        self.platform.heal();
        let before = self.platform.count(Endpoint::BaseInfo);
        let is_answered = || self.platform.count(Endpoint::BaseInfo) > before + 1;
        wait_until("checks are answered again", LIMIT, is_answered);
    }

    /// The connection breaks in the middle of a session that the platform calls over; the grace runs.
    #[track_caller]
    fn seems_dark(&self) {
        let (streams, checks) = (self.platform.count(Endpoint::PlayInfo), self.platform.count(Endpoint::BaseInfo));
        self.platform.room(ROOM).says(Status::Offline);
        self.platform.cut(ROOM, How::Reset);
        let is_heard = || {
            self.platform.count(Endpoint::PlayInfo) > streams && self.platform.count(Endpoint::BaseInfo) > checks + 1
        };
        wait_until("the darkness was seen", LIMIT, is_heard);
    }
}

#[test]
fn troubles_of_every_kind_do_not_touch_a_recording() {
    let story = Story::new("run-risk-kinds");
    let run = story.on_air();
    for trouble in [Trouble::Risk, Trouble::Banned, Trouble::Page, Trouble::TooMany(1)] {
        story.meets(trouble);
        nothing_happens_for(1);
        story.recovers();
    }
    assert_eq!(story.only_post().removed, None);
    assert_eq!(story.platform.receptions(ROOM).len(), 1);
    let finished = story.ends_well(run);
    assert_eq!(finished.stderr.matches("session over").count(), 1, "{}", finished.stderr);
    story.is_recorded_whole();
}

#[test]
fn time_in_which_nothing_is_known_does_not_count_towards_the_grace() {
    let story = Story::new("run-risk-in-grace");
    let run = story.on_air();
    story.seems_dark();
    story.meets(Trouble::Risk);
    // Longer than the grace.
    nothing_happens_for(4);
    assert_eq!(story.only_post().removed, None, "nobody knows whether it is dark");
    story.platform.room(ROOM).says(Status::Live);
    story.platform.heal();
    story.flows(2);
    story.ends_well(run);
    story.is_recorded_whole();
}

#[test]
fn a_room_that_stays_dark_is_over_once_the_platform_answers() {
    let story = Story::new("run-risk-then-dark");
    let run = story.on_air();
    story.seems_dark();
    story.meets(Trouble::Banned);
    nothing_happens_for(4);
    let healed = story.platform.elapsed();
    story.platform.heal();
    story.is_taken_back();
    assert!(story.only_post().removed.unwrap() > healed);
    story.ends_well(run);
}

/// The connection breaks while the platform tells no ways to receive: the last one is still open.
fn goes_on_by_the_last_way(name: &str, trouble: Trouble) {
    let story = Story::new(name);
    let run = story.on_air();
    story.meets(trouble);
    story.platform.cut(ROOM, How::Reset);
    let cut = story.platform.elapsed();
    story.flows(2);
    let waited = story.platform.receptions(ROOM)[1].came.saturating_sub(cut);
    assert!(waited < Duration::from_secs(3), "it went on after {waited:?}");
    // It may break again.
    story.platform.cut(ROOM, How::Close);
    story.flows(3);
    stop(run);
    assert_eq!(story.only_post().removed, None, "the session goes on with the next start");
    story.has_no_part();
    story.is_recorded_until_the_stop();
    story.platform.expect_no_violation();
}

#[test]
fn a_connection_that_breaks_under_risk_control() {
    goes_on_by_the_last_way("run-risk-broken", Trouble::Risk);
}

#[test]
fn a_connection_that_breaks_while_we_are_banned() {
    goes_on_by_the_last_way("run-banned-broken", Trouble::Banned);
}

#[test]
fn a_connection_that_breaks_after_too_many_requests() {
    goes_on_by_the_last_way("run-too-many-broken", Trouble::TooMany(2));
}

#[test]
fn a_connection_that_breaks_while_pages_for_people_are_answered() {
    goes_on_by_the_last_way("run-page-broken", Trouble::Page);
}
