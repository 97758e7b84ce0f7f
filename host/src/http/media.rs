//! Media: one long body, with a limit on silence and on slowness, as few wake-ups as the network allows, and an end
//! that tells a finished body from a broken one.

use std::error::Error;
use std::fmt;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::{HeaderMap, Response, header as fields};
use url::Url;

use super::fault::{self, Kind};
use super::guard::{Denial, Permit, Route};
use super::host::{HostPort, Overrides};
use super::{Http, MAX_HOPS, header};
use crate::machine::descriptors::are_spared;
use crate::model::{Pair, Refusal, redact_url};

mod buffers;
mod errand;
mod gait;
mod line;
mod pulse;
mod tap;
mod wire;

use errand::Errand;
use gait::Gait;
use pulse::Pulse;
pub(super) use wire::Means;
use wire::Wire;

/// Descriptors that the system's resolver has open at once: its files, and a socket a server.
const FOR_A_NAME: usize = 4;

/// What is to be received.
#[derive(Clone)]
pub struct MediaRequest {
    /// May be signed.
    pub url: String,
    /// The candidate's headers. Its `Cookie` and `Authorization` go to its own host alone.
    pub headers: Vec<Pair>,
    /// The user's headers (`--header`): to the room's own host alone, where they win.
    pub user_headers: Vec<Pair>,
    /// Host and port of the URL that the user wrote: permitted, a private address too.
    pub room_host: Option<HostPort>,
    /// `[plugin.NAME] hosts` of the picker.
    pub overrides: Overrides,
    /// How long the body may be silent.
    pub stall: Duration,
}

/// An answer of 200 to 299 whose body is being read.
pub struct Media {
    body: Body,
    url: Url,
    content_type: Option<String>,
    expected: Option<u64>,
    received: u64,
    pulse: Pulse,
    gait: Gait,
    /// What had come by the last tick.
    ticked: u64,
}

/// How media connections are made.
pub(super) enum Dialer {
    /// One connection a body, driven by its reader.
    Direct(Means),
    /// Through the user's proxy.
    Proxy(reqwest::Client),
}

enum Body {
    Direct(Wire),
    Proxy(reqwest::Body),
}

/// What went wrong below HTTP.
enum Failed {
    /// It took too long.
    Late,
    Error(Kind, String),
}

impl Failed {
    fn wrap(error: &(dyn Error + 'static)) -> Failed {
        let (kind, text) = fault::describe_any(error);
        Failed::Error(kind, text)
    }
}

/// How a body failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaFault {
    /// Silent for the stall limit, or below 256 bytes a second for twice as long.
    Stalled,
    /// The connection broke, or ended in the middle of a chunk; the text says how.
    Reset(String),
    /// The connection ended before the promised length.
    Truncated {
        /// Bytes received.
        got: u64,
        /// Bytes promised.
        expected: u64,
    },
}

impl fmt::Display for MediaFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MediaFault::Stalled => out.write_str("stalled"),
            MediaFault::Reset(why) => write!(out, "connection broke: {why}"),
            MediaFault::Truncated { got, expected } => write!(out, "ended after {got} of {expected} bytes"),
        }
    }
}

impl std::error::Error for MediaFault {}

impl Http {
    /// Opens a media body. Connecting may take the connect timeout, the answer's head the stall limit, at each hop.
    ///
    /// # Errors
    /// No answer, or none of 200 to 299.
    pub async fn media(&self, request: MediaRequest) -> Result<Media, Refusal> {
        let mut errand = Errand::new(&request)?;
        let mut hops = 0;
        loop {
            let (head, body) = self.send_media(&request, &errand).await?;
            let next = super::redirect_target(head.status().as_u16(), head.headers(), &errand.url);
            let Some(next) = next.map_err(|rule| denied(&errand.url, &rule))? else {
                return Media::new(&head, body, errand.url, request.stall);
            };
            if hops == MAX_HOPS {
                return Err(denied(&errand.url, &format!("redirect limit: more than {MAX_HOPS} hops")));
            }
            hops += 1;
            errand.turn(next);
        }
    }

    async fn send_media(&self, request: &MediaRequest, errand: &Errand) -> Result<(Response<()>, Body), Refusal> {
        let inner = &self.0;
        let permit = Permit { hosts: request.room_host.as_slice(), overrides: &request.overrides };
        let mut judged = inner.guard.judge(&errand.url, &permit).await;
        if matches!(judged, Err(Denial::Dns(_))) && are_spared(FOR_A_NAME) {
            judged = inner.guard.judge(&errand.url, &permit).await;
        }
        let route = judged.map_err(|denial| match denial {
            Denial::Rule(rule) => denied(&errand.url, &rule),
            Denial::Dns(text) => Refusal::Unreachable(text),
        })?;
        let headers = errand.headers(request, route.host.as_deref())?;
        let limits = wire::Limits { connect: inner.connect_limit, head: request.stall };
        inner.media.get(&route, headers, limits).await.map_err(|failed| {
            let shown = redact_url(errand.url.as_str());
            match failed {
                Failed::Late => Refusal::Unreachable(format!("{shown}: no answer in time")),
                // A proxy that is closed says nothing of whom it would ask.
                Failed::Error(Kind::Refused, text) if matches!(inner.media, Dialer::Direct(_)) => {
                    Refusal::Closed(format!("{shown}: {text}"))
                }
                Failed::Error(_, text) => Refusal::Unreachable(format!("{shown}: {text}")),
            }
        })
    }
}

