//! Too much of everything that a plugin may ask the host for, all in one process.

use lyrebird_tests::component::Guest;
use lyrebird_tests::origin::{Answer, Origin};
use lyrebird_tests::place::Place;
use lyrebird_tests::program::guests;

use super::imports::{HTTP, LOG, STORE};
use super::{ask, deed, shelf};

/// Floods that only text can make: of lines, of changes to the store, of requests all at once.
fn own() -> [Guest; 5] {
    let again = |code: &str| format!("(loop $l {code} (br $l))");
    let written = "(import \"host\" \"call\" (func $write (param i32 i32 i32)))";
    let line = |bytes: u32| {
        format!(
            "(drop (memory.grow (i32.const 400))) {}",
            again(&format!("(call $write (i32.const 2) (i32.const 65536) (i32.const {bytes}))"))
        )
    };
    let log = |name: &str, bytes| {
        Guest::picker(name).with(LOG, "(export \"call\" (func $write))").having(written).does("check", &line(bytes))
    };
    // Five hundred keys in turn; the case of the last error becomes the number of answers.
    let sets = "(loop $l (local.set $a (i32.add (local.get $a) (i32.const 1)))
        (call $set (i32.const 65536) (i32.and (local.get $a) (i32.const 511)) (i32.const 65536) (i32.const 8) (i32.const 0)
          (i32.const 0) (i32.const 2048))
        (br_if $l (i32.lt_u (local.get $a) (i32.const 1100))))
        (i32.store (i32.const 1060) (i32.load8_u (i32.const 2052)))";
    let store = Guest::picker("store-flood")
        .with(STORE, "(export \"call\" (func $set))")
        .having("(import \"host\" \"call\" (func $set (param i32 i32 i32 i32 i32 i32 i32)))")
        .does("check", &format!("(drop (memory.grow (i32.const 2))) {sets}"));
    // 90 000 requests to nowhere at once; one answer, if as many come back.
    let requests = Guest::picker("request-flood")
        .with(HTTP, "(export \"call\" (func $all))")
        .having("(import \"host\" \"call\" (func $all (param i32 i32 i32)))")
        .does(
            "check",
            "(drop (memory.grow (i32.const 300))) (call $all (i32.const 65536) (i32.const 90000) (i32.const 2048))
             (i32.store (i32.const 1060) (i32.eq (i32.load (i32.const 2052)) (i32.const 90000)))",
        );
    [log("log-lines", 1), log("log-long", 16_000_000), log("log-huge", 20_000_000), store, requests]
}

/// What the title, or the failure's message, must hold.
#[test]
fn floods_are_dammed() {
    let (place, origin) = (Place::new("hostile-floods"), Origin::start());
    origin.answers("/small", [Answer::file("ok", "text/plain")]);
    let api = origin.url("/");
    let own = own();
    let names =
        own.iter().map(|guest| format!("[plugin.{}]\nlimits = {{ cpu = \"500ms\", check = \"5m\" }}\n", guest.name));
    let settings = format!(
        "[plugin.misbehaving]\nsettings = {{ api = \"{api}\" }}\nlimits = {{ cpu = \"500ms\", check = \"5m\" }}\n"
    );
    place.configure(&(names.collect::<String>() + &settings));
    let url = origin.url("/small");
    let cases: Vec<(String, &str, &str)> = vec![
        (deed("http-flood", &[("url", &url), ("count", "200")]), "offline", "answered=32 denied=168 failed=0"),
        (deed("send-all", &[("url", &url), ("count", "200")]), "offline", "answered=32 denied=168 failed=0"),
        (deed("http-loop", &[("url", &url)]), "cpu-budget", "CPU time"),
        (deed("log-flood", &[("count", "20000"), ("bytes", "10")]), "offline", "logged"),
        (deed("store-fill", &[]), "offline", "set=15 then quota"),
        (deed("store-set", &[("bytes", "65537")]), "other", "too-large"),
        (deed("store-set", &[("keylength", "1025")]), "other", "too-large"),
        (own[0].room(), "cpu-budget", "CPU time"),
        (own[1].room(), "cpu-budget", "CPU time"),
        (own[2].room(), "host-call-limit", "16 MiB"),
        // `io` is case 2.
        (own[3].room(), "wrong-number-of-answers", "2 answers to 1"),
        (own[4].room(), "offline", ""),
    ];
    let shelf = shelf(&place, &own);
    std::fs::copy(guests().join("misbehaving.wasm"), shelf.join("misbehaving.wasm")).unwrap();
    let rooms: Vec<String> = cases.iter().map(|(room, ..)| room.clone()).collect();
    let (finished, answers) = ask(&place, &shelf, &rooms);
    for ((room, kind, words), answer) in cases.iter().zip(&answers) {
        let got = answer["failure"]["kind"].as_str().or(answer["status"].as_str()).unwrap();
        let said = answer["failure"]["message"].as_str().or(answer["broadcast"]["title"].as_str()).unwrap_or_default();
        assert!(got == *kind && said.contains(words), "{room}: {got}: {said}");
    }
    let sent = origin.connections("/small").len();
    assert_eq!(sent, 3 * 32, "requests that went out");
    // A second's share for each plugin, and what a slow machine's next seconds give; never twenty thousand.
    let lines = finished.stderr.lines().filter(|line| line.contains("plugin says")).count();
    assert!(lines < 6_000, "{lines} lines in the log");
    assert!(finished.stderr.contains("the plugin logs too much, lines are dropped"), "{}", finished.stderr);
    assert!(finished.stderr.lines().all(|line| line.len() < 6 << 10), "a line is longer than it may be");
}
