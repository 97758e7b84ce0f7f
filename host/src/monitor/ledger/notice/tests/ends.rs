//! What a restart finds, what is given up, and what never happens.

use expect_test::expect;

use super::*;

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
