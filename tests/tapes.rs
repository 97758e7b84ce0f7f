//! `plugin check` and `plugin record`: every shipped plugin passes with its tapes, and the suite sees what it is for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lyrebird_tests::bilibili::Bilibili;
use lyrebird_tests::origin::{Answer, Origin};
use lyrebird_tests::place::Place;
use lyrebird_tests::program::{Finished, Run, guests, plugins};
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(60);
const CLOCK: &str = "2026-01-31T12:00:00Z";

fn shipped() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| folder(name).join("plugin.toml").is_file())
        .collect();
    names.sort();
    names
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins").join(name)
}

#[test]
fn every_shipped_plugin_passes_with_its_tapes() {
    let place = Place::new("tapes-shipped");
    let names = shipped();
    assert!(names.len() >= 3, "{names:?}");
    for name in names {
        let tapes = folder(&name).join("tapes");
        let component = plugins().join(format!("{name}.wasm"));
        let told = place.check_plugin(&component, &["--json", "--tapes", tapes.to_str().unwrap()]).expect_code(0);
        let checks = told.json_lines();
        let of = |check: &str, field: &str| -> BTreeSet<String> {
            let of = checks.iter().filter(|one| one["check"] == check);
            of.filter_map(|one| one[field].as_str()).map(str::to_owned).collect()
        };
        let files: BTreeSet<String> =
            fs::read_dir(&tapes).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(of("tape", "tape"), files, "{name}: every file is a tape, and is played");
        let expected = match name == "bilibili-dynamic" {
            true => ["announce", "find", "retract"],
            false => ["check", "resolve", "streams"],
        };
        assert_eq!(of("tape", "call"), expected.map(str::to_owned).into(), "{name}: each of its calls has a tape");
        assert_eq!(of("faults", "tape").is_empty(), name == "direct", "{name}: what asks is given broken answers");
    }
}

/// A head for the misbehaving picker's `check` of one room.
fn head(call: &str, deed: &str, options: &[(&str, &str)], answer: Option<Value>) -> Value {
    let room = json!({ "id": deed, "input": format!("https://misbehaving.test/{deed}"), "options": options });
    let mut head = json!({ "tape": 1, "plugin": "misbehaving@0.1.0", "call": call, "clock": CLOCK, "seed": 7 });
    match call {
        "check" => head["rooms"] = json!([room]),
        _ => head["room"] = room,
    }
    if let Some(answer) = answer {
        head["answer"] = answer;
    }
    head
}

/// A request of its deeds and an answer.
fn exchange(url: &str, answer: Value) -> Value {
    json!({ "request": { "method": "GET", "url": url, "follow": 5 }, "answer": answer })
}

/// The checks of one tape that did not pass, as `check: message | hint`; the exit code fits.
fn failures(place: &Place, guest: &str, lines: &[Value]) -> Vec<String> {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    place.write("tapes/one.tape.jsonl", text);
    let tapes = place.root().join("tapes");
    let told =
        place.check_plugin(&guests().join(format!("{guest}.wasm")), &["--json", "--tapes", tapes.to_str().unwrap()]);
    let failed = told.json_lines().into_iter().filter(|check| check["passed"] == false);
    let failed: Vec<String> = failed
        .map(|check| {
            let hint = check["hint"].as_str().unwrap_or_else(|| panic!("a failure without a hint: {check}"));
            format!("{}: {} | {hint}", check["check"].as_str().unwrap(), check["message"].as_str().unwrap())
        })
        .collect();
    told.expect_code(if failed.is_empty() { 0 } else { 5 });
    failed
}

#[track_caller]
fn fails(place: &Place, guest: &str, lines: &[Value], check: &str, words: &[&str]) {
    let failed = failures(place, guest, lines);
    assert!(failed.len() == 1 && failed[0].starts_with(&format!("{check}: ")), "{failed:#?}");
    for word in words {
        assert!(failed[0].contains(word), "`{word}` is not in: {}", failed[0]);
    }
}

const API: &str = "https://allowed.test/room";

fn live(title: &str) -> Value {
    json!([{ "status": "live", "broadcast": {
        "streamer": "Misbehaving", "title": title, "room_url": "https://misbehaving.test/careless", "started_at": 1,
    } }])
}

