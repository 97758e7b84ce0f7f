//! A machine that has too little of something: descriptors, time, a place for the log. And rooms that all go live at
//! once.

use std::fs;
use std::panic::resume_unwind;
use std::process::Command;
use std::thread;
use std::time::Duration;

use lyrebird_tests::bilibili::{Bilibili, Endpoint};
use lyrebird_tests::needs;
use lyrebird_tests::origin::{Answer, At, How};
use lyrebird_tests::place::{Place, wait_until};
use lyrebird_tests::program::{Run, Signal};
use lyrebird_tests::volume::SmallVolume;

use super::scene::{LIMIT, ROOM, STOPPED, Scene, parts, stop};
use crate::run::{self, Story, nothing_happens_for};

/// Sets how many descriptors a running program may have.
fn limit_descriptors(run: &Run, most: usize) {
    let limit = format!("--nofile={most}:");
    let set = Command::new("prlimit").args(["--pid", &run.id().to_string(), &limit]).status().unwrap();
    assert!(set.success());
}

/// What runs goes on, and what would begin is told what is missing; it begins when that is there again.
#[test]
fn row_15_no_descriptor_is_left() {
    if !needs::row(15) {
        return;
    }
    let scene = Scene::new("emfile");
    let late = "/late.flv";
    let run = scene.place.record(&scene.origin.url(ROOM), &[&scene.origin.url(late)]);
    scene.plays(240, 4_000, 1);
    scene.grows(200 << 10);
    let open = fs::read_dir(format!("/proc/{}/fd", run.id())).unwrap().count();
    limit_descriptors(&run, open.saturating_sub(2));
    scene.origin.answers(late, [Answer::live(&scene.feed)]);
    run.wait_for_text("the program may open no more files", LIMIT);
    run.wait_for_text("not begun: ", LIMIT);
    nothing_happens_for(1);
    assert!(scene.origin.receptions(late).is_empty(), "nothing new is begun");
    limit_descriptors(&run, 1024);
    wait_until("the late room is recorded too", LIMIT, || parts(&scene.place.out()).len() == 2);
    nothing_happens_for(1);
    let said = stop(run).expect_code(130).stderr;
    assert_eq!(said.matches("nothing new is recorded, what runs goes on").count(), 1, "told once:\n{said}");
    assert_eq!(said.matches("there is room for new recordings again").count(), 1, "told once:\n{said}");
    assert_eq!(scene.origin.receptions(ROOM).len(), 1);
    let mut files = scene.recordings();
    files.retain(|file| !file.to_string_lossy().contains("late"));
    scene.are_named(&files, STOPPED);
}

/// What runs has descriptors in reserve: for the next file, and for another connection.
#[test]
fn row_15_a_cut_and_a_connection_without_descriptors() {
    if !needs::row(15) {
        return;
    }
    let scene = Scene::new("emfile-cut");
    scene.configure("split = { duration = \"2s\" }\n");
    let breaks = Answer::live(&scene.feed).fails(At::Media(Duration::from_millis(3_500)), How::Reset);
    scene.origin.answers(ROOM, [breaks, Answer::live(&scene.feed)]);
    let run = scene.start();
    scene.plays(240, 4_000, 1);
    scene.grows(100 << 10);
    let open = fs::read_dir(format!("/proc/{}/fd", run.id())).unwrap().count();
    limit_descriptors(&run, open.saturating_sub(2));
    scene.is_received_again(2);
    nothing_happens_for(2);
    stop(run).expect_code(130);
    assert_eq!(scene.origin.receptions(ROOM).len(), 2);
    assert!(scene.recordings().len() > 2, "{:?}", scene.place.files());
    scene.is_named(STOPPED);
}

/// The machine sleeps, or so it seems to the program: afterwards the room is looked at again, and what came meanwhile is
/// there as far as the network kept it.
#[test]
fn row_46_a_program_that_was_held() {
    let story = Story::new("held").where_config_says("grace = \"3s\"", "grace = \"2s\"");
    let run = story.on_air();
    run.signal(Signal::STOP);
    nothing_happens_for(3);
    let looks = story.platform.count(Endpoint::BaseInfo);
    run.signal(Signal::CONT);
    wait_until("the room is looked at again", LIMIT, || story.platform.count(Endpoint::BaseInfo) > looks);
    story.is_received();
    nothing_happens_for(1);
    let finished = story.ends_well(run);
    assert_eq!(finished.stderr.matches("session over").count(), 1, "{}", finished.stderr);
    story.is_recorded_whole();
}

