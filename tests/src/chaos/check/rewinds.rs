//! A connection may begin before all that the recorder remembers: it was away, has only begun, or its memory began anew with
//! the file, as it does where the decoder's configuration changes. And the server keeps more than the last one did.
//!
//! What comes then is new to the recorder, though older than what it has written. It is kept where it came, as if the
//! sender's clock had been set back; and the group in which a connection broke may follow it once more, or come so late,
//! since it is a whole one now. That is known, counted, and no finding.

use std::collections::{HashMap, HashSet};

use super::{Case, is_media};
use crate::origin::{Role, Sent};

/// Frames of the two tracks stand so far from their order at most.
const DISORDER: usize = 24;

/// Where a session stands.
#[derive(Default)]
struct Session {
    /// The newest frame.
    newest: usize,
    is_rewound: bool,
}

/// The frames, and how often it was.
pub(super) fn find(case: &Case<'_>) -> (HashSet<(usize, usize)>, u64) {
    let (mut rewound, mut times) = (HashSet::new(), 0);
    let mut sessions: HashMap<&str, Session> = HashMap::new();
    for (file, recorded) in case.files.iter().enumerate() {
        let session = sessions.entry(case.session(file)).or_default();
        let mut known = HashSet::new();
        for (place, tag) in recorded.tags.iter().enumerate().filter(|(_, tag)| is_media(tag)) {
            let Some(at) = case.places.get(&tag.digest).copied() else { continue };
            let is_new = known.insert(tag.digest);
            // A file that begins with what another one has: its recorder remembers nothing, or only of its own.
            let is_again = known.len() == 1 && at <= session.newest && case.found[&tag.digest].len() > 1;
            let is_back = !session.is_rewound && at + DISORDER < session.newest;
            if is_back && (is_new || brings_new(case, file, place, &known)) || is_again && !session.is_rewound {
                session.is_rewound = true;
                times += 1;
            }
            // Beyond the newest for good, not by the one track that was ahead.
            if at > session.newest + DISORDER || at > session.newest && !session.is_rewound {
                session.is_rewound = false;
            }
            // What is in more files than connections carried it was made twice by nobody but the recorder.
            let carried = case.carried.get(&tag.digest).map_or(0, Vec::len);
            if session.is_rewound && case.found[&tag.digest].len() <= carried {
                rewound.insert((file, place));
            } else {
                session.newest = session.newest.max(at);
            }
        }
    }
    (rewound, times)
}

/// Whether something comes late in the group that begins there: a frame that the file has not yet.
fn brings_new(case: &Case<'_>, file: usize, place: usize, known: &HashSet<u64>) -> bool {
    let media = case.files[file].tags[place..].iter().filter(|tag| is_media(tag));
    // Sound may stand before its group's key frame, as far as the tracks are out of order.
    let is_next = |number: usize, tag: &Sent| tag.role == Role::Key && number >= DISORDER;
    let mut group = media.enumerate().take_while(|(number, tag)| !is_next(*number, tag));
    group.any(|(_, tag)| !known.contains(&tag.digest))
}
