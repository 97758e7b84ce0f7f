//! How receptions end, and what stays behind.

use std::time::Duration;

use super::fixture::{HEADERS, seconds, whole};
use super::origin::{Act, ok, ok_of};
use super::*;
use crate::model::Refusal;

#[tokio::test]
async fn what_is_no_media_leaves_no_file() {
    let html = b"<!DOCTYPE html><html><body>Not live</body></html>".to_vec();
    let cases = [
        (Transport::Flv, vec![ok("text/html"), Act::Send(html.clone())], "HTML"),
        (Transport::Unknown, vec![ok("video/x-flv"), Act::Send(html)], "HTML"),
        (Transport::Unknown, vec![ok("application/json"), Act::Send(b"{\"code\": 1}".to_vec())], "JSON"),
        (Transport::Unknown, vec![ok("video/x-flv")], "empty"),
    ];
    for (transport, script, what) in cases {
        let mut scene = Scene::new(vec![script]).await;
        scene.transport = transport;
        let mut recording = scene.recording();
        let reception = scene.receive(&mut recording).await;
        let EndReason::Refused(Refusal::NotMedia(found)) = &reception.reason else { panic!("{reception:?}") };
        assert!(found.contains(what), "{found}");
        assert!(!reception.first_media);
        assert_eq!(recording.close("ended").await, Summary::default());
        assert_eq!(scene.temp.tree(), "");
        assert_eq!(scene.kinds(), []);
    }
}

#[tokio::test]
async fn playlists_are_refused_in_clear_words() {
    let playlist = vec![ok("application/vnd.apple.mpegurl"), Act::Send(b"#EXTM3U\n#EXT-X-VERSION:3\n".to_vec())];
    for transport in [Transport::Hls, Transport::Unknown] {
        let mut scene = Scene::new(vec![playlist.clone()]).await;
        scene.transport = transport;
        let reception = scene.receive(&mut scene.recording()).await;
        assert_eq!(reception.reason.to_string(), "refused: cannot record HLS playlists: recorded by a later version");
    }
}

#[tokio::test]
async fn a_body_of_known_length_is_a_finished_file() {
    let body = whole(&format!("{HEADERS}{}", seconds(0, 2)));
    let mut scene = Scene::new(vec![
        vec![ok_of(body.len()), Act::Send(body.clone())],
        vec![ok_of(body.len() + 9), Act::Send(body)],
    ])
    .await;
    let mut recording = scene.recording();
    assert_eq!(scene.receive(&mut recording).await.reason, EndReason::Finished);
    recording.close("finished").await;
    assert_eq!(media_of(&scene.file("Ann/show.flv")).len(), 2 * 35);
    // It promised more than it gave: a fault, and the data is kept.
    let mut recording = scene.recording();
    let reception = scene.receive(&mut recording).await;
    assert!(matches!(reception.reason, EndReason::Broken(_)), "{reception:?}");
    recording.close("ended").await;
    assert_eq!(scene.temp.tree(), "Ann/show (2).flv\nAnn/show (2).json\nAnn/show.flv\nAnn/show.json");
}

/// What a stream that cannot be recorded lacks, by its text.
#[tokio::test]
async fn media_that_cannot_be_recorded_says_what_it_lacks() {
    let both = "the sequence headers of video and audio: 25 video tags and 10 audio tags came";
    let cases = [
        (whole(&seconds(0, 1)), both),
        (
            whole(&format!("A 0 header\n{}", "V 0 key\nV 40\n")),
            "the sequence header of video: 2 video tags and 0 audio tags came",
        ),
        (whole(&format!("{HEADERS}{}", "V 0\nV 40\n")), "a key frame: 2 video tags and 0 audio tags came"),
        (whole(HEADERS), "a picture or sound"),
        (whole(""), "a tag"),
        (Vec::new(), ""),
    ];
    for (body, lacks) in cases {
        let length = body.len();
        let mut scene = Scene::new(vec![vec![ok_of(length), Act::Send(body)]]).await;
        let reception = scene.receive(&mut scene.recording()).await;
        let what = if length == 0 { String::from("an empty body") } else { format!("FLV without {lacks}") };
        assert_eq!(reception.reason.to_string(), format!("refused: not media, it looks like {what}"));
        assert_eq!(scene.temp.tree(), "");
    }
}

