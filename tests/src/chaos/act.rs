//! One act: rooms are on air as the plan of the seed has it, the real program records them and is disturbed, and in the
//! end all that lies on the disk is judged.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::check::{Counts, Past, Verdict, check};
use super::encoder::{Aired, Beat, Encoder};
use super::plan::{self, Deed};
use super::site::Chaos;
use super::{path, room_of};
use crate::needs;
use crate::origin::Origin;
use crate::place::Place;
use crate::volume::SmallVolume;

mod harvest;
mod host;
mod report;
mod volume;

use host::Host;

/// How often the encoders and the script look at the time.
const TICK: Duration = Duration::from_millis(10);
/// How long everything is well before the end.
const CALM: Duration = Duration::from_secs(3);
/// How long files that a killed recorder left may take to become whole.
const SALVAGE: Duration = Duration::from_secs(30);
/// What a room may write in a second, with what comes twice.
const BYTES_A_SECOND: u64 = 40_000;
/// Of a volume, beyond what is recorded.
const SPARE_BYTES: u64 = 64 << 20;

/// What is played.
#[derive(Clone, Copy, Debug)]
pub struct Act {
    /// Tells everything else.
    pub seed: u64,
    /// How many.
    pub rooms: usize,
    /// How long, without the calm at the end.
    pub lasts: Duration,
    /// The usual time between two deeds.
    pub pace: Duration,
    /// Whether its files lie on a volume of their own, which can be filled; where none may be mounted they do not.
    pub has_volume: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Nothing, if all is well.
    pub findings: Vec<String>,
    /// Of all rooms.
    pub counts: Counts,
    /// What happened to the recorder: each with how often.
    pub deeds: Vec<(&'static str, usize)>,
    /// Lines of the recorder's log, by level: errors, warnings.
    pub complaints: [usize; 2],
    /// Whether the volume could be filled.
    pub has_volume: bool,
}

/// All that is set up for it.
struct Stage<'a> {
    place: &'a Place,
    origin: Origin,
    site: Arc<Chaos>,
    host: Host<'a>,
    volume: Option<SmallVolume>,
    findings: Vec<String>,
}

impl Act {
    /// Plays it at a place, where what it leaves can be looked at. `tell` hears what happens, and when.
    pub fn play(&self, place: &Place, tell: &mut dyn FnMut(Duration, &str)) -> Outcome {
        let bytes = self.lasts.as_secs() * self.rooms as u64 * BYTES_A_SECOND + SPARE_BYTES;
        fs::create_dir_all(place.root().join("volume")).unwrap();
        let mount = || SmallVolume::mount(place.root().join("volume"), &bytes.to_string());
        let volume = (self.has_volume && needs::can_mount()).then(mount);
        let site = Arc::new(Chaos::new(self.seed, self.rooms));
        let origin = Origin::serving(Arc::clone(&site) as Arc<_>);
        place.configure(&config(&origin, self.rooms));
        let host = Host::new(place);
        let mut stage = Stage { place, origin, site, host, volume, findings: Vec::new() };
        let encoders = self.encoders(&stage);
        let deeds = stage.disturb(self, tell);
        stage.end(tell);
        let aired = encoders.stop();
        stage.finish(tell);
        self.judge(stage, aired, &deeds, tell)
    }

    fn encoders(&self, stage: &Stage<'_>) -> Encoders {
        let lasts = self.lasts + CALM + SALVAGE * 3;
        let rooms = 0..self.rooms;
        let mut encoders: Vec<Encoder> =
            rooms.map(|room| Encoder::new(room, plan::scenes(self.seed, room, lasts))).collect();
        let is_over = Arc::new(AtomicBool::new(false));
        let (over, site, began) = (Arc::clone(&is_over), Arc::clone(&stage.site), stage.origin.began());
        let thread = thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                let now_ms = u64::try_from(began.elapsed().as_millis()).unwrap();
                for (room, encoder) in encoders.iter_mut().enumerate() {
                    for beat in encoder.until(now_ms) {
                        match beat {
                            Beat::Tag(tag) => site.feed(room).push(tag),
                            Beat::Dark => site.feed(room).end(),
                        }
                    }
                }
                thread::sleep(TICK);
            }
            (0..encoders.len()).for_each(|room| site.feed(room).end());
            encoders.into_iter().map(Encoder::into_aired).collect()
        });
        Encoders { is_over, thread }
    }

    fn judge(
        &self,
        stage: Stage<'_>,
        aired: Vec<Vec<Aired>>,
        deeds: &[&'static str],
        tell: &mut dyn FnMut(Duration, &str),
    ) -> Outcome {
        tell(stage.origin.elapsed(), "judging");
        let Stage { place, origin, host, volume, mut findings, .. } = stage;
        let (fate, written, complaints, wrong) = host.into_past();
        findings.extend(wrong);
        let mut files = harvest::files(place, self.rooms, &mut findings);
        harvest::second_opinion(place, &mut findings);
        let mut outcome = Outcome { complaints, has_volume: volume.is_some(), ..Outcome::default() };
        for (room, aired) in aired.into_iter().enumerate() {
            let own: std::collections::HashSet<u64> = aired.iter().map(|aired| aired.sent.digest).collect();
            let past = Past {
                room: path(room),
                connections: origin.connections_where(|one| room_of(&one.path) == Some(room)),
                written: written.iter().copied().filter(|digest| own.contains(digest)).collect(),
                aired,
            };
            let files = std::mem::take(&mut files[room]);
            let Verdict { findings: found, counts } = check(&past, &fate, &files);
            if !found.is_empty() {
                place.write(&format!("rooms/{room}.txt"), report::report(&past, &files, &found));
            }
            findings.extend(found);
            outcome.counts += counts;
        }
        for deed in ["kill", "freeze", "freeze and kill", "restart", "full disk"] {
            outcome.deeds.push((deed, deeds.iter().filter(|done| **done == deed).count()));
        }
        if volume.is_some() && !findings.is_empty() {
            harvest::keep(place);
        }
        outcome.findings = findings;
        outcome
    }
}

