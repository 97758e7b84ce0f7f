//! Plugins that misbehave: each harm has an end, a name, and an exit code, and the program goes on. What a deed does
//! stands in `tests/guests/misbehaving`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lyrebird_tests::clip::{self, Clip};
use lyrebird_tests::feed::Feed;
use lyrebird_tests::origin::{Answer, Origin};
use lyrebird_tests::place::{HURRY, Place, percent, wait_until};
use lyrebird_tests::program::{Finished, Run, Signal, guests, plugins};
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(40);

/// A room of the misbehaving picker.
fn room(deed: &str, options: &[(&str, &str)]) -> String {
    let query: Vec<String> = options.iter().map(|(name, value)| format!("{name}={}", percent(value))).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("https://misbehaving.test/{deed}{mark}{}", query.join("&"))
}

/// `check` of one room, with the config of the place if it has one.
fn tell(place: &Place, deed: &str, options: &[(&str, &str)], more: &[&str]) -> Finished {
    let mut command = place.lyrebird_with(&guests(), &["check", &room(deed, options)]);
    let config = place.root().join("lyrebird.toml");
    if config.exists() {
        command.arg("-c").arg(config);
    }
    command.args(more);
    Run::start(command, None).finish(LIMIT)
}

/// The same as JSON.
fn ask(place: &Place, deed: &str, options: &[(&str, &str)]) -> (Finished, Value) {
    let finished = tell(place, deed, options, &["--json"]);
    let answer = finished.json_lines().into_iter().next().unwrap_or_else(|| panic!("no answer: {}", finished.stderr));
    (finished, answer)
}

/// The harm ends with this exit code and one of these kinds of failure, soon, and the message names what happened.
fn check(deed: &str, options: &[(&str, &str)], code: i32, kinds: &[&str], words: &str) {
    check_with("", deed, options, code, kinds, words);
}

/// The same with a config.
fn check_with(config: &str, deed: &str, options: &[(&str, &str)], code: i32, kinds: &[&str], words: &str) {
    let place = Place::quick(&format!("guest-{}", deed.replace('/', "-")));
    place.configure(config);
    let begin = Instant::now();
    let (finished, answer) = ask(&place, deed, options);
    // Not a measurement: that it ends at all, on a machine however busy.
    assert!(begin.elapsed() < Duration::from_secs(60), "{deed} took {:?}", begin.elapsed());
    let failure = &answer["failure"];
    let (kind, message) = (failure["kind"].as_str().unwrap_or("none"), failure["message"].as_str().unwrap_or(""));
    assert!(kinds.contains(&kind), "{deed}: kind `{kind}`, expected one of {kinds:?}: {answer:#}");
    assert!(message.to_lowercase().contains(words), "{deed}: `{message}` does not say `{words}`");
    assert!(message.len() < 64 << 10, "{deed}: a message of {} bytes", message.len());
    assert_eq!(answer["status"], "failed", "{deed}");
    finished.expect_code(code);
}

/// The budget of CPU time ends it, however little of the time that passes it gets: on a busy machine the usual limits of
/// a call could be met first.
#[test]
fn an_endless_loop() {
    let config = "[plugin.misbehaving]\nlimits = { resolve = \"5m\", check = \"5m\", streams = \"5m\" }\n";
    for deed in ["loop", "resolve/loop", "streams/loop"] {
        check_with(config, deed, &[], 5, &["cpu-budget"], "cpu");
    }
}

#[test]
fn a_memory_bomb() {
    check("memory", &[], 5, &["memory-limit"], "memory");
}

#[test]
fn a_panic_in_every_export() {
    for export in ["panic", "resolve/panic", "streams/panic"] {
        check(export, &[], 5, &["trap"], "the guest panics as asked");
    }
}

#[test]
fn every_kind_of_trap() {
    for deed in ["unreachable", "recursion", "out-of-bounds", "exit", "stderr"] {
        check(deed, &[], 5, &["trap"], "");
    }
}

