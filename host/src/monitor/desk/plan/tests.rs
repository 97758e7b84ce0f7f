//! A desk's day as text: `seconds fact`, and below each fact what it led to.

use std::fmt::Write;

use expect_test::Expect;

use super::*;
use crate::config::Rate;

mod days;
mod order;
mod trouble;

/// No jitter in the middle of the dice.
const STILL: u16 = u16::MAX / 2;

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn terms(batch: usize, rate: &str) -> Terms {
    Terms { interval: secs(30), jitter: 0.0, batch, rate: rate.parse::<Rate>().unwrap() }
}

fn seconds(time: Duration) -> String {
    time.as_secs_f64().to_string()
}

struct Story {
    plan: Plan,
    now: Duration,
    tickets: Ticket,
    /// Calls under way, by their number.
    calls: BTreeMap<u64, Call>,
    made: u64,
    told: String,
}

impl Story {
    /// `room`, `room room`, …
    fn names(call: &Call) -> String {
        call.rooms.iter().map(|(_, room)| room.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn answers(words: &str, rooms: usize) -> Came {
        let heard = |word: &str| match word.split_once(':').unwrap_or((word, "")) {
            ("good", _) => Heard::Good,
            ("limited", asked) => Heard::Limited(asked.parse().ok().map(secs), String::from("slow down")),
            ("unreadable", _) => Heard::Unreadable,
            ("lost", _) => Heard::Lost,
            other => panic!("no such answer: {other:?}"),
        };
        match words {
            "late" => Came::Late,
            "fault" => Came::Fault,
            "busy" => Came::NotMade,
            "good" => Came::Answers(vec![Heard::Good; rooms]),
            words => Came::Answers(words.split(' ').map(heard).collect()),
        }
    }

    fn hear(&mut self, words: &str) {
        let (word, rest) = words.split_once(' ').unwrap_or((words, ""));
        let (name, more) = rest.split_once(' ').unwrap_or((rest, ""));
        let ask = match word {
            "resolve" => Ask::Resolve,
            "streams" => Ask::Streams,
            "now" => Ask::Check(Due::Now),
            "at" => Ask::Check(Due::At(secs(name.parse().unwrap()))),
            "ends" => return self.ends(name.parse().unwrap(), more),
            "look" => return,
            "withdraw" => {
                let ticket = name.parse().unwrap();
                return writeln!(self.told, "    withdrawn: {}", self.plan.withdraw(ticket)).unwrap();
            }
            other => panic!("no such fact: {other}"),
        };
        let rooms = if word == "at" { more } else { rest };
        for room in rooms.split(' ') {
            self.tickets += 1;
            self.plan.ask(self.tickets, ask, room.to_owned(), self.now);
        }
    }

    /// `ends 3 good lost +5`: call number 3 has ended and made 5 requests; one if it does not say.
    fn ends(&mut self, number: u64, words: &str) {
        let call = self.calls.remove(&number).unwrap();
        let (words, made) = words.split_once('+').unwrap_or((words, "1"));
        self.made += made.parse::<u64>().unwrap();
        let came = Self::answers(words.trim(), call.rooms.len());
        let After { answer, news } = self.plan.ended(call, came, self.made, self.now);
        if !answer {
            writeln!(self.told, "    in halves").unwrap();
        }
        for news in news {
            writeln!(self.told, "    {news:?}").unwrap();
        }
    }

    fn work(&mut self) {
        loop {
            match self.plan.next(self.now, STILL) {
                Step::Call(call) => {
                    let number = self.plan.calls();
                    writeln!(self.told, "    {number} {:?} {}", call.kind, Self::names(&call)).unwrap();
                    self.calls.insert(number, call);
                }
                Step::Refuse(ticket, left) => {
                    writeln!(self.told, "    refuse {ticket}, {} s left", seconds(left)).unwrap();
                }
                Step::Wait(None) => return,
                Step::Wait(Some(until)) => {
                    assert!(until > self.now, "waits for the past");
                    return writeln!(self.told, "    wait until {}", seconds(until)).unwrap();
                }
            }
        }
    }
}

fn check(terms: Terms, story: &str, expected: Expect) {
    let plan = Plan::new(terms, Duration::ZERO, 0);
    let mut hand =
        Story { plan, now: Duration::ZERO, tickets: 0, calls: BTreeMap::new(), made: 0, told: String::new() };
    for line in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (time, words) = line.split_once(' ').unwrap();
        hand.now = Duration::from_secs_f64(time.parse().unwrap());
        writeln!(hand.told, "{line}").unwrap();
        hand.hear(words);
        hand.work();
    }
    expected.assert_eq(&hand.told);
}