struct Encoders {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Vec<Aired>>>,
}

impl Encoders {
    fn stop(self) -> Vec<Vec<Aired>> {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

impl Stage<'_> {
    /// Starts the recorder and does to it what is planned.
    fn disturb(&mut self, act: &Act, tell: &mut dyn FnMut(Duration, &str)) -> Vec<&'static str> {
        let mut done = Vec::new();
        self.host.start(&self.origin);
        for (at, deed) in plan::deeds(act.seed, act.lasts, act.pace, self.volume.is_some()) {
            self.wait_until(at, tell);
            done.push(self.carry_out(deed, tell));
        }
        self.wait_until(act.lasts, tell);
        done
    }

    fn wait_until(&mut self, at: Duration, tell: &mut dyn FnMut(Duration, &str)) {
        while self.origin.elapsed() < at {
            self.host.must_run(&self.origin);
            tell(self.origin.elapsed(), "");
            thread::sleep(TICK);
        }
    }

    fn carry_out(&mut self, deed: Deed, tell: &mut dyn FnMut(Duration, &str)) -> &'static str {
        tell(self.origin.elapsed(), &format!("{deed:?}"));
        match deed {
            Deed::Kill(dead) => {
                self.host.kill(&self.origin);
                thread::sleep(dead);
                self.host.start(&self.origin);
                "kill"
            }
            Deed::Freeze(lasts) => {
                self.host.freeze(&self.origin, lasts);
                "freeze"
            }
            Deed::FreezeAndKill(lasts) => {
                self.host.freeze_and_kill(&self.origin, lasts);
                self.host.start(&self.origin);
                "freeze and kill"
            }
            Deed::Restart => {
                self.host.stop(&self.origin);
                self.host.start(&self.origin);
                "restart"
            }
            Deed::FillDisk(lasts) => {
                self.host.fill_disk(&self.origin, lasts);
                "full disk"
            }
        }
    }

    /// Nothing goes wrong any more; what dead recorders have left becomes whole.
    fn end(&mut self, tell: &mut dyn FnMut(Duration, &str)) {
        self.site.calm_down();
        tell(self.origin.elapsed(), "calm");
        self.wait_until(self.origin.elapsed() + CALM, tell);
        let until = self.origin.elapsed() + SALVAGE;
        while self.origin.elapsed() < until && !self.host.parts_of_others().is_empty() {
            self.wait_until(self.origin.elapsed() + TICK, tell);
        }
        for part in self.host.parts_of_others() {
            self.findings.push(format!("{part} of a dead recorder was not made whole in {SALVAGE:?}"));
        }
        self.host.stop(&self.origin);
    }

    /// What could not be finished is the next start's.
    fn finish(&mut self, tell: &mut dyn FnMut(Duration, &str)) {
        if self.host.parts().is_empty() {
            return;
        }
        tell(self.origin.elapsed(), "another start for what could not be finished");
        self.host.start(&self.origin);
        let until = self.origin.elapsed() + SALVAGE;
        while self.origin.elapsed() < until && !self.host.parts().is_empty() {
            self.wait_until(self.origin.elapsed() + TICK, tell);
        }
        self.host.stop(&self.origin);
        for part in self.host.parts() {
            self.findings.push(format!("{part} was made whole by no start"));
        }
    }
}

/// What is long in real life is short here, but for what a story of minutes can afford.
fn config(origin: &Origin, rooms: usize) -> String {
    let rooms: String = (0..rooms)
        .map(|room| {
            let url = origin.url(&path(room));
            format!("[[room]]\nurl = \"{url}\"\nplugin = \"direct\"\noptions = {{ name = \"room-{room}\" }}\n")
        })
        .collect();
    format!(
        "[output]\ndir = \"{}\"\nmin_free = \"1MiB\"\nsync = \"1s\"\n[check]\ninterval = \"1s\"\njitter = 0.1\n\
         grace = \"6s\"\nrate = \"200/s\"\n[http]\nstall = \"3s\"\n[plugin.direct]\ninterval = \"1s\"\n{rooms}",
        host::OUT
    )
}