/// The one fault that costs people recordings.
#[test]
fn a_picker_that_says_offline_to_a_refusal_fails() {
    let place = Place::new("tapes-careless");
    let options = [("url", API), ("started", "1"), ("media", "https://allowed.test/a.flv")];
    let answer = json!({ "status": 200, "json": { "state": "live" } });
    let on_air = [head("check", "careless", &options, Some(live("careless"))), exchange(API, answer.clone())];
    let words =
        ["status 403 in place of answer 1: `offline`, where the tape has `live`", "status 429", "a page of HTML"];
    fails(&place, "misbehaving", &on_air, "faults", &words);

    let dark = [
        head("check", "careless", &options, Some(json!([{ "status": "offline" }]))),
        exchange(API, json!({ "status": 200, "json": { "state": "dark" } })),
    ];
    fails(&place, "misbehaving", &dark, "faults", &["`offline`, which it cannot know"]);

    let candidate = json!({ "ok": [{
        "url": "https://allowed.test/a.flv", "transport": "flv", "cdn": "cdn0",
        "quality": { "key": "source", "label": "source", "rank": 0 },
    }] });
    let streams = [head("streams", "careless", &options, Some(candidate)), exchange(API, answer)];
    fails(
        &place,
        "misbehaving",
        &streams,
        "faults",
        &["an empty list of candidates, which means that the room is not live"],
    );
}

/// Its receipt is whatever the answer's body is, a guard's page too.
#[test]
fn a_notifier_that_takes_a_page_for_a_receipt_fails() {
    let place = Place::new("tapes-receipt");
    let head = |call: &str, answer: Value| {
        json!({
            "tape": 1, "plugin": "telltale@0.1.0", "call": call, "clock": CLOCK, "event": { "id": "e1", "kind": "x" },
            "settings": { "url": "https://told.test", "token": "made-up-token" }, "answer": answer,
        })
    };
    let headers = json!([["Authorization", "Bearer made-up-token"]]);
    let request = json!({ "method": "GET", "url": "https://told.test/find?event=e1", "headers": headers, "follow": 5 });
    let found = json!({ "request": request, "answer": { "status": 200, "body": "receipt-1" } });
    let words = ["a page of HTML in place of answer 1: a receipt, which says that it was done"];
    fails(&place, "telltale", &[head("find", json!({ "ok": "receipt-1" })), found], "faults", &words);
    let missing = json!({ "request": request, "answer": { "status": 404 } });
    let words = ["a page of HTML in place of answer 1: a receipt"];
    fails(&place, "telltale", &[head("find", json!({ "ok": null })), missing], "faults", &words);
}

#[test]
fn another_request_shows_what_differs() {
    let place = Place::new("tapes-requests");
    let asked = [("url", "https://allowed.test/room?id=1&page=2"), ("started", "1")];
    let fine = || exchange("https://allowed.test/room?id=1&page=2", json!({ "status": 204 }));
    let head = || head("check", "fetch", &asked, Some(json!([])));
    let other = exchange("https://allowed.test/room?id=2&page=2", json!({ "status": 204 }));
    let words = ["request 1 is not that of line 2", "-     ?id=2\n", "+     ?id=1\n", "      &page=2\n"];
    fails(&place, "misbehaving", &[head(), other], "tape", &words);
    fails(&place, "misbehaving", &[head()], "tape", &["request 1 is not on the tape", "GET https://allowed.test/room"]);
    let words = ["1 of the tape's 2 requests were not made, first that of line 3"];
    fails(&place, "misbehaving", &[head(), fine(), fine()], "tape", &words);
    let words = ["another answer than the tape's", "+     \"status\": \"live\""];
    fails(&place, "misbehaving", &[head(), fine()], "tape", &words);
    let mut unlisted = head();
    unlisted["rooms"][0]["options"] = json!([["url", "https://elsewhere.test/"]]);
    let elsewhere = exchange("https://elsewhere.test/", json!({ "status": 204 }));
    let words = ["the host would not send request 1", "the manifest does not list"];
    fails(&place, "misbehaving", &[unlisted, elsewhere], "tape", &words);
}

#[test]
fn clock_and_random_numbers_are_the_tapes() {
    let place = Place::new("tapes-clock");
    let silent = head("check", "clock", &[("started", "1")], None);
    let failed = failures(&place, "misbehaving", std::slice::from_ref(&silent));
    let said = failed[0].split(" | ").next().unwrap().lines().last().unwrap();
    let answer: Value = serde_json::from_str(said).unwrap_or_else(|error| panic!("{error}: {failed:#?}"));
    assert!(answer[0]["broadcast"]["title"].as_str().unwrap().starts_with("1769860800 "), "{answer}");
    let mut taped = silent;
    taped["answer"] = answer;
    assert_eq!(failures(&place, "misbehaving", std::slice::from_ref(&taped)), [""; 0], "the same each time");
    taped["seed"] = json!(8);
    fails(&place, "misbehaving", &[taped], "tape", &["another answer than the tape's"]);
}

