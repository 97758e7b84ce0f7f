//! All rooms of a check in one request.

use std::collections::BTreeMap;

use lyrebird_plugin::{Failure, Room, Verdict, lenient};
use serde::Deserialize;
use serde_json::Value;

use super::entry::Entry;
use crate::api;
use crate::wbi::Parameters;

pub(super) const MANY: &str = "/xlive/web-room/v1/index/getRoomBaseInfo";

/// What is known of a room after the batch's answer.
pub(super) enum Known {
    Verdict(Verdict),
    /// A password is asked for; whether the user's login has given it only the single answer tells.
    Guarded(Box<Entry>),
    Missing,
}

/// What the batch says of each room, in their order.
pub(super) fn ask(rooms: &[Room]) -> Result<Vec<Known>, Failure> {
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
        Some((_, Ok(entry))) if entry.is_guarded() => Known::Guarded(Box::new(entry.clone())),
        Some((_, Ok(entry))) => Known::Verdict(entry.verdict(&room.id)),
    });
    Ok(known.collect())
}
