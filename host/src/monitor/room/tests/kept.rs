//! Sessions that outlive a run: left open by one, taken up or ended by the next.

use super::*;

#[test]
fn leaving_keeps_the_session_and_stopping_ends_it() {
    let story = "0 woken\n0 live a\n0 way\n1 media\n9 leave\n10 stopped 9";
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
        1 media
        9 leave
        10 stopped 9
            KeepSession
            Done(Stopped)
    "#]],
    );
    check(
        BY_CHECK,
        "0 woken\n0 live a\n0 nothing\n9 leave",
        expect![[r#"
        0 woken
            Check
        0 live a
            open a
            AskStreams
        0 nothing
            wake at 0
        9 leave
            KeepSession
            Done(Stopped)
    "#]],
    );
    check(
        BY_CHECK,
        "0 woken\n0 dark\n9 leave",
        expect![[r#"
        0 woken
            Check
        0 dark
            look at 30
        9 leave
            Done(Stopped)
    "#]],
    );
    check(
        BY_CHECK,
        "0 woken\n0 live a\n0 way\n1 media\n9 stop\n10 stopped 9",
        expect![[r#"
        0 woken
            Check
        0 live a
            open a
            AskStreams
        0 way
            Receive
            look at 30
        1 media
        9 stop
        10 stopped 9
            close: stopped
            Done(Stopped)
    "#]],
    );
}

#[test]
fn a_kept_session_goes_on_with_the_same_broadcast() {
    check_kept(
        BY_CHECK,
        Some(("a", 7_200)),
        "0 woken\n1 live a/new title\n1 way\n2 media",
        expect![[r#"
        0 woken
            Check
        1 live a/new title
            take up a
            AskStreams
        1 way
            Receive
            look at 31
        2 media
    "#]],
    );
}

#[test]
fn a_kept_session_is_over_with_the_first_definite_verdict_that_says_so() {
    check_kept(
        BY_CHECK,
        Some(("a", 5)),
        "0 woken\n1 dark",
        expect![[r#"
        0 woken
            Check
        1 dark
            close: offline
            look at 31
    "#]],
    );
    check_kept(
        BY_CHECK,
        Some(("a", 5)),
        "0 woken\n1 live b\n1 way",
        expect![[r#"
        0 woken
            Check
        1 live b
            close: another broadcast
            open b
            AskStreams
        1 way
            Receive
            look at 31
    "#]],
    );
}

#[test]
fn what_is_not_known_ends_no_kept_session() {
    let story = "0 woken\n1 lost\n3 woken\n4 limited 600\n604 wall\n2404 woken\n2405 live a\n2405 way";
    check_kept(
        BY_CHECK,
        Some(("a", 5)),
        story,
        expect![[r#"
        0 woken
            Check
        1 lost
            wake at 2
        3 woken
            Check
        4 limited 600
            look at 34
        604 wall
            wake at 2404
        2404 woken
            Check
        2405 live a
            take up a
            AskStreams
        2405 way
            Receive
            look at 2435
    "#]],
    );
    check_kept(
        BY_CHECK,
        Some(("a", 5)),
        "0 woken\n1 lost\n2 leave",
        expect![[r#"
        0 woken
            Check
        1 lost
            wake at 2
        2 leave
            KeepSession
            Done(Stopped)
    "#]],
    );
}

#[test]
fn where_nothing_names_the_broadcast_the_grace_decides() {
    check_kept(
        BY_CHECK,
        Some(("?", 50)),
        "0 woken\n5 live ?",
        expect![[r#"
        0 woken
            Check
        5 live ?
            take up 
            AskStreams
    "#]],
    );
    check_kept(
        BY_CHECK,
        Some(("?", 50)),
        "0 woken\n15 live ?",
        expect![[r#"
        0 woken
            Check
        15 live ?
            close: another broadcast
            open 
            AskStreams
    "#]],
    );
    check_kept(
        BY_MEDIA,
        Some(("?", 50)),
        "0 woken\n0 live ?\n0 way\n1 404\n2 woken\n70 404",
        expect![[r#"
            0 woken
                Check
            0 live ?
                take up 
                AskStreams
            0 way
                Receive
            1 404
                AskStreams
            2 woken
            70 404
                close: offline
                look at 100
        "#]],
    );
}

#[test]
fn while_the_platform_rests_the_last_way_is_tried() {
    let story = "0 woken\n0 live a\n0 way\n1 media\n99 broken 98\n99 last\n100 broken\n100 last\n102 broken\n104 woken\n104 resting 600\n109 woken\n109 resting 600\n117 woken\n117 way";
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
        1 media
        99 broken 98
            AskStreams
        99 last
            Receive
            look at 129
        100 broken
            wake at 101
        100 last
            Receive
            look at 130
        102 broken
            wake at 104
        104 woken
            AskStreams
        104 resting 600
            wake at 112
        109 woken
            AskStreams
        109 resting 600
            wake at 125
        117 woken
            AskStreams
        117 way
            Receive
            look at 147
    "#]],
    );
}

#[test]
fn a_person_may_ask_at_any_time() {
    check(
        BY_CHECK,
        "0 woken\n0 dark\n5 asked\n5 asked\n6 dark",
        expect![[r#"
        0 woken
            Check
        0 dark
            look at 30
        5 asked
            Check
        5 asked
        6 dark
            look at 36
    "#]],
    );
    check(
        BY_CHECK,
        "0 woken\n0 live a\n0 way\n9 asked\n9 live a",
        expect![[r#"
        0 woken
            Check
        0 live a
            open a
            AskStreams
        0 way
            Receive
            look at 30
        9 asked
            Check
        9 live a
            look at 39
    "#]],
    );
    check(
        BY_CHECK,
        "0 woken\n0 live a\n0 unusable\n9 asked\n9 way",
        expect![[r#"
        0 woken
            Check
        0 live a
            open a
            AskStreams
        0 unusable
            wake at 90
        9 asked
            AskStreams
        9 way
            Receive
            look at 39
    "#]],
    );
}
