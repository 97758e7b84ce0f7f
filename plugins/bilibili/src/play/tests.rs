use lyrebird_plugin::Transport;
use lyrebird_plugin::testing::{Answer, Host};
use serde_json::json;

use super::*;

const PLACE: &str = "https://api.live.bilibili.com/xlive/web-room/v2/index/getRoomPlayInfo";
const INIT: &str = "https://api.live.bilibili.com/room/v1/Room/room_init";
const BEST_NETWORK: &str = "https://d1--cn-gotcha04.bilivideo.com";
const SECOND_NETWORK: &str = "https://d1--cn-gotcha09.bilivideo.com";
const TOWN: &str = "https://cn-town-ct-01-05.bilivideo.com";
const BOX: &str = "https://xy1x2.mcdn.bilivideo.cn:486";

/// One codec of one format, on these networks.
fn variant(codec: &str, quality: u32, accepts: &[u32], networks: &[&str]) -> Value {
    let servers: Vec<Value> = networks
        .iter()
        .map(|host| json!({"host": host, "extra": format!("expires=1769864400&qn={quality}&sign=s"), "stream_ttl": 3600}))
        .collect();
    json!({"codec_name": codec, "current_qn": quality, "accept_qn": accepts, "drm": false,
        "base_url": format!("/live/{codec}.x?"), "url_info": servers})
}

fn format(name: &str, variants: &[Value]) -> Value {
    json!({"format_name": name, "codec": variants, "master_url": ""})
}

/// The answer for a room that is on air.
fn on_air(formats: &[Value]) -> Value {
    json!({"code": 0, "message": "0", "data": {"room_id": 1111, "live_status": 1, "is_locked": false, "is_hidden": false,
        "encrypted": false, "pwd_verified": false, "all_special_types": [50], "playurl_info": {"playurl": {
            "cid": 1111, "g_qn_desc": [{"qn": 10000, "desc": "原画"}, {"qn": 250, "desc": "超清"}],
            "stream": [{"protocol_name": "http_stream", "format": formats}], "p2p_data": {}}}}})
}

fn data(change: impl FnOnce(&mut Value)) -> Value {
    let mut answer = on_air(&[format("flv", &[variant("avc", 10000, &[10000], &[BEST_NETWORK])])]);
    change(&mut answer["data"]);
    answer
}

/// What is offered, one a line: transport, codec, quality, network.
fn offered(wish: &Wish) -> String {
    match candidates("1111", wish) {
        Ok(candidates) => candidates.iter().map(line).collect::<Vec<_>>().join("\n"),
        Err(failure) => failure.kind().to_owned(),
    }
}

fn line(candidate: &Candidate) -> String {
    let transport = match (&candidate.transport, candidate.extra.first()) {
        (Transport::Flv, _) => "flv",
        (Transport::Hls, Some((_, of))) => of.as_str(),
        _ => "other",
    };
    let codec = match candidate.codec.as_ref().unwrap() {
        Codec::Avc => "avc",
        Codec::Hevc => "hevc",
        Codec::Av1 => "av1",
        Codec::Other(name) => name,
    };
    format!("{transport} {codec} {} {}", candidate.quality.key, candidate.cdn.as_deref().unwrap())
}

fn check(answer: &Value, expected: &str) -> Host {
    let host = Host::new();
    host.answer(PLACE, Answer::json(answer));
    assert_eq!(offered(&Wish::default()), expected);
    host
}

fn wishes(qualities: &[&str]) -> Wish {
    Wish { qualities: qualities.iter().map(|&key| key.to_owned()).collect(), ..Wish::default() }
}

#[test]
fn asked_for_all_that_there_is() {
    let host = check(&data(|_| ()), "flv avc 10000 cn-gotcha04");
    let expected = "room_id=1111&protocol=0%2C1&format=0%2C1%2C2&codec=0%2C1%2C2&qn=10000&platform=web&ptype=8&dolby=5\
                    &panorama=1&mask=0&no_playurl=0";
    assert_eq!(host.sent()[0].url, format!("{PLACE}?{expected}"));
    assert_eq!(host.sent().len(), 1);
}

