//! The clock of the day jumps: sessions live by the clock that never goes back.

use std::panic::resume_unwind;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lyrebird_tests::bilibili::Endpoint;
use lyrebird_tests::jump::Jump;
use lyrebird_tests::needs;
use lyrebird_tests::place::wait_until;
use lyrebird_tests::program::Run;

use super::scene::{self, STOPPED, Scene, stop};
use crate::run::{LIMIT, ROOM, Story, nothing_happens_for};

const DAY_SECONDS: i64 = 86_400;

/// 2026-10-25 01:00 UTC: three o'clock becomes two o'clock in Berlin.
const SUMMER_ENDS: i64 = 1_792_890_000;

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
        wait_until("it looks on", LIMIT, || story.platform.count(Endpoint::BaseInfo) > before);
        assert_eq!(story.only_post().removed, None, "after a jump to {days} days");
    }
    assert_eq!(story.platform.receptions(ROOM).len(), 1);
    let finished = story.ends_well(run);
    assert_eq!(finished.stderr.matches("session over").count(), 1, "{}", finished.stderr);
    story.is_recorded_whole();
}

/// The machine sleeps while the program waits to look again, ten minutes later: it looks when it wakes up.
#[test]
fn row_46_a_machine_that_slept() {
    if !needs::row(46) {
        return;
    }
    let story = Story::new("run-slept").where_config_says("interval = \"1s\"", "interval = \"10m\"");
    let clock = Jump::new(&story.place);
    let run = start(&story, &clock);
    wait_until("it has looked", LIMIT, || story.platform.count(Endpoint::BaseInfo) > 0);
    story.platform.go_live(ROOM);
    nothing_happens_for(2);
    assert_eq!(story.platform.count(Endpoint::BaseInfo), 1, "it was to wait");
    clock.sleeps(Duration::from_secs(2));
    story.is_announced();
    story.flows(1);
    let finished = stop(run);
    assert_eq!(finished.stderr.matches("the machine has slept").count(), 1, "{}", finished.stderr);
    story.has_no_part();
}

/// A machine whose clock was a day ahead, or behind, until it was set right between two starts.
#[test]
fn row_45_a_clock_that_was_set_right_between_two_starts() {
    if !needs::row(45) {
        return;
    }
    let set_right = |name: &str, days: i64| {
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
    };
    thread::scope(|scope| {
        let behind = scope.spawn(|| set_right("run-clock-behind", -1));
        set_right("run-clock-ahead", 1);
        behind.join().unwrap_or_else(|why| resume_unwind(why));
    });
}

/// The hour that comes twice when summer time ends: lengths do not see it, what is noted tells the two apart, and of two
/// files of one minute neither takes the other's name.
#[test]
fn row_45_an_hour_that_comes_twice() {
    if !needs::row(45) {
        return;
    }
    let scene = Scene::new("twice");
    let clock = Jump::new(&scene.place);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let turn = SUMMER_ENDS - i64::try_from(now).unwrap();
    let start = || {
        let more = ["--name", "{{ start | date('%Y-%m-%d %H.%M') }}"];
        let mut command = scene.place.record_command(&scene.origin.url(scene::ROOM), &more);
        command.env("TZ", "Europe/Berlin");
        clock.give_to(&mut command);
        Run::start(command, None)
    };
    scene.plays(240, 4_000, 1);
    clock.to(turn - 40);
    let run = start();
    scene.grows(100 << 10);
    clock.to(turn - 1);
    nothing_happens_for(3);
    stop(run).expect_code(130);
    scene.is_named(STOPPED);
    clock.to(turn + 3_600 - 40);
    let run = start();
    scene.grows(100 << 10);
    stop(run).expect_code(130);
    let files = scene.recordings();
    let names: Vec<_> = files.iter().map(|file| file.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["2026-10-25 02.59.flv", "2026-10-25 02.59 (2).flv"]);
    let began = |file| scene.place.sidecar(file)["started_at"].as_str().unwrap().to_owned();
    assert!(began(&files[0]).ends_with("+02:00") && began(&files[1]).ends_with("+01:00"), "{}", began(&files[1]));
}
