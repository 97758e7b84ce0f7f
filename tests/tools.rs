//! The tools must be able to say no: an origin that sends what it notes, a judge that misses nothing.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use lyrebird_tests::clip::{self, Clip};
use lyrebird_tests::feed::{Feed, Join};
use lyrebird_tests::flv::{self, AUDIO, HEAD, Splitter, Tag, VIDEO};
use lyrebird_tests::origin::{Answer, At, Connection, How, Origin, Sent};
use lyrebird_tests::place::Place;
use lyrebird_tests::verify::{Judgement, expected, judge};

/// Asks for a path and reads to the end; gives head and body as they came.
fn get(origin: &Origin, path: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(origin.authority()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", origin.authority()).unwrap();
    let mut answer = Vec::new();
    // A reset is one of the ends that are tested.
    stream.read_to_end(&mut answer).ok();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    (String::from_utf8_lossy(&answer[..end]).into_owned(), answer[end + 4..].to_vec())
}

fn whole_tags(body: &[u8]) -> Vec<Sent> {
    let mut splitter = Splitter::default();
    splitter.push(body);
    std::iter::from_fn(|| splitter.next_tag().unwrap()).map(|tag| Sent::from(&tag)).collect()
}

#[test]
fn what_is_not_scripted_or_not_on_air_is_a_404() {
    let origin = Origin::start();
    let feed = Feed::new();
    origin.answers("/live.flv", [Answer::live(&feed)]);
    assert!(get(&origin, "/nothing").0.starts_with("HTTP/1.1 404"));
    assert!(get(&origin, "/live.flv").0.starts_with("HTTP/1.1 404"));
    clip::play(&feed, &[(Clip::Small, 3)], 100).join().unwrap();
    assert!(get(&origin, "/live.flv").0.starts_with("HTTP/1.1 404"), "over is dark too");
}

#[test]
fn the_origin_sends_what_it_notes() {
    for how in [None, Some(How::Close), Some(How::Reset)] {
        let origin = Origin::start();
        let feed = Feed::new();
        let mut answer = Answer::live(&feed).joins(Join::Start).until_close();
        if let Some(how) = how {
            answer = answer.fails_in_tag(At::Tag(50), how);
        }
        origin.answers("/live.flv", [answer]);
        feed.push(clip::stream(&[(Clip::Small, 1)])[0].clone());
        let player = clip::play(&feed, &[(Clip::Small, 2)], 20);
        let (_, body) = get(&origin, "/live.flv?token=x");
        player.join().unwrap();
        let noted = origin.connections("/live.flv").remove(0);
        assert_eq!(whole_tags(&body), noted.tags, "{how:?}");
        assert!(how.is_none() || noted.tags.len() == 50);
    }
}

#[test]
fn a_new_connection_begins_with_headers_and_a_key_frame() {
    let feed = Feed::new();
    let tags = clip::stream(&[(Clip::Small, 2), (Clip::Large, 2)]);
    let middle = tags.iter().rposition(Tag::is_key).unwrap() + 5;
    tags.iter().take(middle).for_each(|tag| feed.push(tag.clone()));
    let mut listener = feed.listen(Join::LastKey);
    feed.end();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let first: Vec<Tag> = runtime.block_on(async {
        let mut first = Vec::new();
        while let Some(tag) = listener.next().await {
            first.push(tag);
        }
        first
    });
    let kinds: Vec<u8> = first.iter().take(4).map(|tag| tag.kind).collect();
    assert_eq!(kinds, [flv::SCRIPT, VIDEO, AUDIO, VIDEO]);
    assert!(first[1].is_header() && first[2].is_header() && first[3].is_key());
    let large = Clip::Large.tags().into_iter().find(|tag| tag.kind == VIDEO && tag.is_header()).unwrap();
    assert_eq!(first[1].body, large.body, "the header in force is the second clip's");
}

/// A stream as one connection would have carried it.
fn carried(tags: &[Tag]) -> Connection {
    Connection { status: 200, tags: tags.iter().map(Sent::from).collect(), ..Connection::default() }
}

/// A perfect recording of one configuration.
fn written(place: &Place, name: &str, tags: &[Tag]) -> PathBuf {
    let first = tags.iter().find(|tag| tag.is_media()).map_or(0, |tag| tag.time_ms);
    let mut bytes = HEAD.to_vec();
    for tag in tags {
        bytes.extend(Tag { time_ms: tag.time_ms.saturating_sub(first), ..tag.clone() }.encode());
    }
    let sidecar = serde_json::json!({"state": "complete", "bytes": bytes.len(), "gaps": []});
    place.write(&format!("recordings/{name}.json"), sidecar.to_string());
    place.write(&format!("recordings/{name}.flv"), bytes)
}

fn verdict(place: &Place, change: impl FnOnce(&mut Vec<Tag>)) -> Judgement {
    let sent = clip::stream(&[(Clip::Small, 3)]);
    let mut recorded = sent.clone();
    change(&mut recorded);
    judge(&[carried(&sent)], &[written(place, "a", &recorded)], None)
}

#[test]
fn the_judge_praises_a_perfect_recording() {
    let place = Place::new("judge-good");
    verdict(&place, |_| {}).expect_good();
}

type Fault = fn(&mut Vec<Tag>);

#[test]
fn the_judge_sees_every_fault() {
    let place = Place::new("judge-bad");
    let faults: [(&str, Fault); 5] = [
        ("a frame is missing", |tags| drop(tags.remove(60))),
        ("two frames are swapped", |tags| {
            let video: Vec<usize> = (0..tags.len()).filter(|at| tags[*at].kind == VIDEO).collect();
            let (one, other) = (tags[video[10]].body.clone(), tags[video[11]].body.clone());
            tags[video[10]].body = other;
            tags[video[11]].body = one;
        }),
        ("a frame is there twice", |tags| tags.insert(60, tags[60].clone())),
        ("sound drifts", |tags| {
            let mut audio = tags.iter_mut().filter(|tag| tag.kind == AUDIO && tag.is_media());
            audio.by_ref().skip(50).for_each(|tag| tag.time_ms += 30);
        }),
        ("metadata is missing", |tags| drop(tags.remove(0))),
    ];
    for (fault, change) in faults {
        assert!(!verdict(&place, change).bad.is_empty(), "{fault}, and the judge is content");
    }
    let cut_off = written(&place, "b", &clip::stream(&[(Clip::Small, 3)]));
    let bytes = fs::read(&cut_off).unwrap();
    fs::write(&cut_off, &bytes[..bytes.len() - 7]).unwrap();
    assert!(!judge(&[carried(&clip::stream(&[(Clip::Small, 3)]))], &[cut_off], None).bad.is_empty());
}

#[test]
fn a_changed_configuration_and_a_hole_are_expected() {
    let tags = clip::stream(&[(Clip::Small, 4), (Clip::Large, 2)]);
    let key = tags.iter().filter(|tag| tag.is_key()).nth(2).unwrap().time_ms;
    let before: Vec<Tag> = tags.iter().filter(|tag| tag.time_ms < key - 500).cloned().collect();
    let after: Vec<Tag> = tags.iter().filter(|tag| tag.time_ms >= key).cloned().collect();
    let expected = expected(&[carried(&before), carried(&after)]);
    assert_eq!(expected.len(), 2);
    assert_eq!(expected[0].holes.len(), 1);
    assert!(expected[0].holes[0].lost_ms.abs_diff(460) < 50, "{:?}", expected[0].holes);
    assert!(expected[1].holes.is_empty());
}
