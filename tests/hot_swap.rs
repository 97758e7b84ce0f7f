//! Plugins are replaced, broken, removed and rolled back while a room records: the recording notices nothing.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use lyrebird_tests::bilibili::{Bilibili, Endpoint};
use lyrebird_tests::build::{Build, shelf};
use lyrebird_tests::place::{Place, wait_until};
use lyrebird_tests::program::{Finished, Run, Signal};

use crate::run_config::stage::{LIMIT, OTHER, STEADY, end, end_undisturbed, head, page, rooms};

mod compiles;
mod files;
mod pickers;

/// A room that records, one that is dark, and a plugins directory of their own.
struct Scene {
    platform: Bilibili,
    place: Place,
    shelf: PathBuf,
}

impl Scene {
    fn new(name: &str) -> Scene {
        let (place, platform) = (Place::new(name), Bilibili::start());
        platform.room(STEADY).streamer("Menura").title("Dawn chorus");
        platform.room(OTHER).streamer("Wren").title("Hedge songs");
        place.configure(&format!("{}{}", head(&platform), rooms(&[STEADY, OTHER])));
        let shelf = shelf(place.root(), &["bilibili", "bilibili-dynamic", "direct"]);
        Scene { platform, place, shelf }
    }

    fn start(&self) -> Run {
        let words = ["run", "-c", "lyrebird.toml", "--log", "info,lyrebird=debug"];
        Run::start(self.place.lyrebird_with(&self.shelf, &words), None)
    }

    /// Until the steady room records.
    fn on_air(&self) -> Run {
        let run = self.start();
        self.platform.go_live(STEADY);
        let flows = || self.platform.receptions(STEADY).first().is_some_and(|one| one.tags.len() > 80);
        wait_until("the steady room records", LIMIT, flows);
        run
    }

    fn picker(&self) -> PathBuf {
        self.shelf.join("bilibili.wasm")
    }

    /// Waits until so many more calls have asked the platform about rooms.
    #[track_caller]
    fn answers(&self, more: u64) {
        let before = self.platform.count(Endpoint::BaseInfo);
        let asked = || self.platform.count(Endpoint::BaseInfo) >= before + more;
        wait_until("rooms are checked", LIMIT, asked);
    }

    fn run(&self, words: &[&str]) -> Finished {
        Run::start(self.place.lyrebird_with(&self.shelf, words), None).finish(LIMIT)
    }

    /// Version and state of each build of the picker that `plugin list` shows.
    fn listed(&self) -> Vec<(String, String)> {
        let listed = self.run(&["plugin", "list", "--json"]).expect_code(0).json_lines();
        let picker = listed.iter().filter(|one| one["name"] == "bilibili");
        let text = |one: &serde_json::Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
        picker.map(|one| (text(one, "version"), text(one, "state"))).collect()
    }

    #[track_caller]
    fn shows(&self, expected: &[(&str, &str)]) {
        let expected: Vec<(String, String)> =
            expected.iter().map(|(version, state)| ((*version).to_owned(), (*state).to_owned())).collect();
        wait_until(&format!("plugin list shows {expected:?}"), LIMIT, || self.listed() == expected);
    }
}

const REPLACED: &str = "another build of a plugin answers from now on";

#[test]
fn row_40_a_plugin_replaced_by_what_is_none() {
    let scene = Scene::new("row-40");
    let run = scene.on_air();
    let (good, file) = (Build::of("bilibili"), scene.picker());
    let is_kept = |what: &str| {
        run.wait_for_text(what, LIMIT);
        scene.answers(1);
    };

    fs::write(&file, "<html>not found</html>").unwrap();
    is_kept("not a WebAssembly component");
    fs::write(&file, &good.bytes()[..good.bytes().len() / 2]).unwrap();
    is_kept("the file is incomplete");
    good.clone().with("lyrebird:plugin/picker@0.1.0", "lyrebird:plugin/picker@0.9.0").put(&file);
    is_kept("built for `lyrebird:plugin/picker@0.9.0`");
    scene.shows(&[("0.1.0", "active"), ("0.1.0", "refused")]);
    good.clone().version("0.1.1").with("\"b23.tv\"]", "\"b24.tv\"]").put(&file);
    is_kept("it asks for host b24.tv");
    scene.shows(&[("0.1.0", "active"), ("0.1.1", "needs-approval")]);

    // What is granted is taken without another touch of the file.
    scene.run(&["plugin", "approve", "bilibili"]).expect_code(0);
    scene.shows(&[("0.1.1", "active")]);
    // A copy that takes longer than the debounce, over the file in place.
    good.version("0.1.2").pour(&file, 6, Duration::from_millis(300));
    scene.shows(&[("0.1.2", "active")]);
    scene.answers(1);

    let said = end_undisturbed(run, &scene.platform, &scene.place, "Menura");
    assert_eq!(said.stderr.matches(REPLACED).count(), 2, "{}", said.stderr);
    let story = scene.run(&["why", &page(STEADY)]).expect_code(0);
    for line in ["bilibili was not taken: not a WebAssembly component", "bilibili 0.1.2 answers now"] {
        assert!(story.stdout.contains(line), "`{line}` is not in\n{}", story.stdout);
    }
}

