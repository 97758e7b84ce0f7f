//! New connections by another clock.

use expect_test::expect;

use super::super::check;

#[test]
fn overlap_with_the_clock_set_anew() {
    check(
        "V 10000 header
         A 10000 header
         V 10000 key #1
         A 10000 15 #1
         V 10040 30 #2
         A 10023 15 #2
         V 10080 30 #3
         A 10046 15 #3
         reconnect 3000
         V 0 header
         A 0 header
         V 0 key #1
         A 0 15 #1
         V 40 30 #2
         A 23 15 #2
         V 80 30 #3
         V 120 30 #4
         A 46 15 #3
         A 69 15 #4",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key #1
            A 0 #1
            V 40 #2
            A 23 #2
            V 80 #3
            A 46 #3
            -- note repeat 3 tags
            V 120 #4
            -- note repeat 3 tags
            A 69 #4
        "#]],
    );
}

#[test]
fn clock_set_anew_without_overlap() {
    check(
        "V 10000 header
         A 10000 header
         V 10000 key #1
         A 10000 15 #1
         V 10040 30 #2
         A 10023 15 #2
         reconnect 3000
         V 0 header
         A 0 header
         A 0 15 #3
         V 0 30 #3
         A 23 15 #4
         V 40 key #4
         V 80 30 #5",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key #1
            A 0 #1
            V 40 #2
            A 23 #2
            -- note connection gap connection 3000 ms
            A 46 #3
            A 69 #4
            -- note before_key_frame 1 tags
            V 86 key #4
            V 126 #5
        "#]],
    );
}

#[test]
fn restarted_encoder_joined_late() {
    check(
        "V 0 header
         A 0 header
         V 0 key #1
         A 0 15 #1
         V 9000 key #2
         A 9000 15 #2
         V 9040 30 #3
         A 9023 15 #3
         reconnect 3000
         V 0 header
         A 0 header
         A 7000 15 #4
         V 7000 key #4
         A 7023 15 #5
         V 7040 30 #5
         V 7080 30 #6",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key #1
            A 0 #1
            V 9000 key #2
            A 9000 #2
            V 9040 #3
            A 9023 #3
            -- note connection gap connection 3000 ms
            A 15778 #4
            V 15778 key #4
            A 15801 #5
            V 15818 #5
            V 15858 #6
        "#]],
    );
}

/// Behind what was sent again the clock is set anew: from there on nothing was received before, whatever its time says.
#[test]
fn a_clock_set_anew_behind_what_was_sent_again() {
    check(
        "V 0 header
         V 100000 key 30 #1
         V 100040 30 #2
         V 100080 30 #3
         V 100120 30 #4
         reconnect 1000
         V 0 header
         V 100000 key 30 #1
         V 100040 30 #2
         V 100080 30 #3
         V 100120 30 #4
         flv
         V 0 header
         V -9000 key 30 #5
         V -8960 30 #6
         V -8920 30 #7",
        expect![[r#"
            -- Start
            V 0 header 720p
            -- note header_repeated
            -- note configuration_repeated 1 tags
            -- note repeat 4 tags
            -- note connection gap connection 1000 ms
            V 0 key 30 #1
            V 40 #2
            V 80 #3
            V 120 #4
            V 160 key 30 #5
            V 200 #6
            V 240 #7
        "#]],
    );
}

/// What is sent live lies, by its clock, in a hole of what was received, and nothing that it could repeat is near.
#[test]
fn a_clock_between_two_that_were_received_is_not_waited_for() {
    check(
        "V 0 header
         A 0 header
         V 0 key #1
         A 0 15 #1
         V 40 30 #2
         A 23 15 #2
         reconnect 300
         V 42000 key #3
         A 42000 15 #3
         V 42040 30 #4
         A 42023 15 #4
         reconnect 300
         V 1461 key #5
         A 1461 15 #5
         V 1501 30 #6
         A 1484 15 #6
         cut now
         V 1541 key #7
         A 1541 15 #7",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key #1
            A 0 #1
            V 40 #2
            A 23 #2
            -- note connection gap connection 41920 ms
            V 80 key #3
            A 80 #3
            V 120 #4
            A 103 #4
            -- note connection gap connection 300 ms
            V 160 key #5
            A 160 #5
            V 200 #6
            A 183 #6
            -- Asked(Duration)
            V 0 header 720p
            A 0 header
            V 0 key #7
            A 0 #7
        "#]],
    );
}
