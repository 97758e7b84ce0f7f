//! Hours of many rooms, played through: how often each is asked and how many calls that takes.

use super::*;

/// How long a call takes.
const CALL: Duration = Duration::from_millis(300);

/// What happened to each room.
#[derive(Clone, Debug, Default)]
struct Log {
    asked: Vec<Duration>,
}

struct Day {
    plan: Plan,
    now: Duration,
    dice: u16,
    tickets: Ticket,
    due: Vec<(Duration, Call)>,
    made: u64,
    rooms: BTreeMap<String, Log>,
    calls: u64,
}

impl Day {
    fn new(terms: Terms, rooms: usize) -> Day {
        let plan = Plan::new(terms, Duration::ZERO, 0);
        let rooms = (0..rooms).map(|room| (format!("{room:03}"), Log::default())).collect();
        Day { plan, now: Duration::ZERO, dice: 7, tickets: 0, due: Vec::new(), made: 0, rooms, calls: 0 }
    }

    fn ask(&mut self, room: &str, due: Due) {
        self.tickets += 1;
        self.plan.ask(self.tickets, Ask::Check(due), room.to_owned(), self.now);
    }

    /// Plays on until `end`. `answer` says what comes of a call; whoever is answered asks again an interval later.
    fn until(&mut self, end: Duration, answer: impl Fn(Duration, &Call) -> Came) {
        while self.now < end {
            // A poor die, but an even one, and the same in every run.
            self.dice = self.dice.wrapping_mul(25_173).wrapping_add(13_849);
            match self.plan.next(self.now, self.dice) {
                Step::Call(call) => {
                    self.calls += 1;
                    self.made += 1;
                    for (_, room) in &call.rooms {
                        self.rooms.get_mut(room).unwrap().asked.push(self.now);
                    }
                    self.due.push((self.now + CALL, call));
                }
                Step::Refuse(..) => unreachable!("nobody asks for streams"),
                Step::Wait(until) => {
                    let ended = self.due.iter().map(|(at, _)| *at).min();
                    let next = until.into_iter().chain(ended).min().unwrap();
                    assert!(next > self.now || ended == Some(next), "waits for the past");
                    self.now = next;
                    if ended == Some(next) {
                        let at = self.due.iter().position(|(at, _)| *at == next).unwrap();
                        let (_, call) = self.due.remove(at);
                        let came = answer(self.now, &call);
                        let rooms: Vec<String> = call.rooms.iter().map(|(_, room)| room.clone()).collect();
                        if self.plan.ended(call, came, self.made, self.now).answer {
                            let next = self.now + self.plan.terms.interval;
                            rooms.iter().for_each(|room| self.ask(room, Due::At(next)));
                        }
                    }
                }
            }
        }
    }

    /// The shortest and the longest pause between two questions about one room, in whole seconds, from `since` on.
    fn pauses(&self, since: Duration) -> (u64, u64) {
        let mut pauses = Vec::new();
        for log in self.rooms.values() {
            let asked: Vec<_> = log.asked.iter().filter(|at| **at >= since).collect();
            pauses.extend(asked.windows(2).map(|pair| (*pair[1] - *pair[0]).as_secs()));
        }
        (*pauses.iter().min().unwrap(), *pauses.iter().max().unwrap())
    }
}

fn good(_: Duration, call: &Call) -> Came {
    Came::Answers(vec![Heard::Good; call.rooms.len()])
}

/// All rooms asked for the first time, one every `pace`.
fn begun(terms: Terms, rooms: usize, pace: Duration) -> Day {
    let mut day = Day::new(terms, rooms);
    let names: Vec<String> = day.rooms.keys().cloned().collect();
    for name in names {
        day.ask(&name, Due::Now);
        let end = day.now + pace;
        if pace > Duration::ZERO {
            day.until(end, good);
            day.now = day.now.max(end);
        }
    }
    day
}

