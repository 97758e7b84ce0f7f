//! What a tag is to the layout of a file: only as much as the index and the clock of the tracks need.

use crate::codec::{Body, classify_payload};
use crate::tag::Track;

/// So many bytes of a payload are looked at. Only a chain of ModEx packets can need more than ten.
pub(crate) const LOOKED_AT: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A decoder configuration: takes no time.
    Configuration,
    /// A video frame that decoding can begin with.
    KeyFrame,
    /// A video frame that needs earlier ones.
    Inter,
    /// Other media.
    Media,
    /// Not audio, not video.
    Script,
}

impl Role {
    /// Judges by the payload's first [`LOOKED_AT`] bytes, never by more.
    pub(crate) fn of(track: Track, payload: &[u8]) -> Role {
        let start = payload.get(..LOOKED_AT).unwrap_or(payload);
        match classify_payload(track, start) {
            _ if track == Track::Script => Role::Script,
            Body::VideoHeader(_) | Body::AudioHeader(_) => Role::Configuration,
            Body::VideoKey => Role::KeyFrame,
            Body::VideoInter => Role::Inter,
            _ => Role::Media,
        }
    }
}
