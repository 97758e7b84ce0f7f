//! A machine, or a container, with little memory.

use std::path::PathBuf;

use lyrebird_tests::memory::MemoryGroup;
use lyrebird_tests::needs;
use lyrebird_tests::origin::Answer;
use lyrebird_tests::place::wait_until;
use lyrebird_tests::program::Run;

use super::scene::{LIMIT, ROOM, STOPPED, Scene, salvage, stop};

/// Rooms that want to be recorded beside the first one.
const OTHERS: usize = 60;

/// A recorder of one room that runs and of many that go live, with memory for some of them.
fn crowded(name: &str) -> (Scene, MemoryGroup, Run) {
    let scene = Scene::new(name);
    let paths: Vec<String> = (0..OTHERS).map(|number| format!("/other{number}.flv")).collect();
    let urls: Vec<String> = paths.iter().map(|path| scene.origin.url(path)).collect();
    scene.place.run(&["check", &scene.origin.url(ROOM)]);
    let group = MemoryGroup::new(64);
    let run = Run::start(group.put(&scene.place.record_command(&scene.origin.url(ROOM), &urls)), None);
    scene.plays(240, 40_000, 1);
    scene.grows(1 << 20);
    for path in &paths {
        scene.origin.answers(path, [Answer::live(&scene.feed)]);
    }
    (scene, group, run)
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
    let (scene, _group, mut run) = crowded("killed-by-memory");
    wait_until("it is killed", LIMIT, || !run.is_running());
    run.finish(LIMIT).expect_code(137);
    salvage(&scene.place);
    scene.are_named(&of_the_first(&scene), STOPPED);
}

/// It takes no more recordings than it has memory for, says so, and those that run go on.
#[test]
#[ignore = "the host does not measure its memory: it takes rooms until the kernel kills it"]
fn row_44_more_rooms_than_there_is_memory_for() {
    if !needs::row(44) {
        return;
    }
    let (scene, _group, run) = crowded("little");
    run.wait_for_text("memory", LIMIT);
    stop(run).expect_code(130);
    assert_eq!(scene.origin.receptions(ROOM).len(), 1);
    scene.are_named(&of_the_first(&scene), STOPPED);
}
