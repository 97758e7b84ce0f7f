//! A room on air and a recorder before it: where most rows begin, and the checker with which all of them end.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use lyrebird_tests::clip::{self, Clip};
use lyrebird_tests::feed::Feed;
use lyrebird_tests::numbered;
use lyrebird_tests::origin::{Answer, Connection, Origin};
use lyrebird_tests::place::{HURRY, Place, recordings_below, wait_until};
use lyrebird_tests::program::{Finished, Run, Signal, binary};
use lyrebird_tests::verify::{Terms, judge_named};

pub(super) const ROOM: &str = "/live.flv";
pub(super) const LIMIT: Duration = Duration::from_secs(40);

/// One room whose every connection is good, unless a row says otherwise.
pub(super) struct Scene {
    pub(super) place: Place,
    pub(super) origin: Origin,
    pub(super) feed: Feed,
}

impl Scene {
    pub(super) fn new(name: &str) -> Self {
        Scene::at(name, IpAddr::from([127, 0, 0, 1]))
    }

    /// The same with its origin at another address.
    pub(super) fn at(name: &str, address: IpAddr) -> Self {
        let scene = Scene { place: Place::new(name), origin: Origin::at(address), feed: Feed::new() };
        scene.origin.answers(ROOM, [Answer::live(&scene.feed)]);
        scene.configure("");
        // What a row is about is not how long plugins compile.
        scene.place.share_compiled();
        scene
    }

    /// The config for tests, with these lines more in `[output]`.
    pub(super) fn configure(&self, output: &str) {
        self.place.configure(&HURRY.replace("[output]", &format!("[output]\nsync = \"1s\"\n{output}")));
    }

    pub(super) fn start(&self) -> Run {
        self.place.record::<&str>(&self.origin.url(ROOM), &[])
    }

    /// Plays pictures that all differ, each with so many bytes more than it takes, at so many times real time.
    pub(super) fn plays(&self, seconds: u32, more_bytes: usize, speed: u32) -> JoinHandle<()> {
        clip::play_tags(&self.feed, numbered::stream(Clip::Small, seconds, more_bytes), speed)
    }

    /// Waits until the file that grows has so many bytes.
    #[track_caller]
    pub(super) fn grows(&self, bytes: u64) -> PathBuf {
        let size = |part: &Path| fs::metadata(part).map_or(0, |about| about.len());
        wait_until("a file grows", LIMIT, || parts(&self.place.out()).iter().any(|part| size(part) > bytes));
        parts(&self.place.out()).remove(0)
    }

    /// Waits until another file than this one grows, in whichever folder.
    #[track_caller]
    pub(super) fn grows_elsewhere(&self, part: &Path) {
        let folders = [self.place.out(), self.place.root().join("spare")];
        let grows = |other: &PathBuf| other != part && fs::metadata(other).is_ok_and(|about| about.len() > 150 << 10);
        wait_until("another file grows", LIMIT, || folders.iter().any(|folder| parts(folder).iter().any(grows)));
    }

    /// Waits until one reception has given so many milliseconds of media.
    #[track_caller]
    pub(super) fn has_sent(&self, media_ms: u32) {
        let lasts = |one: &Connection| Some(one.tags.last()?.time_ms.saturating_sub(one.tags.first()?.time_ms));
        let longest = || self.origin.receptions(ROOM).iter().filter_map(lasts).max();
        wait_until("media is sent", LIMIT, || longest().is_some_and(|longest| longest >= media_ms));
    }

    /// Waits until this reception, from 1, has given some media.
    #[track_caller]
    pub(super) fn is_received_again(&self, number: usize) {
        let flows = || self.origin.receptions(ROOM).get(number - 1).is_some_and(|one| one.tags.len() > 60);
        wait_until(&format!("reception {number} gives media"), LIMIT, flows);
    }

    /// All finished files: those in the first folder, then those in the spare one.
    pub(super) fn recordings(&self) -> Vec<PathBuf> {
        let spare = recordings_below(&self.place.root().join("spare"));
        self.place.recordings().into_iter().chain(spare).collect()
    }

    /// Nothing is lost without a name.
    #[track_caller]
    pub(super) fn is_named(&self, terms: Terms) {
        self.are_named(&self.recordings(), terms);
    }

    #[track_caller]
    pub(super) fn are_named(&self, files: &[PathBuf], terms: Terms) {
        let judgement = judge_named(&self.origin.receptions(ROOM), files, &binary(), terms);
        judgement.expect_good();
    }
}

/// What was on its way when somebody stopped a recorder of media in real time.
pub(super) const STOPPED: Terms = Terms { speed: 1, tail_ms: 2_000, overlap: false };

/// Files that grow, or were left behind.
pub(super) fn parts(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(parts(&path));
        } else if path.extension().is_some_and(|extension| extension == "part") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Stops a recorder as a person at a terminal does.
#[track_caller]
pub(super) fn stop(run: Run) -> Finished {
    run.signal(Signal::INT);
    run.finish(LIMIT)
}

/// Starts a recorder in the same folder for a room that is dark; salvage is what it does first.
#[track_caller]
pub(super) fn salvage(place: &Place) -> Finished {
    let dark = Origin::start();
    let run = place.record::<&str>(&dark.url("/dark.flv"), &[]);
    let deadline = Instant::now() + LIMIT;
    while !parts(&place.out()).is_empty() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(20));
    }
    wait_until("the dark room was looked at", LIMIT, || !dark.connections("/dark.flv").is_empty());
    let finished = stop(run).expect_code(130);
    assert!(parts(&place.out()).is_empty(), "files are left unfinished:\n{}", finished.stderr);
    finished
}
