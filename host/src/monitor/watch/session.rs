//! A session's passage through a room's task: opened, received, told, closed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lyrebird_flv::Ask;
use serde_json::json;
use tokio::sync::watch;
use tracing::{debug, info, warn};

use super::ties::OpenSession;
use super::{Hand, LAST_FILES, UnderWay};
use crate::event::{Event, Kind, new_id};
use crate::http::host::HostPort;
use crate::model::{Broadcast, EndReason, Refusal, RoomKey};
use crate::monitor::room::Fact;
use crate::record::choose::label;
use crate::record::sidecar::State;
use crate::record::{Access, Before, Progress, Reception, Recording, Tidings, Tried};

impl Hand {
    pub(super) fn open(&mut self, broadcast: Broadcast) {
        self.session_since = self.hands().clock.now();
        self.name_session();
        info!(room = %self.watch.key, streamer = %broadcast.streamer, title = %broadcast.title, "live");
        let data = json!({ "title": broadcast.title, "streamer": broadcast.streamer, "room_url": broadcast.room_url });
        self.know(broadcast);
        self.tell(Kind::SessionStarted, data);
        self.tie(false);
        self.ties.note("session", "begins");
    }

    /// The session that an earlier run left open goes on.
    pub(super) fn take_up(&mut self, broadcast: Broadcast) {
        info!(room = %self.watch.key, streamer = %broadcast.streamer, title = %broadcast.title, session = self.session, "still live, the session goes on");
        self.know(broadcast);
        self.tie(true);
        self.ties.note("session", "goes on after a restart");
    }

    fn tie(&mut self, is_kept: bool) {
        let now = self.hands().clock.now();
        let kept = self.watch.kept.as_ref().map(|kept| &kept.0).filter(|_| is_kept);
        self.ties.open(&OpenSession {
            id: &self.session,
            broadcast: self.broadcast.as_deref().unwrap_or(&Broadcast::default()),
            since: self.session_since,
            now,
            targets: self.wishes.targets.as_deref(),
            kept,
        });
        let since = self.session_since;
        self.watch.glance.change(|seen| seen.since = Some(since));
    }

    /// It begins, or what is received may become its first media.
    fn name_session(&mut self) {
        if self.session.is_empty() {
            self.session = new_id().into();
        }
    }

    /// Another title, category or cover.
    pub(super) fn update(&mut self, broadcast: Broadcast) {
        let retitled = self.broadcast.as_ref().is_none_or(|before| before.title != broadcast.title);
        if retitled {
            self.ties.note("session", &format!("title: {}", broadcast.title));
        }
        self.ties.update(&self.session, &broadcast);
        self.know(broadcast);
        if retitled && self.wishes.plan.split.title {
            self.cut(Ask::Title);
        }
    }

    /// Asks the reception that runs for another segment.
    pub(super) fn cut(&self, why: Ask) {
        if let Some(reception) = &self.reception {
            let next = |tidings: &Tidings| tidings.cut.map_or(0, |(number, _)| number) + 1;
            reception.tidings.send_modify(|tidings| tidings.cut = Some((next(tidings), why)));
        }
    }

    fn know(&mut self, broadcast: Broadcast) {
        let state = if self.reception.is_some() { "recording" } else { "live" };
        self.watch.glance.change(|seen| {
            seen.state = state;
            seen.streamer.clone_from(&broadcast.streamer);
            seen.title.clone_from(&broadcast.title);
        });
        if let Some(reception) = &self.reception {
            reception.tidings.send_modify(|tidings| tidings.broadcast.clone_from(&broadcast));
        }
        self.broadcast = Some(Box::new(broadcast));
    }

    /// Asks the reception that runs to end; one that has just ended needs no word.
    pub(super) fn end_reception(&self) {
        if let Some(reception) = &self.reception {
            let _ = reception.stop.send(true);
        }
    }

    pub(super) fn receive(&mut self) {
        let Some(candidate) = self.chosen.clone() else { return };
        let has_begun = self.recording.as_ref().is_some_and(|recording| recording.has_begun());
        let beginning = match (!has_begun).then(|| self.hands().begin()).transpose() {
            Ok(beginning) => beginning,
            Err(why) => return self.crowded = Some(why.into()),
        };
        let mut recording = match self.recording.take() {
            Some(recording) => recording,
            None => Box::new(self.new_recording()),
        };
        let (stop, mut stopped) = watch::channel(false);
        let broadcast = self.broadcast.as_deref().cloned().unwrap_or_default();
        let (tidings, told) = watch::channel(Tidings { broadcast, cut: None });
        let progress: Arc<Progress> = Arc::default();
        let access = Access {
            user_headers: self.watch.user_headers.clone(),
            room_host: HostPort::from_url(&self.watch.room.input),
            overrides: self.watch.desk.picker().overrides(),
        };
        self.watch.glance.change(|seen| {
            seen.state = "recording";
            seen.candidate = label(&candidate);
            seen.progress = Some(Arc::clone(&progress));
        });
        let since = self.now();
        let shown = Arc::clone(&progress);
        let end = Box::pin(async move {
            let received = recording.receive(&candidate, &told, &access, &shown, &mut stopped);
            let reception = match beginning {
                Some(beginning) => beginning.beside(received).await,
                None => received.await,
            };
            (recording, reception)
        });
        self.reception = Some(Box::new(UnderWay { end, since, progress, stop, tidings }));
    }

