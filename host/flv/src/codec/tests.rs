use bytes::Bytes;
use proptest::prelude::*;

use super::*;

fn tag(track: Track, hex: &str) -> Tag {
    let mut payload = Vec::new();
    for word in hex.split_whitespace() {
        match word.strip_prefix('\'') {
            Some(text) => payload.extend_from_slice(text.as_bytes()),
            None => payload.push(u8::from_str_radix(word, 16).unwrap()),
        }
    }
    Tag { track, time_ms: 0, payload: Bytes::from(payload), offset: 0 }
}

/// Bytes (hex, or text behind `'`) of a video tag, and what it is.
fn check_video(hex: &str, expected: &str) {
    let tag = tag(Track::Video, hex);
    let codec = video_codec(&tag).map_or("-".into(), |codec| format!("{codec:?}"));
    assert_eq!(format!("{codec} {:?} {}", classify(&tag), composition_ms(&tag)), expected, "{hex}");
}

fn check_audio(hex: &str, expected: &str) {
    let tag = tag(Track::Audio, hex);
    let codec = audio_codec(&tag).map_or("-".into(), |codec| format!("{codec:?}"));
    assert_eq!(format!("{codec} {:?}", classify(&tag)), expected, "{hex}");
}

#[test]
fn legacy_video() {
    check_video("", "- Empty 0");
    check_video("17 00 00 00 00 01 02", "Avc VideoHeader([1, 2]) 0");
    check_video("27 00 00 00 07 01 02", "Avc VideoHeader([1, 2]) 0");
    check_video("17 01 00 00 28 aa", "Avc VideoKey 40");
    check_video("47 01 00 00 00 aa", "Avc VideoKey 0");
    check_video("27 01 ff ff ff aa", "Avc VideoInter -1");
    check_video("37 01 00 00 00 aa", "Avc VideoInter 0");
    check_video("17 02 00 00 00", "Avc VideoEnd 0");
    check_video("17 02", "Avc VideoEnd 0");
    check_video("17 01 00 00 00", "Avc Empty 0");
    check_video("17 00 00 00 00", "Avc Empty 0");
    check_video("17 01 00", "Avc Short 0");
    check_video("17", "Avc Short 0");
    check_video("17 03 00 00 00 aa", "Avc Unknown 0");
    check_video("57 00", "- Command 0");
    check_video("1c 00 00 00 00 01", "Hevc VideoHeader([1]) 0");
    check_video("2c 01 00 00 00 01", "Hevc VideoInter 0");
    check_video("1d 01 00 00 00 01", "Av1 VideoKey 0");
    check_video("12 aa", "Other(2) VideoKey 0");
    check_video("24 aa", "Other(4) VideoInter 0");
    check_video("24", "Other(4) Empty 0");
    check_video("00 00", "- Unknown 0");
}

#[test]
fn enhanced_video() {
    check_video("90 'hvc1 01 02", "Hevc VideoHeader([1, 2]) 0");
    check_video("91 'hvc1 00 00 05 aa", "Hevc VideoKey 5");
    check_video("a1 'avc1 00 00 05 aa", "Avc VideoInter 5");
    check_video("a3 'hvc1 00 00 05 aa", "Hevc VideoInter 0");
    check_video("91 'av01 aa", "Av1 VideoKey 0");
    check_video("95 'av01 aa", "Av1 VideoHeader([170]) 0");
    check_video("a1 'vp09 aa", "Vp9 VideoInter 0");
    check_video("a1 'vp08 aa", "Vp8 VideoInter 0");
    check_video("92 'hvc1", "Hevc VideoEnd 0");
    check_video("94 'hvc1 02 00", "Hevc VideoExtra 0");
    check_video("d4 'hvc1 02 00", "Hevc VideoExtra 0");
    check_video("d1 00", "- Command 0");
    check_video("91 'hvc1 00", "Hevc Short 0");
    check_video("91 'hv", "- Short 0");
    check_video("91 'what aa", "FourCc([119, 104, 97, 116]) VideoKey 0");
    check_video("91 00 01 02 03 aa", "- Unknown 0");
    check_video("98 'hvc1 aa", "Hevc Unknown 0");
}

#[test]
fn video_of_several_tracks() {
    check_video("96 00 'hvc1 00 01 02", "Hevc VideoHeader([1, 2]) 0");
    check_video("96 01 'hvc1 00 00 00 05 aa", "Hevc VideoKey 5");
    check_video("96 01 'hvc1 01 00 00 05 aa", "Hevc VideoExtra 0");
    check_video("a6 11 'hvc1 00 00 00 04 00 00 00 aa", "Hevc VideoInter 0");
    check_video("96 10 'hvc1 00 00 00 01 aa", "Hevc VideoHeader([0, 0, 0, 1, 170]) 0");
    check_video("96 21 'av01 00 00 00 01 aa", "Av1 VideoKey 0");
    check_video("96 31 'av01 00 aa", "- Short 0");
    check_video("96", "- Short 0");
}

