//! `run` day and night: rooms of a config go live, are announced, recorded, and taken back.

use std::time::Duration;

use lyrebird_tests::bilibili::{Bilibili, Endpoint, Post};
use lyrebird_tests::clip::Clip;
use lyrebird_tests::origin::{Connection, How};
use lyrebird_tests::place::{Place, wait_until};
use lyrebird_tests::program::{Finished, Run, Signal, binary};
use lyrebird_tests::verify::judge;

mod beside;
mod kills;
mod ledger;
mod restart;
mod risk;
mod states;
mod targets;

pub(crate) const ROOM: u64 = 22_637_261;
pub(crate) const LIMIT: Duration = Duration::from_secs(30);
/// Tags of somewhat more than a second.
const FLOWING: usize = 80;
/// Tags of a tenth of a second.
const ON_ITS_WAY: usize = 8;

/// A config of these rooms, on the platform of the scenario, with one target.
pub(crate) fn config(platform: &Bilibili, rooms: &[u64]) -> String {
    let (pickers, notifiers) = (platform.table("bilibili", false), platform.table("bilibili-dynamic", true));
    let rooms: String =
        rooms.iter().map(|id| format!("[[room]]\nurl = \"https://live.bilibili.com/{id}\"\n")).collect();
    format!(
        "[output]\nmin_free = \"1MiB\"\nrepeats = \"keep\"\n[check]\ninterval = \"1s\"\njitter = 0.0\ngrace = \"3s\"\n\
         rate = \"50/s\"\n[http]\nstall = \"2s\"\n{pickers}interval = \"1s\"\n{notifiers}\n\
         [[notify]]\nname = \"fans\"\nplugin = \"bilibili-dynamic\"\n{rooms}"
    )
}

/// One room of a platform, and a place where it is recorded to.
pub(crate) struct Story {
    pub(crate) platform: Bilibili,
    pub(crate) place: Place,
}

impl Story {
    /// The room is dark.
    pub(crate) fn new(name: &str) -> Story {
        let (place, platform) = (Place::new(name), Bilibili::start());
        platform.room(ROOM).streamer("Menura").title("Dawn chorus");
        place.configure(&config(&platform, &[ROOM]));
        Story { platform, place }
    }

    /// With another line in the config.
    pub(crate) fn where_config_says(self, instead_of: &str, line: &str) -> Story {
        let config = config(&self.platform, &[ROOM]);
        assert!(config.contains(instead_of), "`{instead_of}` is not in the config");
        self.place.configure(&config.replace(instead_of, line));
        self
    }

    pub(crate) fn start(&self) -> Run {
        Run::start(self.place.lyrebird(&["run", "-c", "lyrebird.toml", "--log", "info,lyrebird=debug"]), None)
    }

    /// Watches the room, which goes live, until it is announced and recorded.
    pub(crate) fn on_air(&self) -> Run {
        let run = self.start();
        self.platform.go_live(ROOM);
        self.is_announced();
        self.flows(1);
        run
    }

    #[track_caller]
    pub(crate) fn is_announced(&self) {
        wait_until("the session was announced", LIMIT, || self.platform.visible_posts().len() == 1);
    }

    /// Waits until the reception of this number, from 1, has given media for a second.
    #[track_caller]
    pub(crate) fn flows(&self, number: usize) {
        let has_media = || self.platform.receptions(ROOM).get(number - 1).is_some_and(|one| one.tags.len() > FLOWING);
        wait_until(&format!("media comes by reception {number}"), LIMIT, has_media);
    }

    /// Waits until a reception that runs, whatever its number, has given media for a second.
    #[track_caller]
    pub(crate) fn is_received(&self) {
        let runs = |one: &Connection| one.ended.is_none() && one.tags.len() > FLOWING;
        wait_until("media comes", LIMIT, || self.platform.receptions(ROOM).iter().any(runs));
    }

