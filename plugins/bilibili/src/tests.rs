use lyrebird_plugin::http::Error;
use lyrebird_plugin::testing::{Answer, Host};

use super::*;

mod habits;

const INIT: &str = "https://api.live.bilibili.com/room/v1/Room/room_init";

fn check(input: &str, expected: &str) {
    let got = Bilibili::resolve(input).unwrap_or_else(|failure| format!("{}: {}", failure.kind(), failure.message()));
    assert_eq!(got.lines().next(), Some(expected), "{input}");
}

fn init(room_id: u64) -> Answer {
    Answer::json(format!(
        r#"{{"code": 0, "data": {{"room_id": {room_id}, "short_id": 7, "uid": 9, "live_status": 0}}}}"#
    ))
}

#[test]
fn both_numbers_of_a_room_give_one_id() {
    let host = Host::new();
    host.answer(&format!("{INIT}?id=7"), init(1111)).answer(&format!("{INIT}?id=1111"), init(1111));
    check("https://live.bilibili.com/7", "1111");
    check("https://live.bilibili.com/h5/1111?from=x", "1111");
    check("7", "1111");
}

#[test]
fn a_long_number_needs_no_network() {
    let host = Host::new();
    check("https://live.bilibili.com/1234567890", "1234567890");
    assert_eq!(host.sent(), []);
}

#[test]
fn a_number_without_a_room() {
    let host = Host::new();
    host.answer(INIT, Answer::json(r#"{"code": 60004, "message": "房间不存在", "data": []}"#));
    check("https://live.bilibili.com/5", "invalid-room: Bilibili has no room 5");
}

#[test]
fn trouble_is_no_verdict_on_the_number() {
    for (answer, kind) in [
        (Answer::status(412), "rate-limited"),
        (Answer::body("<html>"), "unexpected-answer"),
        (Error::Timeout.into(), "network"),
    ] {
        let host = Host::new();
        host.answer(INIT, answer);
        assert_eq!(Bilibili::resolve("5").unwrap_err().kind(), kind);
    }
}

#[test]
fn share_links_are_followed_to_the_room_and_no_further() {
    let host = Host::new();
    host.answer("https://b23.tv/a", Answer::redirect("http://b23.tv/b?x=1"));
    host.answer("https://b23.tv/b", Answer::redirect("http://live.bilibili.com/h5/12345678?share_token=secret"));
    check("http://b23.tv/a?share=1", "12345678");
    assert_eq!(host.sent().len(), 2);
    assert!(host.sent().iter().all(|request| request.url.starts_with("https://b23.tv/")));

    host.answer("https://b23.tv/video", Answer::redirect("https://www.bilibili.com/video/BV1?token=secret"));
    check(
        "b23.tv/video",
        "invalid-room: https://b23.tv/video leads to https://www.bilibili.com/video/BV1, which is no live room",
    );
    host.answer("https://b23.tv/odd", Answer::redirect("bilibili://live/5"));
    check("b23.tv/odd", "invalid-room: https://b23.tv/odd leads to bilibili://live/5, which is no live room");
    host.answer("https://b23.tv/short", Answer::redirect("https://live.bilibili.com/7")).answer(INIT, init(1111));
    check("b23.tv/short", "1111");
}

#[test]
fn share_links_that_lead_nowhere() {
    let host = Host::new();
    host.answer("https://b23.tv/circle", Answer::redirect("/circle"));
    check("b23.tv/circle", "unexpected-answer: https://b23.tv/circle leads nowhere in 8 redirects");
    assert_eq!(host.sent().len(), 8);
    host.answer("https://b23.tv/none", Answer::json(r#"{"code": -404, "message": "啥都木有"}"#));
    check("b23.tv/none", "invalid-room: Bilibili has no share link https://b23.tv/none");
    host.answer("https://b23.tv/fine", Answer::json(r#"{"code": 0}"#));
    check("b23.tv/fine", "unexpected-answer: https://b23.tv/fine leads to no other page");
    host.answer("https://b23.tv/page", Answer::body("<html>"));
    assert_eq!(Bilibili::resolve("b23.tv/page").unwrap_err().kind(), "unexpected-answer");
    host.answer("https://b23.tv/busy", Answer::status(412));
    check("b23.tv/busy", "rate-limited: https://b23.tv/busy: status 412");
    host.answer("https://b23.tv/down", Error::Timeout);
    check("b23.tv/down", "network: https://b23.tv/down: no answer in time");
}
