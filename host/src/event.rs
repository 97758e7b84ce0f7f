//! What happened, as plain data: one schema for logs, sidecars, history and notifiers.
//!
//! Knows nobody: whoever sees something worth telling sends it to one bounded queue, and the house fans it out.

use serde::Serialize;

use crate::clock::{Clock, rfc3339};
use crate::model::RoomKey;

/// Kinds of events. Their names are promises to users (`on = [...]`, JSON logs).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A room went on air.
    SessionStarted,
    /// Its session is over.
    SessionEnded,
    /// A connection to a candidate delivers media.
    ReceptionStarted,
    /// It ended, with a reason.
    ReceptionEnded,
    /// A new output file grows.
    SegmentOpened,
    /// An output file is whole and under its final name.
    SegmentClosed,
    /// Media time is missing.
    Gap,
    /// The engine mended something.
    Repair,
    /// A question to a plugin was not answered.
    CheckFailed,
    /// A plugin is ready.
    PluginLoaded,
    /// A file in the plugins directory was not taken.
    PluginRefused,
    /// Another build of a plugin answers now.
    PluginReplaced,
    /// A build failed its probation; the one before it answers again.
    PluginRolledBack,
    /// A plugin's file is gone: nothing new is asked of it.
    PluginRemoved,
    /// A volume is below its watermark.
    DiskLow,
    /// It has room again.
    DiskOk,
    /// The machine has no means for one more recording: memory, or files that may be open.
    MachineLow,
    /// It has them again.
    MachineOk,
    /// The platform no longer accepts the user's login.
    LoginExpired,
}

impl Kind {
    /// The name, as logs and JSON write it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::SessionStarted => "session_started",
            Kind::SessionEnded => "session_ended",
            Kind::ReceptionStarted => "reception_started",
            Kind::ReceptionEnded => "reception_ended",
            Kind::SegmentOpened => "segment_opened",
            Kind::SegmentClosed => "segment_closed",
            Kind::Gap => "gap",
            Kind::Repair => "repair",
            Kind::CheckFailed => "check_failed",
            Kind::PluginLoaded => "plugin_loaded",
            Kind::PluginRefused => "plugin_refused",
            Kind::PluginReplaced => "plugin_replaced",
            Kind::PluginRolledBack => "plugin_rolled_back",
            Kind::PluginRemoved => "plugin_removed",
            Kind::DiskLow => "disk_low",
            Kind::DiskOk => "disk_ok",
            Kind::MachineLow => "machine_low",
            Kind::MachineOk => "machine_ok",
            Kind::LoginExpired => "login_expired",
        }
    }

    /// Every kind, in the order of their declaration.
    pub const ALL: [Kind; 19] = [
        Kind::SessionStarted,
        Kind::SessionEnded,
        Kind::ReceptionStarted,
        Kind::ReceptionEnded,
        Kind::SegmentOpened,
        Kind::SegmentClosed,
        Kind::Gap,
        Kind::Repair,
        Kind::CheckFailed,
        Kind::PluginLoaded,
        Kind::PluginRefused,
        Kind::PluginReplaced,
        Kind::PluginRolledBack,
        Kind::PluginRemoved,
        Kind::DiskLow,
        Kind::DiskOk,
        Kind::MachineLow,
        Kind::MachineOk,
        Kind::LoginExpired,
    ];

    /// The kind of that name.
    pub fn of(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Kinds of which a session's history keeps the facts for ever.
    pub fn is_history(self) -> bool {
        matches!(self, Kind::SegmentOpened | Kind::SegmentClosed | Kind::Gap)
    }

    /// Kinds that may be dropped, counted, when the queue is full.
    pub fn is_debug(self) -> bool {
        matches!(self, Kind::Repair | Kind::ReceptionStarted)
    }
}

impl Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// UUIDv7: sorts by time.
    pub id: String,
    /// RFC 3339 with zone.
    pub time: String,
    /// What kind of thing.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The platform concerned.
    pub platform: Option<String>,
    /// The room concerned: its canonical id, as it may be shown.
    pub room: Option<String>,
    /// The session concerned.
    pub session: Option<String>,
    /// Facts of this kind of event. Never a secret, never a signed URL.
    pub data: serde_json::Value,
}

impl Event {
    /// An event of this moment. `data` is a JSON object.
    pub fn now(
        clock: &Clock,
        kind: Kind,
        room: Option<&RoomKey>,
        session: Option<&str>,
        data: serde_json::Value,
    ) -> Self {
        Event {
            id: new_id(),
            time: rfc3339(clock.now()),
            kind,
            platform: room.map(|key| key.platform.clone()),
            room: room.map(RoomKey::shown_id),
            session: session.map(str::to_owned),
            data,
        }
    }
}

/// A fresh UUIDv7, for events and sessions.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// How many events may wait: a minute of the busiest hour measured, times ten.
const QUEUE: usize = 4_096;

/// Where events are sent to. Cheap to clone; never waits.
#[derive(Clone, Debug)]
pub struct Sink {
    queue: tokio::sync::mpsc::Sender<Event>,
    dropped: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

/// The queue's two ends.
pub fn queue() -> (Sink, tokio::sync::mpsc::Receiver<Event>) {
    let (sender, receiver) = tokio::sync::mpsc::channel(QUEUE);
    (Sink { queue: sender, dropped: Default::default() }, receiver)
}

impl Sink {
    /// Hands the event over without waiting. The last quarter of the queue is kept for events that matter: debug
    /// kinds are dropped, and counted, as soon as it is reached.
    pub fn send(&self, event: Event) {
        let reserved = event.kind.is_debug() && self.queue.capacity() < QUEUE / 4;
        if reserved || self.queue.try_send(event).is_err() {
            self.dropped.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }

    /// How many events were dropped so far.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(std::sync::atomic::Ordering::Relaxed)
    }
}
