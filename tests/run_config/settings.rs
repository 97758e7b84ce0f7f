//! Settings that change while rooms record: logins, targets, how often, how long.

use std::time::Duration;

use lyrebird_tests::bilibili::{Bilibili, Endpoint};
use lyrebird_tests::place::{Place, wait_until};
use lyrebird_tests::program::Signal;

use super::stage::{
    LIMIT, OTHER, STEADY, end_undisturbed, head, head_with_cookie, replace, rooms, start, wait_for_posts,
    wait_for_receptions,
};

fn stage(name: &str) -> (Place, Bilibili) {
    let (place, platform) = (Place::new(name), Bilibili::start());
    platform.room(STEADY).streamer("Menura");
    platform.room(OTHER).streamer("Ada");
    platform.go_live(STEADY);
    (place, platform)
}

/// The old one is refused; the new one is in a file, which only SIGHUP makes the program look into at once.
#[test]
fn a_new_login_is_used_at_once() {
    let (place, platform) = stage("run-login");
    place.write("cookie.txt", "SESSDATA=old; bili_jct=old\n");
    place.configure(&(head_with_cookie(&platform, "{ file = \"cookie.txt\" }") + &rooms(&[STEADY])));
    let run = start(&place);
    wait_for_receptions(&platform, STEADY, 1);
    wait_until("the old login is refused", LIMIT, || platform.count(Endpoint::CreateDynamic) > 0);
    assert!(platform.posts().is_empty());
    place.write("cookie.txt", platform.cookie());
    run.signal(Signal::HUP);
    run.wait_for_text("the plugin has its new settings", LIMIT);
    wait_for_posts(&platform, 1);
    end_undisturbed(run, &platform, &place, "Menura");
}

#[test]
fn targets_come_and_go_beside_a_recording() {
    let (place, platform) = stage("run-targets");
    let config = head(&platform) + &rooms(&[STEADY]);
    place.configure(&config);
    let run = start(&place);
    wait_for_receptions(&platform, STEADY, 1);
    wait_for_posts(&platform, 1);
    let more = "[[notify]]\nname = \"others\"\nplugin = \"bilibili-dynamic\"\ntemplate = \"Look: {{ streamer }}\"\n";
    replace(&place, "lyrebird.toml", &format!("{config}{more}"));
    wait_for_posts(&platform, 2);
    assert!(platform.visible_posts().iter().any(|post| post.text == "Look: Menura"), "{:?}", platform.posts());
    replace(&place, "lyrebird.toml", &config);
    run.wait_for_text("targets changed", LIMIT);
    assert_eq!(platform.receptions(STEADY).len(), 1);
    // What a target was told that is gone by now is taken back with the others.
    platform.go_dark(STEADY);
    wait_for_posts(&platform, 0);
    end_undisturbed(run, &platform, &place, "Menura");
    assert_eq!(platform.posts().len(), 2);
}

/// A change need not wait for the end of a pause that was begun under the old interval, nor of a grace.
#[test]
fn interval_and_grace_hold_from_now_on() {
    let (place, platform) = stage("run-pace");
    let slow = |config: String| {
        config.replace("interval = \"1s\"", "interval = \"10m\"").replace("grace = \"2s\"", "grace = \"10m\"")
    };
    let config = head(&platform) + &rooms(&[STEADY, OTHER]);
    place.configure(&slow(config.clone()));
    let run = start(&place);
    wait_for_receptions(&platform, STEADY, 1);
    let asked = platform.count(Endpoint::BaseInfo);
    platform.go_live(OTHER);
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!(platform.count(Endpoint::BaseInfo), asked, "once in ten minutes");
    replace(&place, "lyrebird.toml", &config.replace("grace = \"2s\"", "grace = \"10m\""));
    wait_for_receptions(&platform, OTHER, 1);
    wait_for_posts(&platform, 2);
    platform.go_dark(OTHER);
    let seen = platform.count(Endpoint::BaseInfo);
    wait_until("it was seen dark", LIMIT, || platform.count(Endpoint::BaseInfo) > seen + 2);
    assert_eq!(platform.visible_posts().len(), 2, "the grace runs");
    replace(&place, "lyrebird.toml", &config.replace("grace = \"2s\"", "grace = \"1s\""));
    wait_for_posts(&platform, 1);
    end_undisturbed(run, &platform, &place, "Menura");
}

/// Media is led elsewhere than its URL says, and nobody is there; the next connection goes where the config says by then.
#[test]
fn media_is_led_to_other_hosts_from_the_next_connection_on() {
    let (place, platform) = stage("run-hosts");
    let config = head(&platform) + &rooms(&[STEADY]);
    let there = |host: &str| format!("\"{host}\" = \"{}\"", platform.base());
    let mut astray = config.clone();
    for host in ["*.bilivideo.com", "*.bilivideo.cn"] {
        assert!(astray.contains(&there(host)), "{astray}");
        // Port 1 is nobody's.
        astray = astray.replace(&there(host), &format!("\"{host}\" = \"http://127.0.0.1:1\""));
    }
    place.configure(&astray);
    let run = start(&place);
    run.wait_for_text("bilivideo.com/live-bvc", LIMIT);
    run.wait_for_text("Connection refused", LIMIT);
    assert!(platform.receptions(STEADY).is_empty(), "nobody was there");
    replace(&place, "lyrebird.toml", &config);
    wait_for_receptions(&platform, STEADY, 1);
    end_undisturbed(run, &platform, &place, "Menura");
}

/// What a restart alone can change is told, and the rest of the same change is taken.
#[test]
fn what_needs_a_restart_is_told() {
    let (place, platform) = stage("run-restart");
    let config = head(&platform) + &rooms(&[STEADY]);
    place.configure(&config);
    platform.go_live(OTHER);
    let run = start(&place);
    wait_for_receptions(&platform, STEADY, 1);
    replace(&place, "lyrebird.toml", &(config.replace("stall = \"2s\"", "stall = \"3s\"") + &rooms(&[OTHER])));
    run.wait_for_text("a restart is needed for this change key=\"http\"", LIMIT);
    wait_for_receptions(&platform, OTHER, 1);
    end_undisturbed(run, &platform, &place, "Menura");
}
