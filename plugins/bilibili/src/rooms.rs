//! What the platform says of rooms: all of a check in one request, and singly only what that does not answer.

mod batch;
mod entry;
mod walls;

use std::collections::{BTreeMap, HashMap};

use lyrebird_plugin::{Failure, Room, Verdict, clock, http, lenient, warn};
use serde::Deserialize;
use serde_json::Value;

use crate::api;
use crate::wbi::Parameters;
use batch::Known;
use entry::Entry;
pub(crate) use walls::Walls;

const ONE: &str = "/room/v1/Room/room_init";
const BY_STREAMERS: &str = "/room/v1/Room/get_status_info_by_uids";
/// Rooms of one check that are asked for singly: with the batch's request and the signing of it they stay well below
/// the 32 requests that a call may send, and a platform that forgets many rooms at once is not to be flooded.
const MOST_SINGLE: usize = 10;
/// The platform writes its times as clocks in China show them.
const CHINA_MINUTES: i32 = 8 * 60;
/// The codes for a number without a room, of older and newer calls.
const NO_ROOM: [i64; 2] = [60_004, 19_002_003];

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
    #[serde(default, deserialize_with = "lenient::maybe")]
    is_sp: Option<u32>,
    #[serde(skip)]
    walls: Walls,
}

/// A verdict on each room, in their order.
pub(crate) fn check(rooms: &[Room]) -> Result<Vec<Verdict>, Failure> {
    let known = batch::ask(rooms)?;
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

/// Whether the code says that there is no such room.
pub(crate) fn is_no_room(code: i64) -> bool {
    NO_ROOM.contains(&code)
}

/// The room was there when its address was resolved, or never.
pub(crate) fn gone(id: &str) -> Failure {
    Failure::Gone(format!("there is no room {id} on Bilibili"))
}

impl Single {
    /// Only for who has paid.
    pub(crate) fn is_paid(&self) -> bool {
        self.special_type == Some(1) || self.is_sp == Some(1)
    }

    fn verdict(&self, id: &str, described: &HashMap<String, Entry>) -> Verdict {
        let known = self.uid.as_ref().and_then(|uid| described.get(uid));
        // A streamer has one room; still, another room's title would be a lie.
        if let Some(entry) = known.filter(|entry| entry.is(id)) {
            return entry.verdict(id);
        }
        Entry::bare(self.uid.clone(), self.live_status, self.live_time.clone()).verdict(id)
    }
}

/// What [`ONE`] says of each room, all asked at the same time; those beyond [`MOST_SINGLE`] are left for a later check.
fn ask_singly(ids: &[&str]) -> HashMap<String, Answer> {
    let (now, later) = ids.split_at(ids.len().min(MOST_SINGLE));
    let requests: Result<Vec<_>, Failure> = now.iter().map(|id| api::request(ONE, &by_number(id))).collect();
    let requests = match requests {
        Ok(requests) => requests,
        Err(failure) => return ids.iter().map(|&id| (id.to_owned(), Err(failure.clone()))).collect(),
    };
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
        _ => {
            let entries: BTreeMap<String, Value> = told.read()?;
            // Each is read by itself: an odd one must not cost the others their titles.
            Ok(entries.into_iter().filter_map(|(uid, entry)| Some((uid, Entry::deserialize(entry).ok()?))).collect())
        }
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
        code if is_no_room(code) => Ok(None),
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

/// A number that is one: 0 stands for none.
fn number(text: &Option<String>) -> Option<String> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty() && *text != "0").map(str::to_owned)
}

#[cfg(test)]
mod tests;
