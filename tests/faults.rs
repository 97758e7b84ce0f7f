//! What networks and servers do to a recorder.

use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::Duration;

use lyrebird_tests::clip::{self, Clip};
use lyrebird_tests::feed::Feed;
use lyrebird_tests::flv::{HEAD, Tag};
use lyrebird_tests::origin::{Answer, At, How, Origin};
use lyrebird_tests::place::{HURRY, Place, recordings_below, wait_until};
use lyrebird_tests::program::{Finished, Run, Signal, binary};
use lyrebird_tests::verify::judge;
use lyrebird_tests::volume::SmallVolume;

const ROOM: &str = "/live.flv";
const LIMIT: Duration = Duration::from_secs(40);

/// What is known after a recording with faults.
struct After {
    place: Place,
    origin: Origin,
    finished: Finished,
}

/// Records a clip at three times real time while these answers, one a connection, go wrong; then a good one. Every
/// frame that was sent must be there.
fn check(name: &str, seconds: u32, faults: impl FnOnce(&Feed) -> Vec<Answer>) -> After {
    let place = Place::new(name);
    let origin = Origin::start();
    let feed = Feed::new();
    let mut answers = faults(&feed);
    answers.push(Answer::live(&feed));
    origin.answers(ROOM, answers);
    let run = place.record(&origin.url(ROOM), &["--once"]);
    // On a busy machine the fault's tag could have flowed by before anybody listens.
    wait_until("the recorder is there", LIMIT, || !origin.connections(ROOM).is_empty());
    let player = clip::play(&feed, &[(Clip::Small, seconds)], 3);
    expect_all(place, origin, run, player)
}

/// The same where the answers that go wrong hold no media: it flows from the first good answer on, however long the
/// others took.
fn check_late(name: &str, seconds: u32, faults: Vec<Answer>) -> After {
    let (place, origin, feed) = (Place::new(name), Origin::start(), Feed::new());
    let first_good = faults.len();
    origin.answers(ROOM, faults.into_iter().chain([Answer::live(&feed)]));
    let run = place.record(&origin.url(ROOM), &["--once"]);
    wait_until("the good answer is asked for", LIMIT, || origin.connections(ROOM).len() > first_good);
    let player = clip::play(&feed, &[(Clip::Small, seconds)], 3);
    expect_all(place, origin, run, player)
}

/// The recorder ends well, and every frame that was sent is there.
fn expect_all(place: Place, origin: Origin, run: Run, player: JoinHandle<()>) -> After {
    let finished = run.finish(LIMIT).expect_code(0);
    player.join().unwrap();
    judge(&origin.receptions(ROOM), &place.recordings(), Some(&binary())).expect_good();
    After { place, origin, finished }
}

/// Time from the end of the first connection to the second.
fn pause(origin: &Origin) -> Duration {
    let receptions = origin.receptions(ROOM);
    receptions[1].came.saturating_sub(receptions[0].ended.unwrap())
}

#[test]
fn closed_in_the_middle_of_a_tag() {
    let after = check("closed", 18, |feed| vec![Answer::live(feed).fails_in_tag(At::Tag(200), How::Close)]);
    assert!(pause(&after.origin) < Duration::from_secs(3), "came back after {:?}", pause(&after.origin));
    assert_eq!(after.place.recordings().len(), 1);
}

#[test]
fn reset_in_the_middle_of_a_tag() {
    let after = check("reset", 18, |feed| vec![Answer::live(feed).fails_in_tag(At::Tag(200), How::Reset)]);
    assert!(pause(&after.origin) < Duration::from_secs(3), "came back after {:?}", pause(&after.origin));
    assert_eq!(after.place.recordings().len(), 1);
}

#[test]
fn closed_between_two_tags() {
    check("between", 18, |feed| vec![Answer::live(feed).fails(At::Tag(150), How::Close)]);
}

/// Nothing comes, nothing ends: the stall limit (2 s in these tests) notices.
#[test]
fn stalled() {
    let after = check("stalled", 27, |feed| vec![Answer::live(feed).fails_in_tag(At::Tag(150), How::Stall)]);
    assert_eq!(after.origin.receptions(ROOM).len(), 2);
    let sidecar = after.place.sidecar(&after.place.recordings()[0]);
    assert_eq!(sidecar["gaps"][0]["cause"], "stall", "{sidecar:#}");
}

/// A byte now and then keeps a connection open and a recording empty.
#[test]
fn slow_loris() {
    let place = Place::new("loris");
    let origin = Origin::start();
    let feed = Feed::new();
    origin.answers(ROOM, [Answer::live(&feed).slow(10), Answer::live(&feed)]);
    clip::play(&feed, &[(Clip::Small, 120)], 3);
    let run = place.record(&origin.url(ROOM), &["--duration", "6s"]);
    run.finish(LIMIT).expect_code(0);
    assert!(origin.connections(ROOM).len() >= 2, "a trickle is no stream");
    assert_eq!(place.recordings().len(), 1, "{:?}", place.files());
}

