//! The trait of a picker. How it becomes a component's exports is the business of `export`.

use crate::{Candidate, Failure, Room, Status, Wish};

/// What [`Picker::check`] says of one room.
pub type Verdict = Result<Status, Failure>;

/// A plugin that says whether a room is live and offers candidates.
///
/// There is no `self`: every call starts in a fresh instance. What must outlive a call belongs into [`crate::store`].
/// Implement `check_one` where the platform is asked room by room, `check` where it answers for many at once.
pub trait Picker {
    /// What the user wrote (URL or id) to the canonical id of a room: short ids, aliases and share links end here.
    fn resolve(input: &str) -> Result<String, Failure>;

    /// Is this room live?
    fn check_one(room: &Room) -> Verdict {
        Err(Failure::Other(format!("the picker cannot check room {}: it has neither `check` nor `check_one`", room.id)))
    }

    /// Is each of these rooms live? At most as many as the manifest's `batch`; as many verdicts, in the order asked.
    /// A failure of the whole question is the verdict on every room.
    fn check(rooms: &[Room]) -> Result<Vec<Verdict>, Failure> {
        Ok(rooms.iter().map(Self::check_one).collect())
    }

    /// Ways to receive a live room, best first; empty when the room is not live now. Asked right before each
    /// connection, so URLs may be short-lived.
    fn streams(room: &Room, wish: &Wish) -> Result<Vec<Candidate>, Failure>;
}
