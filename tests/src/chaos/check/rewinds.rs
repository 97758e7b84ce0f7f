//! A connection may begin before all that the recorder remembers: it was away, has only begun, or its memory began anew with
//! the file, as it does where the decoder's configuration changes. And the server keeps more than the last one did.
//!
//! What comes then is new to the recorder, though older than what it has written. It is kept where it came, as if the
//! sender's clock had been set back; and the group in which the last connection broke may follow it once more, since it is
//! a whole one now. That is known, counted, and no finding.

use std::collections::{HashMap, HashSet};

use super::{Case, is_media};

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
            if at + DISORDER < session.newest && is_new && !session.is_rewound {
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
