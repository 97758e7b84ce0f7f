//! From the tags of a stream to the tags of files: repairs, cuts and notes, as values in the order they are to be done.
//!
//! The control flow is here; each rule lives in a room of its own: `headers` (configurations, and when they mean a cut),
//! `start` (what a segment waits for), `timeline`, `first` and `slow` (time), `lost` (what is missing), `repeats` (what
//! was received before).

mod again;
mod announced;
mod before;
mod beside;
mod doubt;
mod drops;
mod first;
mod headers;
mod kept;
mod lost;
mod open;
mod reconnect;
mod repeats;
mod scripts;
mod slow;
mod start;
mod tell;
#[cfg(test)]
mod tests;
mod timeline;
mod vouched;

use crate::codec::{Body, classify, inband};
use crate::cut::{Cut, CutReason};
use crate::note::{Note, NoteKind};
use crate::reader::Item;
use crate::script::Metadata;
use crate::tag::{Tag, Track};
use announced::Announced;
use before::Before;
use doubt::Doubts;
use drops::Drops;
use headers::{Change, Headers};
use kept::Kept;
use lost::Lost;
use open::Open;
use repeats::{Incoming, Memory, Overlap, Rejoin};
use slow::Waiting;
use start::{Gate, Known, Opening, Pass};
use timeline::Timeline;
use vouched::Vouched;

/// What is done with media that was received before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeats {
    /// It is dropped and noted.
    #[default]
    Drop,
    /// It is kept: a clip that an encoder plays in a loop looks the same.
    Keep,
}

/// The wishes that a remuxer serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// What is done with repeats.
    pub repeats: Repeats,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A new segment begins; what is written from now on belongs to it. No segment is open before the first.
    Cut(Cut),
    /// The tag goes to the end of the segment; its time is the segment's, its StreamID 0.
    Write(Tag),
    /// Something was mended or is missing. Notes may come before the first cut.
    Note(Note),
    /// Nothing but repeats has come for ten groups: the sender's stream is over, or hangs. Nothing has to be done for
    /// what follows.
    Looping,
}

/// Turns what a [`Reader`](crate::Reader) gives into [`Step`]s. Lives as long as a recording, over all its connections.
///
/// Holds back at most 2 s of media or 8 MiB at the start of a segment, and 8,192 tags or 32 MiB while something is sent
/// that was sent before.
#[derive(Debug)]
pub struct Remuxer {
    options: Options,
    headers: Headers,
    metadata: Option<Metadata>,
    phase: Phase,
    gate: Gate,
    timeline: Timeline,
    memory: Memory,
    rejoin: Option<Rejoin>,
    overlap: Overlap,
    /// Configurations of the new connection that no new frame has needed.
    announced: Announced,
    /// What was sent again since, and begins the segment that they begin, if it goes on.
    kept: Kept,
    /// The group that comes in, as long as it equals one that is remembered.
    incoming: Incoming,
    /// So many groups in a row were repeats.
    repeated_groups: u32,
    /// A frame whose step is a jump, or not: the next one tells.
    slow: Option<Waiting>,
    /// A new connection was made, after so long, and nothing of it has come.
    connected: Option<u64>,
    /// Bytes were lost, and not both tracks have gone on behind the place.
    lost: Option<Lost>,
    /// Nothing but headers and metadata has come since the connection was made.
    is_fresh: bool,
    /// The recording begins with a file of ours.
    is_ours: bool,
    /// It is such a file, and what its head says was true so far.
    vouched: Option<Box<Vouched>>,
    asked: Option<CutReason>,
    drops: Drops,
    doubts: Doubts,
}

/// Whether a segment is open.
#[derive(Debug)]
enum Phase {
    /// One is to begin. If it was a configuration that ended the one before, that goes on should the configuration be
    /// taken back before any media came.
    Opening(Opening, Option<Box<Before>>),
    Open(Open),
}

impl Remuxer {
    /// A remuxer at the begin of a recording.
    pub fn new(options: Options) -> Remuxer {
        Remuxer {
            options,
            headers: Headers::default(),
            metadata: None,
            phase: Phase::Opening(Opening::new(CutReason::Start), None),
            gate: Gate::default(),
            timeline: Timeline::default(),
            memory: Memory::default(),
            rejoin: None,
            overlap: Overlap::default(),
            announced: Announced::default(),
            kept: Kept::default(),
            incoming: Incoming::default(),
            repeated_groups: 0,
            slow: None,
            connected: None,
            lost: None,
            is_fresh: false,
            is_ours: false,
            vouched: None,
            asked: None,
            drops: Drops::default(),
            doubts: Doubts::default(),
        }
    }

    /// Takes what the reader gave; adds the steps that follow from it.
    pub fn push(&mut self, item: Item, steps: &mut Vec<Step>) {
        self.connect(steps);
        match item {
            Item::Note(note) => {
                if note.kind == NoteKind::Garbage {
                    self.disown(steps);
                    self.damaged();
                }
                self.tell_now(note, steps);
            }
            Item::Tag(tag) => self.push_tag(tag, steps),
        }
    }

