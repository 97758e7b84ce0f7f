//! `http`: a guest's requests cross to the main runtime, where the host's guarded client sends them.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::Host;
use super::wit::http::{self as wit, Host as Imports};
use crate::http::{Grant, GuestError, GuestLimits, GuestRequest, GuestResponse, Http, Method, Redirect, Trace};
use crate::plugin::engine::AbortOnDrop;
use crate::plugin::tape::{Player, Recorder, Still};
use futures_util::StreamExt as _;

/// Requests of a call under way at the same time.
const AT_ONCE: usize = 6;

/// What a call may reach.
#[derive(Clone)]
pub(in super::super) enum Network {
    /// The hosts that the plugin was granted.
    Open(Line),
    /// The same, and what goes over it is noted.
    Recorded(Line, Recorder),
    /// A tape's answers, and nothing else.
    Tape(Player),
    /// Nothing: the self-test.
    Closed,
}

impl Network {
    /// The clocks and random numbers of a call whose requests must come out the same again.
    pub(super) fn still(&self) -> Option<Still> {
        match self {
            Network::Recorded(_, recorder) => Some(recorder.still()),
            Network::Tape(player) => Some(player.still()),
            Network::Open(_) | Network::Closed => None,
        }
    }
}

/// The way to the main runtime.
#[derive(Clone)]
pub(in super::super) struct Line {
    pub(in super::super) http: Http,
    pub(in super::super) grant: Arc<Grant>,
    pub(in super::super) main: tokio::runtime::Handle,
    /// Requests made so far, all calls of the plugin together.
    pub(in super::super) made: Arc<AtomicU64>,
    /// The whole call's time: no request can need more.
    pub(in super::super) timeout: Duration,
}

type Answer = Result<wit::Response, wit::Error>;

/// What a tape has to do with a request.
enum Place {
    Plain,
    Played(Result<GuestResponse, GuestError>),
    Noted(Recorder, usize),
}

impl Imports for Host {
    async fn send(&mut self, request: wit::Request) -> wasmtime::Result<Answer> {
        let charged = self.charge();
        Ok(self.one(request, charged, 1).await)
    }

    async fn send_all(&mut self, requests: Vec<wit::Request>) -> wasmtime::Result<Vec<Answer>> {
        let most = usize::try_from(self.facts.limits.requests).unwrap_or(usize::MAX);
        let (asked, count) = (requests.len(), requests.len().min(most));
        let mut answers = Vec::with_capacity(count);
        for request in requests.into_iter().take(count) {
            let charged = self.charge();
            answers.push(self.one(request, charged, count));
        }
        let mut answers: Vec<Answer> = futures_util::stream::iter(answers).buffered(AT_ONCE).collect().await;
        // What no call can send is answered without being looked at: there may be a hundred thousand of them.
        answers.resize_with(asked, || Err(used_up(self.facts.limits.requests)));
        Ok(answers)
    }
}

impl Host {
    /// Takes a request off the call's account, if there is one left.
    fn charge(&mut self) -> Result<(), wit::Error> {
        let limit = self.facts.limits.requests;
        self.requests_left = self.requests_left.checked_sub(1).ok_or_else(|| used_up(limit))?;
        Ok(())
    }

    /// Sends one of `count` requests that are asked for together.
    fn one(
        &self,
        request: wit::Request,
        charged: Result<(), wit::Error>,
        count: usize,
    ) -> impl Future<Output = Answer> + Send + use<> {
        let (network, posts) = (self.facts.network.clone(), self.facts.posts.clone());
        let limits = &self.facts.limits;
        // All answers must fit the guest's memory: together they take no more of the host's.
        let share = limits.memory_bytes / u64::try_from(count.max(1)).unwrap_or(u64::MAX);
        let body_bytes = usize::try_from(limits.body_bytes.min(share)).unwrap_or(usize::MAX);
        let request = from_wit(request);
        // Here, where requests are in the order in which the guest asked.
        let place = match &network {
            Network::Tape(player) if charged.is_ok() => Place::Played(player.answer(&request, body_bytes)),
            Network::Recorded(_, recorder) if charged.is_ok() => {
                Place::Noted(recorder.clone(), recorder.begin(&request))
            }
            _ => Place::Plain,
        };
        async move {
            charged?;
            if let Place::Played(answer) = place {
                return answer.map(response_to_wit).map_err(error_to_wit);
            }
            let (Network::Open(line) | Network::Recorded(line, _)) = network else {
                return Err(wit::Error::Denied(String::from("the network is closed while a plugin is tested")));
            };
            line.made.fetch_add(1, Ordering::Relaxed);
            let limits = GuestLimits { timeout: line.timeout, body_bytes };
            let Line { http, grant, main, .. } = line;
            let (posts, trace) = (posts.unwrap_or_default(), request.trace.clone());
            let post = posts.begin(request.method);
            let sent = main.spawn(async move { http.guest(request, &grant, &limits).await });
            let answer = AbortOnDrop(sent).await;
            if let Some(answer) = &answer {
                posts.end(post, answer, &trace);
                if let Place::Noted(recorder, place) = place {
                    recorder.end(place, answer);
                }
            }
            match answer {
                Some(answer) => answer.map(response_to_wit).map_err(error_to_wit),
                None => Err(wit::Error::Io(String::from("the host is stopping"))),
            }
        }
    }
}

fn used_up(limit: u32) -> wit::Error {
    wit::Error::Denied(format!("the call has made its {limit} requests"))
}

fn from_wit(request: wit::Request) -> GuestRequest {
    GuestRequest {
        method: match request.method {
            wit::Method::Get => Method::Get,
            wit::Method::Head => Method::Head,
            wit::Method::Post => Method::Post,
            wit::Method::Put => Method::Put,
            wit::Method::Patch => Method::Patch,
            wit::Method::Delete => Method::Delete,
        },
        url: request.url,
        headers: request.headers,
        body: request.body,
        redirect: match request.redirect {
            wit::Redirect::Manual => Redirect::Manual,
            wit::Redirect::Follow(hops) => Redirect::Follow(hops),
        },
        timeout: request.timeout_ms.map(|ms| Duration::from_millis(u64::from(ms))),
        max_body: request.max_body.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX)),
        trace: Trace::default(),
    }
}

fn response_to_wit(response: GuestResponse) -> wit::Response {
    let GuestResponse { status, url, headers, body, truncated } = response;
    wit::Response { status, url, headers, body, truncated }
}

fn error_to_wit(error: GuestError) -> wit::Error {
    match error {
        GuestError::Denied(why) => wit::Error::Denied(why),
        GuestError::InvalidRequest(why) => wit::Error::InvalidRequest(why),
        GuestError::Timeout => wit::Error::Timeout,
        GuestError::Dns(why) => wit::Error::Dns(why),
        GuestError::Connect(why) => wit::Error::Connect(why),
        GuestError::Tls(why) => wit::Error::Tls(why),
        GuestError::Io(why) => wit::Error::Io(why),
    }
}
