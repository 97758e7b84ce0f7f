//! A plugin's requests: only to the hosts that it was granted, with the user's cookie where it belongs, following
//! redirects by hand, and never more bytes than it asked for.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use reqwest::Response;
use url::Url;

use super::fault::{self, Kind};
use super::guard::{Denial, Permit};
use super::host::{HostPattern, HostPort, Overrides};
use super::{Http, MAX_HOPS};
use crate::model::{Pair, Secret, redact_url};

mod cookie;
mod draft;

use cookie::Jar;
use draft::Draft;

/// All headers of an answer together; more is refused.
const MAX_HEADER_BYTES: usize = 64 << 10;

/// What a plugin may do, and whose cookie it uses.
#[derive(Clone, Debug, Default)]
pub struct Grant {
    /// The manifest's `hosts`.
    pub hosts: Vec<HostPattern>,
    /// The manifest's `cookies`: where the user's cookie is added.
    pub cookies: Vec<HostPattern>,
    /// The user's cookie, as a `Cookie` header.
    pub cookie: Option<Secret>,
    /// `[plugin.NAME] hosts`.
    pub overrides: Overrides,
    /// Hosts of URLs that the user wrote into settings: allowed with both schemes, private ones too.
    pub permitted: Vec<HostPort>,
}

/// Bounds of one request, whatever the guest asks for.
#[derive(Clone, Copy, Debug)]
pub struct GuestLimits {
    /// From the first look at the URL to the last byte, all hops together.
    pub timeout: Duration,
    /// Decompressed bytes of a body.
    pub body_bytes: usize,
}

/// HTTP methods that a guest may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

/// What is done with a redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirect {
    /// A 3xx is the answer.
    Manual,
    /// So many hops are followed, never more than 5; one more is an error.
    Follow(u8),
}

/// A request as the guest makes it.
#[derive(Clone, Debug)]
pub struct GuestRequest {
    /// The method.
    pub method: Method,
    /// `http` or `https`; may hold `{cookie:NAME}`.
    pub url: String,
    /// May hold `{cookie:NAME}` in values.
    pub headers: Vec<Pair>,
    /// May hold `{cookie:NAME}`.
    pub body: Option<Vec<u8>>,
    /// What is done with a redirect.
    pub redirect: Redirect,
    /// At most the limit's.
    pub timeout: Option<Duration>,
    /// At most the limit's.
    pub max_body: Option<usize>,
    /// Learns whether the request went out.
    pub trace: Trace,
}

/// Whether a server may have seen a request, which an error alone does not say. Clones share what they know.
#[derive(Clone, Debug, Default)]
pub struct Trace(Arc<AtomicBool>);

impl Trace {
    /// Whether the request, or one that it was before a redirect, may have reached a server. Also right while the
    /// request is under way, and when it was dropped.
    pub fn is_sent(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn set(&self, is_sent: bool) {
        self.0.store(is_sent, Ordering::SeqCst);
    }
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestResponse {
    /// The status, whatever it is.
    pub status: u16,
    /// After redirects; without what the host put in for the guest.
    pub url: String,
    /// In the order received, names in lower case; without what belongs to the user's cookie.
    pub headers: Vec<Pair>,
    /// Decompressed.
    pub body: Vec<u8>,
    /// The body was longer and is cut.
    pub truncated: bool,
}

/// Why there is no answer, as `http.error` of the contract has it. Texts are fit for logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuestError {
    /// The manifest does not list this host, or its address is not public.
    Denied(String),
    /// The request itself is wrong.
    InvalidRequest(String),
    /// It took too long.
    Timeout,
    /// The name leads nowhere.
    Dns(String),
    /// No connection.
    Connect(String),
    /// No trust.
    Tls(String),
    /// The connection broke.
    Io(String),
}

impl fmt::Display for GuestError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GuestError::Denied(text) => write!(out, "denied: {text}"),
            GuestError::InvalidRequest(text) => write!(out, "invalid request: {text}"),
            GuestError::Timeout => out.write_str("timeout"),
            GuestError::Dns(text) => write!(out, "DNS: {text}"),
            GuestError::Connect(text) => write!(out, "connect: {text}"),
            GuestError::Tls(text) => write!(out, "TLS: {text}"),
            GuestError::Io(text) => write!(out, "I/O: {text}"),
        }
    }
}

impl std::error::Error for GuestError {}

impl Http {
    /// Sends one request for a plugin. Cancel-safe: dropping it closes the connection.
    ///
    /// # Errors
    /// No answer; a status of 400 and more is an answer.
    pub async fn guest(
        &self,
        request: GuestRequest,
        grant: &Grant,
        limits: &GuestLimits,
    ) -> Result<GuestResponse, GuestError> {
        let timeout = request.timeout.map_or(limits.timeout, |wish| wish.min(limits.timeout));
        let max_body = request.max_body.map_or(limits.body_bytes, |wish| wish.min(limits.body_bytes));
        let visit = Visit { http: self, grant, jar: Jar::new(grant.cookie.as_ref()), trace: request.trace.clone() };
        let answer = async {
            let (draft, response) = visit.follow(request).await?;
            visit.read(draft, response, max_body).await
        };
        tokio::time::timeout(timeout, answer).await.unwrap_or(Err(GuestError::Timeout))
    }
}

/// One request on its way.
struct Visit<'a> {
    http: &'a Http,
    grant: &'a Grant,
    jar: Jar,
    trace: Trace,
}

