use lyrebird_plugin::http::Error;
use lyrebird_plugin::testing::{Answer, Host};
use lyrebird_plugin::{Broadcast, Status};

use super::batch::{MANY, MOST_PARTS};
use super::*;

const API: &str = "https://api.live.bilibili.com";
const LIVE: &str = r#""room_id": 1111, "short_id": 7, "uid": 42, "uname": "Ann", "title": "Tea", "cover": "//img.example.org/a.jpg",
    "area_name": "Kitchen", "parent_area_name": "Home", "live_status": 1, "live_time": "2026-01-31 20:00:00""#;

/// What a check of these rooms says, one a line.
fn verdicts(ids: &[&str]) -> String {
    let rooms: Vec<Room> = ids.iter().map(|id| Room::new(*id, "")).collect();
    let lines = match check(&rooms) {
        Ok(verdicts) => verdicts.iter().map(line).collect(),
        Err(failure) => vec![format!("all: {}", failure.kind())],
    };
    lines.join("\n")
}

fn line(verdict: &Verdict) -> String {
    let on =
        |what: &str, on: &Broadcast| format!("{what} {} `{}` {:?}", on.streamer, on.title, on.started_at.unwrap_or(0));
    match verdict {
        Ok(Status::Offline(name)) => format!("offline {}", name.as_deref().unwrap_or("?")),
        Ok(Status::Live(broadcast)) => on("live", broadcast),
        Ok(Status::Replay(broadcast)) => on("replay", broadcast),
        Ok(other) => format!("{other:?}"),
        Err(failure) => failure.kind().to_owned(),
    }
}

