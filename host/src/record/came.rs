//! What came of a stream as long as none of it could be recorded: so that it can be said what is missing.

use lyrebird_flv::codec::{Body, classify};
use lyrebird_flv::{Tag, Track};

/// Tags of a connection, counted until the first is written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Came {
    any: bool,
    video: Frames,
    audio: Frames,
    key_frames: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Frames {
    count: u64,
    has_header: bool,
}

impl Came {
    /// Counts a tag.
    pub(super) fn count(&mut self, tag: &Tag) {
        self.any = true;
        let frames = if tag.track == Track::Video { &mut self.video } else { &mut self.audio };
        match classify(tag) {
            Body::VideoHeader(_) | Body::AudioHeader(_) => frames.has_header = true,
            body if body.is_frame() => {
                frames.count += 1;
                self.key_frames |= body == Body::VideoKey;
            }
            _ => {}
        }
    }

    /// The sequence headers without which the pictures or sound that came cannot be decoded, for people.
    pub(super) fn headers_missing(&self) -> Option<String> {
        let without = |frames: Frames| frames.count > 0 && !frames.has_header;
        let missing = match (without(self.video), without(self.audio)) {
            (true, true) => "the sequence headers of video and audio",
            (true, false) => "the sequence header of video",
            (false, true) => "the sequence header of audio",
            (false, false) => return None,
        };
        Some(self.without(missing))
    }

    /// What a recording lacked to begin, for people; none where it is nothing that we know.
    pub(super) fn lack(&self) -> Option<String> {
        let no_key_frame = || (self.video.count > 0 && !self.key_frames).then(|| self.without("a key frame"));
        self.headers_missing().or_else(no_key_frame)
    }

    /// What it is where there was neither picture nor sound in it.
    pub(super) fn bare(&self) -> Option<String> {
        let what = if self.any { "FLV without a picture or sound" } else { "FLV without a tag" };
        (self.video.count + self.audio.count == 0).then(|| what.to_owned())
    }

    fn without(&self, missing: &str) -> String {
        format!("FLV without {missing}: {} video tags and {} audio tags came", self.video.count, self.audio.count)
    }
}
