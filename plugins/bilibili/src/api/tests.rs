use lyrebird_plugin::http::Error;
use lyrebird_plugin::testing::{Answer, Host};

use super::*;

const PLACE: &str = "https://api.live.bilibili.com/path";
const NAV: &str = "https://api.bilibili.com/x/web-interface/nav";
const REFUSED: &str = r#"{"code": -352, "message": "-352", "ttl": 1}"#;
const FINE: &str = r#"{"code": 0, "message": "0", "data": {"n": 1}}"#;

fn keys(seed: char) -> Answer {
    let key: String = std::iter::repeat_n(seed, 32).collect();
    Answer::json(format!(
        r#"{{"code": -101, "data": {{"wbi_img": {{"img_url": "https://h/{key}.png", "sub_url": "https://h/{key}.png"}}}}}}"#
    ))
}

fn ask_once() -> Result<Told, Failure> {
    ask("/path", &vec![("room_ids", "1".to_owned()), ("room_ids", "2".to_owned())]).and_then(Told::content)
}

fn check(answer: impl Into<Answer>, expected: &str) {
    let host = Host::new();
    host.answer(PLACE, answer).answer(NAV, keys('a'));
    let got = match ask_once() {
        Ok(told) => format!("data {}", told.data),
        Err(Failure::RateLimited(retry)) => format!("rate-limited {:?}", retry.after_seconds),
        Err(failure) => failure.kind().to_owned(),
    };
    assert_eq!(got, expected);
}

#[test]
fn what_each_answer_means() {
    check(Answer::json(FINE), r#"data {"n":1}"#);
    check(Answer::json(r#"{"code": "0", "msg": "ok", "message": "ok"}"#), "data null");
    check(Answer::json(r#"{"code": -101, "message": "账号未登录"}"#), "login-required");
    check(Answer::json(r#"{"code": -658, "message": "Token 过期"}"#), "login-required");
    check(Answer::redirect("https://passport.bilibili.com/login?gourl=x"), "login-required");
    check(Answer::json(r#"{"code": -403, "message": ""}"#), "forbidden");
    check(Answer::json(r#"{"code": 19002005, "message": ""}"#), "forbidden");
    check(Answer::json(r#"{"code": -412, "message": ""}"#), "rate-limited None");
    check(Answer::json(r#"{"code": "-509", "message": ""}"#).header("Retry-After", "9"), "rate-limited Some(9)");
    check(Answer::json(REFUSED), "rate-limited None");
    check(Answer::json(r#"{"code": -503, "message": ""}"#), "network");
    check(Answer::json(r#"{"code": -400, "message": "参数错误", "data": null}"#), "unexpected-answer");
    check(Answer::json(r#"{"code": 77, "message": ""}"#), "unexpected-answer");
    check(Answer::json(r#"{"data": {}}"#), "unexpected-answer");
    check(Answer::json(r#"{"code": 0, "data": {"#), "unexpected-answer");
    check(Answer::body("<!DOCTYPE html><html>"), "unexpected-answer");
    check(Answer::redirect("https://passport.example.org/login"), "unexpected-answer");
    check(Answer::status(404), "unexpected-answer");
    check(Answer::status(412), "rate-limited None");
    check(Answer::status(429).header("Retry-After", "120"), "rate-limited Some(120)");
    check(Answer::status(403), "forbidden");
    check(Answer::status(502), "network");
    check(Error::Timeout, "network");
}

#[test]
fn as_a_page_asks() {
    let host = Host::new();
    host.answer(PLACE, Answer::json(FINE));
    ask_once().unwrap();
    let sent = host.sent();
    assert_eq!(sent[0].url, format!("{PLACE}?room_ids=1&room_ids=2"));
    assert_eq!(sent[0].headers[0].1, BROWSER);
    assert_eq!(sent[0].headers[1], ("Referer".to_owned(), "https://live.bilibili.com/".to_owned()));
    assert_eq!(sent.len(), 1, "it is signed although nobody asks for it");
}

/// The requests that one question after the other sends, by kind.
fn story(host: &Host) -> String {
    let kinds = host.sent().into_iter().map(|request| match request.url.as_str() {
        NAV => 'k',
        url if url.contains("&w_rid=") => 's',
        _ => 'u',
    });
    kinds.collect()
}

#[test]
fn a_refused_request_is_signed_and_so_are_the_next_ones() {
    let host = Host::new();
    host.now(1_000_000).answer(NAV, keys('a'));
    host.answer(PLACE, Answer::json(REFUSED)).answer(PLACE, Answer::json(FINE));
    ask_once().unwrap();
    assert_eq!(story(&host), "uks");
    assert_eq!(
        host.sent()[2].url.split("&w_rid=").next().unwrap(),
        format!("{PLACE}?room_ids=1&room_ids=2&wts=1000000")
    );
    host.now(1_000_000 + 59 * 60);
    ask_once().unwrap();
    assert_eq!(story(&host), "ukss");
    // An hour after the refusal it is tried without, however often it was signed in between.
    host.now(1_000_000 + 60 * 60);
    ask_once().unwrap();
    assert_eq!(story(&host), "ukssu");
}

#[test]
fn an_old_key_is_fetched_anew_once() {
    let host = Host::new();
    host.now(1_000_000).answer(NAV, keys('a')).answer(NAV, keys('b'));
    let answers = [REFUSED, FINE, REFUSED, FINE];
    for answer in answers {
        host.answer(PLACE, Answer::json(answer));
    }
    ask_once().unwrap();
    ask_once().unwrap();
    assert_eq!(story(&host), "ukssks");
}

#[test]
fn refused_for_good_the_platform_is_left_alone() {
    let host = Host::new();
    host.answer(NAV, keys('a')).answer(PLACE, Answer::json(REFUSED));
    assert_eq!(ask_once().unwrap_err().kind(), "rate-limited");
    assert_eq!(story(&host), "uks");
    // Nothing is kept of it: the next question begins anew, with a fresh key.
    assert_eq!(ask_once().unwrap_err().kind(), "rate-limited");
    assert_eq!(story(&host), "uksuks");
}

#[test]
fn without_a_key_its_failure_is_told() {
    let host = Host::new();
    host.answer(NAV, Answer::status(412)).answer(PLACE, Answer::json(REFUSED));
    assert_eq!(ask_once().unwrap_err().kind(), "rate-limited");
    assert_eq!(story(&host), "uk");
}
