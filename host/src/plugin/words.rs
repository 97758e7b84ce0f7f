//! From the contract's words to the model's and back. Here WIT types stop; and here answers are looked at: what has
//! the right type may still make no sense.

use std::time::Duration;

use super::bindings::picker::lyrebird::plugin::types as wit;
use super::error::CallError;
use super::settings::{Settings, cut};
use crate::model::{Broadcast, Candidate, Codec, Failure, Pair, Quality, Room, Status, Transport, Wish};

/// Bytes of a text for people.
const TEXT: usize = 4 << 10;

/// Bytes of an id, key or name.
const NAME: usize = 1 << 10;

/// Bytes of a URL: signed ones are long.
const URL: usize = 16 << 10;

/// Entries of a list of pairs.
const PAIRS: usize = 100;

/// Candidates of an answer.
const CANDIDATES: usize = 500;

type Checked<T> = Result<T, CallError>;

fn bad<T>(what: impl Into<String>) -> Checked<T> {
    Err(CallError::BadAnswer(what.into()))
}

/// The model's room in the contract's words.
pub(super) fn room(room: Room) -> wit::Room {
    wit::Room { id: room.id, input: room.input, options: room.options }
}

/// The model's wish in the contract's words.
pub(super) fn wish(wish: Wish) -> wit::Wish {
    let codecs = wish.codecs.into_iter().map(|codec| match codec {
        Codec::Avc => wit::Codec::Avc,
        Codec::Hevc => wit::Codec::Hevc,
        Codec::Av1 => wit::Codec::Av1,
        Codec::Other(name) => wit::Codec::Other(name),
    });
    wit::Wish { qualities: wish.qualities, codecs: codecs.collect(), failed_urls: wish.failed_urls }
}

/// The model's broadcast in the contract's words.
pub(super) fn broadcast_out(facts: Broadcast) -> wit::Broadcast {
    wit::Broadcast {
        id: facts.id,
        streamer: facts.streamer,
        title: facts.title,
        room_url: facts.room_url,
        category: facts.category,
        cover_url: facts.cover_url,
        started_at: facts.started_at,
        extra: facts.extra,
    }
}

/// A canonical id: becomes a key, a log field and a part of file names.
pub(super) fn id(text: String) -> Checked<String> {
    match text.is_empty() || text.len() > NAME || text.chars().any(char::is_control) {
        true => bad(format!("a room id of {} bytes; it takes 1 to {NAME}, no control characters", text.len())),
        false => Ok(text),
    }
}

/// What a plugin says instead of an answer.
pub(super) fn failure(failure: wit::Failure, settings: &Settings) -> Failure {
    let text = |text: String| with_hint(&settings.scrub(&text, TEXT));
    match failure {
        wit::Failure::InvalidRoom(why) => Failure::InvalidRoom(text(why)),
        wit::Failure::Gone(why) => Failure::Gone(text(why)),
        wit::Failure::LoginRequired(why) => Failure::LoginRequired(text(why)),
        wit::Failure::Forbidden(why) => Failure::Forbidden(text(why)),
        wit::Failure::RateLimited(wit::Retry { message, after_seconds }) => Failure::RateLimited {
            message: text(message),
            after: after_seconds.map(|seconds| Duration::from_secs(u64::from(seconds))),
        },
        wit::Failure::UnexpectedAnswer(why) => Failure::UnexpectedAnswer(text(why)),
        wit::Failure::Network(why) => Failure::Network(text(why)),
        wit::Failure::Other(why) => Failure::Other(text(why)),
    }
}

/// One answer of `check`.
pub(super) fn status(status: wit::Status, settings: &Settings) -> Checked<Status> {
    let person = |text: String, most: usize| one_line(&cut(settings.without_secrets(text), most));
    let broadcast = |facts| broadcast(facts, &person);
    Ok(match status {
        wit::Status::Offline(streamer) => Status::Offline(streamer.map(|name| person(name, NAME))),
        wit::Status::Upcoming(facts) => Status::Upcoming(broadcast(facts)?),
        wit::Status::Replay(facts) => Status::Replay(broadcast(facts)?),
        wit::Status::Live(facts) => Status::Live(broadcast(facts)?),
    })
}

