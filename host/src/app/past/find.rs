//! Which rooms of the past a person means: by `platform:id`, id, URL, streamer or his own name, whole or in part.

use super::OwnName;
use crate::model::redact_input;
use crate::store::KnownRoom;

/// Slips of the finger in a name that is still near.
const SLIPS: usize = 3;

/// A room, with what it was called before its id was known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) known: KnownRoom,
    /// Under these its story begins.
    pub(super) aliases: Vec<String>,
    /// What the user's config calls it.
    pub(super) own: Vec<String>,
}

impl Room {
    /// What a person calls it.
    pub(super) fn name(&self) -> String {
        format!("{}:{}", self.known.platform, self.known.room)
    }

    fn names(&self) -> impl Iterator<Item = String> + '_ {
        let KnownRoom { room, ids, inputs, streamers, .. } = &self.known;
        let names = ids.iter().chain(inputs).chain(streamers).chain(&self.aliases).chain(&self.own);
        names.map(|name| name.to_lowercase()).chain([room.to_lowercase(), self.name().to_lowercase()])
    }
}

/// Joins each room with what was told of it before its id was known, and with the user's names for it.
pub(super) fn gather(known: Vec<KnownRoom>, own: &[OwnName]) -> Vec<Room> {
    let mut rooms: Vec<Room> = Vec::new();
    let inputs_of = |room: &KnownRoom| -> Vec<String> { room.inputs.iter().map(|input| redact_input(input)).collect() };
    let (nameless, named): (Vec<_>, Vec<_>) = known.into_iter().partition(|room| room.inputs.is_empty());
    let room = |known| Room { known, aliases: Vec::new(), own: Vec::new() };
    rooms.extend(named.into_iter().map(room));
    for known in nameless {
        let is_it =
            |room: &&mut Room| room.known.platform == known.platform && inputs_of(&room.known).contains(&known.room);
        match rooms.iter_mut().find(is_it) {
            Some(room) => room.aliases.push(known.room),
            None => rooms.push(room(known)),
        }
    }
    for OwnName { name, url } in own {
        // As it is kept where it may hold a secret.
        let shown = redact_input(url);
        let is_its = |input: &String| *input == *url || *input == shown;
        let is_it = |room: &&mut Room| {
            let KnownRoom { room: id, inputs, .. } = &room.known;
            inputs.iter().chain(&room.aliases).any(is_its) || is_its(id)
        };
        rooms.iter_mut().filter(is_it).for_each(|room| room.own.push(name.clone()));
    }
    rooms
}

/// The rooms that are called so; where none is, those with a name of which it is a part.
///
/// # Errors
/// None is meant: names of rooms that are called similarly.
pub(super) fn find(word: &str, rooms: Vec<Room>) -> Result<Vec<Room>, Vec<String>> {
    let wanted = word.trim().to_lowercase();
    let shown = redact_input(word.trim()).to_lowercase();
    let is_called = |room: &Room| room.names().any(|name| name == wanted || name == shown);
    let is_part = |room: &Room| !wanted.is_empty() && room.names().any(|name| name.contains(&wanted));
    let is_near = |room: &Room| {
        // A short name is as far from any word as from any other.
        let near = |name: &str| {
            let slips = strsim::damerau_levenshtein(name, &wanted);
            slips <= SLIPS && slips.saturating_mul(2) < name.chars().count()
        };
        room.names().any(|name| near(&name) || (name.chars().count() > SLIPS && wanted.contains(&name)))
    };
    let fitting = |fits: &dyn Fn(&Room) -> bool| rooms.iter().filter(|room| fits(room)).cloned().collect::<Vec<Room>>();
    let called = fitting(&is_called);
    let found = if called.is_empty() { fitting(&is_part) } else { called };
    if !found.is_empty() {
        return Ok(found);
    }
    let called = |room: &Room| room.own.first().cloned().unwrap_or_else(|| room.name());
    Err(rooms.iter().filter(|room| is_near(room)).map(called).collect())
}
