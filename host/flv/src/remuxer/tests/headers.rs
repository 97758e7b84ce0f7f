//! Decoder configurations, metadata, and the cuts that they make.

use expect_test::expect;

use super::check;

#[test]
fn plain_stream() {
    check(
        "S 0 onMetaData width=1280
         V 0 header 720p
         A 0 header
         V 0 key
         A 0
         A 23
         V 40 30
         V 80 key",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            A 23
            V 40
            V 80 key
        "#]],
    );
}

#[test]
fn same_header_again() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         A 0
         V 40 header
         V 40 key first=17
         A 40 header first=ae
         A 46",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            -- note configuration_repeated 1 tags
            V 40 key
            -- note configuration_repeated 1 tags
            A 46
        "#]],
    );
}

#[test]
fn changed_video_header() {
    check(
        "V 0 header
         A 0 header
         V 1000 key
         A 1000
         A 1023
         V 1040 header 1080p
         V 1040 key
         A 1046
         V 1080",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            A 23
            -- HeaderChanged(Video)
            V 0 header 1080p
            A 0 header
            V 0 key
            A 6
            V 40
        "#]],
    );
}

#[test]
fn changed_audio_header_in_mid_group() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         A 0
         V 40
         A 46 header mono
         A 46
         V 80
         A 92
         V 120 key
         A 138",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            V 40
            -- HeaderChanged(Audio)
            V 0 header 720p
            A 0 header mono
            A 0
            A 46
            -- note before_key_frame 1 tags
            V 74 key
            A 92
        "#]],
    );
}

#[test]
fn both_headers_changed() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         A 0
         V 40 header 1080p
         A 40 header mono
         V 40 key
         A 40
         V 80",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            -- HeaderChanged(Video)
            V 0 header 1080p
            A 0 header mono
            V 0 key
            A 0
            V 40
        "#]],
    );
}

#[test]
fn header_changed_and_taken_back() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         A 0
         V 40 header 1080p
         V 40 header 720p
         V 40
         A 46",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            V 40
            A 46
        "#]],
    );
}

#[test]
fn several_headers_before_media() {
    check(
        "V 0 header 1080p
         A 0 header mono
         V 0 header 720p
         A 0 header
         V 0 key
         A 0",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
        "#]],
    );
}

#[test]
fn audio_header_late_is_moved_to_the_front() {
    check(
        "V 0 header
         V 0 key
         V 40
         A 50
         A 60 header
         A 60
         V 80",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            -- note unconfigured 1 tags
            V 0 key
            V 40
            A 60
            V 80
        "#]],
    );
}

#[test]
fn first_audio_header_after_written_media() {
    check(
        "V 0 header
         V 0 key
         V 1000
         V 2000
         A 2010 header
         A 2010
         V 2040
         V 3000 key
         A 3010",
        expect![[r#"
            -- Start
            V 0 header 720p
            V 0 key
            V 1000
            V 2000
            -- LateHeader(Audio)
            V 0 header 720p
            A 0 header
            A 0
            -- note before_key_frame 1 tags
            V 990 key
            A 1000
        "#]],
    );
}

#[test]
fn codec_switched() {
    check(
        "V 0 header
         V 0 key
         V 40
         V 80 header hevc
         V 80 key hevc
         V 120 hevc",
        expect![[r#"
            -- Start
            V 0 header 720p
            V 0 key
            V 40
            -- HeaderChanged(Video)
            V 0 header hevc 720p
            V 0 key hevc
            V 40 hevc
        "#]],
    );
}

#[test]
fn end_of_sequence_then_the_same() {
    check(
        "V 0 header
         V 0 key
         V 40
         V 80 end
         V 80 header
         V 80 key",
        expect![[r#"
            -- Start
            V 0 header 720p
            -- note configuration_repeated 1 tags
            V 0 key
            V 40
            V 80 end
            V 80 key
        "#]],
    );
}

#[test]
fn metadata_late_repeated_and_broken() {
    check(
        "V 0 header
         V 0 key
         S 0 onMetaData encoder=x
         V 1000
         V 2000
         S 2000 onMetaData encoder=x
         S 2000 onMetaData encoder=y
         S 2000 hex=0200
         V 2040",
        expect![[r#"
            -- Start
            V 0 header 720p
            V 0 key
            V 1000
            V 2000
            -- note script 1 tags
            -- note script 1 tags
            -- note script 1 tags
            V 2040
        "#]],
    );
}

#[test]
fn taken_back_after_the_segment_was_closed() {
    check(
        "V 0 header
         A 0 header
         V 0 key #1
         A 0 15 #1
         V 40 30 #2
         V 80 header 1080p
         cut now
         reconnect 3000
         V 80 header
         A 80 header
         V 80 key #3
         A 80 15 #3",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key #1
            A 0 #1
            V 40 #2
            -- HeaderChanged(Video)
            V 0 header 720p
            A 0 header
            V 0 key #3
            A 0 #3
        "#]],
    );
}

#[test]
fn colours_belong_to_every_segment() {
    check(
        "V 0 hvc1 header
         A 0 header
         V 0 hvc1 key first=94 #7
         V 0 hvc1 key #1
         A 0 15 #1
         cut
         V 40 hvc1 key #2
         A 40 15 #2
         V 80 hvc1 key first=94 #8
         V 80 hvc1 30 #3
         cut now
         V 120 hvc1 key #4
         A 120 15 #4",
        expect![[r#"
            -- Start
            V 0 header hvc1 720p
            A 0 header
            V 0 hex=946876633107000000c3c59b9da5d1d3 90 #3c34afa9 (extra)
            V 0 key hvc1 #1
            A 0 #1
            -- Asked(Size)
            V 0 header hvc1 720p
            A 0 header
            V 0 hex=946876633107000000c3c59b9da5d1d3 90 #3c34afa9 (extra)
            V 0 key hvc1 #2
            A 0 #2
            V 40 hex=946876633108000000b2c1f6b1afc5c9 90 #ae7c3b71 (extra)
            V 40 hvc1 #3
            -- Asked(Duration)
            V 0 header hvc1 720p
            A 0 header
            V 0 hex=946876633108000000b2c1f6b1afc5c9 90 #ae7c3b71 (extra)
            V 0 key hvc1 #4
            A 0 #4
        "#]],
    );
}