#[test]
fn a_wrong_number_of_answers() {
    for (deed, count) in [("fewer", "0 answers"), ("none", "0 answers"), ("more", "2 answers")] {
        check(deed, &[], 5, &["wrong-number-of-answers"], count);
    }
}

/// 1 GiB for the host to hold: stopped by a limit, whichever is met first.
#[test]
fn an_answer_of_a_gigabyte() {
    for deed in ["huge-string", "huge-list", "huge-alias", "huge-argument"] {
        check(deed, &[], 5, &["memory-limit", "host-call-limit", "trap", "bad-answer", "cpu-budget"], "");
    }
    check("bad-utf8", &[], 5, &["trap", "bad-answer"], "utf-8");
}

/// What a picker says in good order has exit codes of its own.
#[test]
fn statuses_and_failures_have_exit_codes() {
    let place = Place::quick("guest-codes");
    for (deed, status, code) in
        [("ok", "live", 0), ("offline", "offline", 3), ("upcoming", "upcoming", 3), ("replay", "replay", 3)]
    {
        // A live room without a candidate would not be live.
        let (finished, answer) = ask(&place, deed, &[("media", "https://allowed.test/live.flv")]);
        assert_eq!(answer["status"], status);
        finished.expect_code(code);
    }
    let failures = [
        ("invalid-room", 1),
        ("gone", 1),
        ("login-required", 6),
        ("forbidden", 1),
        ("rate-limited", 1),
        ("unexpected-answer", 5),
        ("network", 1),
        ("other", 1),
    ];
    for (kind, code) in failures {
        let (finished, answer) = ask(&place, &format!("fail/{kind}"), &[("text", "because"), ("after", "90")]);
        assert_eq!(answer["failure"]["kind"], kind);
        assert!(answer["failure"]["message"].as_str().unwrap().contains("because"), "{answer:#}");
        let after = if kind == "rate-limited" { Value::from(90_000) } else { Value::Null };
        assert_eq!(answer["failure"]["retry_after_ms"], after, "{kind}");
        finished.expect_code(code);
    }
}

/// `check` of several rooms gives the first exit code that is not 0, and an answer for each.
#[test]
fn the_first_bad_room_gives_the_exit_code() {
    let place = Place::quick("guest-several");
    let media = [("media", "https://allowed.test/live.flv")];
    let rooms = ["ok", "fail/login-required", "offline"].map(|deed| room(deed, &media));
    let mut command = place.lyrebird_with(&guests(), &["check", "--json"]);
    command.args(&rooms);
    let finished = Run::start(command, None).finish(LIMIT).expect_code(6);
    let statuses: Vec<Value> = finished.json_lines().iter().map(|answer| answer["status"].clone()).collect();
    assert_eq!(statuses, ["live", "failed", "offline"]);
}

/// The host's hints come back in a guest's words.
#[test]
fn a_hint_in_a_guests_words_has_its_own_line() {
    let place = Place::quick("guest-hint");
    let told = tell(&place, "fail/other", &[("text", "denied:\na rule\nhint: permit it")], &[]).expect_code(1).stderr;
    assert!(told.lines().any(|line| line.ends_with("other: denied: a rule")), "{told}");
    assert!(told.lines().any(|line| line == "hint: permit it"), "{told}");
}

/// A host that the manifest does not list is never connected to; nor is an address that is not public.
#[test]
fn a_foreign_host_is_denied() {
    let place = Place::quick("guest-foreign");
    let victim = Origin::start();
    for url in
        [victim.url("/secret"), String::from("https://elsewhere.test/"), String::from("http://169.254.169.254/latest")]
    {
        let (finished, answer) = ask(&place, "fetch", &[("url", &url)]);
        let message = answer["failure"]["message"].as_str().unwrap_or_default();
        assert!(message.contains("denied: "), "{url}: {answer:#}");
        finished.expect_code(1);
    }
    assert!(victim.connections("/secret").is_empty());
}

