//! Plugins that spin, take all memory, trap, or sleep, beside a recording: their calls fail by name, and nothing else.

use std::fs;
use std::time::Duration;

use lyrebird_tests::component::Guest;
use lyrebird_tests::origin::{Answer, Connection, How, Origin};
use lyrebird_tests::place::{percent, wait_until};
use lyrebird_tests::program::{Finished, Run, Signal, guests, plugins};

use crate::hostile::imports::LOG;

use super::scene::{LIMIT, ROOM, STOPPED, Scene, parts, stop};

/// What the process takes at most.
const MOST_MEMORY: u64 = 400 << 20;

/// Records a good room while these are asked about theirs, until each of the texts was said. The recording has one
/// connection, loses nothing, and the process stays small.
fn check(name: &str, config: &str, guests: &[Guest], more: &[String], texts: &[&str]) -> Finished {
    check_to_the_end(name, config, guests, more, texts, None)
}

/// The same; then a text that comes while the end waits for notices to be taken back, which is not waited for longer.
fn check_to_the_end(
    name: &str,
    config: &str,
    guests: &[Guest],
    more: &[String],
    texts: &[&str],
    at_the_end: Option<&str>,
) -> Finished {
    let scene = Scene::new(name);
    let run = start(&scene, config, guests, more);
    scene.plays(120, 0, 1);
    for text in texts {
        run.wait_for_text(text, LIMIT);
    }
    scene.has_sent(1_500);
    let peak = crate::guests::peak_bytes(&run);
    assert!(peak < MOST_MEMORY, "it took {peak} bytes");
    run.signal(Signal::INT);
    if let Some(text) = at_the_end {
        run.wait_for_text(text, LIMIT);
        wait_until("the file is whole", LIMIT, || parts(&scene.place.out()).is_empty());
        run.signal(Signal::INT);
    }
    let finished = run.finish(LIMIT).expect_code(130);
    assert_eq!(scene.origin.receptions(ROOM).len(), 1, "the recording's connection was broken");
    scene.is_named(STOPPED);
    finished
}

fn start(scene: &Scene, config: &str, own: &[Guest], more: &[String]) -> Run {
    let shelf = scene.place.root().join("home/plugins");
    fs::create_dir_all(&shelf).unwrap();
    fs::copy(plugins().join("direct.wasm"), shelf.join("direct.wasm")).unwrap();
    fs::copy(guests().join("misbehaving.wasm"), shelf.join("misbehaving.wasm")).unwrap();
    own.iter().for_each(|guest| drop(guest.put(&shelf)));
    scene.configure("");
    let file = scene.place.root().join("lyrebird.toml");
    fs::write(&file, fs::read_to_string(&file).unwrap() + config).unwrap();
    let mut command = scene.place.lyrebird_with(&shelf, &["record", &scene.origin.url(ROOM)]);
    command.args(own.iter().filter(|guest| !guest.is_notifier).map(Guest::room)).args(more);
    command.arg("-c").arg(file).arg("-o").arg(scene.place.out()).args(["--log", "debug"]);
    Run::start(command, None)
}

/// When a room's failures were told.
fn failures(told: &str, room: &str) -> Vec<f64> {
    let lines = told.lines().filter(|line| line.contains("no answer") && line.contains(room));
    let seconds = |line: &str| {
        let clock: Vec<f64> = line[11..23].split(':').map(|part| part.parse().unwrap()).collect();
        clock[0] * 3_600.0 + clock[1] * 60.0 + clock[2]
    };
    lines.map(seconds).collect()
}

const SPINS: &str = "(loop $l (br $l))";