    /// What the session receives goes on in the files of the run before, with the next number.
    fn new_recording(&mut self) -> Recording {
        self.name_session();
        let (plan, hands) = (self.wishes.plan.clone(), self.hands().clone());
        let recording = Recording::new(plan, hands, RoomKey::clone(&self.watch.key), self.session.to_string());
        match self.watch.kept.take().map(|kept| *kept) {
            Some((row, last_write)) if *row.id == *self.session => recording.taken_up(Before {
                folder: row.folder.map(PathBuf::from),
                stem: row.stem,
                number: row.number,
                last_write,
            }),
            _ => recording,
        }
    }

    /// The machine has no means for it: nothing was connected.
    pub(super) fn not_begun(&mut self, why: String) -> Fact {
        self.back = Some(Box::pin(self.hands().means.back()));
        let reason = EndReason::Crowded(why);
        self.tell_reception(&reason);
        self.ties.note("reception", &reason.to_string());
        self.watch.glance.change(|seen| {
            seen.state = "waiting";
            seen.verdict = reason.to_string();
        });
        Fact::Ended { reason, lasted: None }
    }

    pub(super) fn ended(&mut self, reception: Reception) -> Fact {
        let Reception { reason, media_ms, first_media, .. } = reception;
        let since = self.reception.take().map_or(Duration::ZERO, |reception| reception.since);
        let by_clock = self.now().saturating_sub(since);
        let lasted = first_media.then(|| Duration::from_millis(media_ms).min(by_clock));
        if let Some(chosen) = &self.chosen {
            self.tried.note(chosen, &reason, media_ms);
        }
        if matches!(reason, EndReason::DiskFull(_)) {
            self.back = Some(Box::pin(self.hands().gates.opening()));
        }
        if first_media {
            self.told_reception.forget();
        } else if !matches!(reason, EndReason::Finished | EndReason::DiskFull(_)) {
            // The recording tells of those two.
            self.tell_reception(&reason);
        }
        self.ties.note("reception", &format!("{reason}, after {} s of media", media_ms / 1_000));
        self.watch.glance.change(|seen| seen.state = "waiting");
        Fact::Ended { reason, lasted }
    }

    /// The session is over.
    pub(super) async fn close(&mut self, why: &'static str) {
        self.close_files(why).await;
        info!(room = %self.watch.key, why, "session over");
        self.tell(Kind::SessionEnded, json!({ "why": why }));
        self.ties.over(&self.session, why, self.hands().clock.now());
        self.ties.note("session", &format!("over: {why}"));
        self.watch.glance.change(|seen| seen.since = None);
        self.watch.kept = None;
        self.session = Box::default();
        self.tried = Tried::default();
        // Another broadcast's way is none of the next one's.
        self.chosen = None;
        self.told_quality = false;
    }

    /// The session is left to the next run: its files are whole, its notices stand.
    pub(super) async fn keep(&mut self) {
        self.close_files("kept").await;
        info!(room = %self.watch.key, session = self.session, "the session is kept for the next start");
        self.ties.seen(&self.session, self.hands().clock.now());
        self.ties.note("session", "kept for the next start");
    }

    async fn close_files(&mut self, end: &'static str) {
        let Some(recording) = self.recording.take() else {
            return self.watch.glance.change(|seen| seen.state = "waiting");
        };
        self.watch.glance.change(|seen| seen.state = "closing");
        // In a place of its own: within the room's task it would take its memory also while the room is dark.
        let summary = Box::pin(recording.close(end)).await;
        self.watch.glance.change(|seen| {
            seen.state = "waiting";
            seen.progress = None;
            // What could not be finished is no file yet: the next start makes it whole.
            let whole = summary.segments.into_iter().filter(|segment| segment.state != State::Recording);
            for segment in whole {
                seen.files += 1;
                seen.bytes += segment.bytes;
                if seen.last_files.len() == LAST_FILES {
                    seen.last_files.remove(0);
                }
                seen.last_files.push(segment.file);
            }
        });
    }

    /// A reception that gave nothing. One that gave media is told by the recording.
    fn tell_reception(&mut self, reason: &EndReason) {
        // Time heals most of them. Where the user's own rules forbid the address, he alone can.
        let is_denied = matches!(reason, EndReason::Refused(Refusal::Denied(_)));
        let is_crowded = matches!(reason, EndReason::Crowded(_));
        let reason = reason.to_string().replace('\n', ", ");
        match (self.told_reception.is_news(&reason), is_denied) {
            (false, _) => debug!(room = %self.watch.key, reason, "still no media"),
            (true, true) => warn!(room = %self.watch.key, reason, "no media, trying again"),
            (true, false) if is_crowded => {
                info!(room = %self.watch.key, reason, "live, and not recorded yet")
            }
            (true, false) => info!(room = %self.watch.key, reason, "no media, trying again"),
        }
    }

    fn tell(&self, kind: Kind, data: serde_json::Value) {
        let hands = self.hands();
        hands.events.send(Event::now(&hands.clock, kind, Some(self.watch.key.as_ref()), Some(&self.session), data));
    }
}
