//! Several targets, and targets that come and go while their notices stand.

use super::*;

#[tokio::test]
async fn targets_do_not_wait_for_each_other() {
    let mut scene = Scene::new();
    scene.crash().await;
    let slow = Service::new(&scene.clock);
    slow.is(Mood::HangsAfter);
    scene.open_with(vec![place("slow", &slow, &[]), place("family", &scene.service, &[])]);
    scene.on_air("s1", false);
    scene.called(1).await;
    slow.gate.add_permits(1);
    scene.quiet().await;
    assert_eq!(scene.row("s1").await, "family told: r1, slow told: r1");
}

#[tokio::test]
async fn a_room_names_its_targets() {
    let mut scene = Scene::new();
    scene.crash().await;
    let other = Service::new(&scene.clock);
    scene.open_with(vec![place("other", &other, &[]), place("family", &scene.service, &[])]);
    for (session, targets) in [("s1", vec![]), ("s2", vec!["other"])] {
        scene.ledger().on_air(OnAir {
            session: session.to_owned(),
            key: RoomKey { platform: String::from("p"), id: session.to_owned() },
            room: model::Room { id: session.to_owned(), input: String::new(), options: vec![] },
            broadcast: Broadcast::default(),
            since: scene.clock.now(),
            targets: Some(targets.into_iter().map(str::to_owned).collect()),
            taken_up: false,
        });
    }
    scene.quiet().await;
    assert_eq!((other.calls(), scene.service.calls()), (vec![String::from("0s announce p:s2 is live")], vec![]));
}

#[tokio::test]
async fn a_target_that_is_gone_has_its_announcement_taken_back() {
    let scene = Scene::new();
    scene.on_air("s1", false);
    scene.quiet().await;
    scene.ledger().set_places(vec![]);
    scene.on_air("s2", false);
    scene.pass(HOUR, MINUTE).await;
    assert_eq!(scene.service.count(), (1, 1), "it stands while the session is on air");
    scene.ledger().over("s1");
    scene.ledger().over("s2");
    scene.quiet().await;
    assert_eq!(scene.service.count(), (1, 0));
}

#[tokio::test]
async fn a_target_that_is_gone_is_not_told_of_what_it_has_not_heard() {
    let scene = Scene::new();
    scene.service.is(Mood::Refuses(Failure::Network(String::new())));
    scene.on_air("s1", false);
    scene.quiet().await;
    scene.ledger().set_places(vec![]);
    scene.service.is(Mood::Well);
    scene.pass(HOUR, MINUTE).await;
    assert_eq!((scene.row("s1").await.as_str(), scene.service.count()), ("family cancelled", (0, 0)));
}

#[tokio::test]
async fn a_new_target_is_told_of_what_is_on_air() {
    let scene = Scene::new();
    scene.on_air("s1", false);
    scene.on_air("s2", false);
    scene.ledger().over("s2");
    scene.quiet().await;
    scene.service.calls();
    let other = Service::new(&scene.clock);
    let both = || vec![place("other", &other, &[]), place("family", &scene.service, &[])];
    for _ in 0..3 {
        scene.ledger().set_places(both());
        scene.quiet().await;
    }
    assert_eq!(scene.service.calls(), Vec::<String>::new());
    assert_eq!(other.calls(), ["0s announce Ann s1 is live"]);
}

#[tokio::test]
async fn a_target_that_went_while_the_program_was_off() {
    let mut scene = Scene::new();
    scene.on_air("s1", false);
    scene.quiet().await;
    scene.crash().await;
    // Another target has the same notifier: its receipts are understood there.
    scene.open_with(vec![place("friends", &scene.service, &[])]);
    scene.ledger().adopt(vec![String::from("s1")]);
    scene.quiet().await;
    assert_eq!((scene.row("s1").await.as_str(), scene.service.count()), ("family retracted: r1", (1, 0)));

    scene.service.calls();
    scene.restart().await;
    scene.on_air("s2", false);
    scene.quiet().await;
    scene.crash().await;
    scene.open_with(vec![]);
    scene.ledger().adopt(vec![String::from("s2")]);
    scene.pass(2 * HOUR, MINUTE).await;
    assert_eq!(scene.row("s2").await, "family told: r2", "nobody can take it back");
    scene.ledger().set_places(vec![place("family", &scene.service, &[])]);
    scene.quiet().await;
    assert_eq!(scene.row("s2").await, "family retracted: r2", "until somebody can");
}

#[tokio::test]
async fn a_notifier_that_is_not_there_is_waited_for() {
    let mut scene = Scene::new();
    scene.crash().await;
    let broken = || Place {
        notifier: Err(NoNotifier::None(String::from("not loaded"))),
        ..place("family", &scene.service, &[])
    };
    let places = vec![broken()];
    scene.open_with(places);
    scene.on_air("s1", false);
    scene.pass(2 * HOUR, MINUTE).await;
    assert_eq!(scene.row("s1").await, "family wanted");
    scene.ledger().set_places(vec![place("family", &scene.service, &[])]);
    scene.quiet().await;
    assert_eq!(scene.service.count(), (1, 1));
}

#[tokio::test]
async fn what_a_notifier_is_to_tell_waits_while_it_is_compiled() {
    let mut scene = Scene::new();
    scene.on_air("s1", false);
    scene.quiet().await;
    scene.service.calls();
    scene.crash().await;
    let wants = [Kind::DiskLow];
    let compiling = Place { notifier: Err(NoNotifier::NotYet), ..place("family", &scene.service, &wants) };
    scene.open_with(vec![compiling]);
    // One that an earlier run has told and that is over, one that begins, and an event in between.
    scene.ledger().adopt(vec![String::from("s1")]);
    scene.on_air("s2", false);
    scene.ledger().tell(&Event::now(&scene.clock, Kind::DiskLow, None, None, serde_json::json!({})));
    scene.pass(10 * MINUTE, MINUTE).await;
    assert_eq!(scene.service.calls(), Vec::<String>::new());
    scene.ledger().set_places(vec![place("family", &scene.service, &wants)]);
    scene.quiet().await;
    let calls = scene.service.calls();
    let told = |what: &str| calls.iter().filter(|call| call.starts_with(&format!("600s {what}"))).count();
    assert_eq!((told("retract r1"), told("announce Ann s2 is live"), calls.len()), (1, 1, 3), "{calls:?}");
}

#[tokio::test]
async fn another_notifier_under_the_same_name_leaves_the_old_one_its_receipts() {
    let scene = Scene::new();
    scene.on_air("s1", false);
    scene.quiet().await;
    let other = Service::new(&scene.clock);
    let moved = Place { plugin: String::from("other"), ..place("family", &other, &[]) };
    scene.ledger().set_places(vec![moved]);
    scene.on_air("s2", false);
    scene.quiet().await;
    scene.ledger().over("s1");
    scene.ledger().over("s2");
    scene.quiet().await;
    assert_eq!(scene.service.calls(), ["0s announce Ann s1 is live", "0s retract r1"]);
    assert_eq!(other.calls(), ["0s announce Ann s2 is live", "0s retract r1"]);
}
