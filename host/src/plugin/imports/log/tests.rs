use super::*;

#[test]
fn a_hundred_lines_a_second_and_a_word_about_the_rest_once_a_minute() {
    let clock = Clock::manual(std::time::UNIX_EPOCH);
    clock.advance(Duration::from_secs(60));
    let gate = LogGate::new(clock.clone());
    let hundred = || assert!((0..100).all(|_| gate.judge() == Verdict::Write));
    hundred();
    assert_eq!((gate.judge(), gate.judge()), (Verdict::Tell, Verdict::Drop));
    clock.advance(Duration::from_secs(1));
    hundred();
    assert_eq!(gate.judge(), Verdict::Drop);
    clock.advance(Duration::from_secs(60));
    hundred();
    assert_eq!(gate.judge(), Verdict::Tell);
}

#[test]
fn a_line_stays_a_line() {
    assert_eq!(one_line("a\nERROR b\u{1b}[31m\u{202e}c 原画"), "a\\nERROR b\\u{1b}[31m\\u{202e}c 原画");
}