#[test]
fn row_41_a_plugin_removed_while_its_room_records() {
    let scene = Scene::new("row-41");
    let run = scene.on_air();
    let file = scene.picker();
    fs::remove_file(&file).unwrap();
    run.wait_for_text("a plugin was removed", LIMIT);
    run.wait_for_text("the room waits for a picker", LIMIT);
    // The dark one is asked about no more, and nothing is begun that was not; the one that records goes on.
    scene.platform.go_live(OTHER);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(scene.platform.receptions(OTHER).len(), 0, "a room without a picker was recorded");

    Build::of("bilibili").put(&file);
    wait_until("the other room records", LIMIT, || !scene.platform.receptions(OTHER).is_empty());
    scene.platform.go_dark(OTHER);
    end_undisturbed(run, &scene.platform, &scene.place, "Menura");
    let events = scene.run(&["why", &page(STEADY)]).expect_code(0).stdout;
    assert!(events.contains("bilibili was removed"), "{events}");
}

#[test]
fn a_build_that_understands_nothing_is_rolled_back_and_stays_so() {
    let scene = Scene::new("rolled-back");
    let run = scene.on_air();
    // The first build is found good, and kept.
    run.wait_for_text("the plugin has passed its probation", LIMIT);
    let (good, file) = (Build::of("bilibili"), scene.picker());
    good.clone().version("0.2.0").blind().put(&file);
    run.wait_for_text(REPLACED, LIMIT);
    run.wait_for_text("a plugin was rolled back", LIMIT);
    scene.shows(&[("0.1.0", "active"), ("0.2.0", "quarantined")]);
    scene.answers(2);
    end_undisturbed(run, &scene.platform, &scene.place, "Menura");

    // After a restart, too: the file in place is the one that failed.
    let run = scene.start();
    scene.platform.go_live(OTHER);
    wait_until("the other room records", LIMIT, || !scene.platform.receptions(OTHER).is_empty());
    scene.shows(&[("0.1.0", "active"), ("0.2.0", "quarantined")]);
    good.version("0.2.1").put(&file);
    scene.shows(&[("0.2.1", "active")]);
    run.wait_for_text("the plugin has passed its probation", LIMIT);
    // By hand, until the file changes.
    scene.run(&["plugin", "rollback", "bilibili"]).expect_code(0);
    scene.shows(&[("0.1.0", "active"), ("0.2.1", "quarantined")]);
    scene.run(&["plugin", "approve", "bilibili"]).expect_code(0);
    scene.shows(&[("0.2.1", "active")]);
    run.signal(Signal::TERM);
    run.finish(LIMIT).expect_code(0);
    let story = scene.run(&["why", &page(OTHER)]).expect_code(0).stdout;
    assert!(story.contains("bilibili was rolled back to 0.1.0: 3 strikes in a row"), "{story}");
}

/// What the last good build could read is known after a restart, so that a build which came meanwhile is measured by it.
#[test]
fn a_build_that_came_while_the_program_was_down_is_rolled_back_too() {
    let scene = Scene::new("came-meanwhile");
    let run = scene.start();
    run.wait_for_text("the plugin has passed its probation", LIMIT);
    scene.answers(2);
    end(run);
    Build::of("bilibili").version("0.2.0").blind().put(&scene.picker());
    let run = scene.start();
    run.wait_for_text("a plugin was rolled back", LIMIT);
    scene.shows(&[("0.1.0", "active"), ("0.2.0", "quarantined")]);
    scene.platform.go_live(OTHER);
    wait_until("the other room records", LIMIT, || !scene.platform.receptions(OTHER).is_empty());
    end(run);
}

/// The picker in place does not know the platform any more, and the room's pause has grown; the mended one is asked at
/// once, and so is the room of a picker that was not there at all.
#[test]
fn a_room_without_an_answer_is_asked_at_once_by_a_mended_picker() {
    let scene = Scene::new("mended");
    let file = scene.picker();
    Build::of("bilibili").blind().put(&file);
    scene.platform.go_live(OTHER);
    let run = scene.start();
    run.wait_for_text("no answer", LIMIT);
    // 1, 2, 4 and 8 s lie between the first five tries: the next is far away.
    let tried = || scene.platform.count(Endpoint::Former) >= 5;
    wait_until("the room's pause has grown", LIMIT, tried);
    Build::of("bilibili").version("0.1.1").put(&file);
    run.wait_for_text(REPLACED, LIMIT);
    wait_until("it records", Duration::from_secs(5), || !scene.platform.receptions(OTHER).is_empty());
    run.signal(Signal::TERM);
    run.finish(LIMIT).expect_code(0);
}
