//! The origin of all rooms: each connection does what the plan says.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::plan::{self, Bringing, Framing, Refusal, Turn};
use super::{path, room_of};
use crate::feed::{Feed, Phase};
use crate::origin::{Answer, At, Request, Site};

/// The site of a seed.
#[derive(Debug)]
pub struct Chaos {
    seed: u64,
    rooms: Vec<Room>,
    /// Nothing goes wrong any more.
    is_calm: AtomicBool,
}

#[derive(Debug, Default)]
struct Room {
    feed: Feed,
    connections: Mutex<usize>,
}

impl Chaos {
    /// So many rooms, all dark.
    pub fn new(seed: u64, rooms: usize) -> Chaos {
        let rooms = (0..rooms).map(|_| Room::default()).collect();
        Chaos { seed, rooms, is_calm: AtomicBool::new(false) }
    }

    /// What a room sends.
    pub fn feed(&self, room: usize) -> &Feed {
        &self.rooms[room].feed
    }

    /// From now on connections bring all that is on air.
    pub fn calm_down(&self) {
        self.is_calm.store(true, Ordering::Relaxed);
    }
}

impl Site for Chaos {
    fn answer(&self, request: &Request) -> Answer {
        let place = room_of(request.target()).and_then(|room| Some((room, self.rooms.get(room)?)));
        let Some((number, room)) = place else { return Answer::status(404) };
        if room.feed.phase() != Phase::OnAir {
            return Answer::status(404);
        }
        if self.is_calm.load(Ordering::Relaxed) {
            return Answer::live(&room.feed);
        }
        let mut connections = room.connections.lock().unwrap();
        let turn = plan::turn(self.seed, number, *connections);
        *connections += 1;
        match turn {
            Turn::Refuses(refusal) => refuse(refusal, number),
            Turn::Brings(bringing) => bring(&room.feed, bringing),
        }
    }
}

fn refuse(refusal: Refusal, room: usize) -> Answer {
    match refusal {
        Refusal::Status(status) => Answer::status(status),
        Refusal::Busy => Answer::status(429).header("Retry-After", "1"),
        Refusal::Page => Answer::html(),
        Refusal::Redirect => Answer::redirect(&path(room)),
        Refusal::Silence(how) => Answer::none(how),
    }
}

fn bring(feed: &Feed, bringing: Bringing) -> Answer {
    let Bringing { joins, framing, quirk, end } = bringing;
    let mut answer = Answer::live(feed).joins(joins);
    answer = match framing {
        Framing::Chunks => answer.chunked(),
        Framing::UntilClose => answer.until_close(),
        Framing::Lie(length) => answer.claims_length(length),
    };
    if let Some((tag, quirk)) = quirk {
        answer = answer.survives(tag, quirk);
    }
    match end {
        Some((behind, how, true)) => answer.fails_in_tag(At::Media(behind), how),
        Some((behind, how, false)) => answer.fails(At::Media(behind), how),
        None => answer,
    }
}