/// A recorder whose messages go where the shell's words say.
fn tells(scene: &Scene, before: &str, redirection: &str) -> Run {
    let plain = scene.place.record_command::<&str>(&scene.origin.url(ROOM), &["--log", "trace"]);
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("{before} exec \"$0\" \"$@\" {redirection}")])
        .arg(plain.get_program())
        .args(plain.get_args());
    command.env_clear().current_dir(scene.place.root());
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Run::start(command, None)
}

/// Runs such a recorder; it must not notice.
fn messages_go(name: &str, before: &str, redirection: &str) -> Scene {
    let scene = Scene::new(name);
    let run = tells(&scene, before, redirection);
    scene.plays(120, 4_000, 1);
    scene.has_sent(3_000);
    stop(run).expect_code(130);
    assert_eq!(scene.origin.receptions(ROOM).len(), 1);
    scene.is_named(STOPPED);
    scene
}

#[test]
fn row_49_messages_that_nobody_takes() {
    let ways = [
        ("log-full", "", "2>/dev/full"),
        ("log-closed", "", "2>&-"),
        // Whoever read them has gone.
        ("log-broken", "mkfifo pipe; (head -c 1 pipe >/dev/null &);", "2>pipe"),
    ];
    thread::scope(|scope| {
        let told = ways.map(|(name, before, way)| scope.spawn(move || drop(messages_go(name, before, way))));
        told.into_iter().for_each(|one| one.join().unwrap_or_else(|why| resume_unwind(why)));
    });
}

#[test]
fn row_49_a_log_whose_disk_is_full() {
    if !needs::row(49) {
        return;
    }
    let folder = Place::quick("log-disk");
    let _volume = SmallVolume::mount(folder.out(), "4k");
    let log = folder.out().join("log");
    messages_go("log-disk-full", "", &format!("2>{}", log.display()));
    assert_eq!(fs::metadata(&log).unwrap().len(), 4 << 10, "the disk was full");
}

/// What was not told is counted, which is told when somebody has made room.
#[test]
fn row_49_a_log_that_has_room_again() {
    if !needs::row(49) {
        return;
    }
    let (folder, scene) = (Place::quick("log-room"), Scene::new("log-again"));
    let _volume = SmallVolume::mount(folder.out(), "4k");
    let log = folder.out().join("log");
    // There is something to tell each second, and room for some of it.
    scene.configure("split = { duration = \"1s\" }\n");
    fs::write(&log, vec![b'\n'; 3_000]).unwrap();
    let run = tells(&scene, "", &format!("2>>{}", log.display()));
    scene.plays(120, 4_000, 1);
    let is_full = || fs::metadata(&log).is_ok_and(|log| log.len() == 4 << 10);
    wait_until("the disk of the log is full", LIMIT, is_full);
    nothing_happens_for(2);
    fs::File::create(&log).unwrap();
    let told = || fs::read_to_string(&log).unwrap_or_default();
    wait_until("it says what is missing", LIMIT, || told().contains("log lines were lost before this one count="));
    stop(run).expect_code(130);
    scene.is_named(STOPPED);
}

/// All of them are recorded soon, and the platform is asked no more often than it may be.
#[test]
fn row_50_rooms_that_all_go_live_at_once() {
    const ROOMS: u64 = 120;
    let (place, platform) = (Place::quick("stampede"), Bilibili::start());
    let ids: Vec<u64> = (0..ROOMS).map(|number| 2_000_001 + number).collect();
    for id in &ids {
        platform.room(*id);
    }
    place.configure(&run::config(&platform, &ids));
    let run = Run::start(place.lyrebird(&["run", "-c", "lyrebird.toml"]), None);
    let is_known = || platform.requests_to(Endpoint::BaseInfo).len() > 3;
    wait_until("the dark rooms were looked at", LIMIT, is_known);
    ids.iter().for_each(|id| platform.go_live(*id));
    let flows = |id: &u64| platform.receptions(*id).first().is_some_and(|one| one.tags.len() > 30);
    wait_until("all are recorded", LIMIT, || ids.iter().all(flows));
    // Its budget in the config is 50/s.
    let densest = platform.densest(&[Endpoint::BaseInfo, Endpoint::PlayInfo], Duration::from_secs(1));
    assert!(densest <= 110, "{densest} questions in a second");
    run::stop(run);
    let files = place.recordings();
    assert_eq!(files.len(), ids.len(), "a file a room");
    assert!(ids.iter().all(|id| platform.receptions(*id).len() == 1), "each is received once");
    platform.expect_no_violation();
}
