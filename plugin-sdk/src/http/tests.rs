use serde::Deserialize;

use super::*;
use crate::Failure;
use crate::testing::{Answer, Host};

const URL: &str = "https://api.example.org/room";

#[derive(Deserialize, Debug, PartialEq)]
struct Info {
    live: bool,
}

fn ask(answer: impl Into<Answer>) -> Result<Info, Failure> {
    let host = Host::new();
    host.now(784_111_777).answer(URL, answer);
    Request::get(URL).query("sign", "secret").send()?.ok()?.json()
}

fn check(answer: impl Into<Answer>, kind: &str, text: &str) {
    let failure = ask(answer).unwrap_err();
    assert_eq!((failure.kind(), failure.message()), (kind, text));
    assert!(!failure.message().contains("secret"));
}

#[test]
fn each_disappointment_is_its_failure() {
    check(Answer::status(401), "login-required", "https://api.example.org/room: status 401");
    check(Answer::status(403), "forbidden", "https://api.example.org/room: status 403");
    check(Answer::status(451), "forbidden", "https://api.example.org/room: status 451");
    check(Answer::status(412), "rate-limited", "https://api.example.org/room: status 412");
    check(Answer::status(500), "network", "https://api.example.org/room: status 500");
    check(Answer::status(503), "network", "https://api.example.org/room: status 503");
    check(Answer::status(404), "unexpected-answer", "https://api.example.org/room: status 404; the body is empty");
    check(
        Answer::redirect("/login"),
        "unexpected-answer",
        "https://api.example.org/room: status 302; the body is empty",
    );
    check(Error::Timeout, "network", "https://api.example.org/room: no answer in time");
    check(Error::Dns("no address".into()), "network", "https://api.example.org/room: host not found: no address");
    check(Error::Denied("no".into()), "other", "https://api.example.org/room: not permitted: no");
    check(
        Answer::body("<html>\n<body>Sorry").header("Content-Type", "text/html"),
        "unexpected-answer",
        "https://api.example.org/room: not the JSON that this plugin reads: expected value at line 1 column 1; \
         the body begins `<html> <body>Sorry`",
    );
    check(
        Answer::json(r#"{"live": true}"#).truncated(),
        "unexpected-answer",
        "https://api.example.org/room: the body is longer than 14 bytes and was cut; \
         the body begins `{\"live\": true}`",
    );
}

#[test]
fn a_long_body_is_shown_where_it_stops_to_fit() {
    let json = format!("{{\"pad\": \"{}\",\n\"live\": \"perhaps\"}}", "x".repeat(300));
    let failure = ask(Answer::json(json)).unwrap_err();
    let text = failure.message();
    assert!(text.contains("at line 2 column 17, near `"), "{text}");
    assert!(text.contains("\"live\": \"perhaps\"}`; the body begins `{\"pad\": \"xxx"), "{text}");
    assert!(text.len() < 450, "{text}");
}

#[test]
fn retry_after_in_both_forms() {
    for (value, expected) in [
        ("120", Some(120)),
        ("99999999999", Some(u32::MAX)),
        ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
        ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
        ("later", None),
    ] {
        for status in [429, 503] {
            match ask(Answer::status(status).header("retry-after", value)) {
                Err(Failure::RateLimited(retry)) => assert_eq!(retry.after_seconds, expected, "{value}"),
                Err(Failure::Network(_)) => assert_eq!((status, expected), (503, None)),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn a_date_counts_from_the_answers_own() {
    let answer = Answer::status(429).header("Retry-After", "Sun, 06 Nov 1994 08:50:37 GMT");
    match ask(answer.header("Date", "Sun, 06 Nov 1994 08:50:00 GMT")) {
        Err(Failure::RateLimited(retry)) => assert_eq!(retry.after_seconds, Some(37)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_builds_up() {
    let request = Request::post("https://h/p?a=1#f")
        .query("q", "a b+c")
        .query_user_cookie("csrf", "csrf")
        .header_user_cookie("X-Csrf", "csrf")
        .cookie("a", "1")
        .cookie("b", "2")
        .follow(2)
        .form([("x", "1 2")])
        .form_user_cookie("csrf", "csrf");
    assert_eq!(request.url, "https://h/p?a=1&q=a%20b%2Bc&csrf={cookie:csrf}#f");
    assert_eq!(request.body.as_deref(), Some(&b"x=1+2&csrf={cookie:csrf}"[..]));
    assert_eq!(
        request.headers,
        [
            ("X-Csrf".to_owned(), "{cookie:csrf}".to_owned()),
            ("Cookie".to_owned(), "a=1; b=2".to_owned()),
            ("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
        ]
    );
    assert_eq!(Request::get("https://h").query("n", 1).url, "https://h?n=1");
    let json = Request::post("https://h/").json(&serde_json::json!({"n": 1})).unwrap();
    assert_eq!(json.body.as_deref(), Some(&br#"{"n":1}"#[..]));
}

#[test]
fn a_strangers_text_pulls_no_cookie_into_a_body() {
    let value = serde_json::json!({"text": "{cookie:session} a\\{cookie:session}", "{cookie:x}": 1});
    let body = Request::post("https://h/").json(&value).unwrap().body.unwrap();
    assert!(!String::from_utf8_lossy(&body).contains("{cookie:"));
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&body).unwrap(), value, "it reads as what was meant");
}

#[test]
fn a_strangers_text_pulls_no_cookie_into_any_part_of_a_request() {
    for text in ["{cookie:session}", "Ann: {cookie:session} {{cookie:session}"] {
        let request = Request::post(format!("https://h/{text}"))
            .query(text, text)
            .header("Title", text)
            .cookie("own", text)
            .form([(text, text)])
            .form_user_cookie(text, "csrf");
        let body = String::from_utf8(request.body.unwrap()).unwrap();
        let parts = [request.url, body.replace("={cookie:csrf}", ""), harmless(text)];
        let values = request.headers.into_iter().map(|(_, value)| value);
        for part in parts.into_iter().chain(values) {
            assert!(!part.contains("{cookie:"), "{part}");
        }
    }
    assert_eq!(Request::get("https://h").header("Title", "{cookie:x}").headers[0].1, "{cookie :x}");
}

#[test]
fn json_behind_a_byte_order_mark() {
    assert_eq!(ask(Answer::body("\u{feff}\r\n {\"live\": true}\n")), Ok(Info { live: true }));
}

#[test]
fn redirects_by_hand_and_cookies() {
    let host = Host::new();
    host.answer(URL, Answer::redirect("../b?c=1").header("set-cookie", "id=7; Path=/").header("Set-Cookie", "x=y=z"));
    let answer = Request::get(URL).manual().send().unwrap();
    assert_eq!(answer.location().as_deref(), Some("https://api.example.org/b?c=1"));
    assert_eq!(answer.set_cookies(), [("id", "7"), ("x", "y=z")].map(|(n, v)| (n.to_owned(), v.to_owned())));
    assert_eq!(host.sent()[0].redirect, Redirect::Manual);
}

#[test]
fn text_in_the_answers_charset() {
    let text = |kind: &str, body: &[u8]| {
        let host = Host::new();
        host.answer(URL, Answer::body(body).header("Content-Type", kind));
        Request::get(URL).send().unwrap().text().unwrap()
    };
    assert_eq!(text("text/html; charset=GBK", &[0xd6, 0xb1]), "直");
    assert_eq!(text("text/html; charset=\"gb2312\"; x", &[0xd6, 0xb1]), "直");
    assert_eq!(text("text/html", "直".as_bytes()), "直");
    assert_eq!(text("text/html; charset=klingon", "直".as_bytes()), "直");
}

#[test]
fn json_inside_a_call() {
    for body in ["cb({\"live\":true});", "({\"live\":true})", " {\"live\":true}\n", "/**/x({\"live\":true})"] {
        let host = Host::new();
        host.answer(URL, Answer::body(body));
        assert_eq!(Request::get(URL).send().unwrap().jsonp::<Info>().unwrap(), Info { live: true }, "{body}");
    }
}

#[test]
fn all_at_once_in_order() {
    let host = Host::new();
    host.answer("https://h/1", Answer::body("one")).answer("https://h/2", Error::Timeout);
    let answers = send_all(&[Request::get("https://h/2?sign=x"), Request::get("https://h/1")]);
    assert_eq!(answers[0].as_ref().unwrap_err().to_string(), "https://h/2: no answer in time");
    assert_eq!(answers[1].as_ref().unwrap().body, b"one");
}
