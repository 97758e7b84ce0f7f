//! What the platform says of rooms: all of a check in one request, and singly only what that does not answer.

mod walls;

use std::collections::{BTreeMap, HashMap};

use lyrebird_plugin::{Broadcast, Failure, Room, Status, Verdict, clock, http, lenient, warn};
use serde::Deserialize;
use serde_json::Value;

use crate::wbi::Parameters;
use crate::{address, api};
pub(crate) use walls::Walls;

const MANY: &str = "/xlive/web-room/v1/index/getRoomBaseInfo";
const ONE: &str = "/room/v1/Room/room_init";
const BY_STREAMERS: &str = "/room/v1/Room/get_status_info_by_uids";
/// Rooms of one check that are asked for singly: with the batch's request and the signing of it they stay well below
/// the 32 requests that a call may send, and a platform that forgets many rooms at once is not to be flooded.
const MOST_SINGLE: usize = 10;
/// The platform writes its times as clocks in China show them.
const CHINA_MINUTES: i32 = 8 * 60;
/// The code for a number without a room.
pub(crate) const NO_ROOM: i64 = 60004;

/// One room in the answers of [`MANY`] and [`BY_STREAMERS`], which have other names for some things.
#[derive(Clone, Debug, Deserialize)]
struct Entry {
    #[serde(default, deserialize_with = "lenient::maybe")]
    room_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    short_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    uid: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    uname: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    title: Option<String>,
    #[serde(default, alias = "cover_from_user", deserialize_with = "lenient::maybe")]
    cover: Option<String>,
    #[serde(default, alias = "area_v2_name", deserialize_with = "lenient::maybe")]
    area_name: Option<String>,
    #[serde(default, alias = "area_v2_parent_name", deserialize_with = "lenient::maybe")]
    parent_area_name: Option<String>,
    #[serde(deserialize_with = "lenient::value")]
    live_status: u32,
    #[serde(default, deserialize_with = "lenient::maybe")]
    live_time: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    live_id_str: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    is_encrypted: Option<bool>,
}

/// The answer of [`ONE`].
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Single {
    /// The room's own number, whatever was asked for.
    #[serde(deserialize_with = "lenient::value")]
    pub(crate) room_id: u64,
    #[serde(default, deserialize_with = "lenient::maybe")]
    uid: Option<String>,
    #[serde(deserialize_with = "lenient::value")]
    live_status: u32,
    #[serde(default, deserialize_with = "lenient::maybe")]
    live_time: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    special_type: Option<u32>,
    #[serde(skip)]
    walls: Walls,
}

/// What is known of a room after the batch's answer.
enum Known {
    Verdict(Verdict),
    /// A password is asked for; whether the user's login has given it only the single answer tells.
    Guarded(Box<Entry>),
    Missing,
}

/// A verdict on each room, in their order.
pub(crate) fn check(rooms: &[Room]) -> Result<Vec<Verdict>, Failure> {
    let known = ask_many(rooms)?;
    let open: Vec<&str> = rooms
        .iter()
        .zip(&known)
        .filter(|(_, known)| !matches!(known, Known::Verdict(_)))
        .map(|(room, _)| room.id.as_str())
        .collect();
    let singles = if open.is_empty() { HashMap::new() } else { ask_singly(&open) };
    let missing = rooms.iter().zip(&known).filter(|(_, known)| matches!(known, Known::Missing));
    let described = describe(missing.filter_map(|(room, _)| singles.get(&room.id)?.as_ref().ok()));
    let verdicts = rooms.iter().zip(known).map(|(room, known)| match known {
        Known::Verdict(verdict) => verdict,
        Known::Guarded(entry) => {
            asked(&singles, room)?.walls.judge(&room.id)?;
            entry.verdict(&room.id)
        }
        Known::Missing => {
            let single = asked(&singles, room)?;
            single.walls.judge(&room.id)?;
            single.verdict(&room.id, &described)
        }
    });
    Ok(verdicts.collect())
}

/// Asks for one room by any of its numbers; none where there is no such room.
pub(crate) fn single(number: &str) -> Result<Option<Single>, Failure> {
    read_single(&api::ask(ONE, &by_number(number))?)
}

/// The room was there when its address was resolved, or never.
pub(crate) fn gone(id: &str) -> Failure {
    Failure::Gone(format!("there is no room {id} on Bilibili"))
}

impl Single {
    /// Only for who has paid.
    pub(crate) fn is_paid(&self) -> bool {
        self.special_type == Some(1)
    }

    fn verdict(&self, id: &str, described: &HashMap<String, Entry>) -> Verdict {
        let known = self.uid.as_ref().and_then(|uid| described.get(uid));
        // A streamer has one room; still, another room's title would be a lie.
        if let Some(entry) = known.filter(|entry| entry.is(id)) {
            return entry.verdict(id);
        }
        let bare = Entry {
            room_id: None,
            short_id: None,
            uid: self.uid.clone(),
            uname: None,
            title: None,
            cover: None,
            area_name: None,
            parent_area_name: None,
            live_status: self.live_status,
            live_time: self.live_time.clone(),
            live_id_str: None,
            is_encrypted: None,
        };
        bare.verdict(id)
    }
}

impl Entry {
    fn is(&self, id: &str) -> bool {
        [&self.room_id, &self.short_id].into_iter().any(|own| own.as_deref() == Some(id))
    }

    fn verdict(&self, id: &str) -> Verdict {
        match self.live_status {
            0 => Ok(Status::Offline(filled(self.uname.as_ref()))),
            1 => Ok(Status::Live(self.broadcast(id))),
            2 => Ok(Status::Replay(self.broadcast(id))),
            other => {
                Err(Failure::unexpected(format!("room {id} has the state {other}, which this plugin does not know")))
            }
        }
    }