impl Visit<'_> {
    /// Sends, and goes where the answers lead.
    async fn follow(&self, request: GuestRequest) -> Result<(Draft, Response), GuestError> {
        let hops = match request.redirect {
            Redirect::Manual => None,
            Redirect::Follow(hops) => Some(hops.min(MAX_HOPS)),
        };
        let mut draft = Draft::new(request, &self.jar, &self.grant.cookies)?;
        let mut taken = 0;
        loop {
            let response = self.send(&draft).await?;
            let Some(hops) = hops else { return Ok((draft, response)) };
            let Some(next) = location(&response, &draft.url)? else { return Ok((draft, response)) };
            if taken == hops {
                return Err(GuestError::Denied(format!("redirect limit: more than {hops} hops")));
            }
            taken += 1;
            let users = self.takes_cookie(&next);
            draft.turn(next, response.status().as_u16(), users)?;
            draft.shown = self.jar.mask(draft.url.to_string());
        }
    }

    async fn send(&self, draft: &Draft) -> Result<Response, GuestError> {
        self.check_listed(&draft.url)?;
        let permit = Permit { hosts: &self.grant.permitted, overrides: &self.grant.overrides };
        let route = self.http.0.guard.judge(&draft.url, &permit).await.map_err(|denial| match denial {
            Denial::Rule(rule) => GuestError::Denied(rule),
            Denial::Dns(text) => GuestError::Dns(text),
        })?;
        let headers = draft.headers(&self.jar, self.takes_cookie(&draft.url), route.host.as_deref())?;
        let client = self.http.0.guest.client(route.reach);
        let _pin = self.http.0.guard.pin(&route);
        let mut request = client.request(draft.method.clone(), route.url.clone()).headers(headers);
        if let Some(body) = &draft.body {
            request = request.body(Bytes::clone(body));
        }
        let before = self.trace.is_sent();
        self.trace.set(true);
        request.send().await.map_err(|error| {
            // Without a connection nothing went out, however long it was tried.
            self.trace.set(before || !error.is_connect());
            failed(&error, &draft.shown)
        })
    }

    fn takes_cookie(&self, url: &Url) -> bool {
        takes_cookie(self.grant, url)
    }

    fn check_listed(&self, url: &Url) -> Result<(), GuestError> {
        check_listed(self.grant, url)
    }

    /// Reads the body, up to the limit.
    async fn read(&self, draft: Draft, mut response: Response, max_body: usize) -> Result<GuestResponse, GuestError> {
        let status = response.status().as_u16();
        let headers = self.headers(&response)?;
        let (mut body, mut truncated) = (Vec::new(), false);
        while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error, &draft.shown))? {
            let room = max_body.saturating_sub(body.len());
            body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
            if chunk.len() > room {
                truncated = true;
                break;
            }
        }
        Ok(GuestResponse { status, url: draft.shown, headers, body, truncated })
    }

    fn headers(&self, response: &Response) -> Result<Vec<Pair>, GuestError> {
        let mut bytes = 0_usize;
        let mut shown = Vec::with_capacity(response.headers().len());
        for (name, value) in response.headers() {
            bytes = bytes.saturating_add(name.as_str().len()).saturating_add(value.len());
            if bytes > MAX_HEADER_BYTES {
                return Err(GuestError::Io(format!("the answer's headers are longer than {MAX_HEADER_BYTES} bytes")));
            }
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            if name != reqwest::header::SET_COOKIE || !self.jar.owns(&text) {
                shown.push((name.as_str().to_owned(), self.jar.mask(text)));
            }
        }
        Ok(shown)
    }
}

/// Whether a request may be sent as it is, as far as that shows without looking at the network: its form, its host, and
/// what it wants of the user's cookie.
///
/// # Errors
/// What [`Http::guest`] would say.
pub fn vet(request: &GuestRequest, grant: &Grant) -> Result<(), GuestError> {
    let jar = Jar::new(grant.cookie.as_ref());
    let draft = Draft::new(request.clone(), &jar, &grant.cookies)?;
    check_listed(grant, &draft.url)?;
    draft.headers(&jar, takes_cookie(grant, &draft.url), None).map(drop)
}

fn takes_cookie(grant: &Grant, url: &Url) -> bool {
    grant.cookies.iter().any(|pattern| pattern.matches(url))
}

fn check_listed(grant: &Grant, url: &Url) -> Result<(), GuestError> {
    let target = HostPort::of(url);
    let listed = grant.hosts.iter().any(|pattern| pattern.matches(url));
    let permitted = target.as_ref().is_some_and(|target| grant.permitted.contains(target));
    match target {
        _ if listed => Ok(()),
        Some(target) if matches!(url.scheme(), "http" | "https") => match permitted {
            true => Ok(()),
            false => Err(GuestError::Denied(format!("the manifest does not list `{}://{target}`", url.scheme()))),
        },
        _ => Err(GuestError::Denied(format!("a `{}` URL is neither http nor https", url.scheme()))),
    }
}

/// Where a redirect leads; none when the answer is no redirect.
fn location(response: &Response, url: &Url) -> Result<Option<Url>, GuestError> {
    super::redirect_target(response.status().as_u16(), response.headers(), url)
        .map_err(|rule| GuestError::Denied(format!("redirect from `{}`: {rule}", redact_url(url.as_str()))))
}

fn failed(error: &reqwest::Error, shown: &str) -> GuestError {
    let (kind, text) = fault::describe(error);
    let text = format!("{}: {text}", redact_url(shown));
    match kind {
        Kind::Timeout => GuestError::Timeout,
        Kind::Dns => GuestError::Dns(text),
        Kind::Connect | Kind::Refused => GuestError::Connect(text),
        Kind::Tls => GuestError::Tls(text),
        Kind::Cut | Kind::Io => GuestError::Io(text),
    }
}

#[cfg(test)]
mod tests;
