//! Volumes that take no more: full, and running low.

use std::path::PathBuf;
use std::time::Duration;

use lyrebird_tests::clip::{self, Clip};
use lyrebird_tests::feed::Feed;
use lyrebird_tests::needs;
use lyrebird_tests::origin::{Answer, Origin};
use lyrebird_tests::place::{HURRY, Place, recordings_below, wait_until};
use lyrebird_tests::program::{Run, Signal};
use lyrebird_tests::volume::SmallVolume;

use super::http::pause;

const ROOM: &str = "/live.flv";
const LIMIT: Duration = Duration::from_secs(40);

/// A recorder whose output folder is a small volume of its own, while a clip flows.
struct OnSmallVolume {
    run: Run,
    // Held as long as the recorder works.
    origin: Origin,
    // Let go before the folder that it is mounted on.
    _volume: SmallVolume,
    place: Place,
}

impl OnSmallVolume {
    /// None where no volume can be mounted. `min_free` is that line of the config, with what may follow it.
    fn start(name: &str, size: &str, min_free: &str, clip: Clip, speed: u32) -> Option<Self> {
        if !(needs::row(5) && needs::row(6)) {
            return None;
        }
        let place = Place::quick(name);
        place.configure(&HURRY.replace("min_free = \"1MiB\"", min_free));
        let volume = SmallVolume::mount(place.out(), size);
        let (origin, feed) = (Origin::start(), Feed::new());
        origin.answers(ROOM, [Answer::live(&feed)]);
        clip::play(&feed, &[(clip, 240)], speed);
        let run = place.record::<&str>(&origin.url(ROOM), &[]);
        Some(OnSmallVolume { run, origin, _volume: volume, place })
    }

    /// Leaves next to nothing of a volume of 40 MiB, once a file grows.
    fn fill(&self) -> PathBuf {
        let place = &self.place;
        wait_until("a file grows", LIMIT, || place.files().iter().any(|name| name.ends_with(".flv.part")));
        let filler = place.out().join("filler");
        std::fs::write(&filler, vec![0; 34 << 20]).unwrap();
        filler
    }
}

/// What was written stays and plays, what is lost has its name, it is told once, and the exit code says it.
#[test]
fn row_05_a_full_disk() {
    let started = OnSmallVolume::start("full", "600k", "min_free = \"0\"", Clip::Large, 4);
    let Some(OnSmallVolume { place, _volume, origin: _origin, run }) = started else { return };
    run.wait_for_text("cannot write", LIMIT);
    // Time that the sidecar must not hide. What the volume has taken waits as it is for its end, which may still find room.
    std::thread::sleep(Duration::from_secs(2));
    assert!(place.files().iter().any(|name| name.ends_with(".part")), "{:?}", place.files());
    run.signal(Signal::INT);
    let finished = run.finish(LIMIT).expect_code(74).expect_stderr("no space is left");
    assert_eq!(place.recordings().len(), 1, "{:?}", place.files());
    let recording = place.recordings().remove(0);
    assert_eq!(finished.stdout.trim(), recording.to_str().unwrap());
    lyrebird_tests::ffprobe::decode(&recording).unwrap();
    let duration_ms = lyrebird_tests::ffprobe::probe(&recording).unwrap().duration_ms;
    let sidecar = place.sidecar(&recording);
    let gap = &sidecar["gaps"][0];
    assert_eq!((&sidecar["end"], &gap["cause"]), (&"disk".into(), &"disk".into()), "{sidecar:#}");
    assert!(gap["at_ms"].as_u64().unwrap().abs_diff(duration_ms) < 200, "{duration_ms}: {sidecar:#}");
    assert!(gap["lost_ms"].as_u64() >= Some(1_000), "{sidecar:#}");
    assert_eq!(finished.stderr.matches("ERROR").count(), 1, "{}", finished.stderr);
}

/// The file is finished while there is room for that; it is told once, and goes on by itself.
#[test]
fn row_06_a_disk_that_runs_low() {
    let started = OnSmallVolume::start("low", "40m", "min_free = \"16MiB\"", Clip::Small, 2);
    let Some(started) = started else { return };
    let filler = started.fill();
    let OnSmallVolume { place, _volume, origin, run } = started;
    wait_until("the file is whole", LIMIT, || place.recordings().len() == 1);
    let first = place.recordings().remove(0);
    assert_eq!(place.sidecar(&first)["state"], "complete");
    run.wait_for_text("too little is left", LIMIT);
    std::fs::remove_file(&filler).unwrap();
    run.wait_for_text("has room again", LIMIT);
    run.wait_for_text("files are written again", LIMIT);
    // A disk that is full is left alone for 4 s, unless it is seen that there is room again.
    let paused = pause(&origin);
    assert!(paused < Duration::from_secs(4), "came back after {paused:?}");
    run.signal(Signal::INT);
    let finished = run.finish(LIMIT).expect_code(130);
    assert_eq!(finished.stderr.matches("ERROR").count(), 1, "{}", finished.stderr);
    let recordings = place.recordings();
    assert_eq!(recordings.len(), 2, "{:?}", place.files());
    recordings.iter().for_each(|recording| lyrebird_tests::ffprobe::decode(recording).unwrap());
    let gap = &place.sidecar(&recordings[1])["gaps"][0];
    assert!(gap["cause"] == "disk" && gap["lost_ms"].as_u64() > Some(1_000), "{gap:#}");
}

/// The file is finished while there is room for that, and the next one grows in the spare folder without a pause.
#[test]
fn row_06_a_disk_that_runs_low_beside_a_spare_one() {
    let min_free = "min_free = \"16MiB\"\nfallback = [\"spare\"]";
    let Some(started) = OnSmallVolume::start("spare", "40m", min_free, Clip::Small, 2) else { return };
    started.fill();
    let OnSmallVolume { place, _volume, origin: _origin, run } = started;
    run.wait_for_text("files are written again", LIMIT);
    run.signal(Signal::INT);
    let finished = run.finish(LIMIT).expect_code(130);
    let (first, second) = (place.recordings(), recordings_below(&place.root().join("spare")));
    assert_eq!((first.len(), second.len()), (1, 1), "{}", finished.stderr);
    first.iter().chain(&second).for_each(|recording| lyrebird_tests::ffprobe::decode(recording).unwrap());
    let gap = &place.sidecar(&second[0])["gaps"][0];
    assert!(gap["cause"] == "disk" && gap["lost_ms"].as_u64() < Some(5_000), "{gap:#}");
}
