use std::time::Duration;

use super::*;
use crate::clock::from_unix;

fn at(second: u32) -> SystemTime {
    from_unix(1_700_000_000 + second)
}

fn story(now: Now, alive: Vec<Alive>) -> RoomStory {
    let line = |first: u32, last: u32, count: u64, what: &str, text: &str| Line {
        at: at(first),
        last_at: at(last),
        count,
        what: what.to_owned(),
        text: text.to_owned(),
    };
    RoomStory {
        platform: String::from("p"),
        room: String::from("1"),
        url: Some(String::from("https://p.test/1")),
        streamer: None,
        picker: Some(String::from("p@0.1.0")),
        lines: vec![
            line(0, 0, 1, "picker", "p@0.1.0"),
            line(0, 90, 4, "check", "offline"),
            line(95, 95, 1, "check", "live: a\u{1b}[2Jb\nnow: recording"),
        ],
        session: None,
        now,
        alive,
    }
}

#[test]
fn a_story_is_a_line_each_and_its_last_line_is_now() {
    let run = vec![Alive { is_run: true, pid: Some(7), host: None, since: None }];
    let waiting = Now::Waiting { last: None, until: Some(at(100) + Duration::from_secs(5)) };
    let told: Vec<String> = tell(&story(waiting, run), 2).iter().map(|line| output::safe(line)).collect();
    let time = |second: u32| local(at(second));
    let expected = [
        String::from("p:1  https://p.test/1, asked by p@0.1.0"),
        String::from("… 1 lines before these: `--limit N` shows more"),
        format!("{}  check      offline (×4, first {})", time(90), time(0)),
        format!(r"{}  check      live: a\u{{1b}}[2Jb, now: recording", time(95)),
        format!("now: not recording; nothing told yet; the next try is at {}; `run` (pid 7) is alive", time(105)),
    ];
    assert_eq!(told, expected);
}

#[test]
fn what_a_room_does_now_is_told_in_words() {
    let check = |now: Now, expected: &str| {
        let told = tell(&story(now, Vec::new()), 60).pop().unwrap();
        assert_eq!(told, format!("now: {expected}; neither `run` nor `record` is alive"));
    };
    let time = |second: u32| local(at(second));
    check(Now::Unwatched(None), "nobody watches it");
    check(Now::Recording(at(1), String::from("flv")), &format!("recording flv since {}", time(1)));
    check(
        Now::Unwatched(Some((at(1), at(2)))),
        &format!(
            "nobody watches it; its session of {} was left open, last seen {}: the next `run` takes it up, or ends it",
            time(1),
            time(2)
        ),
    );
}

#[test]
fn a_script_reads_the_same() {
    let told = document(&story(Now::Unwatched(None), Vec::new()), 1);
    assert_eq!((&told["room"], &told["session"], &told["alive"]), (&json!("1"), &Value::Null, &json!([])));
    assert_eq!(told["now"]["state"], "unwatched");
    assert_eq!(told["lines"].as_array().unwrap().len(), 1);
    assert_eq!(told["lines"][0]["last_at"], rfc3339(at(95)));
}