fn many(by_room_ids: &str) -> Answer {
    Answer::json(format!(r#"{{"code": 0, "message": "0", "data": {{"by_uids": {{}}, "by_room_ids": {by_room_ids}}}}}"#))
}

/// A host that answers the batch, and for single rooms by their number.
fn host(by_room_ids: &str, singles: &[(&str, &str)]) -> Host {
    let host = Host::new();
    host.answer(&format!("{API}{MANY}"), many(by_room_ids));
    for (id, answer) in singles {
        host.answer(&format!("{API}{ONE}?id={id}"), Answer::json(answer));
    }
    host
}

fn one(fields: &str) -> String {
    format!(r#"{{"code": 0, "msg": "ok", "message": "ok", "data": {{"room_id": 5555, "uid": 9, {fields}}}}}"#)
}

#[test]
fn fifty_rooms_are_one_request() {
    let ids: Vec<String> = (1..=50).map(|id| id.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let entries: Vec<String> =
        ids.iter().map(|id| format!(r#""{id}": {{"room_id": {id}, "uname": "u{id}", "live_status": 0}}"#)).collect();
    let host = host(&format!("{{{}}}", entries.join(",")), &[]);
    let got = verdicts(&ids);
    assert!(got.starts_with("offline u1\noffline u2\n") && got.ends_with("\noffline u50"), "{got}");
    let sent = host.sent();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].url.starts_with(&format!("{API}{MANY}?room_ids=1&room_ids=2&")), "{}", sent[0].url);
    assert!(sent[0].url.ends_with("&room_ids=50&req_biz=web_room_componet"), "{}", sent[0].url);
}

#[test]
fn every_state_in_any_dress() {
    let entries = r#"{
        "1": {"room_id": 1, "uname": "Ann", "title": "Tea", "live_status": 1, "live_time": "2026-01-31 20:00:00"},
        "2": {"room_id": "2", "uname": "Bob", "title": null, "live_status": "1", "live_time": "1769860800"},
        "3": {"room_id": 3, "uname": "Cat", "live_status": 0, "live_time": "0000-00-00 00:00:00"},
        "4": {"live_status": "0", "live_time": 0},
        "5": {"uname": "Eve", "title": "Loop", "live_status": 2, "live_time": ""},
        "6": {"uname": " ", "live_status": 1},
        "7": {"uname": "Guy", "live_status": 3},
        "8": {"uname": "Hal", "live_status": null},
        "9": {"uname": "Ida"},
        "10": {"live_status": []}
    }"#;
    let _host = host(entries, &[]);
    assert_eq!(
        verdicts(&["10", "9", "8", "7", "6", "5", "4", "3", "2", "1"]),
        "unexpected-answer\nunexpected-answer\nunexpected-answer\nunexpected-answer\nlive 6 `` 0\nreplay Eve `Loop` 0\n\
         offline ?\noffline Cat\nlive Bob `` 1769860800\nlive Ann `Tea` 1769860800"
    );
}

#[test]
fn a_broadcast_with_all_its_facts() {
    let _host = host(&format!(r#"{{"1111": {{{LIVE}, "live_id_str": "900719925474099300"}}}}"#), &[]);
    let verdicts = check(&[Room::new("1111", "")]).unwrap();
    let Ok(Status::Live(broadcast)) = &verdicts[0] else { panic!("{verdicts:?}") };
    let fact = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        *broadcast,
        Broadcast {
            id: Some("900719925474099300".to_owned()),
            streamer: "Ann".to_owned(),
            title: "Tea".to_owned(),
            room_url: "https://live.bilibili.com/1111".to_owned(),
            category: Some("Kitchen".to_owned()),
            cover_url: Some("https://img.example.org/a.jpg".to_owned()),
            started_at: Some(1_769_860_800),
            extra: vec![fact("uid", "42"), fact("short_id", "7"), fact("parent_category", "Home")],
        }
    );
}

#[test]
fn a_room_is_found_by_any_of_its_numbers() {
    let host = host(&format!(r#"{{"1111": {{{LIVE}}}}}"#), &[]);
    assert_eq!(verdicts(&["7", "1111"]), "live Ann `Tea` 1769860800\nlive Ann `Tea` 1769860800");
    assert_eq!(host.sent().len(), 1);
}

#[test]
fn what_the_batch_leaves_out_is_asked_for_singly() {
    let host = host(
        &format!(r#"{{"1111": {{{LIVE}}}}}"#),
        &[
            ("2", r#"{"code": 60004, "msg": "房间不存在", "message": "房间不存在", "data": []}"#),
            ("3", &one(r#""live_status": 0, "is_locked": true, "lock_till": -1"#)),
            ("4", &one(r#""live_status": 0, "is_hidden": 1"#)),
            ("5", &one(r#""live_status": 1, "encrypted": true, "pwd_verified": false"#)),
            ("6", &one(r#""live_status": "0", "is_locked": false, "is_hidden": false, "encrypted": false"#)),
            ("7", r#"{"code": -412, "message": ""}"#),
            ("8", "<html>"),
        ],
    );
    assert_eq!(
        verdicts(&["2", "3", "4", "5", "1111", "6", "8"]),
        "gone\nforbidden\nforbidden\nforbidden\nlive Ann `Tea` 1769860800\noffline ?\nunexpected-answer"
    );
    assert_eq!(host.sent().len(), 1 + 6, "one for all, and one for each of the six that it left out");
}

#[test]
fn one_that_is_on_air_and_left_out_gets_its_title() {
    let host = host(
        "[]",
        &[("5555", &one(r#""live_status": 1, "live_time": 1769860800"#)), ("6666", &one(r#""live_status": 2"#))],
    );
    let by_uids = format!("{API}{BY_STREAMERS}");
    host.answer(
        &by_uids,
        Answer::json(
            r#"{"code": 0, "data": {"9": {"room_id": 5555, "uid": 9, "uname": "Zoe", "title": "Sea", "live_status": 1,
            "live_time": 1769860800, "cover_from_user": "https://img.example.org/z.jpg", "area_v2_name": "Beach"}}}"#,
        ),
    );
    assert_eq!(verdicts(&["5555", "6666"]), "live Zoe `Sea` 1769860800\nreplay 6666 `` 0");
    assert_eq!(host.sent()[3].url, format!("{by_uids}?uids%5B%5D=9&uids%5B%5D=9"));
    host.answer(&by_uids, Answer::json(r#"{"code": 0, "data": []}"#));
    verdicts(&["5555"]);
    assert_eq!(verdicts(&["5555"]), "live 5555 `` 1769860800", "a recording needs no title");
}

#[test]
fn old_names_beside_new_ones_cost_no_title() {
    let host = host("null", &[("5555", &one(r#""live_status": 1"#))]);
    let entry = |live: &str| {
        format!(
            r#"{{"room_id": 5555, "uid": 9, "uname": "Zoe", "title": "Sea", "live_status": {live}, "area": 6,
            "area_name": "Old", "area_v2_id": 7, "area_v2_name": "Beach", "area_v2_parent_name": "Coast",
            "cover": "", "cover_from_user": "https://img.example.org/z.jpg", "lock_till": "0000-00-00 00:00:00"}}"#
        )
    };
    let answer = format!(r#"{{"code": 0, "data": {{"8": 5, "9": {}}}}}"#, entry("1"));
    host.answer(&format!("{API}{BY_STREAMERS}"), Answer::json(answer));
    let verdicts = check(&[Room::new("5555", "")]).unwrap();
    let Ok(Status::Live(broadcast)) = &verdicts[0] else { panic!("{verdicts:?}") };
    assert_eq!((broadcast.title.as_str(), broadcast.category.as_deref()), ("Sea", Some("Beach")));
    assert_eq!(broadcast.cover_url.as_deref(), Some("https://img.example.org/z.jpg"));
}

#[test]
fn nothing_about_a_room_is_as_if_it_were_left_out() {
    let single = one(r#""live_status": 0"#);
    let host = host(r#"{"2": null, "3": []}"#, &[("2", &single), ("3", &single)]);
    assert_eq!(verdicts(&["2", "3"]), "offline ?\noffline ?");
    assert_eq!(host.sent().len(), 3);
}

/// A platform that refuses lists which this says are bad, and else tells that all is dark.
fn choosy(bad: impl Fn(&[&str]) -> bool) -> Host {
    let host = Host::new();
    let ids: Vec<String> = (1..=50).map(|id| id.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut parts = vec![&ids[..]];
    while let Some(part) = parts.pop() {
        let (first, second) = part.split_at(part.len() / 2);
        if part.len() > 1 {
            parts.extend([first, second]);
        }
        let query: Vec<String> = part.iter().map(|id| format!("room_ids={id}")).collect();
        let url = format!("{API}{MANY}?{}&req_biz=web_room_componet", query.join("&"));
        let entries: Vec<String> = part.iter().map(|id| format!(r#""{id}": {{"live_status": 0}}"#)).collect();
        host.answer(
            &url,
            if bad(part) {
                Answer::json(r#"{"code": -400, "message": "请求错误", "ttl": 1}"#)
            } else {
                many(&format!("{{{}}}", entries.join(",")))
            },
        );
    }
    host
}

fn check_choosy(bad: impl Fn(&[&str]) -> bool, expected_dark: usize, expected_requests: usize) {
    let host = choosy(bad);
    host.answer(&format!("{API}{ONE}"), Answer::json(r#"{"code": 60004, "message": "", "data": []}"#));
    let ids: Vec<String> = (1..=50).map(|id| id.to_string()).collect();
    let got = verdicts(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(got.lines().count(), 50, "{got}");
    assert_eq!(got.lines().filter(|line| *line == "offline ?").count(), expected_dark, "{got}");
    assert_eq!(host.sent().len(), expected_requests);
}

#[test]
fn one_bad_number_or_a_short_list_blinds_no_others() {
    check_choosy(|part| part.len() > 30, 50, 3);
    check_choosy(|part| part.len() > 20, 50, 7);
    // The bad one is asked for by itself in the end, and is gone.
    for bad in ["1", "26", "33", "50"] {
        let host = choosy(|part| part.contains(&bad));
        host.answer(&format!("{API}{ONE}"), Answer::json(r#"{"code": 60004, "message": "", "data": []}"#));
        let ids: Vec<String> = (1..=50).map(|id| id.to_string()).collect();
        let got = verdicts(&ids.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(got.lines().position(|line| line == "gone"), bad.parse().ok().map(|bad: usize| bad - 1), "{bad}");
        assert_eq!(got.lines().filter(|line| *line == "offline ?").count(), 49, "{bad}");
    }
    check_choosy(|_| true, 0, MOST_PARTS + 6);
}

#[test]
fn where_signing_was_needed_the_single_questions_are_signed_too() {
    let host = Host::new();
    let refused = || Answer::json(r#"{"code": -352, "message": "-352", "ttl": 1}"#);
    let key = "a".repeat(32);
    host.answer(
        "https://api.bilibili.com/x/web-interface/nav",
        Answer::json(format!(
            r#"{{"code": -101, "data": {{"wbi_img": {{"img_url": "https://h/{key}.png", "sub_url": "https://h/{key}.png"}}}}}}"#
        )),
    );
    host.answer(&format!("{API}{MANY}"), refused()).answer(&format!("{API}{MANY}"), many("{}"));
    host.answer(&format!("{API}{ONE}"), Answer::json(one(r#""live_status": 0"#)));
    assert_eq!(verdicts(&["2"]), "offline ?");
    assert!(host.sent()[3].url.starts_with(&format!("{API}{ONE}?id=2&wts=")), "{}", host.sent()[3].url);
}

#[test]
fn a_password_that_was_given_opens_the_room() {
    let entry = format!(r#"{{"1111": {{{LIVE}, "is_encrypted": true}}}}"#);
    let _host = host(&entry, &[("1111", &one(r#""live_status": 1, "encrypted": true, "pwd_verified": true"#))]);
    assert_eq!(verdicts(&["1111"]), "live Ann `Tea` 1769860800");
    let _host = host(&entry, &[("1111", &one(r#""live_status": 1, "encrypted": true, "pwd_verified": false"#))]);
    assert_eq!(verdicts(&["1111"]), "forbidden");
}

#[test]
fn a_platform_that_forgets_all_is_not_flooded() {
    let ids: Vec<String> = (1..=50).map(|id| id.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let host = Host::new();
    host.answer(&format!("{API}{MANY}"), many("{}"));
    host.answer(&format!("{API}{ONE}"), Answer::json(one(r#""live_status": 0"#)));
    let got = verdicts(&ids);
    assert_eq!(host.sent().len(), 1 + MOST_SINGLE);
    assert_eq!(got.lines().filter(|line| *line == "offline ?").count(), MOST_SINGLE);
    assert_eq!(got.lines().filter(|line| *line == "other").count(), 50 - MOST_SINGLE);
}

#[test]
fn no_trouble_is_offline() {
    let trouble = |answer: Answer, expected: &str| {
        let host = Host::new();
        host.answer(&format!("{API}{MANY}"), answer);
        assert_eq!(verdicts(&["1"]), expected);
    };
    trouble(Answer::json(r#"{"code": 0, "data": null}"#), "all: unexpected-answer");
    trouble(Answer::json(r#"{"code": 0, "data": {}}"#), "all: unexpected-answer");
    trouble(Answer::json(r#"{"code": 0, "data": {"by_room_ids": [1]}}"#), "all: unexpected-answer");
    trouble(Answer::json(r#"{"code": 0, "data": "gone"}"#), "all: unexpected-answer");
    trouble(Answer::json(r#"{"code": -509, "message": ""}"#), "all: rate-limited");
    trouble(Answer::body("<html>"), "all: unexpected-answer");
    trouble(Error::Dns(String::new()).into(), "all: network");
}

#[test]
fn a_lock_tells_how_long() {
    let host = Host::new();
    host.now(1_000_000);
    let message =
        |json: &str| serde_json::from_str::<Walls>(json).unwrap().judge("5").unwrap_err().message().to_owned();
    assert_eq!(
        message(r#"{"is_locked": true, "lock_till": 1005000}"#),
        "room 5 is locked by the platform for another 2 h"
    );
    assert_eq!(
        message(r#"{"is_locked": true, "lock_till": "1970-01-12 23:46:40"}"#),
        "room 5 is locked by the platform for another 2 h"
    );
    assert_eq!(
        message(r#"{"is_locked": true, "lock_till": "0000-00-00 00:00:00"}"#),
        "room 5 is locked by the platform"
    );
    assert_eq!(message(r#"{"is_hidden": "1", "hidden_till": 0}"#), "room 5 is hidden by the platform");
}
