//! Two small real clips (`tests/clips`), looped with growing times, so that a live stream needs no encoder.
//!
//! Made once by FFmpeg: `-f lavfi -i testsrc2=size=WxH:rate=25 -f lavfi -i sine=frequency=440:beep_factor=4 -t 2.88`,
//! libx264 without B frames, a key frame every 36 frames, AAC mono at 48 kHz. 2.88 s is where 72 frames of video and
//! 135 of audio end together, so that the seam of the loop is none.

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::feed::Feed;
use crate::flv::{self, HEAD, Tag};

/// How long a clip is.
pub const LOOP_MS: u32 = 2_880;

/// Which clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clip {
    /// 320×180.
    Small,
    /// 640×360.
    Large,
}

impl Clip {
    /// Its file.
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Clip::Small => include_bytes!("../clips/small.flv"),
            Clip::Large => include_bytes!("../clips/large.flv"),
        }
    }

    /// Its tags, with times from 0.
    pub fn tags(self) -> Vec<Tag> {
        let mut tags = flv::parse(self.bytes()).unwrap();
        let first = tags.iter().filter(|tag| tag.is_media()).map(|tag| tag.time_ms).min().unwrap_or(0);
        for tag in &mut tags {
            tag.time_ms = tag.time_ms.saturating_sub(first);
        }
        // The encoder's priming frame would lie over the next round's first.
        tags.retain(|tag| tag.time_ms < LOOP_MS && (tag.is_media() || tag.is_header() || tag.kind == flv::SCRIPT));
        tags
    }

    /// The tags of so many seconds of it in a loop, beginning at `from_ms`: metadata and headers once, then media.
    pub fn looped(self, from_ms: u32, seconds: u32) -> Vec<Tag> {
        let once = self.tags();
        let mut tags: Vec<Tag> = once.iter().filter(|tag| !tag.is_media()).cloned().collect();
        tags.iter_mut().for_each(|tag| tag.time_ms = from_ms);
        let rounds = (seconds * 1000).div_ceil(LOOP_MS);
        for round in 0..rounds {
            let media = once.iter().filter(|tag| tag.is_media());
            tags.extend(media.map(|tag| Tag { time_ms: from_ms + round * LOOP_MS + tag.time_ms, ..tag.clone() }));
        }
        tags.retain(|tag| tag.time_ms < from_ms + seconds * 1000);
        tags
    }
}

/// A file of so many seconds: the stream as a whole.
pub fn file(parts: &[(Clip, u32)]) -> Bytes {
    let mut bytes = HEAD.to_vec();
    for tag in stream(parts) {
        bytes.extend(tag.encode());
    }
    Bytes::from(bytes)
}

/// Clips one after the other, each for so many seconds, times going on.
pub fn stream(parts: &[(Clip, u32)]) -> Vec<Tag> {
    let mut from_ms = 0;
    let mut tags = Vec::new();
    for (clip, seconds) in parts {
        tags.extend(clip.looped(from_ms, *seconds));
        from_ms += seconds * 1000;
    }
    tags
}

/// Plays clips into a feed, `speed` times as fast as real time, then ends the feed.
pub fn play(feed: &Feed, parts: &[(Clip, u32)], speed: u32) -> JoinHandle<()> {
    play_tags(feed, stream(parts), speed)
}

/// The same with any tags.
pub fn play_tags(feed: &Feed, tags: Vec<Tag>, speed: u32) -> JoinHandle<()> {
    let feed = feed.clone();
    thread::spawn(move || {
        let start = Instant::now();
        for tag in tags {
            let due = Duration::from_millis(u64::from(tag.time_ms)) / speed;
            thread::sleep(due.saturating_sub(start.elapsed()));
            feed.push(tag);
        }
        feed.end();
    })
}
