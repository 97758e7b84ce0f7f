use std::time::Duration;

use serde_json::Value;

use super::*;
use crate::config;
use crate::disk::tests::{Temp, disk};
use crate::event::{self, Kind};
use crate::model::{Broadcast, Candidate, Quality, RoomKey, Transport};

mod ends;
mod faults;

pub(crate) mod fixture;
mod folders;
mod kills;
mod origin;

use fixture::{HEADERS, seconds, tags, whole};
use origin::{Act, Origin, ok};

/// One recording of one origin.
struct Scene {
    temp: Temp,
    origin: Origin,
    hands: Hands,
    events: tokio::sync::mpsc::Receiver<event::Event>,
    plan: Plan,
    transport: Transport,
    progress: Progress,
    stop: (tokio::sync::watch::Sender<bool>, Stop),
    told: tokio::sync::watch::Sender<Tidings>,
}

impl Scene {
    async fn new(scripts: Vec<Vec<Act>>) -> Self {
        let temp = Temp::new();
        let origin = Origin::start(scripts).await;
        let (sink, events) = event::queue();
        let http = Http::new(&config::Http::default(), &[]).unwrap();
        let (clock, gates, means) = (Clock::system(), Gates::default(), Means::default());
        let hands = Hands { http, disk: disk(), clock, events: sink, gates, means };
        let output = Output { dir: temp.0.clone(), name: String::from("{{ streamer }}/show"), ..Output::default() };
        let plan = Plan::new(&output, Duration::from_millis(400), String::from("direct@0.1.0"));
        let stop = tokio::sync::watch::channel(false);
        let url = origin.url();
        let broadcast = Broadcast { streamer: String::from("Ann"), room_url: url, ..Broadcast::default() };
        let told = tokio::sync::watch::Sender::new(Tidings { broadcast, cut: None });
        let (transport, progress) = (Transport::Flv, Progress::default());
        Scene { temp, origin, hands, events, plan, transport, progress, stop, told }
    }

    fn recording(&self) -> Recording {
        let room = RoomKey { platform: String::from("direct"), id: String::from("1") };
        Recording::new(self.plan.clone(), self.hands.clone(), room, String::from("session"))
    }

    async fn receive(&mut self, recording: &mut Recording) -> Reception {
        let candidate = self.candidate();
        let access = Access { room_host: HostPort::from_url(&candidate.url), ..Access::default() };
        recording.receive(&candidate, &self.told.subscribe(), &access, &self.progress, &mut self.stop.1).await
    }

    fn candidate(&self) -> Candidate {
        Candidate {
            url: self.origin.url(),
            transport: self.transport.clone(),
            codec: None,
            quality: Quality::default(),
            cdn: None,
            headers: Vec::new(),
            expires_at: None,
            extra: Vec::new(),
        }
    }

    async fn salvage(&self) -> Vec<Salvaged> {
        let (Hands { disk, clock, events, .. }, mut salvaged) = (&self.hands, Vec::new());
        salvage(&self.temp.0, disk, clock, events, self.plan.hash, &mut salvaged).await.unwrap();
        salvaged
    }

    fn kinds(&mut self) -> Vec<Kind> {
        let mut kinds = Vec::new();
        while let Ok(event) = self.events.try_recv() {
            assert!(!serde_json::to_string(&event).unwrap().contains("hunter2"));
            kinds.push(event.kind);
        }
        kinds
    }

    fn sidecar(&self, name: &str) -> Value {
        let text = std::fs::read_to_string(self.temp.0.join(name)).unwrap();
        assert!(!text.contains("hunter2"), "{text}");
        serde_json::from_str(&text).unwrap()
    }

    fn file(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.temp.0.join(name)).unwrap()
    }
}

/// An answer of FLV: header, decoder configurations and these tags.
fn flv(text: &str) -> Act {
    Act::Send(whole(&format!("{HEADERS}{text}")))
}

