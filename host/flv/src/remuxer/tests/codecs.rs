//! Codecs: those that a configuration announces, those that their first frame does, and frames that are neither.

use expect_test::expect;

use super::check;

#[test]
fn one_frame_of_another_codec() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         A 0
         V 40 codec=2
         A 23 mp3
         V 80
         A 46
         A 69 mp3
         A 92
         V 120 codec=4 key",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            -- note tag_skipped 1 tags
            V 80
            -- note tag_skipped 1 tags
            A 46
            -- note tag_skipped 1 tags
            A 92
            -- note tag_skipped 1 tags
        "#]],
    );
}

#[test]
fn one_frame_of_another_codec_before_the_track_is_configured() {
    check(
        "V 0 header
         V 0 key
         A 0 mp3
         V 40
         A 60 header
         A 60
         V 80",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            -- note tag_skipped 1 tags
            V 0 key
            V 40
            A 60
            V 80
        "#]],
    );
}

#[test]
fn codec_switched_without_a_configuration() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         A 0
         V 40 key
         A 23 mp3
         A 49 mp3
         V 80
         A 75 mp3
         V 120 key
         A 101 mp3",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            V 40 key
            V 80
            -- HeaderChanged(Audio)
            V 0 header 720p
            A 0 mp3
            A 26 mp3
            A 52 mp3
            V 97 key
            A 78 mp3
        "#]],
    );
}

#[test]
fn codec_switched_and_back() {
    check(
        "V 0 header
         A 0 header
         V 0 key
         A 0
         A 23 mp3
         A 49 mp3
         A 75 mp3
         V 40 key
         V 80
         A 101
         A 124
         V 120 key
         A 147",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key
            A 0
            -- HeaderChanged(Audio)
            V 0 header 720p
            A 0 mp3
            A 26 mp3
            A 52 mp3
            V 17 key
            V 57
            -- HeaderChanged(Audio)
            V 0 header 720p
            A 0 header
            A 0
            A 23
            V 19 key
            A 46
        "#]],
    );
}

#[test]
fn codecs_without_a_configuration() {
    check(
        "V 0 vp08 key
         A 0 mp3
         V 40 vp08
         A 26 mp3
         V 80 vp08
         A 52 mp3
         A 78 mp3",
        expect![[r#"
            -- Start
            V 0 key vp08
            A 0 mp3
            V 40 vp08
            A 26 mp3
            V 80 vp08
            A 52 mp3
            A 78 mp3
        "#]],
    );
}

#[test]
fn one_frame_is_a_track() {
    check(
        "A 0 mp3",
        expect![[r#"
        -- Start
        A 0 mp3
    "#]],
    );
}

#[test]
fn enhanced_codecs() {
    check(
        "V 0 hvc1 header
         A 0 Opus header
         V 0 hvc1 key
         A 0 Opus
         V 40 hvc1 cts=80
         A 20 Opus
         V 80 hvc1
         A 40 Opus
         V 120 av01 header
         V 120 av01 key
         A 60 Opus
         A 80 Opus
         V 160 av01
         A 100 fLaC header 40
         A 100 fLaC",
        expect![[r#"
            -- Start
            V 0 header hvc1 720p
            A 0 header Opus
            V 0 key hvc1
            A 0 Opus
            V 40 hvc1 cts=80
            A 20 Opus
            V 80 hvc1
            A 40 Opus
            -- HeaderChanged(Video)
            V 0 header av01 1080p
            A 0 header Opus
            V 60 key av01
            A 0 Opus
            A 20 Opus
            V 100 av01
            -- HeaderChanged(Audio)
            V 0 header av01 1080p
            A 0 header fLaC 40
            A 0 fLaC
        "#]],
    );
}

#[test]
fn vp9_with_and_without_a_configuration() {
    check(
        "V 0 vp09 key
         V 40 vp09
         V 80 vp09
         V 120 vp09 header 20
         V 120 vp09 key
         V 160 vp09",
        expect![[r#"
            -- Start
            V 0 key vp09
            V 40 vp09
            V 80 vp09
            -- HeaderChanged(Video)
            V 0 header vp09 20
            V 0 key vp09
            V 40 vp09
        "#]],
    );
}

#[test]
fn the_same_configuration_in_the_other_form() {
    check(
        "V 0 header
         V 0 key
         V 40
         V 80 avc1 header
         V 80 avc1 key
         V 120 avc1",
        expect![[r#"
            -- Start
            V 0 header 720p
            -- note configuration_repeated 1 tags
            V 0 key
            V 40
            V 80 key avc1
            V 120 avc1
        "#]],
    );
}

#[test]
fn modifiers_and_tracks_pass_through() {
    check(
        "V 0 hvc1 header
         V 0 hvc1 key
         V 40 hex=a702000009036876633107 60 #1
         V 80 hex=a60368766331 60
         V 80 hex=a601687663310107 60 #2
         V 120 hvc1",
        expect![[r#"
            -- Start
            V 0 header hvc1 720p
            V 0 key hvc1
            V 40 hex=a70200000903687663310701000000eb 60 #5dbf7b66
            V 80 hex=a6036876633100000000baf689a3fde4 60 #b7fa71d5
            V 80 hex=a6016876633101070200000098b6ece2 60 #41495809 (extra)
            V 120 hvc1
        "#]],
    );
}

#[test]
fn layout_of_channels_belongs_to_every_segment() {
    check(
        "V 0 header
         A 0 Opus header
         A 0 hex=944f70757301020000000003
         V 0 key
         A 0 Opus
         A 20 Opus
         V 40
         A 40 Opus
         cut
         V 80 key
         A 80 Opus
         A 100 Opus",
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header Opus
            A 0 hex=944f70757301020000000003 (extra)
            V 0 key
            A 0 Opus
            A 20 Opus
            V 40
            A 40 Opus
            -- Asked(Size)
            V 0 header 720p
            A 0 header Opus
            A 0 hex=944f70757301020000000003 (extra)
            V 0 key
            A 0 Opus
            A 20 Opus
        "#]],
    );
}

#[test]
fn frames_that_were_in_doubt_stand_where_they_came() {
    check(
        "V 0 header
         V 0 key
         A 12 mp3
         A 39 mp3
         V 40
         A 65 mp3
         V 80
         A 91 mp3",
        expect![[r#"
            -- Start
            V 0 header 720p
            V 0 key
            A 12 mp3
            A 39 mp3
            V 40
            A 65 mp3
            V 80
            A 91 mp3
        "#]],
    );
}
