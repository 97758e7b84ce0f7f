//! A guest's request with everything filled in, as it changes from hop to hop. Sends nothing.

use bytes::Bytes;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::cookie::{self, Jar, Place, Unfilled};
use super::{GuestError, GuestRequest, HostPattern, Method};
use crate::http::header as fields;
use crate::http::host;

/// Never printed: it holds the user's values.
pub(super) struct Draft {
    pub(super) url: Url,
    /// The URL as the guest may see it.
    pub(super) shown: String,
    pub(super) method: reqwest::Method,
    pub(super) body: Option<Bytes>,
    fields: Vec<Field>,
    cookies: Vec<(String, String)>,
    /// The body holds values of the user's cookie.
    body_filled: bool,
}

struct Field {
    name: HeaderName,
    value: HeaderValue,
    /// It holds values of the user's cookie.
    filled: bool,
}

impl Draft {
    /// Reads the guest's request; `cookies` says where the user's values may go.
    pub(super) fn new(request: GuestRequest, jar: &Jar, cookies: &[HostPattern]) -> Result<Draft, GuestError> {
        let written = Url::parse(&request.url).map_err(|error| invalid(&format!("not a URL: {error}")))?;
        if host::has_user(&written) {
            return Err(invalid("the URL carries a user or a password; use a header"));
        }
        let users = cookies.iter().any(|pattern| pattern.matches(&written));
        let filled = |text: &str, place| jar.fill(text, place, users).map_err(|why| unfilled(&why, &written));
        let url = match filled(&request.url, Place::Url)? {
            Some(text) => Url::parse(&text)
                .ok()
                // The place stands in path or query; were it in the host, the values would choose where they go.
                .filter(|url| url.origin() == written.origin())
                .ok_or_else(|| invalid("`{cookie:…}` in the host of a URL"))?,
            None => written.clone(),
        };
        let body_text = request.body.as_deref().and_then(|body| std::str::from_utf8(body).ok());
        let body_text = body_text.map_or(Ok(None), |text| filled(text, Place::Plain))?;
        let body_filled = body_text.is_some();
        let body = body_text.map(String::into_bytes).or(request.body).map(Bytes::from);
        let mut draft = Draft {
            url,
            shown: request.url.clone(),
            method: method(request.method),
            body,
            fields: Vec::with_capacity(request.headers.len()),
            cookies: Vec::new(),
            body_filled,
        };
        for (name, value) in &request.headers {
            let text = filled(value, Place::Plain)?;
            draft.add(name, text.as_deref().unwrap_or(value), text.is_some())?;
        }
        Ok(draft)
    }

    fn add(&mut self, name: &str, value: &str, filled: bool) -> Result<(), GuestError> {
        let (name, value) = fields::parse(name, value).map_err(|unfit| invalid(&unfit.text()))?;
        if name == header::COOKIE {
            self.cookies.extend(cookie::pairs(value.to_str().map_err(|_| invalid("header `cookie` is not legal"))?));
        } else {
            self.fields.push(Field { name, value, filled });
        }
        Ok(())
    }

    /// Turns to where a redirect leads. `users`: whether the user's cookie may go there.
    pub(super) fn turn(&mut self, next: Url, status: u16, users: bool) -> Result<(), GuestError> {
        let becomes_get = match status {
            303 => self.method != reqwest::Method::HEAD,
            301 | 302 => self.method == reqwest::Method::POST,
            _ => false,
        };
        if becomes_get {
            self.method = reqwest::Method::GET;
            self.body = None;
            self.body_filled = false;
            self.fields.retain(|field| !field.name.as_str().starts_with("content-"));
        }
        if next.origin() != self.url.origin() {
            self.fields.retain(|field| field.name != header::AUTHORIZATION);
            self.cookies.clear();
        }
        if !users {
            self.fields.retain(|field| !field.filled);
            if self.body_filled {
                return Err(GuestError::Denied(String::from(
                    "redirect of a body with the user's cookie to another host",
                )));
            }
        }
        self.url = next;
        Ok(())
    }

    /// All headers of the next request.
    pub(super) fn headers(&self, jar: &Jar, users: bool, host: Option<&str>) -> Result<HeaderMap, GuestError> {
        let mut headers = HeaderMap::with_capacity(self.fields.len() + 3);
        for field in &self.fields {
            headers.append(field.name.clone(), field.value.clone());
        }
        if let Some(text) = jar.merge(users, &self.cookies) {
            let mut value =
                HeaderValue::from_str(&text).map_err(|_| invalid("the user's cookie is no legal header"))?;
            value.set_sensitive(true);
            headers.insert(header::COOKIE, value);
        }
        headers.entry(header::USER_AGENT).or_insert(HeaderValue::from_static(crate::http::USER_AGENT));
        headers.entry(header::ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        if let Some(host) = host {
            let value = HeaderValue::from_str(host).map_err(|_| invalid("the host is no legal header"))?;
            headers.insert(header::HOST, value);
        }
        Ok(headers)
    }
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Head => reqwest::Method::HEAD,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}

fn unfilled(why: &Unfilled, url: &Url) -> GuestError {
    match why {
        Unfilled::WrongHost => {
            let host = url.host_str().unwrap_or_default();
            invalid(&format!("`{{cookie:…}}` in a request to `{host}`, which is none of the manifest's `cookies`"))
        }
        Unfilled::Missing(name) => invalid(&format!("the user's cookie has no `{name}`")),
    }
}

fn invalid(text: &str) -> GuestError {
    GuestError::InvalidRequest(text.to_owned())
}
