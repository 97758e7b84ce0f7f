//! Which rooms are wished for, and what is told of the others.

use std::path::Path;

use expect_test::{Expect, expect};

use super::*;
use crate::config::parse;

fn check(config: &str, list: &str, expected: Expect) {
    let file = Path::new("lyrebird.toml");
    let parsed = parse(file, config).unwrap();
    let mut all = of_config(file, parsed.room, &Places::of(config));
    let told = match of_text(Path::new("rooms.txt"), list) {
        Ok(more) => {
            all.extend(more);
            let (rooms, notes) = once(all);
            let line = |(room, origin): &(Arc<RoomWish>, Origin)| {
                format!("{origin} {}{}", if room.enabled { "" } else { "paused " }, room.url)
            };
            let lines: Vec<String> = rooms.iter().map(line).chain(notes).collect();
            lines.join("\n")
        }
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&told);
}

#[test]
fn a_list_has_a_room_a_line_and_pauses_some() {
    check(
        "",
        "\u{feff}https://live.example.org/a\r\n\n  https://live.example.org/b#x  # Bob, on Sundays\n#https://live.example.org/c\n# https://live.example.org/d\n## my friends\n# Friends\n#\nroom-7\n",
        expect![[r#"
            rooms.txt:1:1 https://live.example.org/a
            rooms.txt:3:3 https://live.example.org/b#x
            rooms.txt:4:2 paused https://live.example.org/c
            rooms.txt:5:3 paused https://live.example.org/d
            rooms.txt:9:1 room-7"#]],
    );
}

#[test]
fn a_room_counts_once() {
    check(
        "[[room]]\nurl = \"https://live.example.org/a\"\nenabled = false\n[[room]]\nurl = \" https://live.example.org/b \"\n",
        "https://live.example.org/a\nhttps://live.example.org/c?sign=canary\n#https://live.example.org/c?sign=canary\n",
        expect![[r#"
            lyrebird.toml:2:7 paused https://live.example.org/a
            lyrebird.toml:5:7 https://live.example.org/b
            rooms.txt:2:1 https://live.example.org/c?sign=canary
            rooms.txt:1:1: `https://live.example.org/a` is at lyrebird.toml:2:7 already, that place counts
            rooms.txt:3:2: `https://live.example.org/c?sign=…` is at rooms.txt:2:1 already, that place counts"#]],
    );
}

#[test]
fn a_line_with_more_than_a_room_is_refused() {
    check(
        "",
        "https://live.example.org/a\n  best https://live.example.org/b\nhttps://live.example.org/c Carol\n",
        expect![[r#"
            rooms.txt:2:3: a line holds one URL and nothing else
            hint: a note of your own goes behind ` #`
            rooms.txt:3:1: a line holds one URL and nothing else
            hint: a note of your own goes behind ` #`"#]],
    );
}

#[test]
fn wishes_of_a_room_are_taken_over() {
    let text = "[[notify]]\nname = \"n\"\nplugin = \"p\"\n[[room]]\nurl = \"u\"\ncodec = [\"hevc\", \"av1\", \"shiny\"]\nnotify = [\"n\"]\noptions = { page = 2 }\n";
    let config = parse(Path::new("x"), text).unwrap();
    let rooms = of_config(Path::new("x"), config.room, &Places::of(text));
    let room = &rooms[0].0;
    assert_eq!(room.codec, [Codec::Hevc, Codec::Av1, Codec::Other(String::from("shiny"))]);
    assert_eq!((room.notify.as_deref(), room.enabled), (Some(&[String::from("n")][..]), true));
    assert_eq!(room.pairs().unwrap(), [(String::from("page"), String::from("2"))]);
}
