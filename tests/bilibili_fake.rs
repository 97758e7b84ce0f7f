//! The Bilibili that scenarios run against is itself held to what is known of the real one, by a client that knows
//! nothing but sockets.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lyrebird_tests::bilibili::wbi::Keys;
use lyrebird_tests::bilibili::{Bilibili, Codec, Endpoint, Format, Plan, Status, Trouble, Wall};
use lyrebird_tests::clip::Clip;
use lyrebird_tests::flv;
use lyrebird_tests::origin::How;
use lyrebird_tests::place::{HURRY, Place, wait_until};
use lyrebird_tests::program::binary;
use lyrebird_tests::verify::judge;
use serde_json::{Value, json};

mod client;

use client::{API, Client, PLAY, read, urls};

const ROOM: u64 = 22_637_261;
const LIMIT: Duration = Duration::from_secs(20);

fn guest(platform: &Bilibili) -> Client<'_> {
    Client { platform, cookie: None }
}

fn user(platform: &Bilibili) -> Client<'_> {
    Client { platform, cookie: Some(platform.cookie()) }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn text(said: &str) -> Value {
    json!({"dyn_req": {
        "content": {"contents": [{"raw_text": said, "type": 1, "biz_id": ""}]}, "scene": 1, "attach_card": null,
        "meta": {"app_meta": {"from": "create.dynamic.web", "mobi_app": "web"}},
    }})
}

/// The vectors that are public.
#[test]
fn signatures_are_the_platforms() {
    let keys = Keys {
        img: String::from("7cd084941338484aae1ad9425b84077c"),
        sub: String::from("4932caff0ff746eab6f01bf08b70ac45"),
    };
    assert_eq!(keys.mixed(), "ea1db124af3c7062474693fa704f4ff8");
    assert_eq!(
        keys.sign(&[("foo", "114"), ("bar", "514"), ("zab", "1919810")], 1_702_204_169),
        "bar=514&foo=114&wts=1702204169&zab=1919810&w_rid=8f6f2b5b3d485fe1886cec6a0be8c5d4"
    );
    assert_eq!(
        keys.sign(&[("foo", ")-_-( F**' 哔~!"), ("bar", "2333")], 1_748_867_128),
        "bar=2333&foo=-_-%20F%20%E5%93%94~&wts=1748867128&w_rid=6ba96e28a3f09b40e704f1e4b4f8e3e3"
    );
}

#[test]
fn a_signed_call_wants_its_signature() {
    let platform = Bilibili::start();
    platform.room(ROOM).title("Dawn chorus").streamer("Menura");
    let client = guest(&platform);
    let call = |query: &str| client.get(API, &format!("/xlive/web-room/v1/index/getInfoByRoom?{query}"));
    let nav = client.get("api.bilibili.com", "/x/web-interface/nav").json();
    assert_eq!(nav["code"], -101, "a guest");
    let url = nav["data"]["wbi_img"]["img_url"].as_str().unwrap();
    assert!(url.contains(&platform.keys().img), "{url}");

    let signed = |at: u64| platform.keys().sign(&[("room_id", "22637261"), ("web_location", "444.8")], at);
    let good = call(&signed(now()));
    assert_eq!((good.code(), &good.json()["data"]["anchor_info"]["base_info"]["uname"]), (0, &json!("Menura")));
    platform.expect_no_violation();
    let stale = call(&signed(now() - 3_600));
    assert_eq!(stale.code(), -352);
    assert!(stale.head.contains("bili-status-code: -352") && stale.head.contains("x-bili-gaia-vvoucher: voucher_"));
    assert!(stale.json().get("data").is_none());
    let old = signed(now());
    platform.change_keys();
    assert_eq!(call(&old).code(), -352);
    platform.expect_no_violation();
    for wrong in [String::from("room_id=22637261"), signed(now()).replace("22637261", "22637262")] {
        assert_eq!(call(&wrong).code(), -352, "{wrong}");
    }
    assert_eq!(platform.violations().len(), 2, "{:?}", platform.violations());
}

