//! Takes the user's secrets out of what a tape shall show: his cookie's values, his secret settings, and whatever a name
//! beside it says to be a token. What stands in their place has the same form, so that a plugin still reads it.

use super::forms::forms;
use crate::http::{GuestError, GuestResponse};
use crate::model::{Pair, Secret};

/// Shorter values of a cookie are everywhere (`1`, `zh`, `true`), and no secret.
const COOKIE_FROM: usize = 6;

/// The same for secret settings, as logs have it.
const SETTING_FROM: usize = 4;

/// Longer values of a query that a person typed are hidden whatever their name: an id is shorter than a token.
const TYPED: usize = 20;

/// Headers that tell of the connection and of who asks, and that no answer is read by.
const NOISE: [&str; 8] =
    ["alt-svc", "connection", "keep-alive", "nel", "report-to", "server-timing", "transfer-encoding", "via"];

/// What stands behind a cookie's value (RFC 6265, 4.1.1, and what came since).
const ATTRIBUTES: [&str; 9] =
    ["domain", "expires", "httponly", "max-age", "partitioned", "path", "priority", "samesite", "secure"];

/// What is known to be secret.
pub(super) struct Redactor {
    /// What must not be shown, and what stands there instead; the longest first.
    literals: Vec<(String, String)>,
}

impl Redactor {
    /// `settings` are the secret ones, each with what stands for it.
    pub(super) fn new(cookie: Option<&Secret>, settings: &[(String, String)]) -> Redactor {
        let settings = settings.iter().filter(|(value, _)| value.len() >= SETTING_FROM);
        let mut literals: Vec<(String, String)> = settings.flat_map(|(value, instead)| forms(value, instead)).collect();
        let values = cookie.map_or("", Secret::reveal).split(';').filter_map(|pair| {
            let value = pair.split_once('=').map_or(pair, |(_, value)| value).trim();
            (value.len() >= COOKIE_FROM).then(|| value.to_owned())
        });
        for value in values {
            let decoded = unpercent(&value);
            literals.extend(forms(&value, &mask(&value)));
            literals.extend(forms(&decoded, &mask(&decoded)));
        }
        literals.retain(|(value, instead)| value != instead);
        literals.sort_by(|(one, _), (other, _)| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        literals.dedup_by(|(later, _), (first, _)| later == first);
        Redactor { literals }
    }

    /// A secret that the text still has, by its place among all; none is what there should be.
    pub(super) fn is_clean(&self, text: &str) -> bool {
        !self.literals.iter().any(|(value, _)| text.contains(value.as_str()))
    }

    /// An answer as the tape shows it.
    pub(super) fn response(&self, response: GuestResponse) -> GuestResponse {
        let GuestResponse { status, url, headers, body, truncated } = response;
        let shown = |(name, _): &Pair| !NOISE.contains(&name.to_ascii_lowercase().as_str());
        let headers = headers.into_iter().filter(shown).map(|(name, value)| {
            let value = self.header(&name, &value);
            (name, value)
        });
        let headers = headers.collect();
        let body = match String::from_utf8(body) {
            Ok(text) => self.text(&text).into_bytes(),
            Err(error) => self.bytes(error.into_bytes()),
        };
        GuestResponse { status, url: self.text(&url), headers, body, truncated }
    }

    fn header(&self, name: &str, value: &str) -> String {
        if name.eq_ignore_ascii_case("set-cookie") {
            return self.set_cookie(value);
        }
        if is_secret(name) { mask(value) } else { self.text(value) }
    }

    /// A value that holds a semicolon goes on in what looks like attributes.
    fn set_cookie(&self, value: &str) -> String {
        let mut parts = value.split(';');
        let pair = parts.next().unwrap_or_default();
        let (name, value) = pair.split_once('=').unwrap_or(("", pair));
        let mut shown = format!("{name}={}", mask(value));
        for part in parts {
            let name = part.split_once('=').map_or(part, |(name, _)| name).trim().to_ascii_lowercase();
            let is_known = ATTRIBUTES.contains(&name.as_str());
            shown.push(';');
            shown.push_str(&if is_known { self.text(part) } else { mask(part) });
        }
        shown
    }

    /// An error as the tape shows it.
    pub(super) fn error(&self, error: GuestError) -> GuestError {
        match error {
            GuestError::Denied(text) => GuestError::Denied(self.text(&text)),
            GuestError::InvalidRequest(text) => GuestError::InvalidRequest(self.text(&text)),
            GuestError::Timeout => GuestError::Timeout,
            GuestError::Dns(text) => GuestError::Dns(self.text(&text)),
            GuestError::Connect(text) => GuestError::Connect(self.text(&text)),
            GuestError::Tls(text) => GuestError::Tls(self.text(&text)),
            GuestError::Io(text) => GuestError::Io(self.text(&text)),
        }
    }

    /// Any text: known secrets, and the values of names that say so.
    pub(super) fn text(&self, text: &str) -> String {
        let known = self.literals.iter().fold(text.to_owned(), |text, (value, instead)| text.replace(value, instead));
        by_name(&known)
    }

    /// What a person typed for a room: without user and password, and without what may be a token.
    pub(super) fn typed(&self, input: &str) -> String {
        let input = self.text(&without_user(input));
        let Some((place, query)) = input.split_once('?') else { return input };
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some((name, value)) if value.len() > TYPED => format!("{name}={}", mask(value)),
            None if pair.len() > TYPED => mask(pair),
            _ => pair.to_owned(),
        });
        format!("{place}?{}", pairs.collect::<Vec<_>>().join("&"))
    }

    /// A room's option.
    pub(super) fn option(&self, (name, value): &Pair) -> Pair {
        let is_header = name == "header" || name.starts_with("header.");
        let value = match value.split_once(':') {
            Some((header, value)) if name == "header" => format!("{header}:{}", mask(value)),
            _ if is_header || is_secret(name) => mask(value),
            _ => self.typed(value),
        };
        (name.clone(), value)
    }

    fn bytes(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        for (value, instead) in &self.literals {
            while let Some(at) = bytes.windows(value.len()).position(|window| window == value.as_bytes()) {
                bytes.splice(at..at + value.len(), instead.bytes());
                if instead.contains(value.as_str()) {
                    break;
                }
            }
        }
        bytes
    }
}

