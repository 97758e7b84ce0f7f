//! Where a segment begins.

use expect_test::expect;

use super::check;

#[test]
fn audio_only() {
    check(
        "A 0 mp3
         A 1000 mp3
         A 2000 mp3",
        expect![[r#"
            -- Start
            A 0 mp3
            A 1000 mp3
            A 2000 mp3
        "#]],
    );
}

#[test]
fn joined_in_mid_group() {
    check(
        "V 1000 header
         A 1000 header
         A 1000
         V 1000
         A 1023
         V 1040
         A 1046
         V 1080 key
         A 1070
         A 1093
         V 1120",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            -- note before_key_frame 2 tags
            -- note before_key_frame 3 tags
            V 10 key
            A 0
            A 23
            V 50
        "#]],
    );
}

#[test]
fn never_a_key_frame() {
    check(
        "V 0 header
         V 0
         V 10000
         V 20000
         V 20040",
        expect![[r#"
            -- Start
            V 0 header 720p
            -- note no_key_frame 1 tags
            -- note before_key_frame 2 tags
            V 0
            V 40
        "#]],
    );
}

#[test]
fn a_jump_of_the_clock_is_no_waiting() {
    check(
        "V 1000 header
         V 1000
         V 1040
         V 900000
         V 900040
         V 900080 key
         V 900120",
        expect![[r#"
            -- Start
            V 0 header 720p
            -- note before_key_frame 4 tags
            V 0 key
            V 40
        "#]],
    );
}

#[test]
fn asked_to_cut() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         A 0
         cut
         V 40
         A 30
         V 80 key #1
         A 70
         A 93
         V 120
         cut now
         V 160
         A 116
         V 200 key
         A 200",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            V 40
            A 30
            -- Asked(Size)
            V 0 header 720p
            A 0 header
            V 10 key #1
            A 0
            A 23
            V 50
            -- Asked(Duration)
            V 0 header 720p
            A 0 header
            -- note before_key_frame 1 tags
            A 0
            V 84 key
            A 84
        "#]],
    );
}

/// The clock jumps while the key frame is waited for; that is no time that has passed.
#[test]
fn jump_before_the_key_frame() {
    check(
        "V 0 header
         V 0
         V 40
         V 30040
         V 30080
         V 30120 key
         V 30160",
        expect![[r#"
            -- Start
            V 0 header 720p
            -- note before_key_frame 4 tags
            V 0 key
            V 40
        "#]],
    );
}
