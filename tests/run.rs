//! `run` day and night: rooms of a config go live, are announced, recorded, and taken back.

use std::time::Duration;

use lyrebird_tests::bilibili::{Bilibili, Endpoint};
use lyrebird_tests::clip::Clip;
use lyrebird_tests::origin::How;
use lyrebird_tests::place::{Place, wait_until};
use lyrebird_tests::program::{Run, Signal, binary};
use lyrebird_tests::verify::judge;

const ROOM: u64 = 22_637_261;
const LIMIT: Duration = Duration::from_secs(30);

/// A config of these rooms, on the platform of the scenario, with one target.
fn config(platform: &Bilibili, rooms: &[u64]) -> String {
    let (pickers, notifiers) = (platform.table("bilibili", false), platform.table("bilibili-dynamic", true));
    let rooms: String =
        rooms.iter().map(|id| format!("[[room]]\nurl = \"https://live.bilibili.com/{id}\"\n")).collect();
    format!(
        "[output]\nmin_free = \"1MiB\"\nrepeats = \"keep\"\n[check]\ninterval = \"1s\"\njitter = 0.0\ngrace = \"3s\"\n\
         rate = \"50/s\"\n[http]\nstall = \"2s\"\n{pickers}interval = \"1s\"\n{notifiers}\n\
         [[notify]]\nname = \"fans\"\nplugin = \"bilibili-dynamic\"\n{rooms}"
    )
}

fn start(place: &Place) -> Run {
    Run::start(place.lyrebird(&["run", "-c", "lyrebird.toml", "--log", "info,lyrebird=debug"]), None)
}

#[test]
fn a_broadcast_is_announced_recorded_over_a_break_and_taken_back() {
    let (place, platform) = (Place::new("run-story"), Bilibili::start());
    platform.room(ROOM).streamer("Menura").title("Dawn chorus");
    place.configure(&config(&platform, &[ROOM]));
    let run = start(&place);
    wait_until("the dark room was looked at", LIMIT, || platform.count(Endpoint::BaseInfo) > 0);
    assert!(platform.posts().is_empty());
    platform.go_live(ROOM);
    wait_until("the session was announced", LIMIT, || platform.visible_posts().len() == 1);
    wait_until("media comes", LIMIT, || !platform.receptions(ROOM).is_empty());
    std::thread::sleep(Duration::from_secs(2));
    platform.resize(ROOM, Clip::Large);
    std::thread::sleep(Duration::from_secs(2));
    platform.cut(ROOM, How::Reset);
    wait_until("the connection came back", LIMIT, || platform.receptions(ROOM).len() == 2);
    std::thread::sleep(Duration::from_secs(2));
    platform.go_dark(ROOM);
    wait_until("the notice was taken back", LIMIT, || platform.visible_posts().is_empty());
    run.signal(Signal::TERM);
    run.finish(LIMIT).expect_code(0);
    assert_eq!(platform.posts().len(), 1, "announced once");
    platform.expect_no_violation();
    judge(&platform.receptions(ROOM), &place.recordings(), Some(&binary())).expect_good();
}

#[test]
fn a_kill_in_mid_broadcast_keeps_the_session_and_its_notice() {
    let (place, platform) = (Place::new("run-killed"), Bilibili::start());
    platform.room(ROOM).streamer("Menura").title("Dawn chorus");
    place.configure(&config(&platform, &[ROOM]));
    let run = start(&place);
    platform.go_live(ROOM);
    wait_until("the session was announced", LIMIT, || platform.visible_posts().len() == 1);
    wait_until("media comes", LIMIT, || !platform.receptions(ROOM).is_empty());
    std::thread::sleep(Duration::from_secs(3));
    run.kill_9();
    std::thread::sleep(Duration::from_secs(1));
    let run = start(&place);
    wait_until("it goes on", LIMIT, || platform.receptions(ROOM).len() == 2);
    std::thread::sleep(Duration::from_secs(2));
    platform.go_dark(ROOM);
    wait_until("the notice was taken back", LIMIT, || platform.visible_posts().is_empty());
    run.signal(Signal::TERM);
    run.finish(LIMIT).expect_code(0);
    assert_eq!(platform.posts().len(), 1, "announced once");
    platform.expect_no_violation();
    let files = place.recordings();
    assert_eq!(files.len(), 2, "{files:?}");
    let stem = files[0].file_stem().unwrap().to_str().unwrap();
    assert_eq!(files[1].file_stem().unwrap().to_str().unwrap(), format!("{stem}_2"));
    let sidecar = place.sidecar(&files[1]);
    assert_eq!(sidecar["session"], place.sidecar(&files[0])["session"]);
    assert_eq!(sidecar["gaps"][0]["cause"], "restart", "{sidecar}");
}
