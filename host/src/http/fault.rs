//! What went wrong below HTTP, told apart by kind. Texts carry no URL: it may be signed.

use std::error::Error;
use std::io;

/// A failed request or body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Timeout,
    Dns,
    Connect,
    /// The host is there, and nobody listens.
    Refused,
    Tls,
    /// The peer closed before the message was whole.
    Cut,
    Io,
}

/// Kind and words of an error of the pooled client.
pub(super) fn describe(error: &reqwest::Error) -> (Kind, String) {
    let kind = match (error.is_timeout(), error.is_connect()) {
        (true, _) => Kind::Timeout,
        (_, true) => Kind::Connect,
        _ => Kind::Io,
    };
    // Its own words hold the URL.
    walk(error.source(), kind)
}

/// Kind and words of any other error below HTTP.
pub(super) fn describe_any(error: &(dyn Error + 'static)) -> (Kind, String) {
    match error.downcast_ref::<reqwest::Error>() {
        Some(error) => describe(error),
        None => walk(Some(error), Kind::Io),
    }
}

fn walk(mut next: Option<&(dyn Error + 'static)>, mut kind: Kind) -> (Kind, String) {
    let mut texts: Vec<String> = Vec::new();
    while let Some(cause) = next {
        let text = cause.to_string();
        kind = refine(kind, cause, &text);
        // Many layers repeat the words of the one below; the client's own say nothing.
        let empty = text.starts_with("client error") || text.starts_with("error sending");
        if !empty && texts.last().is_none_or(|last| !last.contains(&text)) {
            texts.push(text);
        }
        next = cause.source();
    }
    if texts.is_empty() {
        texts.push(String::from(if kind == Kind::Timeout { "it took too long" } else { "the request failed" }));
    }
    (kind, texts.join(": "))
}

fn refine(kind: Kind, cause: &(dyn Error + 'static), text: &str) -> Kind {
    let Some(error) = cause.downcast_ref::<io::Error>() else {
        return match text {
            _ if cause.is::<rustls::Error>() => Kind::Tls,
            "dns error" => Kind::Dns,
            _ if kind == Kind::Io && cut_short(cause) => Kind::Cut,
            _ => kind,
        };
    };
    if is_tls(error) {
        return Kind::Tls;
    }
    match (kind, error.kind()) {
        (Kind::Io, io::ErrorKind::UnexpectedEof) => Kind::Cut,
        (_, io::ErrorKind::ConnectionRefused) => Kind::Refused,
        (_, io::ErrorKind::TimedOut) => Kind::Timeout,
        _ => kind,
    }
}

/// An I/O error hides what it wraps from `source`; layers wrap it twice.
fn is_tls(error: &io::Error) -> bool {
    let Some(inner) = error.get_ref() else { return false };
    inner.is::<rustls::Error>() || inner.downcast_ref::<io::Error>().is_some_and(is_tls)
}

fn cut_short(cause: &(dyn Error + 'static)) -> bool {
    cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_incomplete_message)
}
