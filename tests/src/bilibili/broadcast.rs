//! A clip that plays into a feed until it is told to stop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::clip::{Clip, LOOP_MS};
use crate::feed::Feed;
use crate::flv::Tag;

/// Somebody who is on air; stops when dropped.
#[derive(Debug)]
pub(super) struct Broadcast {
    feed: Feed,
    clip: Arc<Mutex<Clip>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Broadcast {
    /// Plays `speed` times as fast as real time.
    pub(super) fn start(clip: Clip, speed: u32) -> Self {
        let (feed, clip, is_over) = (Feed::new(), Arc::new(Mutex::new(clip)), Arc::new(AtomicBool::new(false)));
        let player = Player { feed: feed.clone(), clip: Arc::clone(&clip), is_over: Arc::clone(&is_over), speed };
        Broadcast { feed, clip, is_over, thread: Some(thread::spawn(move || player.play())) }
    }

    pub(super) fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Goes on with another picture size, from its next frame on.
    pub(super) fn change(&self, clip: Clip) {
        *self.clip.lock().unwrap() = clip;
    }
}

impl Drop for Broadcast {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

struct Player {
    feed: Feed,
    clip: Arc<Mutex<Clip>>,
    is_over: Arc<AtomicBool>,
    speed: u32,
}

impl Player {
    fn play(&self) {
        let start = Instant::now();
        let mut from_ms = 0;
        let mut before = None;
        while !self.is_over.load(Ordering::SeqCst) {
            let clip = *self.clip.lock().unwrap();
            from_ms = self.round(clip, before != Some(clip), from_ms, start);
            before = Some(clip);
        }
        self.feed.end();
    }

    /// Plays the clip once, headers first where it is a new one; gives the time at which the next one begins.
    fn round(&self, clip: Clip, is_new: bool, from_ms: u32, start: Instant) -> u32 {
        let tags = clip.tags();
        let (media, headers): (Vec<Tag>, Vec<Tag>) = tags.into_iter().partition(Tag::is_media);
        if is_new {
            headers.into_iter().for_each(|tag| self.feed.push(Tag { time_ms: from_ms, ..tag }));
        }
        for tag in media {
            let time_ms = from_ms + tag.time_ms;
            let due = Duration::from_millis(u64::from(time_ms)) / self.speed;
            thread::sleep(due.saturating_sub(start.elapsed()));
            if self.is_over.load(Ordering::SeqCst) || *self.clip.lock().unwrap() != clip {
                return time_ms;
            }
            self.feed.push(Tag { time_ms, ..tag });
        }
        from_ms + LOOP_MS
    }
}
