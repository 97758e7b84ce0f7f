use expect_test::expect;
use serde_json::json;

use super::*;

fn told(kind: Kind, template: Option<&str>, broadcast: &Broadcast, data: Json) -> String {
    let room = RoomKey { platform: String::from("p"), id: String::from("7") };
    let facts = Facts { kind, room: Some(&room), session: Some("s1"), broadcast, data: &data };
    match text(template, &facts) {
        (text, None) => text,
        (text, Some(wrong)) => format!("{text} [{wrong}]"),
    }
}

fn ann() -> Broadcast {
    Broadcast {
        streamer: String::from("Ann"),
        title: String::from("Tea\nat five"),
        room_url: String::from("https://p.test/7"),
        started_at: Some(0),
        ..Broadcast::default()
    }
}

#[test]
fn every_kind_has_a_line_of_its_own() {
    let data = json!({
        "reason": "stalled", "file": "/r/a.flv", "state": "complete", "lost_ms": 1500, "cause": "stall", "count": 3,
        "kind": "repeat", "message": "network", "plugin": "x", "version": "0.1.0", "folder": "/r",
    });
    let lines: Vec<String> = Kind::ALL.iter().map(|kind| told(*kind, None, &ann(), data.clone())).collect();
    expect![[r#"
        Ann is live: Tea at five https://p.test/7
        Ann is no longer live
        Ann: media comes
        Ann: the connection ended: stalled
        Ann: new file /r/a.flv
        Ann: file /r/a.flv complete
        Ann: 1500 ms are missing: stall
        Ann: mended 3 × repeat
        Ann: no answer: network
        plugin x 0.1.0 is ready
        plugin x was not taken: stalled
        plugin x 0.1.0 answers now
        plugin x was rolled back: stalled
        plugin x was removed
        the disk is almost full /r
        the disk has room again /r
        nothing new is recorded: stalled
        new recordings begin again
        Ann: the login is no longer accepted network"#]]
    .assert_eq(&lines.join("\n"));
    let bare: Vec<String> = Kind::ALL.iter().map(|kind| told(*kind, None, &Broadcast::default(), json!({}))).collect();
    assert!(bare.iter().all(|line| !line.is_empty() && !line.ends_with([' ', ':'])), "{bare:#?}");
    assert_eq!(bare[0], "p:7 is live");
}

#[test]
fn templates_know_the_facts() {
    let gap = |template: &str| told(Kind::Gap, Some(template), &ann(), json!({ "lost_ms": 1500, "kind": "x" }));
    assert_eq!(gap("{{ kind }}/{{ platform }}/{{ room }}/{{ session }}"), "gap/p/7/s1");
    assert_eq!(
        gap("{{ streamer | upper }}: {{ title }} {{ room_url }} ({{ category }})"),
        "ANN: Tea\nat five https://p.test/7 ()"
    );
    assert_eq!(gap("{% if lost_ms > 1000 %}{{ lost_ms }}{% endif %}"), "1500");
    assert!(gap("{{ started_at }}").starts_with("19"));
}

#[test]
fn a_broken_template_falls_back_and_says_so() {
    let live = |template: &str| told(Kind::SessionStarted, Some(template), &ann(), json!({}));
    expect![[r#"
        Ann is live: Tea at five https://p.test/7 [the template `{{ titel }}` is broken (undefined value)]
        Ann is live: Tea at five https://p.test/7 [the template `{{ title` is broken (syntax error: unexpected end of input, expected end of variable block)]
        Ann is live: Tea at five https://p.test/7"#]].assert_eq(&[live("{{ titel }}"), live("{{ title"), live("  ")].join("\n"));
}

#[test]
fn a_message_is_bounded() {
    let long = Broadcast { title: "é".repeat(5_000), ..ann() };
    for template in [None, Some("{{ title }}")] {
        let text = told(Kind::SessionStarted, template, &long, json!({}));
        assert!(text.len() <= MOST + 3 && text.ends_with("é…"), "{}", text.len());
    }
}