#[tokio::test]
async fn a_raw_file_without_a_length_is_known_again() {
    let body: Vec<u8> =
        (0..3_000u32).flat_map(|number| [&[0x47, 0, 1][..], &number.to_be_bytes(), &[9; 181]].concat()).collect();
    let whole = vec![ok("video/mp2t"), Act::Send(body.clone())];
    let other = vec![ok("video/mp2t"), Act::Send(body[188_000..].to_vec())];
    let mut scene = Scene::new(vec![whole.clone(), whole, other]).await;
    scene.transport = Transport::Unknown;
    let mut recording = scene.recording();
    assert_eq!(scene.receive(&mut recording).await.reason, EndReason::Ended);
    let again = scene.receive(&mut recording).await;
    assert_eq!((again.reason, again.bytes, again.first_media), (EndReason::Finished, 0, false));
    assert!(!scene.temp.tree().contains("show_2"), "{}", scene.temp.tree());
    let another = scene.receive(&mut recording).await;
    assert_eq!((another.reason, another.first_media), (EndReason::Ended, true));
    recording.close("ended").await;
    assert_eq!(scene.file("Ann/show_2.ts"), body[188_000..]);
}

#[tokio::test]
async fn limits_end_the_recording() {
    let mut scene = Scene::new(vec![vec![ok("video/x-flv"), flv(&seconds(0, 60)), Act::Hang]]).await;
    scene.plan.max_size = Some(400_000);
    let mut recording = scene.recording();
    assert_eq!(scene.receive(&mut recording).await.reason, EndReason::Limit);
    let summary = recording.close("limit").await;
    assert!((390_000..=400_000).contains(&summary.segments[0].bytes), "{summary:?}");
    scene.plan.max_size = None;
    scene.plan.max_duration = Some(Duration::from_secs(7));
    let mut recording = scene.recording();
    assert_eq!(scene.receive(&mut recording).await.reason, EndReason::Limit);
    let summary = recording.close("limit").await;
    assert!((6_900..=7_100).contains(&summary.segments[0].duration_ms), "{summary:?}");
}

#[tokio::test]
async fn a_stop_finishes_the_file() {
    let mut scene =
        Scene::new(vec![vec![ok("video/x-flv"), flv(&seconds(0, 5)), Act::Send(b"\x09\0\x03".to_vec()), Act::Hang]])
            .await;
    scene.plan.stall = Duration::from_secs(60);
    let stop = scene.stop.0.clone();
    let mut recording = scene.recording();
    let stopper = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(500)).await;
        stop.send_replace(true);
    });
    assert_eq!(scene.receive(&mut recording).await.reason, EndReason::Stopped);
    stopper.await.unwrap();
    recording.close("stopped").await;
    assert_eq!(media_of(&scene.file("Ann/show.flv")).len(), 5 * 35);
    assert_eq!(scene.sidecar("Ann/show.json")["repairs"], serde_json::json!([]));
    // At once where it is stopped already.
    let mut recording = scene.recording();
    assert_eq!(scene.receive(&mut recording).await.reason, EndReason::Stopped);
    assert_eq!(recording.close("stopped").await, Summary::default());
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_to_is_told() {
    let mut scene = Scene::new(vec![vec![ok("video/x-flv"), flv(&seconds(0, 5))]]).await;
    std::fs::write(scene.temp.0.join("Ann"), "a file").unwrap();
    let mut recording = scene.recording();
    let reception = scene.receive(&mut recording).await;
    let EndReason::DiskFull(why) = reception.reason else { panic!("{reception:?}") };
    assert!(why.contains("cannot make the folder of `Ann/show.flv`"), "{why}");
    // Told once, however often it is tried.
    scene.receive(&mut recording).await;
    assert_eq!(scene.kinds(), [Kind::DiskLow]);
    std::fs::remove_file(scene.temp.0.join("Ann")).unwrap();
    assert_eq!(scene.receive(&mut recording).await.reason, EndReason::Ended);
    recording.close("ended").await;
    let sidecar = scene.sidecar("Ann/show.json");
    assert_eq!((&sidecar["gaps"][0]["cause"], &sidecar["gaps"][1]), (&"disk".into(), &Value::Null), "{sidecar}");
    let kinds = scene.kinds();
    assert_eq!(kinds.iter().filter(|kind| matches!(kind, Kind::DiskOk | Kind::Gap)).count(), 2, "{kinds:?}");
}

