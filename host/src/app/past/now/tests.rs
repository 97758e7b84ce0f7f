use super::*;
use crate::clock::from_unix;

fn at(second: u32) -> SystemTime {
    from_unix(1_700_000_000 + second)
}

/// The story as `second what: text`, what is open as `began seen dead`, and what comes of it an hour after its begin.
fn check(story: &[&str], open: Option<(u32, u32, bool)>, is_anybody_alive: bool, expected: &str) {
    let line = |line: &&str| {
        let (second, rest) = line.split_once(' ').unwrap();
        let (what, text) = rest.split_once(": ").unwrap();
        let at = at(second.parse().unwrap());
        Line { at, last_at: at, count: 1, what: what.to_owned(), text: text.to_owned() }
    };
    let lines: Vec<Line> = story.iter().map(line).collect();
    let open = open.map(|(began, seen, is_dead)| (at(began), at(seen), is_dead));
    let facts = Facts { now: at(3_600), is_anybody_alive, open, lines: &lines };
    let second = |time: SystemTime| time.duration_since(at(0)).unwrap().as_secs();
    let until = |until: Option<SystemTime>| until.map_or(String::from("-"), |until| second(until).to_string());
    let told = |last: Option<Line>| last.map_or(String::from("-"), |last| last.text);
    let came = match now(&facts) {
        Now::Recording(since, from) => format!("recording {from} since {}", second(since)),
        Now::OnAir { last, until: at, .. } => format!("on air, {}, until {}", told(last), until(at)),
        Now::Waiting { last, until: at } => format!("waiting, {}, until {}", told(last), until(at)),
        Now::Paused(since, why) => format!("{why} since {}", second(since)),
        Now::Silent(since) => format!("silent since {}", until(since)),
        Now::Unwatched(left) => format!("unwatched {}", left.is_some()),
        Now::TakingUp(..) => String::from("taking up"),
    };
    assert_eq!(came, expected, "{story:?}");
}

#[test]
fn what_was_told_last_says_what_it_does_now() {
    let alive = true;
    check(&["3590 check: offline"], None, alive, "waiting, offline, until -");
    check(
        &["3590 check: login-required: no", "3590 wait: 1800 s"],
        None,
        alive,
        "waiting, login-required: no, until 5390",
    );
    check(&["3580 wait: 60 s", "3590 check: offline"], None, alive, "waiting, offline, until -");
    check(&["100 check: offline"], None, alive, "silent since 100");
    check(&["100 check: gone", "100 wait: 86400 s"], None, alive, "waiting, gone, until 86500");
    check(&[], None, alive, "silent since -");
    let paused = ["90 check: offline", "100 room: paused by the config", "101 notice: fans: taken back"];
    check(&paused, None, alive, "paused by the config since 100");
    check(&paused, None, !alive, "unwatched false");
    check(&["100 room: paused by the config", "3590 check: offline"], None, alive, "waiting, offline, until -");
    let again = ["90 check: offline", "3500 room: paused by the config", "3590 room: watched again"];
    check(&again, None, alive, "waiting, offline, until -");
    check(&again[1..], None, alive, "waiting, -, until -");
    check(
        &["3590 room: watched again", "3591 room: stopped by a person"],
        None,
        alive,
        "stopped by a person since 3591",
    );
    check(&["3590 check: offline"], None, !alive, "unwatched false");
}

#[test]
fn an_open_session_is_recorded_on_air_or_left() {
    let (alive, open) = (true, Some((3_000, 3_599, false)));
    let media = "3100 reception: media comes: flv";
    check(&[media], open, alive, "recording flv since 3100");
    let broken = [media, "3590 reception: broken: reset, after 490 s of media", "3591 wait: 16 s"];
    check(&broken, open, alive, "on air, broken: reset, after 490 s of media, until 3607");
    let connecting = ["3099 candidate: flv: the best", "3100 session: begins", "3590 check: live: x"];
    check(&connecting, open, alive, "on air, flv: the best, until -");
    check(&[media], Some((3_000, 3_200, true)), alive, "taking up");
    check(&[media], Some((3_000, 3_200, true)), !alive, "unwatched true");
}
