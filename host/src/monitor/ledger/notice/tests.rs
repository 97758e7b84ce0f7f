use expect_test::{Expect, expect};

use super::*;

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

#[test]
fn after_a_crash() {
    check(
        "0s begun
         1h restart
         1h found r1
         2h restart
         3h over
         3h stands
         4h restart
         4h taken-back
         5h restart",
        expect![[r#"
            0s new: wanted | announce
            0s begun: calling | -
            1h restart: doubt | find
            1h found r1: told | -
            2h restart: told | -
            3h over: told | retract("r1")
            3h stands: told | wait 1s
            4h restart: told | retract("r1")
            4h taken-back: retracted | -
            5h restart: retracted | -
        "#]],
    );
    check(
        "0s begun
         1s refused
         5s restart",
        expect![[r#"
            0s new: wanted | announce
            0s begun: calling | -
            1s refused: wanted | wait 1s
            5s restart: wanted | announce
        "#]],
    );
    check(
        "0s begun
         1h restart
         2h restart
         2h found",
        expect![[r#"
            0s new: wanted | announce
            0s begun: calling | -
            1h restart: doubt | find
            2h restart: doubt | find
            2h found: unknown | - !Unknown
        "#]],
    );
}

#[test]
fn what_does_not_succeed_in_a_day_is_given_up_and_reported() {
    check(
        "0s begun
         23h refused
         23h59m55s refused rest 1h
         24h woken
         25h renewed",
        expect![[r#"
            0s new: wanted | announce
            0s begun: calling | -
            23h refused: wanted | wait 1s
            23h59m55s refused rest 1h: wanted | wait 5s
            24h woken: gave-up | - !NeverTold
            25h renewed: gave-up | -
        "#]],
    );
    check(
        "0s begun
         1s told r1
         1h over
         24h stands wall
         24h59m stands wall
         25h woken
         26h over",
        expect![[r#"
            0s new: wanted | announce
            0s begun: calling | -
            1s told r1: told | -
            1h over: told | retract("r1")
            24h stands wall: told | wait 1800s
            24h59m stands wall: told | wait 60s
            25h woken: gave-up | - !StillStands
            26h over: gave-up | -
        "#]],
    );
}

#[test]
fn who_was_switched_off_for_days_tries_once() {
    check(
        "0s begun
         1s told r1
         1h over
         100h restart
         100h stands",
        expect![[r#"
            0s new: wanted | announce
            0s begun: calling | -
            1s told r1: told | -
            1h over: told | retract("r1")
            100h restart: told | retract("r1")
            100h stands: gave-up | - !StillStands
        "#]],
    );
    check(
        "0s begun
         1s doubted
         100h restart
         100h not-looked",
        expect![[r#"
            0s new: wanted | announce
            0s begun: calling | -
            1s doubted: doubt | wait 5s
            100h restart: doubt | find
            100h not-looked: unknown | - !Unknown
        "#]],
    );
    check(
        "0s begun
         1s refused
         100h restart",
        expect![[r#"
            0s new: wanted | announce
            0s begun: calling | -
            1s refused: wanted | wait 1s
            100h restart: gave-up | - !NeverTold
        "#]],
    );
}

#[test]
fn every_state_has_its_word() {
    for (state, word) in STATES {
        assert_eq!((state.word(), State::of(word)), (word, state));
    }
    assert_eq!(State::of("something newer"), State::Unknown);
}

/// Whatever happens in whatever order: nobody is told after a doubt, nor twice; what was told with a receipt is settled
/// only by being taken back or after a day; and without a call under way there is always an end.
#[test]
fn no_order_of_facts_tells_twice() {
    use proptest::prelude::*;
    let words = [
        "woken",
        "over",
        "dropped",
        "renewed",
        "told r",
        "told",
        "refused",
        "refused wall",
        "doubted",
        "found r",
        "found",
        "not-looked",
        "taken-back",
        "stands",
        "restart",
    ];
    let steps = proptest::collection::vec((0..words.len(), 0u64..20_000), 1..60);
    proptest!(|(steps in steps)| {
        let (mut notice, mut now) = (Notice::new(Duration::ZERO), Duration::ZERO);
        let mut answered = false;
        for (word, seconds) in steps {
            now += Duration::from_secs(seconds);
            notice.hear(Fact::Woken, now);
            if notice.order(now) == Order::Announce {
                prop_assert!(!answered, "told again after an answer that was none");
                notice.hear(Fact::Begun, now);
            }
            let before = notice.clone();
            match words[word] {
                "restart" => notice = Notice { failures: 0, ..notice }.taken_up(now),
                word => drop(notice.hear(fact(word), now)),
            }
            // Anything but a refusal ends the right to tell.
            let may_tell = matches!(notice.state, State::Wanted | State::Calling | State::Cancelled);
            answered |= before.state == State::Calling && !may_tell;
            let was_told = before.state == State::Told && before.receipt.is_some();
            if was_told && notice.is_settled() {
                let day = before.over_at.is_some_and(|over| now >= over + PATIENCE);
                prop_assert!(notice.state == State::Retracted || day);
            }
            if before.is_settled() {
                prop_assert_eq!(before.state, notice.state);
            }
        }
    });
}
