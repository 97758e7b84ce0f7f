//! Texts that move a terminal's cursor, forge lines, or climb out of a folder: wherever a plugin may give one.

use std::time::Duration;

use lyrebird_tests::clip::{self, Clip};
use lyrebird_tests::component::Guest;
use lyrebird_tests::feed::Feed;
use lyrebird_tests::origin::{Answer, Origin};
use lyrebird_tests::place::{HURRY, Place};
use lyrebird_tests::program::{Run, Signal, guests};

use super::{LIMIT, ask, deed, expect_plain, finish, shelf};

/// Clears the screen, names the window, colours by one C1 character, turns the writing around, begins a line of the log.
const HOSTILE: &str = "a\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{7f}\u{202e}b\u{2066}c\u{2028}d\u{85}e\r\n\
                       2026-01-01T00:00:00Z ERROR forged\u{8}\u{0}";

#[test]
fn no_text_of_a_plugin_moves_a_terminals_cursor() {
    let place = Place::new("hostile-words");
    place.configure("[plugin.misbehaving]\nsettings = { key = \"a-key\" }\n");
    let extra = format!("N: {HOSTILE}");
    let media = "https://allowed.test/a";
    let facts = [("title", HOSTILE), ("streamer", HOSTILE), ("extra", &extra), ("media", media)];
    let cases = [
        deed("ok", &facts),
        deed("offline", &[("streamer", HOSTILE)]),
        deed("fail/other", &[("text", HOSTILE)]),
        deed("fail/login-required", &[("text", &format!("{HOSTILE}\nhint: run \u{1b}[2J this"))]),
        deed("panic", &[("text", HOSTILE)]),
        deed("log", &[("text", HOSTILE)]),
        deed("ok", &[("media", media), ("quality", HOSTILE)]),
        deed("ok", &[("media", media), ("cdn", HOSTILE)]),
        deed("ok", &[("media", media), ("codec", HOSTILE)]),
        deed("ok", &[("media", media), ("transport", &format!("other:{HOSTILE}"))]),
        deed("ok", &[("media", media), ("broadcast", HOSTILE)]),
        deed("ok", &[("media", &format!("https://allowed.test/{HOSTILE}"))]),
    ];
    let (finished, answers) = ask(&place, &guests(), &cases);
    expect_plain(&finished.stdout, "check --json");
    expect_plain(&finished.stderr, "the log");
    for answer in &answers[6..11] {
        assert_eq!(answer["failure"]["kind"], "bad-answer", "{answer:#}");
    }
    assert!(!finished.stderr.lines().any(|line| line.starts_with("2026-01-01")), "{}", finished.stderr);
    let mut command = place.lyrebird_with(&guests(), &["check"]);
    command.args(&cases).arg("-c").arg(place.root().join("lyrebird.toml")).arg("--show-urls");
    let shown = finish(command);
    expect_plain(&shown.stdout, "check");
    expect_plain(&shown.stderr, "check's errors");
    assert!(!format!("{}{}", shown.stdout, shown.stderr).contains("\n2026-01-01"), "{}{}", shown.stdout, shown.stderr);
}

/// A manifest may turn writing around in what it says of itself; the table and the page show it as it is.
#[test]
fn a_manifest_is_shown_and_not_obeyed() {
    let place = Place::new("hostile-manifest");
    let turned = "\u{202e}gnp\u{2066}";
    let guest = Guest::picker("turned").declares(&format!(
        "description = \"{turned}\"\nlicense = \"{turned}\"\n[[settings]]\nname = \"a\"\ndefault = \"\\u001b[2J\"\nhelp = \"{turned}\"\n"
    ));
    let shelf = shelf(&place, &[guest]);
    let file = shelf.join("turned.wasm");
    let file = file.to_str().unwrap();
    for command in [
        &["plugin", "list"][..],
        &["plugin", "list", "--json"],
        &["plugin", "inspect", file],
        &["plugin", "inspect", file, "--json"],
    ] {
        let shown = finish(place.lyrebird_with(&shelf, command)).expect_code(0);
        expect_plain(&shown.stdout, &command.join(" "));
        expect_plain(&shown.stderr, &command.join(" "));
    }
}

/// What was said in a session is remembered; and a title is one file name, whatever stands in it.
#[test]
fn what_is_remembered_of_a_session_is_plain() {
    let (place, origin, feed) = (Place::new("hostile-past"), Origin::start(), Feed::new());
    origin.answers("/live.flv", [Answer::live(&feed)]);
    let base = origin.url("");
    place.configure(&format!(
        "{HURRY}[plugin.misbehaving]\ninterval = \"1s\"\nhosts = {{ \"*.wild.test\" = \"{base}\" }}\n"
    ));
    let facts = [
        ("title", HOSTILE),
        ("streamer", "../../CON"),
        ("media", "https://a.wild.test/live.flv"),
        ("broadcast", "../b"),
    ];
    let rooms = [deed("ok", &facts), deed("fail/other", &[("text", HOSTILE)]), deed("log", &[("text", HOSTILE)])];
    let mut command = place.lyrebird_with(&guests(), &["record"]);
    command.args(&rooms).arg("-c").arg(place.root().join("lyrebird.toml")).arg("-o").arg(place.out());
    let run = Run::start(command, None);
    // Longer than the test; its thread ends by itself.
    clip::play(&feed, &[(Clip::Small, 60)], 1);
    run.wait_for_text("segment opened", LIMIT);
    run.wait_for_text("plugin says", LIMIT);
    run.wait_for_text("no answer, trying again", LIMIT);
    std::thread::sleep(Duration::from_secs(1));
    run.signal(Signal::INT);
    let said = run.finish(LIMIT).expect_code(130);
    expect_plain(&said.stderr, "the log");
    let is_ours = |line: &str| {
        line.starts_with("20") && line.as_bytes().get(10) == Some(&b'T') && !line.starts_with("2026-01-01")
    };
    assert!(said.stderr.lines().all(|line| is_ours(line) || line.starts_with("hint: ")), "{}", said.stderr);
    assert_eq!(place.recordings().len(), 1, "{:?}", place.files());
    for name in place.files() {
        expect_plain(&name, "a file's name");
        assert!(
            name.split('/').all(|part| !part.starts_with('.') && !part.to_uppercase().starts_with("CON.")),
            "{name}"
        );
    }
    let first = rooms[0].trim_start_matches("https://misbehaving.test/").to_owned();
    for command in
        [&["history"][..], &["history", "--json"], &["why", &first], &["why", &first, "--json"], &["why", "fail/other"]]
    {
        let shown = finish(place.lyrebird_with(&guests(), command));
        expect_plain(&shown.stdout, &command.join(" "));
        expect_plain(&shown.stderr, &command.join(" "));
    }
}
