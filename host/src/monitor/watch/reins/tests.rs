use std::time::Duration;

use super::*;
use crate::config::Output;
use crate::monitor::room::Rules;
use crate::record::{Plan, Preference};

fn wishes(interval_s: u64) -> Arc<Wishes> {
    let (interval, grace) = (Duration::from_secs(interval_s), Duration::ZERO);
    Arc::new(Wishes {
        rules: Rules { by_media: false, once: false, last: false, interval, grace },
        replay: false,
        preference: Preference::default(),
        plan: Plan::new(&Output::default(), Duration::ZERO, String::new()),
        targets: None,
    })
}

/// The next word, as text; none where the room would have to wait.
async fn heard(led: &mut Led) -> Option<String> {
    let word = tokio::time::timeout(Duration::from_millis(1), led.next()).await.ok()?;
    Some(match word {
        Word::Wishes(wishes) => format!("every {} s", wishes.rules.interval.as_secs()),
        Word::Command(command) => format!("{command:?}"),
        Word::Leave(leave) => format!("leave: {leave:?}"),
    })
}

#[tokio::test(start_paused = true)]
async fn no_word_is_lost() {
    let (reins, mut led) = reins(wishes(1));
    assert_eq!(heard(&mut led).await, None, "what was wished at first is no news");
    reins.wish(wishes(2));
    assert!(reins.say(Command::Cut) && reins.say(Command::Check));
    reins.wish(wishes(3));
    let mut words = Vec::new();
    while let Some(word) = heard(&mut led).await {
        words.push(word);
    }
    assert_eq!(words, ["Cut", "Check", "every 3 s"]);
    let waiting = tokio::spawn(async move { (heard(&mut led).await, led) });
    tokio::task::yield_now().await;
    assert!(reins.say(Command::Replaced), "said while the room waits");
    let (word, _led) = waiting.await.unwrap();
    assert_eq!(word.as_deref(), Some("Replaced"));
}

#[tokio::test(start_paused = true)]
async fn who_waits_to_be_left_takes_no_other_word() {
    let (reins, mut led) = reins(wishes(1));
    reins.say(Command::Check);
    reins.wish(wishes(2));
    assert!(tokio::time::timeout(Duration::from_millis(1), led.let_go()).await.is_err());
    let wished = wishes(3);
    reins.wish(Arc::new(Wishes { rules: Rules { last: true, ..wished.rules }, ..(*wished).clone() }));
    assert!(!led.let_go().await, "it is to be done when it is dark");
    reins.leave(Leave::Over);
    assert!(led.let_go().await);
    let mut words = Vec::new();
    while let Some(word) = heard(&mut led).await {
        words.push(word);
    }
    assert_eq!(words, ["leave: Over", "Check", "every 3 s"], "to be left is told once");
}

#[tokio::test(start_paused = true)]
async fn a_house_that_is_gone_leaves_the_session_to_the_next_one() {
    let (given_up, mut led) = reins(wishes(1));
    drop(given_up);
    assert_eq!(heard(&mut led).await.as_deref(), Some("leave: Keep"));
    let (left, mut led) = reins(wishes(1));
    left.leave(Leave::Over);
    drop(left);
    assert_eq!(heard(&mut led).await.as_deref(), Some("leave: Over"));
}

#[tokio::test]
async fn a_room_has_few_words_waiting_and_none_when_it_is_gone() {
    let (reins, led) = reins(wishes(1));
    let heard = (0..10).filter(|_| reins.say(Command::Check)).count();
    assert_eq!(heard, 8);
    drop(led);
    assert!(!reins.say(Command::Check));
}
