//! Which rooms anything is known of, and by which names a person may call each.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row};

use super::{Store, StoreError};
use crate::model::shown_id;

/// Inputs and streamers that are told of one room.
const NAMES: usize = 100;

/// A room that something is known of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownRoom {
    /// The platform.
    pub platform: String,
    /// The room's id as it may be shown.
    pub room: String,
    /// The canonical ids of its sessions: several where they are signed URLs. Not for people.
    pub ids: Vec<String>,
    /// What the user wrote for it. Not for people.
    pub inputs: Vec<String>,
    /// The names that its streamer had, the last one first.
    pub streamers: Vec<String>,
}

impl Store {
    /// The rooms that anything is known of, by platform and id.
    ///
    /// # Errors
    /// The database does not work.
    pub async fn rooms_known(&self) -> Result<Vec<KnownRoom>, StoreError> {
        self.ask(|file| {
            file.run(|connection| {
                let moment = connection.transaction()?;
                Ok(Ok(known(&moment)?))
            })
        })
        .await
    }
}

fn known(connection: &Connection) -> rusqlite::Result<Vec<KnownRoom>> {
    let mut rooms: BTreeMap<(String, String), KnownRoom> = BTreeMap::new();
    let sql = "SELECT DISTINCT platform, room FROM story
               UNION SELECT DISTINCT platform, room FROM event WHERE platform IS NOT NULL AND room IS NOT NULL";
    for row in connection.prepare_cached(sql)?.query_map([], two)? {
        let (platform, room) = row?;
        named(&mut rooms, platform, &room);
    }
    let sql = "SELECT platform, room, input, broadcast ->> '$.streamer' FROM session ORDER BY started_at DESC, id DESC";
    let session = |row: &Row<'_>| Ok((two(row)?, row.get::<_, String>(2)?, row.get::<_, Option<String>>(3)?));
    for row in connection.prepare_cached(sql)?.query_map([], session)? {
        let ((platform, id), input, streamer) = row?;
        let room = named(&mut rooms, platform, &id);
        add(&mut room.ids, id);
        add(&mut room.inputs, input);
        add(&mut room.streamers, streamer.unwrap_or_default());
    }
    // What a picker was asked for an id: it names its build, not the platform.
    let sql = "SELECT plugin, input, id FROM resolved";
    let resolved = |row: &Row<'_>| Ok((two(row)?, row.get::<_, String>(2)?));
    for row in connection.prepare_cached(sql)?.query_map([], resolved)? {
        let ((plugin, input), id) = row?;
        let (plugin, shown) = (plugin.split('@').next().unwrap_or_default(), shown_id(&id));
        let is_its = |platform: &str| platform == plugin;
        let is_sure = rooms.keys().any(|(platform, room)| *room == shown && is_its(platform));
        for room in rooms.values_mut().filter(|one| one.room == shown && (is_its(&one.platform) || !is_sure)) {
            add(&mut room.inputs, input.clone());
        }
    }
    Ok(rooms.into_values().collect())
}

fn named<'a>(rooms: &'a mut BTreeMap<(String, String), KnownRoom>, platform: String, id: &str) -> &'a mut KnownRoom {
    let room = shown_id(id);
    let new = KnownRoom { platform: platform.clone(), room: room.clone(), ..KnownRoom::default() };
    rooms.entry((platform, room)).or_insert(new)
}

fn add(names: &mut Vec<String>, name: String) {
    if !name.is_empty() && names.len() < NAMES && !names.contains(&name) {
        names.push(name);
    }
}

fn two(row: &Row<'_>) -> rusqlite::Result<(String, String)> {
    Ok((row.get(0)?, row.get(1)?))
}
