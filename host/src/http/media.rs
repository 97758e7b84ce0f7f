//! Media: one long body, with a limit on silence and on slowness, as few wake-ups as the network allows, and an end
//! that tells a finished body from a broken one.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use reqwest::Response;
use url::Url;

use super::fault::{self, Kind};
use super::guard::{Denial, Permit};
use super::host::{HostPort, Overrides};
use super::{Http, MAX_HOPS, header};
use crate::model::{Pair, Refusal, redact_url};

mod errand;
mod pulse;

use errand::Errand;
use pulse::Pulse;

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
    response: Response,
    url: Url,
    content_type: Option<String>,
    expected: Option<u64>,
    received: u64,
    pulse: Pulse,
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
            let response = self.send_media(&request, &errand).await?;
            let next = super::redirect_target(&response, &errand.url).map_err(|rule| denied(&errand.url, &rule))?;
            let Some(next) = next else { return Media::new(response, errand.url, request.stall) };
            if hops == MAX_HOPS {
                return Err(denied(&errand.url, &format!("redirect limit: more than {MAX_HOPS} hops")));
            }
            hops += 1;
            errand.turn(next);
        }
    }

    async fn send_media(&self, request: &MediaRequest, errand: &Errand) -> Result<Response, Refusal> {
        let inner = &self.0;
        let permit = Permit { hosts: request.room_host.as_slice(), overrides: &request.overrides };
        let route = inner.guard.judge(&errand.url, &permit).await.map_err(|denial| match denial {
            Denial::Rule(rule) => denied(&errand.url, &rule),
            Denial::Dns(text) => Refusal::Unreachable(text),
        })?;
        let headers = errand.headers(request, route.host.as_deref())?;
        let sent = inner.media.client(route.reach).get(route.url.clone()).headers(headers).send();
        let shown = redact_url(errand.url.as_str());
        match tokio::time::timeout(inner.connect_limit + request.stall, sent).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(Refusal::Unreachable(format!("{shown}: {}", fault::describe(&error).1))),
            Err(_) => Err(Refusal::Unreachable(format!("{shown}: no answer in {:?}", request.stall))),
        }
    }
}

impl Media {
    fn new(response: Response, url: Url, stall: Duration) -> Result<Media, Refusal> {
        if !response.status().is_success() {
            let wait = header::retry_after(response.headers());
            return Err(Refusal::Status(response.status().as_u16(), wait));
        }
        let text =
            |name| response.headers().get(name).and_then(|value: &reqwest::header::HeaderValue| value.to_str().ok());
        let coding = text(reqwest::header::CONTENT_ENCODING).filter(|coding| !coding.eq_ignore_ascii_case("identity"));
        if let Some(coding) = coding {
            let coding: String = coding.chars().take(20).collect();
            return Err(Refusal::NotMedia(format!("a compressed body ({coding})")));
        }
        let content_type = text(reqwest::header::CONTENT_TYPE)
            .and_then(|value| value.split(';').next())
            .map(|value| value.trim().to_ascii_lowercase());
        let expected = response.content_length();
        Ok(Media { response, url, content_type, expected, received: 0, pulse: Pulse::new(stall) })
    }

    /// The next bytes, as large a piece as has come; none = the body ended without a fault. Cancel-safe.
    ///
    /// # Errors
    /// The body failed; ask no more then.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, MediaFault> {
        let next = tokio::select! {
            biased;
            next = self.response.chunk() => next,
            () = self.pulse.stopped() => return Err(MediaFault::Stalled),
        };
        match next {
            Ok(Some(chunk)) => {
                self.pulse.beat(chunk.len());
                self.received += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
                Ok(Some(chunk))
            }
            Ok(None) => Ok(None),
            Err(error) => Err(self.fault(&error)),
        }
    }

    fn fault(&self, error: &reqwest::Error) -> MediaFault {
        let (kind, text) = fault::describe(error);
        match (kind, self.expected) {
            (Kind::Cut, Some(expected)) => MediaFault::Truncated { got: self.received, expected },
            _ => MediaFault::Reset(text),
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
