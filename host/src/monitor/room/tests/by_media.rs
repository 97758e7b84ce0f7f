//! Rooms whose liveness shows in the media alone.

use super::*;

#[test]
fn by_media_a_session_begins_with_media_and_a_clean_end_is_tried_once_more() {
    let story = "0 woken\n0 live\n0 way\n0 404\n30 woken\n30 live\n30 way\n31 media\n91 ended 60\n91 way\n92 404";
    check(
        ONCE,
        story,
        expect![[r#"
            0 woken
                Check
            0 live
                AskStreams
            0 way
                Receive
            0 404
                look at 30
            30 woken
                Check
            30 live
                AskStreams
            30 way
                Receive
            31 media
                open 
            91 ended 60
                AskStreams
            91 way
                Receive
            92 404
                close: offline
                Done(Recorded)
        "#]],
    );
}

#[test]
fn by_media_a_fault_is_retried_until_the_grace_is_over() {
    let story = "0 woken\n0 live\n0 way\n1 media\n60 broken 59\n60 way\n60 404\n61 woken\n61 way\n110 404\n111 woken\n112 way\n125 404";
    check(
        BY_MEDIA,
        story,
        expect![[r#"
            0 woken
                Check
            0 live
                AskStreams
            0 way
                Receive
            1 media
                open 
            60 broken 59
                AskStreams
            60 way
                Receive
            60 404
                wake at 61
            61 woken
                AskStreams
            61 way
                Receive
            110 404
                wake at 112
            111 woken
                AskStreams
            112 way
                Receive
            125 404
                close: offline
                look at 155
        "#]],
    );
}

#[test]
fn a_finished_file_a_limit_and_a_playlist_end_the_room() {
    for (last, expected) in [
        ("2 finished 2", "close: finished, Done(Recorded)"),
        ("2 finished", "close: finished, Done(Recorded)"),
        ("2 limit 2", "close: limit, Done(Recorded)"),
        ("2 playlist", "close: unsupported, Done(GaveUp(1))"),
    ] {
        let mut room = Room::new(BY_MEDIA, None, Duration::ZERO);
        let mut orders = Vec::new();
        for words in ["woken", "live", "way", "media", last.split_once(' ').unwrap().1] {
            orders.clear();
            room.hear(fact(words), secs(2), &mut orders);
        }
        let told: Vec<String> = orders
            .iter()
            .map(|order| match order {
                Order::CloseSession(why) => format!("close: {why}"),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(told.join(", "), expected);
    }
}

#[test]
fn a_sender_that_bursts_and_closes_is_asked_ever_more_rarely() {
    let story =
        "0 woken\n0 live\n0 way\n0 ended 0\n0 way\n0 ended 0\n1 woken\n1 way\n1 ended 0\n3 woken\n3 way\n3 ended 0";
    check(
        BY_MEDIA,
        story,
        expect![[r#"
        0 woken
            Check
        0 live
            AskStreams
        0 way
            Receive
        0 ended 0
            open 
            AskStreams
        0 way
            Receive
        0 ended 0
            wake at 1
        1 woken
            AskStreams
        1 way
            Receive
        1 ended 0
            wake at 3
        3 woken
            AskStreams
        3 way
            Receive
        3 ended 0
            wake at 7
    "#]],
    );
}

/// Whoever asks for rest in mid-session gets it, as far as the grace goes.
#[test]
fn by_media_a_refusal_that_asks_for_rest_gets_it_within_the_grace() {
    let story = "0 woken\n0 live\n0 way\n1 media\n60 broken 59\n60 way\n60 429";
    check(
        BY_MEDIA,
        story,
        expect![[r#"
            0 woken
                Check
            0 live
                AskStreams
            0 way
                Receive
            1 media
                open 
            60 broken 59
                AskStreams
            60 way
                Receive
            60 429
                wake at 120
        "#]],
    );
}
