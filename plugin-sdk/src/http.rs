//! HTTP through the host: requests that build up, answers that decode, and errors that become the right failure.
//!
//! ```
//! # use lyrebird_plugin::{Failure, Request, serde};
//! # use std::time::Duration;
//! # #[derive(serde::Deserialize)]
//! # #[serde(crate = "lyrebird_plugin::serde")]
//! # struct Info { live: bool }
//! fn is_live(id: &str) -> Result<bool, Failure> {
//!     let info: Info = Request::get("https://api.example.org/room")
//!         .query("id", id)
//!         .header("Referer", "https://example.org/")
//!         .timeout(Duration::from_secs(5))
//!         .send()?
//!         .ok()?
//!         .json()?;
//!     Ok(info.live)
//! }
//! ```

mod request;
mod response;

use std::fmt;

pub use crate::bindings::lyrebird::plugin::http::{Error, Method, Redirect, Request, Response};
use crate::{Link, imports};

/// Redirects that are followed where the request does not say otherwise: the host's own bound.
pub const FOLLOW: u8 = 5;

/// A request that got no answer. `?` makes it a [`Failure`](crate::Failure): `other` for what the plugin did wrong
/// ([`Error::Denied`], [`Error::InvalidRequest`]), `network` for the rest.
#[derive(Clone, Debug, PartialEq)]
pub struct NoAnswer {
    /// What was asked: scheme, host and path, no query.
    pub place: String,
    /// Why there is no answer.
    pub error: Error,
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, detail) = match &self.error {
            Error::Denied(text) => ("not permitted", text.as_str()),
            Error::InvalidRequest(text) => ("cannot be asked like this", text.as_str()),
            Error::Timeout => ("no answer in time", ""),
            Error::Dns(text) => ("host not found", text.as_str()),
            Error::Connect(text) => ("cannot connect", text.as_str()),
            Error::Tls(text) => ("no secure connection", text.as_str()),
            Error::Io(text) => ("connection broken", text.as_str()),
        };
        write!(out, "{}: {what}", self.place)?;
        if detail.is_empty() { Ok(()) } else { write!(out, ": {detail}") }
    }
}

impl std::error::Error for NoAnswer {}

/// All at the same time; answers in the order asked. The host bounds how many a call may send.
pub fn send_all(requests: &[Request]) -> Vec<Result<Response, NoAnswer>> {
    let answers = imports::send_all(requests).into_iter();
    answers.zip(requests).map(|(answer, request)| answer.map_err(|error| no_answer(&request.url, error))).collect()
}

/// How a place begins where the host puts a value of the user's cookie in.
const PLACE: &str = "{cookie:";

/// Where one value of the user's cookie shall stand in a body that is written by hand: the plugin never sees it, the
/// host puts it in, for the manifest's `cookies` hosts only. Queries, headers and forms have methods for this:
/// [`Request::query_user_cookie`], [`Request::header_user_cookie`], [`Request::form_user_cookie`].
pub fn user_cookie(name: &str) -> String {
    format!("{PLACE}{name}}}")
}

/// Text of strangers for a body that is written by hand. The host cannot know who wrote `{cookie:NAME}`: a title that
/// says it would pull the user's cookie into the message. Here it becomes `{cookie :NAME}`.
pub fn harmless(text: &str) -> String {
    text.replace(PLACE, "{cookie :")
}

/// A URL for messages: its query may be signed.
pub(crate) fn place(url: &str) -> String {
    Link::parse(url).map_or_else(|| url.split(['?', '#']).next().unwrap_or_default().to_owned(), |link| link.place())
}

fn no_answer(url: &str, error: Error) -> NoAnswer {
    NoAnswer { place: place(url), error }
}

#[cfg(test)]
mod tests;
