//! Services that are down, that lose answers, that never give in; and a database that does not work.

use super::*;

fn down() -> Mood {
    Mood::Refuses(Failure::Network(String::from("500")))
}

/// The seconds at which the service was called.
fn seconds(calls: &[String]) -> Vec<u64> {
    calls.iter().map(|call| call.split_once('s').unwrap().0.parse().unwrap()).collect()
}

#[tokio::test]
async fn a_target_that_is_down_for_an_hour() {
    let scene = Scene::new();
    scene.service.is(down());
    scene.on_air("s1", false);
    scene.quiet().await;
    scene.pass(HOUR, SECOND).await;
    let pauses = seconds(&scene.service.calls());
    assert_eq!(pauses, [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 1623, 2223, 2823, 3423]);
    scene.service.is(Mood::Well);
    scene.pass(HOUR, MINUTE).await;
    assert_eq!(scene.service.count(), (1, 1), "one announcement in the end");
    scene.service.is(down());
    scene.ledger().over("s1");
    scene.pass(HOUR, MINUTE).await;
    assert_eq!(scene.service.count(), (1, 1));
    scene.service.is(Mood::Well);
    scene.pass(HOUR, MINUTE).await;
    assert_eq!(scene.service.count(), (1, 0), "taken back all the same");
}

#[tokio::test]
async fn a_session_that_was_over_before_anybody_could_be_told() {
    let scene = Scene::new();
    scene.service.is(down());
    scene.on_air("s1", false);
    scene.pass(HOUR, MINUTE).await;
    scene.ledger().over("s1");
    scene.quiet().await;
    assert_eq!(scene.row("s1").await, "family cancelled");
    scene.service.is(Mood::Well);
    scene.service.calls();
    scene.pass(HOUR, MINUTE).await;
    assert_eq!((scene.service.calls(), scene.service.count()), (vec![], (0, 0)));
    assert_eq!(scene.ledger().settle(HOUR).await, 0);
}

#[tokio::test]
async fn over_while_the_announcement_is_under_way() {
    for mood in [Mood::HangsBefore, Mood::HangsAfter] {
        let scene = Scene::new();
        scene.service.is(mood);
        scene.on_air("s1", false);
        scene.called(1).await;
        scene.ledger().over("s1");
        scene.clock.advance(SECOND);
        scene.service.is(Mood::Well);
        scene.service.gate.add_permits(1);
        scene.quiet().await;
        assert_eq!(scene.service.calls(), ["0s announce Ann s1 is live", "1s retract r1"]);
        assert_eq!(scene.service.count(), (1, 0));
    }
}

#[tokio::test]
async fn a_lost_answer_is_looked_for() {
    let scene = Scene::new();
    scene.service.is(Mood::LosesAnswers);
    *scene.service.is_blind.lock().unwrap() = true;
    scene.on_air("s1", false);
    scene.quiet().await;
    scene.pass(MINUTE, SECOND).await;
    assert_eq!(scene.row("s1").await, "family doubt");
    *scene.service.is_blind.lock().unwrap() = false;
    scene.service.is(Mood::Well);
    scene.pass(HOUR, MINUTE).await;
    assert_eq!(scene.row("s1").await, "family told: r1");
    scene.ledger().over("s1");
    scene.quiet().await;
    let calls = scene.service.calls();
    assert_eq!(calls.iter().filter(|call| call.contains("announce")).count(), 1, "{calls:?}");
    assert_eq!(scene.service.count(), (1, 0));
}

#[tokio::test]
async fn what_is_not_found_is_never_told_again() {
    let scene = Scene::new();
    scene.service.is(Mood::LosesRequests);
    scene.on_air("s1", false);
    scene.quiet().await;
    assert_eq!(scene.row("s1").await, "family doubt");
    scene.pass(5 * SECOND, SECOND).await;
    assert_eq!(scene.row("s1").await, "family unknown");
    scene.service.is(Mood::Well);
    scene.pass(HOUR, MINUTE).await;
    scene.ledger().over("s1");
    scene.pass(HOUR, MINUTE).await;
    assert_eq!(scene.service.calls(), ["0s announce Ann s1 is live", "5s find "]);
    assert_eq!(scene.ledger().settle(HOUR).await, 0);
}