    /// Whether frames wait for a segment that has not begun.
    pub fn holds_frames(&self) -> bool {
        matches!(&self.phase, Phase::Opening(opening, _) if !opening.has_no_media())
    }

    /// Asks for a cut at the next key frame; where there is no video, at the next tag.
    pub fn cut_at_next_key_frame(&mut self, why: CutReason) {
        self.asked = Some(why);
    }

    /// Cuts at once, also in mid-group: video up to the next key frame is lost. A cut comes before the next write.
    pub fn cut_now(&mut self, why: CutReason) {
        self.asked = None;
        match &mut self.phase {
            Phase::Open(_) => self.open_next(why, None),
            Phase::Opening(_, before) => *before = None, // It cannot go on any more.
        }
    }

    /// Gives what is held back: the recording ends.
    pub fn finish(&mut self, steps: &mut Vec<Step>) {
        self.connect(steps);
        self.end_doubts(steps);
        self.end_rejoin(steps);
        self.end_group(steps);
        self.end_slow(false, steps);
        self.forget_kept(steps);
        self.end_claims(steps);
        if let Phase::Opening(opening, _) = &self.phase
            && !opening.has_no_media()
        {
            self.begin(steps);
        }
        self.tell_drops(steps);
        if let Phase::Opening(opening, _) = &mut self.phase {
            steps.extend(opening.take_untold().map(|untold| Step::Note(untold.note)));
        }
    }

    /// The one way of every tag.
    fn push_tag(&mut self, tag: Tag, steps: &mut Vec<Step>) {
        self.hold_to_claims(&tag, steps);
        match classify(&tag) {
            Body::VideoKey => self.push_frame(tag, true, steps),
            Body::VideoInter | Body::Audio => self.push_frame(tag, false, steps),
            Body::VideoHeader(record) | Body::AudioHeader(record) => self.push_header(&tag, record, steps),
            Body::VideoEnd | Body::VideoExtra | Body::Command | Body::AudioEnd | Body::AudioExtra => {
                self.admit_beside(tag, steps);
            }
            Body::Script => self.push_script(&tag, steps),
            Body::Empty | Body::Short | Body::Unknown => self.drop_tag(NoteKind::TagSkipped, &tag, steps),
        }
    }

    /// A decoder configuration.
    fn push_header(&mut self, tag: &Tag, record: &[u8], steps: &mut Vec<Step>) {
        if self.announce(tag, record, steps) {
            return;
        }
        match self.headers.compare(tag, record) {
            Change::Same if self.is_fresh => {}
            Change::Same => self.drop_tag(NoteKind::ConfigurationRepeated, tag, steps),
            Change::Missing => self.drop_tag(NoteKind::TagSkipped, tag, steps),
            _ => self.configure(tag, record, steps),
        }
    }

    /// Makes the configuration that a key frame lacks from its own parameter sets, if they are there.
    fn make_header(&mut self, frame: &Tag, steps: &mut Vec<Step>) -> bool {
        let Some(header) = inband::header(frame) else { return false };
        let Body::VideoHeader(record) = classify(&header) else { return false };
        self.configure(&header, record, steps);
        self.headers.is_made();
        self.note(NoteKind::ConfigurationMade, frame, steps);
        true
    }

    /// A picture or sound.
    fn push_frame(&mut self, tag: Tag, is_key_frame: bool, steps: &mut Vec<Step>) {
        match self.fit(&tag, steps) {
            Change::Same => self.refuse(tag.track, steps),
            Change::Missing if is_key_frame && self.make_header(&tag, steps) => {}
            Change::Missing => return self.drop_tag(NoteKind::Unconfigured, &tag, steps),
            Change::Returned => {
                self.refuse(tag.track, steps);
                self.reconfigure(tag.track, Change::Changed, steps);
                self.headers.bring_back(tag.track);
            }
            Change::First if self.vouched.is_some() => {
                self.reconfigure(tag.track, Change::First, steps);
                self.headers.put(&tag, &[]);
            }
            Change::First | Change::Changed => return self.doubt(tag, steps),
        }
        self.push_configured(tag, is_key_frame, steps);
    }

    /// A frame that the configuration in force fits.
    fn push_configured(&mut self, tag: Tag, is_key_frame: bool, steps: &mut Vec<Step>) {
        self.is_fresh = false;
        if self.rejoin.is_none() {
            return self.admit(tag, is_key_frame, steps);
        }
        let hash = self.hash(&tag);
        let Some(rejoin) = &mut self.rejoin else { return };
        let sent = self.timeline.unwrap(tag.track, tag.time_ms);
        if rejoin.is_new() {
            self.announced.tags().for_each(|tag| _ = rejoin.hold_beside(tag.clone()));
        }
        if let Some(verdict) = rejoin.hear(start::detach(tag), sent, hash, &self.memory) {
            self.rejoined(verdict, steps);
        }
    }

