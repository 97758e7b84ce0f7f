//! What servers answer instead of media, or before it: refusals, URLs that run out, garbage, bombs, ways that lead
//! elsewhere.

use std::io::Write;
use std::panic::resume_unwind;
use std::thread;
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;
use lyrebird_tests::clip::{self, Clip};
use lyrebird_tests::damage::{Dice, Spot, Stream};
use lyrebird_tests::flv::{self, AUDIO, Tag, VIDEO};
use lyrebird_tests::numbered;
use lyrebird_tests::origin::{Answer, At, How, Origin};
use lyrebird_tests::place::{HURRY, Place, percent, wait_until};
use lyrebird_tests::program::{Run, Signal, guests};
use lyrebird_tests::verify::Terms;

use super::scene::{LIMIT, ROOM, STOPPED, Scene, stop};
use crate::guests::{peak_bytes, permitting, record};

/// Whoever asks for rest gets it, also in mid-session.
#[test]
fn row_26_too_many_requests_in_mid_session() {
    let scene = Scene::new("too-many");
    let broken = Answer::live(&scene.feed).fails_in_tag(At::Media(Duration::from_secs(2)), How::Reset);
    let refused = Answer::status(429).header("Retry-After", "3");
    scene.origin.answers(ROOM, [broken, refused, Answer::live(&scene.feed)]);
    let run = scene.start();
    scene.plays(120, 0, 1);
    wait_until("it is received again", LIMIT, || scene.origin.receptions(ROOM).len() == 2);
    scene.is_received_again(2);
    let all = scene.origin.connections(ROOM);
    let refused = all.iter().position(|one| one.status == 429).unwrap();
    let pause = all[refused + 1].came.saturating_sub(all[refused].came);
    assert!(pause >= Duration::from_millis(2_900), "asked again after {pause:?}");
    stop(run).expect_code(130);
    scene.is_named(STOPPED);
}

/// The picker is asked for a fresh way when the old one is refused.
#[test]
fn row_26_refused_in_mid_session() {
    thread::scope(|scope| {
        let told = [403, 404, 412, 500, 503].map(|status| scope.spawn(move || refused(status)));
        told.into_iter().for_each(|one| one.join().unwrap_or_else(|why| resume_unwind(why)));
    });
}

fn refused(status: u16) {
    let scene = Scene::new(&format!("refused-{status}"));
    let broken = Answer::live(&scene.feed).fails_in_tag(At::Media(Duration::from_secs(2)), How::Close);
    scene.origin.answers(ROOM, [broken, Answer::status(status), Answer::live(&scene.feed)]);
    let run = scene.start();
    scene.plays(120, 0, 3);
    scene.is_received_again(2);
    stop(run).expect_code(130);
    assert_eq!(scene.recordings().len(), 1, "{status}: {:?}", scene.place.files());
    scene.is_named(Terms { speed: 3, tail_ms: 6_000, overlap: false });
}

/// The misbehaving picker's room whose one candidate is the scene's, good for so many seconds.
fn expiring(scene: &Scene, seconds: u64) -> Run {
    scene.place.configure(&format!(
        "{HURRY}[plugin.misbehaving]\ninterval = \"1s\"\n[plugins]\nallow_private_hosts = [\"{}\"]\n",
        scene.origin.authority()
    ));
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let media = percent(&scene.origin.url(ROOM));
    let room = format!("https://misbehaving.test/ok?media={media}&expires={}", now + seconds);
    let mut command = scene.place.lyrebird_with(&guests(), &["record", &room]);
    command.arg("-c").arg(scene.place.root().join("lyrebird.toml")).arg("-o").arg(scene.place.out());
    Run::start(command, None)
}

/// A connection that is open is never given up because its URL is not good any more.
#[test]
fn row_27_a_url_that_expires_while_it_is_received() {
    let scene = Scene::new("expires");
    let run = expiring(&scene, 6);
    scene.plays(240, 0, 1);
    scene.has_sent(3_000);
    thread::sleep(Duration::from_secs(5));
    stop(run).expect_code(130);
    assert_eq!(scene.origin.receptions(ROOM).len(), 1);
    scene.is_named(STOPPED);
}

/// The server takes it seriously and closes: the picker is asked for another one.
#[test]
fn row_27_a_server_that_closes_when_the_url_expires() {
    let scene = Scene::new("expires-closed");
    let closed = Answer::live(&scene.feed).fails_in_tag(At::Media(Duration::from_secs(4)), How::Close);
    scene.origin.answers(ROOM, [closed, Answer::status(403), Answer::live(&scene.feed)]);
    let run = expiring(&scene, 5);
    scene.plays(240, 0, 1);
    scene.is_received_again(2);
    stop(run).expect_code(130);
    scene.is_named(STOPPED);
}

/// JSON where media should be: no file, and its first bytes in the log.
#[test]
fn row_28_a_message_for_programs() {
    let (place, origin) = (Place::new("json"), Origin::start());
    place.share_compiled();
    origin.answers(ROOM, [Answer::file("{\"code\":-404,\"message\":\"no such stream\"}", "application/json")]);
    let run = place.record::<&str>(&origin.url(ROOM), &[]);
    run.wait_for_text("no such stream", LIMIT);
    stop(run).expect_code(130);
    assert!(place.files().is_empty(), "{:?}", place.files());
}

