//! A stream of FLV on its way into segments: the engine's steps are carried out here, one after the other.

use std::time::Duration;

use bytes::Bytes;
use lyrebird_flv::codec::classify;
use lyrebird_flv::{
    Ask, Cause, Cut, CutReason, Depth, Fault, Item, Note, Options, Reader, Remuxer, Segment as Layout, Step, Tag,
};

use super::came::Came;
use super::recording::Recording;
use super::sidecar::Gap;
use crate::config::{Repeats, Split};
use crate::model::{EndReason, Refusal};

/// So many changes of the decoder configuration …
const FLAPPING_CUTS: usize = 5;
/// … in so much media end a reception.
const FLAPPING_MS: u64 = 60_000;

/// Media of a new connection that may have been received before waits in memory for so long, where it comes no faster than
/// it plays: a kill would take it, and what is live is worth more than not having a few seconds twice.
const HELD: Duration = Duration::from_secs(2);
/// More media than time has passed, by so much, is no live stream yet: a server sends what it still has.
const BURST_MS: u64 = 1_000;

/// How long media has been held. Pure.
#[derive(Debug, Default)]
struct Patience {
    since: Option<Duration>,
}

impl Patience {
    /// Whether so much media has been held for too long.
    fn is_over(&mut self, held_ms: Option<u64>, now: Duration) -> bool {
        let Some(held_ms) = held_ms else {
            self.since = None;
            return false;
        };
        let held_for = now.saturating_sub(*self.since.get_or_insert(now));
        let live_ms = u64::try_from(held_for.as_millis()).unwrap_or(u64::MAX).saturating_add(BURST_MS);
        held_for >= HELD && held_ms <= live_ms
    }
}

/// The engine and its state: it outlives receptions.
pub(super) struct Engine {
    reader: Reader,
    remuxer: Remuxer,
    steps: Vec<Step>,
    patience: Patience,
    /// Whether a connection has been read from.
    pub(super) used: bool,
    /// What has come of the connection, until the first of it is written.
    pub(super) came: Option<Came>,
}

impl Engine {
    pub(super) fn new(repeats: Repeats) -> Self {
        let remuxer = Remuxer::new(Options { repeats: engine(repeats) });
        Engine {
            reader: Reader::new(),
            remuxer,
            steps: Vec::new(),
            patience: Patience::default(),
            used: false,
            came: None,
        }
    }

    /// Whether media has come that no file has yet.
    pub(super) fn holds_media(&self) -> bool {
        self.remuxer.holds_frames()
    }

    /// A new connection goes on where the last one broke.
    pub(super) fn reconnected(&mut self, dark_ms: u64) {
        self.reader.reconnected();
        self.remuxer.reconnected(dark_ms);
    }

    /// Reads what there is and drops it; false when more bytes are wanted.
    fn skip(&mut self, at_end: bool) -> Result<bool, Fault> {
        let item = if at_end { self.reader.finish() } else { self.reader.next() }?;
        Ok(item.is_some())
    }

    /// So much was dropped: what comes now is like that of a new connection.
    pub(super) fn skipped(&mut self, dark_ms: u64) {
        self.remuxer.reconnected(dark_ms);
    }

    /// What comes next belongs to another segment.
    pub(super) fn cut(&mut self, why: CutReason) {
        self.remuxer.cut_now(why);
    }

    /// The next key frame begins another segment.
    pub(super) fn cut_at_next_key_frame(&mut self, why: CutReason) {
        self.remuxer.cut_at_next_key_frame(why);
    }

    /// The steps that the next tag or note leads to; false when more bytes are wanted.
    fn step(&mut self, at_end: bool) -> Result<bool, Fault> {
        let item = if at_end { self.reader.finish() } else { self.reader.next() }?;
        let Some(item) = item else { return Ok(false) };
        if let (Some(came), Item::Tag(tag)) = (&mut self.came, &item) {
            came.count(tag);
        }
        self.remuxer.push(item, &mut self.steps);
        Ok(true)
    }

    /// The tag that is to be written, where nothing else is to be done: so it is for nearly every tag.
    #[inline]
    fn take_write(&mut self) -> Option<Tag> {
        if self.steps.len() != 1 {
            return None;
        }
        match self.steps.pop_if(|step| matches!(step, Step::Write(_))) {
            Some(Step::Write(tag)) => Some(tag),
            _ => None,
        }
    }
}

/// The wish as the engine has it.
pub(super) fn engine(repeats: Repeats) -> lyrebird_flv::Repeats {
    match repeats {
        Repeats::Drop => lyrebird_flv::Repeats::Drop,
        Repeats::Keep => lyrebird_flv::Repeats::Keep,
    }
}

