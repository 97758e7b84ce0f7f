use super::*;

const MIB: u64 = 1 << 20;

fn space(free_mib: u64, free_inodes: Option<u64>) -> Space {
    Space { free_bytes: free_mib * MIB, total_bytes: 1 << 40, free_inodes }
}

/// A line a look: what was free, in MiB, what may be done then, and what is told.
fn story(min_free_mib: u64, looks: &[(u64, Option<u64>)]) -> String {
    let mut mark = Watermark::new(min_free_mib * MIB);
    let line = |(free, inodes): &(u64, Option<u64>)| {
        let turn = mark.look(&space(*free, *inodes));
        let told = turn.map(|turn| format!(" told {turn:?}")).unwrap_or_default();
        format!("{free} {:?}{told}", mark.level())
    };
    looks.iter().map(line).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_gate_shuts_closes_and_opens_and_tells_each_once() {
    let looks = [900, 800, 799, 500, 400, 399, 100, 400, 800, 899, 900, 800].map(|free| (free, None));
    assert_eq!(
        story(800, &looks),
        "900 Open, 800 Open, 799 Shut told Low, 500 Shut, 400 Shut, 399 Closing, 100 Closing, 400 Shut, 800 Shut, \
         899 Shut, 900 Open told Ok, 800 Open"
    );
}

#[test]
fn a_volume_without_inodes_takes_no_new_file_and_closes_none() {
    let looks = [(900, Some(1_000)), (900, Some(31)), (900, Some(0)), (900, Some(32)), (300, Some(0))];
    assert_eq!(story(800, &looks), "900 Open, 900 Shut told Low, 900 Shut, 900 Open told Ok, 300 Closing told Low");
}

#[test]
fn a_watermark_of_nothing_is_never_reached() {
    assert_eq!(story(0, &[(0, None), (1, None)]), "0 Open, 1 Open");
}

#[test]
fn the_reason_names_what_is_missing() {
    let mark = Watermark::new(2_048 * MIB);
    let why = |space| mark.why(Path::new("/a"), &space);
    assert_eq!(why(space(1_100, None)), "`/a` has 1.07 GiB free, `min_free` is 2.00 GiB");
    assert_eq!(why(space(9_000, Some(3))), "`/a` has space but only 3 inodes left, one a file");
    assert_eq!(why(space(20, Some(3))), "`/a` has 20 MiB free, `min_free` is 2.00 GiB");
}

#[test]
fn a_folder_that_nobody_looked_at_is_open() {
    let gates = Gates::default();
    let (a, b) = (Path::new("/a"), Path::new("/b"));
    gates.set(a, Level::Shut, String::from("few"));
    gates.set(b, Level::Closing, String::from("none"));
    assert_eq!([gates.shut(a), gates.closing(a)], [Some(String::from("few")), None]);
    assert_eq!([gates.shut(b), gates.closing(b)], [Some(String::from("none")), Some(String::from("none"))]);
    assert_eq!(gates.shut(Path::new("/c")), None);
    gates.clone().set(a, Level::Open, String::new());
    assert_eq!(gates.shut(a), None);
}

#[tokio::test]
async fn whoever_waits_for_room_is_woken_when_a_gate_opens_and_not_before() {
    let gates = Gates::default();
    let is_woken = async |change: &dyn Fn()| {
        let waits = gates.opening();
        change();
        tokio::time::timeout(std::time::Duration::ZERO, waits).await.is_ok()
    };
    let turns = |name: &str, level| gates.set(Path::new(name), level, String::new());
    assert!(!is_woken(&|| turns("/a", Level::Open)).await, "it was never shut");
    assert!(!is_woken(&|| turns("/a", Level::Closing)).await);
    assert!(!is_woken(&|| turns("/a", Level::Shut)).await);
    assert!(!is_woken(&|| turns("/b", Level::Open)).await, "another one, which was open");
    assert!(is_woken(&|| turns("/a", Level::Open)).await);
    assert!(!is_woken(&|| turns("/a", Level::Open)).await);
    turns("/b", Level::Shut);
    assert!(is_woken(&|| gates.open_all()).await, "nothing is known of them any longer");
}