/// A config in which the user has permitted one server to the guest.
pub(crate) fn permitting(origin: &Origin) -> String {
    let interval = "[plugin.misbehaving]\ninterval = \"1s\"";
    format!("{HURRY}{interval}\nsettings = {{ api = \"{}\", key = \"canary-of-a-key\" }}\n", origin.url("/"))
}

/// Starts `record` of one misbehaving room with a config.
pub(crate) fn record(place: &Place, config: &str, deed: &str, options: &[(&str, &str)], more: &[&str]) -> Run {
    place.configure(config);
    let mut command = place.lyrebird_with(&guests(), &["record", &room(deed, options)]);
    command.arg("-c").arg(place.root().join("lyrebird.toml")).arg("-o").arg(place.out()).args(more);
    Run::start(command, None)
}

fn stop(run: Run) -> Finished {
    run.signal(Signal::INT);
    run.finish(LIMIT)
}

/// From a server that is permitted to one that is not.
#[test]
fn a_redirect_to_a_private_address_is_denied() {
    let place = Place::quick("guest-redirect");
    let (origin, victim) = (Origin::start(), Origin::start());
    origin.answers("/go", [Answer::redirect(&victim.url("/secret"))]);
    place.configure(&permitting(&origin));
    let (finished, answer) = ask(&place, "fetch", &[("url", &origin.url("/go"))]);
    finished.expect_code(1);
    assert!(answer["failure"]["message"].as_str().unwrap_or_default().contains("denied: "), "{answer:#}");
    assert!(!origin.connections("/go").is_empty());
    assert!(victim.connections("/secret").is_empty(), "a private address was visited");
}

/// The most memory that a process has used.
pub(crate) fn peak_bytes(run: &Run) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", run.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

/// A guest that sleeps is cancelled by the limit of its call.
#[test]
fn a_guest_that_sleeps_is_cancelled() {
    let place = Place::quick("guest-sleeps");
    place.configure("[plugin.misbehaving]\nlimits = { check = \"1s\" }\n");
    let begin = Instant::now();
    let (finished, answer) = ask(&place, "sleep", &[]);
    finished.expect_code(5);
    assert_eq!(answer["failure"]["kind"], "timeout", "{answer:#}");
    assert!(begin.elapsed() < Duration::from_secs(60), "it sleeps for an hour");
}

/// A spinning guest beside a good recording: the recording does not notice.
#[test]
fn a_recording_beside_a_spinning_guest() {
    let place = Place::quick("guest-beside");
    let shelf = place.root().join("home/plugins");
    fs::create_dir_all(&shelf).unwrap();
    for file in [plugins().join("direct.wasm"), guests().join("misbehaving.wasm")] {
        fs::copy(&file, shelf.join(file.file_name().unwrap())).unwrap();
    }
    let origin = Origin::start();
    let feed = Feed::new();
    origin.answers("/live.flv", [Answer::live(&feed)]);
    place.configure(&format!("{HURRY}[plugin.misbehaving]\ninterval = \"100ms\"\n"));
    let mut command = place.lyrebird_with(&shelf, &["record", &origin.url("/live.flv"), &room("loop", &[])]);
    command.arg("-c").arg(place.root().join("lyrebird.toml")).arg("-o").arg(place.out());
    let run = Run::start(command, None);
    let player = clip::play(&feed, &[(Clip::Large, 15)], 3);
    player.join().unwrap();
    run.wait_for_text("CPU", LIMIT);
    wait_until("the recording is whole", LIMIT, || place.recordings().len() == 1);
    stop(run).expect_code(130);
    lyrebird_tests::verify::judge(&origin.receptions("/live.flv"), &place.recordings(), None).expect_good();
}