#[test]
fn a_room_from_every_side() {
    let platform = Bilibili::start();
    let room = platform.room(ROOM).short(3).uid(42).streamer("Menura").title("Dawn chorus");
    let client = guest(&platform);
    let status = || client.get(API, "/room/v1/Room/room_init?id=3").json()["data"]["live_status"].clone();
    assert_eq!(status(), 0);
    room.says(Status::Round);
    assert_eq!(status(), 2);
    room.says(Status::Live);
    let init = client.get(API, "/room/v1/Room/room_init?id=3").json();
    assert_eq!((&init["data"]["room_id"], &init["data"]["live_status"]), (&json!(ROOM), &json!(1)));
    let info = client.get(API, &format!("/room/v1/Room/get_info?room_id={ROOM}")).json();
    assert_eq!(info["data"]["title"], "Dawn chorus");
    let name = client.get(API, "/live_user/v1/Master/info?uid=42").json();
    assert_eq!(name["data"]["info"]["uname"], "Menura");
    room.behind(Some(Wall::Gone));
    assert_eq!(client.get(API, &format!("/room/v1/Room/room_init?id={ROOM}")).code(), 60004);
    platform.expect_no_violation();
}

#[test]
fn batches_leave_out_what_they_do_not_know() {
    let platform = Bilibili::start();
    platform.room(ROOM).short(3).uid(42).title("Dawn chorus");
    platform.room(1_000_002).uid(43);
    let client = guest(&platform);
    let call = |query: &str| client.get(API, &format!("/xlive/web-room/v1/index/getRoomBaseInfo?{query}"));
    let batch = "room_ids=3&room_ids=1000002&room_ids=999&req_biz=web_room_componet";
    let answer = call(batch).json();
    let rooms = answer["data"]["by_room_ids"].as_object().unwrap();
    assert_eq!(rooms.keys().collect::<Vec<_>>(), ["1000002", "22637261"]);
    assert_eq!(rooms["22637261"]["live_time"], "0000-00-00 00:00:00");
    let uids = |list: &str| client.get(API, &format!("/room/v1/Room/get_status_info_by_uids?{list}")).json();
    assert_eq!(uids("uids%5B%5D=42&uids[]=7")["data"].as_object().unwrap().len(), 1);
    assert_eq!(uids("uids[]=7")["data"], json!([]));
    platform.plan(Plan::new(Trouble::Page).at(Endpoint::BaseInfo).of_room(1_000_002));
    assert!(call(batch).head.contains("text/html"), "one bad room spoils its batch");
    assert_eq!(call("room_ids=3&req_biz=web_room_componet").code(), 0);
    platform.expect_no_violation();
    assert_eq!(call("room_ids=3&req_biz=other").code(), -400);
    let many: String = (0..51).map(|id| format!("room_ids={id}&")).collect();
    assert_eq!(call(&format!("{many}req_biz=web_room_componet")).code(), -400);
}

#[test]
fn guests_get_less() {
    let platform = Bilibili::start();
    let room = platform.room(ROOM).short(3);
    room.offers(&[(Format::Flv, Codec::Avc), (Format::Flv, Codec::Hevc), (Format::Fmp4, Codec::Av1)]);
    let (guest, user) = (guest(&platform), user(&platform));
    assert_eq!(guest.play(3, "")["data"]["playurl_info"], Value::Null, "offline");
    room.says(Status::Live);
    let quality = |answer: &Value| {
        answer["data"]["playurl_info"]["playurl"]["stream"][0]["format"][0]["codec"][0]["current_qn"].clone()
    };
    assert_eq!(quality(&guest.play(3, "&qn=10000")), 250);
    assert_eq!(quality(&user.play(3, "&qn=10000")), 10_000);
    assert_eq!(quality(&user.play(3, "&qn=400")), 400);
    assert_eq!(urls(&guest.play(3, "")).len(), 6, "three codecs by two hosts");
    let flv = guest.get(API, &format!("{PLAY}?room_id=3&protocol=0&format=0&codec=0")).json();
    assert_eq!(urls(&flv).len(), 2);
    platform.login_is_valid(false);
    assert_eq!(quality(&user.play(3, "&qn=10000")), 250);
    room.behind(Some(Wall::Region));
    assert_eq!(guest.play(3, "")["data"]["playurl_info"]["playurl"], Value::Null);
    room.behind(Some(Wall::Drm));
    assert_eq!(guest.play(3, "")["data"]["all_special_types"], json!([203]));
    platform.expect_no_violation();
    assert_eq!(guest.get(API, &format!("{PLAY}?room_id=3&protocol=0&format=9&codec=0")).code(), -400);
    assert_eq!(guest.get(API, &format!("{PLAY}?room_id=3")).code(), -400);
}

