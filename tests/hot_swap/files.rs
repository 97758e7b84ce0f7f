//! The ways in which people and tools put files in place.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::Duration;

use lyrebird_tests::build::Build;

use super::{REPLACED, Scene};
use crate::run_config::stage::{LIMIT, end_undisturbed};

const REFUSED: &str = "a plugin's file was refused";

/// As `rsync --inplace` and `scp` write over a slow line: the file has its length at all times, and its first half is the
/// new build's, its second half the old one's. That is a plugin, too.
#[test]
fn half_of_a_new_build_and_half_of_the_old_one_never_answer() {
    let scene = Scene::new("in-place");
    let run = scene.on_air();
    let build = |version: &str, letter| Build::of("bilibili").version(version).padded(letter, 100_000);
    build("0.1.1", 'a').put(&scene.picker());
    scene.shows(&[("0.1.1", "active")]);
    build("0.1.2", 'b').overwrite(&scene.picker(), 4, Duration::from_millis(2_500));
    scene.shows(&[("0.1.2", "active")]);
    let said = end_undisturbed(run, &scene.platform, &scene.place, "Menura");
    assert_eq!(said.stderr.matches(REPLACED).count(), 2, "{}", said.stderr);
    assert!(!said.stderr.contains(REFUSED), "{}", said.stderr);
}

#[test]
fn what_is_called_like_a_plugin_and_is_no_file_is_refused_once() {
    let scene = Scene::new("no-file");
    let run = scene.on_air();
    let beside = |name: &str| scene.shelf.join(name);
    fs::create_dir(beside("folder.wasm")).unwrap();
    // Whoever opens it to read waits for somebody who writes.
    assert!(Command::new("mkfifo").arg(beside("pipe.wasm")).status().unwrap().success());
    symlink(beside("nowhere"), beside("link.wasm")).unwrap();
    fs::write(beside("empty.wasm"), "").unwrap();
    for words in ["it is a folder", "it is no file but a pipe", "No such file", "the file is incomplete"] {
        run.wait_for_text(words, LIMIT);
    }
    let good = Build::of("bilibili");
    good.clone().version("0.1.1").put(&scene.picker());
    scene.shows(&[("0.1.1", "active")]);

    // The picker's own file: what it was goes on to answer.
    fs::remove_file(scene.picker()).unwrap();
    fs::create_dir(scene.picker()).unwrap();
    run.wait_for_text("version 0.1.1 still answers", LIMIT);
    scene.answers(1);
    fs::remove_dir(scene.picker()).unwrap();
    good.version("0.1.2").put(&scene.picker());
    scene.shows(&[("0.1.2", "active")]);
    let said = end_undisturbed(run, &scene.platform, &scene.place, "Menura");
    assert_eq!(said.stderr.matches(REFUSED).count(), 5, "{}", said.stderr);
}

#[test]
fn folders_and_links_are_swapped_as_a_whole() {
    let scene = Scene::new("folders");
    let run = scene.on_air();
    let (file, beside) = (scene.picker(), |name: &str| scene.shelf.join(name));
    let build = |version: &str| Build::of("bilibili").version(version);
    // A volume of Kubernetes: the file is a link into a link, and that one is replaced.
    for (version, folder) in [("0.1.1", "..1"), ("0.1.2", "..2"), ("0.1.3", "..3")] {
        fs::create_dir(beside(folder)).unwrap();
        build(version).put(&beside(folder).join("bilibili.wasm"));
        symlink(folder, beside("..data_tmp")).unwrap();
        fs::rename(beside("..data_tmp"), beside("..data")).unwrap();
        if version == "0.1.1" {
            symlink("..data/bilibili.wasm", beside("link")).unwrap();
            fs::rename(beside("link"), &file).unwrap();
        }
        scene.shows(&[(version, "active")]);
    }

    // The directory is away for longer than anybody looks away: nobody knows what became of its plugins.
    let away = scene.place.root().join("away");
    fs::rename(&scene.shelf, &away).unwrap();
    run.wait_for_text("cannot read a plugins directory", LIMIT);
    scene.answers(2);
    build("0.1.4").put(&away.join("bilibili.wasm"));
    fs::rename(&away, &scene.shelf).unwrap();
    scene.shows(&[("0.1.4", "active")]);
    // Another directory in its place: the kernel's hints were for the old one.
    fs::rename(&scene.shelf, &away).unwrap();
    fs::create_dir(&scene.shelf).unwrap();
    for name in ["bilibili", "bilibili-dynamic", "direct"] {
        fs::copy(away.join(format!("{name}.wasm")), beside(&format!("{name}.wasm"))).unwrap();
    }
    build("0.1.5").put(&file);
    scene.shows(&[("0.1.5", "active")]);

    let said = end_undisturbed(run, &scene.platform, &scene.place, "Menura");
    assert_eq!(said.stderr.matches(REPLACED).count(), 5, "{}", said.stderr);
    for never in [REFUSED, "a plugin was removed"] {
        assert!(!said.stderr.contains(never), "{never}: {}", said.stderr);
    }
    assert_eq!(said.stderr.matches("cannot read a plugins directory").count(), 1, "{}", said.stderr);
}
