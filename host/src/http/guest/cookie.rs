//! The user's cookie: what of it goes where, and how it stays out of the guest's sight.

use crate::model::Secret;

/// Shorter values of a cookie are too common to be searched for in answers (`1`, `zh`).
const MASKED_FROM: usize = 6;

const OPEN: &str = "{cookie:";

/// A `Cookie` header taken apart. Never printed.
pub(super) struct Jar(Vec<(String, String)>);

/// Why a `{cookie:NAME}` cannot be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unfilled {
    /// This host is not one of the manifest's `cookies`.
    WrongHost,
    /// The user's cookie has no such value.
    Missing(String),
}

/// How a value is written where it goes.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Url,
    Plain,
}

impl Jar {
    pub(super) fn new(cookie: Option<&Secret>) -> Jar {
        Jar(cookie.map_or_else(Vec::new, |cookie| pairs(cookie.reveal())))
    }

    /// The `Cookie` header for a request: the user's values (where they may go), then those of the guest that have
    /// another name. None when there is nothing to send.
    pub(super) fn merge(&self, users: bool, guests: &[(String, String)]) -> Option<String> {
        let mine = self.0.iter().filter(|_| users);
        let theirs = guests.iter().filter(|(name, _)| !(users && self.has(name)));
        let write = |(name, value): &(String, String)| match name.is_empty() {
            true => value.clone(),
            false => format!("{name}={value}"),
        };
        let all: Vec<String> = mine.chain(theirs).map(write).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// Puts values in for every `{cookie:NAME}`; none when the text has no such place.
    pub(super) fn fill(&self, text: &str, place: Place, users: bool) -> Result<Option<String>, Unfilled> {
        let Some((head, mut rest)) = text.split_once(OPEN) else { return Ok(None) };
        let mut filled = head.to_owned();
        loop {
            let Some((name, tail)) = rest.split_once('}') else {
                // No place after all: an opening that is never closed.
                filled.push_str(OPEN);
                filled.push_str(rest);
                return Ok(Some(filled));
            };
            if !users {
                return Err(Unfilled::WrongHost);
            }
            let known = self.0.iter().find(|(known, _)| known == name);
            let (_, value) = known.ok_or_else(|| Unfilled::Missing(name.chars().take(64).collect()))?;
            match place {
                Place::Url => value.bytes().for_each(|byte| push_encoded(&mut filled, byte)),
                Place::Plain => filled.push_str(value),
            }
            let Some((middle, next)) = tail.split_once(OPEN) else {
                filled.push_str(tail);
                return Ok(Some(filled));
            };
            filled.push_str(middle);
            rest = next;
        }
    }

    /// Whether a `Set-Cookie` header speaks of one of the user's values.
    pub(super) fn owns(&self, set_cookie: &str) -> bool {
        let name = set_cookie.split(['=', ';']).next().unwrap_or_default().trim();
        self.has(name)
    }

    /// The text with the user's values taken out again, should the server have written them back.
    pub(super) fn mask(&self, text: String) -> String {
        self.0.iter().filter(|(_, value)| value.len() >= MASKED_FROM).fold(text, |text, (name, value)| {
            match text.contains(value.as_str()) {
                true => text.replace(value.as_str(), &format!("{OPEN}{name}}}")),
                false => text,
            }
        })
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }
}

/// `a=1; b=2` taken apart (RFC 6265, 5.4); a part without `=` has an empty name.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    let part = |part: &str| match part.split_once('=') {
        Some((name, value)) => (name.trim().to_owned(), value.trim().to_owned()),
        None => (String::new(), part.to_owned()),
    };
    text.split(';').map(str::trim).filter(|text| !text.is_empty()).map(part).collect()
}

/// Cookie values are mostly percent-encoded already; what could end a part of the URL is encoded.
fn push_encoded(url: &mut String, byte: u8) {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'%' => url.push(char::from(byte)),
        _ => url.push_str(&format!("%{byte:02X}")),
    }
}

#[cfg(test)]
mod tests;
