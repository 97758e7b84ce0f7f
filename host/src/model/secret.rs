//! What must never reach a log line, an error text, a tape or an answer.

use std::fmt;

/// A cookie, token or secret setting. Prints as `***`; [`Secret::reveal`] is the only way in, and easy to search for.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps the text.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    /// The text itself, for the request that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

/// What a person wrote for a room, as it may be shown: a URL by [`redact_url`], anything else up to its query and
/// behind a user's name.
pub fn redact_input(text: &str) -> String {
    if text.contains("://") {
        return redact_url(text);
    }
    let place = text.split(['?', '#']).next().unwrap_or_default();
    let place = place.rsplit_once('@').map_or(place, |(_, host)| host);
    if text.contains('?') { format!("{place}?…") } else { place.to_owned() }
}

/// The URL without what may be secret: user and password, the values of the query (their names stay), the fragment.
/// What does not parse as a URL is not shown at all.
pub fn redact_url(text: &str) -> String {
    let Ok(mut url) = url::Url::parse(text) else { return String::from("(not a URL)") };
    let had_user = !url.username().is_empty() || url.password().is_some();
    if had_user && (url.set_username("").is_err() || url.set_password(None).is_err()) {
        return String::from("(a URL with a user)");
    }
    url.set_fragment(None);
    if url.query().is_some() {
        // A part without `=` may be a token that stands alone.
        let hide = |part: &str| part.split_once('=').map_or(String::from("…"), |(name, _)| format!("{name}=…"));
        let shown: Vec<String> = url.query().unwrap_or_default().split('&').map(hide).collect();
        url.set_query(None);
        return format!("{url}?{}", shown.join("&"));
    }
    url.to_string()
}
