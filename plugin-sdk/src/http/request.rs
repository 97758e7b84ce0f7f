//! Building a request and sending it.

use std::time::Duration;

use serde::Serialize;

use super::{FOLLOW, Method, NoAnswer, PLACE, Redirect, Request, Response, harmless, no_answer, user_cookie};
use crate::{Failure, imports, text};

const FORM: &str = "application/x-www-form-urlencoded";

impl Request {
    /// A request without headers and body that follows redirects. Whatever stands in the URL, no value of the user's
    /// cookie gets into it: [`Request::query_user_cookie`] is the way for that.
    pub fn new(method: Method, url: impl Into<String>) -> Request {
        Request {
            method,
            url: url.into().replace(PLACE, "%7Bcookie:"),
            headers: Vec::new(),
            body: None,
            redirect: Redirect::Follow(FOLLOW),
            timeout_ms: None,
            max_body: None,
        }
    }

    /// GET.
    pub fn get(url: impl Into<String>) -> Request {
        Request::new(Method::Get, url)
    }

    /// POST; [`Request::json`], [`Request::form`] and [`Request::body`] give it something to carry.
    pub fn post(url: impl Into<String>) -> Request {
        Request::new(Method::Post, url)
    }

    /// One more parameter of the query, percent-encoded.
    #[must_use]
    pub fn query(self, name: &str, value: impl ToString) -> Request {
        self.parameter(&format!("{}={}", text::percent(name), text::percent(value.to_string())))
    }

    /// One more parameter of the query, whose value is one of the user's cookie: the host puts it in.
    #[must_use]
    pub fn query_user_cookie(self, name: &str, cookie: &str) -> Request {
        self.parameter(&format!("{}={}", text::percent(name), user_cookie(cookie)))
    }

    fn parameter(mut self, pair: &str) -> Request {
        let (url, fragment) = self.url.split_once('#').map_or((self.url.as_str(), ""), |parts| parts);
        let mark = match url.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some((_, query)) if query.ends_with('&') => "",
            Some(_) => "&",
        };
        let tail = if fragment.is_empty() { String::new() } else { format!("#{fragment}") };
        self.url = format!("{url}{mark}{pair}{tail}");
        self
    }

    /// One more header. A value that says `{cookie:NAME}` is made [`harmless`].
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Request {
        self.headers.push((name.into(), harmless(&value.into())));
        self
    }

    /// One more header, whose value is one of the user's cookie: the host puts it in.
    #[must_use]
    pub fn header_user_cookie(mut self, name: impl Into<String>, cookie: &str) -> Request {
        self.headers.push((name.into(), user_cookie(cookie)));
        self
    }

    /// One more cookie of the plugin's own, in one `Cookie` header with the others. The user's values win. A value that
    /// says `{cookie:NAME}` is made [`harmless`].
    #[must_use]
    pub fn cookie(mut self, name: &str, value: &str) -> Request {
        let pair = harmless(&format!("{name}={value}"));
        match self.headers.iter_mut().find(|(header, _)| header.eq_ignore_ascii_case("cookie")) {
            Some((_, cookies)) => {
                cookies.push_str("; ");
                cookies.push_str(&pair);
            }
            None => self.headers.push(("Cookie".to_owned(), pair)),
        }
        self
    }

    /// The whole exchange's limit; the host's own is the bound.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Request {
        self.timeout_ms = Some(u32::try_from(limit.as_millis()).unwrap_or(u32::MAX));
        self
    }

    /// Decompressed bytes that are wanted of the body; [`Response::truncated`] tells when there were more.
    #[must_use]
    pub fn max_body(mut self, bytes: u32) -> Request {
        self.max_body = Some(bytes);
        self
    }

    /// Follows at most so many redirects.
    #[must_use]
    pub fn follow(mut self, hops: u8) -> Request {
        self.redirect = Redirect::Follow(hops);
        self
    }

    /// Takes a redirect as the answer; [`Response::location`] says where it leads.
    #[must_use]
    pub fn manual(mut self) -> Request {
        self.redirect = Redirect::Manual;
        self
    }

    /// Carries a value as JSON. What looks like a [`user_cookie`] in it is written so that the host does not take it for
    /// one: a title made up by a stranger must not pull the user's cookie into a message. Where one is meant, write the
    /// text yourself and give it to [`Request::body`].
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> Result<Request, Failure> {
        let body = serde_json::to_string(value)
            .map_err(|error| Failure::Other(format!("cannot write the request's body as JSON: {error}")))?;
        // Outside of a string no letter follows a brace, so this is always inside of one.
        Ok(self.body("application/json", body.replace(PLACE, r"\u007bcookie:")))
    }

    /// Carries a form, percent-encoded.
    #[must_use]
    pub fn form<'a>(self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Request {
        self.body(FORM, text::form(pairs))
    }

    /// One more pair of the form, whose value is one of the user's cookie: the host puts it in.
    #[must_use]
    pub fn form_user_cookie(mut self, name: &str, cookie: &str) -> Request {
        let mut body = self.body.take().unwrap_or_default();
        if !body.is_empty() {
            body.push(b'&');
        }
        body.extend_from_slice(format!("{}={}", text::percent(name), user_cookie(cookie)).as_bytes());
        self.body(FORM, body)
    }

    /// Carries bytes of this type; a `Content-Type` that was set before stays. The host fills every [`user_cookie`] in
    /// them, whoever wrote it: text of strangers has to be made [`harmless`] first.
    #[must_use]
    pub fn body(mut self, content_type: &str, bytes: impl Into<Vec<u8>>) -> Request {
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            self.headers.push(("Content-Type".to_owned(), content_type.to_owned()));
        }
        self.body = Some(bytes.into());
        self
    }

    /// Sends it and waits for the answer, whatever its status: see [`Response::ok`].
    pub fn send(&self) -> Result<Response, NoAnswer> {
        imports::send(self).map_err(|error| no_answer(&self.url, error))
    }
}