#[test]
fn a_candidate_with_all_its_facts() {
    let host = Host::new();
    host.answer(PLACE, Answer::json(data(|_| ())));
    let [candidate] = &candidates("1111", &Wish::default()).unwrap()[..] else { panic!() };
    assert_eq!(candidate.url, format!("{BEST_NETWORK}/live/avc.x?expires=1769864400&qn=10000&sign=s"));
    assert_eq!(candidate.quality, lyrebird_plugin::Quality::new("10000", "原画", 10000));
    assert_eq!(candidate.expires_at, Some(1_769_864_400));
    let headers: Vec<(&str, &str)> =
        candidate.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        headers,
        [
            ("User-Agent", api::BROWSER),
            ("Referer", "https://live.bilibili.com/1111"),
            ("Origin", "https://live.bilibili.com")
        ]
    );
}

#[test]
fn best_first() {
    let networks = [BOX, TOWN, SECOND_NETWORK, BEST_NETWORK];
    let answer = on_air(&[
        format(
            "fmp4",
            &[
                variant("av1", 10000, &[], &[BOX]),
                variant("hevc", 10000, &[], &[BOX]),
                variant("avc", 10000, &[], &[BOX]),
            ],
        ),
        format("ts", &[variant("avc", 10000, &[], &[BOX])]),
        format(
            "flv",
            &[
                variant("av1", 10000, &[], &[BOX]),
                variant("hevc", 10000, &[], &[BOX]),
                variant("avc", 10000, &[], &networks),
            ],
        ),
        format("new", &[variant("avc", 10000, &[], &[BOX])]),
    ]);
    check(
        &answer,
        "flv avc 10000 cn-gotcha04\nflv avc 10000 cn-gotcha09\nflv avc 10000 cn-town-ct-01-05\nflv avc 10000 mcdn xy1x2\n\
         flv hevc 10000 mcdn xy1x2\nflv av1 10000 mcdn xy1x2\nts avc 10000 mcdn xy1x2\nfmp4 avc 10000 mcdn xy1x2\n\
         fmp4 hevc 10000 mcdn xy1x2\nfmp4 av1 10000 mcdn xy1x2\nother avc 10000 mcdn xy1x2",
    );
}

#[test]
fn the_users_codec_comes_first() {
    let host = Host::new();
    let both = [variant("avc", 10000, &[], &[TOWN]), variant("hevc", 10000, &[], &[TOWN])];
    host.answer(PLACE, Answer::json(on_air(&[format("flv", &both)])));
    let wish = Wish { codecs: vec![Codec::Hevc], ..Wish::default() };
    assert_eq!(offered(&wish), "flv hevc 10000 cn-town-ct-01-05\nflv avc 10000 cn-town-ct-01-05");
}

#[test]
fn a_network_that_has_just_failed_comes_last() {
    let host = Host::new();
    let networks = [BEST_NETWORK, TOWN, BOX];
    host.answer(PLACE, Answer::json(on_air(&[format("flv", &[variant("avc", 250, &[], &networks)])])));
    let failed_urls = vec![format!("{BEST_NETWORK}/live/old.flv?sign=old"), "nonsense".to_owned()];
    let wish = Wish { failed_urls, ..Wish::default() };
    assert_eq!(offered(&wish), "flv avc 250 cn-town-ct-01-05\nflv avc 250 mcdn xy1x2\nflv avc 250 cn-gotcha04");
}

#[test]
fn a_guest_is_told_what_it_really_gets() {
    let host = Host::new();
    let guest = on_air(&[format("flv", &[variant("avc", 250, &[10000, 400, 250], &[TOWN])])]);
    host.answer(PLACE, Answer::json(guest));
    assert_eq!(offered(&wishes(&["10000", "400", "250"])), "flv avc 250 cn-town-ct-01-05");
    assert_eq!(host.sent().len(), 1, "less was given than there is: asking for 400 would bring no more");
    assert!(host.sent()[0].url.contains("&qn=10000&"), "{}", host.sent()[0].url);
}

#[test]
fn the_next_wish_where_the_first_is_not_to_be_had() {
    let host = Host::new();
    let given = |quality| on_air(&[format("flv", &[variant("avc", quality, &[10000, 400, 250], &[TOWN])])]);
    host.answer(PLACE, Answer::json(given(10000))).answer(PLACE, Answer::json(given(400)));
    assert_eq!(
        offered(&wishes(&["20000", "15000", "400", "250"])),
        "flv avc 400 cn-town-ct-01-05\nflv avc 10000 cn-town-ct-01-05"
    );
    let asked: Vec<bool> = host.sent().iter().map(|request| request.url.contains("&qn=400&")).collect();
    assert_eq!(asked, [false, true]);
}