#[test]
fn an_answer_must_make_sense() {
    let place = Place::new("tapes-sense");
    let broadcast = json!({ "streamer": "Misbehaving", "title": "ok", "room_url": "https://misbehaving.test/ok" });
    let nameless = head("check", "ok", &[], Some(json!([{ "status": "live", "broadcast": broadcast }])));
    fails(&place, "misbehaving", &[nameless], "answer", &["without `id` and without `started-at`"]);
    for (media, words) in [
        ("http://127.0.0.1:9000/a.flv", "a candidate at a private address: http://127.0.0.1:9000/a.flv"),
        ("https://u:p@allowed.test/a.flv", "a user or a password in its URL: https://allowed.test/a.flv"),
        ("rtmp://allowed.test/a.flv", "neither http nor https"),
    ] {
        let answer = json!({ "ok": [{
            "url": media, "transport": "flv", "cdn": "cdn0",
            "quality": { "key": "source", "label": "source", "rank": 0 },
        }] });
        let offered = head("streams", "ok", &[("media", media)], Some(answer));
        fails(&place, "misbehaving", &[offered], "answer", &[words]);
    }
    fails(&place, "misbehaving", &[head("check", "loop", &[], Some(json!([])))], "limits", &["CPU time"]);
    fails(
        &place,
        "misbehaving",
        &[head("check", "panic", &[], Some(json!([])))],
        "tape",
        &["the guest panics as asked"],
    );
    fails(
        &place,
        "misbehaving",
        &[head("check", "fewer", &[], Some(json!([])))],
        "tape",
        &["0 answers to 1 questions"],
    );
}

/// Whom the user permits there, as for `record`.
#[test]
fn media_at_a_private_address_may_be_where_the_config_says_so() {
    let place = Place::new("tapes-private");
    let media = "http://127.0.0.1:9000/a.flv";
    let quality = json!({ "key": "source", "label": "source", "rank": 0 });
    let answer = json!({ "ok": [{ "url": media, "transport": "flv", "cdn": "cdn0", "quality": quality }] });
    let offered = head("streams", "ok", &[("media", media)], Some(answer));
    fails(&place, "misbehaving", &[offered], "answer", &["allow_private_hosts"]);
    let tapes = place.root().join("tapes");
    for (allowed, code) in [("127.0.0.1:9000", 0), ("127.0.0.1", 0), ("127.0.0.0/8", 0), ("127.0.0.1:9001", 5)] {
        let config = format!("[plugins]\nallow_private_hosts = [\"{allowed}\"]\n");
        let config = place.write("private.toml", config);
        let more = ["--tapes", tapes.to_str().unwrap(), "-c", config.to_str().unwrap()];
        place.check_plugin(&guests().join("misbehaving.wasm"), &more).expect_code(code);
    }
}

#[test]
fn what_is_no_plugin_and_no_tape_is_told() {
    let place = Place::new("tapes-usage");
    let guest = guests().join("misbehaving.wasm");
    place.check_plugin(Path::new("nowhere.wasm"), &[]).expect_code(2).expect_stderr("nowhere.wasm");
    place.check_plugin(&guest, &["--tapes", "nowhere"]).expect_code(2).expect_stderr("nowhere");
    fs::create_dir_all(place.root().join("empty")).unwrap();
    place.check_plugin(&guest, &["--tapes", "empty"]).expect_code(2).expect_stderr("\nhint: ");
    let broken = place.write("broken.wasm", "no component");
    let told = place.check_plugin(&broken, &[]).expect_code(5).stdout;
    assert!(told.contains("FAILED  load") && told.contains("hint: ") && told.contains("1 check, 1 failed"), "{told}");
    let told = place.check_plugin(&guests().join("start-trap.wasm"), &[]).expect_code(5).stdout;
    assert!(told.contains("FAILED  load"), "{told}");
    let told = place.check_plugin(&guest, &[]).expect_code(0).stdout;
    assert!(told.contains("ok      samples") && told.contains("all passed"), "{told}");
    place.write("tapes/bad.tape.jsonl", "{\"tape\":1,\"plugn\":\"x\"}\n");
    let told = place.check_plugin(&guest, &["--tapes", "tapes"]).expect_code(5).stdout;
    assert!(told.contains("line 1: unknown field `plugn`"), "{told}");
}

/// `plugin record` with the place's config.
fn record(place: &Place, component: &Path, url: &str, tape: &str, more: &[&str]) -> Finished {
    let mut command = place.lyrebird(&["plugin", "record", url, "-o", tape, "--plugin"]);
    command.arg(component).arg("-c").arg(place.root().join("lyrebird.toml")).args(more);
    Run::start(command, None).finish(LIMIT)
}

