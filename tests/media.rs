//! `flv fix` over real media of each kind: clean ones come out as they are, and of damaged ones all that was not
//! damaged comes out, in order, untouched, at the right length. FFmpeg opens and decodes every file.

mod no_header;

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use lyrebird_tests::damage::{Dice, Spot, Stream};
use lyrebird_tests::ffprobe;
use lyrebird_tests::flv::{self, AUDIO, SCRIPT, Tag, VIDEO};
use lyrebird_tests::media::{self, Kind};
use lyrebird_tests::place::Place;
use serde_json::{Value, json};

const SECONDS: u32 = 8;

/// Verdicts of `flv fix` and the exit codes that go with them.
const CLEAN: (&str, i32) = ("clean", 0);
const REPAIRED: (&str, i32) = ("repaired", 0);
const LOSSY: (&str, i32) = ("lossy", 65);

/// One kind of media under test, and all that is wrong with it: one run tells the whole of it.
struct Bench {
    kind: Kind,
    place: Place,
    seed: u64,
    wrong: Vec<String>,
}

/// What has to come out of a stream.
struct Wanted<'a> {
    name: &'a str,
    verdict: (&'a str, i32),
    files: usize,
}

impl Bench {
    fn new(kind: Kind) -> Option<Bench> {
        kind.ffmpeg()?;
        let place = Place::new(&format!("media-{kind:?}"));
        Some(Bench { kind, place, seed: 1, wrong: Vec::new() })
    }

    fn note(&mut self, name: &str, so: bool, what: impl FnOnce() -> String) {
        if !so {
            self.wrong.push(format!("{:?}, {name}: {}", self.kind, what()));
        }
    }

    /// Damages a fresh copy, mends it and judges what comes out.
    fn check(&mut self, whole: &Stream, wanted: &Wanted<'_>, damage: impl FnOnce(&mut Stream, &mut Dice)) {
        let mut stream = whole.clone();
        self.seed += 1;
        damage(&mut stream, &mut Dice::new(self.seed));
        self.judge(&stream, wanted);
    }

    fn judge(&mut self, stream: &Stream, wanted: &Wanted<'_>) {
        let name = wanted.name;
        let input = self.place.write(&format!("{name}.flv"), stream.bytes());
        let out = self.place.root().join(format!("{name}.out"));
        let finished = self.place.run(&["flv", "fix", text(&input), "-o", text(&out), "--json"]);
        let document = finished.json();
        let verdict = (document["verdict"].as_str().unwrap(), finished.code);
        self.note(name, verdict == wanted.verdict, || {
            format!("{verdict:?} where {:?} is right: {} {}", wanted.verdict, document["repairs"], document["gaps"])
        });
        let counted = document["lost_tags"].as_u64().unwrap() > 0;
        self.note(name, counted == (wanted.verdict == LOSSY), || format!("lost tags: {}", document["lost_tags"]));
        let files = files(&document);
        self.note(name, files.len() == wanted.files, || format!("{} files: {document}", files.len()));
        let tags: Vec<Vec<Tag>> = files.iter().map(|file| flv::parse(&fs::read(file).unwrap()).unwrap()).collect();
        for kind in [VIDEO, AUDIO] {
            self.order(name, kind, &stream.left(kind), &tags.concat());
        }
        let total_ms =
            document["outputs"].as_array().unwrap().iter().filter_map(|one| one["duration_ms"].as_u64()).sum();
        let length_ms = stream.length_ms();
        self.note(name, is_within(total_ms, length_ms), || {
            format!("{total_ms} ms long, not {length_ms:?}: {document}")
        });
        for (number, (file, tags)) in files.iter().zip(&tags).enumerate() {
            self.file(name, file, tags, document["outputs"][number]["duration_ms"].as_u64().unwrap());
            self.opens(name, file, tags, stream.is_decodable());
        }
        fs::remove_file(input).unwrap();
        fs::remove_dir_all(out).ok();
    }

    fn order(&mut self, name: &str, kind: u8, left: &[u64], tags: &[Tag]) {
        let media = tags.iter().filter(|tag| tag.kind == kind && tag.is_media());
        let found: Vec<u64> = media.map(Tag::digest).collect();
        let track = if kind == VIDEO { "video" } else { "audio" };
        let differs = left.iter().zip(&found).position(|(left, found)| left != found);
        self.note(name, left == found, || {
            format!("{} {track} tags instead of {}, the first difference at {differs:?}", found.len(), left.len())
        });
    }

