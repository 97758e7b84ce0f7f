//! All of it at once beside 200 good rooms, two recordings and a canary: nobody notices.

use std::collections::BTreeMap;
use std::fs;

use lyrebird_tests::bilibili::{Bilibili, Endpoint};
use lyrebird_tests::component::Guest;
use lyrebird_tests::origin::Origin;
use lyrebird_tests::place::{Place, wait_until};
use lyrebird_tests::program::{Run, guests};

use super::{LIMIT, MOST_MEMORY, deed, peak_bytes, shelf};
use crate::run_config::stage::{OTHER, STEADY, end_undisturbed, head, rooms, wait_for_receptions};

/// How often each room's id was asked for.
fn asked(platform: &Bilibili) -> BTreeMap<u64, usize> {
    let mut counts = BTreeMap::new();
    for asked in platform.requests_to(Endpoint::BaseInfo) {
        let query = asked.target.split_once('?').map_or("", |(_, query)| query);
        let ids = query.split('&').filter_map(|pair| pair.strip_prefix("room_ids="));
        for id in ids.filter_map(|id| id.parse().ok()) {
            *counts.entry(id).or_default() += 1;
        }
    }
    counts
}

#[test]
fn two_hundred_good_rooms_beside_every_kind_of_attacker() {
    let (place, platform, canary) = (Place::quick("hostile-beside"), Bilibili::start(), Origin::start());
    platform.room(STEADY).streamer("Menura");
    platform.room(OTHER).streamer("Ada");
    let good: Vec<u64> = (0..198).map(|number| 4_000_001 + number).collect();
    for id in &good {
        platform.room(*id).streamer(&format!("good{id}"));
    }
    platform.go_live(STEADY);
    let attackers = [
        Guest::picker("spins-resolve").does("resolve", "(loop $l (br $l))"),
        Guest::picker("spins-check").does("check", "(loop $l (br $l))"),
        Guest::picker("spins-streams").does("streams", "(loop $l (br $l))"),
        Guest::picker("grows").does("check", "(loop $l (drop (memory.grow (i32.const 16))) (br $l))"),
        Guest::picker("traps").does("check", "unreachable"),
        Guest::picker("spins-start").starts("(loop $l (br $l))"),
    ];
    let more = shelf(&place, &attackers);
    fs::copy(guests().join("misbehaving.wasm"), more.join("misbehaving.wasm")).unwrap();
    let secret = canary.url("/canary");
    let deeds = [
        deed("sleep", &[]),
        deed("recursion", &[]),
        deed("huge-alias", &[]),
        deed("log-flood", &[]),
        deed("http-loop", &[("url", &secret)]),
        deed("fetch", &[("url", &secret)]),
        deed("ok", &[("media", &secret)]),
    ];
    let bad = attackers.iter().map(Guest::room).chain(deeds);
    let bad: String = bad.map(|url| format!("[[room]]\nurl = \"{url}\"\n")).collect();
    let interval = "[plugin.misbehaving]\ninterval = \"1s\"\n";
    place.configure(&(head(&platform) + interval + &rooms(&good) + &rooms(&[STEADY, OTHER]) + &bad));
    let run = Run::start(place.lyrebird(&["--plugins", more.to_str().unwrap(), "run", "-c", "lyrebird.toml"]), None);
    for guest in ["spins-check:x", "grows:x", "traps:x", "spins-streams:x"] {
        run.wait_for_text(&format!("no answer, trying again room={guest} reason="), LIMIT);
    }
    run.wait_for_text("private address: `127.0.0.1:", LIMIT);
    // All of them are at it by now; and every good room is asked about again, and again.
    let before = asked(&platform);
    let all = || asked(&platform);
    let is_asked = |all: &BTreeMap<u64, usize>, id: &u64| all.get(id) >= Some(&(before.get(id).unwrap_or(&0) + 2));
    wait_until("every good room has two answers more", LIMIT, || good.iter().all(|id| is_asked(&all(), id)));
    platform.go_live(OTHER);
    wait_for_receptions(&platform, OTHER, 1);
    platform.go_dark(OTHER);
    let peak = peak_bytes(run.id());
    assert!(peak < MOST_MEMORY, "it took {peak} bytes");
    let said = end_undisturbed(run, &platform, &place, "Menura");
    let unknown: Vec<&str> =
        said.stderr.lines().filter(|line| line.contains("no answer") && line.contains("bilibili:")).collect();
    assert!(unknown.is_empty(), "good rooms without an answer: {unknown:#?}");
    let touched = canary.connections_where(|_| true);
    assert!(touched.is_empty(), "the canary was asked for {touched:#?}");
}