#[tokio::test]
async fn a_name_that_no_volume_takes_is_shortened() {
    let mut scene = Scene::new(vec![vec![ok("video/x-flv"), flv(&seconds(0, 5))]]).await;
    // Deeper than a path may be long.
    scene.plan.name = format!("{}/", "x".repeat(180)).repeat(25) + &"é".repeat(80);
    scene.plan.split.size = Some(config::Size(150_000));
    let mut recording = scene.recording();
    assert_eq!(scene.receive(&mut recording).await.reason, EndReason::Ended);
    let summary = recording.close("ended").await;
    assert_eq!(summary.segments.len(), 2);
    let short = "é".repeat(30);
    assert_eq!(scene.temp.tree(), format!("{short}.flv\n{short}.json\n{short}_2.flv\n{short}_2.json"));
}

#[tokio::test]
async fn a_probe_says_what_a_candidate_is() {
    let cases = [
        (vec![ok("video/x-flv"), flv(&seconds(0, 5)), Act::Hang], "FLV, avc, aac"),
        (vec![ok("text/plain"), Act::Send(b"#EXTM3U\n".to_vec())], "HLS playlist"),
        (vec![ok("text/html"), Act::Send(b"<html>".to_vec())], "not media, it looks like HTML"),
        (vec![Act::Send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec())], "HTTP status 404"),
    ];
    for (script, expected) in cases {
        let mut scene = Scene::new(vec![script]).await;
        scene.transport = Transport::Unknown;
        let access = Access { room_host: HostPort::from_url(&scene.origin.url()), ..Access::default() };
        let probed = probe(&scene.hands.http, &scene.candidate(), &access, Duration::from_secs(1)).await;
        let told = probed.map_or_else(|refusal| refusal.to_string(), |probe| probe.what);
        assert_eq!(told, expected);
    }
}

