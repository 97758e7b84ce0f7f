//! What lies in a plugins directory and must not be loaded, or costs no more than it may when it is.

use std::fs::{self, File};
use std::path::Path;

use lyrebird_tests::component::{Guest, leb, section};
use lyrebird_tests::place::Place;
use serde_json::Value;

use super::{expect_plain, finish, shelf};

/// `plugin list` of a directory, by the files' stems.
fn list(place: &Place, shelf: &Path) -> Vec<Value> {
    let config = place.root().join("lyrebird.toml");
    let config = config.to_str().unwrap();
    let finished = finish(place.lyrebird_with(shelf, &["plugin", "list", "--json", "-c", config])).expect_code(0);
    expect_plain(&finished.stdout, "plugin list --json");
    finished.json_lines()
}

#[track_caller]
fn expect(listed: &[Value], stem: &str, state: &str, words: &str) {
    let is_it = |one: &&Value| one["file"].as_str().is_some_and(|file| file.ends_with(&format!("/{stem}.wasm")));
    let one = listed.iter().find(is_it).unwrap_or_else(|| panic!("{stem} is not listed"));
    let reason = one["reason"].as_str().unwrap_or_default();
    assert_eq!(one["state"], state, "{stem}: {reason}");
    assert!(reason.contains(words), "{stem}: `{reason}` does not say `{words}`");
    assert!(reason.len() < 32 << 10, "{stem}: a reason of {} bytes", reason.len());
    assert_eq!(
        reason.lines().filter(|line| line.starts_with("hint: ")).count(),
        usize::from(state == "refused"),
        "{reason}"
    );
}

/// The start function of a module runs before any export is called, under the same limits.
#[test]
fn an_instance_that_attacks_before_its_first_call() {
    let place = Place::new("hostile-starts");
    let many = |module: &str, times: usize| {
        format!("(core module $m {module}) {}", "(core instance (instantiate $m))".repeat(times))
    };
    let globals = "(global (mut i64) (i64.const 0))".repeat(500_000);
    let cases = [
        (Guest::picker("spins").starts("(loop $l (br $l))"), "more than 100ms of CPU time"),
        (Guest::picker("traps").starts("unreachable"), "`unreachable` instruction"),
        (Guest::picker("recurs").starts("(call $start)"), "call stack exhausted"),
        (
            Guest::picker("grows").starts("(loop $l (drop (memory.grow (i32.const 16))) (br $l))"),
            "more than 67108864 bytes of memory",
        ),
        (
            Guest::picker("tables")
                .having("(table 0 funcref)")
                .starts("(loop $l (drop (table.grow (ref.null func) (i32.const 1000))) (br $l))"),
            "more than 20000 table elements",
        ),
        (Guest::picker("memory").having("(memory 2000)"), "more than 67108864 bytes of memory"),
        (Guest::picker("memories").with(&many("(memory 20)", 60), ""), "more than 67108864 bytes of memory"),
        (Guest::picker("empty-memories").with(&many("(memory 0)", 200), ""), "more instances, memories or tables"),
        (Guest::picker("table").having("(table 20001 funcref)"), "more than 20000 table elements"),
        (Guest::picker("heavy").with(&many(&globals, 100), ""), "more instances, memories or tables"),
        (Guest::picker("shared").having("(memory 1 1 shared)"), "threads must be enabled"),
        (Guest::picker("wide").having("(memory i64 1)"), "memory64 must be enabled"),
        (Guest::picker("declared").with(&many("", 1_001), ""), "exceeds limit of 1000"),
    ];
    let tables = cases
        .iter()
        .map(|(guest, _)| format!("[plugin.{}]\nlimits = {{ cpu = \"100ms\", resolve = \"5m\" }}\n", guest.name));
    place.configure(&tables.collect::<String>());
    let mut guests: Vec<Guest> = cases.iter().map(|(guest, _)| guest.clone()).collect();
    guests.extend([Guest::picker("good"), Guest::notifier("good-notifier")]);
    let listed = list(&place, &shelf(&place, &guests));
    for (guest, words) in &cases {
        expect(&listed, &guest.name, "refused", words);
    }
    expect(&listed, "good", "active", "");
    expect(&listed, "good-notifier", "active", "");
}

const PAPERS: &str = "name = \"x\"\nversion = \"1.0.0\"\n";

/// Components within components, and imports with names that nobody could read.
fn write_deep_and_long(shelf: &Path) {
    let deep = (0..20_000).fold(b"\0asm\x0d\0\x01\0".to_vec(), |inner, _| {
        [b"\0asm\x0d\0\x01\0\x04".to_vec(), leb(inner.len()), inner].concat()
    });
    fs::write(shelf.join("deep.wasm"), deep).unwrap();
    let import = |name: &[u8]| [vec![1, 0], leb(name.len()), name.to_vec(), vec![5, 0]].concat();
    for (stem, name) in [("escape-import", b"\x1b[2Jx\nhint: y".to_vec()), ("long-import", vec![b'a'; 90_000])] {
        let section = import(&name);
        let bytes = [Guest::picker(stem).bytes(), vec![10], leb(section.len()), section].concat();
        fs::write(shelf.join(format!("{stem}.wasm")), bytes).unwrap();
    }
}

