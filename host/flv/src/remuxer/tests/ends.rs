//! Where a sequence ends and another follows, and where something never comes.

use expect_test::expect;

use super::check;

#[test]
fn no_audio_header_ever() {
    check(
        "V 0 header
         V 0 key
         A 0
         V 40
         A 23
         V 3000 key
         A 3000",
        expect![[r#"
            -- Start
            V 0 header 720p
            -- note jump gap jump 2920 ms
            -- note unconfigured 3 tags
            V 0 key
            V 40
            V 80 key
        "#]],
    );
}

#[test]
fn no_video_header_ever() {
    check(
        "A 0 header
         V 0 key
         A 0
         V 40
         A 23
         V 3000 key
         A 3000",
        expect![[r#"
            -- Start
            A 0 header
            -- note jump gap jump 2954 ms
            -- note unconfigured 3 tags
            A 0
            A 23
            A 46
        "#]],
    );
}

#[test]
fn first_video_header_after_written_sound() {
    check(
        "A 0 header
         A 0
         A 1000
         A 2000
         A 2023
         V 2030 header
         V 2030 key
         A 2046
         V 2070",
        expect![[r#"
            -- Start
            A 0 header
            A 0
            A 1000
            A 2000
            A 2023
            -- LateHeader(Video)
            V 0 header 720p
            A 0 header
            V 0 key
            A 16
            V 40
        "#]],
    );
}

#[test]
fn end_of_sequence_then_another() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         A 0
         V 40
         A 23
         V 80 end
         A 46 header
         V 80 header 1080p
         V 80 key
         A 46
         V 120",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            V 40
            A 23
            V 80 end
            -- note configuration_repeated 1 tags
            -- HeaderChanged(Video)
            V 0 header 1080p
            A 0 header
            V 34 key
            A 0
            V 74
        "#]],
    );
}

#[test]
fn end_of_both_sequences_then_the_same() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         A 0
         V 40
         A 23
         V 80 end
         flv
         S 0 onMetaData width=1280
         V 0 header
         A 0 header
         V 80 key
         A 46
         V 120",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            V 40
            A 23
            V 80 end
            -- note header_repeated
            -- note script 1 tags
            -- note configuration_repeated 1 tags
            V 80 key
            -- note configuration_repeated 1 tags
            A 46
            V 120
        "#]],
    );
}

#[test]
fn file_joined_to_another_of_the_same_configuration() {
    check(
        "V 0 header
         A 0 header
         V 0 key #1
         A 0 15 #1
         V 1000 30 #2
         A 1000 15 #2
         flv
         V 0 header
         A 0 header
         V 0 key #3
         A 0 15 #3
         V 40 30 #4
         A 23 15 #4",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key #1
            A 0 #1
            V 1000 #2
            A 1000 #2
            -- note header_repeated
            -- note configuration_repeated 1 tags
            -- note jump
            V 2000 key #3
            -- note configuration_repeated 1 tags
            A 2000 #3
            V 2040 #4
            A 2023 #4
        "#]],
    );
}

#[test]
fn file_joined_to_another_configuration() {
    check(
        "V 0 header
         A 0 header
         V 0 key #1
         A 0 15 #1
         V 1000 30 #2
         A 1000 15 #2
         flv
         V 0 header 1080p
         A 0 header
         V 0 key #3
         A 0 15 #3
         V 40 30 #4
         A 23 15 #4",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key #1
            A 0 #1
            V 1000 #2
            A 1000 #2
            -- note header_repeated
            -- HeaderChanged(Video)
            V 0 header 1080p
            A 0 header
            -- note jump
            -- note configuration_repeated 1 tags
            V 0 key #3
            A 0 #3
            V 40 #4
            A 23 #4
        "#]],
    );
}

#[test]
fn headers_without_media() {
    check(
        "V 0 header
         A 0 header
         V 0 header 1080p
         A 0 header mono",
        expect![[r#""#]],
    );
}

#[test]
fn changed_header_as_the_last_tag() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         A 0
         V 40
         A 23
         V 80 header 1080p",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            V 40
            A 23
        "#]],
    );
}

/// A stream of intra refresh alone is waited for once.
#[test]
fn cut_without_key_frames_loses_nothing() {
    check(
        "V 0 header
         V 0
         V 10000
         V 20000
         V 21000
         V 22000
         cut now
         V 23000
         V 24000
         V 25000
         V 26000 key
         cut now
         V 27000
         V 28000 key",
        expect![[r#"
            -- Start
            V 0 header 720p
            -- note no_key_frame 1 tags
            -- note before_key_frame 2 tags
            V 0
            V 1000
            V 2000
            -- Asked(Duration)
            V 0 header 720p
            V 0
            V 1000
            V 2000
            V 3000 key
            -- Asked(Duration)
            V 0 header 720p
            -- note before_key_frame 1 tags
            V 0 key
        "#]],
    );
}
