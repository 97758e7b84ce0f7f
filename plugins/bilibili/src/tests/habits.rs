//! The platform as somebody else might play it: other order, other spacing, numbers as text, fields that nobody knows,
//! other networks. Names and numbers are invented.

use lyrebird_plugin::{Status, Transport};

use super::*;

const MANY: &str = "https://api.live.bilibili.com/xlive/web-room/v1/index/getRoomBaseInfo";
const PLAY: &str = "https://api.live.bilibili.com/xlive/web-room/v2/index/getRoomPlayInfo";
const BY_STREAMERS: &str = "https://api.live.bilibili.com/room/v1/Room/get_status_info_by_uids";

const MANY_ANSWER: &str = "\u{feff}\r\n{
    \"ttl\" : \"1\",
    \"data\" : {
        \"by_room_ids\" : {
            \"88007\" : {
                \"unknown\" : { \"deep\" : [ [ ], { } , null ] },
                \"live_id_str\" : \"7000000000000000001\",
                \"title\" : \"\\u6d77 \\ud83d\\udc1f \\u003cb\\u003e{cookie:SESSDATA}\",
                \"live_time\" : \"2026-01-31 20:00:00\",
                \"uname\" : \"Mo\",
                \"live_status\" : \"1\",
                \"is_encrypted\" : 0,
                \"short_id\" : \"12\",
                \"cover\" : \"http://i1.pictures.example/c.jpg\",
                \"area_name\" : \"Fish\", \"parent_area_name\" : \"Sea\", \"area_v2_name\" : null,
                \"uid\" : \"31\", \"room_id\" : \"88007\", \"online\" : 1.5e3, \"tags\" : [ ]
            },
            \"88008\" : { \"live_status\" : 2.0e0, \"uname\" : \"odd\" },
            \"88009\" : { \"live_status\" : false, \"uname\" : [ ], \"live_time\" : -62170012800 }
        },
        \"by_uids\" : [ ]
    },
    \"message\" : null,
    \"msg\" : \"\",
    \"code\" : 0
}\n";

const PLAY_ANSWER: &str = r#"
{
  "message": "OK", "extra": [], "data": {
    "playurl_info": {
      "playurl": {
        "p2p_data": null, "dolby_qn": null, "hot": true,
        "stream": [
          {
            "format": [
              {
                "master_url": "https://m.example.net/index.m3u8?x=1",
                "codec": [
                  {
                    "url_info": [
                      {"extra": "?deadline=1&expires=1769864400&qn=400&upsig=u%2Fv%3D", "host": "https://hw-play.media.example", "name": 3},
                      {"stream_ttl": null, "host": "https://c1--ov-gotcha207.bilivideo.com", "extra": "expires=1769864400&qn=400&trid=1"}
                    ],
                    "base_url": "/live-bvc/31/live_31_x/index.m3u8", "accept_qn": [400, "250"], "current_qn": "400",
                    "codec_name": "HEVC", "drm_key_ids": [], "attr_name": ""
                  }
                ],
                "format_name": "fmp4"
              }
            ],
            "protocol_name": "http_hls"
          },
          {
            "protocol_name": "http_stream",
            "format": [
              {
                "format_name": "flv",
                "codec": [
                  {
                    "codec_name": "avc", "drm": 0, "hdr_qn": null, "hdr_type": 0, "dolby_type": "0",
                    "url_info": [{"host": "https://hw-play.media.example:8443", "extra": "expires=1769864400&qn=400", "stream_ttl": "0"}],
                    "base_url": "/live-bvc/31/live_31_x.flv?", "accept_qn": [400, 250], "current_qn": 400
                  }
                ]
              }
            ]
          }
        ],
        "g_qn_desc": [{"desc": "HD", "qn": "400", "attr_desc": null, "hdr_desc": ""}, {"desc": null, "qn": 250}],
        "cid": "88007"
      },
      "conf_json": "{\"a\":1}", "expected_quality": {"qn": 400}
    },
    "all_special_types": ["19", 50], "live_time": "1769860800", "pwd_verified": "1", "encrypted": "0", "lock_till": "",
    "hidden_till": "0000-00-00 00:00:00", "is_locked": 0, "is_hidden": "false", "live_status": "1", "room_shield": {},
    "uid": 31, "short_id": 12, "room_id": 88007, "multi_screen_info": "", "relay_room_id": 0
  },
  "ttl": 1, "code": "0"
}
"#;

fn other(body: &str) -> Answer {
    Answer::body(body).header("content-TYPE", "text/plain;charset=UTF-8").header("X-CACHE", "miss").header("date", "?")
}

