//! The hosts behind signed URLs. Media is FLV alone: a playlist's URL is as good as any other, and leads to a 404.

use super::platform::Visit;
use super::reply::Reply;
use crate::feed::Phase;
use crate::origin::Answer;

pub(super) mod address;

pub(super) fn reply(visit: &mut Visit<'_>) -> Reply {
    if let Err(why) = address::verify(visit.ask) {
        visit.wrong(why);
        return Answer::status(403).into();
    }
    let expires = visit.ask.number("expires").unwrap_or(0);
    if visit.now_s + visit.state.aged_seconds >= expires {
        return Answer::status(403).into();
    }
    let Some(place) = address::read(&visit.ask.path) else { return Answer::status(404).into() };
    let room = visit.state.rooms.get(&place.room).filter(|room| room.uid == place.uid);
    let feed = room.and_then(|room| room.feed(place.codec));
    match (room, feed) {
        (Some(room), Some(feed)) if place.is_flv && feed.phase() == Phase::OnAir => {
            Answer::live(feed).joins(visit.state.join).on(&room.leash).into()
        }
        _ => Answer::status(404).into(),
    }
}
