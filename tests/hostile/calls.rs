//! What the exports of a plugin do to the call that asks them.

use lyrebird_tests::component::Guest;
use lyrebird_tests::place::Place;

use super::imports::{CLOCK, RANDOM, STDERR};
use super::{ask, shelf};

/// A picker, the kind of failure it ends in, and words of the message.
type Case = (Guest, &'static str, &'static str);

fn check(name: &str, cases: &[Case]) {
    let place = Place::new(name);
    let guests: Vec<Guest> = cases.iter().map(|(guest, ..)| guest.clone()).collect();
    let limits = "limits = { cpu = \"100ms\", resolve = \"5m\", check = \"5m\", streams = \"5m\" }";
    let tables = guests.iter().map(|guest| match guest.name.as_str() {
        "waits" => format!("[plugin.{}]\nlimits = {{ check = \"300ms\" }}\n", guest.name),
        name => format!("[plugin.{name}]\n{limits}\n"),
    });
    place.configure(&tables.collect::<String>());
    let good = Guest::picker("good");
    let rooms: Vec<String> = guests.iter().chain([&good]).map(Guest::room).collect();
    let shelf = shelf(&place, &[&guests[..], &[good]].concat());
    let (_, answers) = ask(&place, &shelf, &rooms);
    for ((guest, kind, words), answer) in cases.iter().zip(&answers) {
        let failure = &answer["failure"];
        assert_eq!(failure["kind"], *kind, "{}: {answer:#}", guest.name);
        let message = failure["message"].as_str().unwrap();
        assert!(message.contains(words), "{}: `{message}` does not say `{words}`", guest.name);
        assert!(message.len() < 32 << 10, "{}: {} bytes", guest.name, message.len());
    }
    let last = answers.last().unwrap();
    assert_eq!((&last["status"], &last["failure"]), (&"offline".into(), &serde_json::Value::Null), "{last:#}");
}

const LOOP: &str = "(loop $l (br $l))";
const MEMORY: &str = "(loop $l (drop (memory.grow (i32.const 16))) (br $l))";
const TABLE: &str = "(loop $l (drop (table.grow (ref.null func) (i32.const 1000))) (br $l))";

#[test]
fn every_export_of_a_picker_keeps_to_its_limits() {
    let mut cases: Vec<Case> = Vec::new();
    for export in ["resolve", "check", "streams"] {
        let name = |deed: &str| format!("{deed}-{export}");
        let recursion = "(call $deeper (i32.const 1))";
        let deeper = "(func $deeper (param i32) (call $deeper (i32.add (local.get 0) (i32.const 1))))";
        cases.extend([
            (Guest::picker(&name("spins")).does(export, LOOP), "cpu-budget", "more than 100ms of CPU time"),
            (Guest::picker(&name("grows")).does(export, MEMORY), "memory-limit", "more than 67108864 bytes of memory"),
            (
                Guest::picker(&name("tables")).having("(table 0 funcref)").does(export, TABLE),
                "memory-limit",
                "more than 20000 table elements",
            ),
            (Guest::picker(&name("traps")).does(export, "unreachable"), "trap", "`unreachable` instruction"),
            (Guest::picker(&name("recurs")).having(deeper).does(export, recursion), "trap", "call stack exhausted"),
            (Guest::picker(&name("nowhere")).does(export, "(return (i32.const -8))"), "trap", "out of bounds"),
            (Guest::picker(&name("askew")).does(export, "(return (i32.const 1026))"), "trap", "not aligned"),
        ]);
    }
    check("hostile-exports", &cases);
}

/// What only text can say of an answer: lengths, places and cases that are not there.
#[test]
fn answers_that_lie_are_traps_or_counted() {
    let check_says = |name: &str, code: &str| Guest::picker(name).does("check", code);
    let many = "(i32.store (i32.const 1060) (i32.const 2)) (i32.store8 (i32.const 1400) (i32.const 3))";
    check(
        "hostile-answers",
        &[
            (
                check_says("none", "(i32.store (i32.const 1060) (i32.const 0))"),
                "wrong-number-of-answers",
                "0 answers to 1",
            ),
            (check_says("two", many), "wrong-number-of-answers", "2 answers to 1"),
            (check_says("endless", "(i32.store (i32.const 1060) (i32.const -1))"), "trap", "out of bounds"),
            (check_says("case", "(i32.store8 (i32.const 1316) (i32.const 77))"), "trap", "discriminant"),
            // A streamer's name of 16 MiB and a byte more than is there; a title that is not UTF-8.
            (check_says("long-name", "(i32.store (i32.const 1336) (i32.const 16777217))"), "trap", "out of bounds"),
            (
                check_says(
                    "no-text",
                    "(i32.store (i32.const 1340) (i32.const 2048)) (i32.store (i32.const 1344) (i32.const 1))
                     (i32.store8 (i32.const 2048) (i32.const 255))",
                ),
                "trap",
                "utf-8",
            ),
            (
                Guest::picker("nameless").does("resolve", "(i32.store (i32.const 1032) (i32.const 0))"),
                "bad-answer",
                "room id",
            ),
            (
                Guest::picker("control").does("resolve", "(i32.store8 (i32.const 1232) (i32.const 10))"),
                "bad-answer",
                "no control characters",
            ),
        ],
    );
}

