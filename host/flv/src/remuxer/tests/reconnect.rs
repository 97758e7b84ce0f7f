//! What a new connection sends again.

mod clocks;

use expect_test::expect;

use super::{check, remux};
use crate::remuxer::{Options, Repeats};

#[test]
fn goes_on_without_overlap() {
    check(
        "V 10000 header
         A 10000 header
         V 10000 key #1
         A 10000 15 #1
         V 10040 30 #2
         A 10023 15 #2
         reconnect 3000
         V 13000 header
         A 13000 header
         A 13000 15 #3
         V 13000 30 #3
         A 13023 15 #4
         V 13040 key #4
         V 13080 30 #5",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key #1
            A 0 #1
            V 40 #2
            A 23 #2
            -- note connection gap connection 2954 ms
            A 46 #3
            A 69 #4
            -- note before_key_frame 1 tags
            V 86 key #4
            V 126 #5
        "#]],
    );
}

#[test]
fn overlap_with_the_same_clock() {
    check(
        "V 10000 header
         A 10000 header
         V 10000 key #1
         A 10000 15 #1
         V 10040 30 #2
         A 10023 15 #2
         V 10080 30 #3
         reconnect 3000
         S 0 onMetaData
         V 0 header
         A 0 header
         V 10000 key #1
         A 10000 15 #1
         V 10040 30 #2
         A 10023 15 #2
         V 10080 30 #3
         A 10046 15 #3
         V 10120 30 #4",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key #1
            A 0 #1
            V 40 #2
            A 23 #2
            V 80 #3
            -- note repeat 2 tags
            A 46 #3
            -- note repeat 3 tags
            V 120 #4
        "#]],
    );
}

#[test]
fn other_configuration_after_the_break() {
    check(
        "V 10000 header
         A 10000 header
         V 10000 key #1
         A 10000 15 #1
         V 10040 30 #2
         reconnect 3000
         V 0 header 1080p
         A 0 header
         V 0 key #9
         A 0 15 #9
         V 40 30 #8",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key #1
            A 0 #1
            V 40 #2
            -- HeaderChanged(Video)
            V 0 header 1080p
            A 0 header
            -- note connection gap connection 3000 ms
            V 0 key #9
            A 0 #9
            V 40 #8
        "#]],
    );
}

#[test]
fn silence_is_no_overlap() {
    check(
        "V 10000 header
         A 10000 header
         V 10000 key #1
         A 10000
         A 10023
         A 10046
         V 10040 30 #2
         reconnect 3000
         A 0
         A 23
         A 46
         V 40 key #4
         A 69
         V 80 30 #5",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key #1
            A 0
            A 23
            A 46
            V 40 #2
            -- note connection gap connection 3000 ms
            A 69
            A 92
            A 115
            V 109 key #4
            A 138
            V 149 #5
        "#]],
    );
}

#[test]
fn broken_twice_within_the_overlap() {
    check(
        "V 10000 header
         V 10000 key #1
         V 10040 30 #2
         V 10080 30 #3
         reconnect 1000
         V 10000 key #1
         V 10040 30 #2
         reconnect 1000
         V 10000 key #1
         V 10040 30 #2
         V 10080 30 #3
         V 10120 30 #4",
        expect![[r#"
            -- Start
            V 0 header 720p
            -- note repeat 5 tags
            V 0 key #1
            V 40 #2
            V 80 #3
            V 120 #4
        "#]],
    );
}

#[test]
fn repeats_are_kept_if_wished() {
    let input = "V 0 header
         V 0 key
         V 1000 30 #1
         V 2000 30 #2
         reconnect 700
         V 0 header
         V 0 key
         V 1000 30 #1";
    expect![[r#"
        -- Start
        V 0 header 720p
        V 0 key
        V 1000 #1
        V 2000 #2
        -- note connection gap connection 700 ms
        V 3000 key
        V 4000 #1
    "#]]
    .assert_eq(&remux(input, Options { repeats: Repeats::Keep }));
}

#[test]
fn one_track_begins_before_its_end() {
    check(
        "V 10000 header
         A 10000 header
         V 10000 key #1
         A 10000 15 #1
         A 10023 15 #2
         A 10046 15 #3
         reconnect 1000
         V 10040 key #2
         A 10023 15 #2
         A 10046 15 #9
         A 10069 15 #4",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key #1
            A 0 #1
            A 23 #2
            A 46 #3
            V 40 key #2
            -- note repeat 1 tags
            A 46 #9
            A 69 #4
        "#]],
    );
}
