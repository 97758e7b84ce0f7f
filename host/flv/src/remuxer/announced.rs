//! Configurations that a new connection begins with, or sends again: they wait for the first frame that needs them.
//!
//! A server that sends again what it has kept may go back over a change of the configuration. The old one comes first,
//! with frames that we have, and then the one in force. Until a frame comes that was not received before, nothing has
//! changed.

use super::headers::{self, Change, Headers};
use super::timeline::Joint;
use super::{Phase, Remuxer, Step, lost::Lost, start};
use crate::codec::{Body, classify};
use crate::tag::{Tag, Track};

/// What waits, by track.
#[derive(Debug, Default)]
pub(super) struct Announced {
    video: Option<Waiting>,
    audio: Option<Waiting>,
}

/// A configuration that waits.
#[derive(Debug)]
struct Waiting {
    header: Tag,
    seed: u64,
    /// The colours, or the layout of the channels, that were told behind it.
    state: Option<Tag>,
}

impl Announced {
    #[inline]
    fn of(&self, track: Track) -> Option<&Waiting> {
        if track == Track::Video { self.video.as_ref() } else { self.audio.as_ref() }
    }

    fn slot(&mut self, track: Track) -> &mut Option<Waiting> {
        if track == Track::Video { &mut self.video } else { &mut self.audio }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.video.is_none() && self.audio.is_none()
    }

    /// All that waits, in the order of a file.
    pub(super) fn tags(&self) -> impl Iterator<Item = &Tag> {
        let waiting = [&self.video, &self.audio].into_iter().flatten();
        waiting.flat_map(|waiting| [Some(&waiting.header), waiting.state.as_ref()]).flatten()
    }
}

impl Remuxer {
    /// The hash of a frame; equal frames of different configurations differ in it.
    #[inline]
    pub(super) fn hash(&self, frame: &Tag) -> u64 {
        super::repeats::hash(&frame.payload, self.seed(frame.track))
    }

    /// The hash of the configuration that the sender has in force.
    #[inline]
    pub(super) fn seed(&self, track: Track) -> u64 {
        self.announced.of(track).map_or_else(|| self.headers.seed(track), |waiting| waiting.seed)
    }

    /// A configuration has come: whether it waits, or repeats the one in force.
    pub(super) fn announce(&mut self, tag: &Tag, record: &[u8], steps: &mut Vec<Step>) -> bool {
        let (track, seed) = (tag.track, headers::seed(record));
        let is_same = self.headers.compare(tag, record) == Change::Same;
        if is_same && self.announced.of(track).is_none() {
            return false;
        }
        let is_known = is_same || self.memory.knows(track, seed);
        let held = start::detach(tag.clone());
        if !is_known || !self.hold_beside(&held) {
            // No frame behind it equals any that we have, or too much is held.
            self.end_begun_rejoin(steps);
        }
        let before = self.announced.slot(track).take();
        if before.as_ref().is_none_or(|waiting| waiting.seed != seed) {
            self.forget_kept_of(track, steps);
        }
        match self.headers.compare(tag, record) {
            Change::Same => return before.is_some(),
            Change::Missing => return false,
            _ => {}
        }
        let waits = self.rejoin.is_some()
            || self.lost.as_ref().is_some_and(Lost::is_new)
            || self.overlap.is_open(track) && is_known;
        if waits {
            *self.announced.slot(track) = Some(Waiting { header: held, seed, state: None });
        }
        waits
    }

    /// A track's colours, or its layout of channels: whether they wait with its configuration.
    pub(super) fn announce_state(&mut self, tag: &Tag) -> bool {
        let held = start::detach(tag.clone());
        if self.announced.of(tag.track).is_none() || !self.hold_beside(&held) {
            return false;
        }
        if let Some(waiting) = self.announced.slot(tag.track) {
            waiting.state = Some(held);
        }
        true
    }

    /// How a frame fits the configuration that the sender has in force.
    #[inline]
    pub(super) fn fit(&mut self, tag: &Tag, steps: &mut Vec<Step>) -> Change {
        match self.announced.of(tag.track) {
            Some(waiting) if Headers::is_same_codec(&waiting.header, tag) => return Change::Same,
            Some(_) => self.put_announced(tag, steps),
            None => {}
        }
        self.headers.fit(tag)
    }

    /// A frame has come that was not received before: what was announced is in force.
    #[inline]
    pub(super) fn put_announced(&mut self, frame: &Tag, steps: &mut Vec<Step>) {
        if !self.announced.is_empty() {
            self.put_all_announced(frame, steps);
        }
    }

    /// What is no frame keeps its place among those of a new connection that are held; whether there is room.
    fn hold_beside(&mut self, tag: &Tag) -> bool {
        match &mut self.rejoin {
            Some(rejoin) if !rejoin.is_new() => rejoin.hold_beside(tag.clone()),
            _ => true,
        }
    }

    /// What is held of a new connection is all that will come before something else does.
    fn end_begun_rejoin(&mut self, steps: &mut Vec<Step>) {
        if self.rejoin.as_ref().is_some_and(|rejoin| !rejoin.is_new()) {
            self.end_rejoin(steps);
        }
    }

    fn put_all_announced(&mut self, frame: &Tag, steps: &mut Vec<Step>) {
        self.end_begun_rejoin(steps);
        if classify(frame) == Body::VideoKey {
            self.forget_kept(steps);
        }
        let kept = std::mem::take(&mut self.kept);
        let goes_back = self.goes_back(kept.first().unwrap_or(frame));
        if kept.first().is_none()
            && let Some(lost) = &mut self.lost
        {
            // Behind the cut no distance to what was before is known.
            let sent = self.timeline.unwrap(frame.track, frame.time_ms);
            let end = self.overlap.end(frame.track).filter(|_| goes_back);
            lost.came(frame.track, || self.timeline.hole_ms(frame.track, end, sent));
        }
        let announced = std::mem::take(&mut self.announced);
        let is_configured = self.headers.has(frame.track);
        for waiting in [announced.video, announced.audio].into_iter().flatten() {
            let Waiting { header, state, .. } = waiting;
            if let Body::VideoHeader(record) | Body::AudioHeader(record) = classify(&header)
                && self.headers.compare(&header, record) != Change::Same
            {
                self.configure(&header, record, steps);
            }
            if let Some(state) = state {
                self.push_beside(state, steps);
            }
        }
        if goes_back && matches!(self.phase, Phase::Opening(..)) {
            self.timeline.join(Joint::Back);
        }
        self.begin_with(kept, steps);
        if is_configured && !self.headers.has(frame.track) {
            // A segment that has begun meanwhile had no frame of this track, and forgot what this one implies.
            self.headers.put(frame, &[]);
        }
    }

    /// Puts a configuration in force.
    pub(super) fn configure(&mut self, header: &Tag, record: &[u8], steps: &mut Vec<Step>) {
        let change = self.headers.compare(header, record);
        self.reconfigure(header.track, change, steps);
        self.headers.put(header, record);
        self.memory.configured(header.track, self.headers.seed(header.track));
        self.take_back(steps);
    }
}