    /// A frame that decoders can take, on its way into a segment.
    fn put(&mut self, tag: Tag, hash: Option<u64>, is_key_frame: bool, steps: &mut Vec<Step>) {
        let track = tag.track;
        self.check_first(&tag, steps);
        let sent = self.timeline.unwrap(track, tag.time_ms);
        if let Some(lost) = &mut self.lost {
            lost.came(track, || self.timeline.hole_ms(track, None, sent));
        }
        if is_key_frame || !self.headers.has(Track::Video) {
            self.cut_if_asked();
        }
        if track == Track::Video {
            match self.gate.passes(is_key_frame, tag.time_ms) {
                Pass::Yes => {}
                Pass::AsIs => self.note(NoteKind::NoKeyFrame, &tag, steps),
                Pass::No => return self.drop_before_key_frame(&tag, steps),
            }
        }
        if let Some(untold) = self.drops.take(track) {
            self.tell(untold, steps);
        }
        let before = self.timeline.now();
        let offset = self.timeline.offset();
        let placed = self.place_vouched(&tag).unwrap_or_else(|| self.timeline.place(track, tag.time_ms));
        if self.options.repeats == Repeats::Drop {
            if self.lost.as_ref().is_some_and(Lost::is_clock_new) {
                // What is remembered was sent by another clock.
                self.memory.shift_taken(self.timeline.offset() - offset);
            }
            let hash = hash.unwrap_or_else(|| self.hash(&tag));
            self.memory.remember(track, sent, hash, is_key_frame);
        }
        self.note_time(&tag, placed, before, steps);
        match &mut self.phase {
            Phase::Open(open) => steps.push(open.write(tag, Some(placed.at))),
            Phase::Opening(opening, _) => {
                if track == Track::Video {
                    for held in opening.begins_at(placed.at) {
                        self.drops.count(NoteKind::BeforeKeyFrame, &held.tag, held.at);
                    }
                }
                opening.hold_frame(tag, placed);
                let [video, audio] = [Track::Video, Track::Audio].map(|track| self.headers.has(track));
                let known = Known { video, audio, times: self.is_ours };
                if opening.is_ready(known) {
                    self.begin(steps);
                }
            }
        }
    }

    fn cut_if_asked(&mut self) {
        if let (Phase::Open(_), Some(why)) = (&self.phase, self.asked) {
            self.asked = None;
            self.open_next(why, None);
        }
    }

    /// The open segment ends.
    fn open_next(&mut self, why: CutReason, before: Option<Box<Before>>) {
        self.phase = Phase::Opening(Opening::new(why), before);
        self.gate.shut();
        self.timeline.cut();
    }

    /// The segment that waits begins.
    fn begin(&mut self, steps: &mut Vec<Step>) {
        let Phase::Opening(opening, _) = &mut self.phase else { return };
        let why = opening.why;
        let mut opening = std::mem::replace(opening, Opening::new(why));
        let is_as_told = self.vouched.is_some() && why == CutReason::Start;
        let base = if is_as_told { 0 } else { opening.base() };
        let mut open = Open::at(base);
        self.timeline.begun(base);
        for track in [Track::Video, Track::Audio] {
            if !opening.has_frames_of(track) {
                self.headers.forget_implied(track);
            }
        }
        steps.push(Step::Cut(Cut {
            why,
            metadata: self.metadata.clone().unwrap_or_default(),
            facts: self.headers.facts(),
            has_video: self.headers.has(Track::Video),
            has_audio: self.headers.has(Track::Audio),
        }));
        steps.extend(self.headers.begin().map(Step::Write));
        for track in [Track::Video, Track::Audio] {
            if let Some(tag) = opening.newest_state(track) {
                self.headers.put_state(track, Some(tag));
            }
        }
        steps.extend(opening.take_untold().map(|untold| open.tell(untold)));
        steps.extend(self.drops.take_all().map(|untold| open.tell(untold)));
        steps.extend(opening.into_tags().into_iter().map(|held| open.write(held.tag, held.at)));
        self.phase = Phase::Open(open);
    }

    /// Video before a key frame, and at the start of a recording the sound that goes with it.
    fn drop_before_key_frame(&mut self, tag: &Tag, steps: &mut Vec<Step>) {
        self.drop_tag(NoteKind::BeforeKeyFrame, tag, steps);
        if self.options.repeats == Repeats::Drop {
            let sent = self.timeline.unwrap(tag.track, tag.time_ms);
            self.memory.refuse(tag.track, sent, self.hash(tag));
        }
        if let Phase::Opening(opening, _) = &mut self.phase {
            for held in opening.joined_mid_group() {
                self.drops.count(NoteKind::BeforeKeyFrame, &held.tag, held.at);
            }
        }
    }
}