/// `V`, `A` and times of a file's media; checks the framing to the last byte.
fn media_of(file: &[u8]) -> Vec<(char, u32)> {
    let mut found = Vec::new();
    let mut at = 13;
    while at < file.len() {
        let size = u32::from_be_bytes([0, file[at + 1], file[at + 2], file[at + 3]]);
        let time = u32::from_be_bytes([file[at + 7], file[at + 4], file[at + 5], file[at + 6]]);
        let end = at + 11 + usize::try_from(size).unwrap();
        assert_eq!(file[end..end + 4], (size + 11).to_be_bytes(), "back pointer at {end}");
        let header = file[at + 12] == 0;
        match file[at] {
            8 if !header => found.push(('A', time)),
            9 if !header => found.push(('V', time)),
            _ => {}
        }
        at = end + 4;
    }
    assert_eq!(at, file.len());
    found
}

#[tokio::test]
async fn a_stream_becomes_one_whole_file() {
    let mut scene = Scene::new(vec![vec![ok("video/x-flv"), flv(&seconds(0, 20))]]).await;
    let mut recording = scene.recording();
    let reception = scene.receive(&mut recording).await;
    scene.progress.began().await;
    assert_eq!(reception.reason, EndReason::Ended);
    assert!(reception.first_media && reception.media_ms >= 19_900, "{reception:?}");
    assert_eq!(scene.temp.tree(), "Ann/show.flv.part\nAnn/show.json");
    assert_eq!(scene.sidecar("Ann/show.json")["state"], "recording");
    assert_eq!(scene.progress.media_ms(), reception.media_ms);
    assert_eq!(scene.progress.file(), Some(scene.temp.0.join("Ann/show.flv")));
    let summary = recording.close("ended").await;
    assert_eq!(scene.temp.tree(), "Ann/show.flv\nAnn/show.json");
    let file = scene.file("Ann/show.flv");
    assert_eq!(media_of(&file).len(), 20 * 35);
    let bytes = u64::try_from(file.len()).unwrap();
    let path = scene.temp.0.join("Ann/show.flv");
    let closed = Closed { file: path, bytes, duration_ms: reception.media_ms, state: sidecar::State::Complete };
    assert_eq!(summary, Summary { segments: vec![closed], gaps: Vec::new() });
    let sidecar = scene.sidecar("Ann/show.json");
    assert_eq!(
        (&sidecar["state"], &sidecar["end"], &sidecar["bytes"]),
        (&"complete".into(), &"ended".into(), &bytes.into())
    );
    assert_eq!(sidecar["receptions"][0]["reason"], "ended");
    let behind = 13 + 15 + usize::try_from(u32::from_be_bytes([0, file[14], file[15], file[16]])).unwrap();
    assert_eq!(sidecar["blake3"], blake3::hash(&file[behind..]).to_hex().as_str());
    let kinds = scene.kinds();
    let expected = [Kind::SegmentOpened, Kind::ReceptionStarted, Kind::ReceptionEnded, Kind::SegmentClosed];
    assert_eq!(kinds.iter().filter(|kind| **kind != Kind::Repair).copied().collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_dropped_connection_goes_on_in_the_same_file() {
    let scripts = vec![
        vec![ok("video/x-flv"), flv(&seconds(0, 3)), Act::Pause(50), Act::Reset],
        vec![ok("video/x-flv"), flv(&seconds(6, 9))],
    ];
    let mut scene = Scene::new(scripts).await;
    let mut recording = scene.recording();
    let first = scene.receive(&mut recording).await;
    assert!(matches!(first.reason, EndReason::Broken(_)), "{first:?}");
    let second = scene.receive(&mut recording).await;
    assert_eq!(second.reason, EndReason::Ended);
    assert!(second.media_ms > 0 && second.first_media);
    let summary = recording.close("ended").await;
    assert_eq!(scene.temp.tree(), "Ann/show.flv\nAnn/show.json");
    assert_eq!(media_of(&scene.file("Ann/show.flv")).len(), 6 * 35);
    let sidecar = scene.sidecar("Ann/show.json");
    assert_eq!(sidecar["gaps"].as_array().unwrap().len(), 1, "{sidecar}");
    assert_eq!(sidecar["gaps"][0]["cause"], "connection");
    assert_eq!(sidecar["receptions"].as_array().unwrap().len(), 2);
    assert_eq!(summary.gaps.len(), 1);
    assert_eq!(scene.kinds().iter().filter(|kind| **kind == Kind::Gap).count(), 1);
}

/// A kill leaves the sidecar as it is on the disk: a gap that is not there then is named nowhere.
#[tokio::test]
async fn a_gap_is_on_the_disk_while_the_next_connection_goes_on() {
    let scripts = vec![
        vec![ok("video/x-flv"), flv(&seconds(0, 3)), Act::Pause(50), Act::Reset],
        vec![ok("video/x-flv"), flv(&seconds(6, 9)), Act::Hang],
    ];
    let mut scene = Scene::new(scripts).await;
    let mut recording = scene.recording();
    scene.receive(&mut recording).await;
    let path = scene.temp.0.join("Ann/show.json");
    let told = async {
        loop {
            let sidecar: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            if sidecar["receptions"].as_array().unwrap().len() == 2 {
                return sidecar;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let (sidecar, _) = tokio::join!(told, scene.receive(&mut recording));
    assert!(sidecar["receptions"][1]["reason"].is_null(), "it is still going on: {sidecar}");
    assert_eq!(sidecar["gaps"][0]["cause"], "connection", "{sidecar}");
    recording.close("ended").await;
}

#[tokio::test]
async fn a_silent_connection_is_given_up_and_names_the_gap() {
    let scripts =
        vec![vec![ok("video/x-flv"), flv(&seconds(0, 2)), Act::Hang], vec![ok("video/x-flv"), flv(&seconds(10, 12))]];
    let mut scene = Scene::new(scripts).await;
    let mut recording = scene.recording();
    assert_eq!(scene.receive(&mut recording).await.reason, EndReason::Stalled);
    // What has come is on the disk meanwhile.
    assert_eq!(media_of(&scene.file("Ann/show.flv.part")).len(), 2 * 35);
    assert_eq!(scene.receive(&mut recording).await.reason, EndReason::Ended);
    recording.close("ended").await;
    assert_eq!(scene.sidecar("Ann/show.json")["gaps"][0]["cause"], "stall");
}

#[tokio::test]
async fn without_joining_each_reception_has_its_file() {
    let scripts = vec![
        vec![ok("video/x-flv"), flv(&seconds(0, 2)), Act::Pause(100), Act::Reset],
        vec![ok("video/x-flv"), flv(&seconds(6, 8))],
    ];
    let mut scene = Scene::new(scripts).await;
    scene.plan.join = false;
    scene.plan.sidecar = false;
    let mut recording = scene.recording();
    scene.receive(&mut recording).await;
    scene.receive(&mut recording).await;
    let summary = recording.close("ended").await;
    assert_eq!(scene.temp.tree(), "Ann/show.flv\nAnn/show_2.flv");
    assert_eq!((summary.segments.len(), summary.gaps.len()), (2, 1));
    assert_eq!(
        summary.segments.iter().map(|one| media_of(&std::fs::read(&one.file).unwrap()).len()).sum::<usize>(),
        4 * 35
    );
}

#[tokio::test]
async fn a_connection_with_another_configuration_cuts_and_names_the_gap() {
    let other = Act::Send(whole(&format!("V 0 header 1080p\nA 0 header\n{}", seconds(6, 8))));
    let scripts =
        vec![vec![ok("video/x-flv"), flv(&seconds(0, 2)), Act::Pause(100), Act::Reset], vec![ok("video/x-flv"), other]];
    let mut scene = Scene::new(scripts).await;
    let mut recording = scene.recording();
    scene.receive(&mut recording).await;
    scene.receive(&mut recording).await;
    let summary = recording.close("ended").await;
    assert_eq!((summary.segments.len(), summary.gaps.len()), (2, 1));
    assert_eq!(scene.sidecar("Ann/show_2.json")["gaps"][0]["cause"], "connection");
    assert_eq!(scene.sidecar("Ann/show.json")["receptions"][0]["reason"], "broken");
}

#[tokio::test]
async fn another_configuration_cuts_and_many_are_flapping() {
    let change = |number: u32| format!("V {0} header 720p #{number}\n{1}", number * 1_000, seconds(number, number + 1));
    let text: String = (1..9).map(change).collect();
    let mut scene =
        Scene::new(vec![vec![ok("video/x-flv"), flv(&seconds(0, 1)), Act::Send(tags(&text)), Act::Hang]]).await;
    let mut recording = scene.recording();
    assert_eq!(scene.receive(&mut recording).await.reason, EndReason::Flapping);
    let summary = recording.close("flapping").await;
    assert_eq!(summary.segments.len(), 5);
    let names: Vec<String> =
        scene.temp.tree().lines().filter(|name| name.ends_with("flv")).map(str::to_owned).collect();
    assert_eq!(names, ["Ann/show.flv", "Ann/show_2.flv", "Ann/show_3.flv", "Ann/show_4.flv", "Ann/show_5.flv"]);
    let sidecar = scene.sidecar("Ann/show_2.json");
    assert_eq!(sidecar["end"], "video_header_changed");
    assert_eq!(sidecar["receptions"][0]["reason"], "video_header_changed");
    assert!(sidecar["receptions"][0]["ended_at"].is_string());
}

#[tokio::test]
async fn a_title_that_changes_is_in_the_sidecars_that_follow() {
    let other = Act::Send(tags(&format!("V 2000 header 1080p\n{}", seconds(2, 5))));
    let script = vec![ok("video/x-flv"), flv(&seconds(0, 2)), Act::Pause(600), other];
    let mut scene = Scene::new(vec![script]).await;
    scene.plan.name = String::from("{{ title }}");
    scene.plan.stall = Duration::from_secs(10);
    scene.told.send_modify(|tidings| tidings.broadcast.title = String::from("before"));
    let told = scene.told.clone();
    let mut recording = scene.recording();
    let root = scene.temp.0.clone();
    let changed = async move {
        while !root.join("before.json").exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        told.send_modify(|tidings| tidings.broadcast.title = String::from("after"));
    };
    tokio::join!(changed, scene.receive(&mut recording));
    // Of another broadcast already.
    scene.told.send_modify(|tidings| tidings.broadcast.title = String::from("too late"));
    recording.close("ended").await;
    assert_eq!(scene.temp.tree(), "before.flv\nbefore.json\nbefore_2.flv\nbefore_2.json");
    let title = |name: &str| scene.sidecar(name)["broadcast"]["title"].clone();
    assert_eq!((title("before.json"), title("before_2.json")), ("before".into(), "after".into()));
}

#[tokio::test]
async fn a_person_may_ask_for_another_segment() {
    let script = vec![ok("video/x-flv"), flv(&seconds(0, 2)), Act::Pause(1_200), Act::Send(tags(&seconds(2, 5)))];
    let mut scene = Scene::new(vec![script]).await;
    scene.plan.name = String::from("x");
    scene.plan.stall = Duration::from_secs(10);
    let told = scene.told.clone();
    let mut recording = scene.recording();
    let asked = async move {
        tokio::time::sleep(Duration::from_millis(500)).await;
        told.send_modify(|tidings| tidings.cut = Some((1, lyrebird_flv::Ask::Command)));
    };
    tokio::join!(asked, scene.receive(&mut recording));
    let summary = recording.close("ended").await;
    assert_eq!(summary.segments.len(), 2, "{summary:?}");
    assert_eq!(scene.sidecar("x.json")["end"], "command");
}

#[tokio::test]
async fn a_session_that_goes_on_after_a_restart_numbers_its_files_on() {
    let mut scene = Scene::new(vec![vec![ok("video/x-flv"), flv(&seconds(0, 3))]]).await;
    let last_write = scene.hands.clock.now() - Duration::from_secs(7);
    let before = Before { folder: Some("a".into()), stem: Some(String::from("b")), number: 4, last_write };
    let mut recording = scene.recording().taken_up(before);
    scene.receive(&mut recording).await;
    let summary = recording.close("ended").await;
    assert_eq!(scene.temp.tree(), "a/b_5.flv\na/b_5.json");
    let [gap] = summary.gaps.as_slice() else { panic!("{summary:?}") };
    assert_eq!((gap.cause.as_str(), gap.at_ms), ("restart", 0));
    assert!((7_000..9_000).contains(&gap.lost_ms.unwrap()), "{gap:?}");
}

#[tokio::test]
async fn segments_are_split_by_size() {
    let mut scene = Scene::new(vec![vec![ok("video/x-flv"), flv(&seconds(0, 30))]]).await;
    scene.plan.split.size = Some(config::Size(300_000));
    let mut recording = scene.recording();
    let reception = scene.receive(&mut recording).await;
    let summary = recording.close("ended").await;
    assert!(summary.segments.len() >= 2 && summary.segments[0].bytes < 400_000, "{summary:?}");
    let frames: usize = summary.segments.iter().map(|one| media_of(&std::fs::read(&one.file).unwrap()).len()).sum();
    assert_eq!(frames, 30 * 35);
    assert_eq!(reception.bytes, summary.segments.iter().map(|one| one.bytes).sum::<u64>());
}

#[tokio::test]
async fn other_bodies_are_written_as_they_come() {
    let mut packet = [0x47; 188];
    packet[1..].fill(9);
    let body = packet.repeat(3_000);
    let mut scene = Scene::new(vec![vec![ok("video/mp2t"), Act::Send(body.clone()), Act::Reset]]).await;
    scene.transport = Transport::Unknown;
    let mut recording = scene.recording();
    let reception = scene.receive(&mut recording).await;
    assert!(reception.first_media && reception.bytes <= 564_000);
    assert!(matches!(reception.reason, EndReason::Broken(_)));
    let length = usize::try_from(reception.bytes).unwrap();
    scene.receive(&mut recording).await;
    recording.close("ended").await;
    assert_eq!(scene.file("Ann/show.ts"), body[..length]);
    assert!(scene.temp.tree().contains("Ann/show_2.ts"));
    assert_eq!(scene.sidecar("Ann/show_2.json")["gaps"][0]["cause"], "connection");
}

#[tokio::test]
async fn a_killed_recording_is_salvaged() {
    let mut scene = Scene::new(vec![vec![ok("video/x-flv"), flv(&seconds(0, 5)), Act::Pause(100), Act::Reset]]).await;
    let mut recording = scene.recording();
    scene.receive(&mut recording).await;
    let busy = scene.salvage().await;
    assert_eq!(busy[0].outcome, Outcome::Busy);
    // As if the process were gone; the writer's thread lets go first.
    drop(recording.segment.take().unwrap().ended().await.unwrap());
    drop(recording);
    // A tag of which a part is missing.
    let part = scene.temp.0.join("Ann/show.flv.part");
    let mut bytes = std::fs::read(&part).unwrap();
    let whole = bytes.len();
    bytes.extend([9, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x27]);
    std::fs::write(&part, bytes).unwrap();
    let salvaged = scene.salvage().await;
    assert_eq!((salvaged.len(), &salvaged[0].outcome), (1, &Outcome::Recovered));
    assert_eq!(scene.temp.tree(), "Ann/show.flv\nAnn/show.json");
    assert_eq!(scene.file("Ann/show.flv").len(), whole);
    assert_eq!(media_of(&scene.file("Ann/show.flv")).len(), 5 * 35);
    let sidecar = scene.sidecar("Ann/show.json");
    assert_eq!((&sidecar["state"], &sidecar["end"]), (&"recovered".into(), &"killed".into()));
    // Its connection had ended before.
    assert_eq!((&sidecar["receptions"][0]["reason"], &sidecar["gaps"]), (&"broken".into(), &serde_json::json!([])));
    assert_eq!(scene.kinds().last(), Some(&Kind::SegmentClosed));
}
