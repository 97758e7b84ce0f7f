use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::{Cut, CutReason, Facts, Metadata, Segment, text};

fn inspect(bytes: &[u8], chunk: usize) -> Result<Report, Fault> {
    let mut inspector = Inspector::new();
    for chunk in bytes.chunks(chunk) {
        inspector.push(Bytes::copy_from_slice(chunk));
        while inspector.next()?.is_some() {}
    }
    while inspector.finish()?.is_some() {}
    Ok(inspector.report())
}

fn told(report: &Report) -> String {
    let mut lines = vec![format!("{} bytes, {} ms, {} tags", report.bytes, report.duration_ms, report.tags)];
    for track in [&report.video, &report.audio].into_iter().flatten() {
        let picture = track.picture.map_or(String::new(), |picture| format!(" {}x{}", picture.width, picture.height));
        let span = track.first_ms.zip(track.last_ms).map_or(String::new(), |(first, last)| format!(" {first}..{last}"));
        let TrackReport { codec, headers, tags, key_frames, .. } = track;
        lines.push(format!("{codec}{picture}: {headers} headers, {tags} tags, {key_frames} key,{span}"));
    }
    lines.extend(report.metadata.iter().map(|(name, value)| format!("{name} = {value:?}")));
    lines.extend(
        report.faults.iter().map(|finding| {
            format!("! {} at {}, {} ms: {}", finding.kind, finding.offset, finding.at_ms, finding.detail)
        }),
    );
    lines.join("\n") + "\n"
}

fn check(text: &str, expected: Expect) {
    let bytes = text::stream(text).unwrap();
    let report = inspect(&bytes, 1000).unwrap();
    assert_eq!(inspect(&bytes, 7).unwrap(), report, "in other chunks");
    expected.assert_eq(&told(&report));
}

