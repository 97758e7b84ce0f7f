//! What the answers about many rooms say of one: its state, and the facts of its broadcast.

use lyrebird_plugin::{Broadcast, Failure, Status, Verdict, lenient};
use serde::Deserialize;

use super::{moment, number};
use crate::address;

/// One room in an answer about many. By rooms and by streamers some things have other names; by streamers the old names
/// of areas stand beside the new ones and mean something else.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Entry {
    #[serde(default, deserialize_with = "lenient::maybe")]
    room_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    short_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    uid: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    uname: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    title: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    cover: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    cover_from_user: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    area_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    area_v2_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    parent_area_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    area_v2_parent_name: Option<String>,
    #[serde(deserialize_with = "lenient::value")]
    live_status: u32,
    #[serde(default, deserialize_with = "lenient::maybe")]
    live_time: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    live_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    live_id_str: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    is_encrypted: Option<bool>,
}

impl Entry {
    /// One of which no more is known.
    pub(super) fn bare(uid: Option<String>, live_status: u32, live_time: Option<String>) -> Entry {
        Entry { uid, live_status, live_time, ..Entry::default() }
    }

    /// Whether this is what is said of the room with this number, the long or the short one.
    pub(super) fn is(&self, id: &str) -> bool {
        [&self.room_id, &self.short_id].into_iter().any(|own| own.as_deref() == Some(id))
    }

    /// On air behind a password.
    pub(super) fn is_guarded(&self) -> bool {
        self.live_status == 1 && self.is_encrypted == Some(true)
    }

    /// What the state means.
    pub(super) fn verdict(&self, id: &str) -> Verdict {
        match self.live_status {
            0 => Ok(Status::Offline(filled(&self.uname))),
            1 => Ok(Status::Live(self.broadcast(id))),
            2 => Ok(Status::Replay(self.broadcast(id))),
            other => {
                Err(Failure::unexpected(format!("room {id} has the state {other}, which this plugin does not know")))
            }
        }
    }

    fn broadcast(&self, id: &str) -> Broadcast {
        let parent = filled(&self.area_v2_parent_name).or_else(|| filled(&self.parent_area_name));
        let area = filled(&self.area_v2_name).or_else(|| filled(&self.area_name));
        let cover = filled(&self.cover).or_else(|| filled(&self.cover_from_user));
        let extra =
            [("uid", number(&self.uid)), ("short_id", number(&self.short_id)), ("parent_category", parent.clone())];
        let extra = extra.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Broadcast {
            id: number(&self.live_id_str).or_else(|| number(&self.live_id)),
            // Without a name the recording still needs one for its files.
            streamer: filled(&self.uname).unwrap_or_else(|| id.to_owned()),
            title: self.title.clone().unwrap_or_default(),
            room_url: address::page(id),
            category: area.or(parent),
            cover_url: cover.map(|url| match url.strip_prefix("//") {
                Some(rest) => format!("https://{rest}"),
                None => url,
            }),
            started_at: self.live_time.as_deref().and_then(moment),
            extra: extra.collect(),
        }
    }
}

/// A text that says something.
fn filled(text: &Option<String>) -> Option<String> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}
