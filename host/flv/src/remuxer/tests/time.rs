//! What senders do to their clocks.

use expect_test::expect;

use super::check;

#[test]
fn starts_below_zero_and_wraps() {
    check(
        "V 4294967200 header
         A 4294967200 header
         V 4294967200 key
         A 4294967200
         V 4294967240
         V 4294967280
         V 24
         A 30",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            V 40
            V 80
            V 120
            A 126
        "#]],
    );
}

#[test]
fn crosses_2_31() {
    check(
        "V 2147483600 header
         A 0 header
         V 2147483600 key
         A 2147483600
         V 2147483640
         V 2147483680
         A 2147483690",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            V 40
            V 80
            A 90
        "#]],
    );
}

#[test]
fn upper_byte_is_never_filled() {
    check(
        "V 16777100 header
         A 0 header
         V 16777100 key
         A 16777100
         V 16777140
         V 16777180
         A 16777190
         V 4
         A 10
         V 44",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            V 40
            V 80
            A 90
            -- note short_clock 1 tags
            V 120
            A 126
            V 160
        "#]],
    );
}

#[test]
fn jump_forward() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         A 0
         A 23
         V 40
         A 46
         V 80
         A 69
         V 30080
         A 30092
         V 30120
         A 30115",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            A 23
            V 40
            A 46
            V 80
            A 69
            -- note jump gap jump 29960 ms
            V 120
            A 132
            V 160
            A 155
        "#]],
    );
}

#[test]
fn clock_reset() {
    check(
        "V 1300000000 header
         A 1300000000 header
         V 1300000000 key
         A 1300000000
         A 1300000023
         V 1300000040
         A 1300000046
         V 0 key
         A 5
         V 40
         A 28",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            A 23
            V 40
            A 46
            -- note jump
            V 80 key
            A 85
            V 120
            A 108
        "#]],
    );
}

#[test]
fn small_steps_back_at_each_key_frame() {
    check(
        "V 0 header
         V 0 key
         V 100
         V 200
         V 130 key
         V 230
         V 330
         V 260 key
         V 360
         V 460",
        expect![[r#"
            -- note jump
            -- note jump
            -- Start
            V 0 header 720p
            V 0 key
            V 100
            V 200
            V 200 key
            V 230
            V 330
            V 330 key
            V 360
            V 460
        "#]],
    );
}

#[test]
fn slide_show() {
    check(
        "V 0 header
         V 0 key
         V 2000 key
         V 4000 key
         V 6000 key",
        expect![[r#"
            -- Start
            V 0 header 720p
            V 0 key
            V 2000 key
            V 4000 key
            V 6000 key
        "#]],
    );
}

#[test]
fn first_audio_tags_at_zero() {
    check(
        "V 1300000 header
         A 0 header
         A 0
         A 0
         V 1300000 key
         A 1300010
         V 1300040
         A 1300033",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            A 0
            A 0
            V 0 key
            A 10
            V 40
            A 33
        "#]],
    );
}

#[test]
fn audio_late_in_file_order() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         V 40
         V 80
         A 0
         A 23
         V 120
         cut
         V 160 key
         A 46
         A 100
         A 160
         V 200",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            V 40
            V 80
            A 0
            A 23
            V 120
            -- Asked(Size)
            V 0 header 720p
            A 0 header
            V 114 key
            A 0
            A 54
            A 114
            V 154
        "#]],
    );
}

#[test]
fn clocks_far_apart() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         A 50000
         V 40
         A 50023
         V 80
         A 50046",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 50000
            -- note tracks_apart 1 tags
            V 40
            A 50023
            V 80
            A 50046
        "#]],
    );
}
