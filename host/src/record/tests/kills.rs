use std::time::Duration;

use bytes::Bytes;

use crate::disk::tests::{Temp, disk};
use crate::record::segment::{Place, Segment};
use crate::record::sidecar::{Gap, Sidecar};

/// A reconnection tells its connection first, and what is missing before it a moment later: media behind the gap does
/// not come to the disk before the gap is named there.
#[tokio::test]
async fn a_gap_is_named_before_what_comes_behind_it() {
    let temp = Temp::new();
    let root = disk().root(&temp.0).await.unwrap();
    let place = Place { folder: "".into(), stem: String::from("a"), ext: String::from("ts") };
    let sidecar = Sidecar { session: String::from("s"), ..Sidecar::default() };
    let mut segment = Segment::open(&root, place, None, sidecar, Duration::ZERO).await.unwrap();
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
