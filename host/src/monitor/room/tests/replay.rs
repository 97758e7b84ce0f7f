//! Old material in a loop, which somebody wishes for.

use super::*;

/// A session, and with it its announcement, begins with the first media and ends like any other.
#[test]
fn a_loop_is_a_session_from_its_first_media_on() {
    check(
        BY_CHECK,
        "0 woken\n0 replay ?\n0 way\n2 media\n30 replay ?/next\n50 broken 48\n50 way\n55 404\n56 woken\n56 nothing\n57 woken\n57 replay ?\n57 nothing\n100 replay ?\n100 nothing\n116 replay ?",
        expect![[r#"
            0 woken
                Check
            0 replay ?
                AskStreams
            0 way
                Receive
                look at 30
            2 media
                open 
            30 replay ?/next
                update next
                look at 60
            50 broken 48
                AskStreams
            50 way
                Receive
                look at 80
            55 404
                wake at 56
            56 woken
                AskStreams
            56 nothing
                wake at 58
            57 woken
                Check
            57 replay ?
                AskStreams
            57 nothing
                wake at 61
            100 replay ?
                AskStreams
            100 nothing
                wake at 108
            116 replay ?
                close: offline
                look at 146
        "#]],
    );
}

#[test]
fn a_loop_that_cannot_be_received_is_no_session() {
    check(
        BY_CHECK,
        "0 woken\n0 replay ?\n0 nothing\n30 replay ?\n30 unusable\n60 replay ?\n60 walled\n90 replay ?\n1860 replay ?\n1860 way\n1860 404\n1861 replay ?\n1861 way\n1862 404\n1863 woken\n1863 live a\n1863 way",
        expect![[r#"
            0 woken
                Check
            0 replay ?
                AskStreams
            0 nothing
                look at 30
            30 replay ?
                AskStreams
            30 unusable
                look at 60
            60 replay ?
                AskStreams
            60 walled
                wake at 1860
            90 replay ?
                AskStreams
            1860 replay ?
                AskStreams
            1860 way
                Receive
                look at 1890
            1860 404
                wake at 1861
            1861 replay ?
                AskStreams
            1861 way
                Receive
                look at 1891
            1862 404
                wake at 1864
            1863 woken
                Check
            1863 live a
                open a
                AskStreams
            1863 way
                Receive
                look at 1893
        "#]],
    );
}

/// The streamer leaves, and the platform shows old videos which it tells no way to receive.
#[test]
fn a_loop_after_a_broadcast_lets_the_grace_run() {
    check(
        BY_CHECK,
        "0 woken\n0 live a\n0 way\n0 media\n60 ended 60\n60 nothing\n60 replay ?\n60 nothing\n61 woken\n61 replay ?\n61 nothing\n63 lost\n100 replay ?\n100 nothing\n159 replay ?",
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
            60 ended 60
                AskStreams
            60 nothing
                wake at 61
            60 replay ?
                AskStreams
            60 nothing
                wake at 62
            61 woken
                Check
            61 replay ?
                AskStreams
            61 nothing
                wake at 65
            63 lost
                wake at 79
            100 replay ?
                AskStreams
            100 nothing
                wake at 116
            159 replay ?
                close: offline
                look at 189
        "#]],
    );
}
