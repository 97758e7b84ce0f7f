//! A database that breaks in mid-run: recordings go on, and what was announced is taken back.

use std::fs;
use std::io::Write;

use lyrebird_tests::bilibili::Endpoint;
use lyrebird_tests::needs;
use lyrebird_tests::origin::How;
use lyrebird_tests::place::wait_until;
use lyrebird_tests::program::Run;
use lyrebird_tests::volume::SmallVolume;

use crate::run::{LIMIT, ROOM, Story, nothing_happens_for, stop};

/// The rest of the broadcast, with a break, on whatever is left of the database.
fn goes_on(story: &Story, run: Run) -> String {
    nothing_happens_for(1);
    story.platform.cut(ROOM, How::Reset);
    story.flows(2);
    let finished = story.ends_well(run);
    story.is_recorded_whole();
    finished.stderr
}

#[test]
fn row_48_a_database_that_turns_into_garbage() {
    let story = Story::new("run-db-garbage").where_config_says("grace = \"3s\"", "grace = \"2s\"");
    let run = story.on_air();
    let database = story.place.data().join("lyrebird.db");
    let length = fs::metadata(&database).unwrap().len();
    fs::write(&database, vec![0x5a; usize::try_from(length).unwrap()]).unwrap();
    goes_on(&story, run);
    // Whatever the next program finds there, it goes on.
    let (run, looks) = (story.start(), story.platform.count(Endpoint::BaseInfo));
    wait_until("it looks at the room", LIMIT, || story.platform.count(Endpoint::BaseInfo) > looks);
    stop(run);
    assert_eq!(story.platform.posts().len(), 1);
}

#[test]
fn row_48_a_data_directory_that_vanishes() {
    let story = Story::new("run-db-gone").where_config_says("grace = \"3s\"", "grace = \"2s\"");
    let run = story.on_air();
    fs::remove_dir_all(story.place.data()).unwrap();
    goes_on(&story, run);
}

#[test]
fn row_48_a_data_volume_that_is_full() {
    if !needs::row(48) {
        return;
    }
    let story = Story::new("run-db-full").where_config_says("grace = \"3s\"", "grace = \"2s\"");
    let data = story.place.data();
    fs::create_dir_all(&data).unwrap();
    let _volume = SmallVolume::mount(data.clone(), "4m");
    let run = story.on_air();
    let mut filler = fs::File::create(data.join("filler")).unwrap();
    while filler.write_all(&[0; 4096]).is_ok() {}
    let said = goes_on(&story, run);
    assert!(said.contains("database"), "{said}");
}

/// Broken before the start, and while nobody ran: the broadcast is recorded all the same.
#[test]
fn row_48_a_database_that_is_garbage_at_the_start() {
    let story = Story::new("run-db-garbage-at-start");
    story.place.write("data/lyrebird.db", vec![0x5a; 8192]);
    let run = story.on_air();
    let said = story.ends_well(run).stderr;
    assert!(said.contains("the database is broken"), "{said}");
    story.is_recorded_whole();
    let kept = fs::read_dir(story.place.data()).unwrap().flatten();
    let kept = kept.filter(|entry| entry.file_name().to_string_lossy().starts_with("lyrebird.db.broken-"));
    assert_eq!(kept.count(), 1, "nothing is thrown away");
}

#[test]
fn row_48_a_stop_with_a_broken_database_is_orderly() {
    let story = Story::new("run-db-stop");
    let run = story.on_air();
    fs::write(story.place.data().join("lyrebird.db"), vec![0x5a; 8192]).unwrap();
    stop(run);
    story.has_no_part();
    story.is_recorded_whole();
}
