use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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

/// A text with a secret in some form, and what is shown of it.
#[track_caller]
fn hides(text: &str, shown: &str) {
    let cookie = Secret::new("SESSION=canary%2Cone; id=9021090210; lang=en");
    let settings = [(String::from("k&y/é \"7\""), String::from("placeholder"))];
    let redactor = Redactor::new(Some(&cookie), &settings);
    assert!(!redactor.is_clean(text), "it is not seen: {text}");
    assert_eq!(redactor.text(text), shown);
    assert!(redactor.is_clean(shown), "it is seen still: {shown}");
}

#[test]
fn a_secret_is_hidden_in_every_form() {
    for form in ["k%26y%2F%C3%A9%20%227%22", "k%26y%2f%c3%a9%20%227%22", "k%26y%2F%C3%A9+%227%22"] {
        hides(&format!("?q={form}&a=1"), "?q=placeholder&a=1");
    }
    for form in [r#"k&y/é \"7\""#, r#"k&y\/\u00e9 \"7\""#, r#"k&y/é \\\"7\\\""#] {
        hides(&format!(r#"{{"q":"{form}"}}"#), r#"{"q":"placeholder"}"#);
    }
    hides("<p title='k&amp;y/é &quot;7&quot;'>", "<p title='placeholder'>");
    hides("a=canary%2cone;", "a=xxxxxx%2cxxx;");
    hides("616e79 63616e6172792c6f6e65", "616e79 7878787878782c787878");
    hides("63616E6172792C6F6E65", "7878787878782C787878");
}

/// Alone, and behind something that moves its letters.
#[test]
fn a_secret_is_hidden_in_base64_wherever_it_stands() {
    let redactor = redactor();
    for before in ["", "a", "ab", "abc", "{\"sid\":\""] {
        for (secret, middle) in [("canary,one", "xxxxx,xx"), ("9021090210", "00000000")] {
            let text = STANDARD.encode(format!("{before}{secret}\"}}"));
            assert!(!redactor.is_clean(&text), "{text}");
            let shown = redactor.text(&text);
            assert!(redactor.is_clean(&shown) && shown.len() == text.len(), "{text} -> {shown}");
            let told = String::from_utf8_lossy(&STANDARD.decode(&shown).unwrap()).into_owned();
            // Only letters at the rims are made of neighbours, too.
            assert!(told.contains(middle), "{text} -> {told}");
        }
    }
    assert_eq!(redactor.text("c2hvcnQ"), "c2hvcnQ");
}

#[test]
fn what_a_name_says_to_be_a_token_is_hidden_within_urls_and_pages() {
    let redactor = redactor();
    for (text, shown) in [
        (
            "?d=%7B%22access_token%22%3A%22s3cr3t%22%2C%22a%22%3A1%7D",
            "?d=%7B%22access_token%22%3A%22x0xx0x%22%2C%22a%22%3A1%7D",
        ),
        ("?next=https%3A%2F%2Fh%2F%3Ftoken%3Dabc%26a%3D1", "?next=https%3A%2F%2Fh%2F%3Ftoken%3Dxxx%26a%3D1"),
        ("{&quot;csrf&quot;:&quot;abc&quot;,&quot;a&quot;:1}", "{&quot;csrf&quot;:&quot;xxx&quot;,&quot;a&quot;:1}"),
    ] {
        assert_eq!(redactor.text(text), shown);
    }
}

#[test]
fn a_value_of_set_cookie_that_holds_a_semicolon_is_hidden() {
    let shown = |value: &str| {
        let headers = vec![(String::from("Set-Cookie"), value.to_owned())];
        let answer = GuestResponse { status: 200, url: String::new(), headers, body: Vec::new(), truncated: false };
        redactor().response(answer).headers.remove(0).1
    };
    assert_eq!(shown("a=b; Path=/x; HttpOnly; Max-Age=60"), "a=x; Path=/x; HttpOnly; Max-Age=60");
    assert_eq!(shown("a=\"b;s3cr3t\"; Secure"), "a=\"x;x0xx0x\"; Secure");
    assert_eq!(shown("a=b; rest=s3cr3t; SameSite=Lax"), "a=x; xxxx=x0xx0x; SameSite=Lax");
}