#[test]
fn media_wants_its_url() {
    let platform = Bilibili::start();
    platform.room(ROOM);
    platform.speed(4);
    platform.go_live(ROOM);
    let client = guest(&platform);
    let url = client.url(ROOM);
    let begin = read(client.media(&url), 20_000);
    assert_eq!((begin.status, &begin.body[..4]), (200, &b"FLV\x01"[..]));
    platform.expect_no_violation();
    let status = |url: &str| read(client.media(url), 100).status;
    for wrong in [url.replace("qn=250", "qn=10000"), format!("{url}0"), url.replace("_250_", "_400_")] {
        assert_eq!(status(&wrong), 403, "{wrong}");
    }
    assert_eq!(platform.violations().len(), 3);
    platform.age_urls(Duration::from_secs(3_500));
    assert_eq!(status(&client.url(ROOM).clone()), 200);
    platform.age_urls(Duration::from_secs(200));
    assert_eq!(status(&url), 403, "after an hour");
    platform.url_lifetime(Duration::from_secs(7_200));
    let url = client.url(ROOM);
    assert_eq!(status(&url), 200);
    platform.go_dark(ROOM);
    assert_eq!(status(&url), 404, "over");
    let spoiled = Client { platform: &platform, cookie: Some(platform.cookie()) };
    assert_eq!(read(spoiled.media(&url), 100).status, 404);
    assert!(platform.violations()[3].contains("cookie"), "{:?}", platform.violations());
}

#[test]
fn a_stream_is_joined_cut_resized_and_ended() {
    let platform = Bilibili::start();
    platform.room(ROOM);
    platform.speed(8);
    platform.go_live(ROOM);
    let client = guest(&platform);
    let sent = || platform.receptions(ROOM).iter().map(|one| one.tags.len()).collect::<Vec<_>>();
    let first = client.media(&client.url(ROOM));
    wait_until("tags flow", LIMIT, || sent().first().is_some_and(|tags| *tags > 100));
    platform.cut(ROOM, How::Close);
    let first = read(first, usize::MAX);
    assert!(first.body.len() > 10_000 && !first.is_whole, "{} bytes", first.body.len());
    assert!(flv::parse(&first.body).is_err(), "cut in the middle of a tag");

    let second = client.media(&client.url(ROOM));
    wait_until("tags flow again", LIMIT, || sent().len() == 2);
    platform.resize(ROOM, Clip::Large);
    let headers = || {
        platform.receptions(ROOM)[1].tags.iter().filter(|tag| tag.role == lyrebird_tests::origin::Role::Header).count()
    };
    wait_until("the other clip's headers came", LIMIT, || headers() == 4);
    platform.go_dark(ROOM);
    let second = read(second, usize::MAX);
    assert!(second.is_whole);
    let tags = flv::parse(&second.body).unwrap();
    assert!(tags.iter().any(flv::Tag::is_key));
    let times: Vec<u32> = tags.iter().filter(|tag| tag.is_media()).map(|tag| tag.time_ms).collect();
    assert!(times[0] > 0 && times.is_sorted(), "joined in mid-stream, and times go on");
    platform.expect_no_violation();
}

