//! Components as the tools of other languages than Rust make them: without a manifest, with what their compilers use.

use std::path::Path;
use std::time::Duration;

use lyrebird_tests::component::Guest;
use lyrebird_tests::place::Place;
use lyrebird_tests::program::Run;

const LIMIT: Duration = Duration::from_secs(40);

/// A runtime that its language brings along may want more than the usual memory.
#[test]
fn a_bare_component_gets_its_manifest_and_is_told_which_limit_it_meets() {
    let place = Place::new("languages-build");
    let guest = Guest::picker("grower").starts("(drop (memory.grow (i32.const 1500)))");
    let component = place.write("component.wasm", guest.bare());
    let built = place.root().join("grower.wasm");
    let build = |component: &Path| {
        let mut command = place.lyrebird::<&str>(&["plugin", "build"]);
        command.arg(component).arg("-o").arg(&built);
        Run::start(command, None).finish(LIMIT)
    };
    let told = build(&component).expect_code(2).stderr;
    assert!(told.contains("plugin.toml") && told.lines().any(|line| line.starts_with("hint: `--manifest")), "{told}");
    place.write("plugin.toml", guest.whole_manifest());
    build(&place.write("no-component.wasm", "text")).expect_code(5).expect_stderr("\nhint: ");
    assert!(!built.exists());
    assert!(build(&component).expect_code(0).stdout.starts_with("grower@1.0.0\n"));

    let told = place.check_plugin(&built, &[]).expect_code(5).stdout;
    assert!(told.contains("more than 67108864 bytes of memory\n        hint: `limits = { memory = "), "{told}");
    let config = place.write("more.toml", "[plugin.grower]\nlimits = { memory = \"128MiB\" }\n");
    place.check_plugin(&built, &["-c", config.to_str().unwrap()]).expect_code(0);
}

/// QuickJS that is built for size is full of them.
#[test]
fn calls_in_tail_position_work_and_endless_ones_are_stopped() {
    let place = Place::new("languages-tail");
    let seven = "(func $seven (result i32) (i32.const 7))\n(func $tail (result i32) (return_call $seven))\n";
    let right = "(if (i32.ne (call $tail) (i32.const 7)) (then unreachable))";
    let guest = Guest::picker("tail").having(seven).starts(right);
    place.check_plugin(&guest.put(place.root()), &[]).expect_code(0);

    let guest = Guest::picker("endless").having("(func $again (return_call $again))\n").starts("(call $again)");
    let told = place.check_plugin(&guest.put(place.root()), &[]).expect_code(5).stdout;
    assert!(told.contains("more than 1s of CPU time\n        hint: `limits = { cpu = "), "{told}");
}
