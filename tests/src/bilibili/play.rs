//! `getRoomPlayInfo`: what a room offers, filtered by what was asked for, as far as this viewer may have it.

use serde_json::{Value, json};

use super::media::address;
use super::platform::Visit;
use super::reply::Reply;
use super::room::{Codec, Format, Room, Wall};
use super::rooms::{DAY_SECONDS, till_of};

/// The best quality that a visitor without a login gets.
const GUEST_QUALITY: u64 = 250;
/// Each quality's name.
const NAMES: [(u64, &str); 10] = [
    (30_000, "杜比"),
    (25_000, "原画真彩"),
    (20_000, "4K"),
    (15_000, "2K"),
    (10_000, "原画"),
    (401, "蓝光(杜比)"),
    (400, "蓝光"),
    (250, "超清"),
    (150, "高清"),
    (80, "流畅"),
];

/// What was asked for.
struct Wanted {
    protocols: Vec<u64>,
    formats: Vec<u64>,
    codecs: Vec<u64>,
    quality: u64,
}

impl Wanted {
    fn read(visit: &Visit<'_>) -> Result<Self, &'static str> {
        let list = |name: &str, most: u64| {
            let numbers = visit.ask.parameter(name)?.split(',').map(|number| number.parse().ok());
            numbers.collect::<Option<Vec<u64>>>().filter(|list| list.iter().all(|number| *number <= most))
        };
        let platform = visit.ask.parameter("platform").unwrap_or("web");
        if !["web", "html5"].contains(&platform) {
            return Err("`platform` is neither web nor html5");
        }
        let quality = visit.ask.parameter("qn").unwrap_or("0").parse();
        Ok(Wanted {
            protocols: list("protocol", 1).ok_or("`protocol` is no list of 0 and 1")?,
            formats: list("format", 2).ok_or("`format` is no list of 0 to 2")?,
            codecs: list("codec", 2).ok_or("`codec` is no list of 0 to 2")?,
            quality: quality.map_err(|_| "`qn` is no number")?,
        })
    }

    fn takes(&self, format: Format, codec: Codec) -> bool {
        self.protocols.contains(&protocol(format).0)
            && self.formats.contains(&format_name(format).0)
            && self.codecs.contains(&codec_name(codec).0)
    }
}

pub(super) fn reply(visit: &mut Visit<'_>) -> Reply {
    let wanted = match Wanted::read(visit) {
        Ok(wanted) => wanted,
        Err(why) => return visit.bad(why),
    };
    let Some(id) = visit.ask.number("room_id") else { return visit.bad("`room_id` is no number") };
    let Some(room) = visit.state.find(id) else { return Reply::code(60004, "直播间不存在") };
    let till = visit.now_s + DAY_SECONDS;
    let special: &[u64] = match room.wall {
        Some(Wall::Drm) => &[203],
        Some(Wall::Paid) => &[1],
        _ => &[],
    };
    Reply::ok(json!({
        "room_id": room.id, "short_id": room.short, "uid": room.uid, "is_hidden": room.is_behind(Wall::Hidden),
        "is_locked": room.is_behind(Wall::Locked), "is_portrait": false, "live_status": room.live_status(),
        "hidden_till": till_of(room, Wall::Hidden, till), "lock_till": till_of(room, Wall::Locked, till),
        "encrypted": room.is_behind(Wall::Encrypted), "pwd_verified": false,
        "live_time": if room.live_status() == 1 { room.live_time } else { 0 }, "room_shield": 0,
        "all_special_types": special, "playurl_info": playurl_info(visit, room, &wanted),
    }))
}

fn playurl_info(visit: &Visit<'_>, room: &Room, wanted: &Wanted) -> Value {
    let is_closed = matches!(room.wall, Some(Wall::Encrypted | Wall::Paid));
    if !room.is_live() || is_closed || visit.ask.parameter("no_playurl") == Some("1") {
        return Value::Null;
    }
    if room.is_behind(Wall::Region) {
        return json!({"conf_json": "{}", "playurl": null});
    }
    let names: Vec<Value> = NAMES.iter().map(|(quality, name)| json!({"qn": quality, "desc": name})).collect();
    json!({"conf_json": "{}", "playurl": {
        "cid": room.id, "g_qn_desc": names, "stream": streams(visit, room, wanted), "p2p_data": {"p2p": false},
    }})
}

/// Protocols, in them formats, in them codecs; what was not asked for, or is not offered, has no entry.
fn streams(visit: &Visit<'_>, room: &Room, wanted: &Wanted) -> Vec<Value> {
    let mut streams = Vec::new();
    for group in [&[Format::Flv][..], &[Format::Ts, Format::Fmp4]] {
        let mut formats = Vec::new();
        for format in group {
            let offers =
                room.offers.iter().filter(|(offered, codec)| offered == format && wanted.takes(*format, *codec));
            let codecs: Vec<Value> =
                offers.map(|(_, codec)| codec_entry(visit, room, *format, *codec, wanted.quality)).collect();
            if !codecs.is_empty() {
                formats.push(json!({"format_name": format_name(*format).1, "codec": codecs, "master_url": ""}));
            }
        }
        if !formats.is_empty() {
            streams.push(json!({"protocol_name": protocol(group[0]).1, "format": formats}));
        }
    }
    streams
}

fn codec_entry(visit: &Visit<'_>, room: &Room, format: Format, codec: Codec, wanted: u64) -> Value {
    let most = if visit.is_logged_in() { u64::MAX } else { GUEST_QUALITY };
    let quality = best(&room.qualities, wanted, most);
    let path = address::path(room, format, codec, quality);
    let urls = room.hosts.iter().map(|host| {
        let extra = address::extra(host, &path, quality, visit.now_s + visit.state.url_seconds);
        json!({"host": format!("https://{host}"), "extra": extra, "stream_ttl": visit.state.url_seconds})
    });
    let urls: Vec<Value> = urls.collect();
    json!({
        "codec_name": codec_name(codec).1, "current_qn": quality, "accept_qn": room.qualities,
        "base_url": format!("{path}?"), "url_info": urls, "hdr_qn": null, "dolby_type": 0, "attr_name": "",
        "drm": room.is_behind(Wall::Drm),
    })
}

/// The best quality up to the wanted one that this viewer may have; where there is none, the lowest.
fn best(qualities: &[u64], wanted: u64, most: u64) -> u64 {
    let wanted = if wanted == 0 { u64::MAX } else { wanted };
    let below = qualities.iter().copied().filter(|quality| *quality <= wanted.min(most)).max();
    // A room whose every quality is above a guest's share is still shown to him, transcoded.
    below.or_else(|| qualities.iter().copied().min()).unwrap_or(most).min(most)
}

fn protocol(format: Format) -> (u64, &'static str) {
    if format == Format::Flv { (0, "http_stream") } else { (1, "http_hls") }
}

fn format_name(format: Format) -> (u64, &'static str) {
    match format {
        Format::Flv => (0, "flv"),
        Format::Ts => (1, "ts"),
        Format::Fmp4 => (2, "fmp4"),
    }
}

pub(super) fn codec_name(codec: Codec) -> (u64, &'static str) {
    match codec {
        Codec::Avc => (0, "avc"),
        Codec::Hevc => (1, "hevc"),
        Codec::Av1 => (2, "av1"),
    }
}
