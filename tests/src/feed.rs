//! One live stream as it comes from an encoder: dark, then growing, then over. Any number of connections read it.

use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use crate::flv::{AUDIO, SCRIPT, Tag, VIDEO};

/// No step of an encoder's clock is larger; what is, or goes back, is a clock that was set anew.
const STEP_MS: u32 = 200;

/// Where a stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing sent yet.
    Dark,
    /// Tags come.
    OnAir,
    /// No more will come.
    Over,
}

/// A live stream. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Feed(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    changed: watch::Sender<usize>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    tags: Vec<Tag>,
}

/// Where a new connection begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// At the first tag ever: a recording, or a test that wants all of it.
    Start,
    /// At the next key frame: what passed while nobody listened is lost.
    NextKey,
    /// At the last key frame that was sent: most CDNs keep one group, so some media comes twice.
    LastKey,
    /// At the last key frame that was sent so many milliseconds of media ago: some CDNs keep that much.
    Back(u32),
}

impl Default for Feed {
    fn default() -> Self {
        let state = Mutex::new(State { phase: Phase::Dark, tags: Vec::new() });
        Feed(Arc::new(Inner { state, changed: watch::Sender::new(0) }))
    }
}

impl Feed {
    /// A dark one.
    pub fn new() -> Self {
        Feed::default()
    }

    /// The encoder's next tag; the first one puts the stream on air.
    pub fn push(&self, tag: Tag) {
        let mut state = self.0.state.lock().unwrap();
        state.phase = Phase::OnAir;
        state.tags.push(tag);
        drop(state);
        self.0.changed.send_modify(|version| *version += 1);
    }

    /// The encoder has stopped.
    pub fn end(&self) {
        self.0.state.lock().unwrap().phase = Phase::Over;
        self.0.changed.send_modify(|version| *version += 1);
    }

    /// Where it stands.
    pub fn phase(&self) -> Phase {
        self.0.state.lock().unwrap().phase
    }

    /// Everything the encoder sent so far.
    pub fn tags(&self) -> Vec<Tag> {
        self.0.state.lock().unwrap().tags.clone()
    }

    /// A listener that begins where `join` says.
    pub fn listen(&self, join: Join) -> Listener {
        let state = self.0.state.lock().unwrap();
        let next = match join {
            Join::Start => 0,
            Join::NextKey => state.tags.len(),
            Join::LastKey => state.tags.iter().rposition(Tag::is_key).unwrap_or(0),
            Join::Back(kept_ms) => kept(&state.tags, kept_ms),
        };
        Listener {
            feed: self.clone(),
            changed: self.0.changed.subscribe(),
            next,
            waits_for_key: join != Join::Start,
            first: Vec::new(),
        }
    }
}

/// One connection's view of a feed.
#[derive(Debug)]
pub struct Listener {
    feed: Feed,
    changed: watch::Receiver<usize>,
    next: usize,
    waits_for_key: bool,
    first: Vec<Tag>,
}

impl Listener {
    /// The next tag; none when the stream is over. Before the first key frame come metadata and the headers in force.
    pub async fn next(&mut self) -> Option<Tag> {
        loop {
            if let Some(tag) = self.first.pop() {
                return Some(tag);
            }
            self.changed.mark_unchanged();
            match self.step() {
                Step::Tag(tag) => return Some(tag),
                Step::Again => {}
                Step::Over => return None,
                Step::Wait => self.changed.changed().await.ok()?,
            }
        }
    }

    fn step(&mut self) -> Step {
        let state = self.feed.0.state.lock().unwrap();
        let Some(tag) = state.tags.get(self.next) else {
            return if state.phase == Phase::Over { Step::Over } else { Step::Wait };
        };
        if self.waits_for_key {
            if !tag.is_key() {
                self.next += 1;
                return Step::Again;
            }
            self.waits_for_key = false;
            let sent = &state.tags[..self.next];
            // Popped from the end: metadata, video, audio is the order on the wire.
            for kind in [AUDIO, VIDEO, SCRIPT] {
                let in_force = sent.iter().rfind(|tag| tag.kind == kind && (kind == SCRIPT || tag.is_header()));
                self.first.extend(in_force.map(|found| Tag { time_ms: tag.time_ms, ..found.clone() }));
            }
            return Step::Again;
        }
        self.next += 1;
        Step::Tag(tag.clone())
    }
}

/// Where a server begins that keeps so much: its key frames are as far apart as their places tell, whatever the sender's
/// clock did in between.
fn kept(tags: &[Tag], kept_ms: u32) -> usize {
    let mut passed_ms = 0;
    let mut key = tags.len();
    let mut behind: Option<u32> = None;
    for (place, tag) in tags.iter().enumerate().rev() {
        if tag.is_header() {
            continue;
        }
        let step_ms = behind.replace(tag.time_ms).map_or(0, |next| next.wrapping_sub(tag.time_ms));
        passed_ms += if step_ms > STEP_MS { 0 } else { step_ms };
        if tag.is_key() {
            key = place;
            if passed_ms >= kept_ms {
                break;
            }
        }
    }
    key
}

enum Step {
    Tag(Tag),
    Again,
    Wait,
    Over,
}
