//! The recorder of an act, through all its lives, and what they left.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use super::harvest;
use super::volume::Filler;
use crate::chaos::check::{Fate, Life};
use crate::origin::Origin;
use crate::place::Place;
use crate::program::{Finished, Run, Signal};

/// Where recordings go, below the place: a folder of a volume of its own, where one can be mounted.
pub(super) const OUT: &str = "volume/recordings";
/// Longest end in order.
const END: Duration = Duration::from_secs(20);
const TICK: Duration = Duration::from_millis(10);

/// The recorder.
pub(super) struct Host<'a> {
    place: &'a Place,
    running: Option<(Run, Duration)>,
    fate: Fate,
    written: HashSet<u64>,
    complaints: [usize; 2],
    findings: Vec<String>,
}

impl<'a> Host<'a> {
    pub(super) fn new(place: &'a Place) -> Self {
        let (fate, written) = (Fate::default(), HashSet::new());
        Host { place, running: None, fate, written, complaints: [0; 2], findings: Vec::new() }
    }

    /// What happened to it, the frames that were written before a kill, errors and warnings, and what was wrong with it.
    pub(super) fn into_past(self) -> (Fate, HashSet<u64>, [usize; 2], Vec<String>) {
        (self.fate, self.written, self.complaints, self.findings)
    }

    pub(super) fn start(&mut self, origin: &Origin) {
        let from = origin.elapsed();
        let command = self.place.lyrebird(&["run", "-c", "lyrebird.toml", "--log", "info,lyrebird=debug"]);
        self.running = Some((Run::start(command, None), from));
    }

    /// Notes it where the recorder has ended by itself, and starts it again.
    pub(super) fn must_run(&mut self, origin: &Origin) {
        let ended = self.running.as_mut().is_some_and(|(run, _)| !run.is_running());
        if ended && let Some((run, from)) = self.running.take() {
            let until = origin.elapsed();
            let finished = run.finish(END);
            self.findings.push(format!(
                "the recorder ended by itself at {:.1} s: {}",
                until.as_secs_f64(),
                finished.code
            ));
            self.over(finished, from, until, true);
            self.start(origin);
        }
    }

    pub(super) fn kill(&mut self, origin: &Origin) {
        let Some((run, from)) = self.running.take() else { return };
        let until = origin.elapsed();
        let finished = run.kill_9();
        self.written.extend(harvest::whole_frames(&self.part_paths()));
        self.over(finished, from, until, true);
    }

    /// Stops it as a service manager does.
    pub(super) fn stop(&mut self, origin: &Origin) {
        let Some((mut run, from)) = self.running.take() else { return };
        let until = origin.elapsed();
        run.signal(Signal::TERM);
        while run.is_running() && origin.elapsed() < until + END {
            thread::sleep(TICK);
        }
        let is_late = run.is_running();
        let finished = if is_late { run.kill_9() } else { run.finish(END) };
        if finished.code != 0 {
            let at = until.as_secs_f64();
            self.findings
                .push(format!("asked to stop at {at:.1} s, it ended with {} (in {END:?} at most)", finished.code));
        }
        self.over(finished, from, until, is_late);
    }

    pub(super) fn freeze(&mut self, origin: &Origin, lasts: Duration) {
        let Some((run, _)) = &self.running else { return };
        let from = origin.elapsed();
        run.signal(Signal::STOP);
        thread::sleep(lasts);
        run.signal(Signal::CONT);
        self.fate.frozen.push((from, origin.elapsed()));
    }

    pub(super) fn freeze_and_kill(&mut self, origin: &Origin, lasts: Duration) {
        let Some((run, _)) = &self.running else { return };
        let from = origin.elapsed();
        run.signal(Signal::STOP);
        thread::sleep(lasts);
        self.fate.frozen.push((from, origin.elapsed()));
        self.kill(origin);
    }

    pub(super) fn fill_disk(&mut self, origin: &Origin, lasts: Duration) {
        let from = origin.elapsed();
        let filler = Filler::fill(&self.place.root().join("volume"));
        thread::sleep(lasts);
        drop(filler);
        self.fate.full.push((from, origin.elapsed()));
    }

    /// Files that are not finished.
    pub(super) fn parts(&self) -> Vec<String> {
        let paths = self.part_paths().into_iter();
        paths.map(|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned()).collect()
    }

    /// Those that are not this recorder's.
    pub(super) fn parts_of_others(&self) -> Vec<String> {
        let own = self.running.as_ref().map(|(run, _)| run.id());
        let parts = self.part_paths().into_iter().filter(|part| {
            let sidecar = fs::read(part.with_extension("").with_extension("json")).ok();
            let sidecar = sidecar.and_then(|text| serde_json::from_slice::<serde_json::Value>(&text).ok());
            let owner = sidecar.and_then(|sidecar| sidecar["owner"]["pid"].as_u64());
            owner.is_some() && owner != own.map(u64::from) && part.exists()
        });
        parts.map(|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned()).collect()
    }

    fn part_paths(&self) -> Vec<PathBuf> {
        harvest::paths(self.place, "part")
    }

    fn over(&mut self, finished: Finished, from: Duration, until: Duration, killed: bool) {
        let Finished { stderr, .. } = finished;
        for panic in stderr.lines().filter(|line| line.contains("panicked at")) {
            self.findings.push(format!("the recorder panicked: {panic}"));
        }
        for (level, word) in ["ERROR", "WARN"].into_iter().enumerate() {
            self.complaints[level] += stderr.lines().filter(|line| line.contains(word)).count();
        }
        self.place.write(&format!("logs/{:03}.log", self.fate.lives.len()), stderr);
        self.fate.lives.push(Life { from, until, killed });
    }
}
