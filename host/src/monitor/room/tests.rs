//! A room's story as text: `seconds fact`, and below each fact what it ordered.

use std::fmt::Write;
use std::time::Duration;

use expect_test::{Expect, expect};

use super::*;

mod by_media;
mod full;
mod kept;
mod replay;
mod walls;

const BY_CHECK: Rules = Rules { by_media: false, once: false, last: false, interval: secs(30), grace: secs(60) };
const BY_MEDIA: Rules = Rules { by_media: true, ..BY_CHECK };
const ONCE: Rules = Rules { once: true, ..BY_MEDIA };

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn broadcast(word: &str) -> Broadcast {
    let (id, title) = word.split_once('/').unwrap_or((word, ""));
    // A word of `?` is a broadcast that nothing names.
    let id = Some(id).filter(|id| *id != "?").map(str::to_owned);
    Broadcast { id, title: title.to_owned(), ..Broadcast::default() }
}

fn fact(words: &str) -> Fact {
    let (word, rest) = words.split_once(' ').unwrap_or((words, ""));
    let ended = |reason| Fact::Ended { reason, lasted: rest.parse().ok().map(secs) };
    match word {
        "woken" => Fact::Woken,
        "stop" => Fact::Stop(Leave::Over),
        "leave" => Fact::Stop(Leave::Keep),
        "asked" => Fact::CheckNow,
        "media" => Fact::Media,
        "live" => Fact::Checked(Verdict::Live(broadcast(rest))),
        "replay" => Fact::Checked(Verdict::Replay(broadcast(rest))),
        "dark" => Fact::Checked(Verdict::Dark),
        "upcoming" => Fact::Checked(Verdict::Upcoming(rest.parse().ok().map(secs))),
        "lost" => Fact::Checked(Verdict::Trouble(Trouble::Passing)),
        "limited" => Fact::Checked(Verdict::Trouble(Trouble::RateLimited(rest.parse().ok().map(secs)))),
        "wall" => Fact::Checked(Verdict::Trouble(Trouble::Wall)),
        "gone" => Fact::Checked(Verdict::Trouble(Trouble::Permanent(1))),
        "way" => Fact::Offered(Offer::Way),
        "last" => Fact::Offered(Offer::LastWay),
        "resting" => Fact::Offered(Offer::Trouble(Trouble::RateLimited(rest.parse().ok().map(secs)))),
        "walled" => Fact::Offered(Offer::Trouble(Trouble::Wall)),
        "nothing" => Fact::Offered(Offer::Nothing),
        "unusable" => Fact::Offered(Offer::NothingUsable),
        "ended" => ended(EndReason::Ended),
        "broken" => ended(EndReason::Broken(String::from("reset"))),
        "stopped" => ended(EndReason::Stopped),
        "limit" => ended(EndReason::Limit),
        "finished" => ended(EndReason::Finished),
        "full" => ended(EndReason::DiskFull(String::from("full"))),
        "crowded" => ended(EndReason::Crowded(String::from("little memory"))),
        "looping" => ended(EndReason::Looping),
        "404" => ended(EndReason::Refused(Refusal::Status(404, None))),
        "429" => ended(EndReason::Refused(Refusal::Status(429, Some(120)))),
        "playlist" => ended(EndReason::Refused(Refusal::Unsupported(String::from("HLS")))),
        other => panic!("no such fact: {other}"),
    }
}

fn check(rules: Rules, story: &str, expected: Expect) {
    check_kept(rules, None, story, expected);
}

/// The same, with the broadcast of a session that an earlier run left open, unwatched for so many seconds.
fn check_kept(rules: Rules, kept: Option<(&str, u64)>, story: &str, expected: Expect) {
    let kept = kept.map(|(word, unwatched)| Kept { broadcast: broadcast(word), unwatched: secs(unwatched) });
    let mut room = Room::new(rules, kept, Duration::ZERO);
    let mut told = String::new();
    for line in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (time, words) = line.split_once(' ').unwrap();
        let mut orders = Vec::new();
        room.hear(fact(words), secs(time.parse().unwrap()), &mut orders);
        writeln!(told, "{line}").unwrap();
        for order in orders {
            match order {
                Order::OpenSession(broadcast) => writeln!(told, "    open {}", broadcast.id.unwrap_or_default()),
                Order::TakeUp(broadcast) => writeln!(told, "    take up {}", broadcast.id.unwrap_or_default()),
                Order::Update(broadcast) => writeln!(told, "    update {}", broadcast.title),
                Order::CloseSession(why) => writeln!(told, "    close: {why}"),
                Order::WakeAt(at) => writeln!(told, "    wake at {}", at.as_secs()),
                Order::LookAt(at) => writeln!(told, "    look at {}", at.as_secs()),
                other => writeln!(told, "    {other:?}"),
            }
            .unwrap();
        }
    }
    expected.assert_eq(&told);
}

