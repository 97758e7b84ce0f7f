//! A disk that is full, and a machine that has no means for one more recording.

use expect_test::expect;

use super::*;

#[test]
fn a_full_disk_is_looked_at_again() {
    let story = "0 woken\n0 live a\n0 way\n9 full 8\n13 woken\n13 way\n13 full\n17 woken\n17 way\n17 full\n21 woken\n21 way\n21 full\n25 woken\n25 way\n25 full";
    check(
        BY_CHECK,
        story,
        expect![[r#"
            0 woken
                Check
            0 live a
                open a
                AskStreams
            0 way
                Receive
                look at 30
            9 full 8
                wake at 13
            13 woken
                AskStreams
            13 way
                Receive
                look at 43
            13 full
                wake at 17
            17 woken
                AskStreams
            17 way
                Receive
                look at 47
            17 full
                wake at 21
            21 woken
                AskStreams
            21 way
                Receive
                look at 51
            21 full
                wake at 25
            25 woken
                AskStreams
            25 way
                Receive
                look at 55
            25 full
                wake at 33
        "#]],
    );
}

/// The outcome of what is stopped, or over, while the last media could not be written.
#[test]
fn a_full_disk_is_the_outcome_as_long_as_it_is_full() {
    let once = Rules { once: true, ..BY_CHECK };
    let cases = [
        (BY_CHECK, "full|stop", "GaveUp(74)"),
        (BY_CHECK, "full|way|stop|stopped", "GaveUp(74)"),
        (BY_CHECK, "full|way|stop|stopped 5", "Stopped"),
        (BY_CHECK, "full 5|way|broken 5|stop", "Stopped"),
        (BY_CHECK, "full 5|stop", "GaveUp(74)"),
        (once, "full 5|dark|woken|dark|woken|dark", "GaveUp(74)"),
    ];
    for (rules, story, expected) in cases {
        let mut room = Room::new(rules, None, Duration::ZERO);
        let mut orders = Vec::new();
        let story = format!("woken|live a|way|media|{story}");
        for (number, words) in story.split('|').enumerate() {
            room.hear(fact(words), secs(u64::try_from(number).unwrap() * 30), &mut orders);
        }
        let Some(Order::Done(outcome)) = orders.last() else { panic!("{story}: {orders:?}") };
        assert_eq!(format!("{outcome:?}"), expected, "{story}");
    }
}

/// Nobody takes it for the end of the broadcast, and the exit code is not the disk's.
#[test]
fn a_machine_without_means_is_asked_again() {
    for rules in [BY_CHECK, BY_MEDIA] {
        let mut room = Room::new(rules, None, Duration::ZERO);
        let mut orders = Vec::new();
        let story = ["woken", "live a", "way", "crowded", "woken", "way", "crowded", "woken", "way", "crowded"];
        for (number, words) in story.iter().enumerate() {
            room.hear(fact(words), secs(u64::try_from(number).unwrap() * 30), &mut orders);
        }
        assert_eq!(orders.last(), Some(&Order::WakeAt(secs(9 * 30) + Duration::from_secs(4))));
        assert!(!orders.iter().any(|order| matches!(order, Order::CloseSession(_) | Order::Done(_))), "{orders:?}");
        room.hear(Fact::Stop(Leave::Over), secs(300), &mut orders);
        assert_eq!(orders.last(), Some(&Order::Done(Outcome::Stopped)));
    }
}