/// `person` makes a text fit to be shown.
fn broadcast(facts: wit::Broadcast, person: &dyn Fn(String, usize) -> String) -> Checked<Broadcast> {
    Ok(Broadcast {
        id: facts.id.map(|text| short("a broadcast's id", text)).transpose()?,
        streamer: person(facts.streamer, NAME),
        title: person(facts.title, TEXT),
        room_url: bounded("a room's URL", facts.room_url, URL)?,
        category: facts.category.map(|text| person(text, NAME)),
        cover_url: facts.cover_url.map(|url| bounded("a cover's URL", url, URL)).transpose()?,
        started_at: facts.started_at,
        extra: pairs("extra", facts.extra)?,
    })
}

/// The answer of `streams`.
pub(super) fn candidates(answer: Vec<wit::Candidate>) -> Checked<Vec<Candidate>> {
    if answer.len() > CANDIDATES {
        return bad(format!("{} candidates, at most {CANDIDATES} are taken", answer.len()));
    }
    answer.into_iter().map(candidate).collect()
}

fn candidate(answer: wit::Candidate) -> Checked<Candidate> {
    let url = bounded("a candidate's URL", answer.url, URL)?;
    if !url::Url::parse(&url).is_ok_and(|url| url.has_host()) {
        return bad("a candidate's URL is none");
    }
    let headers = pairs("headers", answer.headers)?;
    if let Some((name, _)) = headers.iter().find(|(name, value)| !is_header(name, value)) {
        let shown: String = cut(name.clone(), 40).escape_debug().collect();
        return bad(format!("a candidate's header `{shown}` cannot be sent"));
    }
    let quality = answer.quality;
    Ok(Candidate {
        url,
        transport: match answer.transport {
            wit::Transport::Flv => Transport::Flv,
            wit::Transport::Hls => Transport::Hls,
            wit::Transport::Raw(end) => Transport::Raw(extension(end)?),
            wit::Transport::Unknown => Transport::Unknown,
            wit::Transport::Other(name) => Transport::Other(short("a transport", name)?),
        },
        codec: answer.codec.map(codec).transpose()?,
        quality: Quality {
            key: short("a quality's key", quality.key)?,
            label: one_line(&cut(quality.label, NAME)),
            rank: quality.rank,
            width: quality.width,
            height: quality.height,
            fps: quality.fps,
            bitrate_kbps: quality.bitrate_kbps,
        },
        cdn: answer.cdn.map(|name| short("a CDN's name", name)).transpose()?,
        headers,
        expires_at: answer.expires_at,
        extra: pairs("extra", answer.extra)?,
    })
}

fn codec(codec: wit::Codec) -> Checked<Codec> {
    Ok(match codec {
        wit::Codec::Avc => Codec::Avc,
        wit::Codec::Hevc => Codec::Hevc,
        wit::Codec::Av1 => Codec::Av1,
        wit::Codec::Other(name) => Codec::Other(short("a codec", name)?),
    })
}

/// Becomes the end of a file's name.
fn extension(end: String) -> Checked<String> {
    match (1..=8).contains(&end.len()) && end.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
        true => Ok(end),
        false => bad("a file extension takes 1 to 8 lower-case letters and digits, without a dot"),
    }
}

/// RFC 9110, 5.1 and 5.5. A line break would begin another header.
fn is_header(name: &str, value: &str) -> bool {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !name.is_empty() && name.bytes().all(token) && !value.bytes().any(|b| (b < 0x20 && b != b'\t') || b == 0x7f)
}

fn pairs(what: &str, pairs: Vec<Pair>) -> Checked<Vec<Pair>> {
    if pairs.len() > PAIRS || pairs.iter().any(|(name, value)| name.len() > NAME || value.len() > URL) {
        return bad(format!("`{what}` has more than {PAIRS} entries, or one that is too long"));
    }
    Ok(pairs)
}

/// A name that is compared and shown: cutting it would make it another.
fn short(what: &str, text: String) -> Checked<String> {
    match text.chars().any(char::is_control) {
        true => bad(format!("{what} has control characters")),
        false => bounded(what, text, NAME),
    }
}

fn bounded(what: &str, text: String, most: usize) -> Checked<String> {
    match text.len() > most {
        true => bad(format!("{what} has {} bytes, at most {most} are taken", text.len())),
        false => Ok(text),
    }
}

/// One line, and a hint on a line of its own: what the host has denied a guest comes back in the guest's words.
fn with_hint(text: &str) -> String {
    match text.split_once("\nhint: ") {
        Some((said, hint)) => format!("{}\nhint: {}", one_line(said), one_line(hint)),
        None => one_line(text),
    }
}

/// Texts for people stand in tables, messages and file names: one line, nothing that moves a cursor.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests;
