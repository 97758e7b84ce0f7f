//! The platform itself: its memory, and the way of a request through it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::ask::Ask;
use super::dynamics::Post;
use super::endpoint::Endpoint;
use super::journal::{Asked, Journal};
use super::manners::{self, Rude};
use super::media::{self, address};
use super::reply::{self, Reply};
use super::room::{Room, Wall};
use super::trouble::{self, Plan, Trouble};
use super::wbi::{Keys, Verdict};
use super::{batch, dynamics, pages, play, rooms};
use crate::feed::Join;
use crate::origin::{Answer, Request, Site};

/// How long a media URL holds.
const URL_SECONDS: u64 = 3600;

/// The site behind the origin.
#[derive(Debug)]
pub(super) struct Platform {
    started: Instant,
    state: Mutex<State>,
}

/// Everything that can change.
#[derive(Debug)]
pub(super) struct State {
    pub(super) rooms: BTreeMap<u64, Room>,
    pub(super) links: BTreeMap<String, String>,
    pub(super) plans: Vec<Plan>,
    pub(super) account: Account,
    pub(super) posts: Vec<Post>,
    pub(super) journal: Journal,
    /// How many keys there were.
    pub(super) key_number: u64,
    /// How long URLs that are given out hold.
    pub(super) url_seconds: u64,
    /// By so much all URLs are older than they are.
    pub(super) aged_seconds: u64,
    pub(super) join: Join,
}

/// The one user who can log in.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) uid: u64,
    /// `SESSDATA`; the real ones have percent-encoded commas too.
    pub(super) session: String,
    /// `bili_jct`.
    pub(super) token: String,
    pub(super) is_valid: bool,
}

/// One request on its way.
pub(super) struct Visit<'a> {
    pub(super) state: &'a mut State,
    pub(super) ask: &'a Ask,
    pub(super) endpoint: Endpoint,
    /// Since the platform's start.
    pub(super) at: Duration,
    /// Unix seconds.
    pub(super) now_s: u64,
}