fn jittered(batch: usize, rate: &str) -> Terms {
    Terms { jitter: 0.1, ..terms(batch, rate) }
}

#[test]
fn fifty_rooms_take_two_calls_a_minute() {
    let mut day = begun(jittered(50, "2/s"), 50, Duration::ZERO);
    day.until(secs(3_600), good);
    assert!((110..=132).contains(&day.calls), "{} calls an hour", day.calls);
    let (least, most) = day.pauses(Duration::ZERO);
    assert!(least >= 26 && most <= 34, "{least} to {most} s");
    assert_eq!(day.plan.interval(), secs(30));
}

#[test]
fn rooms_that_came_one_by_one_are_soon_asked_together() {
    let mut day = begun(jittered(50, "2/s"), 50, secs(2));
    day.until(secs(300), good);
    let before = day.calls;
    day.until(secs(900), good);
    let calls = day.calls - before;
    assert!(calls <= 22, "{calls} calls in ten minutes");
}

#[test]
fn two_hundred_rooms_take_four_calls_a_round() {
    let mut day = begun(jittered(50, "2/s"), 200, Duration::ZERO);
    day.until(secs(3_600), good);
    assert!((440..=530).contains(&day.calls), "{} calls an hour", day.calls);
    let (least, most) = day.pauses(secs(60));
    assert!(least >= 15 && most <= 36, "{least} to {most} s");
}

#[test]
fn a_small_budget_stretches_the_interval_for_all_alike() {
    let mut day = begun(jittered(1, "2/s"), 100, Duration::ZERO);
    day.until(secs(1_000), good);
    assert!((1_990..=2_003).contains(&day.made), "{} requests in 1000 s", day.made);
    let (least, most) = day.pauses(secs(200));
    assert!(least >= 47 && most <= 53, "{least} to {most} s");
    let shown = day.plan.interval().as_secs();
    assert!((48..=52).contains(&shown), "shown as {shown} s");
}

#[test]
fn one_bad_room_of_fifty_costs_the_others_nothing() {
    let bad = |_: Duration, call: &Call| match call.rooms.iter().any(|(_, room)| room == "007") {
        true => Came::Fault,
        false => Came::Answers(vec![Heard::Good; call.rooms.len()]),
    };
    let mut day = begun(jittered(50, "2/s"), 50, Duration::ZERO);
    day.until(secs(60), bad);
    let before = day.calls;
    assert!(before <= 20, "{before} calls to find it");
    day.until(secs(660), bad);
    let calls = day.calls - before;
    assert!(calls <= 44, "{calls} calls in ten minutes");
    let (_, most) = day.pauses(Duration::ZERO);
    assert!(most <= 36, "somebody waited {most} s");
}

#[test]
fn a_rest_of_ten_minutes_is_silent_and_ends_in_one_call() {
    let limited = |now: Duration, call: &Call| match now > secs(100) && now < secs(140) {
        true => Came::Answers(vec![Heard::Limited(Some(secs(600)), String::from("slow down")); call.rooms.len()]),
        false => Came::Answers(vec![Heard::Good; call.rooms.len()]),
    };
    let mut day = begun(jittered(10, "2/s"), 50, Duration::ZERO);
    day.until(secs(2_000), limited);
    let mut asked: Vec<_> = day.rooms.values().flat_map(|log| log.asked.iter().copied()).collect();
    asked.sort_unstable();
    asked.dedup();
    let (from, to) = asked.windows(2).map(|pair| (pair[0], pair[1])).max_by_key(|(from, to)| *to - *from).unwrap();
    assert!((600..=601).contains(&(to - from).as_secs()), "silent from {from:?} to {to:?}");
    let again = asked.iter().filter(|at| **at >= to && **at < to + CALL).count();
    assert_eq!(again, 1, "calls at once after the rest");
    assert_eq!(day.plan.interval(), secs(30), "a rest is no small budget");
}
