//! The picker `bilibili` in the real program, against a Bilibili that tells on every client that does what it must not.

use std::time::Duration;

use lyrebird_tests::bilibili::{Bilibili, Codec, Endpoint, Format, Plan, Status, Trouble, Wall};
use lyrebird_tests::place::{HURRY, Place, wait_until};
use lyrebird_tests::program::{Finished, Run, Signal, binary};
use lyrebird_tests::verify::judge;
use serde_json::Value;

const ROOM: u64 = 22_637_261;
const LIMIT: Duration = Duration::from_secs(30);

/// A place whose config leads the picker to this platform.
fn place(name: &str, platform: &Bilibili, has_cookie: bool) -> Place {
    let place = Place::quick(name);
    let hurry = HURRY.replace("[plugin.direct]\n", &platform.table("bilibili", has_cookie));
    place.configure(&hurry);
    place
}

/// What `check --json` says of a URL.
fn ask(place: &Place, url: &str) -> (Finished, Value) {
    let mut command = place.lyrebird(&["check", "--json", "--show-urls", url]);
    command.arg("-c").arg(place.root().join("lyrebird.toml"));
    let finished = Run::start(command, None).finish(LIMIT);
    let answer = finished.json_lines().into_iter().next().unwrap_or_else(|| panic!("no answer: {}", finished.stderr));
    (finished, answer)
}

/// One word for what a check says: the status, or the kind of failure.
fn verdict(place: &Place, url: &str) -> String {
    let (_, answer) = ask(place, url);
    let failure = answer["failure"]["kind"].as_str();
    failure.or(answer["status"].as_str()).unwrap_or_default().to_owned()
}

fn page(room: u64) -> String {
    format!("https://live.bilibili.com/{room}")
}

#[test]
fn a_broadcast_is_recorded_as_it_was_sent() {
    let platform = Bilibili::start();
    platform.room(ROOM).short(77).streamer("Ann").title("Tea");
    platform.speed(4);
    let place = place("bilibili-record", &platform, false);
    let run = place.record("https://live.bilibili.com/h5/77?from=search", &["--once"]);
    wait_until("it asks", LIMIT, || platform.count(Endpoint::BaseInfo) > 1);
    platform.go_live(ROOM);
    wait_until("it records", LIMIT, || platform.receptions(ROOM).first().is_some_and(|one| one.tags.len() > 300));
    platform.go_dark(ROOM);
    run.finish(LIMIT).expect_code(0);
    judge(&platform.receptions(ROOM), &place.recordings(), Some(&binary())).expect_good();
    let sidecar = place.sidecar(&place.recordings()[0]).to_string();
    assert!(sidecar.contains("\"Ann\"") && sidecar.contains("\"Tea\""), "{sidecar}");
    assert_eq!(platform.count(Endpoint::RoomInit), 1, "once, for the room's own number");
    platform.expect_no_violation();
}

#[test]
fn each_state_has_its_word() {
    let platform = Bilibili::start();
    let place = place("bilibili-states", &platform, false);
    platform.room(ROOM);
    platform.short_link("aBc", &format!("{}?share=1", page(ROOM)));
    platform.short_link("video", "https://www.bilibili.com/video/BV1");
    assert_eq!(verdict(&place, &page(ROOM)), "offline");
    assert_eq!(verdict(&place, "https://b23.tv/aBc"), "offline");
    assert_eq!(verdict(&place, "https://b23.tv/video"), "invalid-room");
    assert_eq!(verdict(&place, "https://b23.tv/none"), "invalid-room");
    assert_eq!(verdict(&place, &page(404)), "invalid-room");
    assert_eq!(verdict(&place, &page(40_440_440)), "gone");
    platform.go_round(ROOM);
    assert_eq!(verdict(&place, &page(ROOM)), "offline", "of a loop there is nothing to receive");
    platform.go_live(ROOM);
    assert_eq!(verdict(&place, &page(ROOM)), "live");
    for wall in [Wall::Hidden, Wall::Encrypted, Wall::Paid, Wall::Region, Wall::Drm] {
        platform.room(ROOM).behind(Some(wall));
        assert_eq!(verdict(&place, &page(ROOM)), "forbidden", "{wall:?}");
    }
    platform.room(ROOM).behind(Some(Wall::Locked));
    assert_eq!(verdict(&place, &page(ROOM)), "offline", "the answer for all rooms says so");
    platform.expect_no_violation();
}

