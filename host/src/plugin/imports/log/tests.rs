use super::*;

#[test]
fn a_hundred_lines_a_second_and_then_a_count() {
    let clock = Clock::manual(std::time::UNIX_EPOCH);
    clock.advance(Duration::from_secs(60));
    let gate = LogGate::new(clock.clone());
    assert!((0..100).all(|_| gate.judge() == Verdict::Write(0)));
    assert_eq!((gate.judge(), gate.judge()), (Verdict::Drop, Verdict::Drop));
    clock.advance(Duration::from_secs(1));
    assert_eq!((gate.judge(), gate.judge()), (Verdict::Write(2), Verdict::Write(0)));
}

#[test]
fn a_line_stays_a_line() {
    assert_eq!(one_line("a\nERROR b\u{1b}[31m\u{202e}c 原画"), "a\\nERROR b\\u{1b}[31m\\u{202e}c 原画");
}