/// Rooms of one platform share a call, and one whose call traps spoils it for the others once.
#[test]
fn rooms_beside_one_that_traps() {
    let place = Place::quick("guest-desk");
    place.configure(&format!("{HURRY}[plugin.misbehaving]\ninterval = \"1s\"\n"));
    let dark = ["a", "b", "c"].map(|streamer| room("offline", &[("streamer", streamer)]));
    let mut command = place.lyrebird_with(&guests(), &["record"]);
    command.args(&dark).arg(room("unreachable", &[])).args(["--log", "debug"]);
    command.arg("-c").arg(place.root().join("lyrebird.toml")).arg("-o").arg(place.out());
    let run = Run::start(command, None);
    // Four ids, one call for all, its halves, and then two calls a round.
    run.wait_for_text("call=24 ", LIMIT);
    let finished = stop(run).expect_code(130);
    let shared = finished.stderr.lines().filter(|line| line.contains("kind=Check rooms=3")).count();
    assert!(shared >= 3, "{shared} calls about the three good rooms: {}", finished.stderr);
    let told: Vec<_> = finished.stderr.lines().filter(|line| line.contains("no answer, trying again")).collect();
    assert!(told.len() == 1 && told[0].contains("misbehaving:unreachable"), "{told:#?}");
}

/// What a secret setting holds is shown to the guest, and to nobody that the guest tells.
#[test]
fn a_secret_setting_is_told_to_nobody() {
    let place = Place::quick("guest-secrets");
    let origin = Origin::start();
    let run = record(&place, &permitting(&origin), "secrets", &[], &["--log", "trace"]);
    run.wait_for_text("check", LIMIT);
    std::thread::sleep(Duration::from_secs(1));
    let finished = stop(run);
    for text in [&finished.stdout, &finished.stderr] {
        assert!(!text.contains("canary-of-a-key"), "{text}");
    }
    assert_eq!(leaks(place.root(), "canary-of-a-key"), [PathBuf::from("lyrebird.toml")]);
}

/// Files below a folder that hold a text.
fn leaks(root: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if fs::read(&path).unwrap().windows(text.len()).any(|window| window == text.as_bytes()) {
                found.push(path.strip_prefix(root).unwrap().to_path_buf());
            }
        }
    }
    found
}

/// Files in the plugins directory that are no plugins: named, with what to do, and the good ones work.
#[test]
fn broken_files_are_refused_by_name() {
    let place = Place::quick("guest-broken");
    let shelf = place.root().join("home/plugins");
    fs::create_dir_all(&shelf).unwrap();
    let good = fs::read(plugins().join("direct.wasm")).unwrap();
    fs::write(shelf.join("direct.wasm"), &good).unwrap();
    fs::write(shelf.join("half.wasm"), &good[..good.len() / 2]).unwrap();
    fs::write(shelf.join("text.wasm"), "this is a text").unwrap();
    fs::write(shelf.join("module.wasm"), b"\0asm\x01\0\0\0").unwrap();
    fs::write(shelf.join("empty.wasm"), "").unwrap();
    fs::copy(guests().join("start-trap.wasm"), shelf.join("start-trap.wasm")).unwrap();
    let finished = Run::start(place.lyrebird_with(&shelf, &["plugin", "list", "--json"]), None).finish(LIMIT);
    let listed = finished.json_lines();
    let listed = listed.first().and_then(Value::as_array).cloned().unwrap_or(listed);
    let state = |file: &str| {
        let one = listed.iter().find(|one| one["file"].as_str().is_some_and(|path| path.ends_with(file)));
        let one = one.unwrap_or_else(|| panic!("{file} is not listed: {listed:#?}"));
        (one["state"].as_str().unwrap().to_owned(), one["reason"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(state("direct.wasm").0, "active");
    for file in ["half.wasm", "text.wasm", "module.wasm", "empty.wasm", "start-trap.wasm"] {
        let (state, reason) = state(file);
        assert_eq!(state, "refused", "{file}");
        assert!(!reason.is_empty(), "{file} is refused without a reason");
    }
    assert!(state("start-trap.wasm").1.contains("start-trap says a last word"), "its stderr is kept for the report");
}