#[tokio::test]
async fn answers_without_media_before_the_first_are_no_gap() {
    let bare = || vec![ok("video/x-flv"), Act::Send(b"FLV\x01\x05\0\0\0\x09\0\0\0\0".to_vec())];
    let html = vec![ok("video/x-flv"), Act::Send(b"<!DOCTYPE html><html></html>".to_vec())];
    let mut scene = Scene::new(vec![bare(), html, bare(), vec![ok("video/x-flv"), flv(&seconds(0, 2))]]).await;
    let mut recording = scene.recording();
    for _ in 0..3 {
        assert!(!scene.receive(&mut recording).await.first_media);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(scene.receive(&mut recording).await.reason, EndReason::Ended);
    let summary = recording.close("ended").await;
    assert_eq!((summary.segments.len(), summary.gaps), (1, Vec::new()));
    let sidecar = scene.sidecar("Ann/show.json");
    assert_eq!((&sidecar["gaps"], &sidecar["repairs"]), (&serde_json::json!([]), &serde_json::json!([])));
}

/// A connection that breaks behind its first picture: that belongs to the file which the next one begins.
#[tokio::test]
async fn a_lone_key_frame_before_the_break_is_kept() {
    let first = vec![ok("video/x-flv"), flv("V 0 key 9000 #0"), Act::Reset];
    let mut scene = Scene::new(vec![first, vec![ok("video/x-flv"), flv(&seconds(0, 2))]]).await;
    let mut recording = scene.recording();
    scene.receive(&mut recording).await;
    scene.receive(&mut recording).await;
    recording.close("ended").await;
    let media = media_of(&scene.file("Ann/show.flv"));
    assert_eq!((media.len(), media[0]), (2 * 35, ('V', 0)));
    // The same, and what comes next is later.
    let first = vec![ok("video/x-flv"), flv("V 0 key 9000 #0"), Act::Reset];
    let mut scene = Scene::new(vec![first, vec![ok("video/x-flv"), flv(&seconds(1, 3))]]).await;
    let mut recording = scene.recording();
    scene.receive(&mut recording).await;
    scene.receive(&mut recording).await;
    recording.close("ended").await;
    assert_eq!(media_of(&scene.file("Ann/show.flv")).len(), 2 * 35 + 1);
}

#[tokio::test]
async fn a_small_raw_body_counts_as_media() {
    let mut packet = [9; 188];
    packet[0] = 0x47;
    let mut scene = Scene::new(vec![vec![ok("video/mp2t"), Act::Send(packet.repeat(4))]]).await;
    scene.transport = Transport::Unknown;
    let mut recording = scene.recording();
    let reception = scene.receive(&mut recording).await;
    assert!(reception.first_media && reception.media_ms >= 1, "{reception:?}");
}

#[tokio::test]
async fn a_limit_without_room_for_media_leaves_no_file() {
    let head = {
        let mut scene = Scene::new(vec![vec![ok("video/x-flv"), flv(&seconds(0, 1))]]).await;
        let mut recording = scene.recording();
        scene.receive(&mut recording).await;
        recording.close("ended").await;
        let file = scene.file("Ann/show.flv");
        28 + u64::from(u32::from_be_bytes([0, file[14], file[15], file[16]]))
    };
    // Less than the head, and room for it and the decoder configurations alone.
    for limit in [1_000, head, head + 500] {
        let mut scene = Scene::new(vec![vec![ok("video/x-flv"), flv(&seconds(0, 2)), Act::Hang]]).await;
        scene.plan.max_size = Some(limit);
        let mut recording = scene.recording();
        assert_eq!(scene.receive(&mut recording).await.reason, EndReason::Limit);
        assert_eq!(recording.close("limit").await, Summary::default(), "{limit}");
        assert_eq!(scene.temp.tree(), "", "{limit}");
    }
}

/// Who opens a file that began just now, or salvages none of it, wants to seek in it.
#[tokio::test]
async fn a_file_has_an_index_as_soon_as_there_is_something_to_seek_to() {
    let mut scene = Scene::new(vec![vec![ok("video/x-flv"), flv(&seconds(0, 3)), Act::Hang]]).await;
    let mut recording = scene.recording();
    let part = scene.temp.0.join("Ann/show.flv.part");
    let indexed = async {
        while !std::fs::read(&part).is_ok_and(|file| file.windows(9).any(|name| name == b"keyframes")) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    // The connection falls silent and is given up: only a growing file is looked at.
    tokio::select! {
        () = indexed => {}
        reception = scene.receive(&mut recording) => panic!("no index came until the end: {reception:?}"),
    }
    recording.close("ended").await;
}

#[tokio::test]
async fn the_last_seconds_over_and_over_are_a_loop() {
    let mut scene = Scene::new(vec![vec![
        ok("video/x-flv"),
        flv(&seconds(0, 3)),
        Act::Send(tags(&seconds(0, 3).repeat(4))),
        Act::Hang,
    ]])
    .await;
    let mut recording = scene.recording();
    assert_eq!(scene.receive(&mut recording).await.reason, EndReason::Looping);
    let summary = recording.close("looping").await;
    assert_eq!(summary.segments.len(), 1, "{summary:?}");
    assert_eq!(media_of(&std::fs::read(&summary.segments[0].file).unwrap()).len(), 3 * 35);
}

/// The engine names what is missing behind the cut, from how long nothing came: nobody else does it once more.
#[tokio::test]
async fn a_sender_that_was_restarted_with_another_picture_leaves_one_gap() {
    let other = Act::Send(whole(&format!("V 0 header 1080p\nA 0 header\n{}", seconds(0, 2))));
    let scripts =
        vec![vec![ok("video/x-flv"), flv(&seconds(0, 4)), Act::Pause(100), Act::Reset], vec![ok("video/x-flv"), other]];
    let mut scene = Scene::new(scripts).await;
    let mut recording = scene.recording();
    scene.receive(&mut recording).await;
    scene.receive(&mut recording).await;
    let summary = recording.close("ended").await;
    assert_eq!((summary.segments.len(), summary.gaps.len()), (2, 1), "{summary:?}");
    assert_eq!(scene.sidecar("Ann/show_2.json")["gaps"].as_array().map(Vec::len), Some(1));
}