/// Asks the engine for a cut when a segment has reached what the user wants of one; at twice that it does not wait for a
/// key frame.
pub(super) fn split(remuxer: &mut Remuxer, split: &Split, bytes: u64, duration_ms: u64) {
    let ratio = |is: u128, limit: Option<u128>| limit.map_or(0, |limit| is / limit.max(1));
    let by_size = ratio(u128::from(bytes), split.size.map(|size| u128::from(size.0)));
    let by_time = ratio(u128::from(duration_ms), split.duration.map(|span| span.0.as_millis()));
    let why = CutReason::Asked(if by_size > 0 { Ask::Size } else { Ask::Duration });
    match by_size.max(by_time) {
        0 => {}
        1 => remuxer.cut_at_next_key_frame(why),
        _ => remuxer.cut_now(why),
    }
}

impl Recording {
    /// Takes bytes of the connection.
    pub(super) async fn take_flv(&mut self, chunk: Bytes) -> Result<(), EndReason> {
        self.engine.used = true;
        self.engine.reader.push(chunk);
        self.drain(false).await
    }

    /// The connection has ended: whatever is whole in its last bytes counts.
    pub(super) async fn end_flv(&mut self) -> Result<(), EndReason> {
        self.drain(true).await
    }

    /// What a new connection brings at the pace of a live stream is not held for long.
    pub(super) async fn release_held(&mut self, now: Duration) -> Result<(), EndReason> {
        let engine = &mut self.engine;
        if !engine.patience.is_over(engine.remuxer.held_of_connection(), now) {
            return Ok(());
        }
        engine.remuxer.release_connection(&mut engine.steps);
        self.carry_out().await
    }

    /// The recording is over: what the engine holds back goes into the file.
    pub(super) async fn finish_flv(&mut self) -> Result<(), EndReason> {
        self.engine.remuxer.finish(&mut self.engine.steps);
        self.carry_out().await
    }