/// A stream with every kind of damage: what is left of it is recorded, plays, and the file says what was repaired.
#[test]
fn row_30_garbage_in_a_stream() {
    for seed in 1..=3 {
        let mut dice = Dice::new(seed);
        let sent = numbered::stream(Clip::Small, 20, 0);
        let mut stream = Stream::new(&sent);
        for spot in [Spot::Kind, Spot::Size, Spot::Back] {
            let places = stream.media_within(20..80);
            stream.flip_bit(dice.one_of(&places), spot, &mut dice);
        }
        stream.shift(stream.group_at(9_000), -5_000);
        let place = Place::new(&format!("garbage-{seed}"));
        place.share_compiled();
        let origin = Origin::start();
        origin.answers(ROOM, [Answer::file(stream.bytes(), "video/x-flv").chunked()]);
        place.record(&origin.url(ROOM), &["--once"]).finish(LIMIT).expect_code(0);
        let mut found = Vec::new();
        for file in place.recordings() {
            found.extend(flv::parse(&std::fs::read(&file).unwrap()).unwrap());
            assert_eq!(place.sidecar(&file)["state"], "complete");
        }
        for kind in [VIDEO, AUDIO] {
            let media = |tag: &&Tag| tag.kind == kind && tag.is_media();
            let found: Vec<u64> = found.iter().filter(media).map(Tag::digest).collect();
            let sent: Vec<u64> = sent.iter().filter(media).map(Tag::digest).collect();
            let mut rest = sent.iter();
            assert!(found.iter().all(|one| rest.any(|other| other == one)), "seed {seed}: frames that nobody sent");
            assert!(found.len() + 80 > sent.len(), "seed {seed}: {} of {} frames", found.len(), sent.len());
        }
    }
}

/// A tag that claims to be of 16 MiB is waited for with as much memory, and no more.
#[test]
fn row_30_a_tag_of_16_mib_that_never_comes() {
    let scene = Scene::new("large-tag");
    let mut bytes = flv::HEAD.to_vec();
    clip::stream(&[(Clip::Small, 2)]).iter().for_each(|tag| bytes.extend(tag.encode()));
    bytes.extend([VIDEO, 0xff, 0xff, 0xff, 0, 0x10, 0, 0, 0, 0, 0, 0x27, 1, 0, 0, 0]);
    let filler = Answer::repeated(vec![0x55; 1 << 20], 64, "video/x-flv");
    scene.origin.answers(ROOM, [Answer::file(bytes, "video/x-flv").until_close(), filler, Answer::live(&scene.feed)]);
    let run = scene.start();
    wait_until("it has seen them all", LIMIT, || scene.origin.connections(ROOM).len() >= 3);
    let peak = peak_bytes(&run);
    assert!(peak < 400 << 20, "{} MiB", peak >> 20);
    scene.plays(120, 0, 1);
    scene.grows(60 << 10);
    stop(run).expect_code(130);
    for file in scene.recordings() {
        lyrebird_tests::ffprobe::decode(&file).unwrap();
    }
}

/// Compressed media, as large as ten gigabytes if anybody were to unpack it.
#[test]
fn row_34_media_that_is_compressed() {
    let mut bomb = GzEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![0; 1 << 20];
    (0..256).for_each(|_| bomb.write_all(&zeros).unwrap());
    let scene = Scene::new("media-bomb");
    let bomb = Answer::file(bomb.finish().unwrap(), "video/x-flv").header("Content-Encoding", "gzip");
    scene.origin.answers(ROOM, [bomb, Answer::live(&scene.feed)]);
    let run = scene.start();
    run.wait_for_text("compressed", LIMIT);
    let peak = peak_bytes(&run);
    assert!(peak < 400 << 20, "{} MiB", peak >> 20);
    scene.plays(120, 0, 1);
    scene.grows(60 << 10);
    stop(run).expect_code(130);
    scene.is_named(STOPPED);
}

/// Compressed to a thousandth: the limit is on what comes out.
#[test]
fn row_34_an_http_answer_of_a_gigabyte() {
    let mut bomb = GzEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![0; 1 << 20];
    (0..1024).for_each(|_| bomb.write_all(&zeros).unwrap());
    let bomb = bomb.finish().unwrap();
    for (name, answer) in [
        ("plain", Answer::repeated(zeros, 1024, "text/plain")),
        ("gzip", Answer::file(bomb, "text/plain").header("Content-Encoding", "gzip")),
    ] {
        let place = Place::new(&format!("guest-bomb-{name}"));
        let origin = Origin::start();
        origin.answers("/bomb", [answer]);
        let run = record(&place, &permitting(&origin), "fetch", &[("url", &origin.url("/bomb"))], &[]);
        wait_until("the guest has asked twice", LIMIT, || origin.connections("/bomb").len() > 1);
        let peak = peak_bytes(&run);
        assert!(peak < 400 << 20, "{name}: {} MiB", peak >> 20);
        run.signal(Signal::INT);
        run.finish(LIMIT);
    }
}

/// A way out of the network is no way.
#[test]
fn row_35_a_redirect_to_a_file() {
    let (place, origin) = (Place::new("redirect-file"), Origin::start());
    place.share_compiled();
    origin.answers(ROOM, [Answer::redirect("file:///etc/passwd")]);
    let run = place.record::<&str>(&origin.url(ROOM), &[]);
    run.wait_for_text("it leads to a `file` URL", LIMIT);
    stop(run).expect_code(130);
    assert!(place.files().is_empty(), "{:?}", place.files());
}
