//! A media request as it changes from hop to hop: which header goes to which host. Sends nothing.

use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::MediaRequest;
use crate::http::guard;
use crate::http::header::{self as fields, Unfit};
use crate::http::host::{self, HostPort};
use crate::model::{Pair, Refusal};

/// Never printed: it may hold cookies.
pub(super) struct Errand {
    pub(super) url: Url,
    candidate: Vec<(HeaderName, HeaderValue)>,
    user: Vec<(HeaderName, HeaderValue)>,
}

impl Errand {
    pub(super) fn new(request: &MediaRequest) -> Result<Errand, Refusal> {
        let url = Url::parse(&request.url)
            .map_err(|error| Refusal::Denied(format!("the candidate's URL is none: {error}")))?;
        if host::has_user(&url) {
            return Err(Refusal::Denied(String::from("the candidate's URL carries a user or a password")));
        }
        Ok(Errand { url, candidate: read(&request.headers)?, user: read(&request.user_headers)? })
    }

    /// Turns to where a redirect leads.
    pub(super) fn turn(&mut self, next: Url) {
        if next.origin() != self.url.origin() {
            self.candidate.retain(|(name, _)| name != header::COOKIE && name != header::AUTHORIZATION);
        }
        self.url = next;
    }

    /// All headers of the next request.
    pub(super) fn headers(&self, request: &MediaRequest, host: Option<&str>) -> Result<HeaderMap, Refusal> {
        let mut headers = HeaderMap::with_capacity(self.candidate.len() + 4);
        headers.insert(header::USER_AGENT, HeaderValue::from_static(crate::http::USER_AGENT));
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        overlay(&mut headers, &self.candidate);
        if request.room_host.is_some() && HostPort::of(&self.url) == request.room_host {
            overlay(&mut headers, &self.user);
        }
        // A compressed stream cannot be cut at will, and nobody gains by it.
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let host = host.map_or_else(|| guard::host_header(&self.url), str::to_owned);
        let value = HeaderValue::from_str(&host)
            .map_err(|_| Refusal::Denied(String::from("the candidate's host is no legal header")))?;
        headers.insert(header::HOST, value);
        Ok(headers)
    }
}

/// Each name replaces what stood there; the same name twice in one list stays twice.
fn overlay(headers: &mut HeaderMap, fields: &[(HeaderName, HeaderValue)]) {
    for (name, _) in fields {
        headers.remove(name);
    }
    for (name, value) in fields {
        headers.append(name.clone(), value.clone());
    }
}

/// Headers that are the host's are left out without a word: pickers copy whole sets from a browser.
fn read(pairs: &[Pair]) -> Result<Vec<(HeaderName, HeaderValue)>, Refusal> {
    let mut read = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        match fields::parse(name, value) {
            Ok(field) => read.push(field),
            Err(Unfit::Reserved(_)) => {}
            Err(unfit) => return Err(Refusal::Denied(unfit.text())),
        }
    }
    Ok(read)
}
