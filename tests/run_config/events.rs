//! Targets that want to know of more than who is live.

use std::time::Duration;

use lyrebird_tests::bilibili::{Bilibili, Endpoint, Plan, Post, Trouble};
use lyrebird_tests::origin::How;
use lyrebird_tests::place::{Place, wait_until};

use super::stage::{LIMIT, OTHER, STEADY, end, head, rooms, start, wait_for_receptions};

/// For two seconds nothing is served: what was sent meanwhile is missing, and said to be.
#[test]
fn files_and_gaps_are_told_to_those_who_ask() {
    let (place, platform) = (Place::new("run-events"), Bilibili::start());
    platform.room(STEADY).streamer("Menura").title("Dawn \"chorus\"");
    platform.room(OTHER).streamer("Ada");
    let targets = "on = [\"segment_closed\", \"gap\"]\n\
         [[notify]]\nname = \"log\"\nplugin = \"bilibili-dynamic\"\non = [\"gap\"]\n\
         template = \"{{ kind }} of {{ streamer | upper }} ({{ title }}): {{ cause }} {% if lost_ms > 0 %}long{% endif %}\"\n\
         [[notify]]\nname = \"typo\"\nplugin = \"bilibili-dynamic\"\non = [\"segment_closed\"]\ntemplate = \"{{ fiel }}!\"\n";
    let quiet = "notify = [\"log\"]\n";
    place.configure(&(head(&platform) + targets + &rooms(&[STEADY, OTHER]) + quiet));
    platform.go_live(STEADY);
    platform.go_live(OTHER);
    let run = start(&place);
    wait_for_receptions(&platform, STEADY, 1);
    wait_for_receptions(&platform, OTHER, 1);
    std::thread::sleep(Duration::from_secs(1));
    assert!(platform.posts().is_empty(), "that a room is live is not what they asked for");
    platform.plan(Plan::new(Trouble::Status(404)).at(Endpoint::Media).of_room(STEADY).lasts(Duration::from_secs(2)));
    platform.cut(STEADY, How::Reset);
    wait_for_receptions(&platform, STEADY, 2);
    let told = |what: &dyn Fn(&Post) -> bool| platform.posts().iter().filter(|post| what(post)).count();
    let usual = |post: &Post| post.text.starts_with("Menura: ") && post.text.contains("ms are missing: connection");
    let own = |post: &Post| post.text == "gap of MENURA (Dawn \"chorus\"): connection long";
    wait_until("the gap is told to both", LIMIT, || told(&usual) == 1 && told(&own) == 1);
    platform.go_dark(STEADY);
    platform.go_dark(OTHER);
    let closed = |post: &Post| post.text.starts_with("Menura: file ") && post.text.contains("complete");
    wait_until("the file is told to both", LIMIT, || told(&closed) == 2);
    let said = end(run);
    assert!(said.stderr.contains("fiel"), "a broken template is told: {}", said.stderr);
    assert!(platform.posts().iter().all(|post| !post.text.contains("Ada: file")), "{:?}", platform.posts());
    assert_eq!(platform.visible_posts().len(), platform.posts().len(), "what has happened is not taken back");
    platform.expect_no_violation();
}
