//! The picker of the plugin guide: rooms of the imaginary platform Lantern.

use std::collections::HashMap;

use lyrebird_plugin::{
    Broadcast, Candidate, Failure, Link, Picker, Quality, Request, Room, Status, Verdict, Wish, export_picker, lenient,
    settings,
};
use serde::Deserialize;

struct Lantern;

impl Picker for Lantern {
    fn resolve(input: &str) -> Result<String, Failure> {
        let link = Link::guess(input).ok_or_else(|| Failure::InvalidRoom(format!("`{input}` is not a URL")))?;
        match link.segments().collect::<Vec<_>>().as_slice() {
            [room, id] if room == "room" => Ok(id.clone()),
            [id] => Ok(id.clone()),
            _ => Err(Failure::InvalidRoom(format!("`{}` is not a room's page", link.place()))),
        }
    }

    fn check(rooms: &[Room]) -> Result<Vec<Verdict>, Failure> {
        let mut request = Request::get(format!("{}/rooms", api()?));
        for room in rooms {
            request = request.query("id", &room.id);
        }
        let known: HashMap<String, RoomInfo> = request.send()?.ok()?.json()?;
        Ok(rooms.iter().map(|room| verdict(room, known.get(&room.id))).collect())
    }

    fn streams(room: &Room, wish: &Wish) -> Result<Vec<Candidate>, Failure> {
        let mut request = Request::get(format!("{}/streams", api()?)).query("id", &room.id);
        if let Some(quality) = wish.qualities.first() {
            request = request.query("quality", quality);
        }
        let streams: Vec<Offer> = request.send()?.ok()?.json()?;
        let candidates = streams.into_iter().map(|stream| {
            Candidate::flv(stream.url)
                .quality(Quality::new(stream.quality.as_str(), stream.quality.as_str(), stream.height))
                .cdn(stream.cdn)
                .header("Referer", "https://www.lantern.test/")
        });
        Ok(candidates.collect())
    }
}

export_picker!(Lantern);

/// What `/rooms` says of one room; a room that it does not know is missing.
#[derive(Deserialize)]
struct RoomInfo {
    #[serde(deserialize_with = "lenient::value")]
    live: bool,
    streamer: String,
    #[serde(default)]
    title: String,
    #[serde(default, deserialize_with = "lenient::maybe")]
    started: Option<u32>,
}

/// One line of `/streams`; the list of a room that is not live is empty.
#[derive(Deserialize)]
struct Offer {
    url: String,
    quality: String,
    #[serde(deserialize_with = "lenient::value")]
    height: i32,
    cdn: String,
}

fn api() -> Result<String, Failure> {
    settings::require("api")
}

fn verdict(room: &Room, info: Option<&RoomInfo>) -> Verdict {
    match info {
        None => Err(Failure::Gone(format!("Lantern has no room {}", room.id))),
        Some(info) if !info.live => Ok(Status::Offline(Some(info.streamer.clone()))),
        Some(info) => Ok(Status::Live(Broadcast {
            id: info.started.map(|started| format!("{}-{started}", room.id)),
            streamer: info.streamer.clone(),
            title: info.title.clone(),
            room_url: format!("https://www.lantern.test/room/{}", room.id),
            started_at: info.started,
            ..Broadcast::default()
        })),
    }
}

#[cfg(test)]
mod tests;