impl Dialer {
    async fn get(
        &self,
        route: &Route,
        headers: HeaderMap,
        limits: wire::Limits,
    ) -> Result<(Response<()>, Body), Failed> {
        match self {
            Dialer::Direct(means) => {
                let (head, wire) = wire::get(&route.url, &route.addresses, headers, means, limits).await?;
                Ok((head, Body::Direct(wire)))
            }
            Dialer::Proxy(client) => {
                let sent = client.get(route.url.clone()).headers(headers).send();
                let sent = tokio::time::timeout(limits.connect + limits.head, sent).await.map_err(|_| Failed::Late)?;
                let answer: Response<reqwest::Body> = sent.map_err(|error| Failed::wrap(&error))?.into();
                let (head, body) = answer.into_parts();
                Ok((Response::from_parts(head, ()), Body::Proxy(body)))
            }
        }
    }
}

impl Body {
    fn expected(&self) -> Option<u64> {
        match self {
            Body::Direct(wire) => wire.expected(),
            Body::Proxy(body) => hyper::body::Body::size_hint(body).exact(),
        }
    }

    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failed>>> {
        match self {
            Body::Direct(wire) => wire.poll_chunk(context),
            Body::Proxy(body) => wire::poll_data(body, context),
        }
    }
}

impl Media {
    fn new(head: &Response<()>, body: Body, url: Url, stall: Duration) -> Result<Media, Refusal> {
        if !head.status().is_success() {
            return Err(Refusal::Status(head.status().as_u16(), header::retry_after(head.headers())));
        }
        let text = |name| head.headers().get(name).and_then(|value| value.to_str().ok());
        let coding = text(fields::CONTENT_ENCODING).filter(|coding| !coding.eq_ignore_ascii_case("identity"));
        if let Some(coding) = coding {
            let coding: String = coding.chars().take(20).collect();
            return Err(Refusal::NotMedia(format!("a compressed body ({coding})")));
        }
        let content_type = text(fields::CONTENT_TYPE)
            .and_then(|value| value.split(';').next())
            .map(|value| value.trim().to_ascii_lowercase());
        let expected = body.expected();
        Ok(Media {
            body,
            url,
            content_type,
            expected,
            received: 0,
            pulse: Pulse::new(stall),
            gait: Gait::new(stall),
            ticked: 0,
        })
    }

    /// The next bytes, as large a piece as has come; none = the body ended without a fault. Cancel-safe.
    ///
    /// # Errors
    /// The body failed; ask no more then.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, MediaFault> {
        let next = tokio::select! {
            biased;
            next = std::future::poll_fn(|context| self.body.poll_chunk(context)) => next,
            () = self.pulse.stopped() => return Err(MediaFault::Stalled),
        };
        match next {
            Some(Ok(chunk)) => {
                self.pulse.beat(chunk.len());
                self.received = self.received.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
                Ok(Some(chunk))
            }
            None => Ok(None),
            Some(Err(failed)) => Err(self.fault(failed)),
        }
    }

    /// To be called some times a second by somebody who [looks](Media::look) then: a body that comes as slowly as it plays
    /// wakes nobody in between.
    pub fn tick(&mut self) {
        let Body::Direct(wire) = &self.body else { return };
        let (pace, rested) = (wire.pace(), self.gait.rests());
        if pace.is_narrow() {
            self.gait.run();
        }
        self.gait.tick(self.received.saturating_sub(std::mem::replace(&mut self.ticked, self.received)));
        match (rested, self.gait.rests()) {
            (false, true) => pace.rest(),
            (true, false) => pace.wake(),
            _ => {}
        }
    }

    /// What has come by now comes out of [`Media::chunk`], also while the body [rests](Media::rests).
    pub fn look(&mut self) {
        if let Body::Direct(wire) = &self.body {
            wire.pace().look();
        }
    }

    /// Whether nothing comes but to who looks.
    pub fn rests(&self) -> bool {
        self.gait.rests()
    }

    /// Tells that the last bytes are needed no more: their memory may be used again.
    pub fn spent(&mut self) {
        if let Body::Direct(wire) = &mut self.body {
            wire.spent();
        }
    }

    fn fault(&self, failed: Failed) -> MediaFault {
        match (failed, self.expected) {
            (Failed::Late, _) => MediaFault::Stalled,
            (Failed::Error(Kind::Cut, _), Some(expected)) => MediaFault::Truncated { got: self.received, expected },
            (Failed::Error(_, text), _) => MediaFault::Reset(text),
        }
    }

    /// Where the body comes from, after redirects: to join relative URLs with. May be signed: never print it.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The same, fit for logs.
    pub fn shown_url(&self) -> String {
        redact_url(self.url.as_str())
    }

    /// `Content-Type` in lower case, without parameters.
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// Bytes that the server has promised; none for an open end.
    pub fn content_length(&self) -> Option<u64> {
        self.expected
    }

    /// Bytes received so far.
    pub fn received(&self) -> u64 {
        self.received
    }
}

fn denied(url: &Url, rule: &str) -> Refusal {
    Refusal::Denied(format!("{}: {rule}", redact_url(url.as_str())))
}

#[cfg(test)]
mod tests;
