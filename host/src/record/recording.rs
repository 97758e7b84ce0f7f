//! A recording: all that a session receives, over any number of receptions. Owns the open segment and the engine.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use lyrebird_flv::{CutReason, Note};
use tokio::task::JoinSet;

use super::again::{Again, Print};
use super::flv::Engine;
use super::name::Name;
use super::segment::Segment;
use super::sidecar::Gap;
use super::{Access, Before, Closed, Hands, Plan, Progress, Reception, Stop, Summary, Told};
use crate::disk::Root;
use crate::model::{Broadcast, Candidate, EndReason, RoomKey};

mod choke;
mod facts;
mod files;
mod outage;
mod rescue;

use facts::Repaired;
use files::Closing;
use outage::Outage;
use rescue::Carried;

/// What one session receives.
pub struct Recording {
    pub(super) plan: Plan,
    pub(super) hands: Hands,
    pub(super) room: RoomKey,
    pub(super) session: String,
    /// What is received, or was last.
    source: Option<Source>,
    /// What is known of the broadcast, while it is received.
    told: Option<Told>,
    /// Number of the last cut that was asked for and passed on to the engine.
    cuts: u64,
    /// When the last byte of an earlier run was written, as long as nothing has been written by this one.
    last_write: Option<SystemTime>,
    /// Of the folder that the last file was made in, among `plan.roots`. It stays the one until it refuses.
    root_at: usize,
    /// The folders that were opened, and how often the path of each had led elsewhere by then.
    roots: Vec<Option<(Root, u64)>>,
    name: Option<Name>,
    /// Of the last segment; 0 before the first.
    number: u32,
    pub(super) engine: Engine,
    pub(super) segment: Option<Segment>,
    closing: JoinSet<Closing>,
    closed: Vec<(u32, Closed)>,
    /// Of the segments that are closed or closing.
    pub(super) closed_bytes: u64,
    pub(super) closed_ms: u64,
    /// Media times of the last changes of the decoder configuration.
    pub(super) changes: VecDeque<u64>,
    /// The connection as it is now.
    pub(super) link: Link,
    gaps: Vec<Gap>,
    gap_count: u64,
    /// Gaps that are told with the next segment.
    pub(super) missing: Vec<Gap>,
    /// Since when what comes is dropped, as the volume takes nothing.
    choked_since: Option<Duration>,
    /// Ends of files that no volume has taken yet.
    carried: VecDeque<Carried>,
    /// When volumes failed under a file.
    rescues: Vec<Duration>,
    /// The volume takes no writes.
    outage: Option<Outage>,
    /// Whether that has been told.
    alarmed: bool,
    /// Too little is left on the volume; whoever watches it tells that for all its recordings.
    is_low: bool,
    /// Whether the first bytes of a body that is no media were shown: a dark room may send its page every second.
    sampled: bool,
    /// Whether it was told that what comes cannot be recorded.
    unusable: bool,
    /// Repairs before the first segment.
    pub(super) early: Vec<Note>,
    repairs: Repaired,
}

#[derive(Clone)]
struct Source {
    candidate: Candidate,
    broadcast: Broadcast,
}

/// What is known of the connection.
#[derive(Default)]
pub(super) struct Link {
    /// Its first bytes, for the log.
    pub(super) sample: Bytes,
    /// When it was made.
    pub(super) connected: Duration,
    /// When its first media came.
    pub(super) media_since: Option<(Duration, SystemTime)>,
    /// When the last byte of any connection came.
    pub(super) last_byte: Option<Duration>,
    /// How long no bytes came before it, as long as nobody has told what is missing.
    pub(super) dark_ms: Option<u64>,
    /// Whether a segment has begun behind that connection.
    pub(super) is_cut: bool,
    /// What broke the connection before it: the cause of the gap.
    pub(super) broken_by: &'static str,
    /// The body that is received.
    pub(super) print: Print,
    /// The one before it, and its media, where the server ended it without a fault.
    pub(super) ended: Option<(Print, Duration)>,
    /// The two beside each other, as long as they are the same.
    pub(super) again: Option<Again>,
}

impl Recording {
    /// A recording without media yet: it makes no file before the first media has come.
    pub fn new(plan: Plan, hands: Hands, room: RoomKey, session: String) -> Self {
        let engine = Engine::new(plan.repeats);
        Recording {
            plan,
            hands,
            room,
            session,
            source: None,
            told: None,
            cuts: 0,
            last_write: None,
            root_at: 0,
            roots: Vec::new(),
            name: None,
            number: 0,
            engine,
            segment: None,
            closing: JoinSet::new(),
            closed: Vec::new(),
            closed_bytes: 0,
            closed_ms: 0,
            changes: VecDeque::new(),
            link: Link { broken_by: "connection", ..Link::default() },
            gaps: Vec::new(),
            gap_count: 0,
            missing: Vec::new(),
            choked_since: None,
            carried: VecDeque::new(),
            rescues: Vec::new(),
            outage: None,
            alarmed: false,
            is_low: false,
            sampled: false,
            unusable: false,
            early: Vec::new(),
            repairs: Repaired::default(),
        }
    }

    /// The same recording after a restart: its files go on with the next number, and what is missing between is named.
    #[must_use]
    pub fn taken_up(mut self, before: Before) -> Self {
        let Before { folder, stem, number, last_write } = before;
        if let Some(stem) = stem {
            self.name = Some(Name { folder: folder.unwrap_or_default(), stem });
            self.number = number;
            self.last_write = Some(last_write);
        }
        self
    }