#[test]
fn a_recorded_tape_tells_no_secret_and_passes() {
    let platform = Bilibili::start();
    platform.room(22_637_261).streamer("Ann").title("Tea");
    platform.go_live(22_637_261);
    let place = Place::new("tapes-record");
    place.configure(&platform.table("bilibili", true));
    let component = plugins().join("bilibili.wasm");
    let url = "https://live.bilibili.com/22637261?share_token=canary-of-a-link";
    let told = record(&place, &component, url, "tapes/live.tape.jsonl", &[]).expect_code(0);
    assert!(told.stdout.contains("check    1 request: live"), "{}", told.stdout);
    let tape = place.root().join("tapes/live.tape.jsonl");
    let text = fs::read_to_string(&tape).unwrap();
    for secret in platform.cookie().split("; ").filter_map(|pair| pair.split_once('=')).map(|(_, value)| value) {
        assert!(secret.len() < 6 || !text.contains(secret), "`{secret}` is in the tape:\n{text}");
    }
    assert!(!text.contains("canary"), "{text}");
    assert!(text.contains("\"call\":\"resolve\"") && text.contains("\"call\":\"streams\""), "{text}");
    place.check_plugin(&component, &["--tapes", "tapes"]).expect_code(0);

    let before = fs::read_to_string(&tape).unwrap();
    record(&place, &component, url, "tapes/live.tape.jsonl", &[]).expect_code(2).expect_stderr("\nhint: ");
    assert_eq!(fs::read_to_string(&tape).unwrap(), before, "no tape is overwritten");
    let names: Vec<_> =
        fs::read_dir(place.root().join("tapes")).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names, ["live.tape.jsonl"]);
    platform.expect_no_violation();
}

/// Everything that a server can write back.
#[test]
fn no_canary_comes_through_a_tape() {
    let origin = Origin::start();
    let echo = "{\"mine\":\"canary-of-a-cookie\",\"key\":\"canary-of-a-key\",\"access_token\":\"canary-of-a-token\",\
                \"link\":\"https://h/?sign=canary3&x=1\"}";
    let answer = Answer::file(echo.as_bytes().to_vec(), "application/json");
    let answer = answer.header("Set-Cookie", "sid=canary-of-a-session; Path=/").header("X-Token", "canary-of-a-header");
    origin.answers("/data", [answer]);
    let place = Place::new("tapes-canary");
    place.configure(&format!(
        "[plugin.misbehaving]\ncookie = \"sid2=canary-of-a-cookie; csrf=canary-of-a-csrf\"\n\
         settings = {{ key = \"canary-of-a-key\" }}\nhosts = {{ \"cookie.test\" = \"{}\" }}\n",
        origin.url("").trim_end_matches('/'),
    ));
    let component = guests().join("misbehaving.wasm");
    let options = ["url=https://cookie.test/data", "header=X-Csrf: {cookie:csrf}", "started=1"];
    let options: Vec<&str> = options.iter().flat_map(|option| ["--option", option]).collect();
    let room = "https://misbehaving.test/fetch";
    let told = record(&place, &component, room, "fetch.tape.jsonl", &options).expect_code(0);
    let asked = origin.connections("/data");
    let sent = asked.iter().any(|asked| format!("{asked:?}").contains("canary-of-a-csrf"));
    assert!(sent, "the real request has the user's cookie: {asked:#?}");
    let text = fs::read_to_string(place.root().join("fetch.tape.jsonl")).unwrap();
    assert!(!text.contains("canary") && !told.stdout.contains("canary") && !told.stderr.contains("canary"), "{text}");
    assert!(text.contains("\"cookies\":[\"sid2\",\"csrf\"]") && text.contains("placeholder-of-key"), "{text}");
    assert!(text.contains("cookie.test") && !text.contains("127.0.0.1"), "guests and tapes know no override: {text}");
}

#[test]
fn what_cannot_be_recorded_leaves_no_file() {
    let place = Place::new("tapes-unrecorded");
    // Nobody listens there.
    place.configure("[plugin.lantern]\nsettings = { api = \"http://127.0.0.1:9\" }\n");
    let lantern = guests().join("lantern.wasm");
    record(&place, &lantern, "https://www.lantern.test/room/42", "x.tape.jsonl", &[])
        .expect_code(1)
        .expect_stderr("check: network");
    record(&place, &guests().join("telltale.wasm"), "x", "x.tape.jsonl", &[]).expect_code(2).expect_stderr("no picker");
    record(&place, Path::new("nowhere.wasm"), "x", "x.tape.jsonl", &[]).expect_code(2);
    let misbehaving = guests().join("misbehaving.wasm");
    record(&place, &misbehaving, "https://misbehaving.test/panic", "x.tape.jsonl", &[]).expect_code(5);
    assert!(!place.root().join("x.tape.jsonl").exists());
    assert!(!place.root().join("x.tape.jsonl.part").exists());
    // A wall is a state worth a tape.
    let told = record(&place, &misbehaving, "https://misbehaving.test/fail/forbidden", "wall.tape.jsonl", &[]);
    assert!(told.expect_code(0).stdout.contains("forbidden"));
}