/// The real program takes what is served here, over a cut and through another picture size, with any plugin.
#[test]
fn its_media_can_be_recorded() {
    let platform = Bilibili::start();
    platform.room(ROOM);
    platform.speed(4);
    platform.go_live(ROOM);
    let place = Place::new("bilibili-media");
    let config = HURRY.replace("[plugin.direct]\n", &platform.table("direct", false));
    place.configure(&config);
    let url = guest(&platform).url(ROOM);
    let run = place.record(&url, &["--once", "--header", "Referer: https://live.bilibili.com/"]);
    let tags = |reception: usize| platform.receptions(ROOM).get(reception).map_or(0, |one| one.tags.len());
    wait_until("it records", LIMIT, || tags(0) > 300);
    platform.cut(ROOM, How::Reset);
    wait_until("it is back", LIMIT, || tags(1) > 300);
    platform.resize(ROOM, Clip::Large);
    wait_until("the large clip plays", LIMIT, || tags(1) > 900);
    platform.go_dark(ROOM);
    run.finish(LIMIT).expect_code(0);
    assert_eq!(place.recordings().len(), 2, "{:?}", place.files());
    judge(&platform.receptions(ROOM), &place.recordings(), Some(&binary())).expect_good();
    platform.expect_no_violation();
}

#[test]
fn dynamics_are_posted_and_taken_back() {
    let platform = Bilibili::start();
    let (guest, user) = (guest(&platform), user(&platform));
    let token = "0123456789abcdef0123456789abcdef";
    let (create, remove) = ("/x/dynamic/feed/create/dyn", "/x/dynamic/feed/operate/remove");
    assert_eq!(guest.post(create, &text("hello")).code(), -101);
    let posted = user.post(&format!("{create}?csrf={token}"), &text("A lyrebird sings")).json();
    let id = posted["data"]["dyn_id_str"].as_str().unwrap().to_owned();
    assert_eq!(platform.visible_posts()[0].text, "A lyrebird sings");
    platform.plan(Plan::new(Trouble::DiesWhenDone).at(Endpoint::CreateDynamic).times(1));
    assert_eq!(user.post(&format!("{create}?csrf={token}"), &text("Twice?")).status, 0);
    assert_eq!(platform.posts().len(), 2, "posted, though nobody was told");
    platform.plan(Plan::new(Trouble::ForbiddenPage).at(Endpoint::RemoveDynamic).times(1));
    let take_back = || user.post(&format!("{remove}?csrf={token}"), &json!({"dyn_id_str": id}));
    assert_eq!(take_back().status, 403);
    assert_eq!(take_back().code(), 0);
    assert_eq!(take_back().code(), 2001, "it is gone");
    assert_eq!(platform.visible_posts().len(), 1);
    platform.expect_no_violation();

    assert_eq!(user.post(&format!("{create}?csrf=other"), &text("x")).code(), -111);
    assert_eq!(user.post(create, &text("x")).code(), -111);
    let mut wrong = text("x");
    wrong["dyn_req"]["scene"] = json!(2);
    for body in [wrong, json!({"dyn_req": {}}), text(" "), json!({"dyn_req": text("x")["dyn_req"], "more": 1})] {
        assert_eq!(user.post(&format!("{create}?csrf={token}"), &body).code(), -400, "{body}");
    }
    assert_eq!(user.post(&format!("{remove}?csrf={token}"), &json!({"dyn_id_str": 5})).code(), -400);
    assert_eq!(user.post(&format!("{remove}?csrf={token}"), &json!({"dyn_id_str": "5"})).code(), 2001);
    assert_eq!((platform.posts().len(), platform.violations().len()), (2, 8));
}

