//! What somebody is told who has typed something wrong, or written it: once, and with what to do.

use lyrebird_tests::place::Place;

/// Less than a group of any stream could only record nothing.
#[test]
fn a_limit_that_records_nothing_is_a_wrong_command_line() {
    let place = Place::new("limits");
    for (option, value, least) in [
        ("--max-size", "5", "100KB"),
        ("--max-size", "0", "100KB"),
        ("--duration", "0s", "1s"),
        ("--duration", "999ms", "1s"),
    ] {
        let finished = place.run(&["record", "http://127.0.0.1:9/a.flv", option, value]).expect_code(2);
        let is_told = |line: &str| line.contains(option) && line.contains(&format!("at least {least}"));
        assert!(finished.stderr.lines().any(is_told), "{}", finished.stderr);
        assert!(finished.stderr.lines().any(|line| line.starts_with("hint: write it")), "{}", finished.stderr);
    }
}