#[test]
fn clean() {
    check(
        "S 0 onMetaData duration=0.12 width=1280 height=720 encoder=x
         V 0 header 720p
         A 0 header
         V 0 key
         A 0
         A 23
         V 40
         A 46
         V 80",
        expect![[r#"
            483 bytes, 120 ms, 9 tags
            avc 1280x720: 1 headers, 4 tags, 1 key, 0..80
            aac: 1 headers, 4 tags, 0 key, 0..46
            duration = Number(0.12)
            width = Number(1280.0)
            height = Number(720.0)
            encoder = Text("x")
        "#]],
    );
}

#[test]
fn faults_of_time() {
    check(
        "S 0 onMetaData duration=2
         V 4294967290 header
         V 4294967290 key
         V 34
         V 74
         V 4
         V 114
         V 154
         V 30154
         V 30194",
        expect![[r#"
            553 bytes, 30240 ms, 10 tags
            avc 1280x720: 1 headers, 9 tags, 1 key, 4294967290..4294997490
            duration = Number(2.0)
            ! backwards at 328, 4294967300 ms: video by -70 ms
            ! jump at 463, 4294997450 ms: video by 30000 ms
            ! metadata_duration at 553, 4294997490 ms: says 2.000 s, is 30.240 s
        "#]],
    );
}

#[test]
fn slide_show_has_no_jumps() {
    check(
        "S 0 onMetaData\nV 0 header\nV 0 key\nA 0 mp3\nA 400 mp3\nA 800 mp3\nA 1200 mp3\nA 1600 mp3\nV 2000",
        expect![[r#"
            414 bytes, 3000 ms, 9 tags
            avc 1280x720: 1 headers, 3 tags, 1 key, 0..2000
            mp3: 0 headers, 5 tags, 0 key, 0..1600
        "#]],
    );
}

#[test]
fn tracks_that_are_apart() {
    check(
        "S 0 onMetaData\nV 0 header\nV 0 key\nA 50000 mp3\nV 40\nA 50040 mp3",
        expect![[r#"
        324 bytes, 50080 ms, 6 tags
        avc 1280x720: 1 headers, 3 tags, 1 key, 0..40
        mp3: 0 headers, 2 tags, 0 key, 50000..50040
        ! tracks_apart at 219, 50000 ms: audio is 50000 ms ahead
    "#]],
    );
}

#[test]
fn faults_of_headers() {
    check(
        "V 0 hevc
         A 0
         V 40 header 720p
         V 40 header 1080p
         A 40 header
         A 40 header
         V 80 key
         V 120 3
         V 120 5
         A 120 header mono",
        expect![[r#"
            419 bytes, 160 ms, 10 tags
            avc 1920x1080: 2 headers, 6 tags, 1 key, 0..80
            aac: 3 headers, 4 tags, 0 key, 0..0
            ! metadata_missing at 0, 0 ms: 
            ! unconfigured at 13, 0 ms: hevc without a decoder configuration before it
            ! before_key_frame at 13, 0 ms: the first frame is no key frame
            ! unconfigured at 58, 0 ms: aac without a decoder configuration before it
            ! codec_changed at 88, 0 ms: hevc to avc
            ! header_changed at 153, 0 ms: avc, 1280x720 to 1920x1080
            ! configuration_repeated at 238, 0 ms: 
            ! tag_skipped at 362, 80 ms: no codec knows it: V 120 hex=270100 (short)
            ! tag_skipped at 380, 80 ms: an empty tag
            ! header_changed at 400, 80 ms: aac
        "#]],
    );
}

#[test]
fn faults_of_framing() {
    check(
        "nohead\ngarbage 40\nA 0 mp3\nA 20 mp3\nA 40 mp3 back=9\nA 60 mp3\nA 80 mp3\nA 100 mp3\ntruncate 10",
        expect![[r#"
            210 bytes, 100 ms, 5 tags
            mp3: 0 headers, 5 tags, 0 key, 0..80
            ! header_missing at 0, 0 ms: 40 bytes
            ! metadata_missing at 0, 0 ms: 
            ! back_pointer at 100, 20 ms: 1 tag
            ! truncated at 190, 80 ms: 20 bytes
        "#]],
    );
}

#[test]
fn lies_of_metadata() {
    check(
        "S 0 onMetaData duration=100 filesize=5 width=640 height=360
         S 0 onMetaData
         S 0 onTextData
         V 0 header 720p
         V 0 key
         V 40",
        expect![[r#"
            407 bytes, 80 ms, 6 tags
            avc 1280x720: 1 headers, 3 tags, 1 key, 0..40
            duration = Number(100.0)
            filesize = Number(5.0)
            width = Number(640.0)
            height = Number(360.0)
            ! metadata_repeated at 120, 0 ms: 
            ! metadata_duration at 407, 40 ms: says 100.000 s, is 0.080 s
            ! metadata_filesize at 407, 40 ms: says 5, is 407
            ! metadata_picture at 407, 40 ms: says 640x360, is 1280x720
        "#]],
    );
}

#[test]
fn codecs_change() {
    check(
        "S 0 onMetaData\nA 0 header\nA 0\nA 20\nA 40 mp3\nA 60 mp3\nV 0 key codec=2\nV 40 vp09",
        expect![[r#"
        338 bytes, 80 ms, 8 tags
        vp9: 0 headers, 2 tags, 1 key, 0..40
        mp3: 1 headers, 5 tags, 0 key, 0..60
        ! codec_changed at 128, 20 ms: aac to mp3
        ! codec_changed at 293, 0 ms: h263 to vp9
    "#]],
    );
}

/// A file as the engine lays it out.
fn laid_out(text: &str) -> Vec<u8> {
    let cut = Cut {
        why: CutReason::Start,
        metadata: Metadata::default(),
        facts: Facts { width: Some(1280), height: Some(720), ..Facts::default() },
        has_video: true,
        has_audio: true,
    };
    let mut segment = Segment::open(&cut);
    let mut file = segment.head().to_vec();
    for tag in text::tags(text).unwrap() {
        let frame = segment.append(&tag);
        file.extend([&frame.head[..], &tag.payload, &frame.tail].concat());
    }
    let head = segment.head();
    file[..head.len()].copy_from_slice(&head);
    file
}

#[test]
fn what_we_lay_out_is_clean() {
    let mut text = String::from("V 0 header 720p\nA 0 header\n");
    for ms in (0..20_000).step_by(40) {
        text += &format!("V {ms} {}\nA {ms}\n", if ms % 2000 == 0 { "key" } else { "" });
    }
    let file = laid_out(&text);
    let report = inspect(&file, 4096).unwrap();
    assert_eq!(report.faults, []);
    assert_eq!(report.duration_ms, 20_000);
    // One tag is lost: every later entry of the index leads past its key frame.
    let key = file.windows(11).rposition(|head| head[0] == 9 && head[4..7] == [0, 0x27, 0x10]).unwrap();
    let damaged = [&file[..key], &file[key + 15 + 90..]].concat();
    let report = inspect(&damaged, 4096).unwrap();
    let kinds: Vec<_> = report.faults.iter().map(|finding| format!("{}: {}", finding.kind, finding.detail)).collect();
    expect![[r#"
        metadata_filesize: says 112132, is 112027
        index: 5 of 11 entries lead to no key frame of their time, the first to 93082"#]]
    .assert_eq(&kinds.join("\n"));
}

#[test]
fn not_flv() {
    let fault = inspect(b"<!DOCTYPE html><html><head><title>no</title></head></html>", 10).unwrap_err();
    assert_eq!(fault, Fault::NotFlv { looks_like: "HTML" });
}

proptest! {
    #[test]
    fn any_bytes_are_inspected(bytes in prop::collection::vec(any::<u8>(), 0..300), chunk in 1..50_usize) {
        let _ = inspect(&bytes, chunk);
    }

    #[test]
    fn any_lines_are_inspected(
        lines in prop::collection::vec("(V|A) (-9|0|40|4000|3000000000|4294967295)( (header|key|hevc|mp3|3|#7|1080p)){0,2}", 0..20),
    ) {
        let text: String = lines.into_iter().filter(|line| text::tags(line).is_ok()).map(|line| line + "\n").collect();
        let bytes = text::stream(&text).unwrap();
        prop_assert!(inspect(&bytes, 33).is_ok());
    }
}
