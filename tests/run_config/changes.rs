//! Rooms that come and go in the files while another one records.

use std::time::Duration;

use lyrebird_tests::bilibili::{Bilibili, Endpoint};
use lyrebird_tests::place::{Place, wait_until};
use lyrebird_tests::program::Signal;

use super::stage::{
    LIMIT, OTHER, STEADY, end_undisturbed, files_of, head, page, replace, rooms, start, wait_for_posts,
    wait_for_receptions,
};

/// The steady room is live and recorded, the other one is live and not in the files.
pub(crate) fn begin(name: &str, config: &str) -> (Place, Bilibili) {
    let (place, platform) = (Place::new(name), Bilibili::start());
    platform.room(STEADY).streamer("Menura");
    platform.room(OTHER).streamer("Ada");
    platform.go_live(STEADY);
    platform.go_live(OTHER);
    place.configure(&format!("[rooms]\nfile = \"rooms.txt\"\n{}{config}", head(&platform)));
    (place, platform)
}

#[test]
fn rooms_come_and_go_beside_a_recording() {
    let (place, platform) = begin("run-rooms", &rooms(&[STEADY]));
    place.write("rooms.txt", "# nobody yet\n");
    let run = start(&place);
    wait_for_receptions(&platform, STEADY, 1);
    replace(&place, "rooms.txt", &format!("{} # a new one\n", page(OTHER)));
    wait_for_receptions(&platform, OTHER, 1);
    wait_for_posts(&platform, 2);
    std::thread::sleep(Duration::from_secs(1));

    place.write("rooms.txt", format!("#{}\n", page(OTHER)));
    wait_for_posts(&platform, 1);
    wait_until("the paused room's file is whole", LIMIT, || files_of(&place, "Ada").len() == 1);
    assert_eq!(place.sidecar(&files_of(&place, "Ada")[0])["state"], "complete");

    place.write("rooms.txt", page(OTHER));
    wait_for_receptions(&platform, OTHER, 2);
    wait_for_posts(&platform, 2);
    std::thread::sleep(Duration::from_secs(1));
    place.write("rooms.txt", "# nobody again\n");
    wait_for_posts(&platform, 1);
    wait_until("the removed room's file is whole", LIMIT, || files_of(&place, "Ada").len() == 2);

    end_undisturbed(run, &platform, &place, "Menura");
    assert_eq!(platform.posts().len(), 3, "each session once");
    assert_eq!(platform.receptions(OTHER).len(), 2);
}

#[test]
fn a_removed_room_stays_removed_though_it_was_about_to_begin_anew() {
    let (place, platform) = begin("run-fickle", &rooms(&[STEADY]));
    place.write("rooms.txt", page(OTHER));
    let run = start(&place);
    wait_for_receptions(&platform, STEADY, 1);
    wait_for_receptions(&platform, OTHER, 1);
    for text in [format!("#{}", page(OTHER)), page(OTHER), String::from("# nobody")] {
        place.write("rooms.txt", text);
        run.signal(Signal::HUP);
        std::thread::sleep(Duration::from_millis(20));
    }
    wait_for_posts(&platform, 1);
    let asked = platform.count(Endpoint::BaseInfo);
    wait_until("two more rounds", LIMIT, || platform.count(Endpoint::BaseInfo) > asked + 2);
    let last = platform.requests_to(Endpoint::BaseInfo).pop().unwrap();
    assert!(!last.target.contains(&OTHER.to_string()), "{}", last.target);
    end_undisturbed(run, &platform, &place, "Menura");
}
