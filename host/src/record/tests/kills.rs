use std::time::Duration;

use bytes::Bytes;

use crate::config::{Config, Hash};
use crate::disk::tests::{Temp, disk};
use crate::record::Plan;
use crate::record::segment::{Place, Rest, Segment};
use crate::record::sidecar::{Gap, Sidecar, State};

fn plan(hash: Hash) -> Plan {
    Plan { hash, ..Plan::new(&Config::default().output, Duration::ZERO, String::new()) }
}

/// Also where its volume lets it grow no more.
#[tokio::test]
async fn a_file_has_the_hash_that_was_wished_for_when_it_began() {
    let media = b"media";
    let of_media = blake3::hash(media).to_hex().to_string();
    for (hash, expected) in [(Hash::Blake3, Some(of_media)), (Hash::Off, None)] {
        let temp = Temp::new();
        let root = disk().root(&temp.0).await.unwrap();
        let begun = async |stem: &str| {
            let place = Place { folder: "".into(), stem: stem.to_owned(), ext: String::from("ts") };
            let sidecar = Sidecar { session: String::from("s"), ..Sidecar::default() };
            let mut segment = Segment::open(&root, place, None, sidecar, &plan(hash), Duration::ZERO).await.unwrap();
            segment.append_raw(Bytes::from_static(media));
            segment.write().await.unwrap();
            segment
        };
        begun("whole").await.close("ended", true).await.unwrap();
        begun("short").await.close_short("disk", true).await.unwrap();
        for (stem, state) in [("whole", State::Complete), ("short", State::Recovered)] {
            let content = std::fs::read(temp.0.join(format!("{stem}.json"))).unwrap();
            let sidecar = Sidecar::from_json(&content).unwrap();
            assert_eq!((sidecar.state, &sidecar.blake3), (state, &expected), "{hash:?}");
        }
    }
}

/// A reconnection tells its connection first, and what is missing before it a moment later: media behind the gap does
/// not come to the disk before the gap is named there.
#[tokio::test]
async fn a_gap_is_named_before_what_comes_behind_it() {
    let temp = Temp::new();
    let root = disk().root(&temp.0).await.unwrap();
    let place = Place { folder: "".into(), stem: String::from("a"), ext: String::from("ts") };
    let sidecar = Sidecar { session: String::from("s"), ..Sidecar::default() };
    let mut segment = Segment::open(&root, place, None, sidecar, &plan(Hash::Off), Duration::ZERO).await.unwrap();
    let told = || Sidecar::from_json(&std::fs::read(temp.0.join("a.json")).unwrap()).unwrap();
    segment.sidecar.reception_started(std::time::SystemTime::UNIX_EPOCH);
    segment.urgent = true;
    segment.flush(Duration::from_millis(200)).await.unwrap();
    assert_eq!((told().receptions.len(), told().gaps.len()), (1, 0));
    segment.append_raw(Bytes::from_static(b"media"));
    segment.sidecar.gap(Gap { cause: String::from("connection"), at_ms: 9, lost_ms: Some(700), offset: 0 });
    segment.urgent = true;
    segment.flush(Duration::from_millis(400)).await.unwrap();
    assert_eq!(told().gaps.len(), 1);
    // A sender that breaks off all the time is not told of more often than the disk can take.
    for at in [Duration::from_millis(500), Duration::from_millis(600)] {
        segment.sidecar.gap(Gap::default());
        segment.urgent = true;
        segment.flush(at).await.unwrap();
    }
    assert_eq!(told().gaps.len(), 2);
    segment.flush(Duration::from_millis(1_200)).await.unwrap();
    assert_eq!(told().gaps.len(), 3);
}

/// The end of a file is to be in another one, and its gaps with it. Until it is there they are named here: a kill would
/// take them.
#[tokio::test]
async fn a_gap_is_named_until_it_is_named_elsewhere() {
    let temp = Temp::new();
    let root = disk().root(&temp.0).await.unwrap();
    for (stem, rest, expected) in
        [("elsewhere", Rest::Elsewhere, 0), ("unknown", Rest::Unknown, 1), ("lost", Rest::Lost, 1)]
    {
        let place = Place { folder: "".into(), stem: stem.to_owned(), ext: String::from("ts") };
        let sidecar = Sidecar { session: String::from("s"), ..Sidecar::default() };
        let mut segment = Segment::open(&root, place, None, sidecar, &plan(Hash::Off), Duration::ZERO).await.unwrap();
        let file = temp.0.join(format!("{stem}.json"));
        let told = || {
            let gaps = Sidecar::from_json(&std::fs::read(&file).unwrap()).unwrap().gaps;
            gaps.iter().filter(|gap| gap.cause == "before").count()
        };
        segment.sidecar.gap(Gap { cause: String::from("before"), at_ms: 0, lost_ms: Some(700), offset: 0 });
        segment.append_raw(Bytes::from_static(b"safe"));
        segment.write().await.unwrap();
        segment.settle().await.unwrap();
        segment.append_raw(Bytes::from_static(b"media"));
        let fault = segment.stuck();
        let tail = segment.end_by(&fault).unwrap();
        segment.untold = true;
        segment.tell().await;
        assert_eq!((told(), tail.gaps.len()), (1, 1), "{stem}");
        segment.ended().await.unwrap().finish("disk", true, rest).await.unwrap();
        assert_eq!(told(), expected, "{stem}");
    }
}
