//! Reading an answer: its status, its text, its JSON, and the failure that each disappointment is.

use serde::de::DeserializeOwned;

use super::{Response, place};
use crate::{Failure, Link, clock, text};

/// Bytes of an unreadable body that a failure shows: enough to know an error page.
const SHOWN: usize = 200;
/// Bytes on either side of the place where JSON stops to fit.
const AROUND: usize = 30;

impl Response {
    /// The answer, when its status is 2xx; else a failure by this table:
    ///
    /// | status | failure |
    /// |---|---|
    /// | 401 | `login-required` |
    /// | 403, 451 | `forbidden` |
    /// | 412, 429 | `rate-limited`, with `Retry-After` (412: a precondition that nobody set is risk control) |
    /// | 503 with `Retry-After` | `rate-limited` |
    /// | 408, 425, other 5xx | `network`: the platform's trouble, which passes |
    /// | anything else, 404 and 410 too | `unexpected-answer` |
    ///
    /// A missing page says nothing of the room unless the plugin knows better: where a 404 means that the room is gone,
    /// look at [`Response::status`] first, for `gone` and `invalid-room` end a room for good.
    pub fn ok(self) -> Result<Response, Failure> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let text = format!("{}: status {}", place(&self.url), self.status);
        let retry = self.retry_after();
        Err(match self.status {
            401 => Failure::LoginRequired(text),
            403 | 451 => Failure::Forbidden(text),
            412 | 429 => Failure::rate_limited(text, retry),
            503 if retry.is_some() => Failure::rate_limited(text, retry),
            408 | 425 | 500..=599 => Failure::Network(text),
            _ => Failure::UnexpectedAnswer(format!("{text}{}", self.glimpse())),
        })
    }

    /// The first value of a header, by name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Seconds of `Retry-After`, which is a number or an HTTP date (RFC 9110, 10.2.3). A date counts from the answer's
    /// own `Date`, so that our clock need not be right; one that has passed is 0.
    pub fn retry_after(&self) -> Option<u32> {
        let value = self.header("retry-after")?.trim();
        if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(value.parse().unwrap_or(u32::MAX));
        }
        let until = clock::parse_http_date(value)?;
        let from = self.header("date").and_then(clock::parse_http_date).unwrap_or_else(clock::now);
        Some(until.saturating_sub(from))
    }

    /// Where a redirect leads, as an absolute URL; none where the answer is no redirect.
    pub fn location(&self) -> Option<String> {
        if !matches!(self.status, 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        let link = Link::parse(&self.url)?.join(self.header("location")?)?;
        Some(link.to_string())
    }

    /// Names and values of the cookies that the answer sets, without their attributes.
    pub fn set_cookies(&self) -> Vec<(String, String)> {
        let set = self.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        set.filter_map(|(_, line)| line.split(';').next()?.split_once('='))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect()
    }

    /// The body as text, in the charset of the `Content-Type`, else UTF-8; bad bytes become U+FFFD. A body that was
    /// cut is an `unexpected-answer`: half a page looks like another page.
    pub fn text(&self) -> Result<String, Failure> {
        self.whole()?;
        let kind = self.header("content-type").unwrap_or_default().to_ascii_lowercase();
        let charset = kind.split_once("charset=").map(|(_, name)| name.trim_matches(['"', '\'', ' ']));
        let charset = charset.and_then(|name| name.split(['"', ';', ' ']).next()).filter(|name| !name.is_empty());
        let decoded = match charset {
            None | Some("utf-8" | "utf8") => None,
            Some(name) => text::decode(&self.body, name),
        };
        Ok(decoded.unwrap_or_else(|| String::from_utf8_lossy(&self.body).into_owned()))
    }

    /// The body as JSON of this shape, whatever its `Content-Type`, also behind a byte order mark; else an
    /// `unexpected-answer` that says where it stops to fit and how the body begins.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        self.whole()?;
        let body = self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body);
        serde_json::from_slice(body).map_err(|error| self.unreadable(body, &error))
    }

    /// As [`Response::json`], for JSON inside a call: `name({…});`, also with an empty name.
    pub fn jsonp<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        self.whole()?;
        let body = self.body.trim_ascii();
        let open = body.iter().position(|&byte| matches!(byte, b'(' | b'{' | b'['));
        let inner = match open.and_then(|at| body.split_at_checked(at)) {
            Some((_, [b'(', inner @ ..])) => {
                let end = inner.iter().rposition(|&byte| byte == b')').unwrap_or(inner.len());
                inner.get(..end).unwrap_or(inner)
            }
            _ => body,
        };
        serde_json::from_slice(inner).map_err(|error| self.unreadable(inner, &error))
    }

    /// An `unexpected-answer` with what the plugin missed, and how the body begins.
    pub fn unexpected(&self, missed: &str) -> Failure {
        Failure::UnexpectedAnswer(format!("{}: {missed}{}", place(&self.url), self.glimpse()))
    }

    fn whole(&self) -> Result<(), Failure> {
        if self.truncated {
            return Err(self.unexpected(&format!("the body is longer than {} bytes and was cut", self.body.len())));
        }
        Ok(())
    }

    fn unreadable(&self, json: &[u8], error: &serde_json::Error) -> Failure {
        let lines = json.split_inclusive(|&byte| byte == b'\n');
        let before: usize = lines.take(error.line().saturating_sub(1)).map(<[u8]>::len).sum();
        let at = before.saturating_add(error.column());
        let near = json.get(at.saturating_sub(AROUND)..json.len().min(at.saturating_add(AROUND)));
        let near = near.filter(|near| !near.is_empty() && json.len() > SHOWN);
        let near = near.map(|near| format!(", near `{}`", plain(near))).unwrap_or_default();
        self.unexpected(&format!("not the JSON that this plugin reads: {error}{near}"))
    }

    /// How the body begins, on one line.
    fn glimpse(&self) -> String {
        match self.body.get(..SHOWN).unwrap_or(&self.body) {
            [] => "; the body is empty".to_owned(),
            begin => format!("; the body begins `{}`", plain(begin)),
        }
    }
}

/// Bytes as text for a message: one line.
fn plain(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace(char::is_control, " ")
}