#[test]
fn modifiers_before_the_packet() {
    check_video("97 02 01 02 03 01 'hvc1 00 00 05 aa", "Hevc VideoKey 5");
    check_video("97 00 01 07 00 01 00 'hvc1 aa", "Hevc VideoHeader([170]) 0");
    check_video("97 ff 00 01 01 02 01 'av01 aa", "Av1 VideoKey 0");
    check_video("97 ff 00", "- Short 0");
    check_video("97 00 00 07 00 00 07 00 00 07 00 00 07 00 00 01 'av01 aa", "- Short 0");
    check_audio("97 02 01 02 03 01 'Opus aa", "Opus Audio");
}

#[test]
fn audio() {
    check_audio("", "- Empty");
    check_audio("af 00 12 10", "Aac AudioHeader([18, 16])");
    check_audio("af 01 aa", "Aac Audio");
    check_audio("af 01", "Aac Empty");
    check_audio("af 00", "Aac Empty");
    check_audio("af", "Aac Short");
    check_audio("af 02 aa", "Aac Unknown");
    check_audio("2f ff fb", "Mp3 Audio");
    check_audio("ee ff", "Mp3 Audio");
    check_audio("b2 aa", "Other(11) Audio");
    check_audio("90 'mp4a 12 10", "Aac AudioHeader([18, 16])");
    check_audio("91 'Opus aa", "Opus Audio");
    check_audio("91 'fLaC aa", "Flac Audio");
    check_audio("91 'ac-3 aa", "Ac3 Audio");
    check_audio("91 'ec-3 aa", "Eac3 Audio");
    check_audio("91 '.mp3 aa", "Mp3 Audio");
    check_audio("92 'Opus", "Opus AudioEnd");
    check_audio("94 'Opus 00 02", "Opus AudioExtra");
    check_audio("95 01 'Opus 00 aa", "Opus Audio");
    check_audio("95 01 'Opus 01 aa", "Opus AudioExtra");
    check_audio("91 'Op", "- Short");
}

proptest! {
    #[test]
    fn any_bytes_are_something(kind in 0..3_u8, payload in prop::collection::vec(any::<u8>(), 0..40)) {
        let track = [Track::Audio, Track::Video, Track::Script][usize::from(kind)];
        let tag = Tag { track, time_ms: 0, payload: Bytes::from(payload), offset: 0 };
        classify(&tag);
        video_codec(&tag);
        audio_codec(&tag);
        composition_ms(&tag);
    }
}

/// What the header that a fixture line describes says of the picture.
fn check_picture(line: &str, expected: &str) {
    let tag = &crate::text::tags(line).unwrap()[0];
    let Body::VideoHeader(config) = classify(tag) else { panic!("{line}") };
    let picture = describe(video_codec(tag).unwrap(), config);
    let told = picture.map_or("nothing".into(), |told| format!("{}x{} {:?}", told.width, told.height, told.fps));
    assert_eq!(told, expected, "{line}");
}

#[test]
fn pictures_of_configurations() {
    check_picture("V 0 header 360p", "640x360 Some(25.0)");
    check_picture("V 0 header 480p", "854x480 Some(30.0)");
    check_picture("V 0 header 720p", "1280x720 Some(30.0)");
    check_picture("V 0 header 1080p", "1920x1080 Some(60.0)");
    check_picture("V 0 header 1080p #7", "1920x1080 Some(60.0)");
    check_picture("V 0 header hevc 720p", "1280x720 Some(30.0)");
    check_picture("V 0 header hvc1 1080p", "1920x1080 Some(30.0)");
    check_picture("V 0 header av01 1080p", "1920x1080 None");
    check_picture("V 0 header 60 #7", "nothing");
    // Annex B in place of the record.
    check_picture(
        "V 0 hex=1700000000000000016764001facd9405005bb0110000003001000000303c0f1831960",
        "1280x720 Some(30.0)",
    );
}

#[test]
fn numbers_of_codecs() {
    let ids = |text: &str| crate::text::tags(text).unwrap().iter().map(codec_id).collect::<Vec<_>>();
    assert_eq!(
        ids("V 0\nV 0 hevc\nV 0 hvc1\nA 0\nA 0 mp3\nA 0 Opus\nS 0 onFI"),
        [Some(7), Some(12), Some(0x6876_6331), Some(10), Some(2), Some(0x4f70_7573), None]
    );
}

proptest! {
    #[test]
    fn any_configuration_is_bounded(
        header in 0..7_usize,
        cut in 0..120_usize,
        at in 0..120_usize,
        noise in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let lines = ["360p", "1080p", "hevc 720p", "hevc 1080p", "av01", "30 #1", "90 #1"];
        let tag = &crate::text::tags(&format!("V 0 header {}", lines[header])).unwrap()[0];
        let Body::VideoHeader(config) = classify(tag) else { panic!() };
        let mut config = config.to_vec();
        config.truncate(cut.max(10));
        let at = at.min(config.len());
        config.splice(at.., noise);
        for codec in [VideoCodec::Avc, VideoCodec::Hevc, VideoCodec::Av1, VideoCodec::Vp9] {
            if let Some(picture) = describe(codec, &config) {
                prop_assert!((1..=16_384).contains(&picture.width) && (1..=16_384).contains(&picture.height));
            }
        }
    }
}
