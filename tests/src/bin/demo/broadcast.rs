//! Who goes live: FFmpeg encodes in real time; where there is none, the clips play.

use std::thread::JoinHandle;

use anyhow::anyhow;
use lyrebird_tests::clip::{self, Clip};
use lyrebird_tests::encoder::{self, Stretch};
use lyrebird_tests::feed::{Feed, Phase};
use lyrebird_tests::flv;

/// A stretch of a broadcast in one picture size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// Of the encoder.
    pub(crate) size: &'static str,
    /// In its stead.
    pub(crate) clip: Clip,
    /// Real seconds.
    pub(crate) seconds: u32,
}

/// Somebody who is on air until all parts are over.
#[derive(Debug)]
pub(crate) struct Broadcast {
    pub(crate) feed: Feed,
    thread: JoinHandle<anyhow::Result<()>>,
}

impl Broadcast {
    /// Begins at once.
    pub(crate) fn start(parts: &[Part], has_encoder: bool) -> Self {
        let feed = Feed::new();
        let thread = if has_encoder {
            let stretches: Vec<Stretch> =
                parts.iter().map(|part| Stretch { size: part.size, seconds: part.seconds }).collect();
            encoder::play(&feed, &stretches)
        } else {
            let clips: Vec<(Clip, u32)> = parts.iter().map(|part| (part.clip, part.seconds)).collect();
            let player = clip::play(&feed, &clips, 1);
            std::thread::spawn(move || player.join().map_err(|_| anyhow!("the player's thread panicked")))
        };
        Broadcast { feed, thread }
    }

    /// Whether a picture has come.
    pub(crate) fn is_on_air(&self) -> bool {
        self.feed.tags().iter().any(flv::Tag::is_key)
    }

    /// Whether the last one has come.
    pub(crate) fn is_over(&self) -> bool {
        self.feed.phase() == Phase::Over
    }

    /// How many picture sizes there were.
    pub(crate) fn sizes(&self) -> usize {
        let tags = self.feed.tags();
        let headers = tags.iter().filter(|tag| tag.kind == flv::VIDEO && tag.is_header());
        let mut digests: Vec<u64> = headers.map(flv::Tag::digest).collect();
        digests.dedup();
        digests.len()
    }

    /// What the encoder says of its end.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        self.thread.join().unwrap_or_else(|_| Err(anyhow!("the encoder's thread panicked")))
    }
}