/// Files of every kind, none of which is a plugin; nothing of them is run.
#[test]
fn files_that_are_no_plugins_cost_little_and_say_why() {
    let place = Place::new("hostile-files");
    place.configure("");
    let shelf = shelf(&place, &[Guest::picker("good")]);
    let bare = |name: &str| {
        let whole = Guest::picker(name).bytes();
        let manifest = whole.windows(17).rposition(|window| window == b"lyrebird:manifest").unwrap();
        // The section's number, its size of one byte, the name's length.
        whole[..manifest - 3].to_vec()
    };
    let with = |name: &str, manifests: &[&[u8]]| {
        let sections = manifests.iter().flat_map(|manifest| section("lyrebird:manifest", manifest));
        let bytes: Vec<u8> = bare(name).into_iter().chain(sections).collect();
        fs::write(shelf.join(format!("{name}.wasm")), bytes).unwrap();
    };
    let more = |text: &str| [PAPERS, text].concat().into_bytes();
    File::create(shelf.join("sparse.wasm")).unwrap().set_len(65 << 20).unwrap();
    File::create(shelf.join("zeroes.wasm")).unwrap().set_len(63 << 20).unwrap();
    with("mib", &[&vec![b'#'; 1 << 20]]);
    let numbered: Vec<Vec<u8>> = (0..20_000).map(|number| format!("name = \"a{number}\"").into_bytes()).collect();
    with("many", &numbered.iter().map(Vec::as_slice).collect::<Vec<_>>());
    with("no-text", &[b"\xff\xfe"]);
    with("no-toml", &[b"[[[[[[[["]);
    with("deep-toml", &[&more(&format!("a = {}", "[".repeat(30_000)))]);
    with("escape-name", &[b"name = \"\\u001b[2Jx\\nhint: run this\"\nversion = \"1.0.0\""]);
    with("escape-key", &[&more("\"\\u001b]0;owned\\u0007\\nhint: x\" = 1")]);
    with("escape-host", &[&more("hosts = [\"\\u202e\\u009b31m\\nhint: x\"]")]);
    with("escape-sample", &[&more("[[samples]]\ninput = \"a\\nhint: x\"\nid = \"\\u001b[2J\"")]);
    with("escape-help", &[&more("[[settings]]\nname = \"a\"\nhelp = \"\\u001b[2J\"")]);
    with("long-key", &[&more(&format!("{} = 1", "a".repeat(60_000)))]);
    with("long-version", &[format!("name = \"x\"\nversion = \"1.0.0-{}\"", "a".repeat(60_000)).as_bytes()]);
    write_deep_and_long(&shelf);
    let listed = list(&place, &shelf);
    for (stem, words) in [
        ("sparse", "68157440 bytes, at most 67108864"),
        ("zeroes", "does not begin like WebAssembly"),
        ("mib", "1048576 bytes, at most 65536"),
        ("many", "20000 different ones"),
        ("no-text", "not UTF-8"),
        ("no-toml", "bad manifest: line 1"),
        ("deep-toml", "bad manifest: "),
        ("escape-name", "\\u{1b}[2Jx\\nhint"),
        ("escape-key", "unknown field"),
        ("escape-host", "`hosts`"),
        ("escape-sample", "each one line"),
        ("escape-help", "`help` must be one line"),
        ("long-key", "unknown field"),
        ("long-version", "at most 64"),
        ("deep", "nested more than 100 deep"),
        ("escape-import", "imports `\\u{1b}[2Jx\\nhint: y`"),
        ("long-import", "imports `aaa"),
    ] {
        expect(&listed, stem, "refused", words);
    }
    expect(&listed, "good", "active", "");
    let shown = finish(place.lyrebird_with(&shelf, &["plugin", "list"])).expect_code(0);
    expect_plain(&shown.stdout, "plugin list");
    assert_eq!(
        shown.stdout.lines().filter(|line| line.trim_start().starts_with("hint: x")).count(),
        0,
        "{}",
        shown.stdout
    );
}

/// Cut off anywhere, and with any of its bytes another one: refused with a reason, or a plugin; never the end of the host.
#[test]
fn damaged_components_are_refused_or_work() {
    let place = Place::new("hostile-damage");
    place.configure("");
    let shelf = shelf(&place, &[]);
    let whole = Guest::picker("good").bytes();
    let cuts = (0..60).map(|number| whole[..number * whole.len() / 60].to_vec());
    let flips = (0..140).map(|number| {
        let mut bytes = whole.clone();
        // Past the head, all over the file; the same places at every run.
        let at = 8 + number * 7919 % (bytes.len() - 8);
        bytes[at] ^= 1 << (number % 8);
        bytes
    });
    for (number, bytes) in cuts.chain(flips).enumerate() {
        fs::write(shelf.join(format!("damaged-{number}.wasm")), bytes).unwrap();
    }
    let listed = list(&place, &shelf);
    assert_eq!(listed.len(), 200);
    for one in &listed {
        let is_fine = match one["state"].as_str().unwrap() {
            "refused" => !one["reason"].as_str().unwrap_or_default().is_empty(),
            "active" | "shadowed" => true,
            _ => false,
        };
        assert!(is_fine, "{one:#}");
    }
    assert!(listed.iter().filter(|one| one["state"] == "refused").count() >= 60, "what is cut off is refused");
}
