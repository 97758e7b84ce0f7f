//! One live stream as it comes from an encoder: dark, then growing, then over. Any number of connections read it.

use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use crate::flv::{AUDIO, SCRIPT, Tag, VIDEO};

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

enum Step {
    Tag(Tag),
    Again,
    Wait,
    Over,
}
