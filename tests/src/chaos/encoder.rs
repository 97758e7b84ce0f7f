//! What a room's encoder sends: a clip in a loop, in which no two frames are the same, for each knows its room and its
//! number. Pure: it is asked what has become due.

use std::collections::VecDeque;

use bytes::Bytes;

use super::plan::{Clock, Scene};
use crate::clip::{Clip, LOOP_MS};
use crate::flv::{AUDIO, Tag, VIDEO};
use crate::origin::{Role, Sent};

/// One tag that was on air, whether anybody was there or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aired {
    /// The tag.
    pub sent: Sent,
    /// When it was on air, since the start.
    pub at_ms: u64,
    /// Which of the encoder's clocks timed it: a new one begins wherever it is set.
    pub clock: u32,
}

/// What an encoder does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Beat {
    /// It sends a tag.
    Tag(Tag),
    /// It stops, and the room is dark.
    Dark,
}

/// The encoder of one room.
#[derive(Debug)]
pub struct Encoder {
    room: usize,
    serial: u64,
    scenes: VecDeque<Scene>,
    /// When the scene began.
    from_ms: u64,
    /// By how much the sender's clock is ahead of the time since the start.
    ahead_ms: u32,
    clock: u32,
    /// What is left of the round that is played.
    round: VecDeque<Tag>,
    rounds: u64,
    /// Its next round begins with headers.
    changes: bool,
    aired: Vec<Aired>,
}

impl Encoder {
    /// One that will play these scenes.
    pub fn new(room: usize, scenes: Vec<Scene>) -> Encoder {
        let mut encoder = Encoder {
            room,
            serial: 0,
            scenes: scenes.into(),
            from_ms: 0,
            ahead_ms: 0,
            clock: 0,
            round: VecDeque::new(),
            rounds: 0,
            changes: true,
            aired: Vec::new(),
        };
        encoder.set_clock();
        encoder
    }

    /// What has become due since the last time.
    pub fn until(&mut self, now_ms: u64) -> Vec<Beat> {
        let mut beats = Vec::new();
        while let Some(scene) = self.scenes.front().copied() {
            if self.round.is_empty() {
                self.fill(scene.clip);
            }
            let Some(due_ms) = self.round.front().map(|tag| self.due_ms(tag)) else { break };
            let end_ms = self.from_ms + scene.lasts_ms;
            if due_ms >= end_ms {
                if end_ms > now_ms {
                    break;
                }
                beats.extend((scene.dark_ms > 0).then_some(Beat::Dark));
                self.next_scene(scene);
                continue;
            }
            if due_ms > now_ms {
                break;
            }
            let tag = self.round.pop_front();
            beats.extend(tag.map(|tag| Beat::Tag(self.send(tag, due_ms))));
        }
        beats
    }

    /// All that was on air so far.
    pub fn into_aired(self) -> Vec<Aired> {
        self.aired
    }

    fn due_ms(&self, tag: &Tag) -> u64 {
        self.from_ms + self.rounds.saturating_sub(1) * u64::from(LOOP_MS) + u64::from(tag.time_ms)
    }

    fn fill(&mut self, clip: Clip) {
        let tags = clip.tags().into_iter().filter(|tag| tag.is_media() || self.changes);
        self.round = tags.collect();
        self.changes = false;
        self.rounds += 1;
    }

    fn next_scene(&mut self, over: Scene) {
        self.scenes.pop_front();
        self.from_ms += over.lasts_ms + over.dark_ms;
        self.rounds = 0;
        self.round.clear();
        self.changes = true;
        self.set_clock();
    }

    fn set_clock(&mut self) {
        let since_start = clock_of(self.from_ms);
        let before = self.ahead_ms;
        match self.scenes.front().map(|scene| scene.clock) {
            Some(Clock::Set(time_ms)) => self.ahead_ms = time_ms.wrapping_sub(since_start),
            Some(Clock::Steps(by_ms)) => self.ahead_ms = self.ahead_ms.wrapping_add_signed(by_ms),
            Some(Clock::GoesOn) | None => {}
        }
        self.clock += u32::from(before != self.ahead_ms);
    }

    fn send(&mut self, tag: Tag, due_ms: u64) -> Tag {
        let time_ms = clock_of(due_ms).wrapping_add(self.ahead_ms);
        let body = if tag.is_media() { self.marked(&tag) } else { tag.body.clone() };
        let tag = Tag { time_ms, body, ..tag };
        let sent = Sent::from(&tag);
        if matches!(sent.role, Role::Key | Role::Media | Role::Header) {
            self.aired.push(Aired { sent, at_ms: due_ms, clock: self.clock });
        }
        tag
    }

    /// The frame with its room and number in it, where no decoder minds.
    fn marked(&mut self, tag: &Tag) -> Bytes {
        self.serial += 1;
        // Never a zero, which would begin another NAL unit's start code.
        let number = ((self.room as u64) << 40) | self.serial;
        let mark: [u8; 9] = std::array::from_fn(|place| 0x80 | u8::try_from((number >> (7 * place)) & 0x7f).unwrap());
        let mut body = tag.body.to_vec();
        match tag.kind {
            // Filler data behind the picture (H.264, 7.4.2.7), in the clips' NAL units of 4 bytes of length.
            VIDEO => {
                body.extend([0, 0, 0, 11, 0x0c]);
                body.extend(mark);
                body.push(0x80);
            }
            // A data stream element before the sound (ISO 14496-3, 4.4.2.4): two bytes of head, so the rest stays aligned.
            AUDIO => {
                body.splice(2..2, [0x80, 9].into_iter().chain(mark));
            }
            _ => {}
        }
        body.into()
    }
}

/// As FLV counts.
fn clock_of(time_ms: u64) -> u32 {
    u32::try_from(time_ms % (1 << 32)).unwrap()
}
