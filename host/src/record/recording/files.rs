//! The files of a recording: which one is open, which are being closed, what they are called.

use std::path::PathBuf;

use lyrebird_flv::Cut;
use serde_json::json;
use tokio::task::JoinError;

use super::outage::LastFile;
use super::rescue::Carried;
use super::{Recording, Source};
use crate::clock::Clock;
use crate::disk::{DiskError, DiskFault, OldFile, Root};
use crate::event::{Event, Kind, Sink};
use crate::model::{EndReason, RoomKey};
use crate::record::Closed;
use crate::record::flv::Engine;
use crate::record::name::{Facts, Name, name};
use crate::record::salvage::Mended;
use crate::record::segment::{Closes, Ended, Place, Rest, Segment, Unfinished};
use crate::record::sidecar::{Gap, Origin, Sidecar, State};
use crate::record::tail::Tail;

/// Segments that may be closing at once: their syncs take time, and each holds two descriptors.
const CLOSING: usize = 4;

/// A volume that refuses ends the reception; what it has taken is kept.
impl From<DiskError> for EndReason {
    fn from(error: DiskError) -> Self {
        EndReason::DiskFull(format!("{:#}", anyhow::Error::new(error)))
    }
}

impl Recording {
    /// Opens the next segment, once what is carried along has its file. `why` is the cut's reason.
    pub(in crate::record) async fn open_segment(
        &mut self,
        ext: &str,
        cut: Option<&Cut>,
        why: &str,
    ) -> Result<(), EndReason> {
        self.take_closed().await;
        self.write_carried().await?;
        let gap = self.reopens();
        self.open_one(ext, cut, why, gap.into_iter().collect()).await?;
        if let Some(last_write) = self.last_write.take() {
            // A clock that was set back since cannot tell how long it was.
            let lost = self.hands.clock.now().duration_since(last_write).ok();
            let lost_ms = lost.map(|lost| u64::try_from(lost.as_millis()).unwrap_or(u64::MAX));
            self.gap(Gap { cause: String::from("restart"), at_ms: 0, lost_ms, offset: 0 });
        }
        for gap in std::mem::take(&mut self.missing) {
            self.gap(gap);
        }
        Ok(())
    }

    /// Opens a file, whose sidecar names these gaps from its first moment.
    pub(super) async fn open_one(
        &mut self,
        ext: &str,
        cut: Option<&Cut>,
        why: &str,
        gaps: Vec<Gap>,
    ) -> Result<(), EndReason> {
        self.hear_told();
        let Some(source) = self.source.clone() else { return Ok(()) };
        let started_at = self.hands.clock.now();
        let name = self.name_of(&source);
        let mut sidecar = Sidecar::new(&Origin {
            room: &self.room,
            session: &self.session,
            broadcast: &source.broadcast,
            candidate: &source.candidate,
            plugin: &self.plan.plugin,
            host_version: &self.plan.host_version,
            started_at,
        });
        let reception_since = self.link.media_since.map_or(started_at, |(_, since)| since);
        sidecar.reception_started(reception_since);
        for note in std::mem::take(&mut self.early) {
            sidecar.repair(note.kind.name(), note.tags.max(1), note.at_ms, note.offset);
        }
        gaps.into_iter().for_each(|gap| sidecar.gap(gap));
        let segment = self.make_somewhere(name, ext, cut, sidecar).await?;
        let file = segment.path();
        tracing::info!(room = %self.room, file = %file.display(), why, "segment opened");
        let (folder, stem) = self.name.as_ref().map(|name| (&name.folder, &name.stem)).unzip();
        let data = json!({ "file": file, "why": why, "folder": folder, "stem": stem, "number": self.number });
        self.send(Kind::SegmentOpened, data);
        self.segment = Some(segment);
        Ok(())
    }