#[test]
fn row_36_endless_loops_in_every_export() {
    let guests = [
        Guest::picker("spins-resolve").does("resolve", SPINS),
        Guest::picker("spins-check").does("check", SPINS),
        Guest::picker("spins-streams").does("streams", SPINS),
        Guest::notifier("spins-announce").does("announce", SPINS),
        Guest::notifier("spins-retract").does("retract", SPINS),
        Guest::picker("polls"),
    ];
    let targets = "[plugin.spins-retract]\nlimits = { cpu = \"50ms\" }\n\
                   [[notify]]\nname = \"spun\"\nplugin = \"spins-announce\"\n\
                   [[notify]]\nname = \"late\"\nplugin = \"spins-retract\"\n";
    // One has its usual second; the others would only make the row longer.
    let short = ["resolve", "streams", "announce"]
        .map(|export| format!("[plugin.spins-{export}]\nlimits = {{ cpu = \"100ms\" }}\n"));
    let targets = &(short.concat() + targets);
    let (reason, soon) =
        ["1s", "100ms"].map(|cpu| format!("reason=\"the call used more than {cpu} of CPU time")).into();
    let texts = [("check", &reason), ("streams", &soon)]
        .map(|(export, reason)| format!("no answer, trying again room=spins-{export}:x {reason}"));
    let resolve = format!("url=\"https://spins-resolve.test/x\" {soon}");
    let again = format!("still no answer room=spins-check:x {reason}");
    let announce = format!("plugin=\"spins-announce\" what=\"announce\" {soon}");
    let texts = [texts[0].as_str(), &texts[1], &resolve, &again, &announce, "announced target_name=\"late\""];
    let retract = "plugin=\"spins-retract\" what=\"retract\" reason=\"the call used more than 50ms of CPU time";
    let finished = check_to_the_end("spinning", targets, &guests, &[], &texts, Some(retract));
    let asked = finished
        .stderr
        .lines()
        .filter(|line| line.contains("plugin=\"polls@1.0.0\"") || line.contains("polls:x"))
        .count();
    assert!(asked > 0, "the plugin beside them is asked:\n{}", finished.stderr);
}

/// Its pause grows: 1, 2, 4 s and more between two calls, never less.
#[test]
fn row_36_a_room_whose_plugin_spins_is_left_alone_for_longer_and_longer() {
    let guest = Guest::picker("spins").does("check", SPINS);
    let limits = "[plugin.spins]\nlimits = { cpu = \"50ms\" }\n";
    let scene = Scene::new("spinning-on");
    let run = start(&scene, limits, &[guest], &[]);
    scene.plays(120, 0, 1);
    scene.has_sent(7_500);
    let told = stop(run).expect_code(130).stderr;
    let at = failures(&told, "spins:x");
    let pauses: Vec<f64> = at.windows(2).map(|two| two[1] - two[0]).collect();
    assert!((2..=4).contains(&pauses.len()), "{pauses:?}:\n{told}");
    assert!(pauses.windows(2).all(|two| two[1] > two[0] + 0.5), "{pauses:?}");
    scene.is_named(STOPPED);
}

/// `find` is asked for when a killed program has left an announcement open.
#[test]
fn row_36_a_find_that_spins() {
    let written = "(import \"host\" \"call\" (func $write (param i32 i32 i32)))";
    let guest = Guest::notifier("spins-find")
        .with(LOG, "(export \"call\" (func $write))")
        .having(written)
        .does("announce", &format!("(call $write (i32.const 2) (i32.const 1232) (i32.const 1)) {SPINS}"))
        .does("find", SPINS);
    let target = "[[notify]]\nname = \"found\"\nplugin = \"spins-find\"\n";
    let scene = Scene::new("spinning-find");
    let patient = format!("{target}[plugin.spins-find]\nlimits = {{ cpu = \"5m\", notifier = \"5m\" }}\n");
    let run = start(&scene, &patient, std::slice::from_ref(&guest), &[]);
    scene.plays(120, 0, 1);
    run.wait_for_text("plugin says", LIMIT);
    run.kill_9();
    let strict = format!("{target}[plugin.spins-find]\nlimits = {{ cpu = \"50ms\" }}\n");
    let run = start(&scene, &strict, &[guest], &[]);
    run.wait_for_text("plugin=\"spins-find\" what=\"find\" reason=\"the call used more than 50ms of CPU time", LIMIT);
    run.signal(Signal::INT);
    // Then nothing but the notice is waited for. Two signals at once would be one.
    run.wait_for_text("session over", LIMIT);
    wait_until("the file is whole", LIMIT, || parts(&scene.place.out()).is_empty());
    run.signal(Signal::INT);
    run.finish(LIMIT).expect_code(130);
    scene.is_named(STOPPED);
}