impl Platform {
    pub(super) fn new() -> Self {
        let account = Account {
            uid: 7_000_001,
            session: String::from("5ca1ab1e%2C1999999999%2C1yreb*b1"),
            token: String::from("0123456789abcdef0123456789abcdef"),
            is_valid: true,
        };
        let state = State {
            rooms: BTreeMap::new(),
            links: BTreeMap::new(),
            plans: Vec::new(),
            account,
            posts: Vec::new(),
            journal: Journal::default(),
            key_number: 1,
            url_seconds: URL_SECONDS,
            aged_seconds: 0,
            join: Join::NextKey,
        };
        Platform { started: Instant::now(), state: Mutex::new(state) }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

impl Site for Platform {
    fn answer(&self, request: &Request) -> Answer {
        let ask = Ask::read(request);
        let endpoint = Endpoint::of(&ask);
        let mut state = self.state();
        let mut visit = Visit { state: &mut state, ask: &ask, endpoint, at: self.elapsed(), now_s: unix_seconds() };
        let (reply, delay) = visit.answer();
        let code = reply.body_code();
        let takes_gzip = ask.header("accept-encoding").is_some_and(|list| list.contains("gzip"));
        let answer = reply.answer(takes_gzip).after(delay);
        let asked = Asked {
            at: visit.at,
            endpoint,
            method: ask.method.clone(),
            host: ask.host.clone(),
            target: ask.target(),
            headers: ask.headers.clone(),
            body: String::from_utf8_lossy(&ask.body).into_owned(),
            status: answer.code(),
            code,
        };
        state.journal.note(asked);
        answer
    }
}

impl State {
    /// A room that must have been made.
    pub(super) fn room(&self, id: u64) -> &Room {
        self.rooms.get(&id).unwrap_or_else(|| panic!("room {id} was never made"))
    }

    pub(super) fn room_mut(&mut self, id: u64) -> &mut Room {
        self.rooms.get_mut(&id).unwrap_or_else(|| panic!("room {id} was never made"))
    }

    /// By its long or its short id.
    pub(super) fn find(&self, id: u64) -> Option<&Room> {
        let by_short = || self.rooms.values().find(|room| id != 0 && room.short == id);
        self.rooms.get(&id).or_else(by_short).filter(|room| !room.is_behind(Wall::Gone))
    }

    pub(super) fn of_streamer(&self, uid: u64) -> Option<&Room> {
        self.rooms.values().find(|room| room.uid == uid && !room.is_behind(Wall::Gone))
    }

    pub(super) fn keys(&self) -> Keys {
        Keys::numbered(self.key_number)
    }
}

impl Visit<'_> {
    fn answer(&mut self) -> (Reply, Duration) {
        let manners = manners::check(self.endpoint, self.ask);
        manners.wrong.iter().for_each(|what| self.wrong(what));
        if let Some(rude) = manners.refusal {
            return (refuse(rude), Duration::ZERO);
        }
        let mentioned = self.mentioned();
        let troubles = trouble::met(&mut self.state.plans, self.at, self.endpoint, &self.ask.host, &mentioned);
        let delays = troubles.iter().map(|trouble| if let Trouble::Late(by) = trouble { *by } else { Duration::ZERO });
        let delay = delays.sum();
        let instead = troubles.iter().find_map(reply::instead);
        let reply = instead.unwrap_or_else(|| {
            let honest = self.honest();
            troubles.iter().fold(honest, |reply, trouble| reply::bent(trouble, reply))
        });
        (reply, delay)
    }

    fn honest(&mut self) -> Reply {
        match self.endpoint {
            Endpoint::BaseInfo | Endpoint::StatusByUids => batch::reply(self),
            Endpoint::PlayInfo => play::reply(self),
            Endpoint::CreateDynamic | Endpoint::RemoveDynamic => dynamics::reply(self),
            Endpoint::Media => media::reply(self),
            Endpoint::Nav | Endpoint::Visitor | Endpoint::ShortLink | Endpoint::RoomPage | Endpoint::Picture => {
                pages::reply(self)
            }
            Endpoint::Former | Endpoint::Unknown => Answer::html().with_status(404).into(),
            Endpoint::InfoByRoom
            | Endpoint::RoomInit
            | Endpoint::GetInfo
            | Endpoint::StreamerOfRoom
            | Endpoint::MasterInfo => rooms::reply(self),
        }
    }

    /// Notes a violation.
    pub(super) fn wrong(&mut self, what: &str) {
        self.state.journal.violation(self.at, self.ask, what);
    }

    /// Notes a violation, and answers that the arguments are bad.
    pub(super) fn bad(&mut self, what: &str) -> Reply {
        self.wrong(what);
        Reply::bad_arguments()
    }

    pub(super) fn is_logged_in(&self) -> bool {
        let account = &self.state.account;
        account.is_valid && self.ask.cookie("SESSDATA") == Some(account.session.as_str())
    }

    /// Judges the signature of the query. One by keys of yesterday is stale: the client could not know.
    pub(super) fn signature(&self) -> Verdict {
        let judge = |number: u64| Keys::numbered(number).judge(&self.ask.parameters, self.now_s);
        match judge(self.state.key_number) {
            Verdict::Wrong if (1..self.state.key_number).any(|number| judge(number) == Verdict::Good) => Verdict::Stale,
            verdict => verdict,
        }
    }

    /// The long ids of all rooms that the request is about.
    fn mentioned(&self) -> Vec<u64> {
        let texts = |names: &'static [&'static str]| names.iter().flat_map(|name| self.ask.all(name));
        let ids = texts(&["room_id", "room_ids", "roomid", "id"]).filter_map(|text| text.parse().ok());
        let mut found: Vec<u64> = ids.filter_map(|id| self.state.find(id)).map(|room| room.id).collect();
        let body = self.ask.json().unwrap_or_default();
        let posted = body["uids"].as_array().cloned().unwrap_or_default();
        let posted: Vec<u64> = posted.iter().filter_map(Value::as_u64).collect();
        let uids = texts(&["uid", "uids[]"]).filter_map(|text| text.parse().ok()).chain(posted);
        found.extend(uids.filter_map(|uid| self.state.of_streamer(uid)).map(|room| room.id));
        found.extend(address::read(&self.ask.path).map(|place| place.room));
        found
    }
}

fn refuse(rude: Rude) -> Reply {
    match rude {
        Rude::Banned => Reply::banned(),
        Rude::Method => Answer::status(405).into(),
        Rude::Arguments => Reply::bad_arguments(),
        Rude::Forbidden => Answer::status(403).into(),
    }
}

pub(super) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}
