use lyrebird_plugin::testing::{Answer, Host};

use super::*;

fn event(text: &str) -> Event {
    Event { id: "e1".to_owned(), kind: "session_started".to_owned(), text: text.to_owned(), ..Event::default() }
}

fn announced(answer: impl Into<Answer>) -> String {
    let host = Host::new();
    host.answer(CREATE, answer);
    match Dynamic::announce(&event("on air")) {
        Ok(receipt) => receipt.unwrap_or_else(|| "none".to_owned()),
        Err(failure) => words(&failure),
    }
}

fn retracted(answer: impl Into<Answer>) -> String {
    let host = Host::new();
    host.answer(REMOVE, answer);
    Dynamic::retract(&event("on air"), "1001").map_or_else(|failure| words(&failure), |()| "retracted".to_owned())
}

fn words(failure: &Failure) -> String {
    match failure {
        Failure::RateLimited(retry) => format!("rate-limited {:?}", retry.after_seconds),
        other => other.kind().to_owned(),
    }
}

fn code(code: i64) -> Answer {
    Answer::json(format!(r#"{{"code": {code}, "message": "words", "ttl": 1, "data": null}}"#))
}

#[test]
fn posted_as_the_page_posts() {
    let host = Host::new();
    host.answer(CREATE, Answer::json(r#"{"code": 0, "message": "0", "data": {"dyn_id": 1001, "dyn_id_str": "1001"}}"#));
    assert_eq!(Dynamic::announce(&event(" Ann is on air:\nTea \"for\" 2 ")), Ok(Some("1001".to_owned())));
    let [request] = &host.sent()[..] else { panic!() };
    assert_eq!(request.url, format!("{CREATE}?csrf={{cookie:bili_jct}}"));
    let header = |name: &str| request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!(header("Origin"), Some("https://t.bilibili.com"));
    assert_eq!(header("Referer"), Some("https://t.bilibili.com/"));
    assert_eq!(header("User-Agent"), Some(BROWSER));
    assert_eq!(header("Content-Type"), Some("application/json"));
    assert_eq!(
        serde_json::from_slice::<Value>(request.body.as_deref().unwrap()).unwrap(),
        json!({"dyn_req": {
            "content": {"contents": [{"raw_text": "Ann is on air:\nTea \"for\" 2", "type": 1, "biz_id": ""}]},
            "scene": 1,
            "attach_card": null,
            "meta": {"app_meta": {"from": "create.dynamic.web", "mobi_app": "web"}},
        }})
    );
}

#[test]
fn taken_back_as_the_page_does() {
    let host = Host::new();
    host.answer(REMOVE, code(0));
    assert_eq!(Dynamic::retract(&event(""), "1001"), Ok(()));
    let [request] = &host.sent()[..] else { panic!() };
    assert_eq!(request.url, format!("{REMOVE}?csrf={{cookie:bili_jct}}"));
    assert_eq!(request.body.as_deref(), Some(&br#"{"dyn_id_str":"1001"}"#[..]));
}

#[test]
fn a_title_pulls_no_cookie_into_a_post() {
    for text in ["{cookie:SESSDATA}", "Ann: {cookie:SESSDATA} {cookie:bili_jct}"] {
        let host = Host::new();
        host.answer(CREATE, code(0));
        Dynamic::announce(&event(text)).unwrap();
        let body = String::from_utf8(host.sent()[0].body.clone().unwrap()).unwrap();
        assert!(!body.contains("{cookie:"), "{body}");
    }
}

#[test]
fn receipts() {
    let data = |data: &str| announced(Answer::json(format!(r#"{{"code": "0", "data": {data}}}"#)));
    assert_eq!(data(r#"{"dyn_id_str": "900719925474099301"}"#), "900719925474099301");
    assert_eq!(data(r#"{"dyn_id": 900719925474099301}"#), "900719925474099301");
    assert_eq!(data(r#"{"dyn_id_str": "", "dyn_id": "900719925474099301", "dyn_type": 4}"#), "900719925474099301");
    assert_eq!(data(r#"{"result": 0, "dynamic_id": 900719925474099301, "_gt_": 0}"#), "900719925474099301");
    assert_eq!(data(r#"{"dyn_id_str": [], "dyn_id": 1001, "fake_card": {"extend": {"dyn_id_str": "2"}}}"#), "1001");
    // It is posted: whatever else is wrong, it must not be posted again.
    for nothing in
        ["null", "[]", "{}", r#"{"dyn_id_str": "0"}"#, r#""fine""#, r#"{"dyn_id": 1.5e20}"#, r#"{"dyn_id_str": "x"}"#]
    {
        assert_eq!(data(nothing), "none", "{nothing}");
    }
}

#[test]
fn what_each_refusal_means() {
    for (number, expected) in [
        (-101, "login-required"),
        (-6, "login-required"),
        (-111, "login-required"),
        (-352, "rate-limited None"),
        (-412, "rate-limited None"),
        (-509, "rate-limited None"),
        (1_101_008, "rate-limited None"),
        (4_126_117, "forbidden"),
        (4_126_021, "forbidden"),
        (500_406, "forbidden"),
        (-102, "forbidden"),
        (-658, "login-required"),
        (-400, "unexpected-answer"),
        (4_100_001, "unexpected-answer"),
        (-503, "network"),
        (1_101_004, "other"),
        (-22, "other"),
    ] {
        assert_eq!(announced(code(number)), expected, "{number}");
        assert_eq!(retracted(code(number)), expected, "{number}");
    }
    assert_eq!(announced(code(-509).header("Retry-After", "30")), "rate-limited Some(30)");
    assert_eq!(announced(Answer::status(412)), "rate-limited None");
    assert_eq!(announced(Answer::status(429).header("Retry-After", "60")), "rate-limited Some(60)");
    assert_eq!(announced(Answer::body("<html>")), "unexpected-answer");
    assert_eq!(announced(Answer::json(r#"{"data": {}}"#)), "unexpected-answer");
    assert_eq!(announced(Answer::redirect("https://passport.example.org/")), "unexpected-answer");
    assert_eq!(announced(Answer::redirect("https://passport.bilibili.com/login")), "login-required");
    assert_eq!(announced(Answer::status(403).header("Content-Type", "text/html")), "forbidden");
    assert_eq!(announced(Answer::status(502)), "network");
    assert_eq!(announced(Error::Timeout), "network");
    assert_eq!(announced(Error::Denied(String::new())), "other");
}

#[test]
fn what_is_gone_is_taken_back() {
    assert_eq!(retracted(code(-404)), "retracted");
    assert_eq!(retracted(code(2001)), "retracted");
    assert_eq!(retracted(code(500_404)), "retracted");
    assert_eq!(announced(code(500_404)), "other");
    assert_eq!(announced(code(-404)), "unexpected-answer");
    assert_eq!(retracted(Answer::status(404)), "unexpected-answer");
}

#[test]
fn a_cookie_without_the_token_is_no_login() {
    // As the host says it.
    let missing = || Error::InvalidRequest("the user's cookie has no `bili_jct`".to_owned());
    assert_eq!(announced(missing()), "login-required");
    assert_eq!(retracted(missing()), "login-required");
    assert_eq!(announced(Error::InvalidRequest("a line break".to_owned())), "other");
}

#[test]
fn an_event_without_words_is_not_posted() {
    let host = Host::new();
    assert_eq!(Dynamic::announce(&event(" \n ")).unwrap_err().kind(), "other");
    assert_eq!(host.sent(), []);
}

#[test]
fn a_long_text_ends_between_letters() {
    assert_eq!(shortened(&"播".repeat(MOST_LETTERS)), "播".repeat(MOST_LETTERS));
    let long = shortened(&"播".repeat(MOST_LETTERS + 1));
    assert_eq!(long.chars().count(), MOST_LETTERS);
    assert!(long.ends_with("播…"));
}

#[test]
fn it_cannot_look_for_a_post() {
    let host = Host::new();
    assert_eq!(Dynamic::find(&event("on air")), Ok(None));
    assert_eq!(host.sent(), []);
}

#[test]
fn answers_in_another_dress() {
    let body = "\u{feff}\r\n{ \"data\" : { \"unknown\" : [ { } ] , \"dyn_id_str\" : \"1001\" } ,\n \"ttl\" : \"1\" , \"msg\" : \"\" , \"code\" : \"0\" }\n";
    let dressed = || Answer::body(body).header("content-TYPE", "text/plain; charset=utf-8").header("X-Cache", "miss");
    assert_eq!(announced(dressed()), "1001");
    assert_eq!(retracted(dressed()), "retracted");
    let host = Host::new();
    host.answer(CREATE, Answer::json(r#"{"msg": "words", "code": "4126117", "data": []}"#));
    let failure = Dynamic::announce(&event("on air")).unwrap_err();
    assert_eq!(failure, Failure::Forbidden("Bilibili answers 4126117: words".to_owned()));
}
