//! Who may know whom: the layers of `host/src`, and which room alone touches what.

use std::collections::BTreeMap;

use super::{Text, has_word, none, read, rust};

/// Each module of `host/src/lib.rs` with the number of its group.
fn groups() -> BTreeMap<String, usize> {
    let mut group = 0;
    let mut groups = BTreeMap::new();
    for line in read("host/src/lib.rs").lines() {
        if line.trim().is_empty() {
            group += 1;
        }
        if let Some(module) = line.strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';')) {
            groups.insert(module.to_owned(), group);
        }
    }
    assert!(groups.len() > 8, "host/src/lib.rs no longer lists its modules: {groups:?}");
    groups
}

/// The module of `host/src` that a file belongs to, and how deep it lies: 1 for `plugin.rs`, 2 for `plugin/engine.rs`.
fn home(file: &Text) -> Option<(String, usize)> {
    let inside = file.path.strip_prefix("host/src/")?.strip_suffix(".rs")?;
    let parts: Vec<&str> = inside.split('/').collect();
    (!matches!(parts[0], "lib" | "main")).then(|| (parts[0].to_owned(), parts.len()))
}

/// Every module of the crate that a line names, by `crate::` or by climbing with `super::`.
fn named(line: &str, depth: usize) -> Vec<String> {
    let climb = "super::".repeat(depth);
    let mut found = Vec::new();
    for root in ["crate::", climb.as_str()] {
        for (at, _) in line.match_indices(root) {
            // `super::` one step further up, or the tail of a longer word.
            let before = line[..at].chars().next_back();
            if before.is_some_and(|one| one.is_alphanumeric() || one == ':' || one == '_' || one == '$') {
                continue;
            }
            let after = &line[at + root.len()..];
            match after.strip_prefix('{') {
                Some(list) => found.extend(heads_of_list(list)),
                None => found.push(identifier(after)),
            }
        }
    }
    found
}

/// `a::{x, y}, b` → a, b.
fn heads_of_list(list: &str) -> Vec<String> {
    let mut nested = 0;
    let mut heads = vec![String::new()];
    for character in list.chars() {
        match character {
            '{' => nested += 1,
            '}' => nested -= 1,
            ',' if nested == 0 => heads.push(String::new()),
            other if nested == 0 => heads.last_mut().unwrap().push(other),
            _ => {}
        }
        if nested < 0 {
            break;
        }
    }
    heads.iter().map(|head| identifier(head.trim())).collect()
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|one| one.is_alphanumeric() || *one == '_').collect()
}

/// A `use` over several lines becomes one.
fn statements(file: &Text) -> Vec<(usize, String)> {
    let mut statements: Vec<(usize, String)> = Vec::new();
    let mut is_open = false;
    for (number, line) in file.code() {
        match statements.last_mut() {
            Some((_, statement)) if is_open => statement.push_str(line.trim()),
            _ => statements.push((number, line.trim().to_owned())),
        }
        let statement = &statements.last().unwrap().1;
        is_open = (statement.starts_with("use ") || statement.starts_with("pub use ")) && !statement.ends_with(';');
    }
    statements
}

#[test]
fn a_module_uses_only_the_groups_above_it() {
    let groups = groups();
    let mut wrong = Vec::new();
    for file in rust() {
        let Some((module, depth)) = home(&file) else { continue };
        let Some(own) = groups.get(&module) else {
            wrong.push(format!("{}: `{module}` is not listed in host/src/lib.rs", file.path));
            continue;
        };
        for (number, statement) in statements(&file) {
            for other in named(&statement, depth) {
                let allowed = other == module || groups.get(&other).is_none_or(|theirs| theirs < own);
                if !allowed {
                    wrong.push(format!("{}:{number}: `{module}` must not know `{other}`", file.path));
                }
            }
        }
    }
    none(wrong, "layers (see docs/architecture.md)");
}