    /// Our own tools say the same of the file, and have nothing more to mend in it.
    fn file(&mut self, name: &str, file: &Path, tags: &[Tag], duration_ms: u64) {
        let verify = self.place.run(&["flv", "verify", text(file), "--json"]);
        self.note(name, verify.code == 0, || format!("flv verify: {} {}", verify.code, verify.stdout));
        let report = self.place.run(&["flv", "inspect", text(file), "--json"]).json();
        for (kind, track) in [(VIDEO, "video"), (AUDIO, "audio")] {
            let seen = &report["tracks"][track];
            let number = |field: &str| seen[field].as_u64().unwrap_or(0);
            let keys = if kind == VIDEO { number("key_frames") } else { 0 };
            let seen = [number("tags"), number("headers"), keys];
            let counted = media::counts(tags, kind);
            self.note(name, seen == counted, || format!("flv inspect counts {seen:?} {track} tags, not {counted:?}"));
        }
        let so = report["faults"] == Value::Array(Vec::new())
            && report["tags"] == tags.len()
            && report["duration_ms"] == duration_ms;
        self.note(name, so, || format!("flv inspect disagrees: {report}"));
        let again = file.with_extension("again");
        let finished = self.place.run(&["flv", "fix", text(file), "-o", text(&again), "--json"]);
        let document = finished.json();
        let verdict = (document["verdict"].as_str().unwrap(), finished.code);
        let files = files(&document);
        let same = files.len() == 1 && fs::read(&files[0]).unwrap() == fs::read(file).unwrap();
        self.note(name, verdict == CLEAN && same, || format!("mended again, the same bytes: {same}; {document}"));
    }

    /// FFmpeg finds the codecs and the length, and decodes it all without a word.
    fn opens(&mut self, name: &str, file: &Path, tags: &[Tag], is_decodable: bool) {
        let opened = media::open(self.kind, file);
        let mut codecs = opened.codecs.clone();
        codecs.sort_unstable();
        let mut wanted = self.kind.codecs().to_vec();
        wanted.sort_unstable();
        self.note(name, codecs == wanted, || format!("FFmpeg finds {codecs:?}, not {wanted:?}"));
        let length_ms = Stream::new(tags).length_ms();
        self.note(name, is_within(opened.duration_ms, length_ms), || format!("{opened:?}, not {length_ms:?} ms"));
        self.note(name, opened.complaints.is_empty() || !is_decodable, || format!("FFmpeg says {}", opened.complaints));
        if !Kind::NEWER.contains(&self.kind) && is_decodable {
            let probe = ffprobe::probe(file);
            self.note(name, probe.is_ok(), || format!("{probe:?}"));
        }
    }

