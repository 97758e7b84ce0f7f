//! The program dies between any two steps; the next one opens the same database.

use super::*;

#[tokio::test]
async fn before_the_intent() {
    let mut scene = Scene::new();
    scene.on_air("s1", false);
    scene.restart().await;
    scene.on_air("s1", true);
    scene.quiet().await;
    assert_eq!(scene.service.count(), (1, 1));
    scene.ledger().over("s1");
    scene.quiet().await;
    assert_eq!(scene.service.count(), (1, 0));
}

#[tokio::test]
async fn after_the_intent_before_anybody_was_told() {
    let mut scene = Scene::new();
    scene.service.is(Mood::HangsBefore);
    scene.on_air("s1", false);
    scene.called(1).await;
    assert_eq!(scene.row("s1").await, "family calling");
    scene.service.is(Mood::Well);
    scene.restart().await;
    scene.on_air("s1", true);
    scene.quiet().await;
    assert_eq!(scene.row("s1").await, "family unknown", "it is reported, not told: nobody can know");
    scene.ledger().over("s1");
    scene.pass(HOUR, MINUTE).await;
    assert_eq!(scene.service.calls(), ["0s announce Ann s1 is live", "0s find "]);
    assert_eq!(scene.service.count(), (0, 0));
}

#[tokio::test]
async fn after_the_call_before_the_receipt() {
    let mut scene = Scene::new();
    scene.service.is(Mood::HangsAfter);
    scene.on_air("s1", false);
    scene.called(1).await;
    scene.service.is(Mood::Well);
    scene.restart().await;
    scene.on_air("s1", true);
    scene.quiet().await;
    assert_eq!(scene.row("s1").await, "family told: r1");
    scene.restart().await;
    scene.on_air("s1", true);
    scene.quiet().await;
    scene.ledger().over("s1");
    scene.quiet().await;
    assert_eq!(scene.service.calls(), ["0s announce Ann s1 is live", "0s find ", "0s retract r1"]);
    assert_eq!(scene.service.count(), (1, 0));
}

#[tokio::test]
async fn after_the_call_and_nobody_takes_the_session_up() {
    let mut scene = Scene::new();
    scene.service.is(Mood::HangsAfter);
    scene.on_air("s1", false);
    scene.called(1).await;
    scene.service.is(Mood::Well);
    scene.restart().await;
    assert_eq!(scene.store.owing().await.unwrap()[0].session, "s1");
    scene.ledger().adopt(vec![String::from("s1")]);
    scene.quiet().await;
    assert_eq!(scene.service.calls(), ["0s announce Ann s1 is live", "0s find ", "0s retract r1"]);
    assert_eq!((scene.row("s1").await.as_str(), scene.service.count()), ("family retracted: r1", (1, 0)));
    assert_eq!(scene.store.owing().await.unwrap(), []);
}

#[tokio::test]
async fn after_the_receipt() {
    let mut scene = Scene::new();
    scene.on_air("s1", false);
    scene.quiet().await;
    for _ in 0..3 {
        scene.restart().await;
        scene.on_air("s1", true);
        scene.quiet().await;
    }
    assert_eq!(scene.service.calls(), ["0s announce Ann s1 is live"]);
    scene.crash().await;
    scene.clock.advance(5 * HOUR);
    scene.open();
    scene.ledger().adopt(vec![String::from("s1")]);
    scene.quiet().await;
    assert_eq!(scene.service.calls(), ["18000s retract r1"]);
}

#[tokio::test]
async fn around_the_retraction() {
    // Before it: the word of the end was not even heard.
    let mut scene = Scene::new();
    scene.on_air("s1", false);
    scene.quiet().await;
    scene.ledger().over("s1");
    scene.restart().await;
    scene.ledger().adopt(vec![String::from("s1")]);
    // In it: twice, for taking back what is gone is no harm.
    for mood in [Mood::HangsBefore, Mood::HangsAfter] {
        scene.service.calls();
        scene.service.is(mood);
        scene.called(1).await;
        scene.service.is(Mood::HangsAfter);
        scene.restart().await;
        scene.ledger().adopt(vec![String::from("s1")]);
    }
    scene.service.calls();
    scene.service.gate.add_permits(1);
    scene.quiet().await;
    assert_eq!((scene.row("s1").await.as_str(), scene.service.count()), ("family retracted: r1", (1, 0)));
    // After it.
    scene.service.is(Mood::Well);
    scene.service.calls();
    scene.restart().await;
    scene.ledger().adopt(vec![String::from("s1")]);
    scene.on_air("s1", true);
    scene.quiet().await;
    assert_eq!(scene.service.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn while_the_target_refuses() {
    let mut scene = Scene::new();
    scene.service.is(Mood::Refuses(Failure::Network(String::from("500"))));
    scene.on_air("s1", false);
    scene.quiet().await;
    assert_eq!(scene.row("s1").await, "family wanted", "what was refused is no intent any more");
    scene.service.is(Mood::Well);
    scene.restart().await;
    scene.on_air("s1", true);
    scene.quiet().await;
    assert_eq!(scene.service.count(), (1, 1));
}

#[tokio::test]
async fn in_doubt() {
    let mut scene = Scene::new();
    scene.service.is(Mood::LosesAnswers);
    *scene.service.is_blind.lock().unwrap() = true;
    scene.on_air("s1", false);
    scene.quiet().await;
    assert_eq!(scene.row("s1").await, "family doubt");
    scene.restart().await;
    scene.on_air("s1", true);
    scene.quiet().await;
    scene.crash().await;
    scene.service.is(Mood::Well);
    *scene.service.is_blind.lock().unwrap() = false;
    scene.open();
    scene.ledger().adopt(vec![String::from("s1")]);
    scene.quiet().await;
    let calls = ["0s announce Ann s1 is live", "0s find ", "0s find ", "0s retract r1"];
    assert_eq!(scene.service.calls(), calls);
    assert_eq!(scene.service.count(), (1, 0));
}
