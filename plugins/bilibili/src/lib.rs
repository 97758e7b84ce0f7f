//! The picker for live.bilibili.com: resolves addresses, checks many rooms in one request, offers candidates. What the
//! platform calls things, and what it does wrong, is told in the rooms below.

mod address;
mod api;
mod cdn;
mod play;
mod rooms;
mod share;
mod wbi;

use lyrebird_plugin::{Candidate, Failure, Picker, Room, Verdict, Wish, export_picker};

use address::{Address, Number};

/// The picker.
#[derive(Debug)]
pub struct Bilibili;

impl Picker for Bilibili {
    /// The room's own number. What may be a short id is asked for, so that both numbers of a room give one id.
    fn resolve(input: &str) -> Result<String, Failure> {
        let number = match address::read(input)? {
            Address::Room(number) => number,
            Address::Share(url) => share::follow(&url)?,
        };
        match number {
            Number::Own(number) => Ok(number.to_string()),
            Number::Perhaps(number) => match rooms::single(&number.to_string())? {
                Some(single) => Ok(single.room_id.to_string()),
                None => Err(Failure::InvalidRoom(format!("Bilibili has no room {number}"))),
            },
        }
    }

    fn check(rooms: &[Room]) -> Result<Vec<Verdict>, Failure> {
        rooms::check(rooms)
    }

    fn streams(room: &Room, wish: &Wish) -> Result<Vec<Candidate>, Failure> {
        play::candidates(&room.id, wish)
    }
}

export_picker!(Bilibili);

#[cfg(test)]
mod tests;
