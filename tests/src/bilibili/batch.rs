//! Calls that tell of many rooms at once.

use serde_json::{Map, Value, json};

use super::endpoint::Endpoint;
use super::platform::Visit;
use super::reply::Reply;
use super::room::{Room, Wall};
use super::rooms::{face, written_time};

/// Rooms that one request may ask for. Invented: no client tells of a number.
const MOST_ROOMS: usize = 50;

pub(super) fn reply(visit: &mut Visit<'_>) -> Reply {
    if visit.endpoint == Endpoint::BaseInfo { base_info(visit) } else { status_by_uids(visit) }
}

/// By room ids, long or short; the answer is keyed by long ones, and unknown ones are not in it.
fn base_info(visit: &mut Visit<'_>) -> Reply {
    if visit.ask.parameter("req_biz") != Some("web_room_componet") {
        return visit.bad("`req_biz` is not what the web says");
    }
    let Some(ids) = numbers(visit.ask.all("room_ids")) else { return visit.bad("a room id is no number") };
    if ids.len() > MOST_ROOMS {
        return visit.bad("more rooms than one request may ask for");
    }
    let found = ids.iter().filter_map(|id| visit.state.find(*id));
    let rooms: Map<String, Value> = found.map(|room| (room.id.to_string(), of_room(room))).collect();
    Reply::ok(json!({"by_uids": {}, "by_room_ids": rooms}))
}

fn of_room(room: &Room) -> Value {
    json!({
        "room_id": room.id, "uid": room.uid, "area_id": 21, "live_status": room.live_status(),
        "live_url": format!("https://live.bilibili.com/{}", room.id), "parent_area_id": 2, "title": room.title,
        "parent_area_name": room.parent_area, "area_name": room.area, "live_time": written_time(room),
        "description": "", "tags": "", "attention": 12, "online": 34, "short_id": room.short,
        "uname": room.streamer, "cover": room.cover, "background": "", "join_slide": 1, "live_id": 0, "live_id_str": "0",
        "is_encrypted": room.is_behind(Wall::Encrypted),
    })
}

/// By streamers; `[]` where none of them is known.
fn status_by_uids(visit: &mut Visit<'_>) -> Reply {
    let posted = || {
        let body = visit.ask.json()?;
        let object = body.as_object().filter(|object| object.len() == 1)?;
        object.get("uids")?.as_array()?.iter().map(Value::as_u64).collect::<Option<Vec<u64>>>()
    };
    let uids = if visit.ask.method == "POST" { posted() } else { numbers(visit.ask.all("uids[]")) };
    let Some(uids) = uids.filter(|uids| !uids.is_empty()) else { return visit.bad("`uids` is no list of numbers") };
    if uids.len() > MOST_ROOMS {
        visit.wrong("more streamers than one request should ask for");
    }
    let found = uids.iter().filter_map(|uid| visit.state.of_streamer(*uid));
    let rooms: Map<String, Value> = found.map(|room| (room.uid.to_string(), of_streamer(room))).collect();
    if rooms.is_empty() { Reply::ok_old(json!([])) } else { Reply::ok_old(Value::Object(rooms)) }
}

fn of_streamer(room: &Room) -> Value {
    json!({
        "title": room.title, "room_id": room.id, "uid": room.uid, "online": 34,
        "live_time": if room.live_status() == 1 { room.live_time } else { 0 }, "live_status": room.live_status(),
        "short_id": room.short, "area": 6, "area_name": "An area's old name", "area_v2_id": 21, "area_v2_name": room.area, "area_v2_parent_id": 2,
        "area_v2_parent_name": room.parent_area, "uname": room.streamer, "face": face(room), "tag_name": "",
        "tags": "", "cover_from_user": room.cover, "keyframe": "",
        "lock_till": "0000-00-00 00:00:00", "hidden_till": "0000-00-00 00:00:00", "broadcast_type": 0,
    })
}

fn numbers<'a>(texts: impl Iterator<Item = &'a str>) -> Option<Vec<u64>> {
    texts.map(|text| text.parse().ok()).collect()
}