/// HTML with 200 is no media: no file is left behind, and the room is looked at again.
#[test]
fn a_page_where_media_should_be() {
    let after = check_late("html", 18, vec![Answer::html(), Answer::html()]);
    assert_eq!(after.place.recordings().len(), 1);
    assert_eq!(after.place.files().len(), 2, "a recording and its sidecar: {:?}", after.place.files());
}

#[test]
fn dark_and_denied_before_it_is_live() {
    let after = check_late("dark", 18, vec![Answer::status(404), Answer::status(403), Answer::status(502)]);
    assert_eq!(after.place.files().len(), 2, "{:?}", after.place.files());
}

/// A Content-Length that is never reached is a broken connection: what came is kept, and we come back.
#[test]
fn shorter_than_its_content_length() {
    let after = check("short", 18, |feed| {
        vec![Answer::live(feed).claims_length(1 << 30).fails_in_tag(At::Tag(200), How::Close)]
    });
    assert_eq!(after.origin.receptions(ROOM).len(), 2);
}

#[test]
fn a_chunked_body_without_its_last_chunk() {
    let after = check("no-last-chunk", 18, |feed| vec![Answer::live(feed).chunked().fails(At::Tag(120), How::Close)]);
    assert_eq!(after.origin.receptions(ROOM).len(), 2);
}

/// The user permitted one address. Where it redirects to is judged anew, and another private address is refused.
#[test]
fn a_redirect_to_a_private_address_is_refused() {
    let place = Place::new("redirect");
    let (origin, victim) = (Origin::start(), Origin::start());
    origin.answers(ROOM, [Answer::redirect(&victim.url("/secret.flv"))]);
    victim.answers("/secret.flv", [Answer::file(clip::file(&[(Clip::Small, 3)]), "video/x-flv")]);
    let run = place.record(&origin.url(ROOM), &["--once"]);
    wait_until("it was tried more than once", LIMIT, || origin.connections(ROOM).len() >= 2);
    run.signal(Signal::INT);
    let finished = run.finish(LIMIT).expect_code(130);
    assert!(victim.connections("/secret.flv").is_empty(), "a private address was visited");
    assert!(place.files().is_empty(), "{:?}", place.files());
    let told: Vec<&str> = finished.stderr.lines().filter(|line| line.contains("private address")).collect();
    assert_eq!(told.len(), 1, "once, not at every try: {}", finished.stderr);
    let words = ["WARN", "hint: ", "`plugins.allow_private_hosts`"];
    assert!(words.iter().all(|word| told[0].contains(word)), "{}", told[0]);
}

#[test]
fn a_redirect_loop_ends() {
    let place = Place::new("redirect-loop");
    let origin = Origin::start();
    origin.answers(ROOM, [Answer::redirect(&origin.url(ROOM))]);
    let run = place.record(&origin.url(ROOM), &["--once"]);
    wait_until("it was followed", LIMIT, || origin.connections(ROOM).len() >= 3);
    run.signal(Signal::INT);
    run.finish(LIMIT).expect_code(130);
    assert!(origin.connections(ROOM).len() < 60, "{} requests", origin.connections(ROOM).len());
    assert!(place.files().is_empty());
}

/// What is no FLV never becomes a file, however long it is.
#[test]
fn a_gigabyte_of_zeros() {
    let place = Place::new("zeros");
    let origin = Origin::start();
    let feed = Feed::new();
    let zeros = Answer::repeated(vec![0; 1 << 20], 1024, "video/x-flv");
    origin.answers(ROOM, [zeros, Answer::live(&feed)]);
    clip::play(&feed, &[(Clip::Small, 120)], 3);
    let run = place.record(&origin.url(ROOM), &["--duration", "5s"]);
    run.finish(LIMIT).expect_code(0);
    let most = place.files().iter().map(|name| std::fs::metadata(place.out().join(name)).unwrap().len()).max();
    assert!(most.unwrap() < 4 << 20, "{:?}", place.files());
}

/// The story is told: somebody who reads the log at night knows what was lost.
#[test]
fn a_broken_connection_is_told_with_what_was_lost() {
    let after = check("told", 18, |feed| vec![Answer::live(feed).fails_in_tag(At::Tag(200), How::Reset)]);
    let told = after
        .finished
        .stderr
        .lines()
        .any(|line| line.contains("WARN") && (line.contains("gap") || line.contains("lost")));
    assert!(told, "{}", after.finished.stderr);
    let sidecar = after.place.sidecar(&after.place.recordings()[0]);
    let receptions = sidecar["receptions"].as_array().unwrap();
    let reasons: Vec<&str> = receptions.iter().filter_map(|one| one["reason"].as_str()).collect();
    assert!(reasons.len() >= 2 && reasons[0].contains("broken"), "{reasons:?}");
}

