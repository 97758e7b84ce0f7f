//! Events of other kinds than a session's beginning.

use serde_json::json;

use super::*;

fn event(scene: &Scene, kind: Kind, session: Option<&str>, data: serde_json::Value) -> Event {
    let room = RoomKey { platform: String::from("p"), id: String::from("7") };
    Event::now(&scene.clock, kind, Some(&room), session, data)
}

async fn told_of(kinds: &[Kind]) -> Scene {
    let mut scene = Scene::new();
    scene.crash().await;
    let places = vec![place("family", &scene.service, kinds)];
    scene.open_with(places);
    scene
}

#[tokio::test]
async fn who_wants_to_know_is_told_and_nobody_else() {
    let scene = told_of(&[Kind::SessionEnded, Kind::Gap]).await;
    scene.on_air("s1", false);
    scene.quiet().await;
    let gap = json!({ "lost_ms": 1500, "cause": "stall" });
    scene.ledger().tell(&event(&scene, Kind::SessionStarted, Some("s1"), json!({})));
    scene.ledger().tell(&event(&scene, Kind::Gap, Some("s1"), gap.clone()));
    scene.ledger().tell(&event(&scene, Kind::Repair, Some("s1"), json!({})));
    scene.ledger().update("s1", Broadcast { streamer: String::from("Ann B."), ..Broadcast::default() });
    scene.ledger().tell(&event(&scene, Kind::Gap, Some("s1"), gap));
    scene.ledger().over("s1");
    scene.quiet().await;
    scene.ledger().tell(&event(&scene, Kind::SessionEnded, Some("s1"), json!({})));
    scene.quiet().await;
    let mut calls = scene.service.calls();
    calls.sort();
    let expected = [
        "0s announce Ann B. is no longer live",
        "0s announce Ann B.: 1500 ms are missing: stall",
        "0s announce Ann s1 is live",
        "0s announce Ann s1: 1500 ms are missing: stall",
        "0s retract r1",
    ];
    assert_eq!(calls, expected);
    assert_eq!(scene.row("s1").await, "family retracted: r1");
}

#[tokio::test]
async fn a_room_without_targets_tells_nobody() {
    let scene = told_of(&[Kind::CheckFailed]).await;
    let failed = event(&scene, Kind::CheckFailed, None, json!({ "message": "x" }));
    scene.ledger().tell(&failed);
    scene.quiet().await;
    assert_eq!(scene.service.calls().len(), 1);
    scene.ledger().set_room(&RoomKey { platform: String::from("p"), id: String::from("7") }, Some(vec![]));
    scene.ledger().tell(&failed);
    scene.quiet().await;
    assert_eq!(scene.service.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn messages_wait_for_a_while_and_in_order() {
    let scene = told_of(&[Kind::Gap]).await;
    let gap = |lost: u64| event(&scene, Kind::Gap, None, json!({ "lost_ms": lost, "cause": "x" }));
    scene.service.is(Mood::Refuses(Failure::Network(String::new())));
    for lost in 0..150 {
        scene.ledger().tell(&gap(lost));
    }
    scene.pass(MINUTE, SECOND).await;
    scene.service.is(Mood::Well);
    scene.service.calls();
    assert!(scene.ledger().settle(Duration::ZERO).await > 50);
    scene.pass(2 * MINUTE, MINUTE).await;
    let calls = scene.service.calls();
    assert_eq!(calls.len(), 100, "the oldest go");
    let lost: Vec<u64> = calls.iter().map(|call| call.split(' ').nth(3).unwrap().parse().unwrap()).collect();
    assert!(lost.is_sorted() && lost.last() == Some(&149), "{lost:?}");

    scene.service.is(Mood::Refuses(Failure::Network(String::new())));
    scene.ledger().tell(&gap(1));
    scene.pass(2 * HOUR, MINUTE).await;
    scene.service.calls();
    scene.service.is(Mood::Well);
    scene.pass(HOUR, MINUTE).await;
    assert_eq!(scene.service.calls(), Vec::<String>::new(), "no news any more");
}

#[tokio::test]
async fn a_message_in_doubt_is_not_told_again() {
    let scene = told_of(&[Kind::Gap]).await;
    scene.service.is(Mood::LosesAnswers);
    scene.ledger().tell(&event(&scene, Kind::Gap, None, json!({})));
    scene.pass(HOUR, MINUTE).await;
    assert_eq!(scene.service.count(), (1, 1));
}

#[tokio::test]
async fn a_flood_is_bounded() {
    let scene = told_of(&[Kind::Gap]).await;
    for lost in 0..5_000 {
        scene.ledger().tell(&event(&scene, Kind::Gap, None, json!({ "lost_ms": lost, "cause": "x" })));
    }
    scene.quiet().await;
    assert_eq!(scene.service.calls().len(), 100);
}
