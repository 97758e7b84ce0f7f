//! What the platform knows of one room, and the test's hand on it.

use std::sync::MutexGuard;

use super::platform::{Platform, State};
use crate::feed::Feed;
use crate::origin::Leash;

/// What the platform says of a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// 0.
    #[default]
    Offline,
    /// 1.
    Live,
    /// 2: old videos in a loop.
    Round,
}

/// What stands between a room and its viewers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wall {
    /// There is no such room.
    Gone,
    /// Locked by the platform, for a day.
    Locked,
    /// Hidden by the platform, for a day.
    Hidden,
    /// Behind a password.
    Encrypted,
    /// For members who pay.
    Paid,
    /// Not for viewers from here.
    Region,
    /// Media is encrypted.
    Drm,
}

/// How media travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `http_stream`, `flv`.
    Flv,
    /// `http_hls`, `ts`.
    Ts,
    /// `http_hls`, `fmp4`.
    Fmp4,
}

/// How pictures are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// H.264.
    Avc,
    /// H.265.
    Hevc,
    /// AV1.
    Av1,
}

/// A room as the platform keeps it.
#[derive(Clone, Debug)]
pub(super) struct Room {
    pub(super) id: u64,
    /// 0 for none.
    pub(super) short: u64,
    pub(super) uid: u64,
    pub(super) streamer: String,
    pub(super) title: String,
    pub(super) cover: String,
    pub(super) parent_area: String,
    pub(super) area: String,
    pub(super) status: Status,
    /// Unix seconds of the last start.
    pub(super) live_time: u64,
    pub(super) wall: Option<Wall>,
    pub(super) offers: Vec<(Format, Codec)>,
    pub(super) qualities: Vec<u64>,
    pub(super) hosts: Vec<String>,
    /// One for each codec that is there as FLV.
    pub(super) feeds: Vec<(Codec, Feed)>,
    pub(super) leash: Leash,
}

impl Room {
    pub(super) fn new(id: u64) -> Self {
        Room {
            id,
            short: 0,
            uid: 700_000_000 + id % 100_000_000,
            streamer: format!("Streamer of {id}"),
            title: format!("Room {id}"),
            cover: format!("https://i0.hdslb.com/bfs/live/new_room_cover/{id}.jpg"),
            parent_area: String::from("Birds"),
            area: String::from("Lyrebirds"),
            status: Status::Offline,
            live_time: 0,
            wall: None,
            offers: vec![(Format::Flv, Codec::Avc)],
            qualities: vec![10_000, 400, 250, 150],
            hosts: ["d1--cn-gotcha08.bilivideo.com", "cn-birds-01-02.bilivideo.com"].map(String::from).to_vec(),
            feeds: Vec::new(),
            leash: Leash::default(),
        }
    }

    pub(super) fn is_live(&self) -> bool {
        self.status == Status::Live && !matches!(self.wall, Some(Wall::Locked | Wall::Gone))
    }

    /// 0, 1 or 2, as the platform says it.
    pub(super) fn live_status(&self) -> u64 {
        match self.status {
            _ if self.wall == Some(Wall::Locked) => 0,
            Status::Offline => 0,
            Status::Live => 1,
            Status::Round => 2,
        }
    }

    pub(super) fn is_behind(&self, wall: Wall) -> bool {
        self.wall == Some(wall)
    }

    pub(super) fn feed(&self, codec: Codec) -> Option<&Feed> {
        self.feeds.iter().find(|(known, _)| *known == codec).map(|(_, feed)| feed)
    }
}

/// A room in the hand of a test: every change holds from the next request on.
#[derive(Clone, Copy, Debug)]
pub struct RoomHandle<'a> {
    pub(super) platform: &'a Platform,
    pub(super) id: u64,
}

impl RoomHandle<'_> {
    /// Its long id.
    pub fn id(self) -> u64 {
        self.id
    }

    /// The streamer's user id.
    pub fn streamer_uid(self) -> u64 {
        self.platform.state().room(self.id).uid
    }

    /// Gives it a short id too.
    pub fn short(self, short: u64) -> Self {
        self.change(|room| room.short = short)
    }

    /// Gives it to this user.
    pub fn uid(self, uid: u64) -> Self {
        self.change(|room| room.uid = uid)
    }

    /// The streamer's name.
    pub fn streamer(self, name: &str) -> Self {
        self.change(|room| name.clone_into(&mut room.streamer))
    }

    /// The title.
    pub fn title(self, title: &str) -> Self {
        self.change(|room| title.clone_into(&mut room.title))
    }

    /// The cover's URL; may be empty.
    pub fn cover(self, url: &str) -> Self {
        self.change(|room| url.clone_into(&mut room.cover))
    }

    /// Its area, and the one above it.
    pub fn area(self, parent: &str, area: &str) -> Self {
        self.change(|room| {
            parent.clone_into(&mut room.parent_area);
            area.clone_into(&mut room.area);
        })
    }

    /// Puts it behind a wall, or takes the wall away.
    pub fn behind(self, wall: Option<Wall>) -> Self {
        self.change(|room| room.wall = wall)
    }

    /// What is offered, and in which codecs. FLV in AVC alone unless this is said.
    pub fn offers(self, offers: &[(Format, Codec)]) -> Self {
        self.change(|room| room.offers = offers.to_vec())
    }

    /// Its qualities, the best one first.
    pub fn qualities(self, qualities: &[u64]) -> Self {
        self.change(|room| room.qualities = qualities.to_vec())
    }

    /// The hosts that serve its media: names below `bilivideo.com` or `bilivideo.cn`, with a port where it is not 443.
    pub fn hosts(self, hosts: &[&str]) -> Self {
        self.change(|room| room.hosts = hosts.iter().map(|&host| host.to_owned()).collect())
    }

    /// What is live in this codec; without it only AVC has media.
    pub fn feed(self, codec: Codec, feed: &Feed) -> Self {
        self.change(|room| {
            room.feeds.retain(|(known, _)| *known != codec);
            room.feeds.push((codec, feed.clone()));
        })
    }

    /// Changes only what the platform says; media goes on or stays away as it was.
    pub fn says(self, status: Status) -> Self {
        self.change(|room| room.status = status)
    }

    pub(super) fn change(self, change: impl FnOnce(&mut Room)) -> Self {
        let mut state: MutexGuard<'_, State> = self.platform.state();
        change(state.room_mut(self.id));
        drop(state);
        self
    }
}
