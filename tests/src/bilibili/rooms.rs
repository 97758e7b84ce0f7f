//! Calls that tell of one room or of one streamer.

use serde_json::{Value, json};

use super::endpoint::Endpoint;
use super::platform::Visit;
use super::reply::Reply;
use super::room::{Room, Wall};
use super::wbi::Verdict;

/// What stands for "never" where a time should be.
const NEVER: i64 = -62_170_012_800;
/// China's clock, which is in every written time.
const CHINA_SECONDS: u64 = 8 * 3600;
/// How long a locked or hidden room stays so.
pub(super) const DAY_SECONDS: u64 = 86_400;

pub(super) fn reply(visit: &mut Visit<'_>) -> Reply {
    match visit.endpoint {
        Endpoint::RoomInit => room_init(visit),
        Endpoint::GetInfo => get_info(visit),
        Endpoint::StreamerOfRoom => streamer_of_room(visit),
        Endpoint::MasterInfo => master_info(visit),
        _ => info_by_room(visit),
    }
}

fn room_init(visit: &mut Visit<'_>) -> Reply {
    let Some(id) = visit.ask.number("id") else { return visit.bad("`id` is no number") };
    let Some(room) = visit.state.find(id) else { return Reply::code_old(60004, "房间不存在") };
    let till = visit.now_s + DAY_SECONDS;
    let live_time = if room.live_status() == 1 { json!(room.live_time) } else { json!(NEVER) };
    Reply::ok_old(json!({
        "room_id": room.id, "short_id": room.short, "uid": room.uid, "need_p2p": 0,
        "is_hidden": room.is_behind(Wall::Hidden), "is_locked": room.is_behind(Wall::Locked), "is_portrait": false,
        "live_status": room.live_status(), "hidden_till": till_of(room, Wall::Hidden, till),
        "lock_till": till_of(room, Wall::Locked, till), "encrypted": room.is_behind(Wall::Encrypted),
        "pwd_verified": false, "live_time": live_time, "room_shield": 0, "is_sp": 0,
        "special_type": u64::from(room.is_behind(Wall::Paid)),
    }))
}

pub(super) fn till_of(room: &Room, wall: Wall, till: u64) -> u64 {
    if room.is_behind(wall) { till } else { 0 }
}

fn get_info(visit: &mut Visit<'_>) -> Reply {
    let Some(id) = visit.ask.number("room_id").or_else(|| visit.ask.number("id")) else {
        return visit.bad("neither `room_id` nor `id` is a number");
    };
    let Some(room) = visit.state.find(id) else { return Reply::code_old(1, "未找到该房间") };
    Reply::ok_old(json!({
        "uid": room.uid, "room_id": room.id, "short_id": room.short, "attention": 12, "online": 34,
        "is_portrait": false, "description": "<p>Invented</p>", "live_status": room.live_status(), "area_id": 21,
        "parent_area_id": 2, "parent_area_name": room.parent_area, "area_name": room.area, "background": "",
        "title": room.title, "user_cover": room.cover, "keyframe": "", "live_time": written_time(room), "tags": "",
    }))
}

fn streamer_of_room(visit: &mut Visit<'_>) -> Reply {
    let Some(id) = visit.ask.number("roomid") else { return visit.bad("`roomid` is no number") };
    let Some(room) = visit.state.find(id) else { return Reply::ok_old(json!([])) };
    Reply::ok_old(json!({"info": {
        "uid": room.uid, "uname": room.streamer, "face": face(room), "rank": "10000", "gender": 0,
    }}))
}

fn master_info(visit: &mut Visit<'_>) -> Reply {
    let Some(uid) = visit.ask.number("uid") else { return visit.bad("`uid` is no number") };
    let Some(room) = visit.state.of_streamer(uid) else {
        return Reply::ok_old(json!({"info": {"uid": 0, "uname": "", "face": "", "gender": 0}, "room_id": 0}));
    };
    let info = json!({"uid": room.uid, "uname": room.streamer, "face": face(room), "gender": 0});
    Reply::ok_old(json!({"info": info, "room_id": room.id, "medal_name": "", "follower_num": 12}))
}

/// The one call that must be signed.
fn info_by_room(visit: &mut Visit<'_>) -> Reply {
    match visit.signature() {
        Verdict::Good => {}
        Verdict::Stale => return Reply::risk(),
        Verdict::Wrong => {
            visit.wrong("the signature is wrong or missing");
            return Reply::risk();
        }
    }
    let Some(id) = visit.ask.number("room_id") else { return visit.bad("`room_id` is no number") };
    let Some(room) = visit.state.find(id) else { return Reply::code(19_002_000, "获取初始化数据失败") };
    if room.is_behind(Wall::Encrypted) {
        return Reply::code(19_002_005, "房间已加密");
    }
    let till = visit.now_s + DAY_SECONDS;
    let start = if room.live_status() == 1 { room.live_time } else { 0 };
    let number = format!("{}{:05}", room.id, start % 100_000);
    Reply::ok(json!({
        "room_info": {
            "uid": room.uid, "room_id": room.id, "short_id": room.short, "title": room.title, "cover": room.cover,
            "tags": "", "background": "", "description": "<p>Invented</p>", "live_status": room.live_status(),
            "live_start_time": start, "live_screen_type": 0, "lock_status": u64::from(room.is_behind(Wall::Locked)),
            "lock_time": till_of(room, Wall::Locked, till),
            "hidden_status": u64::from(room.is_behind(Wall::Hidden)),
            "hidden_time": till_of(room, Wall::Hidden, till), "area_id": 21, "area_name": room.area,
            "parent_area_id": 2, "parent_area_name": room.parent_area, "keyframe": "",
            "special_type": u64::from(room.is_behind(Wall::Paid)), "online": 34,
            "live_id": number.parse::<u64>().unwrap_or(0), "live_id_str": number,
        },
        "anchor_info": {"base_info": {
            "uname": room.streamer, "face": face(room), "gender": "", "official_info": {"role": -1, "title": ""},
        }},
        "block_info": {"block": false, "desc": ""},
    }))
}

pub(super) fn face(room: &Room) -> String {
    format!("https://i0.hdslb.com/bfs/face/{}.jpg", room.uid)
}

/// `2023-01-02 03:04:05` by China's clock; zeros while it is not live.
pub(super) fn written_time(room: &Room) -> Value {
    if room.live_status() != 1 {
        return json!("0000-00-00 00:00:00");
    }
    let seconds = room.live_time + CHINA_SECONDS;
    let (year, month, day) = date(seconds / DAY_SECONDS);
    let (hour, minute) = (seconds / 3600 % 24, seconds / 60 % 60);
    json!(format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{:02}", seconds % 60))
}

/// The civil date of a day since 1970.
fn date(day: u64) -> (u64, u64, u64) {
    // Years that begin in March have their leap day last, in cycles of 400 years.
    let shifted = day + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let calendar_month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + u64::from(calendar_month <= 2), calendar_month, of_month)
}
