//! A plugin whose compile takes long: rooms of the others are watched meanwhile, its own follow.

use lyrebird_tests::component::Guest;
use serde_json::Value;

use super::*;

/// How long its compile may take on a busy machine: ten seconds on an idle one.
const COMPILE: Duration = Duration::from_secs(120);

/// The slow picker's room, and one that another picker takes as well, which fits it less.
const ROOM: &str = "https://snail.test/x";
const SHARED: &str = "https://snail.test/x.flv";

fn scene(name: &str, room: &str) -> (Scene, Guest) {
    let scene = Scene::new(name);
    let config = head(&scene.platform) + &rooms(&[STEADY, OTHER]) + &format!("[[room]]\nurl = \"{room}\"\n");
    scene.place.configure(&config);
    scene.forgets();
    (scene, Guest::picker("snail").slow_to_compile())
}

impl Scene {
    /// Nothing is compiled here, nor in other tests.
    fn forgets(&self) {
        let compiled = self.place.data().join("compiled");
        fs::remove_dir_all(&compiled).ok();
        fs::create_dir_all(compiled).unwrap();
    }

    fn state(&self, plugin: &str) -> Option<String> {
        let listed = self.run(&["plugin", "list", "--json"]).expect_code(0).json_lines();
        let one = listed.into_iter().find(|one| one["name"] == plugin)?;
        one["state"].as_str().map(str::to_owned)
    }

    /// What `why` says of the slow one's room.
    fn why(&self, room: &str) -> Value {
        let why = self.run(&["why", room, "--json"]);
        why.json_lines().pop().unwrap_or(Value::Null)
    }

    #[track_caller]
    fn follows(&self, room: &str) {
        wait_until("the slow picker's room is looked at", COMPILE, || {
            let story = self.why(room);
            let lines = story["lines"].as_array().cloned().unwrap_or_default();
            lines.iter().any(|line| line["text"].as_str().is_some_and(|text| text.starts_with("live")))
        });
        assert_eq!(self.why(room)["platform"], "snail");
        wait_until("the list shows it", LIMIT, || self.state("snail").as_deref() == Some("active"));
    }
}

#[test]
fn rooms_of_quick_pickers_are_watched_while_a_slow_one_is_compiled_at_the_start() {
    let (scene, snail) = scene("compiles-start", SHARED);
    snail.put(&scene.shelf);
    let run = scene.start();
    run.wait_for_text("some rooms wait for pickers that are being compiled", LIMIT);
    scene.answers(2);
    wait_until("the list shows it", LIMIT, || scene.state("snail").is_some());
    assert_eq!(scene.state("snail").as_deref(), Some("compiling"));
    let story = scene.why(SHARED);
    let text = story["now"]["text"].as_str().unwrap_or_default();
    assert!(story["now"]["state"] == "waiting" && text.contains("its picker `snail` is being compiled"), "{story}");
    // A mended picker is taken beside it.
    Build::of("bilibili").version("0.1.1").put(&scene.picker());
    run.wait_for_text(REPLACED, LIMIT);
    assert_eq!(scene.state("snail").as_deref(), Some("compiling"));

    scene.follows(SHARED);
    let said = end(run).stderr;
    assert!(!said.contains("the room cannot be watched"), "{said}");
}

#[test]
fn a_slow_picker_that_comes_later_gets_its_rooms_when_it_is_compiled() {
    let (scene, snail) = scene("compiles-later", ROOM);
    let run = scene.on_air();
    let draft = scene.place.root().join("snail.draft");
    fs::write(&draft, snail.bytes()).unwrap();
    fs::rename(draft, scene.shelf.join("snail.wasm")).unwrap();
    wait_until("it is being compiled", LIMIT, || scene.state("snail").as_deref() == Some("compiling"));
    Build::of("bilibili").version("0.1.1").put(&scene.picker());
    run.wait_for_text(REPLACED, LIMIT);
    assert_eq!(scene.state("snail").as_deref(), Some("compiling"));
    scene.follows(ROOM);
    end_undisturbed(run, &scene.platform, &scene.place, "Menura");
}

#[test]
fn a_session_that_was_kept_waits_for_its_picker() {
    let (scene, snail) = scene("compiles-kept", ROOM);
    let patient = head(&scene.platform).replace("grace = \"2s\"", "grace = \"10m\"");
    scene.place.configure(&(patient + &rooms(&[OTHER]) + &format!("[[room]]\nurl = \"{ROOM}\"\n")));
    snail.put(&scene.shelf);
    let run = scene.start();
    wait_until("its session is announced", COMPILE, || scene.platform.visible_posts().len() == 1);
    end(run);
    scene.forgets();
    let run = scene.start();
    run.wait_for_text("some rooms wait for pickers that are being compiled", LIMIT);
    wait_until("its session goes on", COMPILE, || scene.state("snail").as_deref() == Some("active"));
    run.wait_for_text("asking plugin=\"snail@1.0.0\"", LIMIT);
    scene.answers(1);
    end(run);
    let history = scene.run(&["history", ROOM, "--json"]).expect_code(0).json_lines();
    assert!(history.len() == 1 && history[0]["ended_at"].is_null(), "{history:?}");
    assert_eq!(scene.platform.visible_posts().len(), 1);
}
