//! Which folder the files of a recording go to.

use std::path::Path;

use super::*;
use crate::record::Level;

/// A scene whose recordings may also go to the folder `spare`.
async fn scene_with_spare() -> Scene {
    let script = || vec![ok("video/x-flv"), flv(&seconds(0, 5))];
    let mut scene = Scene::new(vec![script(), script()]).await;
    scene.plan.roots.push(scene.temp.0.join("spare"));
    scene
}

#[tokio::test]
async fn a_folder_without_room_takes_no_file_and_the_next_one_does() {
    let mut scene = scene_with_spare().await;
    scene.hands.gates.set(&scene.temp.0, Level::Shut, String::from("few"));
    let mut recording = scene.recording();
    assert_eq!(scene.receive(&mut recording).await.reason, EndReason::Ended);
    recording.close("ended").await;
    assert_eq!(scene.temp.tree(), "spare/Ann/show.flv\nspare/Ann/show.json");
    // The next recording begins where the user wants it.
    scene.hands.gates.set(&scene.temp.0, Level::Open, String::new());
    let mut recording = scene.recording();
    scene.receive(&mut recording).await;
    recording.close("ended").await;
    assert_eq!(scene.temp.tree(), "Ann/show.flv\nAnn/show.json\nspare/Ann/show.flv\nspare/Ann/show.json");
    assert!(!scene.kinds().contains(&Kind::DiskLow), "who watches the volume tells it");
}

#[tokio::test]
async fn without_room_anywhere_nothing_begins() {
    let mut scene = scene_with_spare().await;
    for folder in scene.plan.roots.clone() {
        scene.hands.gates.set(&folder, Level::Shut, format!("`{}` is full", folder.display()));
    }
    let mut recording = scene.recording();
    let reception = scene.receive(&mut recording).await;
    // The first folder's is the reason that people know.
    assert_eq!(reception.reason, EndReason::DiskFull(format!("`{}` is full", scene.temp.0.display())));
    recording.close("ended").await;
    assert_eq!((scene.temp.tree().as_str(), scene.kinds()), ("", Vec::new()));
}

#[tokio::test]
async fn a_folder_that_refuses_is_passed_over() {
    let mut scene = scene_with_spare().await;
    // Nobody can make a folder there.
    scene.plan.roots.insert(0, Path::new("/proc/none/recordings").to_owned());
    let mut recording = scene.recording();
    assert_eq!(scene.receive(&mut recording).await.reason, EndReason::Ended);
    recording.close("ended").await;
    assert_eq!(scene.temp.tree(), "Ann/show.flv\nAnn/show.json");
}

/// A new connection's media is held until it is known where it belongs. When no file can be made for it then, it is
/// missing beside all that comes until there is room.
#[tokio::test]
async fn what_was_held_for_a_file_that_cannot_be_made_is_named() {
    // Another configuration and another clock, as fast as it plays.
    let mut second = vec![ok("video/x-flv"), Act::Send(whole("V 0 header 1080p\nA 0 header\n"))];
    for line in seconds(2, 5).lines().collect::<Vec<_>>().chunks(9) {
        second.extend([Act::Send(tags(&line.join("\n"))), Act::Pause(200)]);
    }
    let scripts = vec![
        vec![ok("video/x-flv"), flv(&seconds(10, 12)), Act::Pause(100), Act::Reset],
        second,
        vec![ok("video/x-flv"), flv(&seconds(9, 11)), Act::Pause(100)],
    ];
    let mut scene = Scene::new(scripts).await;
    let mut recording = scene.recording();
    scene.receive(&mut recording).await;
    scene.hands.gates.set(&scene.temp.0, Level::Shut, String::from("full"));
    assert_eq!(scene.receive(&mut recording).await.reason, EndReason::DiskFull(String::from("full")));
    scene.hands.gates.set(&scene.temp.0, Level::Open, String::new());
    scene.receive(&mut recording).await;
    recording.close("ended").await;
    let gaps = scene.sidecar("Ann/show_2.json")["gaps"].clone();
    let lost_ms =
        gaps.as_array().unwrap().iter().filter(|gap| gap["cause"] == "disk").filter_map(|gap| gap["lost_ms"].as_u64());
    assert!(lost_ms.max() >= Some(1_000), "{gaps}");
}