#[test]
fn the_layer_test_can_read() {
    assert_eq!(named("use crate::model::Room;", 1), ["model"]);
    assert_eq!(named("use crate::{clock::Clock, http::{Http, Media}};", 2), ["clock", "http"]);
    assert_eq!(named("    super::super::disk::Root::open()", 2), ["disk"]);
    assert_eq!(named("use super::batch::Batch; // its own", 2), [""; 0]);
    assert_eq!(named("super::tests::x()", 1), ["tests"]);
}

/// Files below `host/src`, tests of rooms left out, that name something outside of the rooms it belongs to.
fn strays(things: &[&str], homes: &[&str]) -> Vec<String> {
    let mut strays = Vec::new();
    for file in rust().iter().filter(|file| file.is_below("host/src/") && !file.is_tests()) {
        let inside = file.path.trim_start_matches("host/src/");
        let at_home = homes.iter().any(|home| {
            inside.trim_end_matches(".rs") == *home
                || inside.strip_prefix(home).is_some_and(|rest| rest.starts_with('/'))
        });
        if at_home {
            continue;
        }
        for (number, line) in file.code() {
            strays.extend(
                things
                    .iter()
                    .filter(|thing| has_word(line, thing))
                    .map(|thing| format!("{}:{number}: {thing}", file.path)),
            );
        }
    }
    strays
}

#[test]
fn only_http_connects_out() {
    let clients = ["reqwest", "TcpStream", "UdpSocket", "TcpSocket", "hyper"];
    none(strays(&clients, &["http"]), "only `http` connects out");
}

/// As far as words show: media is written by `disk`; the store has its database, and the plugin host one room for its
/// compiled code, `plugins.lock`, its good builds, what a running program tells of them, and the file that `plugin build`
/// makes; old builds and compiled code it removes where they are kept.
#[test]
fn only_disk_writes_files() {
    let writers = [
        "OpenOptions",
        "File::create",
        "File::create_new",
        "fs::write",
        "fs::rename",
        "fs::copy",
        "fs::remove_file",
        "fs::remove_dir",
        "fs::remove_dir_all",
        "fs::hard_link",
        "set_len",
    ];
    let others = ["plugin/builds", "plugin/cache", "plugin/whole"];
    none(strays(&writers, &[&["disk", "store"], &others[..]].concat()), "only `disk` opens files for writing");
    // Whoever opens a file to read may have to say how: a pipe must not keep him.
    let readers = [&["disk", "store", "config/file"], &others[..]].concat();
    none(strays(&["rustix::fs"], &readers), "only `disk` opens files for writing");
    none(strays(&["tokio::fs"], &[]), "no file is touched on a runtime thread");
}

#[test]
fn only_clock_asks_the_time() {
    // A thread's CPU time is no time of day and cannot be turned back by a test: the guests' budget reads it itself.
    none(strays(&["clock_gettime"], &["clock", "plugin/budget"]), "only `clock` asks the time");
    let questions = ["SystemTime::now", "Instant::now", "Zoned::now", "Timestamp::now", "UNIX_EPOCH.elapsed"];
    none(strays(&questions, &["clock"]), "only `clock` asks the time");
}

#[test]
fn foreign_types_stop_at_their_room() {
    none(strays(&["wasmtime", "wasmtime_wasi", "wasmparser"], &["plugin"]), "WebAssembly stops at `plugin`");
    none(strays(&["rusqlite"], &["store"]), "SQL stops at `store`");
    none(strays(&["clap"], &["cli"]), "command lines stop at `cli`");
}

/// What the engine must not know. Cargo proves the rest (see `supply`).
#[test]
fn the_flv_engine_knows_no_world() {
    let worldly = [
        "std::fs",
        "std::net",
        "std::io",
        "std::thread",
        "std::time",
        "std::env",
        "std::process",
        "Instant",
        "SystemTime",
        "tokio",
        "println",
        "eprintln",
    ];
    let mut found = Vec::new();
    for file in rust().iter().filter(|file| file.is_below("host/flv/src/") && !file.is_tests()) {
        for (number, line) in file.code() {
            found.extend(
                worldly
                    .iter()
                    .filter(|word| has_word(line, word))
                    .map(|word| format!("{}:{number}: {word}", file.path)),
            );
        }
    }
    none(found, "the engine does no I/O and has no clock");
}