    /// Makes the file in the folder of the last one, or in the next that takes it.
    async fn make_somewhere(
        &mut self,
        name: Name,
        ext: &str,
        cut: Option<&Cut>,
        sidecar: Sidecar,
    ) -> Result<Segment, EndReason> {
        let mut refused: Option<EndReason> = None;
        self.is_low = true;
        for at in self.order() {
            if let Some(why) = self.shut(at) {
                refused.get_or_insert(EndReason::DiskFull(why));
                continue;
            }
            self.is_low = false;
            match self.make_in_time(at, name.clone(), ext, cut, sidecar.clone()).await {
                Ok(segment) => {
                    self.root_at = at;
                    if let Some(reason) = refused {
                        let file = segment.path();
                        tracing::warn!(room = %self.room, %reason, file = %file.display(), "the file is in another output folder");
                    }
                    return Ok(segment);
                }
                Err(error) if error.is_volume() => {
                    self.forget_root(at, &error);
                    refused.get_or_insert(error.into());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(refused.unwrap_or_else(|| EndReason::DiskFull(String::from("there is no output folder"))))
    }

    /// Makes the file by this name, or by a short one where the file system takes none as long.
    pub(super) async fn make(
        &mut self,
        root: &Root,
        name: Name,
        ext: &str,
        cut: Option<&Cut>,
        sidecar: Sidecar,
    ) -> Result<Segment, DiskError> {
        let (plan, now) = (&self.plan, self.hands.clock.passed());
        let place = |name: &Name| Place {
            folder: name.folder.clone(),
            stem: name.segment(self.number + 1),
            ext: ext.to_owned(),
        };
        let made = Segment::open(root, place(&name), cut, sidecar.clone(), plan, now).await;
        let (made, name, is_new) = match made {
            Err(error) if error.fault == DiskFault::NameTooLong => {
                let short = short(&name);
                let (long, taken) = (name.path().display().to_string(), short.path().display().to_string());
                tracing::warn!(room = %self.room, name = long, instead = taken, hint = "shorten `name`, or the folders in it", "the name is too long for the volume, a short one is taken");
                (Segment::open(root, place(&short), cut, sidecar, plan, now).await, short, true)
            }
            made => (made, name, self.number == 0),
        };
        let segment = made?;
        self.number += 1;
        if is_new {
            // The disk may have had to number it.
            let stem = if self.number == 1 { segment.stem() } else { name.stem };
            self.name = Some(Name { stem, folder: name.folder });
        }
        Ok(segment)
    }

    /// Folder and stem: those of the first segment, for all.
    fn name_of(&mut self, source: &Source) -> Name {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let (broadcast, candidate) = (&source.broadcast, &source.candidate);
        let (room, session, start) = (&self.room, self.session.as_str(), self.hands.clock.now());
        let (name, broken) = name(&self.plan.name, &Facts { room, broadcast, candidate, session, start });
        if let Some(broken) = broken {
            tracing::warn!(room = %self.room, broken, "the template of names is broken, the usual one is taken");
        }
        name
    }

    pub(super) async fn root(&mut self, at: usize) -> Result<Root, DiskError> {
        self.roots.resize(self.plan.roots.len(), None);
        let folder = self.plan.roots.get(at).cloned().unwrap_or_default();
        let turns = self.hands.gates.turns(&folder);
        let known = self.roots.get(at).and_then(Option::as_ref);
        if let Some((root, _)) = known.filter(|(_, then)| *then == turns) {
            return Ok(root.clone());
        }
        let root = match known {
            // It was there: who made it, or mounted it, is to do so again.
            Some((gone, _)) => self.hands.disk.existing_root(&folder).await?.ok_or_else(|| gone.gone())?,
            None => self.hands.disk.root(&folder).await?,
        };
        if let Some(place) = self.roots.get_mut(at) {
            *place = Some((root.clone(), turns));
        }
        Ok(root)
    }

    /// The folder that was open refuses since it is gone: the next file looks for it by its path.
    fn forget_root(&mut self, at: usize, error: &DiskError) {
        let place = self.roots.get_mut(at).and_then(Option::as_mut);
        if let Some((_, then)) = place.filter(|_| error.fault == DiskFault::Gone) {
            *then = u64::MAX;
        }
    }

    /// Closes the open segment, if there is one.
    pub(in crate::record) async fn close_open(&mut self, end: &str) {
        if let Some(segment) = self.segment.take() {
            self.close_segment(segment, end).await;
            self.engine = Engine::new(self.plan.repeats);
        }
    }

    /// Closes a segment beside what goes on: its sync may take seconds, and the sender would not wait.
    pub(in crate::record) async fn close_segment(&mut self, segment: Segment, end: &str) {
        if self.outage.is_some() && segment.has_media() {
            self.end_outage(&segment.path());
        }
        self.spawn_close(segment, end, Hold::Nothing).await;
    }

    pub(super) async fn spawn_close(&mut self, mut segment: Segment, end: &str, hold: Hold) {
        // Of a cut in the middle of a connection; else its end is noted already.
        segment.sidecar.reception_ended(self.hands.clock.now(), end);
        while self.closing.len() >= CLOSING {
            self.reap().await;
        }
        if segment.has_media() {
            self.closed_bytes += segment.bytes();
            self.closed_ms += segment.duration_ms();
        }
        let (number, end, keep) = (self.number, end.to_owned(), self.plan.sidecar);
        let (events, room, root_at) = (self.teller(), self.room.clone(), self.root_at);
        self.closing.spawn(async move {
            let (is_held, from) = match hold {
                Hold::Nothing => (false, None),
                Hold::OfCarried(from) => (true, from),
            };
            let mut closing = Closing { from, root_at, ..Closing::default() };
            match segment.close(&end, keep).await {
                Ok(Closes::Done(file, mended)) => {
                    closing.closed.push((number, mended.closed.clone()));
                    closing.last = is_held.then(|| LastFile::new(number, file, *mended));
                }
                Ok(Closes::Empty) => tracing::info!(%room, end, "a segment got no media, its file is removed"),
                Ok(Closes::Short(ended, tail)) => {
                    closing.tail = Some(*tail);
                    match ended {
                        Ok(ended) => closing.wait(number, ended, keep, &events).await,
                        Err(unfinished) => closing.closed.push((number, unfinished.told(&room))),
                    }
                }
                Err(unfinished) => closing.closed.push((number, unfinished.told(&room))),
            }
            for (_, closed) in &closing.closed {
                events.closed(closed, &end);
                tracing::info!(%room, file = %closed.file.display(), bytes = closed.bytes, duration_ms = closed.duration_ms, end, "segment closed");
            }
            closing.finish_before(keep, &events).await;
            closing
        });
    }

    /// Waits for one of the segments that are being closed.
    pub(super) async fn reap(&mut self) {
        if let Some(done) = self.closing.join_next().await {
            self.took(done);
        }
    }

    /// Takes what became of a segment that was being closed.
    pub(super) fn took(&mut self, done: Result<Closing, JoinError>) {
        // Whoever died has told.
        let Ok(Closing { closed, tail, last, from, root_at }) = done else { return };
        last.into_iter().for_each(|last| self.has_carried(last));
        if let Some(tail) = tail {
            let rest_ms = tail.until_ms.saturating_sub(tail.from_ms);
            self.closed_ms = self.closed_ms.saturating_sub(rest_ms);
            self.carry(Carried { tail, from });
            if root_at == self.root_at {
                // What its volume refused another one may take.
                self.turn_away();
            }
        }
        self.closed.extend(closed);
    }

    /// Tells of closed files, also while the recording does something else.
    pub(super) fn teller(&self) -> Teller {
        let (events, clock) = (self.hands.events.clone(), self.hands.clock.clone());
        Teller { events, clock, room: self.room.clone(), session: self.session.clone() }
    }

    pub(super) fn tell_closed(&self, closed: &Closed, end: &str) {
        self.teller().closed(closed, end);
    }
}

/// What became of a segment that was closed.
#[derive(Default)]
pub(super) struct Closing {
    /// Files with their numbers.
    pub(super) closed: Vec<(u32, Closed)>,
    /// What its volume had not made safe.
    pub(super) tail: Option<Tail>,
    /// The file, if it was to be held.
    pub(super) last: Option<LastFile>,
    /// The file whose end it is, which waits for that.
    pub(super) from: Option<(u32, Box<Ended>)>,
    /// Which folder it is in.
    pub(super) root_at: usize,
}

impl Closing {
    /// The file waits until its end is elsewhere. Another one may wait for the end that this one was: as far as it got it
    /// is safe here, or there is nothing here that is not there.
    async fn wait(&mut self, number: u32, ended: Box<Ended>, keep_sidecar: bool, events: &Teller) {
        if let Some((first, before)) = self.from.take() {
            if !ended.holds_media() || ended.keep().await.is_err() {
                self.from = Some((first, before));
                if let Err(error) = ended.remove().await {
                    let error = format!("{:#}", anyhow::Error::new(error));
                    tracing::debug!(error, "a file that was begun in vain stays");
                }
                return;
            }
            let closed = events.finished(before.finish("disk", keep_sidecar, Rest::Elsewhere).await);
            self.closed.extend(closed.map(|closed| (first, closed)));
        }
        self.from = Some((number, ended));
    }

    /// Finishes the file whose end is in this one now: at once, as a kill until then leaves the same media in both.
    async fn finish_before(&mut self, keep_sidecar: bool, events: &Teller) {
        let Some((number, ended)) = self.from.take_if(|_| self.tail.is_none()) else { return };
        let is_whole = self.closed.iter().any(|(_, closed)| closed.state != State::Recording);
        let rest = if is_whole { Rest::Elsewhere } else { Rest::Unknown };
        let closed = events.finished(ended.finish("disk", keep_sidecar, rest).await);
        self.closed.extend(closed.map(|closed| (number, closed)));
    }
}

/// Whether a file is held when it is closed.
pub(super) enum Hold {
    Nothing,
    /// It is what was carried along: behind it media is missing, and no file may follow that says so. The file that it
    /// was the end of waits for it.
    OfCarried(Option<(u32, Box<Ended>)>),
}

/// Who tells of closed files.
pub(super) struct Teller {
    events: Sink,
    clock: Clock,
    room: RoomKey,
    session: String,
}

impl Teller {
    pub(super) fn closed(&self, closed: &Closed, end: &str) {
        let data = closed_data(closed, end);
        self.events.send(Event::now(&self.clock, Kind::SegmentClosed, Some(&self.room), Some(&self.session), data));
    }

    /// Tells of a file that its volume let grow no more; none where it held no media.
    pub(super) fn finished(&self, finished: Result<Option<(OldFile, Mended)>, Unfinished>) -> Option<Closed> {
        let closed = match finished {
            Ok(finished) => finished.map(|(_, mended)| mended.closed)?,
            Err(unfinished) => unfinished.told(&self.room),
        };
        self.closed(&closed, "disk");
        Some(closed)
    }
}

/// The longest name where a longer one was refused: less than any file system takes, with all that may follow it.
const SHORT_BYTES: usize = 60;

/// What of a name every volume takes: its beginning, in the output folder itself.
fn short(name: &Name) -> Name {
    let ends = name.stem.char_indices().map(|(start, c)| start + c.len_utf8());
    let end = ends.take_while(|end| *end <= SHORT_BYTES).last().unwrap_or(0);
    let stem = name.stem.get(..end).unwrap_or_default().trim_end_matches(['.', ' ']);
    Name { folder: PathBuf::new(), stem: stem.to_owned() }
}

fn closed_data(closed: &Closed, end: &str) -> serde_json::Value {
    json!({
        "file": closed.file,
        "bytes": closed.bytes,
        "duration_ms": closed.duration_ms,
        "state": closed.state.word(),
        "end": end,
    })
}
