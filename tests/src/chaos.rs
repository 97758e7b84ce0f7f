//! Everything goes wrong at once, and can be had again: from a seed, rooms whose servers misbehave, a recorder that is
//! killed, stopped and starved of disk, and a checker that asks after each second of it.
//!
//! Pure are the plan (`plan`), what the encoders send (`encoder`) and the judgement (`check`). `site` and `act` carry out.

pub mod act;
pub mod check;
pub mod encoder;
pub mod plan;
pub mod site;

/// Where a room's stream is.
pub fn path(room: usize) -> String {
    format!("/room-{room}.flv")
}

/// The room whose stream is there, by its URL or its path.
pub fn room_of(url: &str) -> Option<usize> {
    url.rsplit_once("/room-")?.1.strip_suffix(".flv")?.parse().ok()
}
