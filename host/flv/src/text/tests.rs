use std::fmt::Write;

use expect_test::expect;
use proptest::prelude::*;

use super::*;
use crate::codec::classify;

fn lines(tags: &[Tag]) -> String {
    tags.iter().fold(String::new(), |text, tag| text + &line(tag) + "\n")
}

/// Lines that come back as they are.
fn check_same(text: &str) {
    let text: String = text.lines().map(|line| line.trim().to_owned() + "\n").collect();
    assert_eq!(lines(&tags(&text).unwrap()), text);
}

#[test]
fn lines_are_tags_and_tags_are_lines() {
    check_same(
        "S 0 onMetaData width=1280 framerate=29.97 encoder=obs stereo=true
         V 0 header 720p
         V 0 header 1080p
         V 0 header 720p #7
         V 0 header 300 #1234abcd
         A 0 header
         A 0 header mono
         V 0 key
         A 23
         V 40
         V 40 2000 #7f
         V 4294967295 key cts=80
         V 80 cts=-1 first=37
         V 80 end
         A 80 16 #2
         V 0 header hevc 720p
         V 0 key hevc
         V 40 hevc
         V 0 header hvc1 1080p
         V 0 key hvc1
         V 40 hvc1 cts=0
         V 40 end hvc1
         V 0 header av1 1080p
         V 40 av01
         V 40 av01 first=a3
         V 40 codec=4
         A 0 mp3
         A 0 codec=11
         A 0 header Opus
         A 0 header Opus mono
         A 0 Opus
         A 0 fLaC 2000 #9
         S 0 onTextData 80 #2
         V 0 hex=170100 (short)
         V 0 hex=96016876633101000000010203040506 200 #9 (extra)
         V 0 0 (empty)",
    );
}

#[test]
fn what_lines_are_to_a_decoder() {
    let text = "V 0 header 360p
        V 0 header hvc1
        V 0 key
        V 0 key avc1 cts=40
        V 0
        V 0 vp09
        V 0 end
        V 0 key 3
        V 0 key 5
        V 0 first=57
        A 0 header mono
        A 0
        A 0 mp3
        A 0 .mp3
        S 0 onFI";
    let mut told = String::new();
    for tag in tags(text).unwrap() {
        let body = format!("{:?}", classify(&tag));
        writeln!(told, "{}: {}", line(&tag), body.split('(').next().unwrap()).unwrap();
    }
    expect![[r#"
        V 0 header 360p: VideoHeader
        V 0 header hvc1 720p: VideoHeader
        V 0 key: VideoKey
        V 0 key avc1 cts=40: VideoKey
        V 0: VideoInter
        V 0 vp09: VideoInter
        V 0 end: VideoEnd
        V 0 hex=170100 (short): Short
        V 0 key 5: Empty
        V 0 hex=570100000000000000baf689a3fde4d6 30 #e8d58652 (command): Command
        A 0 header mono: AudioHeader
        A 0: Audio
        A 0 mp3: Audio
        A 0 .mp3: Audio
        S 0 onFI: Script
    "#]]
    .assert_eq(&told);
}

#[test]
fn bytes_of_a_stream() {
    let hex = |text: &str| stream(text).unwrap().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
    let told = [
        hex("V 16909060 key 6"),
        hex("nohead\nA -1 2 back=3 id=1 size=7 encrypted"),
        hex("flv flags=1 offset=11\ntype 15 0 2"),
        hex("nohead\ngarbage 9\nzeros 2\nbytes 01 0203\ntruncate 1"),
    ]
    .join("\n");
    expect![[r#"
        46 4c 56 01 05 00 00 00 09 00 00 00 00 09 00 00 06 02 03 04 01 00 00 00 17 01 00 00 00 00 00 00 00 11
        28 00 00 07 ff ff ff ff 00 00 01 af 01 00 00 00 03
        46 4c 56 01 01 00 00 00 0b 00 00 00 00 00 00 0f 00 00 02 00 00 00 00 00 00 00 00 00 00 00 00 0d
        00 00 00 00 ba f6 89 a3 fd 00 00 01 02"#]]
    .assert_eq(&told);
}

#[test]
fn mistakes_are_told() {
    let told: Vec<String> = [
        "X 0",
        "V",
        "V x",
        "\nV 0 kye",
        "A 0 header 720p",
        "V 0 header vp09",
        "V 0 kind=1",
        "S 0 onMetaData x",
        "garbage x",
    ]
    .map(|text| stream(text).unwrap_err())
    .into();
    expect![[r#"
        line 1: what is `X`?
        line 1: what is `V`?
        line 1: `x` is no time
        line 2: what is `kye`?
        line 1: no header is called `720p`
        line 1: this codec has no named header: say its size
        line 1: `kind=1`: nothing has such a property
        line 1: `x` is no key=value
        line 1: `x` is no number, or too large"#]]
    .assert_eq(&told.join("\n"));
}

proptest! {
    #[test]
    fn any_tag_has_a_line_that_is_stable(kind in 0..3_u8, time_ms: u32, head in prop::collection::vec(any::<u8>(), 0..8), rest in prop::collection::vec(any::<u8>(), 0..40)) {
        let track = [Track::Audio, Track::Video, Track::Script][usize::from(kind)];
        let tag = Tag { track, time_ms, payload: Bytes::from([head, rest].concat()), offset: 13 };
        // Words in parentheses tell of bytes that the line may not have.
        let said = |tag: &Tag| line(tag).split(" (").next().unwrap().to_owned();
        let once = said(&tag);
        let again = tags(&once).unwrap();
        prop_assert_eq!(again[0].payload.len(), tag.payload.len());
        prop_assert_eq!(again.iter().map(said).collect::<Vec<_>>(), vec![once]);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[VAS] [0-9]{1,3}( (header|key|end|hevc|720p|[0-9]{1,4}|#[0-9a-f]{1,8}|cts=[0-9]|x)){0,4}") {
        if let Ok(tags) = tags(&text) {
            let once = lines(&tags);
            let again = super::tags(&once).unwrap();
            prop_assert_eq!(again, tags);
        }
    }
}