/// Text of the same form that tells nothing: a number stays a number, a word a word, an escape an escape.
pub(super) fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut first = true;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let ahead = letters.as_str();
        let is_hex = |count: usize| ahead.get(..count).is_some_and(|code| code.bytes().all(|b| b.is_ascii_hexdigit()));
        let is_unicode = ahead.strip_prefix('u').and_then(|code| code.get(..4)).is_some();
        let kept = match letter {
            '%' if is_hex(2) => "%78",
            '\\' if is_unicode => "\\u0078",
            '\\' => ahead.get(..1).map_or("", |_| "\\"),
            _ => "",
        };
        if !kept.is_empty() {
            masked.push_str(kept);
            // The escape's own letters: what it stands for is gone, or says nothing.
            for _ in 0..kept.len().saturating_sub(1) {
                letters.next();
            }
            if kept == "\\" {
                masked.extend(letters.next());
            }
            first = false;
            continue;
        }
        masked.push(match letter {
            digit if digit.is_ascii_digit() && first => '1',
            digit if digit.is_ascii_digit() => '0',
            plain if plain.is_alphanumeric() => 'x',
            other => other,
        });
        first &= !letter.is_alphanumeric();
    }
    masked
}

/// Whether the value under this name is likely to be somebody's.
fn is_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let parts = ["token", "csrf", "sess", "passw", "secret", "signature", "ticket", "cookie", "accesskey", "apikey"];
    let ends = ["auth", "authkey", "authorization", "sign", "sig"];
    let whole = ["ip", "clientip", "remoteip", "userip", "pwd"];
    parts.iter().any(|part| plain.contains(part))
        || ends.iter().any(|end| plain.ends_with(end))
        || whole.contains(&plain.as_str())
}

/// Masks what stands behind a secret name: in a query, in JSON, in JSON inside JSON, in HTML or in a URL.
fn by_name(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_name) {
        let (before, tail) = rest.split_at_checked(start).unwrap_or((rest, ""));
        let (name, tail) = cut_at(tail, |letter| !is_name(letter));
        shown.push_str(before);
        shown.push_str(name);
        rest = tail;
        if !is_secret(name) {
            continue;
        }
        if let Some((mark, value, after)) = value_behind(tail) {
            shown.push_str(mark);
            shown.push_str(&mask(value));
            rest = after;
        }
    }
    shown + rest
}

fn is_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-')
}

/// What stands between name and value, the value, and what follows.
fn value_behind(text: &str) -> Option<(&str, &str, &str)> {
    if let Some(value) = text.strip_prefix('=') {
        let (value, after) = cut_at(value, |letter| !(letter.is_alphanumeric() || "-._~%+".contains(letter)));
        return Some((text.get(..1)?, value, after));
    }
    if let Some(value) = text.strip_prefix("%3D").or_else(|| text.strip_prefix("%3d")) {
        // Within a URL within a URL it ends with an escape; one of its own would say nothing without the rest.
        let (value, after) = cut_at(value, |letter| !(letter.is_alphanumeric() || "-._~+".contains(letter)));
        return Some((text.get(..3)?, value, after));
    }
    let quote = ["\\\"", "\"", "&quot;", "&#34;", "%22"].into_iter().find(|quote| text.starts_with(quote))?;
    let behind = text.strip_prefix(quote)?.trim_start();
    let colon = [":", "%3A", "%3a"].into_iter().find_map(|colon| behind.strip_prefix(colon))?.trim_start();
    let (value, after) = match colon.strip_prefix(quote) {
        Some(value) => {
            let end = end_of_string(value, quote)?;
            value.split_at_checked(end)?
        }
        None => cut_at(colon, |letter| !letter.is_ascii_digit()),
    };
    let mark = text.len() - value.len() - after.len();
    Some((text.get(..mark)?, value, after))
}

/// Where a JSON string ends.
fn end_of_string(text: &str, quote: &str) -> Option<usize> {
    if quote.len() > 1 {
        return text.find(quote);
    }
    let mut escaped = false;
    text.char_indices().find_map(|(at, letter)| {
        let ends = letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped;
        ends.then_some(at)
    })
}

fn cut_at(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at_checked(text.find(ends).unwrap_or(text.len())).unwrap_or((text, ""))
}

fn without_user(input: &str) -> String {
    let Ok(mut url) = url::Url::parse(input) else { return input.to_owned() };
    let is_there = !url.username().is_empty() || url.password().is_some();
    match is_there && url.set_username("").is_ok() && url.set_password(None).is_ok() {
        true => url.to_string(),
        false => input.to_owned(),
    }
}

fn unpercent(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut plain, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let code = bytes.get(at + 1..at + 3).filter(|_| *byte == b'%').and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(code) => {
                plain.push(code);
                at += 3;
            }
            None => {
                plain.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}
