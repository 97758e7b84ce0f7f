//! The door: exit codes, shapes of JSON, hints, signals. Scripts are written against these.

use std::fs;
use std::path::Path;
use std::time::Duration;

use lyrebird_tests::clip::{self, Clip};
use lyrebird_tests::feed::Feed;
use lyrebird_tests::ffprobe;
use lyrebird_tests::origin::{Answer, At, How, Origin};
use lyrebird_tests::place::{HURRY, Place, wait_until};
use lyrebird_tests::program::{Finished, Run, Signal, guests, plugins};
use serde_json::Value;

const ROOM: &str = "/live.flv";
const LIMIT: Duration = Duration::from_secs(30);

/// The names of an object's fields, in order of the alphabet.
fn fields(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> =
        value.as_object().unwrap_or_else(|| panic!("no object: {value}")).keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[track_caller]
fn has_fields(value: &Value, expected: &[&str]) {
    let there = fields(value);
    let missing: Vec<&&str> = expected.iter().filter(|name| !there.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?} missing in {value:#}");
}

#[test]
fn usage_is_2_and_help_is_0() {
    let place = Place::new("usage");
    place.run(&["--help"]).expect_code(0);
    assert!(place.run(&["--version"]).expect_code(0).stdout.contains("0.1.0"));
    for wrong in [
        &["frobnicate"][..],
        &["record"],
        &["check"],
        &["record", "http://x.test/a.flv", "--duration", "soon"],
        &["flv", "inspect"],
        &["flv", "fix"],
        &["flv", "verify"],
        &["flv", "fix", "a.flv", "--split-duration", "0s"],
    ] {
        let finished = place.run(wrong).expect_code(2);
        assert!(finished.stdout.is_empty() && !finished.stderr.is_empty(), "{wrong:?}: {}", finished.stdout);
    }
}

#[test]
fn a_broken_config_names_place_and_nearest_key() {
    let place = Place::new("config");
    for (text, words) in [
        ("[check]\nintervall = \"1s\"\n", &["lyrebird.toml", "2", "intervall", "interval"][..]),
        ("[output\n", &["lyrebird.toml", "1"]),
        ("[check]\ninterval = \"soon\"\n", &["lyrebird.toml", "soon"]),
    ] {
        place.configure(text);
        let config = place.root().join("lyrebird.toml");
        let config = config.to_str().unwrap();
        let finished = place.run(&["record", "http://x.test/a.flv", "-c", config]).expect_code(2);
        for word in words {
            assert!(finished.stderr.contains(word), "`{word}` is not in: {}", finished.stderr);
        }
    }
    for command in [
        &["record", "http://x.test/a.flv", "-c", "nowhere.toml"][..],
        &["run", "-c", "nowhere.toml"],
        &["config", "check", "-c", "nowhere.toml"],
    ] {
        let finished = place.run(command).expect_code(2);
        let lines: Vec<&str> = finished.stderr.lines().collect();
        assert!(lines[0].contains("nowhere.toml`: No such file"), "{}", finished.stderr);
        let hint = "hint: `lyrebird config default > ";
        assert!(lines[1].starts_with(hint) && lines[1].contains("nowhere.toml"), "{}", finished.stderr);
    }
    let empty = Place::new("no-config");
    let told = empty.run(&["run"]).expect_code(2).stderr;
    assert!(
        told.contains("neither `lyrebird.toml` nor `") && told.contains("\nhint: `lyrebird config default > "),
        "{told}"
    );
}

#[test]
fn a_url_that_no_picker_takes_is_4() {
    let place = Place::new("no-picker");
    for command in ["check", "record"] {
        let finished = place.run(&[command, "https://example.test/watch"]).expect_code(4);
        let hint = finished.stderr.lines().find(|line| line.starts_with("hint: ")).unwrap_or_default();
        assert!(hint.contains("--plugin") && hint.contains("direct"), "{}", finished.stderr);
    }
}

#[test]
fn check_has_the_promised_shape() {
    let place = Place::new("check-shape");
    let origin = Origin::start();
    origin.answers("/clip.flv", [Answer::file(clip::file(&[(Clip::Small, 2)]), "video/x-flv")]);
    let url = format!("{}?token=canary", origin.url("/clip.flv"));
    let finished =
        place.run(&["check", &url, "--json", "--option", "name=Ann", "--option", "title=Song"]).expect_code(0);
    let answer = &finished.json_lines()[0];
    has_fields(answer, &["url", "platform", "plugin", "room", "status", "failure", "broadcast", "candidates"]);
    assert_eq!((&answer["platform"], &answer["status"]), (&Value::from("direct"), &Value::from("live")));
    assert!(answer["plugin"].as_str().unwrap().starts_with("direct@"), "{answer:#}");
    has_fields(
        &answer["broadcast"],
        &["id", "streamer", "title", "room_url", "category", "cover_url", "started_at", "extra"],
    );
    assert_eq!((&answer["broadcast"]["streamer"], &answer["broadcast"]["title"]), (&"Ann".into(), &"Song".into()));
    let candidate = &answer["candidates"][0];
    has_fields(candidate, &["url", "transport", "codec", "quality", "cdn", "headers", "expires_at", "extra"]);
    has_fields(&candidate["quality"], &["key", "label", "rank", "width", "height", "fps", "bitrate_kbps"]);
    assert_eq!(candidate["transport"], "flv");
    assert!(
        !finished.stdout.contains("canary") && !finished.stderr.contains("canary"),
        "{}{}",
        finished.stdout,
        finished.stderr
    );
    let shown = place.run(&["check", &url, "--json", "--show-urls"]).expect_code(0);
    assert!(shown.stdout.contains("token=canary"), "{}", shown.stdout);
}

/// A media URL is opened by `check`: what stands there decides.
#[test]
fn check_opens_a_media_url() {
    let place = Place::new("check-opens");
    let origin = Origin::start();
    origin.answers("/html.flv", [Answer::html()]);
    origin.answers("/clip.flv", [Answer::file(clip::file(&[(Clip::Small, 2)]), "video/x-flv")]);
    place.run(&["check", &origin.url("/clip.flv")]).expect_code(0);
    place.run(&["check", &origin.url("/nothing.flv")]).expect_code(3);
    let finished = place.run(&["check", &origin.url("/html.flv")]).expect_code(3);
    assert!(
        format!("{}{}", finished.stdout, finished.stderr).contains("HTML"),
        "{}{}",
        finished.stdout,
        finished.stderr
    );
}

const LISTING: [&str; 12] = [
    "name",
    "kinds",
    "version",
    "contract",
    "sha256",
    "file",
    "description",
    "platform",
    "rooms",
    "hosts",
    "cookies",
    "settings",
];

#[test]
fn plugins_are_listed_and_inspected() {
    let place = Place::new("plugins");
    let listed = place.run(&["plugin", "list", "--json"]).expect_code(0).json_lines();
    let listed = listed.first().and_then(Value::as_array).cloned().unwrap_or(listed);
    let direct = listed.iter().find(|one| one["name"] == "direct").expect("direct is listed");
    has_fields(direct, &LISTING);
    has_fields(direct, &["state", "reason"]);
    assert_eq!((&direct["state"], &direct["kinds"]), (&"active".into(), &serde_json::json!(["picker"])));
    assert!(place.run(&["plugin", "list"]).expect_code(0).stdout.contains("direct"));

    let file = guests().join("misbehaving.wasm");
    let inspected = place.run(&["plugin", "inspect", file.to_str().unwrap(), "--json"]).expect_code(0).json();
    has_fields(&inspected, &LISTING);
    assert!(inspected.get("state").is_none(), "a file has no state");
    assert_eq!(inspected["sha256"].as_str().unwrap().len(), 64);
    let text = place.write("text.wasm", "this is a text");
    let finished = place.run(&["plugin", "inspect", text.to_str().unwrap()]);
    assert_ne!(finished.code, 0);
    assert!(finished.stderr.contains("text.wasm") && finished.stderr.contains("hint: "), "{}", finished.stderr);
}

#[test]
fn flv_inspect_has_the_promised_shape() {
    let place = Place::new("inspect");
    let file = place.write("clip.flv", Clip::Small.bytes());
    let file = file.to_str().unwrap();
    let report = place.run(&["flv", "inspect", "--json", file]).expect_code(0).json();
    has_fields(&report, &["file", "bytes", "duration_ms", "tags", "tracks", "metadata", "faults"]);
    let track = ["codec", "headers", "tags", "key_frames", "first_ms", "last_ms"];
    has_fields(&report["tracks"]["video"], &track);
    assert_eq!(report["tracks"]["video"]["headers"], 1);
    assert_eq!(report["bytes"], fs::metadata(file).unwrap().len());
    assert!(report["duration_ms"].as_u64().unwrap().abs_diff(2_900) < 100, "{report:#}");
    assert_eq!(report["faults"], serde_json::json!([]));

    let tags = place.run(&["flv", "inspect", "--tags", file]).expect_code(0).stdout;
    let lines: Vec<&str> = tags.lines().filter(|line| line.starts_with(['V', 'A', 'S'])).collect();
    let there = lyrebird_tests::flv::parse(&fs::read(file).unwrap()).unwrap().len();
    assert_eq!(lines.len(), there, "one line a tag");
    assert!(lines.iter().any(|line| line.starts_with("V 0 header")), "{tags}");
    assert!(lines.iter().filter(|line| line.starts_with("V ") && line.contains(" key")).count() == 2, "{tags}");

    let bytes = fs::read(file).unwrap();
    let torn = place.write("torn.flv", &bytes[..bytes.len() - 40]);
    let report = place.run(&["flv", "inspect", "--json", torn.to_str().unwrap()]).json();
    let kinds: Vec<_> = report["faults"].as_array().unwrap().iter().map(|fault| &fault["kind"]).collect();
    assert!(kinds.contains(&&Value::from("truncated")), "{report:#}");
    has_fields(&report["faults"][0], &["kind", "offset", "at_ms", "detail"]);

    let html = place.write("page.flv", "<!DOCTYPE html><html></html>");
    let finished = place.run(&["flv", "inspect", html.to_str().unwrap()]).expect_code(1);
    assert!(finished.stderr.contains("HTML"), "{}", finished.stderr);
    let finished = place.run(&["flv", "inspect", "nowhere.flv"]).expect_code(1);
    assert!(finished.stderr.contains("nowhere.flv"), "{}", finished.stderr);
}

#[test]
fn completions_for_every_shell() {
    let place = Place::new("completions");
    for shell in ["bash", "zsh", "fish"] {
        let script = place.run(&["completions", shell]).expect_code(0).stdout;
        assert!(script.contains("lyrebird") && script.contains("record"), "{shell}");
    }
    place.run(&["completions", "cmd.exe"]).expect_code(2);
}

#[test]
fn doctor_says_what_is_there() {
    let place = Place::new("doctor");
    place.configure(HURRY);
    let config = place.root().join("lyrebird.toml");
    let said = place.run(&["doctor", "-c", config.to_str().unwrap()]).expect_code(0).stdout.to_lowercase();
    for word in ["direct@", "ffmpeg", "output", "clock", "open files"] {
        assert!(said.contains(word), "doctor does not speak of {word}: {said}");
    }
}

/// Without `-c` it looks at what `run` would write to.
#[test]
fn doctor_finds_the_config_that_run_would() {
    let place = Place::new("doctor-config");
    place.configure("[output]\ndir = \"volume-of-the-config\"\n");
    let said = place.run(&["doctor"]).expect_code(0).stdout;
    assert!(said.contains("volume-of-the-config") && said.contains("config `lyrebird.toml`"), "{said}");
}

/// What no try can mend is not said to be tried again.
#[test]
fn a_room_that_is_given_up_is_said_to_be() {
    let place = Place::new("given-up");
    let url = "http://127.0.0.1:9/a.flv";
    let said = place.run(&["record", "--option", "camera=2", url]).expect_code(1).stderr;
    assert!(said.contains("it is not asked for again") && !said.contains("trying again"), "{said}");
}

/// A room that stays live, and a recorder that has begun its file.
pub(crate) fn running(name: &str, more: &[&str]) -> (Place, Origin, Run) {
    let place = Place::new(name);
    let origin = Origin::start();
    let feed = Feed::new();
    origin.answers(ROOM, [Answer::live(&feed)]);
    clip::play(&feed, &[(Clip::Small, 200)], 3);
    let url = format!("{}?token=canary-of-a-url", origin.url(ROOM));
    let run = place.record(&url, more);
    wait_until("media was written", LIMIT, || {
        let part = place.files().into_iter().find(|name| name.ends_with(".part"));
        part.is_some_and(|part| fs::metadata(place.out().join(part)).is_ok_and(|about| about.len() > 100 << 10))
    });
    (place, origin, run)
}

pub(crate) fn is_whole(file: &Path) {
    lyrebird_tests::flv::parse(&fs::read(file).unwrap()).expect("whole tags alone");
    ffprobe::decode(file).unwrap();
}

#[test]
fn logs_are_json_where_asked_for() {
    let (_place, _origin, run) = running("log-json", &["--log-format", "json"]);
    run.signal(Signal::INT);
    let finished = run.finish(LIMIT).expect_code(130);
    assert!(!finished.stderr.is_empty());
    for line in finished.stderr.lines() {
        let parsed: Result<Value, _> = serde_json::from_str(line);
        assert!(parsed.is_ok_and(|line| line.is_object()), "no JSON: {line}");
    }
}

/// Without a terminal there is no status line, and no escape codes: one physical line an event.
#[test]
fn logs_are_plain_without_a_terminal() {
    let (_place, _origin, run) = running("log-plain", &[]);
    run.signal(Signal::INT);
    let finished = run.finish(LIMIT).expect_code(130);
    assert!(!finished.stderr.contains('\u{1b}') && !finished.stderr.contains('\r'), "{:?}", finished.stderr);
}

/// What is secret in URLs and headers is in no log, whatever its level, and in no file.
#[test]
fn secrets_are_told_to_nobody() {
    let arguments = ["--log", "trace", "--header", "Authorization: Bearer canary-of-a-header"];
    let place = Place::new("secrets");
    place.configure(&format!("{HURRY}[plugin.other]\ncookie = \"a=canary-of-a-cookie\"\n"));
    let origin = Origin::start();
    let feed = Feed::new();
    origin.answers(
        ROOM,
        [Answer::live(&feed).fails_in_tag(At::Tag(100), How::Reset), Answer::status(403), Answer::live(&feed)],
    );
    clip::play(&feed, &[(Clip::Small, 60)], 3);
    let url = origin.url(ROOM).replace("http://", "http://user:canary-of-a-password@");
    let run = place.record(&format!("{url}?sign=canary-of-a-url"), &arguments);
    wait_until("it came back", LIMIT, || origin.receptions(ROOM).len() == 2);
    run.signal(Signal::INT);
    let finished: Finished = run.finish(LIMIT).expect_code(130);
    assert!(origin.receptions(ROOM)[0].request.iter().any(|line| line.contains("canary-of-a-header")));
    assert!(
        !finished.stderr.contains("canary"),
        "{}",
        finished.stderr.lines().find(|line| line.contains("canary")).unwrap()
    );
    for name in place.files() {
        let bytes = fs::read(place.out().join(&name)).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"canary") && !name.contains("canary"), "{name}");
    }
}

/// What `cargo xtask plugins` has built is what the program finds beside it.
#[test]
fn the_built_plugins_are_there() {
    assert!(plugins().join("direct.wasm").is_file());
    assert!(guests().join("misbehaving.wasm").is_file());
}
