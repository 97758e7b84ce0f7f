//! Rooms that are one, rooms that spoil an answer for others, rooms that nobody takes.

use std::collections::BTreeSet;

use lyrebird_tests::bilibili::{Bilibili, Endpoint, Plan, Trouble};
use lyrebird_tests::place::{Place, wait_until};
use lyrebird_tests::program::Run;

use super::stage::{
    LIMIT, OTHER, STEADY, end, end_undisturbed, files_of, head, page, replace, rooms, start, wait_for_posts,
    wait_for_receptions,
};

/// Written by both of its ids it is recorded once; and goes on when the one that is watched is taken out.
#[test]
fn a_room_by_two_ids_is_recorded_once() {
    let (place, platform) = (Place::new("run-twice"), Bilibili::start());
    platform.room(STEADY).short(77).streamer("Menura");
    platform.go_live(STEADY);
    place.configure(&(head(&platform) + &rooms(&[77, STEADY])));
    let run = start(&place);
    wait_for_receptions(&platform, STEADY, 1);
    run.wait_for_text("the same room again: it is recorded once", LIMIT);
    wait_for_posts(&platform, 1);
    replace(&place, "lyrebird.toml", &(head(&platform) + &rooms(&[77])));
    wait_for_receptions(&platform, STEADY, 2);
    wait_for_posts(&platform, 1);
    replace(&place, "lyrebird.toml", &(head(&platform) + &rooms(&[STEADY])));
    wait_for_receptions(&platform, STEADY, 3);
    wait_for_posts(&platform, 1);
    end(run);
    assert_eq!(platform.posts().len(), 3, "once for each time that it was begun anew");
    assert_eq!(files_of(&place, "Menura").len(), 3);
    platform.expect_no_violation();
}

/// The platform answers a page for people whenever one of fifty rooms is in the request.
#[test]
fn one_bad_room_does_not_keep_the_others_from_their_answers() {
    let (place, platform) = (Place::new("run-bad-room"), Bilibili::start());
    let ids: Vec<u64> = (0..50).map(|number| 2_000_001 + number).collect();
    let bad = ids[23];
    for id in &ids {
        platform.room(*id);
    }
    platform.plan(Plan::new(Trouble::Page).at(Endpoint::BaseInfo).of_room(bad));
    platform.room(ids[49]).streamer("Ada");
    platform.go_live(ids[49]);
    place.configure(&(head(&platform) + &rooms(&ids)));
    let run = start(&place);
    wait_for_receptions(&platform, ids[49], 1);
    let answered = || {
        let mut told = BTreeSet::new();
        for asked in platform.requests_to(Endpoint::BaseInfo) {
            if asked.code == Some(0) {
                told.extend(ids.iter().filter(|id| asked.target.contains(&id.to_string())).copied());
            }
        }
        told
    };
    wait_until("49 rooms have their answers", LIMIT, || answered().len() == 49);
    assert!(!answered().contains(&bad));
    let before = platform.requests_to(Endpoint::BaseInfo).len();
    let good =
        |from: usize| platform.requests_to(Endpoint::BaseInfo)[from..].iter().filter(|one| one.code == Some(0)).count();
    wait_until("the others are asked about again, together", LIMIT, || good(before) >= 3);
    let rounds = platform.requests_to(Endpoint::BaseInfo)[before..].len();
    assert!(rounds <= 3 * good(before), "the bad room is asked about apart: {rounds} requests, {} good", good(before));
    let said = end(run);
    let told: Vec<&str> = said.stderr.lines().filter(|line| line.contains("WARN") && line.contains("room=")).collect();
    assert_eq!(told.len(), 1, "the bad room alone, once: {told:#?}");
    assert!(told[0].contains(&bad.to_string()), "{}", told[0]);
    platform.expect_no_violation();
}

#[test]
fn a_url_that_no_picker_takes_leaves_the_others_alone() {
    let (place, platform) = (Place::new("run-nobody"), Bilibili::start());
    platform.room(STEADY).streamer("Menura");
    platform.go_live(STEADY);
    let nobody = "[[room]]\nurl = \"https://nobody.test/watch?v=1\"\n[[room]]\nurl = \"1\"\nplugin = \"nothing\"\n";
    place.configure(&(head(&platform) + nobody + &rooms(&[404_404_404, STEADY])));
    let run = start(&place);
    wait_for_receptions(&platform, STEADY, 1);
    wait_for_posts(&platform, 1);
    run.wait_for_text("the room is given up", LIMIT);
    replace(&place, "lyrebird.toml", &(head(&platform) + nobody + &rooms(&[404_404_404, STEADY, OTHER])));
    platform.room(OTHER);
    platform.go_live(OTHER);
    wait_for_receptions(&platform, OTHER, 1);
    let said = end_undisturbed(run, &platform, &place, "Menura");
    for (words, hint) in
        [("no picker takes `https://nobody.test/watch", "hint"), ("there is no plugin `nothing`", "hint")]
    {
        let line = said.stderr.lines().find(|line| line.contains(words)).unwrap_or_else(|| panic!("{}", said.stderr));
        assert!(line.contains("ERROR") && line.contains(hint), "{line}");
    }
    assert!(said.stderr.contains("there is no room 404404404"), "{}", said.stderr);
}

/// A room that was never watched, and one that was recorded until it was paused.
#[test]
fn why_says_that_a_room_is_paused() {
    let (place, platform) = (Place::new("run-paused"), Bilibili::start());
    platform.room(STEADY).streamer("Menura");
    platform.go_live(STEADY);
    let paused = "enabled = false\n";
    let named = "name = \"The Garden\"\n";
    place.configure(&(head(&platform) + &rooms(&[STEADY]) + named + &rooms(&[OTHER]) + paused));
    let run = start(&place);
    wait_for_receptions(&platform, STEADY, 1);
    let why = |room: &str| Run::start(place.lyrebird(&["why", room]), None).finish(LIMIT);
    assert!(why("garden").expect_code(0).stdout.contains(&STEADY.to_string()), "by its name in the config");
    let near = why("the gradne").expect_code(1).stderr;
    assert!(near.contains("did you mean `The Garden`?"), "{near}");
    wait_until("it is told of the one", LIMIT, || why(&page(OTHER)).stdout.contains("paused by the config"));
    assert!(!why(&page(STEADY)).stdout.contains("paused by the config"));
    wait_for_posts(&platform, 1);
    replace(&place, "lyrebird.toml", &(head(&platform) + &rooms(&[STEADY]) + paused));
    wait_until("its file is whole", LIMIT, || files_of(&place, "Menura").len() == 1);
    let is_paused = || why(&STEADY.to_string()).stdout.contains("now: nobody watches it: paused by the config");
    wait_until("it is told of the other", LIMIT, is_paused);
    wait_for_posts(&platform, 0);
    assert!(is_paused(), "the end of its notices changes nothing");
    // No answer comes for long: what is said of it must not wait for one.
    platform.plan(Plan::new(Trouble::Silence).at(Endpoint::BaseInfo));
    replace(&place, "lyrebird.toml", &(head(&platform) + &rooms(&[STEADY])));
    let is_again = || why(&STEADY.to_string()).stdout.contains("room       watched again");
    wait_until("it is told that it is watched again", LIMIT, is_again);
    assert!(why(&STEADY.to_string()).stdout.contains("now: not recording; "));
    end(run);
    assert!(why(&STEADY.to_string()).stdout.contains("neither `run` nor `record` is alive"));
    platform.expect_no_violation();
}
