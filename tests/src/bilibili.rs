//! A strict Bilibili on the loopback address: rooms, candidates, media and dynamics, as the real one serves them, with
//! all that goes wrong there. A test changes it at any moment; what a client must not do is a violation.
//!
//! It is written from what is known of the platform, never from our plugins. Every name in it is invented.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::clip::Clip;
use crate::feed::{Feed, Join};
use crate::origin::{Connection, How, Origin};

mod ask;
mod batch;
mod broadcast;
mod dynamics;
mod endpoint;
mod journal;
mod manners;
mod media;
mod pages;
mod platform;
mod play;
mod reply;
mod room;
mod rooms;
mod trouble;
pub mod wbi;

pub use dynamics::Post;
pub use endpoint::Endpoint;
pub use journal::Asked;
pub use room::{Codec, Format, RoomHandle, Status, Wall};
pub use trouble::{Plan, Trouble};

use broadcast::Broadcast;
use platform::{Platform, unix_seconds};

/// What clients may ask for; each is sent to the loopback address. The last ones catch what should not be asked, so
/// that no test ever reaches the real platform.
const HOSTS: [&str; 8] = [
    "api.live.bilibili.com",
    "api.bilibili.com",
    "live.bilibili.com",
    "b23.tv",
    "*.bilivideo.com",
    "*.bilivideo.cn",
    "*.bilibili.com",
    "*.hdslb.com",
];

/// A running platform; stops when dropped.
#[derive(Debug)]
pub struct Bilibili {
    // Dropped first: receptions end as broadcasts do.
    broadcasts: Mutex<BTreeMap<u64, Broadcast>>,
    speed: Mutex<u32>,
    origin: Origin,
    platform: Arc<Platform>,
}

impl Default for Bilibili {
    fn default() -> Self {
        Bilibili::start()
    }
}

impl Bilibili {
    /// Listens on a free port of the loopback address. There is no room yet.
    pub fn start() -> Self {
        let platform = Arc::new(Platform::new());
        let origin = Origin::serving(Arc::clone(&platform) as Arc<dyn crate::origin::Site>);
        Bilibili { broadcasts: Mutex::default(), speed: Mutex::new(1), origin, platform }
    }

