//! The files of a recording: which one is open, which are being closed, what they are called.

use lyrebird_flv::Segment as Layout;
use serde_json::json;

use super::{Recording, Source};
use crate::disk::{DiskError, Root};
use crate::event::{Event, Kind};
use crate::model::EndReason;
use crate::record::flv::Engine;
use crate::record::name::{Facts, Name, name};
use crate::record::segment::{Place, Segment};
use crate::record::sidecar::{Origin, Sidecar};
use crate::record::{Closed, salvage};

/// Segments that may be closing at once: their syncs take time, and each holds two descriptors.
const CLOSING: usize = 4;

/// A volume that refuses ends the reception; what it has taken is kept.
impl From<DiskError> for EndReason {
    fn from(error: DiskError) -> Self {
        EndReason::DiskFull(format!("{:#}", anyhow::Error::new(error)))
    }
}

impl Recording {
    /// Opens the next segment. `why` is the cut's reason.
    pub(in crate::record) async fn open_segment(
        &mut self,
        ext: &str,
        layout: Option<Layout>,
        why: &str,
    ) -> Result<(), EndReason> {
        self.hear_told();
        let Some(source) = self.source.clone() else { return Ok(()) };
        let started_at = self.hands.clock.now();
        let name = self.name_of(&source);
        let place = Place { folder: name.folder.clone(), stem: name.segment(self.number + 1), ext: ext.to_owned() };
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
        let root = self.root().await?;
        let segment = Segment::open(&root, place, layout, sidecar, self.hands.clock.passed()).await?;
        self.number += 1;
        if self.number == 1 {
            // The disk may have had to number it.
            self.name = Some(Name { stem: segment.stem(), ..name });
        }
        let file = segment.path();
        tracing::info!(room = %self.room, file = %file.display(), why, "segment opened");
        self.send(Kind::SegmentOpened, json!({ "file": file, "why": why }));
        self.segment = Some(segment);
        for gap in std::mem::take(&mut self.missing) {
            self.gap(gap);
        }
        Ok(())
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

    async fn root(&mut self) -> Result<Root, DiskError> {
        if let Some(root) = &self.root {
            return Ok(root.clone());
        }
        let root = self.hands.disk.root(&self.plan.root).await?;
        Ok(self.root.insert(root).clone())
    }

    /// Closes the open segment, if there is one.
    pub(in crate::record) async fn close_open(&mut self, end: &str) {
        if let Some(segment) = self.segment.take() {
            self.close_segment(segment, end).await;
            self.engine = Engine::new(self.plan.repeats);
        }
    }

    /// Closes a segment beside what goes on: its sync may take seconds, and the sender would not wait.
    pub(in crate::record) async fn close_segment(&mut self, mut segment: Segment, end: &str) {
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
        let (events, clock) = (self.hands.events.clone(), self.hands.clock.clone());
        let (room, session) = (self.room.clone(), self.session.clone());
        self.closing.spawn(async move {
            let closed = match segment.close(&end, keep).await {
                Ok(Some(closed)) => closed,
                Ok(None) => {
                    tracing::info!(%room, end, "a segment got no media, its file is removed");
                    return (number, None);
                }
                Err((closed, error)) => {
                    let error = format!("{error:#}");
                    tracing::error!(%room, file = %closed.file.display(), error, "a file could not be finished, the next start salvages it");
                    closed
                }
            };
            events.send(Event::now(&clock, Kind::SegmentClosed, Some(&room), Some(&session), closed_data(&closed, &end)));
            tracing::info!(%room, file = %closed.file.display(), bytes = closed.bytes, duration_ms = closed.duration_ms, end, "segment closed");
            (number, Some(closed))
        });
    }

    /// Waits for one of the segments that are being closed.
    pub(super) async fn reap(&mut self) {
        if let Some(Ok((number, Some(closed)))) = self.closing.join_next().await {
            self.closed.push((number, closed));
        }
    }

    /// The volume refuses: what it has taken is finished as far as it lets us, and the next media begins a new file.
    pub(super) async fn abandon(&mut self) {
        self.engine = Engine::new(self.plan.repeats);
        let Some(segment) = self.segment.take() else { return };
        let unfinished = segment.unfinished();
        let received_ms = segment.received_ms();
        let keep = self.plan.sidecar;
        let mended = async {
            let (old, mut sidecar) = segment.into_old().await?;
            sidecar.end = Some(String::from("disk"));
            salvage::mend(&old, sidecar, keep, None).await
        };
        let closed = match mended.await {
            Ok(Some(mended)) => mended.closed,
            Ok(None) => {
                self.link.unwritten_ms += received_ms;
                return;
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::error!(room = %self.room, file = %unfinished.file.display(), error, "a file could not be finished, the next start salvages it");
                unfinished
            }
        };
        // What was waiting for the volume is lost with it.
        self.link.unwritten_ms += received_ms.saturating_sub(closed.duration_ms);
        self.closed_bytes += closed.bytes;
        self.closed_ms += closed.duration_ms;
        self.send(Kind::SegmentClosed, closed_data(&closed, "disk"));
        self.closed.push((self.number, closed));
    }
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
