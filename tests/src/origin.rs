//! An HTTP origin that misbehaves on demand: dark, live, dropping, stalling, lying. It notes every byte it sent.
//!
//! Bare TCP on purpose: an HTTP library would not let us break its rules.

use std::collections::HashMap;
use std::fmt::Debug;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::flv::{self, Tag};

mod answer;
mod leash;
mod serve;

pub use answer::{Answer, At, How, Quirk};
pub use leash::Leash;

/// A running origin; stops when dropped.
#[derive(Debug)]
pub struct Origin {
    runtime: Option<Runtime>,
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// Decides what each request is answered: a whole platform behind one address.
pub trait Site: Send + Sync + Debug {
    /// The answer to one request; called once a connection, must not block.
    fn answer(&self, request: &Request) -> Answer;
}

/// One request as it came.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The head, line by line.
    pub head: Vec<String>,
    /// What came behind it.
    pub body: Vec<u8>,
}

impl Request {
    /// `GET`.
    pub fn method(&self) -> &str {
        self.word(0).unwrap_or_default()
    }

    /// Path and query.
    pub fn target(&self) -> &str {
        self.word(1).unwrap_or("/")
    }

    fn word(&self, place: usize) -> Option<&str> {
        self.head.first().and_then(|line| line.split(' ').nth(place))
    }
}

#[derive(Debug)]
struct Shared {
    started: Instant,
    routes: Mutex<HashMap<String, Route>>,
    site: Option<Arc<dyn Site>>,
    connections: Mutex<Vec<Connection>>,
}

#[derive(Debug)]
struct Route {
    answers: Vec<Answer>,
    given: usize,
}

/// What one connection asked and got.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    /// Without the query.
    pub path: String,
    /// The request's head, line by line.
    pub request: Vec<String>,
    /// The status that was answered.
    pub status: u16,
    /// Whole tags that were handed to the network, in order.
    pub tags: Vec<Sent>,
    /// When each of them was, since the origin's start.
    pub sent_at: Vec<Duration>,
    /// Those of them whose framing was a lie, by their places.
    pub lies: Vec<usize>,
    /// Whether the client left it; else its end was the origin's doing.
    pub left: bool,
    /// Bytes of the body, framing not counted.
    pub bytes: u64,
    /// When it came, since the origin's start.
    pub came: Duration,
    /// When it ended.
    pub ended: Option<Duration>,
}

/// One tag that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Tag type.
    pub kind: u8,
    /// Time as sent.
    pub time_ms: u32,
    /// [`Tag::digest`].
    pub digest: u64,
    /// What it is.
    pub role: Role,
}

/// What a tag is to a viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Decoder configuration.
    Header,
    /// Video that decoding can begin at.
    Key,
    /// Other video, or audio.
    Media,
    /// Script data, end-of-sequence marks.
    Other,
}

impl From<&Tag> for Sent {
    fn from(tag: &Tag) -> Self {
        let role = match tag {
            tag if tag.is_header() => Role::Header,
            tag if tag.is_key() => Role::Key,
            tag if tag.is_media() && tag.kind != flv::SCRIPT => Role::Media,
            _ => Role::Other,
        };
        Sent { kind: tag.kind, time_ms: tag.time_ms, digest: tag.digest(), role }
    }
}

impl Default for Origin {
    fn default() -> Self {
        Origin::start()
    }
}

impl Origin {
    /// Listens on a free port of the loopback address; every path is a 404 until [`Origin::answers`] says otherwise.
    pub fn start() -> Self {
        Origin::at(IpAddr::from([127, 0, 0, 1]))
    }

    /// The same on another address of this machine.
    pub fn at(address: IpAddr) -> Self {
        Origin::listen(None, address)
    }

    /// One whose every request is answered by `site`.
    pub fn serving(site: Arc<dyn Site>) -> Self {
        Origin::listen(Some(site), IpAddr::from([127, 0, 0, 1]))
    }

    fn listen(site: Option<Arc<dyn Site>>, address: IpAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind((address, 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let shared =
            Arc::new(Shared { started: Instant::now(), routes: Mutex::default(), site, connections: Mutex::default() });
        runtime.spawn(accept(listener, Arc::clone(&shared)));
        Origin { runtime: Some(runtime), address, shared }
    }

    /// The first connection to `path` gets the first answer, the second the second, all further ones the last. What a
    /// feed answers while it is not on air (404) does not count.
    pub fn answers(&self, path: &str, answers: impl IntoIterator<Item = Answer>) {
        let route = Route { answers: answers.into_iter().collect(), given: 0 };
        self.shared.routes.lock().unwrap().insert(path.to_owned(), route);
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// `host:port`.
    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    /// What its notes count from.
    pub fn began(&self) -> Instant {
        self.shared.started
    }

    /// How long ago that was.
    pub fn elapsed(&self) -> Duration {
        self.shared.started.elapsed()
    }

    /// All connections to `path` so far, in the order in which they came.
    pub fn connections(&self, path: &str) -> Vec<Connection> {
        self.connections_where(|connection| connection.path == path)
    }

    /// All connections that `fits` is true of, in the order in which they came.
    pub fn connections_where(&self, fits: impl Fn(&Connection) -> bool) -> Vec<Connection> {
        let all = self.shared.connections.lock().unwrap();
        all.iter().filter(|connection| fits(connection)).cloned().collect()
    }

    /// Only those that were answered with tags.
    pub fn receptions(&self, path: &str) -> Vec<Connection> {
        let mut connections = self.connections(path);
        connections.retain(|connection| !connection.tags.is_empty());
        connections
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).ok();
        // Owned by the runtime, which the origin takes down when it is dropped.
        tokio::spawn(serve::connection(stream, Arc::clone(&shared)));
    }
}

impl Shared {
    /// The next answer for a path; what is not there, or not on air, is a 404.
    fn answer(&self, path: &str, request: &Request) -> Answer {
        if let Some(site) = &self.site {
            return site.answer(request);
        }
        let mut routes = self.routes.lock().unwrap();
        let Some(route) = routes.get_mut(path) else { return Answer::status(404) };
        let last = route.answers.len().saturating_sub(1);
        let Some(answer) = route.answers.get(route.given.min(last)).cloned() else { return Answer::status(404) };
        if answer.is_dark() {
            return Answer::status(404);
        }
        route.given += 1;
        answer
    }

    fn note(&self, connection: Connection) -> usize {
        let mut all = self.connections.lock().unwrap();
        all.push(connection);
        all.len() - 1
    }

    fn update(&self, index: usize, change: impl FnOnce(&mut Connection)) {
        if let Some(connection) = self.connections.lock().unwrap().get_mut(index) {
            change(connection);
        }
    }
}
