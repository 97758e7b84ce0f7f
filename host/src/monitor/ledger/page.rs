//! A page of the ledger: one notice with what it says, and how the database has it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lane::Key;
use super::notice::{self, Moment, State};
use super::text::{self, Facts};
use super::{OnAir, Place};
use crate::event::{Event, Kind, new_id};
use crate::model::{Broadcast, Pair, Room, RoomKey, redact_input};
use crate::plugin;
use crate::store::NoticeRow;

/// What a notifier is told. Nothing in it is secret: a room's options are the picker's alone, and URLs are shown as they
/// may be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    pub(super) id: String,
    time: u32,
    kind: String,
    platform: Option<String>,
    room: Option<String>,
    input: String,
    session: Option<String>,
    broadcast: Option<Broadcast>,
    text: String,
    facts: Vec<Pair>,
}

impl Said {
    /// A session's beginning, as this place is told of it; and what is wrong with the place's template.
    pub(super) fn beginning(on_air: &OnAir, place: &Place) -> (Said, Option<String>) {
        let facts = Facts {
            kind: Kind::SessionStarted,
            room: Some(&on_air.key),
            session: Some(&on_air.session),
            broadcast: &on_air.broadcast,
            data: &Value::Null,
        };
        let (text, wrong) = text::text(place.template.as_deref(), &facts);
        let said = Said {
            id: new_id(),
            time: seconds(moment(on_air.since)),
            kind: Kind::SessionStarted.word().to_owned(),
            platform: Some(on_air.key.platform.clone()),
            room: Some(on_air.key.shown_id()),
            input: redact_input(&on_air.room.input),
            session: Some(on_air.session.clone()),
            broadcast: Some(on_air.broadcast.clone()),
            text,
            facts: Vec::new(),
        };
        (said, wrong)
    }

    /// Another event; `on_air` is the session that it belongs to, where that is known.
    pub(super) fn event(event: &Event, now: Moment, on_air: Option<&OnAir>, place: &Place) -> (Said, Option<String>) {
        let room = match (&event.platform, &event.room) {
            (Some(platform), Some(room)) => Some(RoomKey { platform: platform.clone(), id: room.clone() }),
            _ => None,
        };
        let unknown = Broadcast::default();
        let facts = Facts {
            kind: event.kind,
            room: room.as_ref(),
            session: event.session.as_deref(),
            broadcast: on_air.map_or(&unknown, |on_air| &on_air.broadcast),
            data: &event.data,
        };
        let (text, wrong) = text::text(place.template.as_deref(), &facts);
        let own = event.data.as_object().into_iter().flatten();
        let said = Said {
            id: new_id(),
            time: seconds(now),
            kind: event.kind.word().to_owned(),
            platform: event.platform.clone(),
            room: event.room.clone(),
            input: on_air.map(|on_air| redact_input(&on_air.room.input)).unwrap_or_default(),
            session: event.session.clone(),
            broadcast: on_air.map(|on_air| on_air.broadcast.clone()),
            text,
            facts: own.map(|(name, value)| (name.clone(), text::shown(value))).collect(),
        };
        (said, wrong)
    }

    /// The words of the plugin host.
    pub(super) fn notice(&self) -> plugin::Notice {
        let said = self.clone();
        let input = said.input;
        plugin::Notice {
            id: said.id,
            time: said.time,
            kind: said.kind,
            platform: said.platform,
            room: said.room.map(|id| Room { id, input, options: Vec::new() }),
            session: said.session,
            broadcast: said.broadcast,
            text: said.text,
            facts: said.facts,
        }
    }
}

/// A time of day as a moment: milliseconds are what the database keeps.
pub(super) fn moment(time: SystemTime) -> Moment {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Duration::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

fn time_of(moment: Moment) -> SystemTime {
    UNIX_EPOCH + moment
}

/// Seconds since the Unix epoch, as the contract has them.
fn seconds(moment: Moment) -> u32 {
    u32::try_from(moment.as_secs()).unwrap_or(u32::MAX)
}

/// One session's notice to one target.
pub(super) struct Page {
    pub(super) session: String,
    /// The way to the target.
    pub(super) lane: Key,
    pub(super) said: Said,
    /// `said` as the database keeps it.
    event: String,
    pub(super) notice: notice::Notice,
    /// The notice as the database has it.
    saved: Option<notice::Notice>,
}

impl Page {
    /// A new one.
    pub(super) fn new(session: &str, place: &Place, said: Said, now: Moment) -> Page {
        // A plain record always is JSON.
        let event = serde_json::to_string(&said).unwrap_or_default();
        Page {
            session: session.to_owned(),
            lane: Key { target: place.name.clone(), plugin: place.plugin.clone() },
            said,
            event,
            notice: notice::Notice::new(now),
            saved: None,
        }
    }

    /// One that an earlier run has left.
    pub(super) fn taken_up(row: NoticeRow, now: Moment) -> Page {
        let kept = notice::Notice {
            state: State::of(&row.state),
            receipt: row.receipt.clone(),
            doubted_at: row.doubted_at.map(moment),
            announced_at: row.announced_at.map(moment),
            over_at: row.over_at.map(moment),
            retracted_at: row.retracted_at.map(moment),
            ..notice::Notice::new(moment(row.wanted_at))
        };
        Page {
            said: serde_json::from_str(&row.event).unwrap_or_default(),
            session: row.session,
            lane: Key { target: row.target, plugin: row.plugin },
            event: row.event,
            notice: kept.clone().taken_up(now),
            saved: Some(kept),
        }
    }

    /// The room, for logs.
    pub(super) fn room(&self) -> String {
        let (platform, room) = (self.said.platform.as_deref(), self.said.room.as_deref());
        format!("{}:{}", platform.unwrap_or_default(), room.unwrap_or_default())
    }

    /// The row as it is to be.
    pub(super) fn row(&self) -> NoticeRow {
        let notice = &self.notice;
        NoticeRow {
            session: self.session.clone(),
            target: self.lane.target.clone(),
            plugin: self.lane.plugin.clone(),
            event: self.event.clone(),
            state: notice.state.word().to_owned(),
            receipt: notice.receipt.clone(),
            wanted_at: time_of(notice.wanted_at),
            doubted_at: notice.doubted_at.map(time_of),
            announced_at: notice.announced_at.map(time_of),
            over_at: notice.over_at.map(time_of),
            retracted_at: notice.retracted_at.map(time_of),
        }
    }

    /// Whether the database has it otherwise. What nobody has tried yet is not worth a row.
    pub(super) fn is_unsaved(&self) -> bool {
        match &self.saved {
            Some(saved) => !self.notice.is_kept_by(saved),
            None => !matches!(self.notice.state, State::Wanted | State::Cancelled) || self.notice.failures > 0,
        }
    }

    /// Whether the database has something of it.
    pub(super) fn has_row(&self) -> bool {
        self.saved.is_some()
    }

    /// The database has it as it was then.
    pub(super) fn is_saved_as(&mut self, notice: notice::Notice) {
        self.saved = Some(notice);
    }
}
