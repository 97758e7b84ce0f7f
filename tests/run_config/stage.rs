//! A platform, a place, a config and a `run`: what every story here begins with.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use lyrebird_tests::bilibili::Bilibili;
use lyrebird_tests::place::{Place, wait_until};
use lyrebird_tests::program::{Finished, Run, Signal, binary};
use lyrebird_tests::verify::judge;

/// The room that records while something happens to the others.
pub(crate) const STEADY: u64 = 22_637_261;
/// One of the others.
pub(crate) const OTHER: u64 = 1_000_002;
/// How long anything is waited for.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// A config with everything short that is long in real life, one target, and no room.
pub(crate) fn head(platform: &Bilibili) -> String {
    head_with_cookie(platform, &format!("\"{}\"", platform.cookie()))
}

/// The same, where the notifier's cookie stands as this TOML value.
pub(crate) fn head_with_cookie(platform: &Bilibili, cookie: &str) -> String {
    let (pickers, notifiers) = (platform.table("bilibili", false), platform.table("bilibili-dynamic", false));
    format!(
        "[output]\nmin_free = \"1MiB\"\nrepeats = \"keep\"\n[check]\ninterval = \"1s\"\njitter = 0.0\ngrace = \"2s\"\n\
         rate = \"50/s\"\n[http]\nstall = \"2s\"\n{pickers}interval = \"1s\"\n{notifiers}cookie = {cookie}\n\
         [[notify]]\nname = \"fans\"\nplugin = \"bilibili-dynamic\"\n"
    )
}

/// `[[room]]` of each.
pub(crate) fn rooms(ids: &[u64]) -> String {
    ids.iter().map(|id| format!("[[room]]\nurl = \"{}\"\n", page(*id))).collect()
}

/// The room's URL.
pub(crate) fn page(id: u64) -> String {
    format!("https://live.bilibili.com/{id}")
}

/// Another config, or a text file of rooms, as an editor saves it: written beside, then renamed.
pub(crate) fn replace(place: &Place, name: &str, text: &str) {
    let new = place.write(&format!("{name}.new"), text);
    fs::rename(new, place.root().join(name)).unwrap();
}

/// A `run` of the place's config.
pub(crate) fn start(place: &Place) -> Run {
    start_with(place, &["--log", "info,lyrebird=debug"])
}

/// The same with these words behind it.
pub(crate) fn start_with(place: &Place, more: &[&str]) -> Run {
    let words: Vec<&str> = ["run", "-c", "lyrebird.toml"].iter().chain(more).copied().collect();
    Run::start(place.lyrebird(&words), None)
}

/// Waits until so many connections to the room's media have been made.
#[track_caller]
pub(crate) fn wait_for_receptions(platform: &Bilibili, room: u64, count: usize) {
    wait_until(&format!("reception {count} of {room}"), LIMIT, || platform.receptions(room).len() >= count);
}

/// Waits until so many notices stand.
#[track_caller]
pub(crate) fn wait_for_posts(platform: &Bilibili, count: usize) {
    wait_until(&format!("{count} notices stand"), LIMIT, || platform.visible_posts().len() == count);
}

/// The finished recordings of a room, by its streamer's name.
pub(crate) fn files_of(place: &Place, streamer: &str) -> Vec<PathBuf> {
    let mut files = place.recordings();
    files.retain(|file| file.parent().and_then(|folder| folder.file_name()).is_some_and(|name| name == streamer));
    files
}

/// Ends the run in order.
#[track_caller]
pub(crate) fn end(run: Run) -> Finished {
    run.signal(Signal::TERM);
    run.finish(LIMIT).expect_code(0)
}

/// Ends the steady room's broadcast and the run. Whatever happened beside it: one connection, never broken, one file
/// that holds all that was sent.
#[track_caller]
pub(crate) fn end_undisturbed(run: Run, platform: &Bilibili, place: &Place, streamer: &str) -> Finished {
    // What is on its way while the program is told to stop would be missing.
    platform.go_dark(STEADY);
    wait_until("the steady room's file is whole", LIMIT, || !files_of(place, streamer).is_empty());
    let said = end(run);
    let receptions = platform.receptions(STEADY);
    assert_eq!(receptions.len(), 1, "the recording's connection was broken");
    let files = files_of(place, streamer);
    assert_eq!(files.len(), 1, "its file was cut: {files:?}");
    judge(&receptions, &files, Some(&binary())).expect_good();
    platform.expect_no_violation();
    said
}
