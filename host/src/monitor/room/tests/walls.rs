//! Rooms of which nothing is to be seen but a wall.

use super::*;

/// Locked in mid-broadcast: nobody says any more that it is on air, and nobody ever says that it is not.
#[test]
fn a_session_behind_a_wall_is_over_in_the_end() {
    check(
        BY_CHECK,
        "0 woken\n0 live a\n0 way\n0 media\n60 broken 60\n60 walled\n90 wall\n1890 woken\n1890 wall\n43200 wall\n43289 lost\n43290 wall\n45090 woken\n45090 live a",
        expect![[r#"
            0 woken
                Check
            0 live a
                open a
                AskStreams
            0 way
                Receive
                look at 30
            0 media
            60 broken 60
                AskStreams
            60 walled
                look at 90
            90 wall
                wake at 1890
            1890 woken
                Check
            1890 wall
                look at 1920
            43200 wall
                look at 43230
            43289 lost
                wake at 43321
            43290 wall
                close: behind a wall
                wake at 45090
            45090 woken
                Check
            45090 live a
                open a
                AskStreams
        "#]],
    );
}

/// Any word of the room, and any media, is a beginning from which the wall is counted anew.
#[test]
fn a_wall_is_counted_from_the_last_word_of_the_room() {
    for word in ["live a", "way|media|broken 5"] {
        let mut room = Room::new(BY_CHECK, None, Duration::ZERO);
        let mut closed_at = |at: u64, story: &str| {
            let mut orders = Vec::new();
            story.split('|').for_each(|words| room.hear(fact(words), secs(at), &mut orders));
            orders.iter().any(|order| matches!(order, Order::CloseSession(_)))
        };
        assert!(!closed_at(0, "woken|live a|way|media|broken 60|wall"), "{word}");
        assert!(!closed_at(40_000, word), "{word}");
        assert!(!closed_at(40_030, "wall"), "{word}");
        assert!(!closed_at(83_229, "wall"), "{word}");
        assert!(closed_at(83_230, "wall"), "{word}");
    }
}

/// What an earlier run left open does not outlast it either, and a room with `--once` is done.
#[test]
fn a_kept_session_behind_a_wall_is_over_in_the_end() {
    check_kept(
        Rules { once: true, ..BY_CHECK },
        Some(("a", 5)),
        "0 woken\n0 wall\n1800 woken\n43200 wall",
        expect![[r#"
            0 woken
                Check
            0 wall
                wake at 1800
            1800 woken
                Check
            43200 wall
                close: behind a wall
                Done(Recorded)
        "#]],
    );
}
