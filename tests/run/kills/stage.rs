//! What the script moves: two rooms with their broadcasts, and a program that lives many lives.

use std::time::Duration;

use lyrebird_tests::bilibili::{Bilibili, Endpoint, Plan, Status, Trouble};
use lyrebird_tests::origin::How;
use lyrebird_tests::place::Place;
use lyrebird_tests::program::{Finished, Run};

use super::chance::Chance;

pub(super) const ROOMS: [u64; 2] = [22_637_261, 22_637_262];
/// The platform tells broadcasts apart by their first second.
const APART: Duration = Duration::from_millis(1_100);
/// What a reception has sent when its room is known to be on air to the program.
const KNOWN: usize = 20;

/// One broadcast; its title is its own.
pub(super) struct Cast {
    pub(super) room: u64,
    pub(super) title: String,
    pub(super) began: Duration,
    /// None while it is on air.
    pub(super) ended: Option<Duration>,
}

/// One process, from its start to its end.
pub(super) struct Life {
    pub(super) pid: u32,
    pub(super) from: Duration,
    pub(super) to: Duration,
    pub(super) killed: bool,
    pub(super) said: String,
}

pub(super) struct Stage {
    pub(super) platform: Bilibili,
    pub(super) place: Place,
    pub(super) casts: Vec<Cast>,
    pub(super) lives: Vec<Life>,
    /// When an announcement was made to fail.
    pub(super) troubles: Vec<Duration>,
    /// A room that seems dark for a moment, and until when.
    pub(super) flap: Option<(u64, Duration)>,
    running: Option<(Run, Duration)>,
}

impl Stage {
    pub(super) fn new(place: Place) -> Stage {
        let platform = Bilibili::start();
        for room in ROOMS {
            platform.room(room).streamer(&format!("Menura of {room}"));
        }
        place.configure(&crate::run::config(&platform, &ROOMS));
        Stage { platform, place, casts: Vec::new(), lives: Vec::new(), troubles: Vec::new(), flap: None, running: None }
    }

    pub(super) fn now(&self) -> Duration {
        self.platform.elapsed()
    }

    pub(super) fn start(&mut self) {
        let from = self.now();
        let command = self.place.lyrebird(&["run", "-c", "lyrebird.toml", "--log", "info,lyrebird=debug"]);
        self.running = Some((Run::start(command, None), from));
    }

    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    pub(super) fn kill(&mut self) {
        self.end(true, Run::kill_9);
    }

    /// Ends the life that runs, in order.
    pub(super) fn stop(&mut self) {
        self.end(false, crate::run::stop);
    }

    fn end(&mut self, killed: bool, end: impl FnOnce(Run) -> Finished) {
        let Some((run, from)) = self.running.take() else { return };
        let pid = run.id();
        let finished = end(run);
        assert_eq!(finished.code, if killed { 137 } else { 0 }, "it ended by itself:\n{}", finished.stderr);
        self.lives.push(Life { pid, from, to: self.now(), killed, said: finished.stderr });
    }

    /// The broadcast that is on air in a room.
    pub(super) fn on_air(&self, room: u64) -> Option<&Cast> {
        self.casts.iter().find(|cast| cast.room == room && cast.ended.is_none())
    }

    /// Something happens to a room.
    pub(super) fn happens(&mut self, room: u64, chance: &mut Chance) {
        if self.on_air(room).is_none() {
            return self.go_live(room);
        }
        match chance.below(10) {
            0..3 => self.go_dark(room),
            3..5 => self.platform.cut(room, [How::Reset, How::Close][usize::try_from(chance.below(2)).unwrap()]),
            5 => self.seem_dark(room, Duration::from_millis(300 + chance.below(1_000))),
            _ => self.disturb(chance),
        }
    }

    /// A new broadcast, if the last one is old enough.
    fn go_live(&mut self, room: u64) {
        let last = self.casts.iter().rev().find(|cast| cast.room == room);
        if last.is_some_and(|last| self.now() < last.began + APART) {
            return;
        }
        let title = format!("Chorus {}", self.casts.len() + 100);
        self.platform.room(room).title(&title);
        let began = self.now();
        self.platform.go_live(room);
        self.casts.push(Cast { room, title, began, ended: None });
    }

    pub(super) fn go_dark(&mut self, room: u64) {
        self.platform.go_dark(room);
        let now = self.now();
        for cast in self.casts.iter_mut().filter(|cast| cast.room == room && cast.ended.is_none()) {
            cast.ended = Some(now);
        }
    }

    /// The same broadcast breaks off and comes back within the grace. Only under the eyes of a program that knows it: to
    /// one that starts now, a room that is dark is over.
    fn seem_dark(&mut self, room: u64, lasts: Duration) {
        let is_known = self.running.as_ref().is_some_and(|(_, from)| {
            let receptions = self.platform.receptions(room);
            receptions.iter().any(|one| one.came > *from && one.ended.is_none() && one.tags.len() > KNOWN)
        });
        if is_known && self.flap.is_none() {
            self.platform.room(room).says(Status::Offline);
            self.platform.cut(room, How::Close);
            self.flap = Some((room, self.now() + lasts));
        }
    }

    pub(super) fn comes_back(&mut self) {
        if let Some((room, _)) = self.flap.take() {
            self.platform.room(room).says(Status::Live);
        }
    }

    /// The platform fails once or twice.
    fn disturb(&mut self, chance: &mut Chance) {
        let late = Trouble::Late(Duration::from_millis(chance.below(1_500)));
        let trouble = match chance.below(5) {
            0 => Trouble::Status(500),
            1 => Trouble::Dies,
            2 => Trouble::DiesWhenDone,
            _ => late,
        };
        let plan = match chance.below(8) {
            0..4 => {
                self.troubles.push(self.now());
                Plan::new(trouble).at(Endpoint::CreateDynamic).times(1 + chance.below(2))
            }
            4..7 => Plan::new(trouble).at(Endpoint::RemoveDynamic).times(1 + chance.below(2)),
            _ => {
                let lasts = Duration::from_millis(chance.below(1_500));
                Plan::new(Trouble::Status(502)).at(Endpoint::BaseInfo).at(Endpoint::PlayInfo).lasts(lasts)
            }
        };
        self.platform.plan(plan);
    }
}