#[test]
fn a_check() {
    let host = Host::new();
    host.answer(MANY, other(MANY_ANSWER)).answer(INIT, other(r#"{"data": [], "code": "60004", "msg": ""}"#));
    let rooms = ["88009", "88007", "88008", "88010"].map(|id| Room::new(id, "x"));
    let verdicts = Bilibili::check(&rooms).unwrap();
    assert_eq!(verdicts[0], Ok(Status::Offline(None)));
    let Ok(Status::Live(broadcast)) = &verdicts[1] else { panic!("{verdicts:?}") };
    assert_eq!((broadcast.streamer.as_str(), broadcast.title.as_str()), ("Mo", "海 🐟 <b>{cookie:SESSDATA}"));
    assert_eq!((broadcast.id.as_deref(), broadcast.started_at), (Some("7000000000000000001"), Some(1_769_860_800)));
    assert_eq!(broadcast.category.as_deref(), Some("Fish"));
    assert_eq!(verdicts[2].as_ref().unwrap_err().kind(), "unexpected-answer", "a state with a fraction is no state");
    assert_eq!(verdicts[3].as_ref().unwrap_err().kind(), "gone");
    assert_eq!(host.sent().len(), 2);
}

#[test]
fn streams() {
    let host = Host::new();
    host.answer(PLAY, other(PLAY_ANSWER));
    let candidates = Bilibili::streams(&Room::new("88007", "x"), &Wish::default()).unwrap();
    let got: Vec<(&str, &Transport, &str, &str)> = candidates
        .iter()
        .map(|one| (one.url.as_str(), &one.transport, one.quality.label.as_str(), one.cdn.as_deref().unwrap()))
        .collect();
    let folder = "live-bvc/31/live_31_x";
    assert_eq!(
        got,
        [
            (
                &*format!("https://hw-play.media.example:8443/{folder}.flv?expires=1769864400&qn=400"),
                &Transport::Flv,
                "HD",
                "hw-play"
            ),
            (
                &*format!(
                    "https://c1--ov-gotcha207.bilivideo.com/{folder}/index.m3u8?expires=1769864400&qn=400&trid=1"
                ),
                &Transport::Hls,
                "HD",
                "ov-gotcha207"
            ),
            (
                &*format!(
                    "https://hw-play.media.example/{folder}/index.m3u8?deadline=1&expires=1769864400&qn=400&upsig=u%2Fv%3D"
                ),
                &Transport::Hls,
                "HD",
                "hw-play"
            ),
        ]
    );
    assert!(candidates.iter().all(|one| one.expires_at == Some(1_769_864_400)));
}

#[test]
fn trouble() {
    let checked = |answer: Answer| {
        let host = Host::new();
        host.answer(MANY, answer);
        Bilibili::check(&[Room::new("88007", "x")]).unwrap_err().kind()
    };
    let page = "<!DOCTYPE html>\n<html lang=zh><title>出错啦!</title>";
    assert_eq!(checked(other(page)), "unexpected-answer");
    assert_eq!(checked(Answer::status(412).header("content-type", "text/html")), "rate-limited");
    assert_eq!(checked(Answer::redirect("//passport.bilibili.com/login?gourl=x")), "login-required");
    assert_eq!(checked(Answer::redirect("http://www.example.org/")), "unexpected-answer");
    assert_eq!(checked(other(r#"{"message": "请求被拦截", "data": null, "code": "-412"}"#)), "rate-limited");
    assert_eq!(checked(other(r#"{"message": "服务不可用", "code": -503}"#)), "network");
    assert_eq!(checked(other("")), "unexpected-answer");
    assert_eq!(checked(other("[]")), "unexpected-answer");
}

#[test]
fn a_login_is_asked_for_neither_by_name_nor_by_value() {
    let host = Host::new();
    host.answer(MANY, other(r#"{"code": 0, "data": {"by_room_ids": null}}"#));
    host.answer(INIT, other(r#"{"code": 0, "data": {"room_id": 88007, "uid": 31, "live_status": 1}}"#));
    host.answer(BY_STREAMERS, other(r#"{"code": 0, "data": []}"#)).answer(PLAY, other(PLAY_ANSWER));
    let room = Room::new("88007", "x");
    Bilibili::check(std::slice::from_ref(&room)).unwrap();
    Bilibili::streams(&room, &Wish::default()).unwrap();
    assert_eq!(host.sent().len(), 4);
    for request in host.sent() {
        let names: Vec<&str> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["User-Agent", "Referer"], "{}", request.url);
    }
}
