//! What the config wishes of single rooms: qualities, codecs, transports, names, whom to tell.

use std::time::Duration;

use lyrebird_tests::bilibili::{Bilibili, Codec, Endpoint, Format};
use lyrebird_tests::place::{Place, wait_until};

use super::stage::{
    LIMIT, OTHER, STEADY, end, files_of, head, page, replace, rooms, start, wait_for_posts, wait_for_receptions,
};

/// A room of the config with these lines below its URL.
fn room(id: u64, lines: &str) -> String {
    format!("{}{lines}\n", rooms(&[id]))
}

/// How often a room's candidates were asked for.
fn asked_for_ways(platform: &Bilibili, id: u64) -> usize {
    let requests = platform.requests_to(Endpoint::PlayInfo);
    requests.iter().filter(|asked| asked.target.contains(&format!("room_id={id}"))).count()
}

/// Without a login there is no more than 250.
#[test]
fn a_wish_takes_less_and_a_least_quality_does_not() {
    let (place, platform) = (Place::new("run-quality"), Bilibili::start());
    let third = 1_000_003;
    for (id, streamer) in [(STEADY, "Menura"), (OTHER, "Ada"), (third, "Bea")] {
        platform.room(id).streamer(streamer);
        platform.go_live(id);
    }
    let wishes = room(STEADY, "quality = [\"10000\"]")
        + &room(OTHER, "min_quality = \"400\"")
        + &room(third, "quality = [\"150\"]\nmin_quality = \"150\"");
    place.configure(&(head(&platform) + &wishes));
    let run = start(&place);
    wait_for_receptions(&platform, STEADY, 1);
    wait_for_receptions(&platform, third, 1);
    run.wait_for_text("none of the candidates can be recorded or is wished for", LIMIT);
    wait_until("the two are told of", LIMIT, || platform.visible_posts().len() >= 2);
    let checks = platform.count(Endpoint::BaseInfo);
    wait_until("three more rounds", LIMIT, || platform.count(Endpoint::BaseInfo) > checks + 3);
    assert_eq!(asked_for_ways(&platform, OTHER), 1, "it is asked again in 90 s");
    // With a lower wish it is recorded, and need not wait for that.
    replace(&place, "lyrebird.toml", &(head(&platform) + &wishes.replace("\"400\"", "\"250\"")));
    wait_for_receptions(&platform, OTHER, 1);
    std::thread::sleep(Duration::from_secs(1));
    let said = end(run);
    assert_eq!(said.stderr.matches("none of the candidates can be recorded").count(), 1, "told once");
    assert_eq!(said.stderr.matches("another quality than wished").count(), 1, "told once");
    assert!(said.stderr.contains("10000") && said.stderr.contains("250"), "with both: {}", said.stderr);
    let quality = |streamer: &str| {
        place.sidecar(&files_of(&place, streamer)[0])["candidate"]["quality"]["key"].as_str().unwrap().to_owned()
    };
    assert_eq!((quality("Menura"), quality("Ada"), quality("Bea")), ("250".into(), "250".into(), "150".into()));
    platform.expect_no_violation();
}

#[test]
fn codecs_and_transports_are_taken_as_wished() {
    let (place, platform) = (Place::new("run-codec"), Bilibili::start());
    for (id, streamer) in [(STEADY, "Menura"), (OTHER, "Ada")] {
        platform.room(id).streamer(streamer);
        platform.room(id).offers(&[(Format::Ts, Codec::Avc), (Format::Flv, Codec::Hevc), (Format::Flv, Codec::Avc)]);
        platform.go_live(id);
    }
    let wishes = room(STEADY, "codec = [\"avc\"]\ntransport = [\"flv\"]") + &room(OTHER, "codec = [\"av1\", \"hevc\"]");
    place.configure(&(head(&platform) + &wishes));
    let run = start(&place);
    wait_for_receptions(&platform, STEADY, 1);
    let tried = |id: u64| {
        let media = platform.requests_to(Endpoint::Media);
        media.into_iter().find(|asked| asked.target.contains(&format!("_{id}_"))).map(|asked| asked.target)
    };
    wait_until("both are tried", LIMIT, || tried(OTHER).is_some());
    assert!(tried(STEADY).unwrap().contains("_avc.flv"), "{:?}", tried(STEADY));
    // There is nothing to be seen of it in HEVC; the wish is what is tried first.
    assert!(tried(OTHER).unwrap().contains("_hevc.flv"), "{:?}", tried(OTHER));
    end(run);
}

#[test]
fn a_room_may_be_paused_named_and_nobodys_news() {
    let (place, platform) = (Place::new("run-named"), Bilibili::start());
    let third = 1_000_003;
    for (id, streamer) in [(STEADY, "Menura"), (OTHER, "Ada"), (third, "Bea")] {
        platform.room(id).streamer(streamer);
        platform.go_live(id);
    }
    let wishes = room(STEADY, "name = \"my bird\"\nnotify = []")
        + &room(OTHER, "enabled = false")
        + &room(third, "notify = [\"fans\"]");
    place.configure(&(head(&platform) + &wishes));
    let run = start(&place);
    wait_for_receptions(&platform, STEADY, 1);
    wait_for_receptions(&platform, third, 1);
    wait_for_posts(&platform, 1);
    run.wait_for_text("paused=1", LIMIT);
    let seen = platform.count(Endpoint::BaseInfo);
    wait_until("two more rounds", LIMIT, || platform.count(Endpoint::BaseInfo) > seen + 2);
    let asked_for = |id: u64| platform.requests().iter().any(|asked| asked.target.contains(&id.to_string()));
    assert!(!asked_for(OTHER), "nobody asks about a paused room");
    assert!(platform.posts().iter().all(|post| post.text.contains("Bea")), "{:?}", platform.posts());

    replace(&place, "lyrebird.toml", &(head(&platform) + &wishes.replace("enabled = false", "enabled = true")));
    wait_for_receptions(&platform, OTHER, 1);
    wait_for_posts(&platform, 2);
    replace(&place, "lyrebird.toml", &(head(&platform) + &wishes));
    wait_for_posts(&platform, 1);
    wait_until("its file is whole", LIMIT, || files_of(&place, "Ada").len() == 1);
    end(run);
    assert_eq!(platform.receptions(STEADY).len(), 1);
    assert_eq!(platform.posts().len(), 2, "{}", page(STEADY));
    platform.expect_no_violation();
}
