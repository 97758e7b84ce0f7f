//! What networks and servers do to a recorder.

use std::thread::JoinHandle;
use std::time::Duration;

use lyrebird_tests::clip::{self, Clip};
use lyrebird_tests::feed::Feed;
use lyrebird_tests::flv::{HEAD, Tag};
use lyrebird_tests::origin::{Answer, At, How, Origin};
use lyrebird_tests::place::{Place, wait_until};
use lyrebird_tests::program::{Finished, Run, Signal, binary};
use lyrebird_tests::verify::judge;

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
    let place = Place::quick(name);
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
    let (place, origin, feed) = (Place::quick(name), Origin::start(), Feed::new());
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
pub(super) fn pause(origin: &Origin) -> Duration {
    let receptions = origin.receptions(ROOM);
    receptions[1].came.saturating_sub(receptions[0].ended.unwrap())
}

#[test]
fn row_19_closed_in_the_middle_of_a_tag() {
    let after = check("closed", 12, |feed| vec![Answer::live(feed).fails_in_tag(At::Tag(200), How::Close)]);
    assert!(pause(&after.origin) < Duration::from_secs(3), "came back after {:?}", pause(&after.origin));
    assert_eq!(after.place.recordings().len(), 1);
}

#[test]
fn row_19_reset_in_the_middle_of_a_tag() {
    let after = check("reset", 12, |feed| vec![Answer::live(feed).fails_in_tag(At::Tag(200), How::Reset)]);
    assert!(pause(&after.origin) < Duration::from_secs(3), "came back after {:?}", pause(&after.origin));
    assert_eq!(after.place.recordings().len(), 1);
}

#[test]
fn row_19_closed_between_two_tags() {
    check("between", 12, |feed| vec![Answer::live(feed).fails(At::Tag(150), How::Close)]);
}

/// Nothing comes, nothing ends: the stall limit (2 s in these tests) notices.
#[test]
fn row_20_stalled() {
    let after = check("stalled", 21, |feed| vec![Answer::live(feed).fails_in_tag(At::Tag(150), How::Stall)]);
    assert_eq!(after.origin.receptions(ROOM).len(), 2);
    let sidecar = after.place.sidecar(&after.place.recordings()[0]);
    assert_eq!(sidecar["gaps"][0]["cause"], "stall", "{sidecar:#}");
}

/// A byte now and then keeps a connection open and a recording empty.
#[test]
fn row_21_slow_loris() {
    let place = Place::quick("loris");
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
fn row_28_a_page_where_media_should_be() {
    let after = check_late("html", 12, vec![Answer::html(), Answer::html()]);
    assert_eq!(after.place.recordings().len(), 1);
    assert_eq!(after.place.files().len(), 2, "a recording and its sidecar: {:?}", after.place.files());
}

#[test]
fn row_26_dark_and_denied_before_it_is_live() {
    let after = check_late("dark", 12, vec![Answer::status(404), Answer::status(403), Answer::status(502)]);
    assert_eq!(after.place.files().len(), 2, "{:?}", after.place.files());
}

/// A Content-Length that is never reached is a broken connection: what came is kept, and we come back.
#[test]
fn row_29_shorter_than_its_content_length() {
    let after = check("short", 18, |feed| {
        vec![Answer::live(feed).claims_length(1 << 30).fails_in_tag(At::Tag(200), How::Close)]
    });
    assert_eq!(after.origin.receptions(ROOM).len(), 2);
}

#[test]
fn row_29_a_chunked_body_without_its_last_chunk() {
    let after = check("no-last-chunk", 18, |feed| vec![Answer::live(feed).chunked().fails(At::Tag(120), How::Close)]);
    assert_eq!(after.origin.receptions(ROOM).len(), 2);
}

/// The user permitted one address. Where it redirects to is judged anew, and another private address is refused.
#[test]
fn row_35_a_redirect_to_a_private_address_is_refused() {
    let place = Place::quick("redirect");
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
fn row_35_a_redirect_loop_ends() {
    let place = Place::quick("redirect-loop");
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
fn row_34_a_gigabyte_of_zeros() {
    let place = Place::quick("zeros");
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
fn row_19_a_broken_connection_is_told_with_what_was_lost() {
    let after = check("told", 12, |feed| vec![Answer::live(feed).fails_in_tag(At::Tag(200), How::Reset)]);
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
fn row_30_a_stream_without_sequence_headers() {
    let place = Place::quick("headless");
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
