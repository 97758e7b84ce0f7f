use expect_test::{Expect, expect};

use super::diff::difference;
use super::redact::{Redactor, mask};
use super::*;
use crate::http::GuestResponse;
use crate::model::Secret;

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

fn wrong(text: &str, expected: &Expect) {
    expected.assert_eq(&read(text).map(|tape| format!("{tape:?}")).unwrap_or_else(|why| why));
}

const HEAD: &str =
    r#"{"tape":1,"plugin":"p@0.1.0","call":"resolve","input":"x","clock":"2026-01-31T12:00:00Z","answer":{"ok":"1"}}"#;

#[test]
fn what_is_written_is_read_again() {
    let exchange = r#"{"request":{"method":"POST","url":"https://h/a","headers":[["A","b"]],"hex":"ff00","timeout_ms":9},"answer":{"status":200,"body":"ok"}}"#;
    let failed =
        r#"{"request":{"method":"GET","url":"https://h/b","follow":5},"error":{"kind":"dns","text":"no such host"}}"#;
    let text = format!("{}\n{exchange}\n{failed}\n", HEAD.replace("Z\",", "Z\",\"seed\":7,"));
    let tape = read(&text).unwrap();
    assert_eq!(lines::write(&tape.calls).unwrap(), text);
    assert_eq!(tape.calls[0].exchanges[0].asked.body.as_deref(), Some(&[0xff, 0][..]));
}

#[test]
fn a_notifiers_calls_are_read_again_too() {
    let event = r#""event":{"id":"e1","time":7,"kind":"session_started","room":{"id":"1","input":"h/1"},"text":"on"}"#;
    let head =
        |call: &str, more: &str| HEAD.replace("resolve", call).replace(r#""input":"x""#, &format!("{event}{more}"));
    let calls = [head("announce", ""), head("find", ""), head("retract", r#","receipt":"r1""#), String::new()];
    let text = calls.join("\n").replace("Z\",", "Z\",\"seed\":7,");
    assert_eq!(lines::write(&read(&text).unwrap().calls).unwrap(), text);
}

#[test]
fn what_is_wrong_with_a_tape_has_its_line() {
    wrong("", &expect!["it has no line with `tape`: the head of a call"]);
    wrong("{", &expect!["line 1: not JSON: EOF while parsing an object at line 1 column 1"]);
    wrong(
        r#"{"request":{"method":"GET","url":"u"},"answer":{"status":200}}"#,
        &expect!["line 1: a request before any head; a head is a line with `tape`"],
    );
    wrong(&HEAD.replace("\"tape\":1", "\"tape\":2"), &expect!["line 1: format 2, this host knows 1"]);
    wrong(&HEAD.replace("\"input\":\"x\",", ""), &expect!["line 1: the head lacks `input`"]);
    wrong(
        &HEAD.replace("2026-01-31T12:00:00Z", "noon"),
        &expect!["line 1: `clock` is no time after 1970 as in 2026-01-31T12:00:00Z: `noon`"],
    );
    let with = |line: &str| format!("{HEAD}\n\n{line}");
    wrong(
        &with(r#"{"request":{"method":"GET","url":"u"}}"#),
        &expect!["line 3: a request needs one of `answer` and `error`"],
    );
    wrong(
        &with(r#"{"request":{"method":"get","url":"u"},"answer":{"status":200}}"#),
        &expect!["line 3: `get` is no method, one of GET, HEAD, POST, PUT, PATCH, DELETE"],
    );
    wrong(
        &with(r#"{"request":{"method":"GET","url":"u"},"answer":{"status":200,"body":"","hex":""}}"#),
        &expect!["line 3: more than one of `json`, `body` and `hex`"],
    );
}

#[test]
fn a_difference_shows_what_is_around_it() {
    expect![[r"
          …
          c
          d
        - e
        + E
          f
          g
          …"]]
    .assert_eq(&difference(&lines("a\nb\nc\nd\ne\nf\ng\nh"), &lines("a\nb\nc\nd\nE\nf\ng\nh")));
    assert_eq!(difference(&lines("a"), &lines("a\nb")), "  a\n+ b");
    let long: Vec<String> = (0..1000).map(|line| line.to_string()).collect();
    let mut other = long.clone();
    other[500] = String::from("x");
    assert_eq!(difference(&long, &other), "  …\n  498\n  499\n- 500\n+ x");
}

#[test]
fn a_mask_keeps_the_form() {
    assert_eq!(mask("90210"), "10000");
    assert_eq!(mask("-aB3-f%2C%"), "-xx0-x%78%");
    assert_eq!(mask(r"a\nb\u4e2dc\"), r"x\nx\u0078x\");
}

fn redactor() -> Redactor {
    let cookie = Secret::new("SESSION=canary%2Cone; id=9021090210; lang=en");
    Redactor::new(Some(&cookie), &[(String::from("canary-two"), String::from("placeholder-of-key"))])
}

#[test]
fn secrets_leave_an_answer_and_its_form_stays() {
    let body = r#"{"a":"canary,one","mid":9021090210,"k":"canary-two","access_token":"s3cr3t","n":{"csrf" : 77},
        "in":"{\"refresh_token\":\"zzz\"}","url":"https:\/\/h\/a?sign=abc9\u0026expires=1700000000","author":"Ann"}"#;
    let pairs =
        [("set-cookie", "sid=canary3; Path=/"), ("x-token", "abc"), ("content-type", "text/html"), ("via", "x")];
    let headers = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let url = String::from("https://h/?q=canary%2Cone&token=abc");
    let shown = redactor().response(GuestResponse { status: 200, url, headers, body: body.into(), truncated: false });
    let text = String::from_utf8(shown.body).unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
    expect![[r#"
        {"a":"xxxxxx,xxx","mid":1000000000,"k":"placeholder-of-key","access_token":"x0xx0x","n":{"csrf" : 10},
                "in":"{\"refresh_token\":\"xxx\"}","url":"https:\/\/h\/a?sign=xxx0\u0026expires=1700000000","author":"Ann"}"#]]
    .assert_eq(&text);
    assert_eq!(shown.url, "https://h/?q=xxxxxx%78xxx&token=xxx");
    let pairs: Vec<String> = shown.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    assert_eq!(pairs, ["set-cookie: sid=xxxxxx0; Path=/", "x-token: xxx", "content-type: text/html"]);
}

#[test]
fn what_is_typed_for_a_room_keeps_its_id() {
    let redactor = redactor();
    assert_eq!(redactor.typed("https://u:p@h/watch?v=abc123&token=t0k"), "https://h/watch?v=abc123&token=x0x");
    assert_eq!(redactor.typed("h/a?0123456789abcdef0123456789"), "h/a?1000000000xxxxxx0000000000");
    let option = |name: &str, value: &str| redactor.option(&(name.to_owned(), value.to_owned())).1;
    assert_eq!(option("header", "Cookie: a=b9"), "Cookie: x=x0");
    assert_eq!(option("header.Referer", "https://h/"), "xxxxx://x/");
    assert_eq!(option("transport", "flv"), "flv");
}

#[test]
fn a_secret_that_is_left_is_seen() {
    assert!(!redactor().is_clean("…canary-two…") && redactor().is_clean("placeholder-of-key"));
}
