//! What a perfect recorder makes of the connections: one file a configuration, every frame once, holes known.

use crate::flv::{AUDIO, VIDEO};
use crate::origin::{Connection, Role, Sent};

/// Milliseconds of one frame of our encoders.
const FRAME_MS: u32 = 40;

/// One file as it should be.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// Sound before the first key frame of all: may be there, need not.
    pub early: Vec<Sent>,
    /// The frames, in the order sent.
    pub media: Vec<Sent>,
    /// What was live between two connections and never sent.
    pub holes: Vec<Hole>,
}

impl Expected {
    /// The same, with the early sound if the file begins with it.
    pub fn as_begun(&self, found: &[Sent]) -> Expected {
        let first = found.iter().find(|tag| matches!(tag.role, Role::Key | Role::Media));
        let mut expected = self.clone();
        let place = first.and_then(|first| self.early.iter().position(|early| early.digest == first.digest));
        if let Some(place) = place {
            expected.media.splice(0..0, self.early[place..].iter().copied());
        }
        expected
    }
}

/// Media that nobody can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hole {
    /// By the sender's clock.
    pub at_ms: u32,
    /// How much.
    pub lost_ms: u64,
}

/// The files that these connections, one after the other, should become.
pub fn expected(connections: &[Connection]) -> Vec<Expected> {
    let mut files = vec![Expected::default()];
    let mut headers = [None; 2];
    // Pictures before the first key frame of a recording cannot be shown; after a cut sound goes on.
    let mut has_begun = false;
    for connection in connections {
        let mut is_first = true;
        for tag in &connection.tags {
            let (current, has_media) = match files.last_mut() {
                Some(file) => (file.media.last().copied(), !file.media.is_empty()),
                None => (None, false),
            };
            match tag.role {
                Role::Other => {}
                Role::Header => {
                    let changed = replace(&mut headers, tag);
                    if changed && has_media {
                        files.push(Expected::default());
                    }
                }
                Role::Media if !has_begun => {
                    files[0].early.extend((tag.kind == AUDIO).then_some(*tag));
                }
                Role::Key | Role::Media => {
                    has_begun = true;
                    let Some(file) = files.last_mut() else { continue };
                    // A connection that begins with what the one before it has sent.
                    if file.media.iter().rev().take(4_096).any(|known| known == tag) {
                        continue;
                    }
                    file.holes.extend(current.filter(|_| is_first).and_then(|last| hole(&last, tag)));
                    is_first = false;
                    file.media.push(*tag);
                }
            }
        }
    }
    files.retain(|file| !file.media.is_empty());
    files
}

fn hole(last: &Sent, next: &Sent) -> Option<Hole> {
    let lost_ms = next.time_ms.checked_sub(last.time_ms + FRAME_MS)?;
    (lost_ms > 0).then_some(Hole { at_ms: last.time_ms, lost_ms: lost_ms.into() })
}

/// Notes the header in force; whether it is another one than before.
fn replace(headers: &mut [Option<u64>; 2], tag: &Sent) -> bool {
    let slot = match tag.kind {
        VIDEO => &mut headers[0],
        AUDIO => &mut headers[1],
        _ => return false,
    };
    slot.replace(tag.digest).is_some_and(|before| before != tag.digest)
}