    /// Tag by tag, so that what one tag leads to is done before the engine sees the next.
    async fn drain(&mut self, at_end: bool) -> Result<(), EndReason> {
        while self.is_choked() {
            match self.engine.skip(at_end) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(fault) => return Err(self.not_flv(&fault)),
            }
        }
        loop {
            match self.engine.step(at_end) {
                Ok(true) => match self.engine.take_write() {
                    Some(tag) => {
                        if self.put(tag)? {
                            self.write_due().await?;
                        }
                    }
                    None if self.engine.steps.is_empty() => {}
                    None => self.carry_out().await?,
                },
                Ok(false) => {
                    self.engine.reader.let_go();
                    return Ok(());
                }
                Err(fault) => return Err(self.not_flv(&fault)),
            }
        }
    }

    /// Carries the steps out. The vector is kept for the next time.
    async fn carry_out(&mut self) -> Result<(), EndReason> {
        let mut steps = std::mem::take(&mut self.engine.steps);
        let mut result = Ok(());
        let mut loops = false;
        for step in steps.drain(..) {
            result = match step {
                Step::Looping => {
                    loops = true;
                    Ok(())
                }
                Step::Write(tag) => match self.put(tag) {
                    Ok(false) => Ok(()),
                    Ok(true) => self.write_due().await,
                    Err(end) => Err(end),
                },
                Step::Cut(cut) => self.cut(&cut).await,
                Step::Note(note) => {
                    self.note(&note);
                    Ok(())
                }
            };
            if result.is_err() {
                break;
            }
        }
        steps.clear();
        self.engine.steps = steps;
        // What came behind the loop in the same chunk is media that we lack.
        result.and(if loops { Err(EndReason::Looping) } else { Ok(()) })
    }

    /// Puts a tag into the segment's batch; whether the batch is due. No future of its own: this is done for each tag.
    fn put(&mut self, tag: Tag) -> Result<bool, EndReason> {
        // Notes stand between the headers of a new segment and its media.
        if self.link.dark_ms.is_some() && classify(&tag).is_frame() {
            self.goes_on();
        }
        let Some(segment) = &mut self.segment else { return Err(self.no_file()) };
        let time_ms = u64::from(tag.time_ms.saturating_sub(segment.ahead_ms()));
        let (bytes, media_ms) = (self.closed_bytes + segment.bytes(), self.closed_ms + time_ms);
        let framed = u64::try_from(tag.payload.len()).unwrap_or(u64::MAX).saturating_add(15);
        let too_long = self.plan.max_duration.is_some_and(|limit| u128::from(media_ms) >= limit.as_millis());
        if too_long || self.plan.max_size.is_some_and(|limit| bytes.saturating_add(framed) > limit) {
            return Err(EndReason::Limit);
        }
        segment.append(tag);
        let is_due = segment.is_due();
        self.media_came();
        self.split();
        Ok(is_due)
    }

    async fn write_due(&mut self) -> Result<(), EndReason> {
        let Some(segment) = &mut self.segment else { return Ok(()) };
        match segment.write().await {
            Ok(()) => Ok(()),
            Err(fault) => self.rescue(fault).await,
        }
    }

    /// Media that no file is open for: told as a fault, and the next connection begins anew.
    pub(super) fn no_file(&mut self) -> EndReason {
        tracing::error!(room = %self.room, "media came before its file was open");
        self.engine = Engine::new(self.plan.repeats);
        EndReason::Broken(String::from("media came before its file was open"))
    }

    fn split(&mut self) {
        let Some(segment) = &self.segment else { return };
        split(&mut self.engine.remuxer, &self.plan.split, segment.bytes(), segment.duration_ms());
    }

    async fn cut(&mut self, cut: &Cut) -> Result<(), EndReason> {
        if let Some(old) = self.segment.take() {
            self.close_segment(old, cut.why.name()).await;
        }
        let flapping = matches!(cut.why, CutReason::HeaderChanged(_)) && self.is_flapping();
        if flapping {
            // The next candidate begins anew.
            self.engine = Engine::new(self.plan.repeats);
            return Err(EndReason::Flapping);
        }
        let layout = Layout::open(cut);
        if self.plan.max_size.is_some_and(|limit| self.closed_bytes.saturating_add(layout.bytes()) >= limit) {
            // Not even its head has room; what the engine holds back for it has none either.
            self.engine = Engine::new(self.plan.repeats);
            return Err(EndReason::Limit);
        }
        self.open_segment("flv", Some(cut), cut.why.name()).await?;
        self.link.is_cut = true;
        Ok(())
    }

    /// Media goes on behind another connection. What was missing has been told, or nothing is; but behind a cut the engine
    /// may know no time that could be missing.
    fn goes_on(&mut self) {
        let dark_ms = self.link.dark_ms.take();
        if let Some(dark_ms) = dark_ms.filter(|_| self.link.is_cut) {
            let cause = self.link.broken_by.to_owned();
            self.gap(Gap { cause, at_ms: 0, lost_ms: Some(dark_ms), offset: 0 });
        }
    }

    /// Notes a change of the configuration; whether there were too many. Measured in media time: a file that comes
    /// faster than it plays may change often.
    fn is_flapping(&mut self) -> bool {
        let now_ms = self.closed_ms;
        self.changes.push_back(now_ms);
        while self.changes.front().is_some_and(|first| now_ms.saturating_sub(*first) > FLAPPING_MS) {
            self.changes.pop_front();
        }
        self.changes.len() >= FLAPPING_CUTS
    }

    fn note(&mut self, note: &Note) {
        let Some((cause, lost_ms)) = note.gap else { return self.repair(note) };
        let cause = if cause == Cause::Connection {
            self.link.dark_ms = None;
            self.link.broken_by
        } else {
            cause.name()
        };
        self.gap(Gap {
            cause: cause.to_owned(),
            at_ms: self.in_file(note.at_ms),
            lost_ms: Some(lost_ms),
            offset: note.offset,
        });
    }

    /// The bytes are no FLV; what they look like goes to the log as well as to the caller.
    fn not_flv(&mut self, fault: &Fault) -> EndReason {
        self.show_sample(&fault.to_string());
        match fault {
            Fault::NotFlv { looks_like } => EndReason::Refused(Refusal::NotMedia((*looks_like).to_owned())),
            Fault::NoTags { .. } if self.link.media_since.is_some() => EndReason::Broken(fault.to_string()),
            Fault::NoTags { .. } => EndReason::Refused(Refusal::NotMedia(String::from("noise without one FLV tag"))),
        }
    }

    /// Puts a growing file's metadata right while nothing is received.
    pub(super) async fn rest(&mut self) -> Result<(), EndReason> {
        let Some(segment) = &mut self.segment else { return Ok(()) };
        match segment.patch(Depth::Numbers).await {
            Ok(()) => Ok(()),
            Err(fault) => self.rescue(fault).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_at_the_pace_of_a_live_stream_is_released() {
        let check = |looks: &[(u64, Option<u64>)], expected: &[bool]| {
            let mut patience = Patience::default();
            let look =
                |(now_ms, held_ms): &(u64, Option<u64>)| patience.is_over(*held_ms, Duration::from_millis(*now_ms));
            assert_eq!(looks.iter().map(look).collect::<Vec<_>>(), expected, "{looks:?}");
        };
        let live =
            [(5_000, Some(0)), (5_200, Some(240)), (6_800, Some(1_840)), (7_000, Some(2_000)), (7_200, Some(2_200))];
        check(&live, &[false, false, false, true, true]);
        // A server sends what it still has, and then no more than comes.
        check(&[(0, Some(4_000)), (2_000, Some(6_000)), (3_000, Some(7_000))], &[false, false, false]);
        // It was settled in between.
        check(&[(0, Some(0)), (1_900, Some(1_900)), (2_000, None), (2_200, Some(100))], &[false; 4]);
    }
}
