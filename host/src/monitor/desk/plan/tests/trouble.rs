//! Calls that fail, platforms that want rest, answers that nobody can read.

use expect_test::expect;

use super::*;

#[test]
fn a_call_that_fails_is_asked_again_in_halves_and_the_bad_room_alone_ever_after() {
    check(
        terms(8, "100/s"),
        "0 now a b c d e
         0.1 look
         1 ends 1 fault
         2 ends 2 good
         3 ends 3 fault
         4 ends 4 good
         5 ends 5 fault
         6 ends 6 good
         7 ends 7 fault
         10 now a b c d e
         10.1 look
         11 ends 8 good
         12 ends 9 good
         20 now a b c d e
         20.1 look",
        expect![[r#"
            0 now a b c d e
                wait until 0.1
            0.1 look
                1 Check a b c d e
            1 ends 1 fault
                in halves
                2 Check a b
                3 Check c d e
            2 ends 2 good
            3 ends 3 fault
                in halves
                4 Check c
                5 Check d e
            4 ends 4 good
            5 ends 5 fault
                in halves
                6 Check d
                7 Check e
            6 ends 6 good
            7 ends 7 fault
            10 now a b c d e
                wait until 10.1
            10.1 look
                8 Check a b c d
                9 Check e
            11 ends 8 good
            12 ends 9 good
            20 now a b c d e
                wait until 20.1
            20.1 look
                10 Check a b c d e
        "#]],
    );
}

#[test]
fn where_all_is_late_halves_are_not_asked_for_ever() {
    check(
        terms(8, "100/s"),
        "0 now a b c d
         0.1 look
         20 ends 1 late
         40 ends 2 late
         40 ends 3 late
         60 now a b c d
         60.1 look
         80 ends 4 late
         81 ends 5 good
         100 ends 6 late",
        expect![[r#"
            0 now a b c d
                wait until 0.1
            0.1 look
                1 Check a b c d
            20 ends 1 late
                in halves
                2 Check a b
                3 Check c d
            40 ends 2 late
            40 ends 3 late
            60 now a b c d
                wait until 60.1
            60.1 look
                4 Check a b c d
            80 ends 4 late
                in halves
                5 Check a b
                6 Check c d
            81 ends 5 good
            100 ends 6 late
                in halves
                7 Check c
                8 Check d
        "#]],
    );
}

#[test]
fn a_call_that_the_host_could_not_make_says_nothing_of_its_rooms() {
    check(
        terms(8, "100/s"),
        "0 now a b\n0.1 look\n5 ends 1 busy\n6 now a b\n6.1 look",
        expect![[r#"
        0 now a b
            wait until 0.1
        0.1 look
            1 Check a b
        5 ends 1 busy
        6 now a b
            wait until 6.1
        6.1 look
            2 Check a b
    "#]],
    );
}

#[test]
fn a_rest_holds_up_checks_and_refuses_streams() {
    check(
        terms(8, "100/s"),
        "0 now a b
         0.1 look
         1 ends 1 good limited:600
         2 at 31 a b
         3 now c
         4 streams d
         100 streams d
         601 look
         601.5 streams d
         602 ends 2 good
         603 look
         604 now a
         604 resolve e",
        expect![[r#"
            0 now a b
                wait until 0.1
            0.1 look
                1 Check a b
            1 ends 1 good limited:600
                Rests(600s, "slow down")
                wait until 601
            2 at 31 a b
                wait until 601
            3 now c
                wait until 601
            4 streams d
                refuse 6, 597 s left
                wait until 601
            100 streams d
                refuse 7, 501 s left
                wait until 601
            601 look
                2 Check c a b
            601.5 streams d
                3 Streams d
            602 ends 2 good
                AnswersAgain
            603 look
            604 now a
                wait until 604.1
            604 resolve e
                4 Resolve e
                wait until 604.1
        "#]],
    );
}

#[test]
fn rests_without_a_named_time_grow_until_an_answer_comes() {
    check(
        terms(1, "100/s"),
        "0 resolve a
         1 ends 1 limited
         1 at 1 a b c d
         31 look
         32 ends 2 limited
         92 look
         93 ends 3 limited:500
         593 look
         594 ends 4 good
         595 ends 5 limited:5",
        expect![[r#"
            0 resolve a
                1 Resolve a
            1 ends 1 limited
                Rests(30s, "slow down")
                wait until 31
            1 at 1 a b c d
                wait until 31
            31 look
                2 Check a
            32 ends 2 limited
                Rests(60s, "slow down")
                wait until 92
            92 look
                3 Check b
            93 ends 3 limited:500
                Rests(500s, "slow down")
                wait until 593
            593 look
                4 Check c
            594 ends 4 good
                AnswersAgain
                5 Check d
            595 ends 5 limited:5
                Rests(30s, "slow down")
                wait until 625
        "#]],
    );
}

#[test]
fn calls_that_were_under_way_do_not_lengthen_a_rest_by_themselves() {
    check(
        terms(1, "100/s"),
        "0 now a b c
         1 ends 1 limited
         2 ends 2 limited
         3 ends 3 good
         4 now d
         31 look
         40 ends 4 lost
         41 now e
         42 ends 5 good",
        expect![[r#"
            0 now a b c
                1 Check a
                2 Check b
                3 Check c
            1 ends 1 limited
                Rests(30s, "slow down")
                wait until 31
            2 ends 2 limited
                wait until 31
            3 ends 3 good
                wait until 31
            4 now d
                wait until 31
            31 look
                4 Check d
            40 ends 4 lost
            41 now e
                5 Check e
            42 ends 5 good
                AnswersAgain
        "#]],
    );
}

#[test]
fn a_broken_recording_may_ask_once_a_minute_in_a_rest_that_the_platform_did_not_name() {
    check(
        terms(1, "100/s"),
        "0 resolve a
         1 ends 1 limited
         31 resolve a
         32 ends 2 limited
         60 streams b
         92 resolve a
         93 ends 3 limited
         152 streams b
         153 streams b
         153 streams c
         154 ends 4 lost
         155 streams b
         213 streams b
         214 ends 5 limited
         274 streams b
         275 ends 6 good
         276 now b",
        expect![[r#"
            0 resolve a
                1 Resolve a
            1 ends 1 limited
                Rests(30s, "slow down")
                wait until 31
            31 resolve a
                2 Resolve a
            32 ends 2 limited
                Rests(60s, "slow down")
                wait until 92
            60 streams b
                refuse 3, 32 s left
                wait until 92
            92 resolve a
                3 Resolve a
            93 ends 3 limited
                Rests(120s, "slow down")
                wait until 213
            152 streams b
                refuse 5, 61 s left
                wait until 213
            153 streams b
                4 Streams b
                wait until 213
            153 streams c
                refuse 7, 60 s left
                wait until 213
            154 ends 4 lost
                wait until 213
            155 streams b
                refuse 8, 58 s left
                wait until 213
            213 streams b
                5 Streams b
            214 ends 5 limited
                Rests(240s, "slow down")
                wait until 454
            274 streams b
                6 Streams b
                wait until 454
            275 ends 6 good
                AnswersAgain
            276 now b
                7 Check b
        "#]],
    );
}

#[test]
fn answers_that_several_rooms_cannot_be_read_from_are_told_once() {
    check(
        terms(1, "100/s"),
        "0 now a b a
         1 ends 1 unreadable
         1 ends 2 unreadable
         1 ends 3 unreadable
         2 streams c
         3 ends 4 unreadable
         4 now d
         5 ends 5 unreadable
         6 now a
         7 ends 6 good
         8 now a b c
         9 ends 7 unreadable
         9 ends 8 unreadable
         9 ends 9 unreadable",
        expect![[r#"
            0 now a b a
                1 Check a
                2 Check b
                3 Check a
            1 ends 1 unreadable
            1 ends 2 unreadable
            1 ends 3 unreadable
            2 streams c
                4 Streams c
            3 ends 4 unreadable
                NeedsUpdate
            4 now d
                5 Check d
            5 ends 5 unreadable
            6 now a
                6 Check a
            7 ends 6 good
            8 now a b c
                7 Check a
                8 Check b
                9 Check c
            9 ends 7 unreadable
            9 ends 8 unreadable
            9 ends 9 unreadable
                NeedsUpdate
        "#]],
    );
}