#[test]
fn without_a_wish_there_may_be_better_than_the_usual() {
    let host = Host::new();
    let given = |quality| on_air(&[format("flv", &[variant("avc", quality, &[20000, 10000, 250], &[TOWN])])]);
    host.answer(PLACE, Answer::json(given(10000))).answer(PLACE, Answer::json(given(20000)));
    assert_eq!(offered(&Wish::default()), "flv avc 20000 cn-town-ct-01-05\nflv avc 10000 cn-town-ct-01-05");
    let asked: Vec<bool> = host.sent().iter().map(|request| request.url.contains("&qn=20000&")).collect();
    assert_eq!(asked, [false, true]);
    // A guest is asked for no more: less than the usual was given where the usual is.
    let host = Host::new();
    host.answer(PLACE, Answer::json(given(250)));
    assert_eq!(offered(&Wish::default()), "flv avc 250 cn-town-ct-01-05");
    assert_eq!(host.sent().len(), 1);
}

#[test]
fn words_are_no_keys() {
    let host = Host::new();
    host.answer(PLACE, Answer::json(data(|_| ())));
    assert_eq!(offered(&wishes(&["origin", "best"])), "flv avc 10000 cn-gotcha04");
    assert!(host.sent()[0].url.contains("&qn=10000&"), "{}", host.sent()[0].url);
}

#[test]
fn dark_rooms_have_no_candidates() {
    check(
        &data(|data| {
            data["live_status"] = json!(0);
            data["playurl_info"] = Value::Null;
        }),
        "",
    );
    check(
        &data(|data| {
            data["live_status"] = json!("2");
            data["playurl_info"] = json!([]);
        }),
        "",
    );
    // Dark is dark, whatever else there is to say: a failure would keep the session alive.
    check(
        &data(|data| {
            data["live_status"] = json!(0);
            data["is_locked"] = json!(true);
        }),
        "",
    );
    check(&data(|data| data["playurl_info"]["playurl"]["stream"] = json!([])), "");
}

#[test]
fn walls() {
    check(&data(|data| data["is_locked"] = json!(true)), "forbidden");
    check(&data(|data| data["is_hidden"] = json!(1)), "forbidden");
    check(&data(|data| data["encrypted"] = json!(true)), "forbidden");
    check(&data(|data| data["all_special_types"] = json!([50, "203"])), "forbidden");
    check(&data(|data| data["playurl_info"]["playurl"] = Value::Null), "forbidden");
    check(&data(|data| data["playurl_info"]["playurl"] = json!([])), "forbidden");
    check(
        &data(|data| {
            data["encrypted"] = json!(true);
            data["pwd_verified"] = json!(true);
        }),
        "flv avc 10000 cn-gotcha04",
    );
    check(&json!({"code": -101, "message": "", "data": null}), "login-required");
    check(&json!({"code": 60004, "message": "", "data": null}), "gone");
    check(&json!({"code": 19_002_003, "message": "房间信息不存在", "data": null}), "gone");
    check(&json!({"code": 19_002_005, "message": "", "data": null}), "forbidden");
}

#[test]
fn on_air_without_streams_is_a_paid_room_or_over_in_this_moment() {
    let answer = data(|data| data["playurl_info"] = Value::Null);
    let ask = |init: Answer| {
        let host = Host::new();
        host.answer(PLACE, Answer::json(&answer)).answer(INIT, init);
        offered(&Wish::default())
    };
    let init =
        |kind: u32| Answer::json(json!({"code": 0, "data": {"room_id": 1111, "live_status": 1, "special_type": kind}}));
    assert_eq!(ask(init(1)), "forbidden");
    assert_eq!(ask(init(0)), "");
    assert_eq!(ask(Answer::status(412)), "rate-limited");
}

#[test]
fn a_code_that_may_mean_no_room_is_looked_into() {
    let ask = |init: Answer| {
        let host = Host::new();
        host.answer(PLACE, Answer::json(json!({"code": -400, "message": "参数错误", "data": null}))).answer(INIT, init);
        offered(&Wish::default())
    };
    assert_eq!(ask(Answer::json(json!({"code": 60004, "message": "", "data": []}))), "gone");
    assert_eq!(ask(Answer::json(json!({"code": 0, "data": {"room_id": 1111, "live_status": 1}}))), "unexpected-answer");
    // Who is asked to slow down must not be told of anything else.
    assert_eq!(ask(Answer::status(412)), "rate-limited");
}

