//! Headers that go out: which ones are the host's alone, and what may stand in the others.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// Why a header cannot be sent. The text names the header, never its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It is no legal header: a line break, a control character, a bad name.
    Illegal(String),
    /// The host sets it, or it speaks of the connection (RFC 9110, 7.6.1).
    Reserved(String),
}

impl Unfit {
    pub(super) fn text(&self) -> String {
        match self {
            Unfit::Illegal(name) => format!("header `{name}` is not legal"),
            Unfit::Reserved(name) => format!("header `{name}` is the host's"),
        }
    }
}

/// Reads one header.
pub(super) fn parse(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Unfit> {
    // What is shown of a bad name is cut short and printable.
    let shown = || name.chars().take(40).flat_map(char::escape_default).collect::<String>();
    let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Unfit::Illegal(shown()))?;
    if is_reserved(name) {
        return Err(Unfit::Reserved(shown()));
    }
    let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| Unfit::Illegal(shown()))?;
    Ok((parsed, value))
}

/// Whether a header is the host's own: it sets it, or it speaks of the connection. The case of letters does not matter.
pub fn is_reserved(name: &str) -> bool {
    const RESERVED: [&str; 9] = [
        "host",
        "content-length",
        "connection",
        "keep-alive",
        "transfer-encoding",
        "te",
        "trailer",
        "upgrade",
        "expect",
    ];
    let name = name.to_ascii_lowercase();
    RESERVED.contains(&name.as_str()) || name.starts_with("proxy-")
}

/// Seconds that the answer asks us to stay away: `Retry-After` in seconds, or as a date counted from the answer's own
/// `Date` (RFC 9110, 10.2.3), so that our clock need not be right.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<u32> {
    let text = headers.get(reqwest::header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(u32::try_from(seconds).unwrap_or(u32::MAX));
    }
    let until = date(text)?;
    let from = headers.get(reqwest::header::DATE).and_then(|value| date(value.to_str().ok()?.trim()));
    let from = from.or_else(|| i64::try_from(crate::clock::Clock::system().unix_seconds()).ok())?;
    u32::try_from(until.saturating_sub(from).max(0)).ok()
}

/// Seconds since the Unix epoch of an HTTP date.
fn date(text: &str) -> Option<i64> {
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp().as_second())
}

#[cfg(test)]
mod tests;
