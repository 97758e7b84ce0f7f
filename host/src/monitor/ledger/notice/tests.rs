use expect_test::{Expect, expect};

use super::*;

mod ends;

/// Plays facts to a new notice, one a line: `TIME FACT`. Each line is told back with the state and the order after it.
fn check(script: &str, expected: Expect) {
    let mut notice = Notice::new(Duration::ZERO);
    let mut told = format!("0s new: {}\n", shown(&notice, None, Duration::ZERO));
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (time, words) = line.split_once(' ').unwrap();
        let now = span(time);
        let report = match words {
            "restart" => {
                notice = Notice { failures: 0, due: Duration::ZERO, ..notice.clone() }.taken_up(now);
                notice.hear(Fact::Woken, now)
            }
            words => notice.hear(fact(words), now),
        };
        told.push_str(&format!("{line}: {}\n", shown(&notice, report, now)));
    }
    expected.assert_eq(&told);
}

fn span(text: &str) -> Duration {
    text.parse::<crate::config::Span>().unwrap().0
}

fn fact(words: &str) -> Fact {
    let (word, detail) = words.split_once(' ').unwrap_or((words, ""));
    let trouble = match detail.split_once(' ').unwrap_or((detail, "")) {
        ("wall", _) => Trouble::Wall,
        ("rest", "") => Trouble::Rest(None),
        ("rest", asked) => Trouble::Rest(Some(span(asked))),
        _ => Trouble::Passing,
    };
    let receipt = Some(detail.to_owned()).filter(|detail| !detail.is_empty());
    match word {
        "woken" => Fact::Woken,
        "begun" => Fact::Begun,
        "told" => Fact::Announced(receipt),
        "refused" => Fact::Refused(trouble),
        "doubted" => Fact::Doubted,
        "found" => Fact::Found(receipt),
        "not-looked" => Fact::NotLooked(trouble),
        "taken-back" => Fact::TakenBack,
        "stands" => Fact::Stands(trouble),
        "over" => Fact::Over,
        "dropped" => Fact::Dropped,
        "renewed" => Fact::Renewed,
        other => panic!("no such fact: {other}"),
    }
}

fn shown(notice: &Notice, report: Option<Report>, now: Moment) -> String {
    let order = match notice.order(now) {
        Order::Rest => String::from("-"),
        Order::Wait(until) => format!("wait {:?}", until - now),
        other => format!("{other:?}").to_lowercase(),
    };
    let report = report.map(|report| format!(" !{report:?}")).unwrap_or_default();
    format!("{} | {order}{report}", notice.state.word())
}

#[test]
fn told_and_taken_back() {
    check(
        "0s begun
         2s told r1
         1h woken
         2h over
         2h taken-back
         3h over",
        expect![[r#"
            0s new: wanted | announce
            0s begun: calling | -
            2s told r1: told | -
            1h woken: told | -
            2h over: told | retract("r1")
            2h taken-back: retracted | -
            3h over: retracted | -
        "#]],
    );
}

#[test]
fn told_without_a_receipt() {
    check(
        "0s begun
         2s told
         2h over",
        expect![[r#"
            0s new: wanted | announce
            0s begun: calling | -
            2s told: told | -
            2h over: done | -
        "#]],
    );
}

#[test]
fn refusals_are_tried_again_with_growing_pauses() {
    check(
        "0s begun
         1s refused
         2s begun
         2s refused
         4s begun
         4s refused
         8s refused
         16s refused
         32s refused
         1m refused
         2m refused
         4m refused
         9m refused
         19m refused
         30m refused rest
         40m refused rest 20m
         1h refused wall
         1h2m renewed
         1h2m begun
         1h2m told r1",
        expect![[r#"
            0s new: wanted | announce
            0s begun: calling | -
            1s refused: wanted | wait 1s
            2s begun: calling | -
            2s refused: wanted | wait 2s
            4s begun: calling | -
            4s refused: wanted | wait 4s
            8s refused: wanted | wait 8s
            16s refused: wanted | wait 16s
            32s refused: wanted | wait 32s
            1m refused: wanted | wait 64s
            2m refused: wanted | wait 128s
            4m refused: wanted | wait 256s
            9m refused: wanted | wait 512s
            19m refused: wanted | wait 600s
            30m refused rest: wanted | wait 600s
            40m refused rest 20m: wanted | wait 1200s
            1h refused wall: wanted | wait 1800s
            1h2m renewed: wanted | announce
            1h2m begun: calling | -
            1h2m told r1: told | -
        "#]],
    );
}

#[test]
fn nobody_is_told_of_what_is_over() {
    check(
        "0s begun
         1s refused
         2s over
         3s woken",
        expect![[r#"
            0s new: wanted | announce
            0s begun: calling | -
            1s refused: wanted | wait 1s
            2s over: cancelled | -
            3s woken: cancelled | -
        "#]],
    );
    check(
        "0s over",
        expect![[r#"
        0s new: wanted | announce
        0s over: cancelled | -
    "#]],
    );
    check(
        "0s dropped",
        expect![[r#"
        0s new: wanted | announce
        0s dropped: cancelled | -
    "#]],
    );
}

#[test]
fn over_while_the_announcement_is_under_way() {
    check(
        "0s begun
         1s over
         2s told r1
         3s stands
         4s taken-back",
        expect![[r#"
            0s new: wanted | announce
            0s begun: calling | -
            1s over: calling | -
            2s told r1: told | retract("r1")
            3s stands: told | wait 1s
            4s taken-back: retracted | -
        "#]],
    );
    check(
        "0s begun
         1s over
         2s refused",
        expect![[r#"
            0s new: wanted | announce
            0s begun: calling | -
            1s over: calling | -
            2s refused: cancelled | -
        "#]],
    );
    check(
        "0s begun
         1s over
         2s told",
        expect![[r#"
            0s new: wanted | announce
            0s begun: calling | -
            1s over: calling | -
            2s told: done | -
        "#]],
    );
    check(
        "0s begun
         1s over
         2s doubted
         3s found r1
         4s taken-back",
        expect![[r#"
            0s new: wanted | announce
            0s begun: calling | -
            1s over: calling | -
            2s doubted: doubt | wait 5s
            3s found r1: told | retract("r1")
            4s taken-back: retracted | -
        "#]],
    );
}

#[test]
fn what_is_in_doubt_is_looked_for_and_never_told_again() {
    check(
        "0s begun
         1s doubted
         1s not-looked
         2s not-looked wall
         40m found r1
         1h over
         1h taken-back",
        expect![[r#"
            0s new: wanted | announce
            0s begun: calling | -
            1s doubted: doubt | wait 5s
            1s not-looked: doubt | wait 1s
            2s not-looked wall: doubt | wait 1800s
            40m found r1: told | -
            1h over: told | retract("r1")
            1h taken-back: retracted | -
        "#]],
    );
    check(
        "0s begun
         1s doubted
         1s found
         1m over
         2m renewed",
        expect![[r#"
            0s new: wanted | announce
            0s begun: calling | -
            1s doubted: doubt | wait 5s
            1s found: unknown | - !Unknown
            1m over: unknown | -
            2m renewed: unknown | -
        "#]],
    );
    check(
        "0s begun
         1s doubted
         2s dropped
         24h not-looked
         24h1s woken",
        expect![[r#"
            0s new: wanted | announce
            0s begun: calling | -
            1s doubted: doubt | wait 5s
            2s dropped: doubt | wait 4s
            24h not-looked: doubt | wait 1s
            24h1s woken: unknown | - !Unknown
        "#]],
    );
}
