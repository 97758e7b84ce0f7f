use lyrebird_plugin::testing::{Answer, Host};

use super::*;

fn host(place: &str, answer: Answer) -> Host {
    let host = Host::new();
    host.setting("api", "https://api.lantern.test").answer(&format!("https://api.lantern.test{place}"), answer);
    host
}

#[test]
fn both_forms_of_a_rooms_address() {
    assert_eq!(Lantern::resolve("https://www.lantern.test/room/42?from=app"), Ok("42".to_owned()));
    assert_eq!(Lantern::resolve("lantern.test/42"), Ok("42".to_owned()));
    assert_eq!(Lantern::resolve("lantern.test/help/contact/us").unwrap_err().kind(), "invalid-room");
}

#[test]
fn three_rooms_in_one_request() {
    let json = r#"{"1": {"live": "1", "streamer": "Ann", "title": "Tea", "started": "1700000000"},
                   "2": {"live": 0, "streamer": "Bob", "started": ""}}"#;
    let host = host("/rooms", Answer::json(json));
    let verdicts = Lantern::check(&[Room::new("1", ""), Room::new("2", ""), Room::new("3", "")]).unwrap();

    assert!(matches!(&verdicts[0], Ok(Status::Live(on)) if on.title == "Tea" && on.started_at == Some(1_700_000_000)));
    assert_eq!(verdicts[1], Ok(Status::Offline(Some("Bob".to_owned()))));
    assert_eq!(verdicts[2], Err(Failure::Gone("Lantern has no room 3".to_owned())));
    assert_eq!(host.sent()[0].url, "https://api.lantern.test/rooms?id=1&id=2&id=3");
}

#[test]
fn a_changed_platform_is_told_not_guessed() {
    let _host = host("/streams", Answer::json(r#"{"code": -1}"#));
    let failure = Lantern::streams(&Room::new("1", ""), &Wish::default()).unwrap_err();
    assert_eq!(failure.kind(), "unexpected-answer");
}

/// The guide shows this crate's files as they are, but for this test.
#[test]
fn the_guide_shows_what_compiles() {
    let guide = include_str!("../../../../docs/plugin-guide.md");
    let tests = include_str!("tests.rs").split("\n/// The guide").next().unwrap_or_default();
    for (file, text) in [
        ("plugin.toml", include_str!("../plugin.toml")),
        ("src/lib.rs", include_str!("lib.rs")),
        ("src/tests.rs", tests),
    ] {
        assert!(guide.contains(text), "docs/plugin-guide.md does not show tests/guests/lantern/{file} as it is");
    }
}