    #[track_caller]
    fn done(self) {
        assert!(self.wrong.is_empty(), "{} findings:\n{}", self.wrong.len(), self.wrong.join("\n"));
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn files(document: &Value) -> Vec<PathBuf> {
    document["outputs"].as_array().unwrap().iter().map(|one| PathBuf::from(one["file"].as_str().unwrap())).collect()
}

/// Not more than one in a hundred too short or too long.
fn is_within(found_ms: u64, (least_ms, most_ms): (u64, u64)) -> bool {
    (least_ms - least_ms / 100..=most_ms + most_ms / 100).contains(&found_ms)
}

/// Without empty tags: that they are skipped is told, which would hide what else is.
fn stream(bytes: &[u8]) -> Stream {
    let mut tags = flv::parse(bytes).unwrap();
    tags.retain(|tag| !media::is_empty(tag));
    Stream::new(&tags)
}

/// The places of the media that lie in so many ms from the group at or behind `from_ms`.
fn groups(stream: &Stream, from_ms: u32, ms: u32) -> Range<usize> {
    stream.group_at(from_ms)..stream.group_at(from_ms + ms)
}

/// Clean, and in each of the seven ways.
#[track_caller]
fn check(kind: Kind) {
    let Some(mut bench) = Bench::new(kind) else { return };
    let made = kind.make(SECONDS).unwrap();
    let whole = stream(&made);
    let clean = Wanted { name: "clean", verdict: CLEAN, files: 1 };
    bench.check(&whole, &clean, |_, _| {});
    damaged_tags(&mut bench, &whole);
    damaged_bytes(&mut bench, &whole);
    damaged_order(&mut bench, &whole);
    bench.done();
}

fn damaged_tags(bench: &mut Bench, whole: &Stream) {
    let dropped = Wanted { name: "dropped", verdict: CLEAN, files: 1 };
    bench.check(whole, &dropped, |stream, dice| {
        let place = dice.one_of(&stream.media_within(20..80));
        stream.drop_tags(place..place + 4);
        assert!(stream.lost() > 0);
    });
    let ahead = Wanted { name: "ahead", verdict: REPAIRED, files: 1 };
    bench.check(whole, &ahead, |stream, dice| stream.shift(dice.one_of(&stream.media_within(30..70)), 30_000));
    let reset = Wanted { name: "reset", verdict: REPAIRED, files: 1 };
    bench.check(whole, &reset, |stream, _| stream.shift(stream.group_at(5000), -5000));
    let late = Wanted { name: "late", verdict: CLEAN, files: 1 };
    bench.check(whole, &late, |stream, _| stream.shift(0, 1_300_000_000));
}

fn damaged_bytes(bench: &mut Bench, whole: &Stream) {
    let spots = [
        ("kind", Spot::Kind, LOSSY),
        ("size", Spot::Size, REPAIRED),
        ("body", Spot::Body, CLEAN),
        ("back", Spot::Back, REPAIRED),
    ];
    for (name, spot, verdict) in spots {
        bench.check(whole, &Wanted { name, verdict, files: 1 }, |stream, dice| {
            let place = dice.one_of(&stream.media_within(30..70));
            stream.flip_bit(place, spot, dice);
            assert_eq!(stream.lost(), usize::from(spot == Spot::Kind));
        });
    }
    let cut_off = Wanted { name: "truncated", verdict: LOSSY, files: 1 };
    bench.check(whole, &cut_off, |stream, dice| {
        let place = dice.one_of(&stream.media_within(70..90));
        stream.truncate(place, 1 + dice.below(15));
    });
}

fn damaged_order(bench: &mut Bench, whole: &Stream) {
    let has_pictures = !whole.left(VIDEO).is_empty();
    let repeated = Wanted { name: "repeated", verdict: REPAIRED, files: 1 };
    bench.check(whole, &repeated, |stream, _| stream.repeat(groups(stream, 2000, 2000), 0));
    let joined = Wanted { name: "joined", verdict: REPAIRED, files: 1 };
    let (first, second) = whole.part_at(whole.group_at(4000));
    bench.judge(&first.join(second), &joined);
    let verdict = if has_pictures { REPAIRED } else { CLEAN };
    bench.check(whole, &Wanted { name: "looped", verdict, files: 1 }, |stream, _| {
        stream.loop_end(stream.group_at(6000), 3);
        assert!(stream.repeated() > 0);
        if !has_pictures {
            // Sound alone that comes again at new times is a song's refrain for all that anybody can know.
            stream.own_copies();
        }
    });
}

#[test]
fn avc_and_aac() {
    check(Kind::Plain);
}

#[test]
fn b_frames() {
    check(Kind::BFrames);
}

#[test]
fn mp3() {
    check(Kind::Mp3);
}

#[test]
fn variable_frame_rate() {
    check(Kind::Variable);
}

#[test]
fn slides() {
    check(Kind::Slides);
}

#[test]
fn sound_alone() {
    check(Kind::Sound);
}

#[test]
fn picture_alone() {
    check(Kind::Picture);
}

#[test]
fn hevc() {
    check(Kind::Hevc);
}

#[test]
fn hevc_under_codec_id_12() {
    check(Kind::Hevc12);
}

#[test]
fn av1_and_opus() {
    check(Kind::Av1);
}

#[test]
fn vp9_and_flac() {
    check(Kind::Vp9);
}

/// FFmpeg begins AV1 with a configuration that holds none, and ends FLAC with such a frame.
#[test]
fn empty_tags_are_skipped_and_told() {
    for kind in [Kind::Av1, Kind::Vp9] {
        let Some(bench) = Bench::new(kind) else { return };
        let made = kind.make(2).unwrap();
        let empty = flv::parse(&made).unwrap().iter().filter(|tag| media::is_empty(tag)).count();
        assert!(empty > 0, "{kind:?} has no empty tag: this test says nothing any more");
        let input = bench.place.write("empty.flv", &made);
        let document = bench.place.run(&["flv", "fix", text(&input), "--json"]).expect_code(0).json();
        assert_eq!(document["repairs"], json!([{"kind": "tag_skipped", "count": empty}]), "{document:#}");
        assert_eq!((&document["verdict"], &document["lost_tags"]), (&json!("repaired"), &json!(0)));
    }
}

#[test]
fn another_size() {
    let mut bench = Bench::new(Kind::Larger).unwrap();
    let [first, second] = [Kind::Plain, Kind::Larger].map(|kind| stream(&kind.make(SECONDS / 2).unwrap()));
    let both = first.join(second);
    let wanted = |name, verdict| Wanted { name, verdict, files: 2 };
    bench.judge(&both, &wanted("clean", REPAIRED));
    bench.check(&both, &wanted("kind", LOSSY), |stream, dice| {
        stream.flip_bit(dice.one_of(&stream.media_within(20..40)), Spot::Kind, dice);
    });
    bench.check(&both, &wanted("looped", REPAIRED), |stream, _| {
        let last = stream.places(Tag::is_key).pop().unwrap();
        stream.loop_end(last, 3);
    });
    bench.done();
}

#[test]
fn the_damage_is_what_it_says() {
    let made = Kind::Plain.make(2).unwrap();
    let tags = flv::parse(&made).unwrap();
    let digests = |tags: &[Tag], kind| -> Vec<u64> {
        tags.iter().filter(|tag| tag.kind == kind && tag.is_media()).map(Tag::digest).collect()
    };
    let whole = stream(&made);
    assert!(whole.bytes() == made, "the tool changes what it does not damage");
    for kind in [VIDEO, AUDIO] {
        assert_eq!(whole.left(kind), digests(&tags, kind));
    }
    let mut stream = whole.clone();
    let places = stream.group_at(1000)..stream.group_at(1000) + 10;
    stream.repeat(places.clone(), 7);
    assert_eq!((stream.lost(), stream.repeated()), (0, 10));
    assert_eq!(stream.left(VIDEO), whole.left(VIDEO));
    stream.drop_tags(places);
    assert_eq!((stream.lost(), stream.repeated()), (10, 10));
    let sent = flv::parse(&stream.bytes()).unwrap();
    assert_eq!(sent.len(), tags.len());
    assert_eq!(sent.iter().filter(|tag| tag.kind == SCRIPT).count(), 1);

    let media = |stream: &Stream| stream.left(AUDIO).len() + stream.left(VIDEO).len();
    let places = whole.media_within(0..100);
    let (middle, last) = (places[places.len() / 2], places[places.len() - 1]);
    for (place, behind, lost) in [(last, 11, 0), (last, 10, 1), (middle, 10, places.len() - places.len() / 2)] {
        let mut stream = whole.clone();
        let length = tags[place].body.len() + behind;
        stream.truncate(place, length);
        assert_eq!((stream.lost(), media(&stream)), (lost, places.len() - lost));
        let bytes: usize = tags[..place].iter().map(|tag| tag.encode().len()).sum();
        assert_eq!(stream.bytes().len(), flv::HEAD.len() + bytes + length);
    }

    let mut stream = whole.clone();
    let picture = stream.places(|tag| tag.kind == VIDEO && tag.is_media() && !tag.is_key())[3];
    assert!(stream.is_decodable());
    stream.flip_bit(picture, Spot::Back, &mut Dice::new(1));
    assert!(stream.is_decodable() && flv::parse(&stream.bytes()).is_err());
    stream.flip_bit(picture, Spot::Body, &mut Dice::new(1));
    assert!(!stream.is_decodable() && stream.left(VIDEO).len() == whole.left(VIDEO).len());
    assert_ne!(stream.left(VIDEO), whole.left(VIDEO));
}
