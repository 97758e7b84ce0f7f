//! A machine, or a container, with little memory.

use std::path::PathBuf;

use lyrebird_tests::memory::{MemoryGroup, is_killed_first};
use lyrebird_tests::needs;
use lyrebird_tests::origin::Answer;
use lyrebird_tests::place::wait_until;
use lyrebird_tests::program::Run;

use super::scene::{LIMIT, ROOM, STOPPED, Scene, salvage, stop};
use crate::run::nothing_happens_for;

/// Rooms that want to be recorded beside the first one.
const OTHERS: usize = 60;

/// What is said when nothing new is recorded.
const SHORT: &str = "memory is left, which is kept for the recordings that run";

/// A recorder of one room that runs, in a group of so many MiB, and of many that are dark.
fn recorder(name: &str, mib: u64) -> (Scene, MemoryGroup, Run, Vec<String>) {
    let scene = Scene::new(name);
    let paths: Vec<String> = (0..OTHERS).map(|number| format!("/other{number}.flv")).collect();
    let urls: Vec<String> = paths.iter().map(|path| scene.origin.url(path)).collect();
    // Compiling takes more memory than the group has.
    scene.place.run(&["check", &scene.origin.url(ROOM)]);
    let group = MemoryGroup::new(mib);
    let run = Run::start(group.put(&scene.place.record_command(&scene.origin.url(ROOM), &urls)), None);
    scene.plays(240, 40_000, 1);
    scene.grows(1 << 20);
    (scene, group, run, paths)
}

/// The first room's files.
fn of_the_first(scene: &Scene) -> Vec<PathBuf> {
    let mut files = scene.recordings();
    files.retain(|file| !file.to_string_lossy().contains("other"));
    files
}

/// The kernel ends it without a word: all that was written is whole after the next start.
#[test]
fn row_44_killed_for_want_of_memory() {
    if !needs::row(44) {
        return;
    }
    let (scene, group, mut run, _) = recorder("killed-by-memory", 64);
    is_killed_first(run.id());
    let _hog = group.hog(60);
    wait_until("it is killed", LIMIT, || !run.is_running());
    run.finish(LIMIT).expect_code(137);
    salvage(&scene.place);
    scene.are_named(&of_the_first(&scene), STOPPED);
}

/// It takes no more recordings than it has memory for, says so, and those that run go on.
#[test]
fn row_44_more_rooms_than_there_is_memory_for() {
    if !needs::row(44) {
        return;
    }
    let (scene, _group, run, paths) = recorder("little", 48);
    for path in &paths {
        scene.origin.answers(path, [Answer::live(&scene.feed)]);
    }
    // That memory is short, or that others must have begun first: which of the two depends on what these take.
    run.wait_for_text("live, and not recorded yet", LIMIT);
    nothing_happens_for(4);
    stop(run).expect_code(130);
    let begun = paths.iter().filter(|path| !scene.origin.receptions(path).is_empty()).count();
    assert!((1..OTHERS).contains(&begun), "{begun} of {OTHERS} were begun");
    assert_eq!(scene.origin.receptions(ROOM).len(), 1);
    scene.are_named(&of_the_first(&scene), STOPPED);
}

/// Somebody else takes the memory, and gives it back: told once each, and what had to wait is recorded.
#[test]
fn row_44_memory_that_comes_back() {
    if !needs::row(44) {
        return;
    }
    let (scene, group, run, paths) = recorder("memory-back", 128);
    let hog = group.hog(100);
    run.wait_for_text(SHORT, LIMIT);
    let late = &paths[0];
    scene.origin.answers(late, [Answer::live(&scene.feed)]);
    run.wait_for_text("not begun: ", LIMIT);
    assert!(scene.origin.receptions(late).is_empty(), "nothing new is begun");
    drop(hog);
    wait_until("the late room is received", LIMIT, || !scene.origin.receptions(late).is_empty());
    nothing_happens_for(1);
    let said = stop(run).expect_code(130).stderr;
    assert_eq!(said.matches("nothing new is recorded, what runs goes on").count(), 1, "told once:\n{said}");
    assert_eq!(said.matches("there is room for new recordings again").count(), 1, "told once:\n{said}");
    scene.are_named(&of_the_first(&scene), STOPPED);
}
