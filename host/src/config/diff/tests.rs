//! What was changed between two texts.

use std::fs;

use expect_test::{Expect, expect};

use super::*;
use crate::config::load;
use crate::config::tests::Folder;

const BASE: &str = r#"
[rooms]
file = "rooms.txt"
[plugin.p]
cookie = { file = "cookie.txt" }
[[notify]]
name = "n"
plugin = "t"
[[room]]
url = "https://live.example.org/a?sign=canary"
"#;
const LIST: &str = "https://live.example.org/b\nhttps://live.example.org/c\n";

/// From [`BASE`] and [`LIST`] to what `change` makes of the folder.
fn check(name: &str, change: impl FnOnce(&Folder), expected: Expect) {
    let folder = Folder::new(name);
    folder.write("lyrebird.toml", BASE);
    folder.write("rooms.txt", LIST);
    folder.write("cookie.txt", "a=1");
    let file = folder.path("lyrebird.toml");
    let old = load(&file).unwrap();
    change(&folder);
    let new = load(&file).unwrap();
    let diff = diff(&old, &new);
    assert_eq!(diff.is_empty(), diff.to_string().is_empty());
    expected.assert_eq(&diff.to_string());
}

fn also(folder: &Folder, from: &str, to: &str) {
    assert!(BASE.contains(from));
    folder.write("lyrebird.toml", BASE.replace(from, to));
}

#[test]
fn what_means_the_same_is_no_change() {
    let moved = |folder: &Folder| {
        folder.write("rooms.txt", "# mine\nhttps://live.example.org/c # Carol\n\nhttps://live.example.org/b\n");
        fs::write(folder.path("lyrebird.toml"), format!("# a word\n{BASE}enabled = true\n[check]\ngrace = 60\n"))
            .unwrap();
    };
    check("diff-same", moved, expect![""]);
}

#[test]
fn rooms_come_go_and_pause() {
    let rooms =
        |folder: &Folder| folder.write("rooms.txt", "#https://live.example.org/b\nhttps://live.example.org/d\n");
    check(
        "diff-rooms",
        rooms,
        expect![[r#"
            room added: https://live.example.org/d
            room removed: https://live.example.org/c
            room changed: https://live.example.org/b, paused"#]],
    );
    let picker = |folder: &Folder| folder.write("lyrebird.toml", format!("{BASE}plugin = \"direct\"\n"));
    check(
        "diff-picker",
        picker,
        expect![[r#"
            room added: https://live.example.org/a?sign=…
            room removed: https://live.example.org/a?sign=…"#]],
    );
    let wish = |folder: &Folder| folder.write("lyrebird.toml", format!("{BASE}quality = [\"400\"]\n"));
    check("diff-wish", wish, expect!["room changed: https://live.example.org/a?sign=…"]);
}

#[test]
fn a_room_that_is_written_elsewhere_is_the_same_room() {
    let moved = |folder: &Folder| {
        folder.write("rooms.txt", "https://live.example.org/c\n");
        folder.write("lyrebird.toml", format!("{BASE}[[room]]\nurl = \"https://live.example.org/b\"\n"));
    };
    check("diff-moved", moved, expect![""]);
}

#[test]
fn each_part_is_told_apart() {
    check("diff-cookie", |folder| folder.write("cookie.txt", "a=2"), expect!["plugin changed: p"]);
    check("diff-interval", |folder| also(folder, "[plugin.p]", "[plugin.p]\ninterval = 5"), expect!["checks changed"]);
    check(
        "diff-new-plugin",
        |folder| also(folder, "[rooms]", "[plugin.q]\nsettings = { a = 1 }\n[rooms]"),
        expect!["plugin changed: q"],
    );
    check("diff-target", |folder| also(folder, "\"t\"", "\"u\""), expect!["targets changed"]);
    let all = |folder: &Folder| {
        also(
            folder,
            "[rooms]",
            "[check]\nrate = \"1/s\"\n[output]\nsync = 1\n[http]\nip = \"4\"\n[plugins]\ndirs = [\"x\"]\napprove = \"ask\"\nallow_private_hosts = [\"a:1\"]\n[rooms]",
        );
    };
    check(
        "diff-all",
        all,
        expect![[r#"
            output changed
            checks changed
            taken by a restart alone: output.sync
            taken by a restart alone: http
            taken by a restart alone: plugins.dirs
            taken by a restart alone: plugins.approve
            taken by a restart alone: plugins.allow_private_hosts"#]],
    );
}