/// Joined in mid-stream without its sequence headers no decoder can play it: said once, and no file is left behind.
#[test]
fn a_stream_without_sequence_headers() {
    let place = Place::new("headless");
    let origin = Origin::start();
    let bytes: Vec<u8> =
        clip::stream(&[(Clip::Small, 3)]).iter().filter(|tag| tag.is_media()).flat_map(Tag::encode).collect();
    origin.answers(ROOM, [Answer::file([&HEAD[..], &bytes].concat(), "video/x-flv").chunked()]);
    let run = place.record(&origin.url(ROOM), &["--once"]);
    wait_until("it was tried more than once", LIMIT, || origin.connections(ROOM).len() >= 3);
    run.signal(Signal::INT);
    let told = run.finish(LIMIT).expect_code(130).stderr;
    let lines: Vec<&str> = told.lines().filter(|line| line.contains("can be recorded")).collect();
    assert!(lines.len() == 1 && lines[0].contains("the sequence headers of video and audio"), "{told}");
    assert!(place.files().is_empty(), "{:?}", place.files());
}

/// A recorder whose output folder is a small volume of its own, while a clip flows.
struct OnSmallVolume {
    run: Run,
    // Held as long as the recorder works.
    _origin: Origin,
    // Let go before the folder that it is mounted on.
    _volume: SmallVolume,
    place: Place,
}

impl OnSmallVolume {
    /// None where no volume can be mounted. `min_free` is that line of the config, with what may follow it.
    fn start(name: &str, size: &str, min_free: &str, clip: Clip, speed: u32) -> Option<Self> {
        let place = Place::new(name);
        place.configure(&HURRY.replace("min_free = \"1MiB\"", min_free));
        let volume = SmallVolume::mount(place.out(), size)?;
        let (origin, feed) = (Origin::start(), Feed::new());
        origin.answers(ROOM, [Answer::live(&feed)]);
        clip::play(&feed, &[(clip, 240)], speed);
        let run = place.record::<&str>(&origin.url(ROOM), &[]);
        Some(OnSmallVolume { run, _origin: origin, _volume: volume, place })
    }

    /// Leaves next to nothing of a volume of 40 MiB, once a file grows.
    fn fill(&self) -> PathBuf {
        let place = &self.place;
        wait_until("a file grows", LIMIT, || place.files().iter().any(|name| name.ends_with(".part")));
        let filler = place.out().join("filler");
        std::fs::write(&filler, vec![0; 34 << 20]).unwrap();
        filler
    }
}

/// What was written stays and plays, what is lost has its name, it is told once, and the exit code says it.
#[test]
fn a_full_disk() {
    let started = OnSmallVolume::start("full", "600k", "min_free = \"0\"", Clip::Large, 4);
    let Some(OnSmallVolume { place, _volume, _origin, run }) = started else { return };
    run.wait_for_text("cannot write", LIMIT);
    wait_until("the file is whole", LIMIT, || place.recordings().len() == 1);
    // Time that the sidecar must not hide.
    std::thread::sleep(Duration::from_secs(1));
    run.signal(Signal::INT);
    let finished = run.finish(LIMIT).expect_code(74).expect_stderr("no space is left");
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
fn a_disk_that_runs_low() {
    let started = OnSmallVolume::start("low", "40m", "min_free = \"16MiB\"", Clip::Small, 2);
    let Some(started) = started else { return };
    let filler = started.fill();
    let OnSmallVolume { place, _volume, _origin, run } = started;
    wait_until("the file is whole", LIMIT, || place.recordings().len() == 1);
    let first = place.recordings().remove(0);
    assert_eq!(place.sidecar(&first)["state"], "complete");
    run.wait_for_text("too little is left", LIMIT);
    std::fs::remove_file(&filler).unwrap();
    run.wait_for_text("has room again", LIMIT);
    run.wait_for_text("files are written again", Duration::from_secs(60));
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
fn a_disk_that_runs_low_beside_a_spare_one() {
    let min_free = "min_free = \"16MiB\"\nfallback = [\"spare\"]";
    let Some(started) = OnSmallVolume::start("spare", "40m", min_free, Clip::Small, 2) else { return };
    started.fill();
    let OnSmallVolume { place, _volume, _origin, run } = started;
    run.wait_for_text("files are written again", LIMIT);
    run.signal(Signal::INT);
    let finished = run.finish(LIMIT).expect_code(130);
    let (first, second) = (place.recordings(), recordings_below(&place.root().join("spare")));
    assert_eq!((first.len(), second.len()), (1, 1), "{}", finished.stderr);
    first.iter().chain(&second).for_each(|recording| lyrebird_tests::ffprobe::decode(recording).unwrap());
    let gap = &place.sidecar(&second[0])["gaps"][0];
    assert!(gap["cause"] == "disk" && gap["lost_ms"].as_u64() < Some(5_000), "{gap:#}");
}
