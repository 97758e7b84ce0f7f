use lyrebird_plugin::testing::{Answer, Host};

use super::*;

const FIRST: &str = "7cd084941338484aae1ad9425b84077c";
const SECOND: &str = "4932caff0ff746eab6f01bf08b70ac45";
const MIXED: &str = "ea1db124af3c7062474693fa704f4ff8";

#[test]
fn published_keys_mix_as_published() {
    assert_eq!(mix(FIRST, SECOND).as_deref(), Some(MIXED));
    assert_eq!(mix(FIRST, "short"), None);
}

#[test]
fn published_queries_are_signed_as_published() {
    let _host = Host::new();
    let pairs = vec![("foo", "114".to_owned()), ("bar", "514".to_owned()), ("zab", "1919810".to_owned())];
    assert_eq!(
        sign(&pairs, MIXED, 1_702_204_169),
        "bar=514&foo=114&wts=1702204169&zab=1919810&w_rid=8f6f2b5b3d485fe1886cec6a0be8c5d4"
    );
    let pairs = vec![("foo", ")-_-( F**' 哔~!".to_owned()), ("bar", "2333".to_owned())];
    assert_eq!(
        sign(&pairs, MIXED, 1_748_867_128),
        "bar=2333&foo=-_-%20F%20%E5%93%94~&wts=1748867128&w_rid=6ba96e28a3f09b40e704f1e4b4f8e3e3"
    );
}

#[test]
fn values_of_one_name_keep_their_order() {
    let _host = Host::new();
    let pairs = vec![("ids", "9".to_owned()), ("a", "1".to_owned()), ("ids", "2".to_owned())];
    assert!(sign(&pairs, MIXED, 5).starts_with("a=1&ids=9&ids=2&wts=5&w_rid="));
}

fn nav(code: i32) -> Answer {
    Answer::json(format!(
        r#"{{"code": {code}, "data": {{"isLogin": false, "wbi_img": {{
            "img_url": "https://i0.example.org/wbi/{FIRST}.png", "sub_url": "https://i0.example.org/wbi/{SECOND}.png"}}}}}}"#
    ))
}

#[test]
fn the_key_is_fetched_once_in_two_hours() {
    let host = Host::new();
    host.now(1_000_000).answer(NAV, nav(-101));
    assert_eq!(key(), Ok(Key { mixed: MIXED.to_owned(), fresh: true }));
    assert_eq!(key(), Ok(Key { mixed: MIXED.to_owned(), fresh: false }));
    host.now(1_000_000 + 2 * 60 * 60);
    assert!(key().unwrap().fresh);
    forget();
    assert!(key().unwrap().fresh);
    assert_eq!(host.sent().len(), 3);
}

#[test]
fn the_name_of_a_file_however_its_place_is_written() {
    for url in ["https://h/a/KEY.png", "http://h/KEY.png?x=1.2/3", "//h/bfs/wbi/KEY.png", "/wbi/KEY", "KEY.png"] {
        assert_eq!(stem(url).as_deref(), Some("KEY"), "{url}");
    }
    assert_eq!(stem("https://h/"), None);
}

fn refused(answer: Answer, expected: &str) {
    let host = Host::new();
    host.answer(NAV, answer);
    assert_eq!(key().unwrap_err().kind(), expected);
    assert_eq!(store::bytes(KEPT_AS), Ok(None), "kept in spite of {expected}");
}

#[test]
fn a_refusal_is_no_key() {
    refused(nav(-352), "rate-limited");
    refused(Answer::json(r#"{"code": -101, "data": {}}"#), "unexpected-answer");
    refused(Answer::json(r#"{"code": 0, "data": {"wbi_img": {"img_url": "", "sub_url": ""}}}"#), "unexpected-answer");
    refused(
        Answer::json(
            r#"{"code": 0, "data": {"wbi_img": {"img_url": "https://h/a.png", "sub_url": "https://h/b.png"}}}"#,
        ),
        "unexpected-answer",
    );
    refused(Answer::body("<html>"), "unexpected-answer");
}