    fn broadcast(&self, id: &str) -> Broadcast {
        let extra = [
            ("uid", number(self.uid.as_ref())),
            ("short_id", number(self.short_id.as_ref())),
            ("parent_category", filled(self.parent_area_name.as_ref())),
        ];
        let extra = extra.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Broadcast {
            id: number(self.live_id_str.as_ref()),
            // Without a name the recording still needs one for its files.
            streamer: filled(self.uname.as_ref()).unwrap_or_else(|| id.to_owned()),
            title: self.title.clone().unwrap_or_default(),
            room_url: address::page(id),
            category: filled(self.area_name.as_ref()).or_else(|| filled(self.parent_area_name.as_ref())),
            cover_url: filled(self.cover.as_ref()).map(|url| match url.strip_prefix("//") {
                Some(rest) => format!("https://{rest}"),
                None => url,
            }),
            started_at: self.live_time.as_deref().and_then(moment),
            extra: extra.collect(),
        }
    }
}

fn ask_many(rooms: &[Room]) -> Result<Vec<Known>, Failure> {
    #[derive(Default, Deserialize)]
    struct Many {
        #[serde(deserialize_with = "lenient::object")]
        by_room_ids: BTreeMap<String, Value>,
    }
    let mut parameters: Parameters = rooms.iter().map(|room| ("room_ids", room.id.clone())).collect();
    // Spelt as the platform's own pages spell it.
    parameters.push(("req_biz", "web_room_componet".to_owned()));
    let told = api::ask(MANY, &parameters)?.content()?;
    let none = told.data.as_array().is_some_and(Vec::is_empty);
    let many = if none { Many::default() } else { told.read()? };
    let entries: Vec<(String, Result<Entry, serde_json::Error>)> =
        many.by_room_ids.into_iter().map(|(key, value)| (key, Entry::deserialize(&value))).collect();
    let find = |id: &str| {
        let by_key = entries.iter().find(|(key, _)| key == id);
        by_key.or_else(|| entries.iter().find(|(_, entry)| entry.as_ref().is_ok_and(|entry| entry.is(id))))
    };
    let known = rooms.iter().map(|room| match find(&room.id) {
        None => Known::Missing,
        Some((_, Err(error))) => Known::Verdict(Err(
            told.unexpected(&format!("room {} is not described as this plugin reads it: {error}", room.id))
        )),
        Some((_, Ok(entry))) if entry.live_status == 1 && entry.is_encrypted == Some(true) => {
            Known::Guarded(Box::new(entry.clone()))
        }
        Some((_, Ok(entry))) => Known::Verdict(entry.verdict(&room.id)),
    });
    Ok(known.collect())
}

/// What [`ONE`] says of each room, all asked at the same time; those beyond [`MOST_SINGLE`] are left for a later check.
fn ask_singly(ids: &[&str]) -> HashMap<String, Answer> {
    let (now, later) = ids.split_at(ids.len().min(MOST_SINGLE));
    let requests: Vec<_> = now.iter().map(|id| api::unsigned(ONE, &by_number(id))).collect();
    let answers = http::send_all(&requests).into_iter().zip(now).map(|(answer, id)| {
        let single = read_single(&api::open(answer?)?)?;
        single.ok_or_else(|| gone(id))
    });
    let postponed = later.iter().map(|_| {
        Err(Failure::Other("the platform's answer left out too many rooms to ask for each at once".to_owned()))
    });
    ids.iter().map(|&id| id.to_owned()).zip(answers.chain(postponed)).collect()
}

type Answer = Result<Single, Failure>;

fn asked(singles: &HashMap<String, Answer>, room: &Room) -> Answer {
    // Asked for twice in one check, a room has one answer.
    singles.get(&room.id).cloned().unwrap_or_else(|| Err(Failure::Other(format!("room {} was not asked for", room.id))))
}

/// Titles and names of those that are on air, by streamer: the single answer has none. A recording needs none either,
/// so a failure costs the names only.
fn describe<'a>(singles: impl Iterator<Item = &'a Single>) -> HashMap<String, Entry> {
    let on_air = singles.filter(|single| single.live_status != 0 && !single.walls.stand());
    let parameters: Parameters = on_air.filter_map(|single| Some(("uids[]", single.uid.clone()?))).collect();
    if parameters.is_empty() {
        return HashMap::new();
    }
    let told = api::ask(BY_STREAMERS, &parameters).and_then(api::Told::content);
    let entries = told.and_then(|told| match told.data.as_array() {
        Some(none) if none.is_empty() => Ok(HashMap::new()),
        _ => told.read(),
    });
    entries.unwrap_or_else(|failure| {
        warn!("rooms are on air, but nothing tells their titles: {}", failure.message());
        HashMap::new()
    })
}

fn by_number(number: &str) -> Parameters {
    vec![("id", number.to_owned())]
}

fn read_single(told: &api::Told) -> Result<Option<Single>, Failure> {
    match told.code {
        0 => Ok(Some(Single { walls: told.read()?, ..told.read()? })),
        NO_ROOM => Ok(None),
        _ => Err(told.refusal()),
    }
}

/// A time as the platform writes it: seconds in some answers, a date in others, zeros for none in both.
fn moment(text: &str) -> Option<u32> {
    match text.trim().parse() {
        Ok(seconds) => Some(seconds).filter(|&seconds| seconds > 0),
        Err(_) => clock::parse(text, CHINA_MINUTES),
    }
}

/// A text that says something.
fn filled(text: Option<&String>) -> Option<String> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A number that is one: 0 stands for none.
fn number(text: Option<&String>) -> Option<String> {
    filled(text).filter(|text| text != "0")
}

#[cfg(test)]
mod tests;
