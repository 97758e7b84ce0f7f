//! Which picker a room that is watched has, when others come and go.

use std::fs;
use std::time::Duration;

use lyrebird_tests::build::Build;
use lyrebird_tests::place::wait_until;

use super::Scene;
use crate::run_config::stage::{LIMIT, OTHER, STEADY, end, files_of, head, page, rooms, wait_for_receptions};

/// A room whose picker is named in the config: `OTHER`, whose number begins like its own, is not.
const NAMED: u64 = 1_000_007;

/// The picker under another name, with another pattern in the place of its first one, a space shorter.
fn other(name: &str, pattern: &str) -> Build {
    let with_name = Build::of("bilibili").with("name = \"bilibili\"", &format!("name = \"{name}\""));
    with_name.with("\"live.bilibili.com/*\", ", &format!("\"{pattern}\","))
}

fn table(scene: &Scene, name: &str) -> String {
    format!("{}interval = \"1s\"\n", scene.platform.table(name, false))
}

fn scene(name: &str) -> Scene {
    let scene = Scene::new(name);
    scene.platform.room(NAMED).streamer("Robin").title("In the thicket");
    let tables = ["bilibil1", "bilibil2"].map(|name| table(&scene, name)).concat();
    scene.place.configure(&format!(
        "{}{tables}{}[[room]]\nurl = \"{}\"\nplugin = \"bilibili\"\n",
        head(&scene.platform),
        rooms(&[STEADY, OTHER]),
        page(NAMED)
    ));
    scene
}

#[test]
fn the_picker_that_fits_best_takes_a_room_over_when_no_session_runs() {
    let scene = scene("taken-over");
    let run = scene.on_air();
    let takes_over = |from: &str, to: &str| run.wait_for_text(&format!("from=\"{from}\" to=\"{to}\""), LIMIT);
    let (ones, twos) = (scene.shelf.join("ones.wasm"), scene.shelf.join("twos.wasm"));
    other("bilibil1", "live.bilibili.com/1*").put(&ones);
    takes_over("bilibili", "bilibil1");

    // One on air keeps its picker until its session is over.
    other("bilibil2", "live.bilibili.com/2*").put(&twos);
    run.wait_for_text("takes the room over when its session is over", LIMIT);
    assert!(!run.says("to=\"bilibil2\"", Duration::from_secs(2)), "a session was disturbed");
    scene.platform.go_dark(STEADY);
    takes_over("bilibili", "bilibil2");
    scene.platform.go_live(STEADY);
    wait_for_receptions(&scene.platform, STEADY, 2);

    // The better one goes, and a room that two would take keeps what it has.
    fs::remove_file(&ones).unwrap();
    takes_over("bilibil1", "bilibili");
    Build::of("bilibili").with("name = \"bilibili\"", "name = \"bilibil1\"").put(&ones);
    run.wait_for_text("the room keeps the picker that it has", LIMIT);
    other("bilibil2", "live.bilibili.com/2*").version("0.1.1").put(&twos);
    run.wait_for_text("is=\"0.1.1", LIMIT);
    for room in [OTHER, NAMED] {
        scene.platform.go_live(room);
        wait_for_receptions(&scene.platform, room, 1);
    }

    [STEADY, OTHER, NAMED].iter().for_each(|room| scene.platform.go_dark(*room));
    for (streamer, files) in [("Menura", 2), ("Wren", 1), ("Robin", 1)] {
        wait_until("the files are whole", LIMIT, || files_of(&scene.place, streamer).len() == files);
    }
    let said = end(run).stderr;
    assert_eq!(said.matches("another picker takes the room over ").count(), 4, "{said}");
    let ties: Vec<&str> = said.lines().filter(|line| line.contains("the room keeps the picker")).collect();
    let names = ["`bilibil1`", "`bilibili`", &page(OTHER)];
    assert!(ties.len() == 1 && names.iter().all(|name| ties[0].contains(name)), "{ties:?}");
    assert!(ties[0].contains("ERROR"), "{ties:?}");
    let story = scene.run(&["why", &page(STEADY)]).expect_code(0).stdout;
    assert!(story.contains("bilibil2 takes it over from bilibili"), "{story}");
}
