//! What an editor does to a config file while rooms are recorded.

use lyrebird_tests::bilibili::Endpoint;
use lyrebird_tests::place::wait_until;
use lyrebird_tests::program::Signal;

use crate::run_config::changes::begin;
use crate::run_config::stage::{LIMIT, OTHER, STEADY, end_undisturbed, replace, rooms, start, wait_for_receptions};

#[test]
fn row_47_a_broken_file_changes_nothing_and_is_told() {
    let (place, platform) = begin("run-broken", &rooms(&[STEADY]));
    place.write("rooms.txt", "# nobody yet\n");
    let config = std::fs::read_to_string(place.root().join("lyrebird.toml")).unwrap();
    let run = start(&place);
    wait_for_receptions(&platform, STEADY, 1);

    // Half of it: cut off in the middle of a text, which is on the last line.
    let half = &config[..config.len() - 6];
    place.configure(half);
    run.wait_for_text("the changed config is broken, the old one stays in force", LIMIT);
    run.wait_for_text(&format!("lyrebird.toml:{}:", half.lines().count()), LIMIT);
    place.configure(&config.replace("jitter = 0.0", "jittre = 0.0"));
    run.wait_for_text("jittre", LIMIT);
    place.configure("");
    run.wait_for_text("the file has become empty", LIMIT);
    place.write("rooms.txt", "two words\n");
    place.configure(&config);
    run.wait_for_text("rooms.txt:1:1", LIMIT);

    place.write("rooms.txt", "# nobody yet\n");
    let before = platform.count(Endpoint::BaseInfo);
    run.signal(Signal::HUP);
    run.wait_for_text("nothing has changed", LIMIT);
    wait_until("rooms are asked about as before", LIMIT, || platform.count(Endpoint::BaseInfo) > before);
    assert!(platform.receptions(OTHER).is_empty());
    replace(&place, "lyrebird.toml", &(config + &rooms(&[OTHER])));
    wait_for_receptions(&platform, OTHER, 1);

    let said = end_undisturbed(run, &platform, &place, "Menura");
    said.expect_stderr("hint: ").expect_stderr("did you mean `jitter`");
}