    #[track_caller]
    pub(crate) fn is_taken_back(&self) {
        wait_until("the notice was taken back", LIMIT, || self.platform.visible_posts().is_empty());
    }

    /// The room goes dark; its one notice is taken back, and the program ends in order.
    #[track_caller]
    pub(crate) fn ends_well(&self, run: Run) -> Finished {
        self.platform.go_dark(ROOM);
        self.is_taken_back();
        let finished = stop(run);
        assert_eq!(self.platform.posts().len(), 1, "announced once");
        self.platform.expect_no_violation();
        self.has_no_part();
        finished
    }

    #[track_caller]
    pub(crate) fn has_no_part(&self) {
        let files = self.place.files();
        assert!(files.iter().all(|name| !name.ends_with(".part")), "{files:?}");
    }

    /// All that was received is in these files.
    #[track_caller]
    pub(crate) fn is_recorded_whole(&self) {
        judge(&self.platform.receptions(ROOM), &self.place.recordings(), Some(&binary())).expect_good();
    }

    /// The same where the program was stopped while media came: what was on its way then is missing, and no more.
    #[track_caller]
    pub(crate) fn is_recorded_until_the_stop(&self) {
        let (mut receptions, files) = (self.platform.receptions(ROOM), self.place.recordings());
        for _ in 0..ON_ITS_WAY {
            if judge(&receptions, &files, Some(&binary())).bad.is_empty() {
                return;
            }
            receptions.last_mut().and_then(|last| last.tags.pop());
        }
        judge(&receptions, &files, Some(&binary())).expect_good();
    }

    /// The recording went on in a second file of the same session, and says why.
    #[track_caller]
    pub(crate) fn goes_on_in_a_second_file(&self) {
        let files = self.place.recordings();
        assert_eq!(files.len(), 2, "{files:?}");
        let stem = files[0].file_stem().unwrap().to_str().unwrap();
        assert_eq!(files[1].file_stem().unwrap().to_str().unwrap(), format!("{stem}_2"));
        let sidecar = self.place.sidecar(&files[1]);
        assert_eq!(sidecar["session"], self.place.sidecar(&files[0])["session"]);
        assert_eq!(sidecar["gaps"][0]["cause"], "restart", "{sidecar}");
    }

    /// The one post that there ever was.
    #[track_caller]
    pub(crate) fn only_post(&self) -> Post {
        let posts = self.platform.posts();
        assert_eq!(posts.len(), 1, "{posts:?}");
        posts[0].clone()
    }
}

/// Stops the program as a service manager does.
#[track_caller]
pub(crate) fn stop(run: Run) -> Finished {
    run.signal(Signal::TERM);
    run.finish(LIMIT).expect_code(0)
}

/// Lets time pass in which nothing may happen.
pub(crate) fn nothing_happens_for(seconds: u64) {
    std::thread::sleep(Duration::from_secs(seconds));
}

#[test]
fn a_broadcast_is_announced_recorded_over_a_break_and_taken_back() {
    let story = Story::new("run-story");
    let platform = &story.platform;
    let run = story.start();
    wait_until("the dark room was looked at", LIMIT, || platform.count(Endpoint::BaseInfo) > 0);
    assert!(platform.posts().is_empty());
    platform.go_live(ROOM);
    story.is_announced();
    story.flows(1);
    platform.resize(ROOM, Clip::Large);
    nothing_happens_for(2);
    platform.cut(ROOM, How::Reset);
    story.flows(2);
    story.ends_well(run);
    story.is_recorded_whole();
}

#[test]
fn a_kill_in_mid_broadcast_keeps_the_session_and_its_notice() {
    let story = Story::new("run-killed");
    let run = story.on_air();
    nothing_happens_for(1);
    run.kill_9();
    nothing_happens_for(1);
    let run = story.start();
    story.flows(2);
    story.ends_well(run);
    story.goes_on_in_a_second_file();
}