#[tokio::test]
async fn a_retraction_that_fails_for_a_day_is_given_up() {
    let scene = Scene::new();
    scene.on_air("s1", false);
    scene.quiet().await;
    scene.service.is(down());
    scene.ledger().over("s1");
    scene.quiet().await;
    scene.pass(23 * HOUR, 5 * MINUTE).await;
    assert_eq!(scene.row("s1").await, "family told: r1");
    scene.pass(2 * HOUR, 5 * MINUTE).await;
    assert_eq!(scene.row("s1").await, "family gave-up: r1");
    let calls = seconds(&scene.service.calls());
    assert!(calls.len() > 100 && *calls.last().unwrap() < 24 * 3_600, "{calls:?}");
    scene.pass(2 * HOUR, 5 * MINUTE).await;
    assert_eq!(scene.service.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn a_service_that_wants_rest_has_it_from_all_notices() {
    let scene = Scene::new();
    let after = Some(Duration::from_secs(300));
    scene.service.is(Mood::Refuses(Failure::RateLimited { message: String::from("slow"), after }));
    scene.on_air("s1", false);
    scene.quiet().await;
    scene.on_air("s2", false);
    scene.quiet().await;
    scene.service.is(Mood::Well);
    scene.pass(10 * MINUTE, MINUTE).await;
    let calls = scene.service.calls();
    assert_eq!(seconds(&calls), [0, 300, 300], "{calls:?}");
    assert_eq!(scene.service.count(), (2, 2));
}

#[tokio::test]
async fn a_login_that_expired_is_tried_every_half_hour() {
    let mut scene = Scene::new();
    scene.service.is(Mood::Refuses(Failure::LoginRequired(String::from("token"))));
    scene.on_air("s1", false);
    scene.quiet().await;
    scene.pass(2 * HOUR, MINUTE).await;
    assert_eq!(seconds(&scene.service.calls()), [0, 1800, 3600, 5400, 7200]);
    let event = scene.heard.try_recv().unwrap();
    assert_eq!((event.kind, &event.data["target"]), (Kind::LoginExpired, &serde_json::json!("family")));
    assert!(scene.heard.try_recv().is_err(), "told once");
}

#[tokio::test]
async fn calls_to_one_target_come_one_after_the_other() {
    let scene = Scene::new();
    scene.service.is(Mood::HangsAfter);
    scene.on_air("s1", false);
    scene.on_air("s2", false);
    scene.called(1).await;
    assert_eq!(scene.service.calls.lock().unwrap().len(), 1);
    scene.service.gate.add_permits(2);
    scene.quiet().await;
    assert_eq!(scene.service.count(), (2, 2));
}

#[tokio::test]
async fn settling_waits_and_counts() {
    let scene = Scene::new();
    scene.on_air("s1", false);
    scene.on_air("s2", false);
    scene.quiet().await;
    assert_eq!(scene.ledger().settle(HOUR).await, 0, "what stands for a session on air is not owed");
    scene.service.is(down());
    scene.ledger().over("s1");
    let ledger = scene.ledger().clone();
    let settling = tokio::spawn(async move { ledger.settle(MINUTE).await });
    scene.quiet().await;
    scene.pass(MINUTE, SECOND).await;
    assert_eq!(settling.await.unwrap(), 1);
    scene.service.is(Mood::Well);
    let ledger = scene.ledger().clone();
    let settling = tokio::spawn(async move { ledger.settle(HOUR).await });
    scene.pass(10 * MINUTE, MINUTE).await;
    assert_eq!(settling.await.unwrap(), 0);
}

#[tokio::test]
async fn a_database_that_breaks_in_the_middle_holds_nothing_up() {
    let mut scene = Scene::new();
    scene.on_air("s1", false);
    scene.quiet().await;
    // As if the disk had gone: no file can be opened there.
    scene.store.close().await;
    std::fs::remove_dir_all(&scene.dir).unwrap();
    std::fs::write(&scene.dir, "x").unwrap();
    scene.on_air("s2", false);
    scene.quiet().await;
    assert_eq!(scene.service.count(), (2, 2));
    scene.ledger().over("s1");
    scene.quiet().await;
    assert_eq!(scene.service.count(), (2, 1));
    // And back again, empty: what still stands is noted anew.
    std::fs::remove_file(&scene.dir).unwrap();
    scene.pass(5 * MINUTE, MINUTE).await;
    assert_eq!(scene.row("s2").await, "family told: r2");
    scene.restart().await;
    scene.ledger().adopt(vec![String::from("s2")]);
    scene.quiet().await;
    assert_eq!(scene.service.count(), (2, 0));
}

#[tokio::test]
async fn who_cannot_read_the_past_tells_nobody_before_he_can() {
    let mut scene = Scene::new();
    scene.on_air("s1", false);
    scene.quiet().await;
    scene.crash().await;
    scene.store.close().await;
    let aside = scene.dir.with_extension("aside");
    std::fs::rename(&scene.dir, &aside).unwrap();
    std::fs::write(&scene.dir, "x").unwrap();
    scene.open();
    scene.on_air("s1", true);
    scene.pass(MINUTE, SECOND).await;
    assert_eq!(scene.service.count(), (1, 1));
    std::fs::remove_file(&scene.dir).unwrap();
    std::fs::rename(&aside, &scene.dir).unwrap();
    scene.pass(10 * MINUTE, MINUTE).await;
    scene.ledger().over("s1");
    scene.quiet().await;
    let calls: Vec<String> = scene.service.calls();
    assert_eq!(calls.len(), 2, "{calls:?}");
    assert_eq!(scene.service.count(), (1, 0));
}
