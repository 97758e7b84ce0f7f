//! A session's passage through a room's task: opened, received, told, closed.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;
use tracing::{debug, info};

use super::{Hand, LAST_FILES};
use crate::event::{Event, Kind, new_id};
use crate::model::{Broadcast, EndReason};
use crate::monitor::room::Fact;
use crate::record::sidecar::State;
use crate::record::{Reception, Recording};

impl Hand {
    pub(super) fn open(&mut self, broadcast: Broadcast) {
        info!(room = %self.watch.key, streamer = %broadcast.streamer, title = %broadcast.title, "live");
        let data = json!({ "title": broadcast.title, "streamer": broadcast.streamer });
        self.know(broadcast);
        self.tell(Kind::SessionStarted, data);
    }

    pub(super) fn know(&mut self, broadcast: Broadcast) {
        let state = if self.reception.is_some() { "recording" } else { "live" };
        self.watch.glance.change(|seen| {
            seen.state = state;
            seen.streamer.clone_from(&broadcast.streamer);
            seen.title.clone_from(&broadcast.title);
        });
        self.broadcast.send_replace(broadcast);
    }

    pub(super) fn receive(&mut self) {
        let Some(candidate) = self.chosen.clone() else { return };
        let mut recording = self.recording.take().unwrap_or_else(|| {
            let watch = &self.watch;
            Recording::new(watch.plan.clone(), watch.hands.clone(), watch.key.clone(), self.session.clone())
        });
        self.received_since = self.now();
        self.end_reception = watch::Sender::new(false);
        let mut stop = self.end_reception.subscribe();
        self.progress = Arc::default();
        let (told, access, progress) =
            (self.broadcast.subscribe(), self.watch.access.clone(), Arc::clone(&self.progress));
        self.watch.glance.change(|seen| {
            seen.state = "recording";
            seen.progress = Some(Arc::clone(&progress));
        });
        self.reception = Some(Box::pin(async move {
            let reception = recording.receive(&candidate, &told, &access, &progress, &mut stop).await;
            (recording, reception)
        }));
    }

    pub(super) fn ended(&mut self, reception: Reception) -> Fact {
        let Reception { reason, media_ms, first_media, .. } = reception;
        let by_clock = self.now().saturating_sub(self.received_since);
        let lasted = first_media.then(|| Duration::from_millis(media_ms).min(by_clock));
        if let Some(chosen) = &self.chosen {
            self.tried.note(chosen, &reason, media_ms);
        }
        if first_media {
            self.told_reception = None;
        } else if !matches!(reason, EndReason::Finished | EndReason::DiskFull(_)) {
            // The recording tells of those two.
            self.tell_reception(&reason.to_string().replace('\n', ", "));
        }
        self.watch.glance.change(|seen| seen.state = "waiting");
        Fact::Ended { reason, lasted }
    }

    pub(super) async fn close(&mut self, why: &'static str) {
        self.watch.glance.change(|seen| seen.state = "closing");
        if let Some(recording) = self.recording.take() {
            let summary = recording.close(why).await;
            self.watch.glance.change(|seen| {
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
        info!(room = %self.watch.key, why, "session over");
        self.tell(Kind::SessionEnded, json!({ "why": why }));
        self.watch.glance.change(|seen| seen.state = "waiting");
        self.session = new_id();
        self.tried = Default::default();
        self.told_quality = false;
        self.progress = Arc::default();
    }

    /// A reception that gave nothing. One that gave media is told by the recording.
    fn tell_reception(&mut self, text: &str) {
        if self.told_reception.as_deref() == Some(text) {
            debug!(room = %self.watch.key, reason = text, "still no media");
        } else {
            info!(room = %self.watch.key, reason = text, "no media, trying again");
            self.told_reception = Some(text.to_owned());
        }
    }

    fn tell(&self, kind: Kind, data: serde_json::Value) {
        let hands = &self.watch.hands;
        hands.events.send(Event::now(&hands.clock, kind, Some(&self.watch.key), Some(&self.session), data));
    }
}