#[test]
fn troubles_come_and_go() {
    let platform = Bilibili::start();
    platform.room(ROOM);
    let client = guest(&platform);
    let ask = || client.get(API, &format!("/room/v1/Room/room_init?id={ROOM}"));
    platform.plan(Plan::new(Trouble::Risk).at(Endpoint::RoomInit).times(2));
    assert_eq!([ask().code(), ask().code(), ask().code()], [-352, -352, 0]);
    platform.plan(Plan::new(Trouble::TooMany(7)).of_room(ROOM));
    let busy = ask();
    assert!(busy.status == 429 && busy.head.contains("retry-after: 7"), "{}", busy.head);
    platform.heal();
    platform.plan(Plan::new(Trouble::Banned).lasts(Duration::ZERO));
    assert_eq!(ask().status, 200, "it was over at once");
    platform.plan(Plan::new(Trouble::TextNumbers).times(1));
    assert_eq!(ask().json()["data"]["live_status"], "0");
    platform.plan(Plan::new(Trouble::BrokenJson).times(1));
    assert!(serde_json::from_slice::<Value>(&ask().body).is_err());
    platform.plan(Plan::new(Trouble::Dies).times(1));
    assert_eq!(ask().status, 0);
    platform.plan(Plan::new(Trouble::Late(Duration::from_millis(200))).times(1));
    let before = platform.elapsed();
    assert_eq!(ask().code(), 0);
    assert!(platform.elapsed() - before >= Duration::from_millis(200));
    assert_eq!((platform.count(Endpoint::RoomInit), platform.requests_to(Endpoint::RoomInit).len()), (9, 9));
    assert_eq!(platform.densest(&[Endpoint::RoomInit], LIMIT), 9);
    platform.expect_no_violation();
}

#[test]
fn media_has_troubles_of_its_own() {
    let platform = Bilibili::start();
    platform.room(ROOM).hosts(&["d1--cn-gotcha08.bilivideo.com", "xy127x0x0x1xy.mcdn.bilivideo.cn:486"]);
    platform.go_live(ROOM);
    let client = guest(&platform);
    let urls = urls(&client.play(ROOM, ""));
    let begin = |url: &str| read(client.media(url), 2_000);
    platform.plan(Plan::new(Trouble::Status(403)).at_host("d1--cn-gotcha08.bilivideo.com"));
    assert_eq!([begin(&urls[0]).status, begin(&urls[1]).status], [403, 200]);
    platform.heal();
    platform.plan(Plan::new(Trouble::Garbage).at(Endpoint::Media).times(1));
    let garbage = begin(&urls[0]);
    assert!(garbage.status == 200 && garbage.head.contains("video/x-flv") && !garbage.body.starts_with(b"FLV"));
    platform.end_media(ROOM);
    let init = client.get(API, &format!("/room/v1/Room/room_init?id={ROOM}")).json();
    assert_eq!((begin(&urls[0]).status, &init["data"]["live_status"]), (404, &json!(1)), "noticed late");
    platform.plan(Plan::new(Trouble::EmptyLists));
    platform.go_dark(ROOM);
    assert_eq!(client.play(ROOM, "")["data"]["playurl_info"], json!([]));
    platform.expect_no_violation();
}

#[test]
fn what_should_not_be_asked_is_told() {
    let platform = Bilibili::start();
    platform.short_link("abc", &format!("https://live.bilibili.com/{ROOM}"));
    let client = guest(&platform);
    let link = client.get("b23.tv", "/abc");
    assert!(link.status == 302 && link.head.contains(&format!("location: https://live.bilibili.com/{ROOM}")));
    platform.expect_no_violation();
    client.get("www.bilibili.com", "/");
    client.get(API, "/room/v1/Room/playUrl?cid=1");
    client.get(API, "/room/v1/Room/room_init?id=1&why=so");
    read(client.open(API, "GET", "/room/v1/Room/room_init?id=1", "", ""), usize::MAX);
    read(
        client.open(API, "POST", "/room/v1/Room/room_init?id=1", "Referer: https://live.bilibili.com/\r\n", ""),
        usize::MAX,
    );
    user(&platform).get("b23.tv", "/abc");
    let told = platform.violations();
    for (told, word) in told.iter().zip(["known", "known", "why", "Referer", "POST", "cookie"]) {
        assert!(told.contains(word), "{told}");
    }
    assert_eq!(told.len(), 6, "{told:#?}");
    let table: toml::Table = platform.table("bilibili", true).parse().unwrap();
    let table = &table["plugin"]["bilibili"];
    assert_eq!(table["cookie"].as_str().unwrap(), platform.cookie());
    assert_eq!(table["hosts"]["*.bilivideo.com"].as_str().unwrap(), platform.base());
}
