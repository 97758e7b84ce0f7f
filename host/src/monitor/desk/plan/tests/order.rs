//! Who comes first, who comes along, and what it costs.

use expect_test::expect;

use super::*;

#[test]
fn streams_go_first_then_ids_and_first_checks_then_what_is_due_longest() {
    check(
        terms(1, "1/s"),
        "0 at 0 a
         0.1 at 8 b
         0.2 at 7 c
         0.3 now d
         0.4 resolve e
         0.5 streams f
         0.6 ends 1 good
         3 look
         4 ends 2 good
         5 ends 3 good
         7.5 look
         8 look
         9.5 look",
        expect![[r#"
            0 at 0 a
                1 Check a
            0.1 at 8 b
                wait until 8
            0.2 at 7 c
                wait until 7
            0.3 now d
                wait until 1.001
            0.4 resolve e
                wait until 1.001
            0.5 streams f
                2 Streams f
                wait until 2.001
            0.6 ends 1 good
                wait until 2.001
            3 look
                3 Resolve e
                wait until 4.001
            4 ends 2 good
                4 Check d
                wait until 7
            5 ends 3 good
                wait until 7
            7.5 look
                5 Check c
                wait until 8.501
            8 look
                wait until 8.501
            9.5 look
                6 Check b
        "#]],
    );
}

#[test]
fn one_call_is_left_for_a_live_room() {
    check(
        terms(1, "100/s"),
        "0 now a b c d e
         1 streams f g
         2 ends 1 good
         3 ends 4 good",
        expect![[r#"
            0 now a b c d e
                1 Check a
                2 Check b
                3 Check c
            1 streams f g
                4 Streams f
            2 ends 1 good
                5 Streams g
            3 ends 4 good
                6 Check d
        "#]],
    );
}

#[test]
fn rooms_that_drifted_apart_are_gathered() {
    check(
        terms(50, "2/s"),
        "0 at 10 a
         0 at 20 b
         0 at 26 c
         10 look
         11 ends 1 good
         11 at 41 a b
         26 look
         27 ends 2 good
         27 at 57 c
         41 look",
        expect![[r#"
            0 at 10 a
                wait until 10
            0 at 20 b
                wait until 10
            0 at 26 c
                wait until 10
            10 look
                1 Check a b
                wait until 26
            11 ends 1 good
                wait until 26
            11 at 41 a b
                wait until 26
            26 look
                2 Check c a b
            27 ends 2 good
            27 at 57 c
                wait until 57
            41 look
                wait until 57
        "#]],
    );
}

#[test]
fn first_checks_wait_a_moment_for_each_other_and_take_others_along() {
    check(
        terms(3, "2/s"),
        "0 at 12 r
         1 now a
         1.05 now b
         1.1 look
         2 ends 1 good
         3 now c d e",
        expect![[r#"
            0 at 12 r
                wait until 12
            1 now a
                wait until 1.1
            1.05 now b
                wait until 1.1
            1.1 look
                1 Check a b r
            2 ends 1 good
            3 now c d e
                2 Check c d e
        "#]],
    );
}

#[test]
fn what_a_call_made_beyond_its_first_request_is_paid_afterwards_but_not_by_live_rooms() {
    check(
        terms(50, "2/s"),
        "0 at 0 a b
         1 ends 1 good +12
         1 now c
         1 streams a
         1.2 ends 2 good +3
         1.3 streams b
         3 look
         7.3 look",
        expect![[r#"
            0 at 0 a b
                1 Check a b
            1 ends 1 good +12
            1 now c
                wait until 5.501
            1 streams a
                2 Streams a
                wait until 6.001
            1.2 ends 2 good +3
                wait until 7.001
            1.3 streams b
                wait until 2.001
            3 look
                3 Streams b
                wait until 7.501
            7.3 look
                wait until 7.501
        "#]],
    );
}

#[test]
fn a_call_without_a_request_costs_nothing() {
    check(
        terms(1, "30/m"),
        "0 resolve a b c
         0.1 ends 1 good +0
         0.2 ends 2 good +0
         0.3 ends 3 good +1
         0.4 resolve d",
        expect![[r#"
            0 resolve a b c
                1 Resolve a
                wait until 2.001
            0.1 ends 1 good +0
                2 Resolve b
                wait until 2.101
            0.2 ends 2 good +0
                3 Resolve c
            0.3 ends 3 good +1
            0.4 resolve d
                wait until 2.201
        "#]],
    );
}

#[test]
fn a_withdrawn_question_is_not_asked() {
    check(
        terms(8, "100/s"),
        "0 at 5 a b
         1 withdraw 1
         1 withdraw 1
         5 withdraw 2
         6 now c d e f
         6.1 look
         6.1 ends 1 fault
         6.2 withdraw 3",
        expect![[r#"
            0 at 5 a b
                wait until 5
            1 withdraw 1
                withdrawn: true
                wait until 5
            1 withdraw 1
                withdrawn: false
                wait until 5
            5 withdraw 2
                withdrawn: true
            6 now c d e f
                wait until 6.1
            6.1 look
                1 Check c d e f
            6.1 ends 1 fault
                in halves
                2 Check c d
                3 Check e f
            6.2 withdraw 3
                withdrawn: false
        "#]],
    );
}