    /// The room with this long id; the first call makes it: offline, with invented facts.
    pub fn room(&self, id: u64) -> RoomHandle<'_> {
        self.platform.state().rooms.entry(id).or_insert_with(|| room::Room::new(id));
        RoomHandle { platform: &self.platform, id }
    }

    /// `b23.tv/CODE` leads to this URL, wherever that is.
    pub fn short_link(&self, code: &str, url: &str) {
        self.platform.state().links.insert(code.to_owned(), url.to_owned());
    }

    /// Clips play so many times as fast as real time, from the next broadcast on.
    pub fn speed(&self, speed: u32) {
        *self.speed.lock().unwrap() = speed;
    }

    /// The room goes on air with the small clip in a loop.
    pub fn go_live(&self, id: u64) {
        let broadcast = Broadcast::start(Clip::Small, *self.speed.lock().unwrap());
        let feed = broadcast.feed().clone();
        // Whoever is told that it is live must find media.
        crate::place::wait_until("the clip plays", Duration::from_secs(10), || !feed.tags().is_empty());
        self.go_live_with(id, &feed);
        self.broadcasts.lock().unwrap().insert(id, broadcast);
    }

    /// The room goes on air with a feed that the caller fills, such as FFmpeg's; none of its tags need be there yet,
    /// but until the first one comes the media is a 404.
    pub fn go_live_with(&self, id: u64, feed: &Feed) {
        self.broadcasts.lock().unwrap().remove(&id);
        let handle = self.room(id).feed(Codec::Avc, feed);
        handle.change(|room| {
            room.live_time = unix_seconds();
            room.status = Status::Live;
        });
    }

    /// The room's media ends and the room goes offline; a feed that the caller fills he ends himself.
    pub fn go_dark(&self, id: u64) {
        self.room(id).says(Status::Offline);
        self.end_media(id);
    }

    /// The room's media ends, and old videos play in a loop.
    pub fn go_round(&self, id: u64) {
        self.room(id).says(Status::Round);
        self.end_media(id);
    }

    /// The room's media ends, but the platform goes on saying what it said: it often notices late.
    pub fn end_media(&self, id: u64) {
        let broadcast = self.broadcasts.lock().unwrap().remove(&id);
        drop(broadcast);
        self.room(id).change(|room| room.feeds.clear());
    }

    /// The room's clip goes on as another one, with another picture size.
    pub fn resize(&self, id: u64, clip: Clip) {
        let broadcasts = self.broadcasts.lock().unwrap();
        broadcasts.get(&id).unwrap_or_else(|| panic!("room {id} plays no clip")).change(clip);
    }

    /// Breaks the room's running media connections off, in the middle of a tag; new ones are served.
    pub fn cut(&self, id: u64, how: How) {
        let leash = self.platform.state().room(id).leash.clone();
        leash.pull(how);
    }

    /// Where media connections begin. At the next key frame unless this is said: with [`Join::LastKey`] a group comes
    /// twice after a cut, which cannot be told from a clip in its loop; that wants an encoder's feed, and a config that
    /// drops repeats.
    pub fn joins(&self, join: Join) {
        self.platform.state().join = join;
    }

    /// From now on this goes wrong. Several troubles may meet one request.
    pub fn plan(&self, plan: Plan) {
        let now = self.platform.elapsed();
        self.platform.state().plans.push(plan.begins(now));
    }

    /// No more troubles.
    pub fn heal(&self) {
        self.platform.state().plans.clear();
    }

    /// New keys to sign with: what was signed with the old ones is refused.
    pub fn change_keys(&self) {
        self.platform.state().key_number += 1;
    }

    /// The keys of now.
    pub fn keys(&self) -> wbi::Keys {
        self.platform.state().keys()
    }

    /// Media URLs that are given out from now on hold for so long (an hour unless this is said).
    pub fn url_lifetime(&self, lifetime: Duration) {
        self.platform.state().url_seconds = lifetime.as_secs();
    }

    /// Makes all media URLs older, those that are given out later too.
    pub fn age_urls(&self, by: Duration) {
        self.platform.state().aged_seconds += by.as_secs();
    }

    /// Whether the login of [`Bilibili::cookie`] is worth anything.
    pub fn login_is_valid(&self, is_valid: bool) {
        self.platform.state().account.is_valid = is_valid;
    }

    /// The cookie of the one account that there is.
    pub fn cookie(&self) -> String {
        let account = self.platform.state().account.clone();
        let (session, token, uid) = (account.session, account.token, account.uid);
        format!(
            "SESSDATA={session}; bili_jct={token}; DedeUserID={uid}; buvid3=00000000-0000-4000-8000-000000000001infoc"
        )
    }

    /// The base URL that every host is served at, by its `Host` header.
    pub fn base(&self) -> String {
        self.origin.url("")
    }

    /// `hosts` of a plugin's table: everything of the platform leads here.
    pub fn hosts_toml(&self) -> String {
        let base = self.base();
        let entries: Vec<String> = HOSTS.iter().map(|host| format!("\"{host}\" = \"{base}\"")).collect();
        format!("hosts = {{ {} }}\n", entries.join(", "))
    }

    /// A plugin's whole table for a config, with the login or without.
    pub fn table(&self, plugin: &str, has_cookie: bool) -> String {
        let mut table = format!("[plugin.{plugin}]\n{}", self.hosts_toml());
        if has_cookie {
            writeln!(table, "cookie = \"{}\"", self.cookie()).unwrap();
        }
        table
    }

    /// All dynamics that were ever posted, the removed ones too, in their order.
    pub fn posts(&self) -> Vec<Post> {
        self.platform.state().posts.clone()
    }

    /// Those that can be seen.
    pub fn visible_posts(&self) -> Vec<Post> {
        let mut posts = self.posts();
        posts.retain(|post| post.removed.is_none());
        posts
    }

    /// The last requests, in their order; 20 000 at most.
    pub fn requests(&self) -> Vec<Asked> {
        self.platform.state().journal.asked()
    }

    /// Those of one call.
    pub fn requests_to(&self, endpoint: Endpoint) -> Vec<Asked> {
        let mut requests = self.requests();
        requests.retain(|asked| asked.endpoint == endpoint);
        requests
    }

    /// How often a call was made in all.
    pub fn count(&self, endpoint: Endpoint) -> u64 {
        self.platform.state().journal.count(endpoint)
    }

    /// The most requests to these calls together in any stretch of this length.
    pub fn densest(&self, endpoints: &[Endpoint], window: Duration) -> usize {
        self.platform.state().journal.densest(endpoints, window)
    }

    /// What no client should have done; 1000 at most.
    pub fn violations(&self) -> Vec<String> {
        self.platform.state().journal.violations()
    }

    /// Fails the test where there was a violation.
    #[track_caller]
    pub fn expect_no_violation(&self) {
        let violations = self.violations();
        assert!(violations.is_empty(), "the platform complains:\n  {}", violations.join("\n  "));
    }

    /// Since the platform's start: the clock of all times here.
    pub fn elapsed(&self) -> Duration {
        self.platform.elapsed()
    }

    /// The room's media connections, in their order, with every tag that was sent.
    pub fn receptions(&self, id: u64) -> Vec<Connection> {
        let is_of_room = |path: &str| media::address::read(path).is_some_and(|place| place.room == id);
        self.origin.connections_where(|one| !one.tags.is_empty() && is_of_room(&one.path))
    }
}
