//! A picker that does nothing: every room is dark. What a call costs beyond this is its guest's own.

use lyrebird_plugin::{Candidate, Failure, Picker, Room, Status, Verdict, Wish, export_picker};

/// The picker.
#[derive(Debug)]
pub struct Idle;

impl Picker for Idle {
    fn resolve(input: &str) -> Result<String, Failure> {
        Ok(input.to_owned())
    }

    fn check(rooms: &[Room]) -> Result<Vec<Verdict>, Failure> {
        Ok(rooms.iter().map(|_| Ok(Status::OFFLINE)).collect())
    }

    fn streams(_room: &Room, _wish: &Wish) -> Result<Vec<Candidate>, Failure> {
        Ok(Vec::new())
    }
}

export_picker!(Idle);
