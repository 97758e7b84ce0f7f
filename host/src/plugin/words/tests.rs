use super::*;
use crate::plugin::bindings::picker::lyrebird::plugin::types as wit;

fn quality(key: &str) -> wit::Quality {
    wit::Quality {
        key: key.into(),
        label: key.into(),
        rank: 1,
        width: None,
        height: None,
        fps: None,
        bitrate_kbps: None,
    }
}

fn plain(url: &str) -> wit::Candidate {
    wit::Candidate {
        url: url.into(),
        transport: wit::Transport::Flv,
        codec: None,
        quality: quality("origin"),
        cdn: None,
        headers: Vec::new(),
        expires_at: None,
        extra: Vec::new(),
    }
}

fn refused(candidate: wit::Candidate, says: &str) {
    let error = candidates(vec![candidate]).unwrap_err();
    assert_eq!(error.kind(), "bad-answer");
    assert!(error.reason().contains(says), "{error}");
}

#[test]
fn a_candidate_that_cannot_be_asked_for_is_refused() {
    assert_eq!(candidates(vec![plain("https://cdn.example/a.flv?sign=1")]).unwrap()[0].quality.key, "origin");
    refused(plain("cdn.example/a.flv"), "URL is none");
    refused(plain(&format!("https://cdn.example/{}", "a".repeat(URL))), "at most 16384");
    for (name, value) in [("X-A", "1\r\nCookie: x"), ("X A", "1"), ("", "1"), ("X-A", "a\0b")] {
        let headers = vec![(name.to_owned(), value.to_owned())];
        refused(wit::Candidate { headers, ..plain("https://a.example/") }, "cannot be sent");
    }
    for end in ["", "../x", "MP4", "verylongend"] {
        let transport = wit::Transport::Raw(end.to_owned());
        refused(wit::Candidate { transport, ..plain("https://a.example/") }, "file extension");
    }
    refused(wit::Candidate { quality: quality("a\nb"), ..plain("https://a.example/") }, "control characters");
    let extra = vec![(String::new(), String::new()); PAIRS + 1];
    refused(wit::Candidate { extra, ..plain("https://a.example/") }, "`extra` has more than 100 entries");
    assert!(candidates(vec![plain("https://a.example/"); CANDIDATES + 1]).is_err());
}

#[test]
fn texts_for_people_become_one_bounded_line_and_ids_are_never_changed() {
    let facts = wit::Broadcast {
        id: None,
        streamer: "a\u{1b}[2Jb".into(),
        title: format!("line\nbreak {}", "x".repeat(2 * TEXT)),
        room_url: "https://a.example/1".into(),
        category: None,
        cover_url: None,
        started_at: Some(1),
        extra: Vec::new(),
    };
    let Ok(Status::Live(facts)) = status(wit::Status::Live(facts), &Settings::default()) else { panic!("live") };
    assert_eq!(facts.streamer, "a [2Jb");
    assert!(facts.title.starts_with("line break x") && facts.title.len() <= TEXT + '…'.len_utf8());
    assert_eq!(id("房间 1".into()).unwrap(), "房间 1");
    assert!(id(String::new()).is_err() && id("a\nb".into()).is_err() && id("a".repeat(NAME + 1)).is_err());
}

#[test]
fn a_failure_keeps_its_case() {
    let said = wit::Failure::RateLimited(wit::Retry { message: "slow\ndown".into(), after_seconds: Some(60) });
    let after = Some(Duration::from_secs(60));
    assert_eq!(failure(said, &Settings::default()), Failure::RateLimited { message: "slow down".into(), after });
}

#[test]
fn a_hint_in_a_failure_keeps_its_line() {
    let said = |text: &str| failure(wit::Failure::Other(text.to_owned()), &Settings::default()).message().to_owned();
    assert_eq!(said("denied:\na rule\nhint: do\nthis\nhint: or that"), "denied: a rule\nhint: do this hint: or that");
    assert_eq!(said("no hint: at all\n"), "no hint: at all ");
}
