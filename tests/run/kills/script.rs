//! The script: what happens when, as the dice of the seed have it.

use std::thread;
use std::time::Duration;

use lyrebird_tests::bilibili::Endpoint;
use lyrebird_tests::place::{Place, wait_until};
use serde_json::Value;

use super::chance::Chance;
use super::stage::{ROOMS, Stage};
use crate::run::LIMIT;

/// How long the program is killed again and again.
const LASTS: Duration = Duration::from_secs(8);
/// The longest life before the last.
const LONGEST: Duration = Duration::from_millis(4_500);
const TICK: Duration = Duration::from_millis(2);
/// Notices of which nothing will become any more.
const SETTLED: [&str; 5] = ["retracted", "done", "cancelled", "unknown", "gave-up"];

/// What the program is killed behind.
#[derive(Clone, Copy, Debug)]
enum Mark {
    Start,
    /// An announcement is asked for.
    Announced,
    /// A notice is taken back.
    TakenBack,
    /// Another file, or one with another name.
    File,
}

pub(super) struct Script {
    chance: Chance,
    stage: Stage,
    mark: Mark,
    /// What was counted of the mark at the start.
    before: u64,
    behind: Duration,
    kill_at: Option<Duration>,
    start_at: Duration,
    happens_at: Duration,
}

impl Script {
    pub(super) fn new(seed: u64, place: Place) -> Script {
        Script {
            chance: Chance::of(seed),
            stage: Stage::new(place),
            mark: Mark::Start,
            before: 0,
            behind: Duration::ZERO,
            kill_at: None,
            start_at: Duration::ZERO,
            happens_at: Duration::ZERO,
        }
    }

    /// Plays it to its end.
    pub(super) fn play(mut self) -> Stage {
        while self.stage.now() < LASTS {
            self.tick();
            thread::sleep(TICK);
        }
        self.stage.comes_back();
        self.end()
    }

    fn tick(&mut self) {
        let now = self.stage.now();
        if self.stage.flap.is_some_and(|(_, until)| now >= until) {
            self.stage.comes_back();
        }
        if now >= self.happens_at {
            let room = ROOMS[usize::try_from(self.chance.below(2)).unwrap()];
            if self.stage.flap.is_none() {
                self.stage.happens(room, &mut self.chance);
            }
            self.happens_at = now + self.ms(900);
        }
        if !self.stage.is_running() {
            if now >= self.start_at {
                self.start();
            }
            return;
        }
        if self.kill_at.is_none() && self.counted() != self.before {
            self.kill_at = Some(now + self.behind);
        }
        // What seems dark to a program that starts is over: that is no moment for a kill.
        if self.kill_at.is_some_and(|at| now >= at) && self.stage.flap.is_none() {
            self.stage.kill();
            self.start_at = now + if self.chance.below(2) == 0 { Duration::ZERO } else { self.ms(700) };
        }
    }

    fn start(&mut self) {
        let (mark, most_ms) = match self.chance.below(10) {
            0 => (Mark::Start, 60),
            1 => (Mark::Start, 600),
            2 | 3 => (Mark::Start, 3_000),
            4 | 5 => (Mark::Announced, 150),
            6 => (Mark::TakenBack, 100),
            7 => (Mark::File, 40),
            _ => (Mark::File, 800),
        };
        (self.mark, self.behind) = (mark, self.ms(most_ms));
        self.before = self.counted();
        self.stage.start();
        let longest = if let Mark::Start = mark { self.behind } else { LONGEST };
        self.kill_at = None;
        if let Mark::Start = mark {
            self.kill_at = Some(self.stage.now() + longest);
        }
        self.start_at = self.stage.now() + longest;
    }

    /// Changes when the mark is reached; at the latest when a life is too long.
    fn counted(&self) -> u64 {
        let is_old = self.stage.is_running() && self.stage.now() >= self.start_at;
        let counted = match self.mark {
            Mark::Start => 0,
            Mark::Announced => self.stage.platform.count(Endpoint::CreateDynamic),
            Mark::TakenBack => self.stage.platform.count(Endpoint::RemoveDynamic),
            Mark::File => {
                let names = self.stage.place.files();
                names
                    .iter()
                    .filter(|name| !name.ends_with(".tmp"))
                    .map(|name| checksum(name))
                    .fold(0, u64::wrapping_add)
            }
        };
        counted.wrapping_add(u64::from(is_old))
    }

    fn ms(&mut self, below: u64) -> Duration {
        Duration::from_millis(self.chance.below(below))
    }

    /// The last program, which nobody disturbs: what is on air is announced, then it is dark, and nothing is owed.
    fn end(mut self) -> Stage {
        let stage = &mut self.stage;
        stage.platform.heal();
        if !stage.is_running() {
            stage.start();
        } else if self.chance.below(2) == 0 {
            stage.kill();
            stage.start();
        }
        if self.chance.below(2) == 0 {
            for room in ROOMS {
                let Some(cast) = stage.on_air(room) else { continue };
                wait_until(&format!("`{}` was announced, or reported", cast.title), LIMIT, || {
                    let is_posted = || stage.platform.posts().iter().any(|post| post.text.contains(&cast.title));
                    is_posted() || states(stage, &cast.title).contains(&String::from("unknown"))
                });
            }
        }
        ROOMS.into_iter().for_each(|room| stage.go_dark(room));
        wait_until("everything is settled", LIMIT, || {
            thread::sleep(Duration::from_millis(300));
            let rows = history(stage);
            rows.iter().all(|row| row["ended_at"].is_string() && states_of(row).iter().all(|state| is_settled(state)))
        });
        stage.stop();
        self.stage
    }
}

fn checksum(name: &str) -> u64 {
    name.bytes().fold(7, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)))
}

fn is_settled(state: &str) -> bool {
    SETTLED.contains(&state)
}

/// All sessions as `history` tells them.
pub(super) fn history(stage: &Stage) -> Vec<Value> {
    stage.place.run(&["history", "--json", "--limit", "1000"]).expect_code(0).json_lines()
}

fn states(stage: &Stage, title: &str) -> Vec<String> {
    let rows = history(stage);
    rows.iter().filter(|row| row["broadcast"]["title"] == title).flat_map(states_of).collect()
}

/// Where the notices of a session stand.
pub(super) fn states_of(row: &Value) -> Vec<String> {
    let notices = row["notices"].as_array().unwrap();
    notices.iter().map(|notice| notice["state"].as_str().unwrap().to_owned()).collect()
}
