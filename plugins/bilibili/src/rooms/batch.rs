//! All rooms of a check in one request, in parts where the platform does not take them together.

use std::collections::BTreeMap;

use lyrebird_plugin::{Failure, Room, Verdict, lenient};
use serde::Deserialize;
use serde_json::Value;

use super::entry::Entry;
use crate::api::{self, Told};
use crate::wbi::Parameters;

pub(super) const MANY: &str = "/xlive/web-room/v1/index/getRoomBaseInfo";
/// The code for a list that the platform does not take: too long, or with a number in it that it cannot read.
const BAD_LIST: i64 = -400;
/// Requests for the list of a check. By halves, one bad number among fifty is found in 13; with the single questions
/// and the signing it has to stay below the 32 requests that a call may send.
pub(super) const MOST_PARTS: usize = 14;

/// What is known of a room after the batch's answer.
pub(super) enum Known {
    Verdict(Verdict),
    /// A password is asked for; whether the user's login has given it only the single answer tells.
    Guarded(Box<Entry>),
    Missing,
}

/// What the batch says of each room, in their order.
pub(super) fn ask(rooms: &[Room]) -> Result<Vec<Known>, Failure> {
    let mut parts = vec![rooms];
    let mut asked = 0;
    let mut known = Vec::with_capacity(rooms.len());
    while let Some(part) = parts.pop() {
        if asked == MOST_PARTS {
            known.extend(part.iter().map(|_| {
                Known::Verdict(Err(Failure::unexpected(format!(
                    "Bilibili takes no list of {} rooms, in however many parts",
                    rooms.len()
                ))))
            }));
            continue;
        }
        asked += 1;
        let told = ask_part(part)?;
        match part {
            // Asked for by itself it has a code of its own.
            [_] if told.code == BAD_LIST => known.push(Known::Missing),
            _ if told.code == BAD_LIST => {
                let (first, second) = part.split_at(part.len() / 2);
                parts.extend([second, first]);
            }
            _ => known.extend(read(part, &told.content()?)?),
        }
    }
    Ok(known)
}

fn ask_part(rooms: &[Room]) -> Result<Told, Failure> {
    let mut parameters: Parameters = rooms.iter().map(|room| ("room_ids", room.id.clone())).collect();
    // Spelt as the platform's own pages spell it.
    parameters.push(("req_biz", "web_room_componet".to_owned()));
    api::ask(MANY, &parameters)
}

fn read(rooms: &[Room], told: &Told) -> Result<Vec<Known>, Failure> {
    #[derive(Default, Deserialize)]
    struct Many {
        #[serde(deserialize_with = "lenient::object")]
        by_room_ids: BTreeMap<String, Value>,
    }
    let many = if told.data.as_array().is_some_and(Vec::is_empty) { Many::default() } else { told.read()? };
    let told_of = many.by_room_ids.into_iter().filter(|(_, value)| !api::is_nothing(value));
    let entries: Vec<(String, Result<Entry, serde_json::Error>)> =
        told_of.map(|(key, value)| (key, Entry::deserialize(&value))).collect();
    let find = |id: &str| {
        let by_key = entries.iter().find(|(key, _)| key == id);
        by_key.or_else(|| entries.iter().find(|(_, entry)| entry.as_ref().is_ok_and(|entry| entry.is(id))))
    };
    let known = rooms.iter().map(|room| match find(&room.id) {
        None => Known::Missing,
        Some((_, Err(error))) => Known::Verdict(Err(
            told.unexpected(&format!("room {} is not described as this plugin reads it: {error}", room.id))
        )),
        Some((_, Ok(entry))) if entry.is_guarded() => Known::Guarded(Box::new(entry.clone())),
        Some((_, Ok(entry))) => Known::Verdict(entry.verdict(&room.id)),
    });
    Ok(known.collect())
}