#[test]
fn row_37_bombs_of_memory_handles_and_lists() {
    let grows = |export: &str, name: &str| {
        Guest::picker(name).does(export, "(loop $l (drop (memory.grow (i32.const 16))) (br $l))")
    };
    let handles = Guest::picker("handles")
        .with(
            "(type $own (resource (rep i32))) (core func $new (canon resource.new $own))",
            "(export \"new\" (func $new))",
        )
        .having("(import \"host\" \"new\" (func $new (param i32) (result i32)))")
        .does(
            "check",
            "(loop $l (local.set $a (i32.add (local.get $a) (i32.const 1))) (drop (call $new (local.get $a)))
             (br_if $l (i32.lt_u (local.get $a) (i32.const 100000))))",
        );
    // A million pairs of nothing: 16 MB for the guest, three times that for the host.
    let list = Guest::picker("list").does(
        "check",
        "(i32.store (i32.const 1388) (i32.const 0)) (i32.store (i32.const 1392) (i32.const 1000000))
         (drop (memory.grow (i32.const 300)))",
    );
    let guests = [grows("check", "grows"), grows("streams", "grows-streams"), handles, list];
    let argument = format!("https://misbehaving.test/huge-argument?bytes={}", 48 << 20);
    check(
        "bombs",
        "",
        &guests,
        &[argument, String::from("https://misbehaving.test/huge-alias")],
        &[
            "room=grows:x reason=\"the call asked for more than 67108864 bytes of memory\"",
            "room=grows-streams:x reason=\"the call asked for more than 67108864 bytes of memory\"",
            "room=handles:x reason=\"the call asked too much of the host: more than 1000 resources\"",
            "room=list:x reason=\"the call asked too much of the host: more than 16 MiB handed over at once\"",
            "room=misbehaving:huge-argument?bytes=50331648 reason=\"the call asked too much of the host",
            "room=misbehaving:huge-alias reason=\"the call asked too much of the host",
        ],
    );
}

/// Only that call fails: the next one finds a fresh instance, and the room beside it its answer.
#[test]
fn row_38_traps_in_every_export() {
    let guests = [
        Guest::picker("traps-check").does("check", "unreachable"),
        Guest::picker("traps-streams").does("streams", "unreachable"),
        Guest::picker("traps-resolve").does("resolve", "unreachable"),
        Guest::notifier("traps-announce").does("announce", "unreachable"),
        Guest::notifier("traps-retract").does("retract", "unreachable"),
    ];
    let targets =
        "[[notify]]\nname = \"a\"\nplugin = \"traps-announce\"\n[[notify]]\nname = \"r\"\nplugin = \"traps-retract\"\n";
    let more = ["panic", "offline"].map(|deed| format!("https://misbehaving.test/{deed}"));
    let retract =
        "plugin=\"traps-retract\" what=\"retract\" reason=\"the plugin trapped: wasm `unreachable` instruction";
    let finished = check_to_the_end(
        "traps",
        targets,
        &guests,
        &more,
        &[
            "still no answer room=traps-check:x reason=\"the plugin trapped: wasm `unreachable` instruction executed",
            "still no answer room=traps-streams:x reason=\"the plugin trapped: wasm `unreachable` instruction executed",
            "url=\"https://traps-resolve.test/x\" reason=\"the plugin trapped: wasm `unreachable` instruction executed",
            "room=misbehaving:panic reason=\"the plugin trapped: wasm `unreachable` instruction executed; it wrote:",
            "announced target_name=\"r\"",
        ],
        Some(retract),
    );
    let dark = finished.stderr.lines().any(|line| line.contains("no answer") && line.contains("misbehaving:offline"));
    assert!(!dark, "the room beside the panic has its answer:\n{}", finished.stderr);
}

#[test]
fn row_39_a_guest_that_waits_for_ever_for_a_host() {
    let silent = Origin::start();
    silent.answers("/never", [Answer::none(How::Stall)]);
    let url = silent.url("/never");
    let config = format!(
        "[plugin.misbehaving]\nsettings = {{ api = \"{url}\" }}\nlimits = {{ check = \"1s\", streams = \"1s\" }}\n"
    );
    let fetch = |deed: &str| format!("https://misbehaving.test/{deed}?url={}", percent(&url));
    let more = [fetch("fetch"), fetch("streams/fetch"), String::from("https://misbehaving.test/sleep")];
    let late = |deed: &str| {
        let query = if deed == "sleep" { String::new() } else { format!("?url={}", percent(&url)) };
        format!("room=misbehaving:{deed}{query} reason=\"no answer within 1s")
    };
    let texts = [late("fetch"), late("streams/fetch"), late("sleep")];
    check("waiting", &config, &[], &more, &texts.each_ref().map(String::as_str));
    // The guest would have waited for ever; nobody hangs up but the host.
    let asked = silent.connections("/never");
    let is_left = |one: &Connection| one.ended.is_some_and(|ended| ended - one.came < Duration::from_secs(30));
    assert!(asked.iter().any(is_left), "{asked:#?}");
}