#[test]
fn urls_however_their_pieces_fit() {
    let plain = "https://c.example.org/live/a.flv?expires=5&sign=s";
    for (host, base, extra, expected) in [
        ("https://c.example.org", "/live/a.flv?", "expires=5&sign=s", plain),
        ("https://c.example.org/", "/live/a.flv", "?expires=5&sign=s", plain),
        ("//c.example.org", "live/a.flv?", "&expires=5&sign=s", plain),
        ("c.example.org", "/live/a.flv", "expires=5&sign=s", plain),
        ("http://c.example.org:81", "/a.flv?q=1", "expires=5", "http://c.example.org:81/a.flv?q=1&expires=5"),
        ("https://c.example.org", "/a.flv?q=1&", "expires=5", "https://c.example.org/a.flv?q=1&expires=5"),
        ("https://c.example.org", "/a.flv", "", "https://c.example.org/a.flv"),
    ] {
        let variant = json!({"codec_name": "avc", "current_qn": 250, "base_url": base,
            "url_info": [{"host": host, "extra": extra}]});
        let platform = Host::new();
        platform.answer(PLACE, Answer::json(on_air(&[format("flv", &[variant])])));
        assert_eq!(candidates("1111", &Wish::default()).unwrap()[0].url, expected);
    }
}

#[test]
fn nothing_in_the_dress_of_null() {
    let mut good = variant("avc", 250, &[], &[TOWN]);
    good["accept_qn"] = Value::Null;
    good["drm"] = Value::Null;
    good["url_info"].as_array_mut().unwrap().push(json!({"host": BOX, "extra": null}));
    let mut answer = on_air(&[format("flv", &[good]), json!({"format_name": "ts", "codec": null})]);
    let data = &mut answer["data"];
    data["all_special_types"] = Value::Null;
    data["playurl_info"]["playurl"]["g_qn_desc"] = Value::Null;
    data["playurl_info"]["playurl"]["stream"].as_array_mut().unwrap().push(json!({"format": null}));
    check(&answer, "flv avc 250 cn-town-ct-01-05\nflv avc 250 mcdn xy1x2");
    check(&self::data(|data| data["playurl_info"]["playurl"]["stream"] = Value::Null), "");
}

#[test]
fn streams_that_are_all_encrypted_are_no_dark_room() {
    for mark in [json!(true), json!(1), json!("1"), json!({"pssh": "x"})] {
        let mut locked = variant("avc", 250, &[], &[TOWN]);
        locked["drm"] = mark;
        check(&on_air(&[format("flv", &[locked])]), "forbidden");
    }
}

#[test]
fn numbers_as_text() {
    let variant = json!({"codec_name": "avc", "current_qn": "250", "accept_qn": ["250"], "drm": "0", "base_url": "/a.flv?",
        "url_info": [{"host": TOWN, "extra": "expires=1769864400", "stream_ttl": "3600"}]});
    let mut answer = on_air(&[format("flv", &[variant])]);
    answer["code"] = json!("0");
    answer["data"]["live_status"] = json!("1");
    answer["data"]["playurl_info"]["playurl"]["g_qn_desc"] = json!([{"qn": "250", "desc": "超清"}]);
    check(&answer, "flv avc 250 cn-town-ct-01-05");
}

#[test]
fn an_odd_stream_does_not_hide_the_others() {
    let good = variant("avc", 250, &[], &[TOWN]);
    let mut locked = variant("hevc", 250, &[], &[TOWN]);
    locked["drm"] = json!(true);
    check(&on_air(&[format("flv", &[json!({"odd": 1}), locked, good])]), "flv avc 250 cn-town-ct-01-05");
    let formats = [json!({"odd": 1}), json!("odd"), format("flv", &[variant("avc", 250, &[], &[TOWN])])];
    let mut answer = on_air(&formats);
    let playurl = &mut answer["data"]["playurl_info"]["playurl"];
    playurl["g_qn_desc"].as_array_mut().unwrap().push(json!({"qn": "odd"}));
    playurl["stream"].as_array_mut().unwrap().insert(0, json!(7));
    check(&answer, "flv avc 250 cn-town-ct-01-05");
    check(&on_air(&[format("flv", &[json!({"odd": 1})])]), "unexpected-answer");
}

#[test]
fn what_cannot_be_read_is_told() {
    check(&data(|data| drop(data.as_object_mut().unwrap().remove("playurl_info"))), "unexpected-answer");
    check(&data(|data| data["playurl_info"] = json!({})), "unexpected-answer");
    check(&data(|data| data["playurl_info"] = json!({"playurl": {}})), "unexpected-answer");
    check(&data(|data| data["playurl_info"] = json!({"playurl": {"stream": 5}})), "unexpected-answer");
    check(&json!({"code": 0, "data": null}), "unexpected-answer");
}
