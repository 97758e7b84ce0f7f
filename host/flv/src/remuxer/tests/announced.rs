//! What a new connection sends again over a change of the configuration, or from long ago.

use expect_test::expect;

use super::{check, remux};
use crate::remuxer::Options;

const OLD: &str = "V 0 header
    A 0 header
    V 10000 key 30 #1
    A 10000 15 #1
    V 10040 30 #2
    A 10023 15 #2
    V 10080 30 #3
    ";

const CHANGED: &str = "V 10120 header 1080p
    V 10120 key 30 #4
    A 10120 15 #4
    V 10160 30 #5
    A 10143 15 #5
    ";

#[test]
fn what_is_sent_again_goes_back_over_a_change() {
    check(
        &format!("{OLD}{CHANGED}reconnect 1000\n{OLD}{CHANGED}V 10200 30 #6\nA 10166 15 #6"),
        expect![[r#"
        -- Start
        V 0 header 720p
        A 0 header
        V 0 key 30 #1
        A 0 #1
        V 40 #2
        A 23 #2
        V 80 #3
        -- HeaderChanged(Video)
        V 0 header 1080p
        A 0 header
        V 0 key 30 #4
        A 0 #4
        V 40 #5
        A 23 #5
        -- note repeat 5 tags
        V 80 #6
        -- note repeat 4 tags
        A 46 #6
    "#]],
    );
}

#[test]
fn over_a_change_of_both_tracks() {
    let changed = CHANGED.replace("1080p\n", "1080p\nA 10120 header 48k\n");
    check(
        &format!("{OLD}{changed}reconnect 1000\n{OLD}{changed}V 10200 30 #6\nA 10166 15 #6"),
        expect![[r#"
        -- Start
        V 0 header 720p
        A 0 header
        V 0 key 30 #1
        A 0 #1
        V 40 #2
        A 23 #2
        V 80 #3
        -- HeaderChanged(Video)
        V 0 header 1080p
        A 0 header 48k
        V 0 key 30 #4
        A 0 #4
        V 40 #5
        A 23 #5
        -- note repeat 5 tags
        V 80 #6
        -- note repeat 4 tags
        A 46 #6
    "#]],
    );
}

#[test]
fn over_a_change_of_the_codec() {
    let changed =
        CHANGED.replace("header 1080p", "header hevc").replace("key", "key hevc").replace("V 10160", "V 10160 hevc");
    check(
        &format!("{OLD}{changed}reconnect 1000\n{OLD}{changed}V 10200 hevc 30 #6\nA 10166 15 #6"),
        expect![[r#"
        -- Start
        V 0 header 720p
        A 0 header
        V 0 key 30 #1
        A 0 #1
        V 40 #2
        A 23 #2
        V 80 #3
        -- HeaderChanged(Video)
        V 0 header hevc 720p
        A 0 header
        V 0 key hevc 30 #4
        A 0 #4
        V 40 hevc #5
        A 23 #5
        -- note repeat 5 tags
        V 80 hevc #6
        -- note repeat 4 tags
        A 46 #6
    "#]],
    );
}

/// The encoder was restarted, and its clock with it.
#[test]
fn over_a_change_with_another_clock() {
    let changed = CHANGED.replace("101", "1");
    check(
        &format!("{OLD}{changed}reconnect 1000\n{OLD}{changed}V 200 30 #6\nA 166 15 #6"),
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key 30 #1
            A 0 #1
            V 40 #2
            A 23 #2
            V 80 #3
            -- HeaderChanged(Video)
            V 0 header 1080p
            A 0 header
            -- note jump
            V 0 key 30 #4
            A 0 #4
            V 40 #5
            A 23 #5
            -- note repeat 5 tags
            V 80 #6
            -- note repeat 4 tags
            A 46 #6
        "#]],
    );
}

/// The server's clock begins with each connection.
#[test]
fn over_a_change_and_the_clock_set_anew() {
    let again = format!("{OLD}{CHANGED}V 10200 30 #6\nA 10166 15 #6").replace("V 10", "V ").replace("A 10", "A ");
    check(
        &format!("{OLD}{CHANGED}reconnect 1000\n{again}"),
        expect![[r#"
        -- Start
        V 0 header 720p
        A 0 header
        V 0 key 30 #1
        A 0 #1
        V 40 #2
        A 23 #2
        V 80 #3
        -- HeaderChanged(Video)
        V 0 header 1080p
        A 0 header
        V 0 key 30 #4
        A 0 #4
        V 40 #5
        A 23 #5
        -- note repeat 5 tags
        V 80 #6
        -- note repeat 4 tags
        A 46 #6
    "#]],
    );
}

/// As before, the old configuration comes first; but then it goes on.
#[test]
fn the_old_configuration_is_back() {
    check(
        &format!(
            "{OLD}{CHANGED}reconnect 900\n{}",
            OLD.replace("V 100", "V 110").replace("A 100", "A 110").replace('#', "#1")
        ),
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key 30 #1
            A 0 #1
            V 40 #2
            A 23 #2
            V 80 #3
            -- HeaderChanged(Video)
            V 0 header 1080p
            A 0 header
            V 0 key 30 #4
            A 0 #4
            V 40 #5
            A 23 #5
            -- HeaderChanged(Video)
            V 0 header 720p
            A 0 header
            -- note connection gap connection 800 ms
            V 0 key 30 #11
            A 0 #11
            V 40 #12
            A 23 #12
            V 80 #13
        "#]],
    );
}

#[test]
fn a_change_in_the_dark_tells_what_is_missing() {
    check(
        &format!("{OLD}reconnect 900\nV 0 header 1080p\nA 0 header\nV 13000 key 30 #4\nA 13000 15 #4\nV 13040 30 #5"),
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key 30 #1
            A 0 #1
            V 40 #2
            A 23 #2
            V 80 #3
            -- HeaderChanged(Video)
            V 0 header 1080p
            A 0 header
            -- note connection gap connection 2880 ms
            V 0 key 30 #4
            A 0 #4
            V 40 #5
        "#]],
    );
}

#[test]
fn broken_again_within_what_is_sent_again() {
    check(
        &format!("{OLD}{CHANGED}reconnect 1000\n{OLD}reconnect 1000\n{OLD}{CHANGED}V 10200 30 #6"),
        expect![[r#"
        -- Start
        V 0 header 720p
        A 0 header
        V 0 key 30 #1
        A 0 #1
        V 40 #2
        A 23 #2
        V 80 #3
        -- HeaderChanged(Video)
        V 0 header 1080p
        A 0 header
        V 0 key 30 #4
        A 0 #4
        V 40 #5
        A 23 #5
        -- note repeat 8 tags
        V 80 #6
        -- note repeat 6 tags
    "#]],
    );
}

/// More groups than are compared on one connection.
#[test]
fn many_short_groups_are_sent_again() {
    let groups = |from: u32, to: u32, zero: u32| -> String {
        let group = |number: u32| {
            let at = (number - zero) * 200;
            format!(
                "V {at} key 30 #1{number}\nA {} 15 #1{number}\nV {} 30 #2{number}\nA {} 15 #2{number}\n",
                at + 10,
                at + 100,
                at + 110
            )
        };
        format!("V 0 header\nA 0 header\n{}", (from..to).map(group).collect::<String>())
    };
    for (from, zero) in [(10, 0), (0, 0), (10, 10), (12, 3)] {
        let one = remux(&groups(0, 62, 0), Options::default());
        let again =
            remux(&format!("{}reconnect 700\n{}", groups(0, 60, 0), groups(from, 62, zero)), Options::default());
        let media = |told: &str| {
            told.lines().filter(|line| !line.contains("note")).map(|line| line.to_owned() + "\n").collect::<String>()
        };
        assert_eq!(media(&one), media(&again), "from {from}, clock at {zero}");
    }
}

/// The connection breaks right behind a change.
#[test]
fn a_break_right_behind_a_change() {
    check(
        &format!(
            "{OLD}V 10120 header 1080p\nV 10120 key 30 #4\nA 10120 20 #4\nA 10140 20 #5\nreconnect 6000\nV 0 header 1080p\nA 0 header\nV 16080 key 30 #6\nA 16080 20 #6\nA 16100 20 #7\nV 16120 30 #7\nA 16120 20 #8"
        ),
        expect![[r#"
            -- Start
            V 0 header 720p
            A 0 header
            V 0 key 30 #1
            A 0 #1
            V 40 #2
            A 23 #2
            V 80 #3
            -- HeaderChanged(Video)
            V 0 header 1080p
            A 0 header
            V 0 key 30 #4
            A 0 20 #4
            A 20 20 #5
            -- note connection gap connection 5920 ms
            V 40 key 30 #6
            A 40 20 #6
            A 60 20 #7
            V 80 #7
            A 80 20 #8
        "#]],
    );
}

/// Sound that no configuration announces, on a connection whose pictures are configured anew and never come.
#[test]
fn sound_of_another_codec_beside_an_announced_configuration() {
    check(
        "V 0 header\nV 0 key 30 #1\nreconnect 6000\nA 40 mp3 #1\nV 120 header 1080p",
        expect![[r#"
        -- Start
        V 0 header 720p
        V 0 key 30 #1
        -- HeaderChanged(Video)
        V 0 header 1080p
        A 0 mp3 #1
    "#]],
    );
}