/// A picker whose `check` does this with what it is given.
fn calls(name: &str, before: &str, given: &str, items: &str, code: &str) -> Guest {
    Guest::picker(name).with(before, given).having(items).does("check", code)
}

const NEW: &str = "(export \"new\" (func $new))";
const NEW_I32: &str = "(import \"host\" \"new\" (func $new (result i32)))";
const NEW_I64: &str = "(import \"host\" \"new\" (func $new (result i64)))";
const AGAIN: &str = "(loop $l (drop (call $new)) (br $l))";

/// `$new` is a pollable that is ready after so many nanoseconds.
const SUBSCRIBE: &str = "(import \"host\" \"new\" (func $new (param i64) (result i32)))";

/// Handles of WASI, of the component itself, and of the asynchronous part of the component model.
#[test]
fn handles_keep_to_their_limit() {
    let subscribe = "(export \"new\" (func $subscribe))";
    let pollables = "(loop $l (drop (call $new (i64.const -1))) (br $l))";
    let own = "(type $own (resource (rep i32))) (core func $new (canon resource.new $own))";
    let new_own = "(import \"host\" \"new\" (func $new (param i32) (result i32)))";
    let owns = "(loop $l (drop (call $new (i32.const 1))) (br $l))";
    let sets = "(core func $new (canon waitable-set.new))";
    let streams = "(type $s (stream u8)) (core func $new (canon stream.new $s))";
    let futures = "(type $f (future u8)) (core func $new (canon future.new $f))";
    let many = "more than 1000 resources";
    let stderr = "(export \"new\" (func $get))";
    check(
        "hostile-handles",
        &[
            (calls("pollables", CLOCK, subscribe, SUBSCRIBE, pollables), "host-call-limit", "1000 resources of WASI"),
            (calls("outputs", STDERR, stderr, NEW_I32, AGAIN), "host-call-limit", many),
            (calls("own", own, NEW, new_own, owns), "host-call-limit", many),
            (calls("sets", sets, NEW, NEW_I32, AGAIN), "host-call-limit", many),
            (calls("streams", streams, NEW, NEW_I64, AGAIN), "host-call-limit", many),
            (calls("futures", futures, NEW, NEW_I64, AGAIN), "host-call-limit", many),
        ],
    );
}

/// Waiting for what never comes, and amounts that no memory holds.
#[test]
fn waits_and_amounts_keep_to_their_limits() {
    let wait = "(core func $new (canon waitable-set.new))
                (core func $wait (canon waitable-set.wait (memory (core memory $memory))))";
    let waits = "(export \"new\" (func $new)) (export \"wait\" (func $wait))";
    let waiting = format!("{NEW_I32} (import \"host\" \"wait\" (func $wait (param i32 i32) (result i32)))");
    let blocks = "(export \"new\" (func $subscribe)) (export \"block\" (func $block))";
    let blocking = format!("{SUBSCRIBE} (import \"host\" \"block\" (func $block (param i32)))");
    let bytes = "(export \"new\" (func $bytes))";
    let new_bytes = "(import \"host\" \"new\" (func $new (param i64 i32)))";
    let stderr = "(export \"get\" (func $get)) (export \"zeroes\" (func $zeroes))";
    let zeroes = "(import \"host\" \"get\" (func $get (result i32)))
                  (import \"host\" \"zeroes\" (func $zeroes (param i32 i64 i32)))";
    let waited = "(drop (call $wait (call $new) (i32.const 2048)))";
    let blocked = "(call $block (call $new (i64.const -1)))";
    let random = "(call $new (i64.const -1) (i32.const 2048))";
    let written = "(call $zeroes (call $get) (i64.const 0x4000000000) (i32.const 2048))";
    check(
        "hostile-waits",
        &[
            (calls("blocks", wait, waits, &waiting, waited), "trap", "cannot block"),
            (calls("waits", CLOCK, blocks, &blocking, blocked), "timeout", "no answer within 300ms"),
            (calls("random", RANDOM, bytes, new_bytes, random), "trap", "exceeds limit"),
            (calls("zeroes", STDERR, stderr, zeroes, written), "trap", "more zeroes than"),
        ],
    );
}
