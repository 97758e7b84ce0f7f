use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::model::{Codec, Quality, Transport};

fn sidecar() -> Sidecar {
    let url = String::from("http://user:pass@h.test/live.flv?token=hunter2");
    let room = RoomKey { platform: String::from("direct"), id: url.clone() };
    let room_url = String::from("http://h.test/room?token=hunter2");
    let cover_url = Some(String::from("http://h.test/cover.jpg?sign=hunter2"));
    let broadcast = Broadcast { streamer: String::from("Ann"), room_url, cover_url, ..Broadcast::default() };
    let candidate = Candidate {
        url,
        transport: Transport::Flv,
        codec: Some(Codec::Avc),
        quality: Quality { key: String::from("src"), ..Quality::default() },
        cdn: None,
        headers: vec![(String::from("Cookie"), String::from("hunter2"))],
        expires_at: None,
        extra: vec![(String::from("secret"), String::from("hunter2"))],
    };
    let mut sidecar = Sidecar::new(&Origin {
        room: &room,
        session: "s",
        broadcast: &broadcast,
        candidate: &candidate,
        plugin: "direct@0.1.0",
        host_version: "0.1.0",
        started_at: UNIX_EPOCH + Duration::from_millis(1_700_000_000_123),
    });
    sidecar.owner = Some(Owner { host: String::from("h"), boot: String::from("b"), pid: 7, began: None });
    sidecar.started_at = String::from("2023-11-14T22:13:20.123+00:00");
    sidecar
}

const EXPECTED: &str = r#"{
  "state": "recording",
  "platform": "direct",
  "room": "http://h.test/live.flv?token=…",
  "session": "s",
  "broadcast": {
    "id": null,
    "streamer": "Ann",
    "title": "",
    "room_url": "http://h.test/room?token=…",
    "category": null,
    "cover_url": "http://h.test/cover.jpg?sign=…",
    "started_at": null,
    "extra": []
  },
  "candidate": {
    "url": "http://h.test/live.flv?token=…",
    "transport": "flv",
    "codec": "avc",
    "quality": {
      "key": "src",
      "label": "",
      "rank": 0,
      "width": null,
      "height": null,
      "fps": null,
      "bitrate_kbps": null
    },
    "cdn": null,
    "expires_at": null
  },
  "plugin": "direct@0.1.0",
  "host_version": "0.1.0",
  "owner": {
    "host": "h",
    "boot": "b",
    "pid": 7
  },
  "started_at": "2023-11-14T22:13:20.123+00:00",
  "first_ms": null,
  "last_ms": null,
  "bytes": 0,
  "blake3": null,
  "repairs": [
    {
      "kind": "back_pointer",
      "count": 2,
      "first_ms": 5,
      "last_ms": 9,
      "offset": 100
    },
    {
      "kind": "jump",
      "count": 1,
      "first_ms": 6,
      "last_ms": 6,
      "offset": 200
    }
  ],
  "gaps": [
    {
      "cause": "stall",
      "at_ms": 10,
      "lost_ms": 15000,
      "offset": 400
    }
  ],
  "receptions": [
    {
      "started_at": "A",
      "ended_at": "B",
      "reason": "stalled"
    }
  ],
  "end": null
}
"#;

#[test]
fn the_document_is_as_promised() {
    let mut sidecar = sidecar();
    sidecar.repair("back_pointer", 1, 5, 100);
    sidecar.repair("jump", 1, 6, 200);
    sidecar.repair("back_pointer", 1, 9, 300);
    sidecar.gap(Gap { cause: String::from("stall"), at_ms: 10, lost_ms: Some(15_000), offset: 400 });
    sidecar.reception_started(UNIX_EPOCH);
    sidecar.reception_ended(UNIX_EPOCH, "stalled");
    sidecar.receptions[0].started_at = String::from("A");
    sidecar.receptions[0].ended_at = Some(String::from("B"));
    let text = String::from_utf8(sidecar.to_json()).unwrap();
    assert!(!text.contains("hunter2"), "{text}");
    let ours: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(ours, serde_json::from_str::<Value>(EXPECTED).unwrap(), "{text}");
}

#[test]
fn what_another_version_wrote_is_kept() {
    let mut value: Value = serde_json::from_slice(&sidecar().to_json()).unwrap();
    value["chat"] = json!({"file": "x"});
    value.as_object_mut().unwrap().remove("gaps");
    let read = Sidecar::from_json(value.to_string().as_bytes()).unwrap();
    assert_eq!(read.rest.get("chat"), Some(&json!({"file": "x"})));
    assert!(Sidecar::from_json(&read.to_json()).is_some());
    for other in ["", "{}", "[]", "{\"state\": \"recording\"}", "{\"state\": 1, \"session\": \"\"}"] {
        assert!(Sidecar::from_json(other.as_bytes()).is_none(), "{other}");
    }
}

#[test]
fn the_lists_are_bounded() {
    let mut sidecar = sidecar();
    for number in 0..5_000 {
        sidecar.repair("jump", 1, number, number);
        sidecar.gap(Gap::default());
        sidecar.reception_started(UNIX_EPOCH);
    }
    assert_eq!((sidecar.gaps.len(), sidecar.receptions.len(), sidecar.unlisted), (1_500, 1_500, 7_000));
    assert_eq!(sidecar.repairs.len(), 1);
}
