use super::*;

fn build(sha256: &str) -> Build {
    Build { version: String::from("1.0.0"), sha256: sha256.to_owned() }
}

fn good(track: &Track) -> String {
    track.good.iter().map(|build| build.sha256.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_last_two_good_builds_are_kept() {
    let mut track = Track::default();
    for sha256 in ["a", "b", "a", "c"] {
        track.note_good(build(sha256));
    }
    assert_eq!(good(&track), "c a");
    assert!(track.is_good("a") && !track.is_good("b"));
    assert_eq!(track.others(&["c"]), [build("a")]);
}

#[test]
fn what_failed_is_good_no_longer_until_it_is_forgiven() {
    let mut track = Track::default();
    track.note_good(build("a"));
    track.quarantine(build("a"), "it trapped");
    assert_eq!((good(&track).as_str(), track.failed("a"), track.failed("b")), ("", Some("it trapped"), None));
    assert!(track.forgive("a"));
    assert!(!track.forgive("a"));
    assert_eq!(track.failed("a"), None);
}

#[test]
fn no_more_failures_are_remembered_than_sixteen() {
    let mut track = Track::default();
    (0..20).for_each(|number| track.quarantine(build(&number.to_string()), ""));
    assert_eq!((track.failed("3"), track.failed("4")), (None, Some("")));
}

#[test]
fn a_pin_counts_as_long_as_the_file_is_the_same() {
    let mut track = Track { pinned: Some(Pin { file: "new".into(), to: "old".into() }), ..Track::default() };
    assert_eq!((track.pinned_over("new"), track.pinned_over("newer")), (Some("old"), None));
    assert!(!track.forgive("newer"));
    assert!(track.forgive("new"));
    assert_eq!(track.pinned_over("new"), None);
}

#[test]
fn a_file_without_builds_reads_and_writes_as_before() {
    let text = "{}";
    let track: Track = serde_json::from_str(text).unwrap();
    assert_eq!((&track, serde_json::to_string(&track).unwrap().as_str()), (&Track::default(), text));
}