    /// Receives one candidate until its connection ends or `stop` says so. The open segment stays open: the next
    /// reception goes on in it when its decoder configurations are equal and `plan.join` says so, else it cuts. Each
    /// segment's sidecar has what `told` says when it begins; the names stay those of the first.
    pub async fn receive(
        &mut self,
        candidate: &Candidate,
        told: &Told,
        access: &Access,
        progress: &Progress,
        stop: &mut Stop,
    ) -> Reception {
        let (bytes, media_ms) = (self.bytes(), self.media_ms());
        self.source = Some(Source { candidate: candidate.clone(), broadcast: told.borrow().broadcast.clone() });
        // A cut that was asked for while nothing came has nothing to cut.
        self.cuts = told.borrow().cut.map_or(0, |(number, _)| number);
        self.told = Some(told.clone());
        self.link.media_since = None;
        self.link.sample = Bytes::new();
        (self.link.print, self.link.again) = (Print::default(), None);
        let mut reason = self.run(candidate, access, progress, stop).await;
        reason = self.without_media(reason);
        // What has come is on the disk before anything else is tried.
        if let Err(fault) = self.rest().await {
            reason = fault;
        }
        let media_ms = self.media_ms().saturating_sub(media_ms);
        let bytes = self.bytes().saturating_sub(bytes);
        if reason == EndReason::Ended && self.link.media_since.is_some() {
            self.link.ended = Some((std::mem::take(&mut self.link.print), Duration::from_millis(media_ms)));
        }
        let mut reception = Reception { reason, media_ms, bytes, first_media: self.link.media_since.is_some() };
        self.reception_ended(&reception).await;
        // What is told from now on may be another broadcast.
        self.hear_told();
        self.told = None;
        if let EndReason::DiskFull(why) = &reception.reason {
            let (why, was_open) = (why.clone(), self.segment.is_some());
            self.abandon().await;
            // Without an open file all folders have been tried.
            if was_open && self.turn_away() {
                reception.reason = EndReason::Broken(why);
            }
        } else {
            self.part(reception.reason.word()).await;
        }
        self.show(progress);
        reception
    }

    /// Whether any media is in its files: then what it needs of the machine is its own.
    pub fn has_begun(&self) -> bool {
        self.bytes() > 0
    }

    /// Closes what is open and waits until every file has its name. `end` is the word for the sidecar: why the
    /// recording is over.
    pub async fn close(mut self, end: &str) -> Summary {
        // A limit that is reached is no loss.
        if let Err(reason @ (EndReason::DiskFull(_) | EndReason::Broken(_))) = self.finish_flv().await {
            tracing::warn!(room = %self.room, %reason, "the last tags could not be written");
        }
        self.close_open(end).await;
        self.settle().await;
        self.close_outage(end).await;
        self.tell_repairs();
        self.closed.sort_by_key(|(number, _)| *number);
        Summary { segments: self.closed.into_iter().map(|(_, closed)| closed).collect(), gaps: self.gaps }
    }

    /// Waits until every file is closed, and what volumes refused at that is in files of its own; or is lost, and named.
    async fn settle(&mut self) {
        // Each folder may refuse once, and the first one once more.
        for _ in 0..=self.plan.roots.len() {
            while !self.closing.is_empty() {
                self.reap().await;
            }
            if let Err(reason) = self.write_carried().await {
                self.lose_carried(&reason).await;
            }
            if self.closing.is_empty() {
                return;
            }
        }
        while !self.closing.is_empty() {
            self.reap().await;
        }
        self.lose_carried(&EndReason::DiskFull(String::from("every folder refuses again"))).await;
    }

    /// Shows the first bytes of a body that is no media, once.
    pub(super) fn show_sample(&mut self, what: &str) {
        let sample = self.link.sample.escape_ascii();
        if self.sampled {
            tracing::debug!(room = %self.room, what, %sample, "the body is no media");
        } else {
            tracing::warn!(room = %self.room, what, %sample, "the body is no media");
        }
        self.sampled = true;
    }

    /// Bytes of all files.
    pub(super) fn bytes(&self) -> u64 {
        self.closed_bytes + self.segment.as_ref().map_or(0, Segment::bytes)
    }

    /// Media time of all files.
    pub(super) fn media_ms(&self) -> u64 {
        self.closed_ms + self.segment.as_ref().map_or(0, Segment::duration_ms)
    }

    /// Tells the status line.
    pub(super) fn show(&self, progress: &Progress) {
        progress.show(self.bytes(), self.media_ms(), self.gap_count);
        let growing = self.segment.as_ref().map(Segment::path);
        // It may have been closed already.
        if let Some(file) = growing.or_else(|| self.closed.last().map(|(_, closed)| closed.file.clone())) {
            progress.show_file(file);
        }
    }

    /// Passes on a cut that somebody has asked for since the last time.
    pub(super) fn hear_cut(&mut self) {
        let asked = self.told.as_ref().and_then(|told| told.borrow().cut);
        if let Some((number, why)) = asked.filter(|(number, _)| *number > self.cuts) {
            self.cuts = number;
            self.engine.cut_at_next_key_frame(CutReason::Asked(why));
        }
    }

    /// Takes over what is known of the broadcast by now.
    fn hear_told(&mut self) {
        if let (Some(told), Some(source)) = (&self.told, &mut self.source) {
            source.broadcast.clone_from(&told.borrow().broadcast);
        }
    }

    /// Closes the open segment where it cannot, or must not, go on with the next connection.
    async fn part(&mut self, end: &str) {
        match &self.segment {
            Some(segment) if segment.is_raw() => self.close_open(end).await,
            Some(_) if !self.plan.join => {
                // The engine goes on: it knows what the next connection sends again.
                self.engine.cut(CutReason::Reconnected);
                if let Some(segment) = self.segment.take() {
                    self.close_segment(segment, end).await;
                }
            }
            _ => {}
        }
    }
}