#[test]
fn a_room_goes_live_breaks_and_ends() {
    let story = "0 woken\n1 dark\n31 woken\n32 live a\n33 way\n34 media\n94 broken 60\n95 way\n96 ended 1\n97 nothing\n98 dark\n158 woken\n159 dark";
    check(
        BY_CHECK,
        story,
        expect![[r#"
            0 woken
                Check
            1 dark
                look at 31
            31 woken
                Check
            32 live a
                open a
                AskStreams
            33 way
                Receive
                look at 63
            34 media
            94 broken 60
                AskStreams
            95 way
                Receive
                look at 125
            96 ended 1
                wake at 97
            97 nothing
                wake at 99
            98 dark
                look at 128
            158 woken
                Check
            159 dark
                close: offline
                look at 189
        "#]],
    );
}

#[test]
fn time_without_an_answer_does_not_count_towards_the_grace() {
    let story = "0 woken\n0 live a\n0 nothing\n0 dark\n30 woken\n40 lost\n300 woken\n300 dark\n330 woken\n330 dark\n360 woken\n360 dark";
    check(
        BY_CHECK,
        story,
        expect![[r#"
            0 woken
                Check
            0 live a
                open a
                AskStreams
            0 nothing
                wake at 0
            0 dark
                look at 30
            30 woken
                Check
            40 lost
                wake at 41
            300 woken
                Check
            300 dark
                look at 330
            330 woken
                Check
            330 dark
                look at 360
            360 woken
                Check
            360 dark
                close: offline
                look at 390
        "#]],
    );
}

#[test]
fn offline_ends_no_running_reception_but_another_broadcast_does() {
    let story = "0 woken\n0 live a/one\n0 way\n1 media\n30 woken\n30 dark\n60 woken\n60 live a/two\n90 woken\n90 live b\n91 stopped 90\n91 live b\n92 way";
    check(
        BY_CHECK,
        story,
        expect![[r#"
            0 woken
                Check
            0 live a/one
                open a
                AskStreams
            0 way
                Receive
                look at 30
            1 media
            30 woken
                Check
            30 dark
                look at 60
            60 woken
                Check
            60 live a/two
                update two
                look at 90
            90 woken
                Check
            90 live b
                EndReception
                look at 120
            91 stopped 90
                Check
            91 live b
                close: another broadcast
                open b
                AskStreams
            92 way
                Receive
                look at 122
        "#]],
    );
}

#[test]
fn trouble_is_never_read_as_offline() {
    let story = "0 woken\n0 lost\n30 woken\n30 limited 300\n330 woken\n330 wall\n2130 woken\n2130 upcoming 3600\n5670 woken\n5670 gone";
    check(
        BY_CHECK,
        story,
        expect![[r#"
            0 woken
                Check
            0 lost
                wake at 30
            30 woken
                Check
            30 limited 300
                look at 60
            330 woken
                Check
            330 wall
                wake at 2130
            2130 woken
                Check
            2130 upcoming 3600
                wake at 5670
            5670 woken
                Check
            5670 gone
                Done(GaveUp(1))
        "#]],
    );
}

#[test]
fn stop_waits_for_the_reception_and_only_for_it() {
    let story = "0 woken\n0 live a\n0 way\n5 stop\n5 woken\n5 stopped 5";
    check(
        BY_CHECK,
        story,
        expect![[r#"
            0 woken
                Check
            0 live a
                open a
                AskStreams
            0 way
                Receive
                look at 30
            5 stop
            5 woken
            5 stopped 5
                close: stopped
                Done(Stopped)
        "#]],
    );
    check(
        BY_CHECK,
        "0 woken\n1 stop",
        expect![[r#"
            0 woken
                Check
            1 stop
                Done(Stopped)
        "#]],
    );
}

/// Streams behind a wall are left alone for long, but the end of the broadcast is seen in time.
#[test]
fn a_wall_before_the_streams_does_not_hide_the_end() {
    let story = "0 woken\n0 live a\n0 walled\n30 live a\n60 lost\n62 woken\n62 live a\n1770 live a\n1800 live a\n1800 walled\n1830 asked\n1830 live a\n1830 walled\n1860 dark\n1890 dark\n1920 dark\n1950 live b";
    check(
        BY_CHECK,
        story,
        expect![[r#"
        0 woken
            Check
        0 live a
            open a
            AskStreams
        0 walled
            look at 30
        30 live a
            look at 60
        60 lost
            wake at 62
        62 woken
            Check
        62 live a
            look at 92
        1770 live a
            look at 1800
        1800 live a
            AskStreams
        1800 walled
            look at 1830
        1830 asked
            Check
        1830 live a
            AskStreams
        1830 walled
            look at 1860
        1860 dark
            look at 1890
        1890 dark
            look at 1920
        1920 dark
            close: offline
            look at 1950
        1950 live b
            open b
            AskStreams
    "#]],
    );
}