#[test]
fn candidates_come_in_order_and_as_they_are() {
    let platform = Bilibili::start();
    platform.room(ROOM).hosts(&["xy1.mcdn.bilivideo.cn:486", "d1--cn-gotcha04.bilivideo.com"]);
    platform.room(ROOM).offers(&[(Format::Fmp4, Codec::Avc), (Format::Flv, Codec::Hevc), (Format::Flv, Codec::Avc)]);
    platform.go_live(ROOM);
    let offered = |has_cookie: bool| {
        let (_, answer) = ask(&place("bilibili-candidates", &platform, has_cookie), &page(ROOM));
        let candidates = answer["candidates"].as_array().unwrap().clone();
        let word = |value: &Value| value.as_str().unwrap_or("?").to_owned();
        let line =
            |one: &Value| [&one["transport"], &one["codec"], &one["quality"]["key"], &one["cdn"]].map(word).join(" ");
        candidates.iter().map(line).collect::<Vec<_>>()
    };
    let expected = [
        "flv avc Q cn-gotcha04",
        "flv avc Q mcdn xy1",
        "flv hevc Q cn-gotcha04",
        "flv hevc Q mcdn xy1",
        "hls avc Q cn-gotcha04",
        "hls avc Q mcdn xy1",
    ];
    assert_eq!(offered(false), expected.map(|line| line.replace('Q', "250")), "a guest gets no more");
    assert_eq!(offered(true), expected.map(|line| line.replace('Q', "10000")));
    platform.expect_no_violation();
}

/// What each trouble at this endpoint makes of a room that is live.
fn is_never_dark(name: &str, endpoint: Endpoint) {
    let platform = Bilibili::start();
    let place = place(name, &platform, false);
    platform.go_live(ROOM);
    let met = |trouble: Trouble| {
        platform.plan(Plan::new(trouble).at(endpoint));
        let verdict = verdict(&place, &page(ROOM));
        platform.heal();
        verdict
    };
    for (trouble, expected) in [
        (Trouble::Risk, "rate-limited"),
        (Trouble::Banned, "rate-limited"),
        (Trouble::TooMany(3), "rate-limited"),
        (Trouble::Code(-509, "busy"), "rate-limited"),
        (Trouble::Code(-101, "who?"), "login-required"),
        (Trouble::Status(502), "network"),
        (Trouble::Dies, "network"),
        (Trouble::Page, "unexpected-answer"),
        (Trouble::Garbage, "unexpected-answer"),
        (Trouble::BrokenJson, "unexpected-answer"),
        (Trouble::TextNumbers, "live"),
        (Trouble::EmptyLists, "live"),
    ] {
        assert_eq!(met(trouble.clone()), expected, "{trouble:?}");
    }
    if endpoint == Endpoint::BaseInfo {
        platform.room(ROOM).says(Status::Offline);
        assert_eq!(met(Trouble::EmptyLists), "offline");
    }
    platform.expect_no_violation();
}

#[test]
fn what_goes_wrong_with_a_check_is_never_dark() {
    is_never_dark("bilibili-check-troubles", Endpoint::BaseInfo);
}

#[test]
fn what_goes_wrong_with_streams_is_never_dark() {
    is_never_dark("bilibili-streams-troubles", Endpoint::PlayInfo);
}

/// Unsigned first; signed where that is refused; with new keys where the old ones have changed.
#[test]
fn a_refused_request_is_signed() {
    let platform = Bilibili::start();
    let place = place("bilibili-signed", &platform, false);
    platform.go_live(ROOM);
    let signed =
        || platform.requests_to(Endpoint::BaseInfo).iter().filter(|asked| asked.target.contains("w_rid=")).count();
    platform.plan(Plan::new(Trouble::Risk).at(Endpoint::BaseInfo).times(1));
    // What a check learns is forgotten with it; what a recorder learns is kept.
    let run = place.record::<&str>(&page(ROOM), &[]);
    // Only a check that has come to its end has learnt something.
    wait_until("it asks for streams", LIMIT, || platform.count(Endpoint::PlayInfo) > 0);
    assert!(signed() > 0);
    run.signal(Signal::TERM);
    run.finish(LIMIT).expect_code(143);
    let before = signed();
    assert_eq!(platform.count(Endpoint::Nav), 1);
    platform.change_keys();
    assert_eq!(verdict(&place, &page(ROOM)), "live");
    assert!(signed() > before, "it is signed from then on");
    platform.expect_no_violation();
}
